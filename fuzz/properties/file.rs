//! What holds of every damaged file.
//!
//! An input is a number, then changes of a whole file: the store of `tests/format`, or the
//! restored one. Redb's checksums are set right after each change if the number's second bit is
//! set. A change is six bytes: what is done, a page of the commit that counts, a place in it in two
//! bytes, two operands.
//! The fuzz target and the replay of its corpus in `tests/` both include this file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use keycask::{ErrorKind, Result, Store};
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

/// What of the first page is used.
const HEADER: usize = 320;

/// A file that was closed in order, and what becomes of each token with it.
struct Whole {
    bytes: Vec<u8>,
    mender: Mender,
    /// Pages of the commit that counts, and the header.
    live: Vec<usize>,
    verdicts: String,
}

const TOKENS: &str = include_str!("../../tests/format/tokens.txt");

fn wholes() -> &'static [Whole; 2] {
    static WHOLES: OnceLock<[Whole; 2]> = OnceLock::new();
    WHOLES.get_or_init(|| {
        let packed: [&[u8]; 2] = [
            include_bytes!("../../tests/format/store.runs"),
            include_bytes!("../../tests/format/restored.runs"),
        ];
        packed.map(|packed| {
            let bytes = runs::unpack(packed);
            let mender = Mender::new(&bytes);
            let live = [vec![0], mender.live(&bytes)].concat();
            let (_dir, path) = write(&bytes);
            let verdicts = contents::verdicts(&open(&path).unwrap(), TOKENS);
            Whole { live, mender, bytes, verdicts }
        })
    })
}

/// Opens the file at a path.
pub type Open = fn(&Path) -> Result<Store>;

/// As keycask does.
pub fn open(path: &Path) -> Result<Store> {
    stage::options().open(path)
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, open);
}

/// Panics if `open` does with `input` what it should not.
pub fn check_with(input: &[u8], open: Open) {
    let Some((number, changes)) = input.split_first() else { return };
    let whole = &wholes()[usize::from(number & 1)];
    let mut bytes = whole.bytes.clone();
    for change in changes.as_chunks::<6>().0.iter().take(CHANGES_MAX) {
        let page = whole.change(&mut bytes, *change);
        if number & 2 != 0 && bytes.len() == whole.bytes.len() {
            whole.mender.mend(&mut bytes, page);
        }
    }
    whole.judge(&bytes, open);
}

/// A file of these bytes, as long as its directory is there.
fn write(bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    (dir, path)
}

impl Whole {
    /// Makes one change, and gives the page that it was in.
    fn change(&self, bytes: &mut Vec<u8>, change: [u8; 6]) -> usize {
        let [what, page, high, low, one, other] = change;
        let pick = |of: &[usize], number: u8| of[usize::from(number) % of.len()];
        let page = pick(&self.live, page);
        let start = page * PAGE;
        let used = if page == 0 { HEADER } else { self.mender.used(page) };
        let at = start + usize::from(u16::from_be_bytes([high, low])) % used;
        if bytes.len() < start + PAGE {
            return page;
        }
        match what % 6 {
            0 => bytes[at] ^= 1 << (one % 8),
            1 => bytes[at] = one,
            2 => bytes[at] = bytes[at].wrapping_add(other),
            3 => {
                let end = (at + usize::from(one)).min(start + PAGE);
                bytes[at..end].fill(other);
            }
            4 => {
                let from = pick(&self.live, one) * PAGE;
                if from + PAGE <= bytes.len() {
                    bytes.copy_within(from..from + PAGE, start);
                }
            }
            _ => bytes.truncate(at),
        }
        page
    }

    /// A file of `bytes` is refused for what it is and left as it is, or every verdict is as
    /// it was.
    fn judge(&self, bytes: &[u8], open: Open) {
        let (_dir, path) = write(bytes);
        match open(&path) {
            Ok(store) => {
                assert_eq!(contents::verdicts(&store, TOKENS), self.verdicts);
                if let Err(error) = store.check() {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                }
            }
            Err(error) => {
                let damaged =
                    [ErrorKind::Corrupt, ErrorKind::Foreign, ErrorKind::Newer, ErrorKind::Pepper];
                assert!(damaged.contains(&error.kind()), "{error}");
                let is_left = fs::read(&path).unwrap() == bytes;
                assert!(is_left, "it was refused and written to: {error}");
            }
        }
    }
}
