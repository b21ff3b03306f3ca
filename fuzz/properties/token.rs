//! What holds of every grammar and every text.
//!
//! An input is one line a shape, `prefix body-length checksum`, then an empty line, then the
//! text: so the files of the corpus can be read and written by hand. The fuzz target and the
//! replay of its corpus in `tests/` both include this file, beside the reference.

use keycask::{Checksum, Grammar, Shape};

use super::reference;

/// No more shapes are read from an input, so that it runs in little time.
const SHAPES_MAX: usize = 16;

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    let Some((shapes, text)) = read(input) else { return };
    let grammar = Grammar::new(shapes.clone());
    assert_eq!(grammar.is_err(), reference::is_ambiguous(&shapes), "{shapes:?}");
    let Ok(grammar) = grammar else { return };

    check_text(&grammar, &shapes, text);
    for (place, shape) in shapes.iter().enumerate() {
        let printed = reference::print(shape, &body_from(text, shape.body_len()));
        assert_eq!(grammar.parse(printed.as_bytes()), Ok(place), "{printed:?} is not parsed");
        check_neighbours(&grammar, &shapes, place, &printed, text);
    }
}

/// The shapes and the text of an input, if it is one.
fn read(input: &[u8]) -> Option<(Vec<Shape>, &[u8])> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let (lines, text) = (std::str::from_utf8(&input[..end]).ok()?, &input[end + 2..]);
    let shapes = lines.lines().take(SHAPES_MAX).map(|line| {
        let mut fields = line.split(' ');
        let (prefix, body, checksum) = (fields.next()?, fields.next()?, fields.next()?);
        let checksum = Checksum::parse(checksum).ok()?;
        Shape::new(prefix, body.parse().ok()?, checksum).ok()
    });
    Some((shapes.collect::<Option<_>>()?, text))
}

/// The parser says of `text` what the description says, and an accepted text is the only
/// spelling of its parts.
fn check_text(grammar: &Grammar, shapes: &[Shape], text: &[u8]) {
    let parsed = grammar.parse(text);
    assert_eq!(parsed, reference::parse(shapes, text), "the parsers differ on {text:?}");

    let accepting = shapes.iter().filter(|shape| reference::accepts(shape, text)).count();
    assert_eq!(accepting, usize::from(parsed.is_ok()), "{accepting} shapes accept {text:?}");

    if let Ok(place) = parsed {
        let shape = &shapes[place];
        let body = &text[shape.prefix().len()..][..shape.body_len()];
        let spelling = reference::print(shape, std::str::from_utf8(body).unwrap());
        assert_eq!(spelling.as_bytes(), text, "a second spelling of {spelling:?}");
    }
}

/// Texts that differ by one byte from `token`, which has the shape at `place`, are parsed as
/// described too; with a checksum, no byte can be replaced by another.
fn check_neighbours(grammar: &Grammar, shapes: &[Shape], place: usize, token: &str, choice: &[u8]) {
    let [at, byte, ..] = *choice else { return };
    let at = usize::from(at) % token.len();

    let mut shorter = token.as_bytes().to_vec();
    shorter.remove(at);
    check_text(grammar, shapes, &shorter);

    let mut longer = token.as_bytes().to_vec();
    longer.insert(at, byte);
    check_text(grammar, shapes, &longer);

    let mut replaced = token.as_bytes().to_vec();
    replaced[at] = byte;
    check_text(grammar, shapes, &replaced);
    if replaced != token.as_bytes() && shapes[place].checksum() == Checksum::Crc32 {
        assert_ne!(grammar.parse(&replaced), Ok(place), "{replaced:?} passes as {token:?}");
    }
}

/// A body of `len` digits, of which each byte of `seed` chooses one.
fn body_from(seed: &[u8], len: usize) -> String {
    let digits = reference::DIGITS.as_bytes();
    let digit = |byte: &u8| char::from(digits[usize::from(*byte) % digits.len()]);
    seed.iter().chain(std::iter::repeat(&0)).take(len).map(digit).collect()
}
