//! What holds of every search for tokens, whatever the text.
//!
//! An input is one line a shape, `prefix body-length checksum`, then an empty line, then the
//! text. A byte of the text below 16, but for a tab and a line feed, stands for a whole token.
//! The search meets the end of its window within the text, at the place that the text's length
//! says. The fuzz target and the replay of its corpus in `tests/` both include this file, beside
//! the reference.

use keycask::{Alerts, Checksum, Scanner, Shape};

use super::reference;

/// No more shapes and tokens are read from an input, so that it runs in little time.
const SHAPES_MAX: usize = 8;
const TOKENS_MAX: usize = 32;
const TEXT_MAX: usize = 4096;

/// Of one token: its offset, line, column and length, its shapes, and whether it stands alone.
pub type Found = (u64, u64, u64, usize, Vec<usize>, bool);

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, scan);
}

/// Panics if `scan` does not find in the text of `input` what is there.
pub fn check_with(input: &[u8], scan: fn(&Scanner, &[u8]) -> Vec<Found>) {
    // Whatever it is, it is read or refused.
    let _ = Alerts::read(input);
    let Some((shapes, text)) = read(input) else { return };
    let scanner = Scanner::new(shapes.clone()).unwrap();
    assert_eq!(scan(&scanner, &text), described(&shapes, &text, 0));

    let longest = shapes.iter().map(Shape::token_len).max().unwrap_or_default();
    let window = Scanner::READ + longest + 1;
    let before = window - text.len() * 7919 % (text.len() + 1);
    let text = [vec![b'\n'; before], text].concat();
    assert_eq!(scan(&scanner, &text), described(&shapes, &text, before));
}

/// What the engine finds.
pub fn scan(scanner: &Scanner, text: &[u8]) -> Vec<Found> {
    let mut all = Vec::new();
    let read = scanner.scan(text, |found| {
        let place = found.place;
        let start = usize::try_from(place.offset).unwrap();
        assert_eq!(found.token, &text[start..start + found.token.len()]);
        let mut shapes = found.shapes.to_vec();
        shapes.sort_unstable();
        let len = found.token.len();
        all.push((place.offset, place.line, place.column, len, shapes, found.stands_alone));
        Ok(())
    });
    assert_eq!(read.unwrap(), text.len() as u64);
    all
}

/// What there is to be found from `from` on, before which there are line feeds alone: each place
/// and each length is tried.
fn described(shapes: &[Shape], text: &[u8], from: usize) -> Vec<Found> {
    let mut all = Vec::new();
    let (mut line, mut column) = (from as u64 + 1, 1);
    let mut lengths: Vec<usize> = shapes.iter().map(Shape::token_len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    for at in from..text.len() {
        for len in &lengths {
            let Some(token) = text.get(at..at + len) else { continue };
            let has = |place: &usize| reference::accepts(&shapes[*place], token);
            let having: Vec<usize> = (0..shapes.len()).filter(has).collect();
            if having.is_empty() {
                continue;
            }
            let around = [at.checked_sub(1).map(|at| text[at]), text.get(at + len).copied()];
            let is_alone = !around.iter().flatten().any(u8::is_ascii_alphanumeric);
            all.push((at as u64, line, column, *len, having, is_alone));
        }
        match text[at] {
            b'\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
    }
    all
}

/// The shapes and the text of an input, if it is one.
fn read(input: &[u8]) -> Option<(Vec<Shape>, Vec<u8>)> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let (lines, text) = (std::str::from_utf8(&input[..end]).ok()?, &input[end + 2..]);
    let shapes = lines.lines().take(SHAPES_MAX).map(|line| {
        let mut fields = line.split(' ');
        let (prefix, body, checksum) = (fields.next()?, fields.next()?, fields.next()?);
        Shape::new(prefix, body.parse().ok()?, Checksum::parse(checksum).ok()?).ok()
    });
    let shapes = shapes.collect::<Option<Vec<_>>>()?;
    let mut whole = Vec::new();
    let mut tokens = 0;
    for (at, byte) in text.iter().take(TEXT_MAX).enumerate() {
        let shape = shapes.get(usize::from(*byte) % shapes.len().max(1));
        match shape {
            Some(shape) if *byte < 16 && !matches!(byte, b'\t' | b'\n') && tokens < TOKENS_MAX => {
                tokens += 1;
                whole.extend(reference::print(shape, &body(&text[at + 1..], shape)).bytes());
            }
            _ => whole.push(*byte),
        }
    }
    Some((shapes, whole))
}

/// A body for a token of `shape`, of which each byte of `seed` chooses a digit.
fn body(seed: &[u8], shape: &Shape) -> String {
    let digits = reference::DIGITS.as_bytes();
    let digit = |byte: &u8| char::from(digits[usize::from(*byte) % digits.len()]);
    seed.iter().chain(std::iter::repeat(&0)).take(shape.body_len()).map(digit).collect()
}
