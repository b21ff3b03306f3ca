//! What holds of every grammar and every text.
//!
//! An input is one line a shape, `prefix body-length checksum`, then an empty line, then the
//! text: so the files of the corpus can be read and written by hand. The fuzz target and the
//! replay of its corpus in `tests/` both include this file, beside the reference.
//!
//! Each text that is parsed is an allocation of its own, exactly as long: so the address sanitizer
//! sees who reads one byte too many.

use keycask::{Checksum, Grammar, Malformed, Shape};

use super::reference;

/// No more shapes are read from an input, so that it runs in little time.
const SHAPES_MAX: usize = 16;

/// Which of a grammar's shapes a text has.
pub type Parse = fn(&Grammar, &[u8]) -> Result<usize, Malformed>;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Engine {
    /// To make a grammar of shapes, if they are not ambiguous.
    pub make: fn(Vec<Shape>) -> Option<Grammar>,
    pub parse: Parse,
}

/// keycask itself.
pub const ENGINE: Engine =
    Engine { make: |shapes| Grammar::new(shapes).ok(), parse: |grammar, text| grammar.parse(text) };

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// Panics if `engine` does with `input` what it should not.
pub fn check_with(input: &[u8], engine: Engine) {
    let Some((shapes, text)) = read(input) else { return };
    let grammar = (engine.make)(shapes.clone());
    assert_eq!(grammar.is_none(), reference::is_ambiguous(&shapes), "{shapes:?}");
    let Some(grammar) = grammar else { return };

    let parse = engine.parse;
    let parser = Parser { grammar: &grammar, shapes: &shapes, parse };
    parser.check_text(text.to_vec());
    for (place, shape) in shapes.iter().enumerate() {
        let printed = reference::print(shape, &body_from(text, shape.body_len()));
        let exact = printed.as_bytes().to_vec().into_boxed_slice();
        assert_eq!(parse(&grammar, &exact), Ok(place), "{printed:?} is not parsed");
        parser.check_neighbours(place, &printed, text);
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

/// A grammar, the shapes that it is of, and what parses by it.
struct Parser<'a> {
    grammar: &'a Grammar,
    shapes: &'a [Shape],
    parse: Parse,
}

impl Parser<'_> {
    /// The parser says of `text` what the description says, and an accepted text is the only
    /// spelling of its parts.
    fn check_text(&self, text: Vec<u8>) {
        let text = &*text.into_boxed_slice();
        let parsed = (self.parse)(self.grammar, text);
        let described = reference::parse(self.shapes, text);
        assert_eq!(parsed, described, "the parsers differ on {text:?}");

        let accepting = |shape: &&Shape| reference::accepts(shape, text);
        let accepting = self.shapes.iter().filter(accepting).count();
        assert_eq!(accepting, usize::from(parsed.is_ok()), "{accepting} shapes accept {text:?}");

        if let Ok(place) = parsed {
            let shape = &self.shapes[place];
            let body = &text[shape.prefix().len()..][..shape.body_len()];
            let spelling = reference::print(shape, std::str::from_utf8(body).unwrap());
            assert_eq!(spelling.as_bytes(), text, "a second spelling of {spelling:?}");
        }
    }

    /// Texts that differ by one byte from `token`, which has the shape at `place`, are parsed as
    /// described too; with a checksum, no byte can be replaced by another.
    fn check_neighbours(&self, place: usize, token: &str, choice: &[u8]) {
        let [at, byte, ..] = *choice else { return };
        let at = usize::from(at) % token.len();

        let mut shorter = token.as_bytes().to_vec();
        shorter.remove(at);
        self.check_text(shorter);

        let mut longer = token.as_bytes().to_vec();
        longer.insert(at, byte);
        self.check_text(longer);

        let mut replaced = token.as_bytes().to_vec();
        replaced[at] = byte;
        self.check_text(replaced.clone());
        if replaced != token.as_bytes() && self.shapes[place].checksum() == Checksum::Crc32 {
            let parsed = (self.parse)(self.grammar, &replaced);
            assert_ne!(parsed, Ok(place), "{replaced:?} passes as {token:?}");
        }
    }
}

/// A body of `len` digits, of which each byte of `seed` chooses one.
fn body_from(seed: &[u8], len: usize) -> String {
    let digits = reference::DIGITS.as_bytes();
    let digit = |byte: &u8| char::from(digits[usize::from(*byte) % digits.len()]);
    seed.iter().chain(std::iter::repeat(&0)).take(len).map(digit).collect()
}
