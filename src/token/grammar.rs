//! The shapes of a realm's tokens, and the parser that they make up.

use std::cmp::Reverse;

use super::base62;
use super::malformed::Malformed;
use super::prefix::Head;
use super::shape::Shape;
use crate::error::{Error, ErrorKind, Result};

/// Tells which of several [shapes](Shape) a text has.
///
/// A text has at most one: two shapes that could both accept one text do not make a grammar.
///
/// ```
/// use keycask::{Checksum, Grammar, Malformed, Shape};
///
/// let live = Shape::new("scs_live_", 32, Checksum::None)?;
/// let test = Shape::new("scs_test_", 32, Checksum::None)?;
/// let grammar = Grammar::new([live, test])?;
///
/// assert_eq!(grammar.parse(b"scs_test_0123456789abcdefABCDEF0123456789"), Ok(1));
/// assert_eq!(
///     grammar.parse(b"scs_test_0123456789abcdefABCDEF012345678"),
///     Err(Malformed::Length { want: 41, got: 40 }),
/// );
/// # Ok::<(), keycask::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grammar {
    /// Each with its place in the caller's order; the longest prefix first.
    shapes: Box<[(usize, Shape)]>,
}

impl Grammar {
    /// The grammar of these shapes. They are tried one after the other, so each makes
    /// [`parse`](Self::parse) a little slower, by about a nanosecond.
    ///
    /// # Errors
    ///
    /// `Argument` if a text could have two of the shapes: their tokens are equally long, and
    /// one prefix is the other with nothing or only characters of a body behind it.
    pub fn new(shapes: impl IntoIterator<Item = Shape>) -> Result<Self> {
        let mut shapes: Vec<_> = shapes.into_iter().enumerate().collect();
        shapes.sort_by_key(|(_, shape)| Reverse(shape.prefix().len()));
        for (after, (_, longer)) in shapes.iter().enumerate() {
            let shorter = shapes.iter().skip(after.saturating_add(1)).map(|(_, shape)| shape);
            if let Some(shorter) = shorter.clone().find(|shorter| share_a_text(longer, shorter)) {
                return Err(Error::new(
                    ErrorKind::Argument,
                    format!(
                        "prefixes {:?} and {:?}: a token of {} characters could be of either",
                        shorter.prefix(),
                        longer.prefix(),
                        longer.token_len(),
                    ),
                ));
            }
        }
        Ok(Self { shapes: shapes.into() })
    }

    /// The place, in the order that [`new`](Self::new) was given, of the shape that `text`
    /// has. Neither allocates nor panics, and costs no more for a text that is too long.
    ///
    /// # Errors
    ///
    /// What is wrong with `text` as a token of the shape whose prefix and length it has; its
    /// length if it has but the prefix of one. The longest such prefix counts.
    #[inline]
    pub fn parse(&self, text: &[u8]) -> Result<usize, Malformed> {
        let head = Head::of(text);
        let fits = |shape: &Shape| shape.token_len() == text.len() && shape.begins(head, text);
        // The first that fits decides. Another would have a shorter prefix, which `new` saw to
        // be followed by a character of the longer one that stands in no body.
        match self.shapes.iter().find(|(_, shape)| fits(shape)) {
            Some((place, shape)) => shape.check(text).map(|()| *place),
            None => Err(self.misfit(head, text)),
        }
    }

    /// What is wrong with a text that has no shape's prefix and length.
    #[cold]
    fn misfit(&self, head: Head, text: &[u8]) -> Malformed {
        match self.shapes.iter().find(|(_, shape)| shape.begins(head, text)) {
            Some((_, shape)) => Malformed::Length { want: shape.token_len(), got: text.len() },
            None => Malformed::Prefix,
        }
    }
}

/// Whether some text could be a token of both: of `shorter`, whose prefix is no longer, and
/// of `longer`. Checksums are left out of account, since by chance any may match.
fn share_a_text(longer: &Shape, shorter: &Shape) -> bool {
    let same_len = longer.token_len() == shorter.token_len();
    let continued = longer.prefix().strip_prefix(shorter.prefix());
    same_len && continued.is_some_and(|more| base62::is_base62(more.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Checksum;

    fn shape(prefix: &str, body: usize, checksum: Checksum) -> Shape {
        Shape::new(prefix, body, checksum).unwrap()
    }

    fn plain(prefix: &str, body: usize) -> Shape {
        shape(prefix, body, Checksum::None)
    }

    #[test]
    fn a_text_has_the_shape_of_its_longest_prefix() {
        let grammar =
            Grammar::new([plain("sk_", 32), plain("sk_live_", 27), plain("sk_live_", 32)]).unwrap();
        let body = "x".repeat(32);
        assert_eq!(grammar.parse(format!("sk_{body}").as_bytes()), Ok(0));
        assert_eq!(grammar.parse(format!("sk_live_{}", &body[5..]).as_bytes()), Ok(1));
        assert_eq!(grammar.parse(format!("sk_live_{body}").as_bytes()), Ok(2));
    }

    #[test]
    fn the_shape_that_is_closest_says_what_is_wrong() {
        let grammar =
            Grammar::new([plain("sk_", 30), plain("sk_live_", 32), plain("sk_live_", 40)]).unwrap();
        let parse = |prefix: &str, body: usize| {
            grammar.parse(format!("{prefix}{}", "x".repeat(body)).as_bytes())
        };
        // Prefix and length: of several shapes with one prefix, the one that is as long.
        assert_eq!(parse("sk_live_-", 31), Err(Malformed::Character { at: 8 }));
        assert_eq!(parse("sk_live_-", 39), Err(Malformed::Character { at: 8 }));
        assert_eq!(parse("sk_live_", 25), Err(Malformed::Character { at: 7 }));
        // Prefix alone: the longest, and of several the first.
        assert_eq!(parse("sk_live_", 33), Err(Malformed::Length { want: 40, got: 41 }));
        assert_eq!(parse("sk_live", 33), Err(Malformed::Length { want: 33, got: 40 }));
        assert_eq!(parse("sk", 31), Err(Malformed::Prefix));
    }

    #[test]
    fn the_order_of_shapes_changes_no_more_than_their_places() {
        let mut shapes = [plain("sk_", 32), plain("sk_live_", 32), plain("pk_", 24)];
        let texts = ["sk_", "sk_live_", "pk_", "pk"].map(|p| format!("{p}{}", "x".repeat(32)));
        let parse = |shapes: &[Shape; 3]| {
            let grammar = Grammar::new(shapes.clone()).unwrap();
            texts.each_ref().map(|text| grammar.parse(text.as_bytes()).map(|at| shapes[at].clone()))
        };
        let before = parse(&shapes);
        shapes.reverse();
        assert_eq!(parse(&shapes), before);
    }

    #[test]
    fn shapes_that_could_share_a_text_are_refused_by_name() {
        for (one, other, len) in [
            (plain("sk_", 32), plain("sk_", 32), 35),
            (plain("sk_", 33), plain("sk_a", 32), 36),
            (plain("sk_", 37), shape("sk_live", 27, Checksum::Crc32), 40),
            (shape("a", 30, Checksum::Crc32), plain("aB1", 34), 37),
        ] {
            for pair in [[one.clone(), other.clone()], [other.clone(), one.clone()]] {
                let error = Grammar::new(pair).unwrap_err();
                let (one, other) = (one.prefix(), other.prefix());
                assert_eq!(error.kind(), ErrorKind::Argument);
                assert_eq!(
                    error.message(),
                    format!(
                        "prefixes {one:?} and {other:?}: a token of {len} characters could be of \
                         either"
                    ),
                );
            }
        }
    }

    #[test]
    fn shapes_that_share_no_text_make_a_grammar() {
        for pair in [
            [plain("sk_", 32), plain("sk_", 33)],
            [plain("sk_", 32), plain("sk_a", 32)],
            [plain("sk_", 37), plain("sk_live_", 32)],
            [plain("sk", 25), plain("sk-", 24)],
            [plain("sk_", 32), plain("SK_", 32)],
        ] {
            Grammar::new(pair).unwrap();
        }
    }

    #[test]
    fn a_grammar_of_nothing_accepts_nothing() {
        let grammar = Grammar::new([]).unwrap();
        assert_eq!(grammar.parse(b""), Err(Malformed::Prefix));
        assert_eq!(grammar.parse(b"sk_live_"), Err(Malformed::Prefix));
    }
}
