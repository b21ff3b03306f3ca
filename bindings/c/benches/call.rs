//! What a call through the C ABI costs beside the same call in Rust, and a token of 64 at once.
//!
//! Both sides open the same file for reading, each with the engine in its own library, so the
//! tables are of equal size. One thread; rounds of all cases take turns, so that what else the
//! machine does meets them alike; the least and the middle round are printed.
#![allow(missing_docs, reason = "nothing here is public")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

use std::ffi::{CString, c_char, c_void};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use engine::{Actor, OwnerChange, RealmRef, Request, Spec, Store};

const KEYS: usize = 50_000;
const ROUND: usize = 6_400;
const ROUNDS: usize = 400;
const BATCH: usize = 64;

const PROFILE: &str = "realm = 'bench'\n[[kind]]\nname = 'live'\nprefix = 'kc_live_'\nbody = 26\n\
                       [[scope]]\nname = 'read'\n";

#[repr(C)]
struct COptions([u64; 18]);

#[repr(C)]
struct CRequest {
    struct_size: u32,
    cost: u32,
    scopes: [u64; 2],
    kinds: u64,
    now_ms: i64,
    address: [u8; 24],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CGrant([u64; 12]);

#[repr(C)]
struct CText {
    data: *const u8,
    len: usize,
}

type Open =
    unsafe extern "C" fn(*const u8, usize, *const COptions, *mut *mut c_void, *mut c_void) -> i32;
type Verify = unsafe extern "C" fn(
    *const c_void,
    u16,
    *const u8,
    usize,
    *const CRequest,
    *mut CGrant,
    *mut c_void,
) -> i32;
type VerifyMany = unsafe extern "C" fn(
    *const c_void,
    u16,
    *const CText,
    usize,
    *const CRequest,
    *mut i32,
    *mut CGrant,
    *mut c_void,
) -> i32;

/// The C library, loaded as a program would.
struct Library(*mut c_void);

impl Library {
    fn load(path: &Path) -> Self {
        let name = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: a path that ends in zero; the library has no constructors of its own.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "{path:?} cannot be loaded: run `make bench`");
        Self(handle)
    }

    fn find(&self, name: &str) -> *mut c_void {
        let name = CString::new(name).unwrap();
        // SAFETY: an open handle, and a name that ends in zero.
        let found = unsafe { libc::dlsym(self.0, name.as_ptr().cast::<c_char>()) };
        assert!(!found.is_null(), "{name:?} is not in the library");
        found
    }
}

fn fill(path: &Path) -> Vec<String> {
    let (store, by) = (Store::create(path).unwrap(), Actor::new("bench"));
    store.apply_realm("bench.toml", PROFILE, &by).unwrap();
    let realm = store.realm("bench").unwrap();
    store.set_owner(realm, "o", &OwnerChange::new(), &by).unwrap();
    let spec = Spec::new(realm, "live", "o").scopes(["read"]);
    let issue = |_| store.issue(&spec, &by).unwrap().token.expose().to_owned();
    let tokens = (0..KEYS).map(issue).collect();
    store.close().unwrap();
    tokens
}

fn main() {
    // `cargo test` runs benches too, with --test: it builds them, which is enough.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    let dir = tempfile::tempdir_in(dir).unwrap();
    let path = dir.path().join("keys.keycask");
    let tokens = fill(&path);

    let store = Store::options().read_only(true).open(&path).unwrap();
    let realm = store.realm("bench").unwrap();
    let needs = store.profile(realm).unwrap().scope_set(["read"]).unwrap();
    let request = Request::new().needs(needs);

    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("release");
    let library = Library::load(&library.join("libkeycask.so"));
    // SAFETY: each symbol is a function of the type that the header declares.
    let (open, verify, verify_many) = unsafe {
        (
            std::mem::transmute::<*mut c_void, Open>(library.find("keycask_open")),
            std::mem::transmute::<*mut c_void, Verify>(library.find("keycask_verify")),
            std::mem::transmute::<*mut c_void, VerifyMany>(library.find("keycask_verify_many")),
        )
    };
    let mut options = COptions([0; 18]);
    options.0[0] = 144 | 1 << 32; // struct_size, KEYCASK_READ_ONLY
    let mut handle = std::ptr::null_mut();
    let text = path.to_str().unwrap();
    // SAFETY: all pointers are to variables that are as large as is said.
    let opened =
        unsafe { open(text.as_ptr(), text.len(), &options, &mut handle, std::ptr::null_mut()) };
    assert_eq!(opened, 0);
    let bits = needs.bits();
    let c_request = CRequest {
        struct_size: 64,
        cost: 1,
        scopes: [bits as u64, (bits >> 64) as u64],
        kinds: u64::MAX,
        now_ms: i64::MAX - 1,
        address: [0; 24],
    };

    let rust = |token: &str| store.verify(realm, token.as_bytes(), &request).is_ok();
    let mut grant = CGrant([0; 12]);
    grant.0[0] = 96;
    let number = RealmRef::number(realm);
    let mut c = |token: &str| {
        let grant = &mut grant;
        // SAFETY: all pointers are to variables that are as large as is said.
        let status = unsafe {
            let none = std::ptr::null_mut();
            verify(handle, number, token.as_ptr(), token.len(), &c_request, grant, none)
        };
        status == 0
    };

    let texts: Vec<CText> =
        tokens.iter().map(|token| CText { data: token.as_ptr(), len: token.len() }).collect();
    let mut statuses = [0_i32; BATCH];
    let mut grants = [CGrant([96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); BATCH];
    let bytes: Vec<&[u8]> = tokens.iter().map(|token| token.as_bytes()).collect();
    let mut answers = Vec::with_capacity(BATCH);
    let mut rust_batch = |bytes: &[&[u8]]| {
        answers.clear();
        store.verify_many(realm, bytes, &request, &mut answers).unwrap();
        black_box(&answers).iter().all(Result::is_ok)
    };
    let mut took: [Vec<f64>; 4] = Default::default();
    let mut batch = |texts: &[CText]| {
        // SAFETY: all pointers are to arrays of BATCH.
        let status = unsafe {
            let (statuses, grants) = (statuses.as_mut_ptr(), grants.as_mut_ptr());
            let (texts, none) = (texts.as_ptr(), std::ptr::null_mut());
            verify_many(handle, number, texts, BATCH, &c_request, statuses, grants, none)
        };
        black_box(status) == 0
    };
    for round in 0..ROUNDS {
        let at = round * ROUND % (KEYS - ROUND);
        let part = &tokens[at..at + ROUND];
        let (bytes, batches) = (&bytes[at..at + ROUND], &texts[at..at + ROUND]);
        // Each goes first as often as the others, for the first finds the tokens' text cold; and
        // the two tables take turns, so that each is as cold to both of its cases.
        for turn in 0..took.len() {
            let case = (round + turn) % took.len();
            let start = Instant::now();
            match case {
                0 => assert!(part.iter().all(|token| rust(black_box(token)))),
                1 => assert!(part.iter().all(|token| c(black_box(token)))),
                2 => assert!(bytes.chunks_exact(BATCH).all(&mut rust_batch)),
                _ => assert!(batches.chunks_exact(BATCH).all(&mut batch)),
            }
            took[case].push(start.elapsed().as_nanos() as f64 / ROUND as f64);
        }
    }
    println!("{KEYS} keys, {ROUNDS} rounds of {ROUND}; ns a token: least, middle");
    let names = ["Rust", "C", "Rust, 64 at once", "C, 64 at once"];
    for (name, mut took) in names.into_iter().zip(took) {
        took.sort_by(f64::total_cmp);
        println!("  {name:<18} {:7.1} {:7.1}", took[0], took[ROUNDS / 2]);
    }
}
