//! A panic in the engine, at several points: by a clock, or by who is told of progress, that
//! panics when it is told to.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{self, null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::{Clock, OwnerChange, Timestamp};

use super::run_alone;
use crate::actor::Actor;
use crate::backup::{Backup, keycask_backup};
use crate::failure::Failure;
use crate::grant::Grant;
use crate::import::{Lines, Report, keycask_import_lines};
use crate::issue::{KEYCASK_TOKEN_MAX, Spec, keycask_issue};
use crate::life::keycask_revoke;
use crate::request::Request;
use crate::scopes::Scopes;
use crate::status::Status;
use crate::store::{Open, Store, keycask_close};
use crate::tend::{keycask_check, keycask_compact, keycask_flush, keycask_sweep_all};
use crate::text::Text;
use crate::time::{KEYCASK_DEFAULT, KEYCASK_NOW};
use crate::verify::{keycask_verify, keycask_verify_many};

/// Panics at the reading that is told beforehand; readings are counted down to it.
#[derive(Clone)]
struct Bomb(Arc<AtomicI64>);

impl Bomb {
    fn unlit() -> Self {
        Self(Arc::new(AtomicI64::new(-1)))
    }

    fn light(&self, readings: i64) {
        self.0.store(readings, Ordering::Relaxed);
    }

    fn read(&self) {
        let left = self.0.load(Ordering::Relaxed);
        assert!(left != 0, "it goes off");
        self.0.store((left - 1).max(-1), Ordering::Relaxed);
    }
}

impl Clock for Bomb {
    fn now(&self) -> Timestamp {
        self.read();
        Timestamp::from_ms(1_767_603_600_000)
    }

    fn uptime(&self) -> Duration {
        self.read();
        Duration::ZERO
    }
}

struct Scene {
    bomb: Bomb,
    /// Goes off at a report of progress.
    mine: Bomb,
    store: *mut Store,
    realm: u16,
    path: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

const PROFILE: &str = "realm = 'acme'\n[[kind]]\nname = 'live'\nprefix = 'a_'\nbody = 32\n\
                       [[plan]]\nname = 'p'\nrates = ['9 per 1m']\n\
                       [policy]\ndefault_plan = 'p'\nusage = true\n";

fn text(of: &str) -> Text {
    Text { data: of.as_ptr().cast(), len: of.len() }
}

fn by() -> Actor {
    Actor {
        struct_size: 56,
        zero: 0,
        name: text("tester"),
        reason: text("to see"),
        operation: text(""),
    }
}

fn request() -> Request {
    let scopes = Scopes { low: 0, high: 0 };
    let (kinds, now_ms, address) = (u64::MAX, KEYCASK_NOW, [0; 16]);
    Request { struct_size: 64, cost: 1, scopes, kinds, now_ms, address, address_len: 0, zero: 0 }
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (bomb, mine) = (Bomb::unlit(), Bomb::unlit());
        let path = dir.path().join("keys.keycask");
        let told = mine.clone();
        let options = engine::Store::options().clock(bomb.clone()).progress(move |_| told.read());
        let engine = options.create(&path).unwrap();
        let by = engine::Actor::new("tester");
        engine.apply_realm("acme.toml", PROFILE, &by).unwrap();
        let realm = engine.realm("acme").unwrap();
        engine.set_owner(realm, "o", &OwnerChange::new(), &by).unwrap();
        let store = Store::give(Open::new(engine, None));
        Self { bomb, mine, store, realm: realm.number(), path, _dir: dir }
    }

    fn issue(&self) -> (Status, u64, Vec<u8>) {
        let mut token = [0_u8; KEYCASK_TOKEN_MAX];
        let (mut len, mut key) = (0, 0);
        let spec = Spec {
            struct_size: 152,
            realm: self.realm,
            flags: 0,
            kind: text("live"),
            owner: text("o"),
            scopes: Scopes { low: 0, high: 0 },
            name: Text::NONE,
            metadata: Text::NONE,
            start_ms: KEYCASK_NOW,
            end_ms: KEYCASK_DEFAULT,
            life_ms: 0,
            networks: Text::NONE,
            idle_ms: KEYCASK_DEFAULT,
            quota: Text::NONE,
        };
        let at = token.as_mut_ptr().cast();
        let cap = token.len();
        // SAFETY: all pointers are to variables of this function that are as large as is said.
        let status = unsafe {
            keycask_issue(self.store, &spec, &by(), at, cap, &mut len, &mut key, null_mut())
        };
        (status, key, token.into_iter().take(len).collect())
    }

    fn verify(&self, token: &[u8], grant: *mut Grant) -> Status {
        let at = token.as_ptr().cast();
        // SAFETY: the token is a slice, the request a variable; `grant` is NULL or a variable.
        unsafe {
            keycask_verify(self.store, self.realm, at, token.len(), &request(), grant, null_mut())
        }
    }

    /// The key of the token is granted, and the file is in order.
    fn goes_on(self, token: &[u8]) {
        assert_eq!(self.verify(token, null_mut()), Status::Ok);
        // SAFETY: the handle is open, and nobody else has it.
        unsafe {
            assert_eq!(keycask_check(self.store, null_mut()), Status::Ok);
            assert_eq!(keycask_close(self.store), Status::Ok);
        }
    }

    /// Every call is refused, and the store can be closed and opened again.
    fn ends(self, token: &[u8]) {
        self.bomb.light(-1);
        self.mine.light(-1);
        assert_eq!(self.verify(token, null_mut()), Status::ErrPanic);
        assert_eq!(self.issue().0, Status::ErrPanic);
        let mut failure = Failure { struct_size: 520, message_len: 0, message: [0; 512] };
        // SAFETY: the handle is open, the failure a variable.
        assert_eq!(unsafe { keycask_check(self.store, &mut failure) }, Status::ErrPanic);
        assert!(failure.message_len > 0);
        // SAFETY: the handle is open, and nobody else has it.
        assert_eq!(unsafe { keycask_close(self.store) }, Status::Ok);
        let store = engine::Store::options().clock(self.bomb.clone()).open(&self.path).unwrap();
        store.check().unwrap();
    }
}

#[test]
fn a_panic_in_a_verify_is_a_status_and_ends_this_store_alone() {
    let (broken, whole) = (Scene::new(), Scene::new());
    let (_, _, token) = broken.issue();
    let (_, _, other) = whole.issue();
    let mut grant = Grant::of(&granted(&broken, &token));
    grant.struct_size = 96;
    let before = grant.key;
    grant.key = 7;
    broken.bomb.light(0);
    assert_eq!(broken.verify(&token, &mut grant), Status::ErrPanic);
    assert_eq!((grant.key, before != 7), (7, true), "a failure writes nothing");
    assert_eq!(whole.verify(&other, null_mut()), Status::Ok);
    broken.ends(&token);
}

fn granted(scene: &Scene, token: &[u8]) -> engine::Grant {
    // SAFETY: the handle is open, and stays so while the result is in use.
    let open = unsafe { Store::open(scene.store) }.ok().unwrap();
    let realm = engine::RealmRef::new(scene.realm);
    open.engine.verify(realm, token, &engine::Request::new()).unwrap()
}

#[test]
fn a_panic_within_a_commit_is_a_status_and_the_file_stays_whole() {
    // The clock is read at several points of a commit; each of them is one to panic at.
    let mut panics = 0;
    for readings in 0..8 {
        let scene = Scene::new();
        let (_, key, token) = scene.issue();
        scene.bomb.light(readings);
        let (issued, ..) = scene.issue();
        if issued == Status::Ok {
            // SAFETY: the handle is open, the actor a variable.
            let revoked = unsafe { keycask_revoke(scene.store, key, &by(), null_mut()) };
            assert!(matches!(revoked, Status::Ok | Status::ErrPanic));
            if revoked == Status::Ok {
                scene.bomb.light(-1);
                // SAFETY: the handle is open, and nobody else has it.
                assert_eq!(unsafe { keycask_close(scene.store) }, Status::Ok);
                continue;
            }
        } else {
            assert_eq!(issued, Status::ErrPanic);
        }
        panics += 1;
        scene.ends(&token);
    }
    assert!(panics >= 2, "only {panics} points were reached");
}

#[test]
fn a_panic_in_a_batch_and_at_the_close_is_a_status() {
    let scene = Scene::new();
    let (_, _, token) = scene.issue();
    let texts = [Text { data: token.as_ptr().cast(), len: token.len() }; 2];
    let mut statuses = [77; 2];
    scene.bomb.light(0);
    // SAFETY: all pointers are to variables that are as large as is said.
    let status = unsafe {
        let (at, texts, request) = (statuses.as_mut_ptr(), texts.as_ptr(), request());
        let (grants, denials) = (null_mut(), null_mut());
        keycask_verify_many(scene.store, scene.realm, texts, 2, &request, at, grants, denials)
    };
    assert_eq!(status, Status::ErrPanic);
    // SAFETY: the handle is open.
    assert_eq!(unsafe { keycask_flush(scene.store, null_mut()) }, Status::ErrPanic);
    // SAFETY: NULL is always refused.
    assert_eq!(unsafe { keycask_flush(null(), null_mut()) }, Status::ErrArgument);
    // SAFETY: the handle is open, and nobody else has it.
    assert_eq!(unsafe { keycask_close(scene.store) }, Status::Ok);
}

#[test]
fn a_panic_amid_a_batch_leaves_no_token_granted() {
    const MANY: usize = 130; // the engine is given 64 at once
    let (mut before, mut amid) = (0, 0);
    for readings in 0..8 {
        let scene = Scene::new();
        let (_, _, token) = scene.issue();
        let texts = [Text { data: token.as_ptr().cast(), len: token.len() }; MANY];
        let mut statuses = [77; MANY];
        scene.bomb.light(readings);
        // SAFETY: all pointers are to variables that are as large as is said.
        let status = unsafe {
            let (at, texts, request) = (statuses.as_mut_ptr(), texts.as_ptr(), request());
            let (none, store, realm) = (null_mut(), scene.store, scene.realm);
            keycask_verify_many(store, realm, texts, MANY, &request, at, none, null_mut())
        };
        match status {
            Status::ErrPanic if statuses == [77; MANY] => before += 1,
            Status::ErrPanic => {
                assert_eq!(statuses, [Status::ErrPanic as i32; MANY]);
                amid += 1;
            }
            // The plan has nine a minute.
            _ => assert_eq!(status, Status::DenyRateLimited),
        }
    }
    assert!(before > 0 && amid > 1, "{before} and {amid} points were reached");
}

#[test]
fn a_close_after_a_panic_commits_nothing() {
    let is_use_kept = |panics: bool| {
        let scene = Scene::new();
        let (_, key, token) = scene.issue();
        // Its use is noted, to be written at the close.
        assert_eq!(scene.verify(&token, null_mut()), Status::Ok);
        if panics {
            scene.bomb.light(0);
            assert_eq!(scene.verify(&token, null_mut()), Status::ErrPanic);
            scene.bomb.light(-1);
        }
        // SAFETY: the handle is open, and nobody else has it.
        assert_eq!(unsafe { keycask_close(scene.store) }, Status::Ok);
        let store = engine::Store::options().clock(scene.bomb.clone()).open(&scene.path).unwrap();
        store.check().unwrap();
        store.key(engine::KeyId::from_bits(key)).unwrap().last_used.is_some()
    };
    assert_eq!((is_use_kept(false), is_use_kept(true)), (true, false));
}

#[test]
fn an_error_of_another_size_is_refused_before_anything_is_done() {
    let scene = Scene::new();
    for size in 0..=536 {
        let mut failure = [Failure { struct_size: size, message_len: 7, message: [1; 512] }; 2];
        failure[1] = Failure { struct_size: 0, message_len: 0, message: [0; 512] };
        // SAFETY: the handle is open, and as many bytes as the size says are in `failure`.
        let status = unsafe { keycask_revoke(scene.store, 0, &by(), failure.as_mut_ptr()) };
        let known = size >= 520;
        assert_eq!(status, if known { Status::ErrNotFound } else { Status::ErrArgument }, "{size}");
        assert_eq!(failure[0].message_len != 7, known, "{size}");
        assert_eq!((failure[0].struct_size, failure[1].message_len), (size, 0));
    }
    let (_, key, token) = scene.issue();
    let mut failure = Failure { struct_size: 519, message_len: 7, message: [1; 512] };
    // SAFETY: the handle is open, the failure a variable.
    let revoked = unsafe { keycask_revoke(scene.store, key, &by(), &mut failure) };
    assert_eq!((revoked, scene.verify(&token, null_mut())), (Status::ErrArgument, Status::Ok));
}

/// Gives one line, and then the end: the context is where the line is kept until then.
unsafe extern "C" fn gives(context: *mut c_void, buffer: *mut c_char, cap: usize) -> i64 {
    // SAFETY: the context is the variable of `takes_long`, and nobody else uses it meanwhile.
    let line = unsafe { &mut *context.cast::<&[u8]>() };
    let len = line.len().min(cap);
    let (now, later) = line.split_at(len);
    // SAFETY: the buffer has room for `cap` bytes.
    unsafe { ptr::copy_nonoverlapping(now.as_ptr().cast(), buffer, len) };
    *line = later;
    i64::try_from(len).unwrap()
}

/// A call that tells of progress.
fn takes_long(scene: &Scene, what: &str) -> Status {
    let (store, none) = (scene.store, null_mut());
    let copy = scene.path.with_extension(what);
    let copy = copy.to_str().unwrap();
    let mut line: &[u8] = b"{\"owner\": \"o\", \"token\": \"of-another-system\"}";
    // SAFETY: the handle is open, and all pointers are to variables that are as large as is said.
    unsafe {
        match what {
            "compact" => keycask_compact(store, null_mut(), null_mut(), none),
            "sweep" => keycask_sweep_all(store, &by(), null_mut(), none),
            "backup" => {
                let mut out = MaybeUninit::<Backup>::zeroed().assume_init();
                out.struct_size = 120;
                keycask_backup(store, copy.as_ptr().cast(), copy.len(), &mut out, none)
            }
            _ => {
                let lines = Lines {
                    struct_size: 40,
                    realm: scene.realm,
                    zero: 0,
                    kind: text("live"),
                    scheme: Text::NONE,
                };
                let mut out = MaybeUninit::<Report>::zeroed().assume_init();
                out.struct_size = 40;
                let at = (&raw mut line).cast();
                let (read, by) = (Some(gives as _), by());
                keycask_import_lines(store, &lines, read, 0, &by, None, at, &mut out, none)
            }
        }
    }
}

#[test]
fn a_panic_half_way_through_what_takes_long_is_a_status_and_the_file_stays_whole() {
    // The others read no clock.
    for what in ["sweep", "import"] {
        let mut panics = 0;
        for readings in 0..8 {
            let scene = Scene::new();
            let (_, _, token) = scene.issue();
            scene.bomb.light(readings);
            let status = takes_long(&scene, what);
            scene.bomb.light(-1);
            if status == Status::ErrPanic {
                panics += 1;
                scene.ends(&token);
                continue;
            }
            assert_eq!(status, Status::Ok, "{what}");
            scene.goes_on(&token);
        }
        assert!(panics > 0, "{what}: no point was reached");
    }
}

/// To the engine, it was a fault of the file that was read meanwhile.
#[test]
fn what_takes_long_goes_on_when_who_is_told_of_it_panics() {
    for what in ["compact", "sweep", "backup", "import"] {
        for reports in 0..8 {
            let scene = Scene::new();
            let (_, _, token) = scene.issue();
            scene.mine.light(reports);
            assert_eq!(takes_long(&scene, what), Status::Ok, "{what} at report {reports}");
            scene.mine.light(-1);
            scene.goes_on(&token);
        }
    }
}

#[test]
fn a_panic_without_a_store_is_a_status() {
    // SAFETY: there is no place for an error.
    assert_eq!(unsafe { run_alone(null_mut(), || panic!("it goes off")) }, Status::ErrPanic);
}
