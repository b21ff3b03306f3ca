//! Code that a page shows of a file stands there: a block after `<!-- of PATH -->` is a piece of
//! that file, which is tested where it is, indented as it may be there.

use std::fs;
use std::path::PathBuf;

use crate::names::{pages, top};

const MARK: &str = "<!-- of ";

/// The files that a page shows pieces of, each with the piece.
pub fn excerpts(page: &str) -> Vec<(&str, &str)> {
    let after = page.split(MARK).skip(1);
    after
        .filter_map(|rest| {
            let (path, rest) = rest.split_once(" -->\n\n```")?;
            let (_, block) = rest.split_once('\n')?;
            Some((path, block.split("\n```").next()?))
        })
        .collect()
}

/// Whether `piece` stands in `text`, all of its lines indented by the same.
fn stands_in(piece: &str, text: &str) -> bool {
    let (piece, text): (Vec<&str>, Vec<&str>) = (piece.lines().collect(), text.lines().collect());
    let first = piece.first().copied().unwrap_or_default();
    text.windows(piece.len()).any(|lines| {
        let Some(indent) = lines.first().and_then(|line| line.strip_suffix(first)) else {
            return false;
        };
        indent.trim().is_empty()
            && lines.iter().zip(&piece).all(|(line, piece)| match piece.is_empty() {
                true => line.is_empty(),
                false => line.strip_prefix(indent) == Some(*piece),
            })
    })
}

#[test]
fn what_pages_show_of_files_stands_there() {
    let mut pages = pages();
    for path in ["bindings/go/README.md", "bindings/python/README.md"] {
        pages.push((PathBuf::from(path), fs::read_to_string(top().join(path)).unwrap()));
    }
    let mut count = 0;
    for (page, text) in &pages {
        let found = excerpts(text);
        assert_eq!(found.len(), text.matches(MARK).count(), "{}: a stray mark", page.display());
        for (path, piece) in found {
            let file = fs::read_to_string(top().join(path)).unwrap();
            assert!(stands_in(piece, &file), "{}: not in {path}:\n{piece}", page.display());
            count += 1;
        }
    }
    assert!(count > 0, "no page shows anything");
}

#[test]
fn a_piece_that_is_not_there_is_noticed() {
    let text = "fn f() {\n    let a = 1;\n\n    if a {\n        b();\n    }\n}\n";
    for good in ["let a = 1;\n\nif a {\n    b();\n}", "fn f() {\n    let a = 1;", "b();"] {
        assert!(stands_in(good, text), "{good}");
    }
    for bad in ["let a = 2;", "let a = 1;\nif a {", "if a {\nb();", "a = 1;", "    }\n    }"] {
        assert!(!stands_in(bad, text), "{bad}");
    }
    let page =
        "x\n<!-- of a.rs -->\n\n```rust\nfn f() {\n```\n<!-- of b.go -->\n\n```go\nx\n\ny\n```\n";
    assert_eq!(excerpts(page), [("a.rs", "fn f() {"), ("b.go", "x\n\ny")]);
}
