//! The prefix of a token, and how a text is compared with many of them quickly.

use crate::error::{Error, ErrorKind, Result};

/// The first 16 bytes of a text as one number, so that most prefixes are compared in one step.
/// What is missing of them is zero, which stands in no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head(u128);

impl Head {
    const LEN: usize = 16;

    #[inline]
    pub(super) fn of(text: &[u8]) -> Self {
        if let Some(bytes) = text.first_chunk() {
            return Self(u128::from_le_bytes(*bytes));
        }
        let mut bytes = [0; Self::LEN];
        bytes.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        Self(u128::from_le_bytes(bytes))
    }
}

/// What the tokens of a kind begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    text: Box<str>,
    head: Head,
    /// The bits of a head that the prefix determines.
    mask: u128,
}

impl Prefix {
    pub(super) const MAX: usize = 32;

    /// # Errors
    ///
    /// `Argument` if `text` is not 1 to [`MAX`](Self::MAX) characters of `A-Z a-z 0-9 _ -`
    /// beginning with a letter.
    pub(super) fn new(text: &str) -> Result<Self> {
        check(text).map_err(|why| Error::new(ErrorKind::Argument, why))?;
        let Head(mask) = Head::of(&vec![u8::MAX; text.len()]);
        Ok(Self { text: text.into(), head: Head::of(text.as_bytes()), mask })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether `text`, whose head is `head`, begins with the prefix.
    #[inline]
    pub(super) fn begins(&self, head: Head, text: &[u8]) -> bool {
        let heads_agree = head.0 & self.mask == self.head.0;
        heads_agree && (self.text.len() <= Head::LEN || text.starts_with(self.text.as_bytes()))
    }
}

fn check(prefix: &str) -> Result<(), String> {
    let max = Prefix::MAX;
    if prefix.is_empty() || prefix.len() > max {
        return Err(format!("prefix of {} bytes: want 1 to {max}", prefix.len()));
    }
    if !prefix.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(format!("prefix {prefix:?}: want a letter at the beginning"));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !prefix.bytes().all(allowed) {
        return Err(format!("prefix {prefix:?}: want only A-Z a-z 0-9 _ -"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(prefix: &str, text: &str) -> bool {
        Prefix::new(prefix).unwrap().begins(Head::of(text.as_bytes()), text.as_bytes())
    }

    #[test]
    fn a_prefix_is_found_at_the_beginning_only_and_byte_for_byte() {
        let longest = "p_-4".repeat(8);
        for prefix in ["p", "p_", "cg_live_", "scs_live_", "sixteen_letters_", &longest] {
            for rest in ["", "x", "_", "a body that is long enough"] {
                let text = format!("{prefix}{rest}");
                assert!(begins(prefix, &text));
                assert!(!begins(prefix, &format!("x{text}")));
                assert!(!begins(prefix, &format!("\0{text}")));
            }
            assert!(!begins(prefix, &prefix.to_ascii_uppercase()));
            for end in 0..prefix.len() {
                let cut = &prefix[..end];
                for text in
                    [cut.to_owned(), format!("{cut}\0"), format!("{cut}.{}", "x".repeat(40))]
                {
                    assert!(!begins(prefix, &text), "{text:?}");
                }
            }
        }
    }
}
