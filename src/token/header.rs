//! Where a request carries a token.
//!
//! Names of headers and schemes are compared without regard to ASCII case, as RFC 9110 5.1
//! and 11.1 have it; a token is handed on byte for byte. Nothing here repairs, joins or
//! guesses: a request either has one place where a token stands alone, or there is a reason
//! why not. Whether that token is any good is not known here.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// Why a request presents no token that could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unpresented {
    /// No header that the realm knows is there.
    Missing,
    /// The header, or what follows its scheme, is empty.
    Empty,
    /// More than one credential: an accepted header twice, two accepted headers, or a list.
    Repeated,
    /// No accepted header is there, but one that clients take for it.
    WrongHeader,
    /// The header begins with no accepted scheme.
    WrongScheme,
    /// A space or tab stands within the token, or between it and its scheme something else
    /// than one space.
    Spaces,
    /// The header holds a byte that is not ASCII.
    NotAscii,
}

impl Unpresented {
    /// The reason's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Repeated => "repeated",
            Self::WrongHeader => "wrong_header",
            Self::WrongScheme => "wrong_scheme",
            Self::Spaces => "spaces",
            Self::NotAscii => "not_ascii",
        }
    }
}

impl fmt::Display for Unpresented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no header carries a token",
            Self::Empty => "the header that should carry the token is empty",
            Self::Repeated => "there is more than one credential",
            Self::WrongHeader => "there is a credential in another header only",
            Self::WrongScheme => "the header begins with another scheme",
            Self::Spaces => "there are spaces or tabs in or before the token",
            Self::NotAscii => "the header holds a byte that is not ASCII",
        })
    }
}

impl std::error::Error for Unpresented {}

/// One place in which a token may stand: a header, and the scheme before the token if there
/// has to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carrier {
    name: String,
    scheme: Option<String>,
}

impl Carrier {
    /// The longest name of a header and of a scheme, in bytes.
    pub(crate) const NAME_MAX: usize = 64;

    /// Tokens stand in the header `name`, after `scheme` and one space, or alone.
    ///
    /// # Errors
    ///
    /// `Argument` if a name is not 1 to [`NAME_MAX`](Self::NAME_MAX) characters of a token
    /// as RFC 9110 5.6.2 has it.
    pub(crate) fn new(name: &str, scheme: Option<&str>) -> Result<Self> {
        check_name("header", name)?;
        if let Some(scheme) = scheme {
            check_name("scheme", scheme)?;
        }
        Ok(Self { name: name.into(), scheme: scheme.map(Into::into) })
    }

    /// The header's name as the profile spells it.
    #[cfg(test)]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The scheme as the profile spells it, if there is one.
    pub(crate) fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    fn is_like(&self, other: &Self) -> bool {
        let scheme = |carrier: &Self| carrier.scheme.as_ref().map(|s| s.to_ascii_lowercase());
        self.name.eq_ignore_ascii_case(&other.name) && scheme(self) == scheme(other)
    }
}

/// All places in which a realm's tokens may stand, and those in which clients put them by
/// mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carriers {
    accepted: Vec<Carrier>,
    decoys: Vec<String>,
}

impl Carriers {
    /// The headers in which clients put a token if they do not know better.
    const USUAL: [&str; 3] = ["Authorization", "X-API-Key", "Api-Key"];

    /// Tokens are taken from `accepted`. A request with only one of the headers `decoys` is
    /// told from one without a token; by default these are the usual ones that are not
    /// accepted.
    ///
    /// # Errors
    ///
    /// `Argument` if nothing is accepted, a carrier is there twice, or a decoy is no header
    /// name or is accepted.
    pub(crate) fn new(accepted: Vec<Carrier>, decoys: Option<Vec<String>>) -> Result<Self> {
        if accepted.is_empty() {
            return Err(refuse("no header is accepted".to_owned()));
        }
        for (after, carrier) in accepted.iter().enumerate() {
            if accepted.iter().skip(after.saturating_add(1)).any(|other| carrier.is_like(other)) {
                return Err(refuse(format!("header {:?} is accepted twice", carrier.name)));
            }
        }
        let is_accepted =
            |name: &str| accepted.iter().any(|carrier| carrier.name.eq_ignore_ascii_case(name));
        let decoys = match decoys {
            None => {
                Self::USUAL.iter().filter(|n| !is_accepted(n)).map(ToString::to_string).collect()
            }
            Some(decoys) => decoys,
        };
        for name in &decoys {
            check_name("header", name)?;
            if is_accepted(name) {
                return Err(refuse(format!("header {name:?} is a decoy and accepted")));
            }
        }
        Ok(Self { accepted, decoys })
    }

    /// The accepted places, in the profile's order.
    pub(crate) fn accepted(&self) -> &[Carrier] {
        &self.accepted
    }

    /// The token that a request with these header fields carries: never empty, and without
    /// blanks and commas. Whether it is a token of the realm is for the grammar to say.
    ///
    /// A field is a name and a value, as they were sent. Spaces and tabs around a value do
    /// not belong to it (RFC 9110 5.5).
    ///
    /// # Errors
    ///
    /// Why there is no one token. A second accepted header outweighs what is wrong with the
    /// first.
    pub(crate) fn extract<'a>(
        &self,
        fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<&'a [u8], Unpresented> {
        let mut found = None;
        let mut decoy = false;
        for (name, value) in fields {
            if self.named(name).next().is_none() {
                decoy |= self.decoys.iter().any(|other| other.eq_ignore_ascii_case(name));
            } else if found.replace((name, value)).is_some() {
                return Err(Unpresented::Repeated);
            }
        }
        match found {
            Some((name, value)) => self.read(name, value),
            None if decoy => Err(Unpresented::WrongHeader),
            None => Err(Unpresented::Missing),
        }
    }

    /// The token in the value of the accepted header `name`.
    fn read<'a>(&self, name: &str, value: &'a [u8]) -> Result<&'a [u8], Unpresented> {
        let value = trim(value);
        if value.is_empty() {
            return Err(Unpresented::Empty);
        }
        if !value.is_ascii() {
            return Err(Unpresented::NotAscii);
        }
        let token = if self.has_scheme(name, value) {
            // What follows the scheme: nothing, or a blank that has to be one space.
            match value.iter().position(is_blank).and_then(|end| value.split_at_checked(end)) {
                None => return Err(Unpresented::Empty),
                Some((_, [b' ', token @ ..])) => token,
                Some((_, rest)) => rest,
            }
        } else if self.named(name).any(|carrier| carrier.scheme.is_none()) {
            value
        } else if value.split(|byte| *byte == b',').any(|part| self.has_scheme(name, trim(part))) {
            return Err(Unpresented::Repeated);
        } else {
            return Err(Unpresented::WrongScheme);
        };
        // A comma joins what might have come as two fields (RFC 9110 5.3).
        if token.contains(&b',') {
            return Err(Unpresented::Repeated);
        }
        if token.iter().any(is_blank) {
            return Err(Unpresented::Spaces);
        }
        Ok(token)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Carrier> {
        self.accepted.iter().filter(move |carrier| carrier.name.eq_ignore_ascii_case(name))
    }

    /// Whether the first word of `value` is a scheme accepted in the header `name`.
    fn has_scheme(&self, name: &str, value: &[u8]) -> bool {
        let word = value.split(is_blank).next().unwrap_or_default();
        self.named(name)
            .filter_map(Carrier::scheme)
            .any(|scheme| scheme.as_bytes().eq_ignore_ascii_case(word))
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `value` without the blanks at both ends.
fn trim(value: &[u8]) -> &[u8] {
    let Some(first) = value.iter().position(|byte| !is_blank(byte)) else { return &[] };
    let last = value.iter().rposition(|byte| !is_blank(byte)).unwrap_or(first);
    value.get(first..=last).unwrap_or_default()
}

fn check_name(what: &str, name: &str) -> Result<()> {
    let max = Carrier::NAME_MAX;
    if name.is_empty() || name.len() > max {
        return Err(refuse(format!("{what} of {} bytes: want 1 to {max}", name.len())));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.bytes().all(allowed) {
        return Err(refuse(format!(
            "{what} {name:?}: want only letters, digits and !#$%&'*+-.^_`|~"
        )));
    }
    Ok(())
}

fn refuse(why: String) -> Error {
    Error::new(ErrorKind::Argument, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carriers(accepted: &[(&str, Option<&str>)], decoys: Option<&[&str]>) -> Result<Carriers> {
        let accepted = accepted.iter().map(|(name, scheme)| Carrier::new(name, *scheme));
        let decoys = decoys.map(|names| names.iter().map(ToString::to_string).collect());
        Carriers::new(accepted.collect::<Result<_>>()?, decoys)
    }

    fn bearer() -> Carriers {
        carriers(&[("Authorization", Some("Bearer"))], None).unwrap()
    }

    fn bare() -> Carriers {
        carriers(&[("X-CLOUDGENI-API-KEY", None)], None).unwrap()
    }

    /// The token, or the name of the reason why there is none.
    fn extract<'a>(carriers: &Carriers, fields: &[(&'a str, &'a str)]) -> &'a str {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
        match carriers.extract(fields) {
            Ok(token) => std::str::from_utf8(token).unwrap(),
            Err(unpresented) => unpresented.name(),
        }
    }

    #[test]
    fn a_value_with_a_scheme_is_read_strictly() {
        for (value, expected) in [
            ("Bearer sk_live_1", "sk_live_1"),
            ("bEARER sk_live_1", "sk_live_1"),
            (" \tBearer sk_live_1\t ", "sk_live_1"),
            ("Bearer SK_LIVE_1", "SK_LIVE_1"),
            ("", "empty"),
            (" \t ", "empty"),
            ("Bearer", "empty"),
            ("Bearer ", "empty"),
            ("Bearer  sk_live_1", "spaces"),
            ("Bearer\tsk_live_1", "spaces"),
            ("Bearer \tsk_live_1", "spaces"),
            ("Bearer sk_live_1 2", "spaces"),
            ("Bearer Bearer sk_live_1", "spaces"),
            ("sk_live_1", "wrong_scheme"),
            ("Bearersk_live_1", "wrong_scheme"),
            ("Bearer: sk_live_1", "wrong_scheme"),
            ("Basic c2s6", "wrong_scheme"),
            ("Digest username=\"a\", realm=\"b\"", "wrong_scheme"),
            ("Bearer sk_live_1,sk_live_2", "repeated"),
            ("Bearer sk_live_1, Bearer sk_live_2", "repeated"),
            ("Bearer sk_live_1,", "repeated"),
            ("Basic c2s6, Bearer sk_live_1", "repeated"),
            ("Bearer, Bearer sk_live_1", "repeated"),
            ("Bearer sk_live_\u{e9}", "not_ascii"),
            ("B\u{e9}arer sk_live_1", "not_ascii"),
            ("Bearer\u{a0}sk_live_1", "not_ascii"),
        ] {
            assert_eq!(extract(&bearer(), &[("Authorization", value)]), expected, "{value:?}");
        }
    }

    #[test]
    fn a_value_without_a_scheme_is_the_token() {
        for (value, expected) in [
            ("cg_live_1", "cg_live_1"),
            ("\tcg_live_1 ", "cg_live_1"),
            ("", "empty"),
            ("\t", "empty"),
            ("Bearer cg_live_1", "spaces"),
            ("cg_live_1\t2", "spaces"),
            ("cg_live_1,cg_live_2", "repeated"),
            ("cg_live_1, cg_live_2", "repeated"),
            ("cg_live_\u{e9}", "not_ascii"),
        ] {
            let fields = [("x-cloudgeni-api-key", value)];
            assert_eq!(extract(&bare(), &fields), expected, "{value:?}");
        }
    }

    #[test]
    fn bytes_that_no_header_may_hold_are_left_to_the_grammar() {
        assert_eq!(extract(&bearer(), &[("Authorization", "Bearer a\r\nb\0")]), "a\r\nb\0");
        assert_eq!(extract(&bearer(), &[("Authorization", "Bearer\r\n a")]), "wrong_scheme");
    }

    #[test]
    fn a_header_is_found_by_its_whole_name_in_any_case() {
        for name in ["Authorization", "authorization", "AUTHORIZATION"] {
            assert_eq!(extract(&bearer(), &[("Host", "h"), (name, "Bearer t")]), "t");
        }
        for name in ["Authorization ", "Author", "Proxy-Authorization", "X-Authorization", ""] {
            assert_eq!(extract(&bearer(), &[(name, "Bearer t")]), "missing", "{name:?}");
        }
        assert_eq!(extract(&bearer(), &[]), "missing");
    }

    #[test]
    fn a_second_accepted_header_is_refused_whatever_it_holds() {
        for second in ["Bearer t", "Bearer u", "Basic c2s6", ""] {
            let fields = [("Authorization", "Bearer t"), ("authorization", second)];
            assert_eq!(extract(&bearer(), &fields), "repeated");
        }
        let both = [("Authorization", Some("Bearer")), ("X-API-Key", None)];
        let both = carriers(&both, None).unwrap();
        assert_eq!(extract(&both, &[("X-Api-Key", "t")]), "t");
        assert_eq!(extract(&both, &[("Authorization", "Bearer t")]), "t");
        assert_eq!(
            extract(&both, &[("X-Api-Key", "t"), ("Authorization", "Bearer t")]),
            "repeated"
        );
    }

    #[test]
    fn one_header_may_have_several_schemes_and_none() {
        let schemes = [("Authorization", Some("Bearer")), ("Authorization", Some("ApiKey"))];
        let strict = carriers(&schemes, None).unwrap();
        assert_eq!(extract(&strict, &[("Authorization", "apikey t")]), "t");
        assert_eq!(extract(&strict, &[("Authorization", "t")]), "wrong_scheme");

        let with_bare = [("Authorization", Some("Bearer")), ("Authorization", None)];
        let with_bare = carriers(&with_bare, None).unwrap();
        assert_eq!(extract(&with_bare, &[("Authorization", "Bearer t")]), "t");
        assert_eq!(extract(&with_bare, &[("Authorization", "t")]), "t");
        assert_eq!(extract(&with_bare, &[("Authorization", "Bearer")]), "empty");
        assert_eq!(extract(&with_bare, &[("Authorization", "Basic c2s6")]), "spaces");
    }

    #[test]
    fn a_decoy_is_told_from_no_header_and_harms_no_other() {
        for decoy in ["Authorization", "x-api-key", "Api-Key"] {
            assert_eq!(extract(&bare(), &[(decoy, "cg_live_1")]), "wrong_header");
            let fields = [(decoy, "other"), ("X-CLOUDGENI-API-KEY", "cg_live_1")];
            assert_eq!(extract(&bare(), &fields), "cg_live_1");
        }
        // What is accepted is no decoy, and a profile's own list takes the place of the usual.
        assert_eq!(extract(&bearer(), &[("X-API-Key", "sk_live_1")]), "wrong_header");
        let own = carriers(&[("X-Key", None)], Some(&["Key"])).unwrap();
        assert_eq!(extract(&own, &[("key", "t")]), "wrong_header");
        assert_eq!(extract(&own, &[("Authorization", "Bearer t")]), "missing");
    }

    #[test]
    fn carriers_that_contradict_themselves_are_refused_by_name() {
        let long = "x".repeat(Carrier::NAME_MAX + 1);
        for (accepted, decoys, why) in [
            (vec![], None, "no header is accepted"),
            (vec![("", None)], None, "header of 0 bytes: want 1 to 64"),
            (vec![(long.as_str(), None)], None, "header of 65 bytes: want 1 to 64"),
            (vec![("X Key", None)], None, "header \"X Key\": want only"),
            (vec![("X-Key:", None)], None, "header \"X-Key:\": want only"),
            (vec![("X-Key", Some(""))], None, "scheme of 0 bytes: want 1 to 64"),
            (vec![("X-Key", Some("a b"))], None, "scheme \"a b\": want only"),
            (vec![("X-Key", None), ("x-key", None)], None, "header \"X-Key\" is accepted twice"),
            (
                vec![("X-Key", Some("Bearer")), ("X-Key", Some("bearer"))],
                None,
                "header \"X-Key\" is accepted twice",
            ),
            (vec![("X-Key", None)], Some(&["x-key"][..]), "\"x-key\" is a decoy and accepted"),
            (vec![("X-Key", None)], Some(&["\n"][..]), "header \"\\n\": want only"),
        ] {
            let error = carriers(&accepted, decoys).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().contains(why), "{error}");
        }
        let longest = "x".repeat(Carrier::NAME_MAX);
        let taken = carriers(&[(&longest, Some(&longest))], None).unwrap();
        assert_eq!(taken.accepted().first().map(Carrier::name), Some(longest.as_str()));
    }

    #[test]
    fn what_is_told_of_a_request_without_a_token_is_told_apart() {
        use Unpresented::{Empty, Missing, NotAscii, Repeated, Spaces, WrongHeader, WrongScheme};
        let all = [Missing, Empty, Repeated, WrongHeader, WrongScheme, Spaces, NotAscii];
        let told: std::collections::BTreeSet<_> = all.map(|why| why.to_string()).into();
        assert_eq!(told.len(), all.len(), "{told:?}");
        assert!(told.iter().all(|text| text.len() > 10), "{told:?}");
    }
}
