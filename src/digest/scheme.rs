//! How another system made the digest of a token that it keeps: what it hashed, with what.
//!
//! A scheme has a name that import lines use and that is printed back:
//!
//! ```text
//! ALGORITHM[:PART][:PLACE=SECRET]
//!
//! ALGORITHM  sha256, sha512, sha512-256 (FIPS 180-4), hmac-sha256 (RFC 2104)
//! PART       first-bar: what follows the first "|" is hashed; last-underscore: what follows
//!            the last "_"; else the whole token
//! PLACE      before, after: where the secret stands in what is hashed; key: of the HMAC
//! SECRET     names a secret that the host gives when it opens the store
//! ```
//!
//! The names of known systems stand for an algorithm and a part:
//!
//! | name | stands for | keeps |
//! |---|---|---|
//! | `unkey` | `sha256` | base64 of the whole key's digest |
//! | `seam` | `sha256:last-underscore` | hex of the long token's digest (prefixed-api-key) |
//! | `sanctum` | `sha256:first-bar` | hex of the digest of what follows the id and its bar |
//! | `drf` | `sha512` | `sha512$$` and hex (djangorestframework-api-key 3) |
//! | `talos` | `sha512-256` | with `before=SECRET`: the network's id and a zero byte |

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512, Sha512_256};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, ErrorKind, Result};
use crate::quote::no_such;
use crate::stack::{SPREAD, wiped};
use crate::token::uncarried;

/// Longest name of a secret in bytes.
pub(crate) const SECRET_NAME_MAX: usize = 32;

/// A function over a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Algorithm {
    Sha256 = 1,
    Sha512 = 2,
    Sha512T256 = 3,
    HmacSha256 = 4,
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Sha256, Self::Sha512, Self::Sha512T256, Self::HmacSha256];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Sha512T256 => "sha512-256",
            Self::HmacSha256 => "hmac-sha256",
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Sha512 => 64,
            Self::Sha256 | Self::Sha512T256 | Self::HmacSha256 => 32,
        }
    }
}

/// What of a token is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Part {
    Whole = 0,
    FirstBar = 1,
    LastUnderscore = 2,
}

impl Part {
    const ALL: [Self; 3] = [Self::Whole, Self::FirstBar, Self::LastUnderscore];

    const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::FirstBar => "first-bar",
            Self::LastUnderscore => "last-underscore",
        }
    }
}

/// Where a secret stands that is hashed with every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Place {
    Before = 1,
    After = 2,
    Key = 3,
}

impl Place {
    const ALL: [Self; 3] = [Self::Before, Self::After, Self::Key];

    const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Key => "key",
        }
    }
}

/// How another system made the digests that it keeps of its tokens.
///
/// `ALGORITHM[:PART][:PLACE=SECRET]`, as in `sha256`, `sha256:first-bar`,
/// `sha512:after=NAME` or `hmac-sha256:key=NAME`; or the name of a known system: `unkey`,
/// `seam`, `sanctum`, `drf`, `talos`. The guide to importing says what each is.
///
/// ```
/// let scheme: keycask::Scheme = "sanctum".parse()?;
/// assert_eq!(scheme.to_string(), "sha256:first-bar");
/// # Ok::<(), keycask::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    algorithm: Algorithm,
    part: Part,
    secret: Option<(Place, Box<str>)>,
}

/// A digest as another system made it.
pub(crate) struct Foreign {
    bytes: Zeroizing<[u8; 64]>,
    len: usize,
}

impl Foreign {
    /// The digest with these bytes; none if no scheme makes one so long.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let mut room = Zeroizing::new([0; 64]);
        room.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { bytes: room, len: bytes.len() })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Scheme {
    /// The name of its algorithm.
    pub(super) const fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Bytes of a digest.
    pub(crate) const fn len(&self) -> usize {
        self.algorithm.len()
    }

    /// The name of the secret that is hashed with every token, if there is one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(|(_, name)| &**name)
    }

    /// Whether only a part of the token is hashed: then an import says what stands before it.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.part != Part::Whole
    }

    /// What of `token` is not hashed, and what is; none if the token has no such parts.
    fn split<'t>(&self, token: &'t [u8]) -> Option<(&'t [u8], &'t [u8])> {
        let at = match self.part {
            Part::Whole => return Some((&[], token)),
            Part::FirstBar => token.iter().position(|byte| *byte == b'|')?,
            Part::LastUnderscore => token.iter().rposition(|byte| *byte == b'_')?,
        };
        token.split_at_checked(at.saturating_add(1))
    }

    /// Whether a token can begin with `lead` and then have what is hashed.
    pub(crate) fn leads(&self, lead: &str) -> bool {
        let ends = match self.part {
            Part::Whole => return lead.is_empty(),
            Part::FirstBar => lead.split_once('|').is_some_and(|(_, rest)| rest.is_empty()),
            Part::LastUnderscore => lead.ends_with('_'),
        };
        ends && uncarried(lead.as_bytes()).is_none()
    }

    /// The digest of `token` with `secret`, and what stands before what is hashed.
    pub(crate) fn digest<'t>(&self, token: &'t [u8], secret: &[u8]) -> Option<(&'t [u8], Foreign)> {
        let (lead, hashed) = self.split(token)?;
        let digest = wiped::<SPREAD, _>(|| self.hash(hashed, secret));
        Some((lead, digest?))
    }

    /// The digest of what of a token is hashed, with `secret`. Both are left on the stack.
    #[inline(always)]
    pub(super) fn hash(&self, hashed: &[u8], secret: &[u8]) -> Option<Foreign> {
        let place = self.secret.as_ref().map(|(place, _)| *place);
        let texts: [&[u8]; 2] = match place {
            Some(Place::Before) => [secret, hashed],
            Some(Place::After) => [hashed, secret],
            Some(Place::Key) | None => [hashed, &[]],
        };
        match self.algorithm {
            Algorithm::Sha256 => hash::<Sha256>(texts),
            Algorithm::Sha512 => hash::<Sha512>(texts),
            Algorithm::Sha512T256 => hash::<Sha512_256>(texts),
            Algorithm::HmacSha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
                mac.update(hashed);
                taken(&mut mac.finalize().into_bytes())
            }
        }
    }

    /// What keeps its digests apart from those of other schemes, and of other secrets that had the
    /// name of its own: the scheme as bytes, then the check of the secret, if it has one.
    pub(crate) fn domain(&self, check: [u8; 4]) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        if self.secret.is_some() {
            bytes.extend(check);
        }
        bytes
    }

    /// The scheme as bytes: algorithm 1, part 1, place 1 (0 without a secret), then the name of
    /// the secret. Kept in records.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let place = self.secret.as_ref().map_or(0, |(place, _)| *place as u8);
        let mut bytes = vec![self.algorithm as u8, self.part as u8, place];
        bytes.extend(self.secret().unwrap_or_default().bytes());
        bytes
    }

    /// The scheme that [`to_bytes`](Self::to_bytes) gave.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([algorithm, part, place], name) = bytes.split_first_chunk()?;
        let algorithm = Algorithm::ALL.into_iter().find(|a| *a as u8 == *algorithm)?;
        let part = Part::ALL.into_iter().find(|p| *p as u8 == *part)?;
        let secret = match Place::ALL.into_iter().find(|p| *p as u8 == *place) {
            Some(place) => Some((place, std::str::from_utf8(name).ok()?.into())),
            None if *place == 0 && name.is_empty() => None,
            None => return None,
        };
        Self::new(algorithm, part, secret).ok()
    }

    fn new(algorithm: Algorithm, part: Part, secret: Option<(Place, Box<str>)>) -> Result<Self> {
        let keyed = matches!(secret, Some((Place::Key, _)));
        match (algorithm, &secret) {
            (Algorithm::HmacSha256, _) if !keyed => {
                return Err(refuse("hmac-sha256: name its secret, as in hmac-sha256:key=NAME"));
            }
            (Algorithm::HmacSha256, _) | (_, None) => {}
            _ if keyed => {
                let name = algorithm.name();
                return Err(refuse(format!("{name}: has no key; a secret is before or after")));
            }
            _ => {}
        }
        if let Some((_, name)) = &secret {
            check_secret_name(name)?;
        }
        Ok(Self { algorithm, part, secret })
    }
}

/// Refuses a name that no secret can have.
///
/// # Errors
///
/// `Argument`.
pub(crate) fn check_secret_name(name: &str) -> Result<()> {
    let fits = (1..=SECRET_NAME_MAX).contains(&name.len());
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if fits && name.chars().all(allowed) {
        return Ok(());
    }
    // The secret itself may stand in the place of its name: nothing of it is quoted.
    let len = name.len();
    let why =
        format!("secret's name of {len} bytes: want 1 to {SECRET_NAME_MAX} of a-z, 0-9 and -");
    Err(refuse(why))
}

fn hash<H: sha2::Digest>([first, second]: [&[u8]; 2]) -> Option<Foreign> {
    taken(&mut H::new().chain_update(first).chain_update(second).finalize())
}

/// The digest with these bytes, which are wiped.
fn taken(bytes: &mut [u8]) -> Option<Foreign> {
    let digest = Foreign::new(bytes);
    bytes.zeroize();
    digest
}

impl FromStr for Scheme {
    type Err = Error;

    /// # Errors
    ///
    /// `Argument` for a name that is no scheme's, saying why it is not taken: functions that are
    /// not safe for this, and those that are made to be slow.
    fn from_str(name: &str) -> Result<Self> {
        let mut words = name.split(':');
        let first = words.next().unwrap_or_default();
        let known = Algorithm::ALL.into_iter().find(|a| a.name() == first);
        let (algorithm, mut part) = match (known, first) {
            (Some(algorithm), _) => (algorithm, Part::Whole),
            (None, "unkey") => (Algorithm::Sha256, Part::Whole),
            (None, "seam") => (Algorithm::Sha256, Part::LastUnderscore),
            (None, "sanctum") => (Algorithm::Sha256, Part::FirstBar),
            (None, "drf") => (Algorithm::Sha512, Part::Whole),
            (None, "talos") => (Algorithm::Sha512T256, Part::Whole),
            (None, _) => return Err(refuse(super::refused::scheme(first))),
        };
        let mut secret = None;
        for word in words {
            let named = Part::ALL.into_iter().skip(1).find(|p| p.name() == word);
            let placed = word.split_once('=').and_then(|(place, name)| {
                Some((Place::ALL.into_iter().find(|p| p.name() == place)?, name.into()))
            });
            match (named, placed) {
                (Some(named), _) if part == Part::Whole && secret.is_none() => part = named,
                (None, Some(placed)) if secret.is_none() => secret = Some(placed),
                _ => {
                    let why = format!(
                        "scheme {first:?}: {} is none of first-bar, last-underscore, \
                         before=NAME, after=NAME, key=NAME, or stands where it cannot",
                        no_such("word", word)
                    );
                    return Err(refuse(why));
                }
            }
        }
        let is_talos = part == Part::Whole && matches!(secret, Some((Place::Before, _)));
        if first == "talos" && !is_talos {
            let why = format!(
                "scheme {first:?}: the network's id and a zero byte are hashed before each whole \
                 key of talos; name them as a secret: talos:before=NAME"
            );
            return Err(refuse(why));
        }
        Self::new(algorithm, part, secret)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm.name())?;
        if self.is_partial() {
            write!(f, ":{}", self.part.name())?;
        }
        match &self.secret {
            Some((place, name)) => write!(f, ":{}={name}", place.name()),
            None => Ok(()),
        }
    }
}

#[cold]
fn refuse(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Argument, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn of(scheme: &str, token: &str, secret: &[u8]) -> (String, String) {
        let scheme: Scheme = scheme.parse().unwrap();
        let (lead, digest) = scheme.digest(token.as_bytes(), secret).unwrap();
        (String::from_utf8(lead.to_vec()).unwrap(), hex(digest.as_bytes()))
    }

    /// FIPS 180-4's examples of one block, and RFC 4231's second case.
    #[test]
    fn p31_every_algorithm_is_the_one_that_its_name_says() {
        let known = [
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "sha512",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            ("sha512-256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        ];
        for (name, digest) in known {
            assert_eq!(of(name, "abc", b"").1, digest, "{name}");
            // In both orders, as the halves of the same text.
            assert_eq!(of(&format!("{name}:before=x"), "bc", b"a").1, digest, "{name}");
            assert_eq!(of(&format!("{name}:after=x"), "ab", b"c").1, digest, "{name}");
        }
        let hmac = of("hmac-sha256:key=x", "what do ya want for nothing?", b"Jefe").1;
        assert_eq!(hmac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn p31_the_shapes_of_known_systems_hash_what_those_systems_hash() {
        let sha256 = |text: &str| of("sha256", text, b"").1;
        let token = "mycompany_BRTRKFsL_51FwqftsmMDHHbJAMEXXHCgG";
        let seam = of("seam", token, b"");
        // Published with prefixed-api-key as the hash of this token.
        let published = "d70d981d87b449c107327c2a2afbf00d4b58070d6ba571aac35d7ea3e7c79f37";
        assert_eq!(seam, ("mycompany_BRTRKFsL_".to_owned(), published.to_owned()));
        let sanctum = of("sanctum", "17|abc|def", b"");
        assert_eq!(sanctum, ("17|".to_owned(), sha256("abc|def")));
        assert_eq!(of("unkey", token, b""), (String::new(), sha256(token)));
        assert_eq!(of("drf", "p.s", b"").1, of("sha512", "p.s", b"").1);
        assert_eq!(of("talos:before=n", "k", b"id\0").1, of("sha512-256", "id\0k", b"").1);
    }

    #[test]
    fn a_scheme_survives_its_name_and_its_bytes() {
        for algorithm in Algorithm::ALL {
            for part in Part::ALL {
                for place in Place::ALL.map(Some).into_iter().chain([None]) {
                    let secret = place.map(|place| (place, "old-1".into()));
                    let Ok(scheme) = Scheme::new(algorithm, part, secret) else { continue };
                    assert_eq!(scheme.to_string().parse::<Scheme>().unwrap(), scheme);
                    assert_eq!(Scheme::from_bytes(&scheme.to_bytes()), Some(scheme));
                }
            }
        }
        for bytes in [&[][..], &[0, 0, 0], &[1, 3, 0], &[1, 0, 4, b'a'], &[1, 0, 0, b'a']] {
            assert_eq!(Scheme::from_bytes(bytes), None);
        }
    }

    #[test]
    fn p27_p28_weak_and_slow_functions_are_refused_with_the_reason() {
        let why = |name: &str| name.parse::<Scheme>().unwrap_err().to_string();
        // A token, or a secret in the place of its name, is not repeated.
        let long = "acme_live_0123456789abcdef";
        for (name, says) in [
            (long.to_owned(), "scheme of 26 bytes: there is none"),
            (format!("sha256:{long}"), "scheme \"sha256\": word of 26 bytes is none"),
            (format!("hmac-sha256:key={long}"), "secret's name of 26 bytes: want 1"),
            (format!("talos:after={long}"), "scheme \"talos\": the network's id"),
        ] {
            assert!(why(&name).starts_with(says), "{}", why(&name));
        }
        for name in ["murmur32", "murmur128", "crc32", "xxh3", "fnv1a"] {
            assert!(why(name).contains("not a cryptographic hash"), "{name}");
        }
        for name in ["md5", "MD5", "sha1"] {
            assert!(why(name).contains("broken"), "{name}");
        }
        for name in ["bcrypt", "argon2id", "scrypt", "pbkdf2_sha256"] {
            assert!(why(name).contains("slow"), "{name}");
        }
        for name in [
            "",
            "sha3-512",
            "sha256:salt",
            "sha256:key=a",
            "hmac-sha256",
            "talos",
            "talos:after=n",
            "talos:first-bar:before=n",
            "sha256:first-bar:last-underscore",
            "sha256:before=a:first-bar",
            "sha256:before=a:after=b",
        ] {
            assert_eq!(name.parse::<Scheme>().unwrap_err().kind(), ErrorKind::Argument, "{name}");
        }
    }

    #[test]
    fn a_lead_is_what_stands_before_what_is_hashed() {
        for (scheme, lead, fits) in [
            ("sha256", "", true),
            ("sha256", "a_", false),
            ("sanctum", "17|", true),
            ("sanctum", "17", false),
            ("sanctum", "1|7|", false),
            ("seam", "co_short_", true),
            ("seam", "co_short", false),
            ("seam", "co short_", false),
            ("seam", "co,short_", false),
        ] {
            assert_eq!(scheme.parse::<Scheme>().unwrap().leads(lead), fits, "{scheme} {lead:?}");
        }
    }
}
