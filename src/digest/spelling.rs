//! Digests as other systems write them: hex or base64, told by their length.

use zeroize::Zeroizing;

use super::refused;
use super::scheme::{Foreign, Scheme};
use crate::error::{Error, ErrorKind, Result};

/// Longest spelling that is looked at: no digest has a longer one.
const LONGEST: usize = 256;

/// The digest that `text` spells, of the length that `scheme` makes: in hex of either case, or
/// in base64 (RFC 4648, either alphabet, with or without padding). `sha512$$` may stand before
/// one of SHA-512.
///
/// # Errors
///
/// `Argument`, saying what is wrong. The text is not in it.
pub(crate) fn digest(scheme: &Scheme, text: &str) -> Result<Foreign> {
    let len = scheme.len();
    let bare = text.strip_prefix("sha512$$").filter(|_| len == 64).unwrap_or(text);
    let refuse = |why: String| Error::new(ErrorKind::Argument, format!("digest: {why}"));
    if bare.len() <= LONGEST
        && let Some(why) = refused::spelling(bare)
    {
        return Err(refuse(why));
    }
    let bytes = match bare.len() {
        hex if hex == len.saturating_mul(2) => from_hex(bare),
        _ => from_base64(bare, len),
    };
    let digest = bytes.filter(|bytes| bytes.len() == len).and_then(|bytes| Foreign::new(&bytes));
    digest.ok_or_else(|| {
        let (hex, base64) = (len.saturating_mul(2), len.saturating_mul(4).div_ceil(3));
        refuse(format!(
            "{} bytes that are not {}: want {hex} of hex or {base64} of base64",
            text.len(),
            scheme.algorithm()
        ))
    })
}

/// The bytes that `text` spells, of an even number of digits.
fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, _) = text.as_bytes().as_chunks();
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

/// The `len` bytes that `text` spells; bits beyond them must be zero, so that a digest has one
/// spelling in each alphabet.
fn from_base64(text: &str, len: usize) -> Option<Zeroizing<Vec<u8>>> {
    let digits = len.saturating_mul(4).div_ceil(3);
    let (body, padding) = text.split_at_checked(digits)?;
    let padded = len.div_ceil(3).saturating_mul(4).saturating_sub(digits);
    if !padding.is_empty() && (padding.len() != padded || padding.bytes().any(|b| b != b'=')) {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(len));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push(u8::try_from(held >> bits & 0xFF).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const BASE64: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0";

    fn read(scheme: &str, text: &str) -> Result<Vec<u8>> {
        digest(&scheme.parse().unwrap(), text).map(|digest| digest.as_bytes().to_vec())
    }

    #[test]
    fn a_digest_is_read_in_hex_and_in_both_alphabets_of_base64() {
        let expected = read("sha256", HEX).unwrap();
        assert_eq!(expected[..4], [0xba, 0x78, 0x16, 0xbf]);
        let url = BASE64.replace('+', "-").replace('/', "_");
        for text in [&HEX.to_uppercase(), BASE64, &format!("{BASE64}="), &url] {
            assert_eq!(read("sha256", text).unwrap(), expected, "{text}");
        }
        let drf = format!("sha512$${HEX}{HEX}");
        assert_eq!(read("drf", &drf).unwrap(), read("sha512", &drf[8..]).unwrap());
    }

    #[test]
    fn what_is_no_digest_is_refused_and_not_repeated() {
        let one_bit_more = format!("{}1", &BASE64[..42]);
        let padded = ["==", "-"].map(|padding| format!("{BASE64}{padding}"));
        for text in [&HEX[1..], &one_bit_more, &padded[0], &padded[1], &"g".repeat(64)] {
            let refused = read("sha256", text).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Argument);
            assert!(!refused.to_string().contains(text), "{refused}");
        }
        assert!(read("sha256", "").is_err());
        assert!(read("sha512", HEX).is_err());
        // It is not even looked at, for what it may be.
        let long = format!("$2b$12${}", "a".repeat(LONGEST));
        let refused = read("sha256", &long).unwrap_err();
        assert!(
            refused.message().starts_with("digest: 263 bytes that are not sha256"),
            "{refused}"
        );
    }

    #[test]
    fn p28_hashes_of_passwords_are_refused_with_the_reason() {
        for text in [
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA",
            "$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA",
            "pbkdf2_sha256$870000$salt$aGFzaA",
            "bcrypt_sha256$$2b$12$R9h/cIPz0gi",
            "$6$salt$hash",
        ] {
            for scheme in ["sha256", "sha512"] {
                let refused = read(scheme, text).unwrap_err().to_string();
                assert!(refused.contains("slow"), "{text}: {refused}");
            }
        }
        let salted = read("sha512", &format!("sha512$pepper$salt${HEX}{HEX}")).unwrap_err();
        assert!(salted.to_string().contains("salt of its own"), "{salted}");
    }
}
