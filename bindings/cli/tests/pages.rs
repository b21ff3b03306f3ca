//! The commands of the pages do what the pages say.
//!
//! A page is one run of the shell, in a directory with a store that has the realm `shop` and its
//! owner `ann`: the page's `sh` blocks, in their order. A `text` block right after one is what
//! it prints, with `...` for what differs from run to run. What stands in a comment
//! `<!-- sh ... -->` is run, too: what a reader has already, and what he would look at.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

use common::Place;

/// What each page may use beside the command.
const PRELUDE: &str = "
trap 'echo \"line $at: ended with status $?\" >&2' ERR
ends_with() { local want=$1 got=0; shift; \"$@\" || got=$?; test \"$got\" = \"$want\"; }
key_of() { sed -n 's/.*\"key_id\":\"\\(key_[0-9A-Z]*\\)\".*/\\1/p' | head -n 1; }
";

/// Something that is run.
struct Block<'p> {
    /// Line of its fence.
    line: usize,
    script: &'p str,
    /// What it prints, if the page tells.
    says: Option<&'p str>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut rest, mut line) = (page, 1);
    // Where a block has ended, and nothing but an empty line may stand before what it says.
    let mut ended = 0;
    while let Some((first, after)) = rest.split_once('\n') {
        let end = match first {
            "<!-- sh" => "-->\n",
            fence if fence.starts_with("```") => "```\n",
            _ => {
                (rest, line) = (after, line + 1);
                continue;
            }
        };
        let (text, after) = after.split_once(end).unwrap_or_else(|| panic!("{line}: no end"));
        match first {
            "```sh" | "<!-- sh" => blocks.push(Block { line, script: text, says: None }),
            "```text" if line == ended + 1 => blocks.last_mut().unwrap().says = Some(text),
            _ => {}
        }
        line += text.lines().count() + 2;
        if first == "```sh" {
            ended = line;
        }
        rest = after;
    }
    blocks
}

/// Whether `line` is `pattern`, in which `...` is anything.
fn is_alike(pattern: &str, line: &str) -> bool {
    let (pattern, line) = (pattern.trim_end(), line.trim_end());
    let Some((first, mut last)) = pattern.split_once("...") else { return pattern == line };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    while let Some((part, more)) = last.split_once("...") {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        (rest, last) = (behind, more);
    }
    rest.ends_with(last)
}

/// Whether what was printed is what the page says: line by line, and `...` alone is any number.
fn are_alike(page: &[&str], said: &[&str]) -> bool {
    match (page, said) {
        (["..."], _) => true,
        (["...", more @ ..], _) => (0..=said.len()).any(|n| are_alike(more, &said[n..])),
        ([one, more @ ..], [line, lines @ ..]) => is_alike(one, line) && are_alike(more, lines),
        ([], []) => true,
        _ => false,
    }
}

/// Runs a page. Gives what is not as it says.
fn run(page: &str) -> Result<(), String> {
    let place = Place::with_owner();
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles");
    symlink(profiles, place.path("profiles")).unwrap();
    let blocks = blocks(page);
    let mut script = PRELUDE.to_owned();
    for Block { line, script: text, says } in &blocks {
        script += &format!("at={line}\n");
        script += &match says {
            Some(_) => format!("{{\n{text}}} > said.{line} 2>&1\n"),
            None => format!("{text}\n"),
        };
    }
    let output = place.shell(&script);
    if !output.status.success() {
        return Err(format!("{output:#?}"));
    }
    for block in &blocks {
        let Some(says) = block.says else { continue };
        let said = fs::read_to_string(place.path(&format!("said.{}", block.line))).unwrap();
        let lines = |text| str::lines(text).collect::<Vec<&str>>();
        if !are_alike(&lines(says), &lines(&said)) {
            return Err(format!("line {} says\n{says}\nand printed\n{said}", block.line));
        }
    }
    Ok(())
}

#[test]
fn a_reader_who_follows_a_page_sees_what_it_says() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_dir(top.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<PathBuf> = docs.chain([top.join("README.md")]).collect();
    let failed: Vec<String> = thread::scope(|scope| {
        let runs = pages.iter().map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let run = move || run(&text).map_err(|why| format!("{}: {why}", path.display()));
            scope.spawn(run)
        });
        let runs: Vec<_> = runs.collect();
        runs.into_iter().filter_map(|run| run.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn a_page_that_says_something_else_is_noticed() {
    let page = "```sh\nprintf 'a  1\\nkey_X\\nb\\n'\n```\n\n```text\na  1\nkey_...\nb\n```\n";
    assert_eq!(run(page), Ok(()));
    for (from, to) in [
        ("a  1\nk", "a  2\nk"),
        ("key_...", "kex_..."),
        ("\nb\n```", "\n```"),
        ("\nb\n```", "\nb\nc\n```"),
        ("printf", "false; printf"),
        ("printf", "ends_with 3 true; printf"),
    ] {
        assert!(run(&page.replacen(from, to, 1)).is_err(), "{from:?} to {to:?}");
    }
    assert_eq!(run(&page.replace("key_...\nb", "...")), Ok(()));
    assert!(run("<!-- sh\nfalse\n-->\n").is_err());
    assert_eq!(run("```\nfalse\n```\n\n```text\nno\n```\n"), Ok(()));
}
