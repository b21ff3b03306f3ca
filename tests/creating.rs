//! A crash at each step of making a file: a new store, a backup, a store that is restored, a file
//! that is written anew. Under the file's name there is afterwards a whole store or what was there
//! before, and then it can be made. strace kills the process that makes it at one system call
//! after another, and tells in which order the calls came, on which a power cut depends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use keycask::{Actor, ErrorKind, OwnerChange, Restore, Spec, Store};

const PATH: &str = "KEYCASK_CREATED_STORE";
const HOW: &str = "KEYCASK_CREATED_HOW";

/// Keys of a store that a file is made of.
const KEYS: u64 = 3;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
"#;

/// How a file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Create,
    /// With a defect: it is written in its place.
    InPlace,
    /// Of the store `original` beside it.
    BackUp,
    /// From the backup `backup` beside it.
    Restore,
    /// Anew, from itself.
    Compact,
}

impl How {
    const ALL: [(Self, &str); 5] = [
        (Self::Create, "create"),
        (Self::InPlace, "in place"),
        (Self::BackUp, "back up"),
        (Self::Restore, "restore"),
        (Self::Compact, "compact"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(how, _)| *how == self).unwrap().1
    }

    /// Makes the file at `path`.
    fn make(self, path: &Path) -> keycask::Result<()> {
        match self {
            Self::Create => Store::create(path)?.close(),
            Self::InPlace => {
                let elsewhere = tempfile::tempdir().unwrap();
                let other = elsewhere.path().join("other");
                Store::create(&other)?.close()?;
                let bytes = std::fs::read(other).unwrap();
                let mut options = std::fs::File::options();
                let mut file = options.write(true).create_new(true).open(path).unwrap();
                bytes.chunks(100_000).for_each(|chunk| file.write_all(chunk).unwrap());
                Ok(())
            }
            Self::BackUp => Store::open(path.with_file_name("original"))?.backup(path).map(drop),
            Self::Restore => {
                let backup = path.with_file_name("backup");
                Store::options().restore(backup, path, &Restore::new(), &by()).map(drop)
            }
            Self::Compact => Store::open(path)?.compact().map(drop),
        }
    }

    /// Says what is wrong with what a crash left at `path`, if anything is.
    fn look(self, path: &Path) -> Result<(), String> {
        let open = || Store::options().read_only(self == Self::BackUp).open(path);
        let opened = match open() {
            Err(error) if error.kind() == ErrorKind::NotFound && self != Self::Compact => {
                let how = if self == Self::InPlace { Self::Create } else { self };
                how.make(path).and_then(|()| open())
            }
            opened => opened,
        };
        let store = opened.map_err(|error| error.to_string())?;
        store.check().map_err(|error| error.to_string())?;
        let (keys, want) = (store.stats().unwrap().keys, self.keys());
        if keys == want { Ok(()) } else { Err(format!("{keys} keys, want {want}")) }
    }

    fn keys(self) -> u64 {
        if matches!(self, Self::Create | Self::InPlace) { 0 } else { KEYS }
    }
}

fn by() -> Actor {
    Actor::new("maker")
}

/// A directory with what files are made of, and the path of the file that is to be made.
struct Scene {
    directory: tempfile::TempDir,
    path: PathBuf,
}

impl Scene {
    /// What `from` has, if it is there.
    fn new(how: How, from: Option<&Self>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let scene = Self { path: directory.path().join("keys.redb"), directory };
        let needed: &[&str] = match how {
            How::Create | How::InPlace => &[],
            How::BackUp => &["original"],
            How::Restore => &["backup"],
            How::Compact => &["keys.redb"],
        };
        for name in needed {
            let (here, source) =
                (scene.directory.path().join(name), from.unwrap().directory.path());
            let source = source.join(if *name == "keys.redb" { "original" } else { name });
            std::fs::copy(source, here).unwrap();
        }
        scene
    }

    /// With a store `original` and a backup of it.
    fn filled() -> Self {
        let scene = Self::new(How::Create, None);
        let store = Store::create(scene.directory.path().join("original")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        for _ in 0..KEYS {
            store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap();
        }
        store.backup(scene.directory.path().join("backup")).unwrap();
        store.close().unwrap();
        scene
    }

    /// Has another process make the file, under strace; gives whether it ended by itself, or
    /// nothing if it cannot be traced here.
    fn make(&self, how: How, inject: Option<String>) -> Option<bool> {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-y", "-e", &format!("trace={}", CALLS.join(","))]);
        strace.args([OsStr::new("-o"), self.trace().as_os_str()]);
        if let Some(inject) = inject {
            strace.args(["-e", &inject]);
        }
        let itself = std::env::current_exe().unwrap();
        strace.arg(itself).args(["--exact", "maker_of_a_file", "--nocapture"]);
        strace.env(PATH, &self.path).env(HOW, how.name());
        let done = strace.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        Some(done.success())
    }

    fn trace(&self) -> PathBuf {
        self.directory.path().join("trace")
    }
}

/// What changes a file or a directory. Names that a machine does not have are left out.
const CALLS: [&str; 12] = [
    "openat",
    "fchmod",
    "write",
    "pwrite64",
    "ftruncate",
    "fdatasync",
    "fsync",
    "renameat2",
    "?renameat",
    "?fchown",
    "linkat",
    "unlinkat",
];

/// The process that makes a file. As a test it has nothing to do.
#[test]
fn maker_of_a_file() {
    let (Some(path), Ok(name)) = (std::env::var_os(PATH), std::env::var(HOW)) else { return };
    let (how, _) = How::ALL.iter().find(|(_, other)| *other == name).unwrap();
    how.make(Path::new(&path)).unwrap();
}

/// Kills the process that makes a file at its first, second, ... call of each sort, or at one of
/// `stride`. Gives how many there were, or what was wrong after one of them.
fn kill_at_each(how: How, stride: usize) -> Result<u32, String> {
    let filled = Scene::filled();
    let mut killed = 0;
    for (at, call) in CALLS.iter().enumerate() {
        let call = call.trim_start_matches('?');
        for number in (1 + at % stride..400).step_by(stride) {
            let scene = Scene::new(how, Some(&filled));
            let inject = format!("inject={call}:signal=KILL:when={number}");
            if scene.make(how, Some(inject)) == Some(true) {
                break;
            }
            let tell = |why| format!("{}: killed at {call} {number}: {why}", how.name());
            how.look(&scene.path).map_err(tell)?;
            killed += 1;
        }
    }
    Ok(killed)
}

/// Whether processes can be traced here; says so if not.
fn traces() -> bool {
    let traces = Scene::new(How::Create, None).make(How::Create, None) == Some(true);
    if !traces {
        assert!(std::env::var_os("CI").is_none(), "strace is missing or may trace nothing here");
        eprintln!("strace is missing or may trace nothing here: this was not tested");
    }
    traces
}

fn report(what: &str, begun: Instant) {
    let line = format!("crash: {what}, {} s\n", begun.elapsed().as_secs());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn whenever_the_making_of_a_file_is_cut_off_there_is_a_whole_store_or_one_can_be_made() {
    if !traces() {
        return;
    }
    let begun = Instant::now();
    let killed = kill_at_each(How::Create, 1).unwrap();
    assert!(killed > 20, "only {killed} steps");
    report(&format!("making a file: {killed} steps"), begun);
}

#[test]
fn whenever_the_copying_of_a_file_is_cut_off_there_is_a_whole_store_or_what_was_there() {
    if !traces() {
        return;
    }
    // All, if as many processes are killed elsewhere.
    let stride = if std::env::var_os("KEYCASK_KILLS").is_some() { 1 } else { 5 };
    let begun = Instant::now();
    let each = [How::BackUp, How::Restore, How::Compact].map(|how| {
        let killed = kill_at_each(how, stride).unwrap();
        assert!(killed > 10, "{how:?}: only {killed} steps");
        killed
    });
    report(&format!("copying a file: {} steps", each.iter().sum::<u32>()), begun);
}

#[test]
fn a_file_that_is_written_in_its_place_is_found_out() {
    assert!(!traces() || kill_at_each(How::InPlace, 1).is_err(), "nothing was found");
}

#[test]
fn a_file_has_its_name_only_once_it_is_durable_and_its_name_is_durable_too() {
    if !traces() {
        return;
    }
    let filled = Scene::filled();
    for how in [How::Create, How::BackUp, How::Restore, How::Compact] {
        let scene = Scene::new(how, Some(&filled));
        scene.make(how, None).unwrap();
        let trace = std::fs::read_to_string(scene.trace()).unwrap();
        let place = scene.directory.path().canonicalize().unwrap();
        let place = place.to_str().unwrap();
        let calls: Vec<&str> = trace.lines().filter(|line| line.contains(place)).collect();
        let is = |call: &str, line: &str, on: &str| {
            line.split_once(' ').is_some_and(|(_, rest)| rest.trim_start().starts_with(call))
                && line.contains(on)
        };
        let named = calls.iter().rposition(|line| {
            ["renameat2(", "renameat("].iter().any(|call| is(call, line, "keys.redb"))
        });
        let named = named.unwrap_or_else(|| panic!("{how:?}: it was never named: {calls:#?}"));
        let before = &calls[..named];
        let written = before.iter().rposition(|line| is("pwrite64(", line, ".new"));
        let synced = before.iter().rposition(|line| is("fsync(", line, ".new"));
        let durable = written.is_some() && written < synced;
        assert!(durable, "{how:?}: named before it was durable: {calls:#?}");
        let directory = format!("<{place}>)");
        let kept = calls[named..].iter().position(|line| is("fsync(", line, &directory));
        assert!(kept.is_some(), "{how:?}: its name is not durable: {calls:#?}");
        let used = calls[named..].iter().position(|line| is("pwrite64(", line, "keys.redb"));
        assert!(used.is_none_or(|used| kept < Some(used)), "{how:?}: used before: {calls:#?}");
    }
}
