//! What a call from C costs beside the same call in Rust, and a token of 64 at once.
//!
//! The calls from C are made by `call.c`, which is compiled and linked with the shared library as a
//! program would be. Both sides open the same file for reading, each with the engine in its own
//! library, so the tables are of equal size. One thread; rounds of all cases take turns, so that
//! what else the machine does meets them alike; the least and the middle round are printed.
#![allow(missing_docs, reason = "nothing here is public")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

use std::ffi::{CString, c_void};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use engine::{Actor, OwnerChange, Request, Spec, Store};

const KEYS: usize = 50_000;
const ROUND: usize = 6_400;
const ROUNDS: usize = 400;
const BATCH: usize = 64;

const PROFILE: &str = "realm = 'bench'\n[[kind]]\nname = 'live'\nprefix = 'kc_live_'\nbody = 26\n\
                       [[scope]]\nname = 'read'\n";

type Begin = unsafe extern "C" fn(*const u8, usize, *const u8, usize, usize) -> *const c_void;
type Calls = unsafe extern "C" fn(*const c_void, usize, usize) -> usize;

/// What `call.c` makes of the calls.
struct Calling {
    bench: *const c_void,
    each: Calls,
    batches: Calls,
}

impl Calling {
    /// Compiles it, links it with the C library as that was built last, and has it open the store
    /// at `path`, for `tokens` that are `len` bytes each.
    fn begin(dir: &Path, path: &Path, tokens: &str, len: usize) -> Self {
        let built = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("release");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        // The library's name for the loader is another than its file's.
        std::os::unix::fs::symlink(built.join("libkeycask.so"), dir.join("libkeycask.so.0"))
            .unwrap();
        let program = dir.join("call.so");
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]);
        cc.arg("-I").arg(here.join("../../include")).arg(here.join("benches/call.c"));
        cc.arg("-L").arg(&built).arg("-lkeycask").arg(format!("-Wl,-rpath,{}", dir.display()));
        let status = cc.arg("-o").arg(&program).status().unwrap();
        assert!(status.success(), "{cc:?}: is the library built? `make bench` does");
        let text = CString::new(program.to_str().unwrap()).unwrap();
        // SAFETY: a path that ends in zero, of a library that has no constructors.
        let handle = unsafe { libc::dlopen(text.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "{program:?} cannot be loaded");
        let find = |name: &std::ffi::CStr| {
            // SAFETY: an open handle, and a name that ends in zero.
            let found = unsafe { libc::dlsym(handle, name.as_ptr()) };
            assert!(!found.is_null(), "{name:?} is not there");
            found
        };
        // SAFETY: each symbol is a function of that type in call.c.
        let (begin, each, batches) = unsafe {
            (
                std::mem::transmute::<*mut c_void, Begin>(find(c"bench_begin")),
                std::mem::transmute::<*mut c_void, Calls>(find(c"bench_each")),
                std::mem::transmute::<*mut c_void, Calls>(find(c"bench_batches")),
            )
        };
        let (path, count) = (path.to_str().unwrap(), tokens.len() / len);
        // SAFETY: both texts are as long as is said; the tokens are leaked.
        let bench = unsafe { begin(path.as_ptr(), path.len(), tokens.as_ptr(), len, count) };
        assert!(!bench.is_null(), "the store cannot be opened from C");
        Self { bench, each, batches }
    }

    fn each(&self, at: usize, count: usize) -> usize {
        // SAFETY: what `begin` gave; the caller asks for tokens that are there.
        unsafe { (self.each)(self.bench, at, count) }
    }

    fn batches(&self, at: usize, count: usize) -> usize {
        // SAFETY: as above.
        unsafe { (self.batches)(self.bench, at, count) }
    }
}

/// Issues the keys. Gives the tokens, one after another, and how long each is.
fn fill(path: &Path) -> (&'static str, usize) {
    let (store, by) = (Store::create(path).unwrap(), Actor::new("bench"));
    store.apply_realm("bench.toml", PROFILE, &by).unwrap();
    let realm = store.realm("bench").unwrap();
    store.set_owner(realm, "o", &OwnerChange::new(), &by).unwrap();
    let specs = vec![Spec::new(realm, "live", "o").scopes(["read"]); 5_000];
    let mut tokens = String::new();
    for _ in 0..KEYS / specs.len() {
        let issued = store.issue_many(&specs, &by).unwrap();
        issued.iter().for_each(|one| tokens.push_str(one.token.expose()));
    }
    store.close().unwrap();
    let len = tokens.len() / KEYS;
    (tokens.leak(), len)
}

fn main() {
    // `cargo test` runs benches too, with --test: it builds them, which is enough.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let memory = Path::new("/dev/shm");
    let memory = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    let place = tempfile::tempdir_in(memory).unwrap();
    let path = place.path().join("keys.keycask");
    let (text, len) = fill(&path);
    // What is loaded may not be where nothing may be run.
    let program = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let c = Calling::begin(program.path(), &path, text, len);

    let store = Store::options().read_only(true).open(&path).unwrap();
    let realm = store.realm("bench").unwrap();
    let needs = store.profile(realm).unwrap().scope_set(["read"]).unwrap();
    let request = Request::new().needs(needs);
    let tokens: Vec<&[u8]> = text.as_bytes().chunks_exact(len).collect();
    let each = |at: usize, count: usize| {
        // Where nobody looks at a grant, none would be made.
        let granted = |token: &&&[u8]| {
            let decided = store.verify(realm, black_box(token), &request);
            black_box(&decided).is_ok()
        };
        tokens[at..at + count].iter().filter(granted).count()
    };
    let mut answers = Vec::with_capacity(BATCH);
    let mut batches = |at: usize, count: usize| {
        let granted = |tokens: &[&[u8]]| {
            answers.clear();
            store.verify_many(realm, tokens, &request, &mut answers).unwrap();
            black_box(&answers).iter().filter(|answer| answer.is_ok()).count()
        };
        tokens[at..at + count].chunks_exact(BATCH).map(granted).sum()
    };

    let names = ["Rust", "C", "Rust, 64 at once", "C, 64 at once"];
    let mut took: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS {
        let at = round * ROUND % (KEYS - ROUND);
        // Each goes first as often as the others, for the first finds the tokens' text cold; and
        // the two tables take turns, so that each is as cold to both of its cases.
        for turn in 0..took.len() {
            let case = (round + turn) % took.len();
            let start = Instant::now();
            let granted = match case {
                0 => each(at, ROUND),
                1 => c.each(at, ROUND),
                2 => batches(at, ROUND),
                _ => c.batches(at, ROUND),
            };
            took[case].push(start.elapsed().as_nanos() as f64 / ROUND as f64);
            assert_eq!(granted, ROUND, "{}", names[case]);
        }
    }
    println!("{KEYS} keys, {ROUNDS} rounds of {ROUND}; ns a token: least, middle");
    for (name, mut took) in names.into_iter().zip(took) {
        took.sort_by(f64::total_cmp);
        println!("  {name:<18} {:7.1} {:7.1}", took[0], took[ROUNDS / 2]);
    }
}
