//! The token as a secret in memory.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A token: the secret that its owner presents.
///
/// It stands in one buffer that never grows or moves, so that wiping the buffer on drop
/// leaves no copy of ours behind. There is no `Clone`, no `Display` and no `Serialize`, and
/// `Debug` does not show it: [`expose`](Self::expose) is the only way to the text.
///
/// ```compile_fail,E0277
/// fn log(token: keycask::Token) {
///     println!("{token}");
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn keep(token: &keycask::Token) -> keycask::Token {
///     token.clone()
/// }
/// ```
#[derive(ZeroizeOnDrop)]
pub struct Token {
    text: String,
}

impl Token {
    /// An empty token with room for `len` bytes.
    pub(super) fn with_room(len: usize) -> Self {
        Self { text: String::with_capacity(len) }
    }

    /// Puts ASCII `bytes` to the end. There must be room.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        debug_assert!(self.text.len() + bytes.len() <= self.text.capacity(), "the buffer moves");
        self.text.extend(bytes.iter().copied().map(char::from));
    }

    /// A copy of `text`, which is the caller's to wipe.
    pub(crate) fn copy(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// Takes over the bytes of a token, as a sealed copy holds them. Gives nothing, and wipes
    /// them, if they are not text.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self { text }),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }

    /// The text, to be handed to the key's owner and to nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The last four characters, for people to tell keys apart by. They select nothing.
    pub(crate) fn last_four(&self) -> [u8; 4] {
        self.text.as_bytes().last_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "cg_live_0123456789abcdefABCDEF";

    fn token() -> Token {
        Token::from_bytes(TEXT.into()).unwrap()
    }

    #[test]
    fn a_token_is_exposed_on_request_only() {
        assert_eq!(token().expose(), TEXT);
        assert_eq!(format!("{:?} {:#?}", token(), token()), "Token(..) Token(..)");
    }

    #[test]
    fn a_token_is_wiped_on_drop() {
        fn wiped<T: ZeroizeOnDrop>(_: T) {}
        wiped(token());
        let mut token = token();
        token.text.zeroize();
        assert!(token.expose().is_empty());
    }

    #[test]
    fn the_last_four_characters_are_shown_to_people() {
        assert_eq!(&token().last_four(), b"CDEF");
    }

    #[test]
    fn bytes_that_are_no_text_are_no_token() {
        assert!(Token::from_bytes(b"cg_live_\xff".to_vec()).is_none());
    }

    #[test]
    fn a_token_is_written_into_the_room_it_was_given() {
        let mut token = Token::with_room(TEXT.len());
        let buffer = token.expose().as_ptr();
        for byte in TEXT.bytes() {
            token.push(&[byte]);
        }
        assert_eq!(token.expose(), TEXT);
        assert_eq!(token.expose().as_ptr(), buffer);
    }
}
