//! What a thief of the file has of tokens.

use std::collections::HashSet;

use keycask::{ISSUE_MAX, Spec};

use crate::kit::{Scene, by, text};

const PROFILE: &str = r#"
realm = "r"
[[kind]]
name = "checked"
prefix = "sk_live_"
body = 22
checksum = "crc32"
[[kind]]
name = "bare"
prefix = "b_"
body = 30
checksum = "none"
"#;

/// So many characters of a token in a row are looked for.
const PIECE: usize = 8;

type Pieces = HashSet<[u8; PIECE]>;

/// All pieces of what is secret of a token: its prefix everybody knows, and the file has its last
/// four characters, for people.
fn pieces(token: &str, prefix: &str) -> impl Iterator<Item = [u8; PIECE]> {
    let secret = &token.as_bytes()[prefix.len()..token.len() - 4];
    assert!(secret.iter().all(u8::is_ascii_alphanumeric));
    secret.windows(PIECE).map(|piece| piece.try_into().unwrap())
}

/// The first place in `bytes` where one of the pieces stands.
fn found(bytes: &[u8], pieces: &Pieces) -> Option<usize> {
    // A piece has letters and digits alone, and one of them at each eighth place.
    let is_digit = u8::is_ascii_alphanumeric;
    let mut eighths = (PIECE - 1..bytes.len()).step_by(PIECE).filter(|at| is_digit(&bytes[*at]));
    eighths.find_map(|at| {
        let last = at.min(bytes.len() - PIECE);
        (at + 1 - PIECE..=last).find(|start| {
            let piece = &bytes[*start..start + PIECE];
            piece.iter().all(is_digit) && pieces.contains(piece)
        })
    })
}

/// Whoever has the file has no part of a token in it.
#[test]
fn p51_of_10_000_tokens_no_8_characters_are_in_the_file_or_in_a_backup() {
    let scene = Scene::new(PROFILE);
    let spec =
        |number: usize| scene.spec(if number.is_multiple_of(2) { "checked" } else { "bare" });
    let specs: Vec<Spec> = (0..ISSUE_MAX).map(spec).collect();
    let issued = scene.store().issue_many(&specs, &by()).unwrap();
    assert_eq!(issued.len(), 10_000);
    let each = issued.iter().flat_map(|issued| pieces(text(issued), &issued.key.prefix));
    let all: Pieces = each.collect();
    assert!(all.len() > 179_000, "{}", all.len());
    let backup = scene.path().with_extension("backup");
    scene.store().backup(&backup).unwrap();
    for path in [scene.path(), backup] {
        let mut bytes = std::fs::read(&path).unwrap();
        // Each key has its row there.
        assert!(bytes.len() > 10_000 * 64, "{}", bytes.len());
        assert_eq!(found(&bytes, &all), None, "{}", path.display());
        // One piece of one token, over what stands there, is seen wherever it is. It is the first:
        // a piece before it would stand there, too, if the byte before happened to be its own.
        let piece = pieces(text(&issued[7_777]), &issued[7_777].key.prefix).next().unwrap();
        for at in (0..2 * PIECE).chain([bytes.len() - PIECE]) {
            let before: [u8; PIECE] = bytes[at..at + PIECE].try_into().unwrap();
            bytes[at..at + PIECE].copy_from_slice(&piece);
            assert_eq!(found(&bytes, &all), Some(at));
            bytes[at..at + PIECE].copy_from_slice(&before);
        }
    }
}
