//! What holds of minting and parsing together, for every shape.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::string::string_regex;

use super::{Checksum, Grammar, Malformed, Shape, reference};
use crate::random::Random;

fn checksum() -> impl Strategy<Value = Checksum> {
    select(vec![Checksum::None, Checksum::Crc32])
}

/// Any shape; prefixes with separators at the end, in the middle and in a row included.
fn shape() -> impl Strategy<Value = Shape> {
    let prefix = "[A-Za-z][A-Za-z0-9_-]{0,31}|[a-z]{1,4}(_|-|__)[a-z]{1,8}[_-]";
    let body = Shape::BODY_MIN..=Shape::BODY_MAX;
    (prefix, body, checksum()).prop_map(|(p, b, c)| Shape::new(&p, b, c).unwrap())
}

/// A shape and a body for it.
fn shape_and_body() -> impl Strategy<Value = (Shape, String)> {
    shape().prop_flat_map(|shape| {
        let body = format!("[0-9A-Za-z]{{{}}}", shape.body_len());
        (Just(shape), string_regex(&body).unwrap())
    })
}

/// Shapes whose prefixes are so few that they often continue each other.
fn crowded_shapes() -> impl Strategy<Value = Vec<Shape>> {
    let shape = ("a[_b]{0,3}", 22..=25_usize, checksum());
    let shape = shape.prop_map(|(p, b, c)| Shape::new(&p, b, c).unwrap());
    proptest::collection::vec(shape, 0..6)
}

fn grammar(shape: &Shape) -> Grammar {
    Grammar::new([shape.clone()]).unwrap()
}

proptest! {
    #[test]
    fn p1_what_is_minted_is_parsed(shape in shape()) {
        let token = shape.mint(&Random::system()).unwrap();
        let text = token.expose();
        prop_assert!(text.starts_with(shape.prefix()));
        prop_assert_eq!(grammar(&shape).parse(text.as_bytes()), Ok(0));
        prop_assert!(reference::accepts(&shape, text.as_bytes()));
    }

    #[test]
    fn what_is_printed_from_the_description_is_parsed((shape, body) in shape_and_body()) {
        let text = reference::print(&shape, &body);
        prop_assert_eq!(grammar(&shape).parse(text.as_bytes()), Ok(0));
    }

    #[test]
    fn a_token_has_no_second_spelling(
        (shape, body) in shape_and_body(),
        at in any::<Index>(),
        byte in any::<u8>(),
    ) {
        let text = reference::print(&shape, &body).into_bytes();
        let grammar = grammar(&shape);
        for more in [b" ", b"\n", b"=", b"\0", b"0"] {
            prop_assert!(grammar.parse(&[&text[..], more].concat()).is_err());
            prop_assert!(grammar.parse(&[more, &text[..]].concat()).is_err());
        }
        let at = at.index(text.len());
        prop_assert!(grammar.parse(&text[..at]).is_err());
        let mut inserted = text;
        inserted.insert(at, byte);
        prop_assert!(grammar.parse(&inserted).is_err());
    }

    #[test]
    fn with_a_checksum_no_byte_can_be_replaced(
        (shape, body) in shape_and_body(),
        at in any::<Index>(),
        byte in any::<u8>(),
    ) {
        let text = reference::print(&shape, &body).into_bytes();
        let at = at.index(text.len());
        prop_assume!(text[at] != byte);
        let mut replaced = text;
        replaced[at] = byte;
        let result = grammar(&shape).parse(&replaced);
        prop_assert_eq!(result, reference::parse(std::slice::from_ref(&shape), &replaced));
        prop_assert!(result.is_err() || shape.checksum() == Checksum::None);
    }

    #[test]
    fn both_parsers_agree_on_crowded_shapes(
        shapes in crowded_shapes(),
        text in "a[_b]{0,3}[ab_]{20,33}",
        pick in any::<Index>(),
    ) {
        let mut texts = vec![text];
        if !shapes.is_empty() {
            let shape = pick.get(&shapes);
            texts.push(reference::print(shape, &"b".repeat(shape.body_len())));
        }
        match Grammar::new(shapes.clone()) {
            Ok(grammar) => for text in texts.iter().map(String::as_bytes) {
                prop_assert_eq!(grammar.parse(text), reference::parse(&shapes, text));
                let accepting = shapes.iter().filter(|shape| reference::accepts(shape, text));
                prop_assert!(accepting.count() <= 1, "two shapes share a text");
                prop_assert!(!reference::is_ambiguous(&shapes));
            },
            Err(_) => prop_assert!(reference::is_ambiguous(&shapes)),
        }
    }

    #[test]
    fn any_bytes_are_parsed_alike(shape in shape(), bytes in any::<Vec<u8>>()) {
        let text = [shape.prefix().as_bytes(), &bytes].concat();
        for text in [&text, &bytes] {
            let expected = reference::parse(std::slice::from_ref(&shape), text);
            prop_assert_eq!(grammar(&shape).parse(text), expected);
        }
    }
}

fn five_systems() -> [Shape; 7] {
    use Checksum::{Crc32, None};
    [
        ("sgu_", 40, Crc32),
        ("sgo_", 40, Crc32),
        ("cg_live_", 32, Crc32),
        ("cg_test_", 32, Crc32),
        ("sk_live_", 32, Crc32),
        ("scs_live_", 32, None),
        ("sg_test_", 32, Crc32),
    ]
    .map(|(prefix, body, checksum)| Shape::new(prefix, body, checksum).unwrap())
}

#[test]
fn every_byte_at_every_place_is_parsed_as_described() {
    let shapes = five_systems();
    let grammar = Grammar::new(shapes.clone()).unwrap();
    for shape in &shapes {
        let token = reference::print(shape, &"Zq7".repeat(14)[..shape.body_len()]);
        for at in 0..token.len() {
            for byte in 0..=u8::MAX {
                let mut text = token.clone().into_bytes();
                text[at] = byte;
                assert_eq!(grammar.parse(&text), reference::parse(&shapes, &text), "{text:?}");
            }
        }
    }
}

#[test]
fn every_length_up_to_4096_is_parsed_as_described() {
    let shapes = five_systems();
    let grammar = Grammar::new(shapes.clone()).unwrap();
    for prefix in ["", "cg", "cg_live_", "scs_live_", "other_"] {
        let longest = format!("{prefix}{}", "x".repeat(4096));
        for len in 0..=4096 {
            let text = &longest.as_bytes()[..len];
            assert_eq!(grammar.parse(text), reference::parse(&shapes, text), "{len}");
        }
    }
}

#[test]
fn the_length_is_judged_before_what_follows_the_prefix() {
    let grammar = Grammar::new(five_systems()).unwrap();
    for rest in ["\u{fffd}", "________", &"\0".repeat(1 << 20)] {
        let text = format!("scs_live_{rest}");
        let length = Malformed::Length { want: 41, got: text.len() };
        assert_eq!(grammar.parse(text.as_bytes()), Err(length));
    }
}
