//! Tokens in texts: found wherever they stand, told from what only looks alike, and revoked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{self, Read};
use std::time::{Duration, Instant};

use keycask::{
    Actor, Alerts, Checksum, Ending, ErrorKind, Event, Filter, Import, ImportRules, Issued, KeyId,
    Leak, OwnerChange, Reason, Request, Scanner, Shape, Spec, Store, Timestamp,
};
use sha2::{Digest, Sha256};

const SHOP: &str = r#"
realm = "shop"
[[kind]]
name = "live"
prefix = "sh_live_"
body = 32
[[kind]]
name = "bare"
prefix = "sh"
body = 40
checksum = "none"
[[scope]]
name = "read"
[[plan]]
name = "one"
rates = ["1 per 1h"]
[policy]
usage = true
default_plan = "one"
retain = "0s"
"#;

/// Another realm whose tokens may have a shape of the first.
const BANK: &str = r#"
realm = "bank"
[[kind]]
name = "teller"
prefix = "sh_live_"
body = 38
checksum = "none"
"#;

struct Scene {
    _dir: tempfile::TempDir,
    store: Store,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path().join("keys.redb")).unwrap();
        for (name, profile) in [("shop", SHOP), ("bank", BANK)] {
            store.apply_realm(name, profile, &by()).unwrap();
            let realm = store.realm(name).unwrap();
            store.set_owner(realm, "ann", &OwnerChange::new(), &by()).unwrap();
        }
        Self { _dir: dir, store }
    }

    fn issue(&self, realm: &str, kind: &str) -> Issued {
        let spec = Spec::new(self.store.realm(realm).unwrap(), kind, "ann");
        self.store.issue(&spec, &by()).unwrap()
    }

    fn leaks(&self, text: impl AsRef<[u8]>) -> Vec<Leak> {
        let mut all = Vec::new();
        let mut keep = |leak: &Leak| {
            all.push(leak.clone());
            Ok(())
        };
        self.store.leaked(text.as_ref(), &mut keep).unwrap();
        all
    }

    /// Where each key's token stands in `text`.
    fn keys(&self, text: impl AsRef<[u8]>) -> Vec<(u64, KeyId)> {
        let leaks = self.leaks(text).into_iter();
        leaks.filter_map(|leak| Some((leak.place.offset, leak.key?))).collect()
    }
}

fn by() -> Actor {
    Actor::new("ann").because("it was in a public repository")
}

fn text(issued: &Issued) -> &str {
    issued.token.expose()
}

#[test]
fn a_key_is_found_wherever_its_token_stands() {
    let scene = Scene::new();
    let issued = [("shop", "live"), ("shop", "bare"), ("bank", "teller")]
        .map(|(realm, kind)| scene.issue(realm, kind));
    for key in &issued {
        let token = text(key);
        for (before, after) in [
            ("", ""),
            ("KEY=", "\n"),
            ("\"a\\n", "\\n\""),
            ("%3D", "%26"),
            ("sh_live_sh_", "sh_live_"),
            ("x", "y"),
            ("\u{e9}\0", "\0\u{e9}"),
            ("-_", "_-"),
        ] {
            let found = scene.keys(format!("{before}{token}{after}"));
            assert_eq!(found, [(before.len() as u64, key.key.key_id)], "{before:?} {after:?}");
        }
    }
    let all = issued.each_ref().map(text).concat();
    let keys: Vec<KeyId> = scene.keys(all).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, issued.each_ref().map(|issued| issued.key.key_id));
}

/// The search ended with the first realm in which the token was a key's: where that one was
/// revoked, nothing was said of the other, which was live.
#[test]
fn a_token_that_is_a_key_of_two_realms_is_told_of_in_both() {
    let scene = Scene::new();
    let branch = SHOP.replace("\"shop\"", "\"branch\"");
    scene.store.apply_realm("branch", &branch, &by()).unwrap();
    let realm = scene.store.realm("branch").unwrap();
    scene.store.set_owner(realm, "ann", &OwnerChange::new(), &by()).unwrap();
    let first = scene.issue("shop", "live");
    let digest =
        Sha256::digest(text(&first)).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let spec = Spec::new(realm, "live", "ann");
    let import = Import::digest(spec, "sha256".parse().unwrap(), &digest).unwrap();
    scene.store.import(&[import], &ImportRules::new(), &by()).unwrap();
    let request = Request::new();
    let second = scene.store.verify(realm, text(&first).as_bytes(), &request).unwrap().key_id;
    let search = || {
        let mut told = Vec::new();
        let mut tell = |leak: &Leak| {
            told.push((leak.key.unwrap(), leak.is_live()));
            Ok(())
        };
        let leaks = scene.store.leaked(text(&first).as_bytes(), &mut tell).unwrap();
        (leaks.found, leaks.keys, told)
    };
    let both = vec![first.key.key_id, second];
    assert_eq!(search(), (1, both.clone(), vec![(both[0], true), (second, true)]));
    scene.store.revoke(first.key.key_id, &by()).unwrap();
    assert_eq!(search(), (1, vec![second], vec![(both[0], false), (second, true)]));
}

#[test]
fn a_text_that_is_nobodys_is_told_of_if_its_checksum_is_right_or_it_stands_alone() {
    let (scene, other) = (Scene::new(), Scene::new());
    let kind_of = |realm: &str, kind: &str| {
        let realm = scene.store.profile(scene.store.realm(realm).unwrap()).unwrap();
        realm.kind_named(kind).unwrap().0
    };
    let foreign = other.issue("shop", "live");
    for text in [text(&foreign).to_owned(), format!("x{}y", text(&foreign))] {
        let [leak] = &scene.leaks(text)[..] else { panic!() };
        assert_eq!((leak.key, leak.refused), (None, Some(Reason::Unknown)));
        assert!(!leak.is_live() && !leak.is_open());
        assert_eq!(leak.kind, kind_of("shop", "live"));
    }
    let body = "0123456789".repeat(4);
    for (before, after, is_told) in [
        ("", "", true),
        ("_", "-", true),
        (" ", "\n", true),
        ("x", "", false),
        ("", "y", false),
        ("", "yy", false),
    ] {
        let leaks = scene.leaks(format!("{before}sh{body}{after}"));
        assert_eq!(leaks.len(), usize::from(is_told), "{before:?} {after:?}");
        assert!(leaks.iter().all(|leak| leak.kind == kind_of("shop", "bare")));
    }
    // One text of two shapes, of which one has a wrong checksum, is told of once.
    let [leak] = &scene.leaks(format!("sh_live_{}", &body[..38]))[..] else { panic!() };
    assert_eq!(leak.kind, kind_of("bank", "teller"));
    assert_eq!(leak.hint, "sh_live_...4567");
}

#[test]
fn what_refuses_a_key_is_told_and_the_search_leaves_no_trace() {
    let scene = Scene::new();
    let shop = scene.store.realm("shop").unwrap();
    let [live, revoked, suspended] = [(); 3].map(|()| scene.issue("shop", "live"));
    scene.store.revoke(revoked.key.key_id, &by()).unwrap();
    scene.store.suspend(suspended.key.key_id, &by()).unwrap();
    let starts = Spec::new(shop, "live", "ann").start(Timestamp::from_ms(4_000_000_000_000));
    let later = scene.store.issue(&starts, &by()).unwrap();
    for _ in 0..3 {
        let texts = [&live, &revoked, &suspended, &later].map(text).join("\n");
        let leaks = scene.leaks(texts);
        let refused: Vec<_> = leaks.iter().map(|leak| leak.refused).collect();
        let because = [Reason::Revoked, Reason::Suspended, Reason::NotYetValid].map(Some);
        assert_eq!(refused, [&[None], &because[..]].concat());
        let open: Vec<_> = leaks.iter().map(Leak::is_open).collect();
        assert_eq!(open, [true, false, true, true]);
        assert!(leaks.iter().zip(1..).all(|(leak, line)| leak.place.line == line));
        assert!(leaks.iter().all(|leak| leak.owner.is_some() && leak.realm == shop));
        let shown = format!("{leaks:?}");
        assert!(!shown.contains(&text(&live)[8..20]), "{shown}");
    }
    assert_eq!(scene.store.key(live.key.key_id).unwrap().last_used, None);
    // The one request of the hour is still there.
    let token = text(&live).as_bytes();
    scene.store.verify(shop, token, &Request::new()).unwrap();
    assert!(scene.store.verify(shop, token, &Request::new()).is_err());
    assert_eq!(scene.leaks(text(&live))[0].refused, None);
    scene.store.set_owner(shop, "ann", &OwnerChange::new().suspended(true), &by()).unwrap();
    assert_eq!(scene.leaks(text(&live))[0].refused, Some(Reason::OwnerSuspended));
}

/// Scopes come after networks, and were never asked about once those had refused.
#[test]
fn a_key_that_its_networks_let_in_nowhere_else_is_refused_as_it_is_from_there() {
    let scene = Scene::new();
    let profile = "realm = \"home\"\n[[kind]]\nname = \"of-owner\"\nprefix = \"hm_\"\nbody = 32\n\
                   rights = \"owner\"\n[[scope]]\nname = \"read\"\n";
    scene.store.apply_realm("home", profile, &by()).unwrap();
    let home = scene.store.realm("home").unwrap();
    scene.store.set_owner(home, "ann", &OwnerChange::new(), &by()).unwrap();
    let spec = Spec::new(home, "of-owner", "ann");
    let bound = spec.clone().networks(["10.0.0.0/8"]);
    let keys = [spec, bound].map(|spec| scene.store.issue(&spec, &by()).unwrap());
    let inside = Request::new().address("10.0.0.1".parse().unwrap());
    let agree = || {
        keys.each_ref().map(|key| {
            let [leak] = &scene.leaks(text(key))[..] else { panic!() };
            let verdict = scene.store.verify(home, text(key).as_bytes(), &inside);
            let reason = verdict.err().map(|error| error.denial().unwrap().reason);
            assert_eq!((leak.refused, leak.is_live()), (reason, reason.is_none()));
            reason.map(|reason| reason.name())
        })
    };
    assert_eq!(agree(), [Some("scope"); 2]);
    scene.store.set_owner(home, "ann", &OwnerChange::new().direct(["read"]), &by()).unwrap();
    assert_eq!(agree(), [None; 2]);
    for key in &keys {
        scene.store.suspend(key.key.key_id, &by()).unwrap();
    }
    assert_eq!(agree(), [Some("suspended"); 2]);
}

/// Gives a text a few bytes at a time.
struct Drip<'t>(&'t [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(to.len());
        self.0.read(&mut to[..size])
    }
}

#[test]
fn a_token_is_found_however_the_text_is_read() {
    let scene = Scene::new();
    let token = scene.issue("shop", "live");
    let text = [vec![b'.'; Scanner::READ - 400], text(&token).into(), vec![b'.'; 900]].concat();
    for size in [1, 7, 4096, usize::MAX] {
        // The token moves over the end of the first window.
        for cut in (0..800).step_by(if size == usize::MAX { 1 } else { 401 }) {
            let text = &text[cut..];
            let mut places = Vec::new();
            let leaks = scene.store.leaked(Drip(text, size), |leak| {
                places.push(leak.place.offset);
                Ok(())
            });
            assert_eq!(leaks.unwrap().bytes, text.len() as u64);
            assert_eq!(places, [(Scanner::READ - 400 - cut) as u64], "{cut} {size}");
        }
    }
}

#[test]
fn a_reader_that_fails_ends_the_search_with_its_error_and_so_does_a_caller() {
    let scene = Scene::new();
    let token = scene.issue("shop", "live");
    let failing = text(&token).as_bytes().chain(Failing);
    let error = scene.store.leaked(failing, |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let enough = || keycask::Error::new(ErrorKind::Conflict, "enough");
    let error = scene.store.leaked(text(&token).as_bytes(), |_| Err(enough())).unwrap_err();
    assert_eq!(error.message(), "enough");
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn alerts_are_searched_with_the_same_eyes_and_keep_their_urls() {
    let scene = Scene::new();
    let [one, other] = [(); 2].map(|()| scene.issue("shop", "live"));
    let message = format!(
        r#"[{{"token": "{}", "type": "shop", "url": "u1", "source": "commit"}},
            {{"token": "none of ours", "type": "shop", "url": "u2", "source": "commit"}},
            {{"token": "x{}", "type": "shop", "url": "u3", "source": "commit"}}]"#,
        text(&one),
        text(&other)
    );
    let alerts = Alerts::read(message.as_bytes()).unwrap();
    let mut found = Vec::new();
    let leaks = scene.store.leaked_alerts(&alerts, |alert, leak| {
        found.push((alert.number, alert.url.clone(), leak.place.offset, leak.key.unwrap()));
        Ok(())
    });
    let [one, other] = [one, other].map(|issued| issued.key.key_id);
    assert_eq!(found, [(1, "u1".to_owned(), 0, one), (3, "u3".to_owned(), 1, other)]);
    assert_eq!(leaks.unwrap().keys, [one.min(other), one.max(other)]);
}

#[test]
fn many_keys_are_revoked_in_one_commit_with_an_entry_each() {
    let scene = Scene::new();
    let issued: Vec<Issued> = (0..9).map(|_| scene.issue("shop", "live")).collect();
    let kept = scene.issue("shop", "live");
    scene.store.revoke(issued[4].key.key_id, &by()).unwrap();
    let texts: String = issued.iter().rev().chain(&issued).map(text).collect();
    let leaks = scene.store.leaked(texts.as_bytes(), |_| Ok(())).unwrap();
    assert_eq!((leaks.found, leaks.keys.len()), (18, 8));

    let (seq, entries) = (scene.store.stats().unwrap().seq, trail(&scene.store).len());
    let by = by().operation("leak-1");
    let ids = leaks.keys;
    let these = |keys: &[KeyId]| Ending::revoke(Filter::new().keys(keys.iter().copied()));
    assert_eq!(scene.store.dry_run(&these(&ids)).unwrap().keys, 8);
    assert_eq!(scene.store.end_many(&these(&ids), &by).unwrap().keys, 8);
    let revoked: Vec<_> = ids.iter().map(|key| scene.store.key(*key).unwrap()).collect();
    assert!(revoked.iter().all(|key| key.state.name() == "revoked" && key.reason == by.reason()));
    assert_eq!(scene.store.stats().unwrap().seq, seq + 1);
    let trail_since = trail(&scene.store).split_off(entries);
    let told: Vec<_> = trail_since.iter().map(|entry| (entry.event, entry.key)).collect();
    let want: Vec<_> = ids.iter().map(|key| (Event::KeyRevoked, Some(*key))).collect();
    assert_eq!(told, want);
    let shop = scene.store.realm("shop").unwrap();
    for one in &issued {
        let denied = scene.store.verify(shop, text(one).as_bytes(), &Request::new()).unwrap_err();
        assert_eq!(denied.denial().unwrap().reason, Reason::Revoked);
    }
    scene.store.verify(shop, text(&kept).as_bytes(), &Request::new()).unwrap();

    // Again, and as another request.
    assert_eq!(scene.store.end_many(&these(&ids), &by).unwrap().keys, 8);
    assert_eq!(trail(&scene.store).len(), entries + 8);
    let refused = scene.store.end_many(&these(&ids[1..]), &by).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    // Named twice, and beside another condition.
    let kept = kept.key.key_id;
    let twice = these(&[kept, kept, ids[0]]);
    assert_eq!(scene.store.dry_run(&twice).unwrap().first, [kept]);
    let of_another = Filter::new().keys([kept]).lineage(ids[0]);
    assert_eq!(
        scene.store.end_many(&Ending::revoke(of_another), &Actor::new("ann")).unwrap().keys,
        0
    );
    let listed = scene.store.list(&Filter::new().keys(ids.clone()), None, 5).unwrap();
    assert_eq!(listed.keys.iter().map(|key| key.key_id).collect::<Vec<_>>(), ids[..5]);
    let rest = scene.store.list(&Filter::new().keys(ids.clone()), listed.next, 5).unwrap();
    assert_eq!(rest.keys.iter().map(|key| key.key_id).collect::<Vec<_>>(), ids[5..]);
}

fn trail(store: &Store) -> Vec<keycask::AuditEntry> {
    store.audit(0, 1000).unwrap()
}

#[test]
fn none_of_many_is_revoked_if_one_of_them_is_unknown() {
    let scene = Scene::new();
    let issued = scene.issue("shop", "live");
    let unknown = KeyId::from_bits(99);
    let these = |keys: Vec<KeyId>| Ending::revoke(Filter::new().keys(keys));
    let some = these(vec![issued.key.key_id, unknown]);
    let refused = scene.store.end_many(&some, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert!(refused.message().contains(&unknown.to_string()), "{refused}");
    let shop = scene.store.realm("shop").unwrap();
    scene.store.verify(shop, text(&issued).as_bytes(), &Request::new()).unwrap();
    let many = these((0..=Filter::KEYS_MAX as u64).map(KeyId::from_bits).collect());
    let refused = scene.store.end_many(&many, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument);
}

/// The least of some times that a search of `text` took.
fn time(scanner: &Scanner, text: &[u8]) -> Duration {
    let run = |_| {
        let start = Instant::now();
        scanner.scan(text, |_| Ok(())).unwrap();
        start.elapsed()
    };
    (0..3).map(run).min().unwrap()
}

#[test]
fn no_text_takes_longer_than_its_length_times_a_constant() {
    let longest = "a".repeat(32);
    let shapes = [("a", 128), ("ab", 127), ("a_a_", 22), (longest.as_str(), 128)];
    let shape = |(prefix, body)| Shape::new(prefix, body, Checksum::Crc32).unwrap();
    let scanner = Scanner::new(shapes.map(shape)).unwrap();
    for piece in ["a", "ab", "a_", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-", "a_a_0123456789abcdef"] {
        let long = piece.repeat((1 << 17) / piece.len());
        let (short, long) = (&long.as_bytes()[..1 << 13], long.as_bytes());
        let ratio = time(&scanner, long).as_secs_f64() / time(&scanner, short).as_secs_f64();
        // Sixteen times the text: 256 times as long, if each byte cost what the text is long.
        assert!(ratio < 64.0, "{piece:?}: {ratio:.0} times as long");
    }
}
