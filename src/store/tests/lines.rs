//! What is said of an import of lines that fails after some of them were imported.

use std::io::{self, Read};

use rustix::io::Errno;

use super::*;
use crate::error::{Error, ErrorKind};
use crate::spec::ImportLines;
use crate::storage::tests::disk::Fault;
use crate::store::{ISSUE_MAX, ImportRules};

const BEFORE: &str = "; 10000 keys of earlier lines were imported";

/// Lines, and what comes once they were all read.
struct Text<F> {
    lines: Vec<u8>,
    read: usize,
    then: F,
}

impl<F: FnMut() -> io::Result<Vec<u8>>> Read for Text<F> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.read == self.lines.len() {
            (self.lines, self.read) = ((self.then)()?, 0);
        }
        let len = (&self.lines[self.read..]).read(to)?;
        self.read += len;
        Ok(len)
    }
}

fn lines(count: usize, named: &str) -> Vec<u8> {
    let line = |n| format!("{{\"owner\": \"o\", \"token\": \"{named}-{n}\"}}\n");
    (0..count).map(line).collect::<String>().into_bytes()
}

/// Imports as many lines as one commit takes, or fewer, and then what else comes.
fn fails(
    scene: &Scene,
    count: usize,
    rules: &ImportRules,
    then: impl FnMut() -> io::Result<Vec<u8>>,
) -> Error {
    let text = Text { lines: lines(count, "token"), read: 0, then };
    let of = ImportLines::new(scene.acme).kind("live");
    scene.store.import_lines(&of, text, &rules.ignore_caps(true), &by(), |_, _| {}).unwrap_err()
}

#[test]
fn who_cannot_read_the_lines_any_more_says_how_many_keys_were_imported() {
    let scene = Scene::new();
    let gone = || Err(io::Error::other("it is gone"));
    let cannot = "the lines to import could not be read";
    for (count, rules, said) in [
        (ISSUE_MAX - 1, ImportRules::new(), cannot.to_owned()),
        (ISSUE_MAX, ImportRules::new().dry_run(true), cannot.to_owned()),
        (ISSUE_MAX, ImportRules::new(), format!("{cannot}{BEFORE}")),
    ] {
        let error = fails(&scene, count, &rules, gone);
        assert_eq!((error.kind(), error.message()), (ErrorKind::Io, said.as_str()));
        assert_eq!(error.to_string(), format!("{said}: it is gone"));
    }
}

#[test]
fn a_later_commit_that_fails_says_how_many_keys_the_others_imported() {
    let fault = Fault { after: 0, errno: Errno::NOSPC, for_ever: true, reads: false, half: false };
    for (count, before) in [(0, false), (ISSUE_MAX, true)] {
        let scene = Scene::new();
        let mut more = vec![Vec::new(), lines(1, "later")];
        let error = fails(&scene, count, &ImportRules::new(), || {
            scene.disk.fail(Some(fault));
            Ok(more.pop().unwrap_or_default())
        });
        assert_eq!(error.kind(), ErrorKind::Full);
        assert_eq!(error.message().ends_with(BEFORE), before, "{error}");
        let scene = scene.reopen();
        assert_eq!(scene.reason("token-9999").is_none(), before);
    }
}
