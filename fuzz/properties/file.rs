//! What holds of every damaged file.
//!
//! An input says which file it is about, the store of `tests/format` or the restored one, whether
//! redb's checksums are set right after each change, and then which changes are made to it.
//! The fuzz target and the replay of its corpus in `tests/` both include this file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
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
    let mut input = Unstructured::new(input);
    let (Ok(is_restored), Ok(is_mended)) = (bool::arbitrary(&mut input), input.arbitrary()) else {
        return;
    };
    let whole = &wholes()[usize::from(is_restored)];
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
