//! What holds of every damaged file.
//!
//! An input says which file it is about, the store of `tests/format` or the restored one, and in
//! which way it is read; whether redb's checksums are set right after each change; and then which
//! changes are made to it.
//! The fuzz target and the replay of its corpus in `tests/` both include this file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use keycask::{Actor, Error, ErrorKind, Request, Restore, Result, Store, Update};
use tempfile::TempDir;

#[path = "../../tests/format/contents.rs"]
#[allow(dead_code, reason = "verdicts are looked at, not rows")]
mod contents;
#[path = "../../src/storage/tests/mend.rs"]
mod mend;
#[path = "../../tests/format/runs.rs"]
#[allow(dead_code, reason = "files are unpacked alone")]
mod runs;
#[path = "../../tests/format/stage.rs"]
#[allow(dead_code, reason = "files are opened, not made")]
mod stage;

use mend::{Mender, PAGE};

/// No more changes are read from an input.
const CHANGES_MAX: usize = 8;

/// A change of a page of the commit that counts, or of the header.
#[derive(Arbitrary)]
struct Change {
    /// The number of the page among these, and the place in what is used of it, from the start
    /// again when they are too large.
    page: u8,
    place: u16,
    what: What,
}

#[derive(Arbitrary)]
enum What {
    Flip(u8),
    Set(u8),
    Add(u8),
    Fill {
        len: u8,
        with: u8,
    },
    /// Another page takes the place of the whole page.
    Replace {
        by: u8,
    },
    /// The file ends here.
    Cut,
}

/// What of the first page is used.
const HEADER: usize = 320;

/// What the file at a path is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A store.
    Open,
    /// A store that is looked at alone.
    Look,
    /// The backup that a store is restored from.
    Restore,
    /// What is left of a store that is restored from a backup, and has denied more since.
    Deny,
}

/// Files that are in one directory: the one that was damaged, a backup that is whole, and one that
/// is to be made.
pub struct Files {
    dir: TempDir,
}

impl Files {
    pub fn damaged(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    pub fn backup(&self) -> PathBuf {
        self.dir.path().join("backup")
    }

    pub fn restored(&self) -> PathBuf {
        self.dir.path().join("restored")
    }
}

/// A file that was closed in order, and what becomes of each token with it.
struct Whole {
    bytes: Vec<u8>,
    mender: Mender,
    /// Pages of the commit that counts, and the header.
    live: Vec<usize>,
    verdicts: String,
}

impl Whole {
    fn new(bytes: Vec<u8>) -> Self {
        let mender = Mender::new(&bytes);
        let live = [vec![0], mender.live(&bytes)].concat();
        let files = write(&bytes);
        let verdicts = contents::verdicts(&open(&files.damaged()).unwrap(), TOKENS);
        Self { live, mender, bytes, verdicts }
    }
}

const TOKENS: &str = include_str!("../../tests/format/tokens.txt");

/// The store, the restored one, and the first after it has denied more.
fn wholes() -> &'static [Whole; 3] {
    static WHOLES: OnceLock<[Whole; 3]> = OnceLock::new();
    WHOLES.get_or_init(|| {
        let packed: [&[u8]; 2] = [
            include_bytes!("../../tests/format/store.runs"),
            include_bytes!("../../tests/format/restored.runs"),
        ];
        let [store, restored] = packed.map(runs::unpack);
        let denying = denying(&store);
        [store, restored, denying].map(Whole::new)
    })
}

fn by() -> Actor {
    Actor::new("fuzzer")
}

/// A store in which one key was revoked, one suspended, and one given fewer scopes.
fn denying(store: &[u8]) -> Vec<u8> {
    let files = write(store);
    let store = open(&files.damaged()).unwrap();
    let grants = |token: &str| {
        let realm = store.realm("first").ok()?;
        store.verify(realm, token.as_bytes(), &Request::new()).ok()
    };
    let tokens = TOKENS.lines().filter_map(|line| line.split(' ').next());
    let keys: Vec<_> = tokens.filter_map(grants).map(|grant| grant.key_id).collect();
    store.revoke(keys[0], &by()).unwrap();
    store.suspend(keys[1], &by()).unwrap();
    store.update(keys[2], &Update::new().scopes(Vec::<&str>::new()), &by()).unwrap();
    store.compact().unwrap();
    store.close().unwrap();
    fs::read(files.damaged()).unwrap()
}

/// Reads a damaged file in a way, and gives the store that it is, or that is made with it.
pub type Read = fn(Way, &Files) -> Result<Store>;

fn open(path: &Path) -> Result<Store> {
    stage::options().open(path)
}

/// As keycask does.
pub fn read(way: Way, files: &Files) -> Result<Store> {
    match way {
        Way::Open => open(&files.damaged()),
        Way::Look => stage::options().read_only(true).open(files.damaged()),
        Way::Restore => restore(&files.damaged(), &Restore::new(), files),
        Way::Deny => restore(&files.backup(), &Restore::new().denials_of(files.damaged()), files),
    }
}

/// A store that is restored so.
pub fn restore(backup: &Path, restore: &Restore, files: &Files) -> Result<Store> {
    stage::options().restore(backup, files.restored(), restore, &by())?;
    open(&files.restored())
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, read);
}

/// Panics if `read` does with `input` what it should not.
pub fn check_with(input: &[u8], read: Read) {
    let mut input = Unstructured::new(input);
    let (Ok(first), Ok(is_mended)) = (u8::arbitrary(&mut input), input.arbitrary()) else {
        return;
    };
    let [store, restored, denying] = wholes();
    let whole = if first & 1 == 0 { store } else { restored };
    let (whole, way) = match first >> 1 & 3 {
        0 => (whole, Way::Open),
        1 => (whole, Way::Look),
        2 => (whole, Way::Restore),
        _ => (denying, Way::Deny),
    };
    let mut bytes = whole.bytes.clone();
    for _ in 0..CHANGES_MAX {
        if input.is_empty() {
            break;
        }
        let Ok(change) = input.arbitrary() else { break };
        let page = whole.change(&mut bytes, &change);
        if is_mended && bytes.len() == whole.bytes.len() {
            whole.mender.mend(&mut bytes, page);
        }
    }
    let files = write(&bytes);
    if way == Way::Deny {
        write_to(&files.backup(), &store.bytes);
    }
    whole.judge(&bytes, way, &files, read(way, &files));
}

/// A damaged file of these bytes.
fn write(bytes: &[u8]) -> Files {
    let files = Files { dir: tempfile::tempdir().unwrap() };
    write_to(&files.damaged(), bytes);
    files
}

fn write_to(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Whole {
    /// Makes one change, and gives the page that it was in.
    fn change(&self, bytes: &mut Vec<u8>, change: &Change) -> usize {
        let pick = |of: &[usize], number: u8| of[usize::from(number) % of.len()];
        let page = pick(&self.live, change.page);
        let start = page * PAGE;
        let used = if page == 0 { HEADER } else { self.mender.used(page) };
        let at = start + usize::from(change.place) % used;
        if bytes.len() < start + PAGE {
            return page;
        }
        match change.what {
            What::Flip(bit) => bytes[at] ^= 1 << (bit % 8),
            What::Set(byte) => bytes[at] = byte,
            What::Add(byte) => bytes[at] = bytes[at].wrapping_add(byte),
            What::Fill { len, with } => {
                let end = (at + usize::from(len)).min(start + PAGE);
                bytes[at..end].fill(with);
            }
            What::Replace { by } => {
                let from = pick(&self.live, by) * PAGE;
                if from + PAGE <= bytes.len() {
                    bytes.copy_within(from..from + PAGE, start);
                }
            }
            What::Cut => bytes.truncate(at),
        }
        page
    }

    /// A file of `bytes` is refused for what it is and left as it is, or every verdict is as it
    /// was; a store that was restored beside it denies whatever it denied. Whoever does not open it
    /// to write to it leaves it as it is, too, and what cannot be restored leaves nothing.
    fn judge(&self, bytes: &[u8], way: Way, files: &Files, read: Result<Store>) {
        let is_left = fs::read(files.damaged()).unwrap() == bytes;
        let store = match read {
            Ok(store) => store,
            Err(error) => {
                assert!(is_refusal(way, &error), "{error}");
                assert!(is_left, "it was refused and written to: {error}");
                let names: Vec<_> = fs::read_dir(files.dir.path()).unwrap().collect();
                let there = if way == Way::Deny { 2 } else { 1 };
                assert_eq!(names.len(), there, "{error}: {names:?}");
                return;
            }
        };
        assert!(way == Way::Open || is_left, "it was looked at and written to");
        let verdicts = contents::verdicts(&store, TOKENS);
        for (is, was) in verdicts.lines().zip(self.verdicts.lines()) {
            // No credits are leased where nothing may be written.
            let is_unleased = way != Way::Open && is.contains("quota_exhausted");
            let is_denied = (way == Way::Deny || is_unleased) && !is.contains('[');
            assert!(is == was || is_denied, "{is}, but {was}");
        }
        assert_eq!(verdicts.lines().count(), self.verdicts.lines().count());
        match store.check() {
            Err(error) if matches!(way, Way::Open | Way::Look) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            }
            checked => checked.unwrap(),
        }
    }
}

/// Whether a damaged file may be refused so. What is left of a store may be that of another one.
fn is_refusal(way: Way, error: &Error) -> bool {
    use ErrorKind::{Conflict, Corrupt, Foreign, Newer, Pepper};
    let is_anothers = way == Way::Deny && error.kind() == Conflict;
    is_anothers || [Corrupt, Foreign, Newer, Pepper].contains(&error.kind())
}
