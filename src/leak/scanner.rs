//! Finds texts that have one of many shapes, in one pass.

use std::cmp::Reverse;
use std::fmt;
use std::io::Read;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use super::place::{Lines, Place};
use super::window::Window;
use crate::error::{Error, ErrorKind, Result};
use crate::stack::{DEEP, wiped};
use crate::token::Shape;

/// Finds tokens of several [shapes](Shape) in a text.
///
/// A token is found by its prefix, from where on its shape says where it ends: so also one that
/// others overlap, or that stands in the middle of a word. Wherever a prefix stands, each shape
/// costs one look over a token's length and no more, whatever the text; what has no prefix in it
/// costs little more than to read it.
///
/// ```
/// use keycask::{Checksum, Scanner, Shape};
///
/// let scanner = Scanner::new([Shape::new("scs_test_", 32, Checksum::None)?])?;
/// let text = "first\nkey=scs_test_0123456789abcdefABCDEF0123456789\n";
/// let mut places = Vec::new();
/// scanner.scan(text.as_bytes(), |found| {
///     assert!(found.stands_alone);
///     places.push((found.place.line, found.place.column));
///     Ok(())
/// })?;
/// assert_eq!(places, [(2, 5)]);
/// # Ok::<(), keycask::Error>(())
/// ```
pub struct Scanner {
    /// The prefixes of all shapes, without those that go on from a shorter one: of these, one
    /// at most stands at any place.
    prefixes: AhoCorasick,
    /// For each of these the shapes that begin with it: the shortest tokens first, of equally
    /// long ones those with a checksum, then those with the longest prefix, of equal ones in the
    /// caller's order.
    groups: Box<[Box<[Numbered]>]>,
    /// Of all tokens.
    longest: usize,
}

/// A shape and its place in the caller's order.
struct Numbered {
    number: usize,
    shape: Shape,
}

/// A text that has the shape of a token. It shows no token when it is printed.
#[non_exhaustive]
pub struct Candidate<'t> {
    /// Where it begins.
    pub place: Place,
    /// The token. Whoever keeps it keeps a secret.
    pub token: &'t [u8],
    /// The places, in the order that the scanner was given, of the shapes that it has: one, if
    /// they make a [grammar](crate::Grammar). Those with a checksum stand first.
    pub shapes: &'t [usize],
    /// Whether neither the byte before it nor the one after it is one of `0-9A-Za-z`. If one is,
    /// and the shape has no checksum, it may well be a piece of something else.
    pub stands_alone: bool,
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("place", &self.place)
            .field("shapes", &self.shapes)
            .field("stands_alone", &self.stands_alone)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = self.groups.iter().flatten().map(|one| &one.shape);
        f.debug_list().entries(shapes).finish()
    }
}

impl Scanner {
    /// Bytes that are read at once: 128 KiB. They stay in the cache while they are searched.
    pub const READ: usize = 128 * 1024;

    /// Finds tokens of these shapes. Some may be equal.
    ///
    /// # Errors
    ///
    /// `Argument` if there are more prefixes than one search has room for: some millions.
    pub fn new(shapes: impl IntoIterator<Item = Shape>) -> Result<Self> {
        let number = |(number, shape)| Numbered { number, shape };
        let mut shapes: Vec<Numbered> = shapes.into_iter().enumerate().map(number).collect();
        // A prefix stands directly before those that go on from it.
        shapes.sort_by(|one, other| one.shape.prefix().cmp(other.shape.prefix()));
        let longest = shapes.iter().map(|one| one.shape.token_len()).max().unwrap_or_default();
        let mut groups: Vec<(String, Vec<Numbered>)> = Vec::new();
        for one in shapes {
            match groups.last_mut() {
                Some((prefix, group)) if one.shape.prefix().starts_with(prefix.as_str()) => {
                    group.push(one);
                }
                _ => groups.push((one.shape.prefix().to_owned(), vec![one])),
            }
        }
        for (_, group) in &mut groups {
            group.sort_by_key(|Numbered { number, shape }| {
                let (checksum, prefix) = (shape.checksum().width(), shape.prefix().len());
                (shape.token_len(), Reverse(checksum), Reverse(prefix), *number)
            });
        }
        let prefixes = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(groups.iter().map(|(prefix, _)| prefix))
            .map_err(|e| Error::new(ErrorKind::Argument, "shapes: too many").caused_by(e))?;
        let groups = groups.into_iter().map(|(_, group)| group.into()).collect();
        Ok(Self { prefixes, groups, longest })
    }

    /// Reads `text` to its end and tells `found` of each token in it, in their order; of several
    /// that begin at one place, the shortest first. Gives the number of bytes that were read.
    ///
    /// It takes a little more memory than [`READ`](Self::READ), however long the text is, and wipes
    /// it. So it does with what it left on the stack.
    ///
    /// # Errors
    ///
    /// `Io` if the text cannot be read; what `found` gives ends the search.
    pub fn scan(
        &self,
        text: impl Read,
        found: impl FnMut(&Candidate<'_>) -> Result<()>,
    ) -> Result<u64> {
        // What searches with vectors puts pieces of the text on the stack.
        wiped::<DEEP, _>(|| self.scan_through(text, found))
    }

    fn scan_through(
        &self,
        mut text: impl Read,
        mut found: impl FnMut(&Candidate<'_>) -> Result<()>,
    ) -> Result<u64> {
        let mut window = Window::new(Self::READ, self.longest);
        let mut lines = Lines::default();
        let mut shapes = Vec::new();
        loop {
            let read = window.advance(&mut text);
            read.map_err(|e| Error::new(ErrorKind::Io, "the text to search").caused_by(e))?;
            self.search(&window, &mut lines, &mut shapes, &mut found)?;
            lines.pass(piece(window.bytes(), &lines, &window, window.starts().end));
            if window.is_last() {
                return Ok(lines.passed());
            }
        }
    }

    /// Tells `found` of each token that begins where the window has it looked for.
    fn search(
        &self,
        window: &Window,
        lines: &mut Lines,
        shapes: &mut Vec<usize>,
        found: &mut impl FnMut(&Candidate<'_>) -> Result<()>,
    ) -> Result<()> {
        let (bytes, starts) = (window.bytes(), window.starts());
        let mut from = starts.start;
        while let Some(hit) = self.prefixes.find(Input::new(bytes).range(from..)) {
            let at = hit.start();
            if at >= starts.end {
                break;
            }
            from = at.saturating_add(1);
            let group = self.groups.get(hit.pattern().as_usize());
            let text = bytes.get(at..).unwrap_or_default();
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            for equally_long in group.into_iter().flat_map(|group| {
                group.chunk_by(|one, other| one.shape.token_len() == other.shape.token_len())
            }) {
                let Some(token) = accepted(equally_long, text, shapes) else { continue };
                lines.pass(piece(bytes, lines, window, at));
                let mut around = before.into_iter().chain(text.get(token.len()));
                found(&Candidate {
                    place: lines.place(),
                    token,
                    shapes,
                    stands_alone: !around.any(u8::is_ascii_alphanumeric),
                })?;
            }
        }
        Ok(())
    }
}

/// What stands in the window from where `lines` has come to, up to `end`.
fn piece<'w>(bytes: &'w [u8], lines: &Lines, window: &Window, end: usize) -> &'w [u8] {
    let passed = lines.passed().saturating_sub(window.before());
    let from = usize::try_from(passed).unwrap_or(usize::MAX);
    bytes.get(from..end).unwrap_or_default()
}

/// The token that `text` begins with, if some of `group` accept it, whose tokens are equally
/// long; `numbers` are those that do.
fn accepted<'t>(group: &[Numbered], text: &'t [u8], numbers: &mut Vec<usize>) -> Option<&'t [u8]> {
    numbers.clear();
    let token = text.get(..group.first()?.shape.token_len())?;
    for equal in group.chunk_by(|one, other| one.shape == other.shape) {
        if equal.first().is_some_and(|one| one.shape.accepts(token)) {
            numbers.extend(equal.iter().map(|one| one.number));
        }
    }
    (!numbers.is_empty()).then_some(token)
}
