//! Events of `tracing`.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::Duration;

use keycask::{HttpRequest, Import, ImportRules, Request, Store};
use sha2::{Digest, Sha256, Sha512};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, with_default};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{by, place, spec};

/// Keeps events up to a level as lines, and calls back with each, and with each question whether it
/// wants one.
struct Lines {
    most: Level,
    kept: Arc<Mutex<Vec<String>>>,
    asked: Box<dyn Fn() + Send + Sync>,
    each: Box<dyn Fn() + Send + Sync>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // The tests beside this one have other levels.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        (self.asked)();
        metadata.target() == "keycask" && *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.most.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.kept.lock().unwrap().push(line.0);
        (self.each)();
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The events up to `most` of what is done.
fn told(most: Level, each: impl Fn() + Send + Sync + 'static, done: impl FnOnce()) -> Vec<String> {
    let (kept, asked) = (Arc::default(), Box::new(|| ()));
    let lines = Lines { most, kept: Arc::clone(&kept), asked, each: Box::new(each) };
    with_default(lines, done);
    let lines = kept.lock().unwrap();
    lines.clone()
}

#[test]
fn changes_are_told_once_they_are_durable_and_refusals_by_key_and_never_a_token() {
    let (_dir, store, realm) = place();
    let mut secrets = Vec::new();
    let mut wanted = Vec::new();
    let lines = told(
        Level::DEBUG,
        || (),
        || {
            let issued = store.issue(&spec(realm), &by()).unwrap();
            let (key, token) = (issued.key.key_id, issued.token.expose().to_owned());
            store.verify(realm, token.as_bytes(), &Request::new()).unwrap();
            store.revoke(key, &by()).unwrap();
            store.verify(realm, token.as_bytes(), &Request::new()).unwrap_err();
            store.verify(realm, b"cg_live_nonsense", &Request::new()).unwrap_err();
            let http = HttpRequest { method: "GET", headers: &[], request_id: "" };
            store.present(realm, &http, &Request::new()).unwrap();
            store.revoke(key, &by()).unwrap();
            store.rotate(key, &keycask::Rotation::new(), &by()).unwrap_err();
            let about = format!("realm=cloudgeni key={key}");
            wanted = vec![
                format!("event=key_issued number=3 seq=3 actor=test {about} owner=acme"),
                format!("event=key_revoked number=4 seq=4 actor=test {about} owner=acme"),
                format!("{about} reason=revoked"),
                "realm=cloudgeni reason=malformed".to_owned(),
                "realm=cloudgeni reason=missing".to_owned(),
            ];
            secrets.push(token);
        },
    );
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(&wanted) {
        assert!(line.contains(wanted.as_str()), "{line}: want {wanted}");
    }
    let levels: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(levels, ["INFO", "INFO", "DEBUG", "DEBUG", "DEBUG"]);
    for line in &lines {
        assert!(!line.contains("nonsense") && !line.contains(&secrets[0]), "{line}");
    }
}

#[test]
fn refusals_are_not_told_at_the_level_of_changes() {
    let (_dir, store, realm) = place();
    let lines = told(
        Level::INFO,
        || (),
        || {
            store.verify(realm, b"nonsense", &Request::new()).unwrap_err();
            store.issue(&spec(realm), &by()).unwrap();
        },
    );
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[test]
fn whoever_is_told_may_change_the_store() {
    let (_dir, store, realm) = place();
    let store: Arc<Store> = Arc::new(store);
    let (within, count) = (Arc::clone(&store), Arc::new(Mutex::new(0)));
    let each = move || {
        let mut count = count.lock().unwrap();
        *count += 1;
        if *count == 1 {
            drop(count);
            within.issue(&spec(realm), &by()).unwrap();
        }
    };
    let lines = told(Level::INFO, each, || _ = store.issue(&spec(realm), &by()).unwrap());
    assert!(lines[0].contains("number=3"), "{lines:#?}");
}

/// What was noted was being written all the while, for which a sweep waits.
#[test]
fn whoever_is_told_of_keys_that_came_over_may_sweep() {
    let (_dir, store, realm) = place();
    let store = Arc::new(store);
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (short, long) = (hex(&Sha256::digest("twice")), hex(&Sha512::digest("twice")));
    for (scheme, digest) in [("sha256", short), ("sha512", long)] {
        let import = Import::digest(spec(realm), scheme.parse().unwrap(), &digest).unwrap();
        store.import(&[import], &ImportRules::new(), &by()).unwrap();
    }
    store.verify(realm, b"twice", &Request::new()).unwrap();
    let within = Arc::clone(&store);
    let each = move || _ = within.sweep(10, &by()).unwrap();
    let (tell, heard) = mpsc::channel();
    std::thread::spawn(move || {
        tell.send(told(Level::INFO, each, || _ = store.rehash().unwrap())).unwrap();
    });
    let lines = heard.recv_timeout(Duration::from_secs(60)).expect("the store waits for itself");
    assert!(lines.len() == 1 && lines[0].contains("key_revoked"), "{lines:#?}");
}

/// A filter is asked before an event is made. It was asked while a commit went on, and one that
/// called the store waited for that commit for ever.
#[test]
fn whoever_is_asked_what_to_tell_may_change_the_store() {
    let (_dir, store, realm) = place();
    let store = Arc::new(store);
    let (within, before) = (Arc::clone(&store), AtomicBool::new(false));
    let asked = Box::new(move || {
        if !before.swap(true, Ordering::Relaxed) {
            within.issue(&spec(realm), &by()).unwrap();
        }
    });
    let kept = Arc::default();
    let (most, kept_too) = (Level::INFO, Arc::clone(&kept));
    let lines = Lines { most, kept: kept_too, asked, each: Box::new(|| ()) };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        with_default(lines, || _ = store.issue(&spec(realm), &by()).unwrap());
        tell.send(()).unwrap();
    });
    assert!(told.recv_timeout(Duration::from_secs(60)).is_ok(), "the store waits for itself");
    let lines: MutexGuard<'_, Vec<String>> = kept.lock().unwrap();
    assert!(lines[0].contains("number=3"), "{lines:#?}");
}

#[test]
fn nothing_is_lost_when_many_change_a_store_at_once() {
    let (_dir, store, realm) = place();
    let kept = Arc::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (most, kept) = (Level::INFO, Arc::clone(&kept));
                let lines = Lines { most, kept, asked: Box::new(|| ()), each: Box::new(|| ()) };
                with_default(lines, || {
                    for _ in 0..2 {
                        store.issue(&spec(realm), &by()).unwrap();
                    }
                });
            });
        }
    });
    let mut numbers: Vec<u64> = (kept.lock().unwrap().iter())
        .map(|line: &String| {
            let (_, rest) = line.split_once("number=").unwrap();
            rest.split(' ').next().unwrap().parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (3..11).collect::<Vec<_>>());
}
