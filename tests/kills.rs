//! Processes that are killed while 16 threads write: whatever one of them was told is there
//! when the store is opened again. `KEYCASK_KILLS` says how many are killed, and
//! `KEYCASK_FIRST_SEED` moves the moments.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keycask::{Actor, OwnerChange, Request, Rotation, Spec, Store};

const STORE: &str = "KEYCASK_KILLED_STORE";
/// Set for a process with a defect: it says that a thing is done before it does it.
const HASTY: &str = "KEYCASK_KILLED_HASTY";
const WRITERS: usize = 16;
/// Kills between two new stores.
const ROUNDS: u64 = 20;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[scope]]
name = "read"
"#;

fn by() -> Actor {
    Actor::new("writer")
}

/// Says a line in one write, so that a kill leaves all of it or none.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The process that is killed: its threads issue keys and rotate, suspend, resume and revoke
/// them, and say what they ask for, and what was done. As a test it has nothing to do.
#[test]
fn writers_of_another_process() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let store = Store::open(path).unwrap();
    let acme = store.realm("acme").unwrap();
    let hasty = std::env::var_os(HASTY).is_some();
    let write = |writer: usize| {
        for turn in writer.. {
            let spec = Spec::new(acme, "live", "o").scopes(["read"]);
            say("ask issue");
            let issued = store.issue(&spec, &by()).unwrap();
            let (key, token) = (issued.key.key_id.to_string(), issued.token);
            say(&format!("did issue {key} {}", token.expose()));
            let id = issued.key.key_id;
            let what = ["suspend", "revoke", "rotate", "resume"][turn % 4];
            let steps: &[&str] = if what == "resume" { &["suspend", "resume"] } else { &[what] };
            for what in steps {
                say(&format!("ask {what} {key}"));
                if hasty {
                    say(&format!("did {what} {key}"));
                }
                let successor = match *what {
                    "suspend" => store.suspend(id, &by()).map(|_| None),
                    "resume" => store.resume(id, &by()).map(|_| None),
                    "revoke" => store.revoke(id, &by()).map(|_| None),
                    _ => {
                        let at_once = Rotation::new().grace(Duration::ZERO);
                        store.rotate(id, &at_once, &by()).map(Some)
                    }
                };
                if let Some(successor) = successor.unwrap() {
                    let (key, token) = (successor.key.key_id, successor.token);
                    say(&format!("did issue {key} {}", token.expose()));
                }
                if !hasty {
                    say(&format!("did {what} {key}"));
                }
            }
        }
    };
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let write = &write;
            scope.spawn(move || write(writer));
        }
    });
}

/// What is known of a key.
struct Key {
    token: String,
    /// Why its token is refused.
    refused: Option<&'static str>,
    /// Why it would be if what was asked for had been done too.
    or: Option<&'static str>,
}

/// What the processes that were killed have said.
#[derive(Default)]
struct Said {
    keys: HashMap<String, Key>,
    /// Keys that were asked for and not given.
    asked: u64,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["ask", "issue"] => self.asked += 1,
            ["did", "issue", key, token] => {
                self.asked -= 1;
                let key_as_issued = Key { token: token.to_owned(), refused: None, or: None };
                self.keys.insert(key.to_owned(), key_as_issued);
            }
            ["ask", what, key] => {
                self.asked += u64::from(what == "rotate");
                self.keys.get_mut(key).unwrap().or = after(what);
            }
            ["did", what, key] => {
                let key = self.keys.get_mut(key).unwrap();
                (key.refused, key.or) = (after(what), after(what));
            }
            // What libtest says.
            _ => {}
        }
    }

    /// Says what in `store` is not as it was said to be, if anything, and takes over what is
    /// found where a process was killed before it could say it.
    fn compare(&mut self, store: &Store) -> Result<(), String> {
        store.check().map_err(|e| e.to_string())?;
        let acme = store.realm("acme").map_err(|e| e.to_string())?;
        for (id, key) in &mut self.keys {
            let answer = store.verify(acme, key.token.as_bytes(), &Request::new());
            let refused = answer.err().map(|e| e.denial().unwrap().reason.name());
            if refused != key.refused && refused != key.or {
                let want = (key.refused, key.or);
                return Err(format!("{id}: refused as {refused:?}, want one of {want:?}"));
            }
            (key.refused, key.or) = (refused, refused);
        }
        let (said, found) = (self.keys.len() as u64, store.stats().unwrap().keys);
        if !(said..=said + self.asked).contains(&found) {
            return Err(format!("{found} keys, want {said} and {} at most", self.asked));
        }
        Ok(())
    }
}

/// Why a key is refused that was treated so.
fn after(what: &str) -> Option<&'static str> {
    match what {
        "suspend" => Some("suspended"),
        "resume" => None,
        _ => Some("revoked"),
    }
}

fn writers(path: &Path, hasty: bool) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "writers_of_another_process", "--nocapture"]).env(STORE, path);
    if hasty {
        child.env(HASTY, "1");
    }
    child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Lets writers write at `path` and kills them after some lines; then compares.
fn kill(path: &Path, lines: u64, hasty: bool, said: &mut Said) -> Result<(), String> {
    let mut child = writers(path, hasty);
    let mut heard = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        said.hear(&line);
        heard += 1;
        if heard == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(heard >= lines, "the writers ended by themselves");
    said.compare(&Store::open(path).map_err(|e| e.to_string())?)
}

/// An amount that the environment may set.
fn amount(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// Kills so many processes, and gives how many keys they issued, or what was wrong.
fn kills(count: u64, hasty: bool) -> Result<usize, String> {
    let mut keys = 0;
    let mut left = count;
    let first = amount("KEYCASK_FIRST_SEED", 0) % 600;
    while left > 0 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.redb");
        let store = Store::create(&path).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        store.close().unwrap();
        let mut said = Said::default();
        for round in 0..left.min(ROUNDS) {
            // Early and late, at no particular step.
            kill(&path, 1 + (first + left * 37 + round * 101) % 600, hasty, &mut said)?;
        }
        keys += said.keys.len();
        left = left.saturating_sub(ROUNDS);
    }
    Ok(keys)
}

#[test]
fn what_processes_acknowledged_before_they_were_killed_is_there() {
    let begun = Instant::now();
    let count = amount("KEYCASK_KILLS", 20);
    let keys = kills(count, false).unwrap();
    let seconds = begun.elapsed().as_secs();
    say(&format!("crash: kills: {count} processes of {WRITERS} writers, {keys} keys, {seconds} s"));
}

#[test]
fn a_process_that_acknowledges_before_it_is_done_is_found_out() {
    assert!(kills(20, true).is_err(), "nothing was found");
}
