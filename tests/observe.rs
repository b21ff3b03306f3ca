//! Decisions that are shown to the host, and patterns that are found among them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keycask::{
    Actor, AuditFilter, Changes, Clock, Decisions, Event, Finding, HttpRequest, Issued, Options,
    OwnerChange, Pattern, Patterns, RealmRef, Request, Rotation, Spec, Store, Timestamp,
};

const PROFILE: &str = r#"
realm = "acme"
[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]
[[kind]]
name = "live"
prefix = "acme_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
[policy]
usage = true
"#;

const DAY: i64 = 24;

/// A clock that stands where it is put, in hours.
#[derive(Clone)]
struct Hours(Arc<AtomicI64>);

impl Clock for Hours {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_767_225_600_000 + 3_600_000 * self.0.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(3_600 * self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}

fn by() -> Actor {
    Actor::new("alice")
}

struct Scene {
    directory: tempfile::TempDir,
    hours: Arc<AtomicI64>,
    store: Store,
    realm: RealmRef,
}

impl Scene {
    fn new(options: impl FnOnce(Options) -> Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let hours = Arc::new(AtomicI64::new(0));
        let clock = Hours(Arc::clone(&hours));
        let path = directory.path().join("keys");
        let store = options(Store::options().clock(clock)).create(path).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        store.set_owner(realm, "ann", &OwnerChange::new(), &by()).unwrap();
        Self { directory, hours, store, realm }
    }

    fn watching() -> Self {
        Self::new(|options| options.patterns(Patterns::new()))
    }

    /// The store, closed, and opened at `hours` with patterns.
    fn reopened(self, hours: i64) -> Self {
        let Self { directory, hours: clock, store, realm } = self;
        store.close().unwrap();
        clock.store(hours, Ordering::Relaxed);
        let options = Store::options().clock(Hours(Arc::clone(&clock))).patterns(Patterns::new());
        let store = options.open(directory.path().join("keys")).unwrap();
        Self { directory, hours: clock, store, realm }
    }

    fn issue(&self) -> Issued {
        let spec = Spec::new(self.realm, "live", "ann").scopes(["read"]);
        self.store.issue(&spec, &by()).unwrap()
    }

    fn at(&self, hours: i64) {
        self.hours.store(hours, Ordering::Relaxed);
    }

    fn verify(&self, token: &str, request: &Request) -> bool {
        self.store.verify(self.realm, token.as_bytes(), request).is_ok()
    }

    fn outcomes(&self) -> Vec<&'static str> {
        self.store.decisions(1_000).decisions.iter().map(|decision| decision.outcome).collect()
    }

    fn findings(&self) -> Vec<Finding> {
        self.store.findings().unwrap().findings
    }

    fn found(&self) -> Vec<(Pattern, u64)> {
        self.findings().iter().map(|finding| (finding.pattern, finding.count)).collect()
    }

    fn writes(&self) -> Request {
        let realm = self.store.profile(self.realm).unwrap();
        Request::new().needs(realm.scope_set(["write"]).unwrap())
    }
}

fn from(address: &str) -> Request {
    Request::new().address(address.parse::<IpAddr>().unwrap())
}

#[test]
fn a_store_that_was_not_asked_to_keeps_nothing_and_finds_nothing() {
    let scene = Scene::new(|options| options);
    let issued = scene.issue();
    assert!(scene.verify(issued.token.expose(), &from("192.0.2.1")));
    assert!(!scene.verify(issued.token.expose(), &scene.writes()));
    assert!(scene.store.decisions(9).decisions.is_empty());
    assert_eq!((scene.found(), scene.store.audit_decisions(&by()).unwrap()), (vec![], 0));
    assert_eq!(scene.store.tell_findings(&by()).unwrap(), 0);
}

#[test]
fn denials_are_kept_whichever_way_they_came_and_grants_are_not() {
    let scene = Scene::new(|options| options.decisions(Decisions::Denials));
    let issued = scene.issue();
    let token = issued.token.expose();
    assert!(scene.verify(token, &Request::new()));
    assert!(!scene.verify("nothing", &Request::new()));
    let mut answers = Vec::new();
    let tokens = [token.as_bytes(), b"acme_"];
    scene.store.verify_many(scene.realm, &tokens, &scene.writes(), &mut answers).unwrap();
    let present = |headers: &[(&str, &[u8])]| {
        let http = HttpRequest { method: "GET", headers, request_id: "" };
        scene.store.present(scene.realm, &http, &from("2001:db8::7")).unwrap().verdict.is_ok()
    };
    assert!(!present(&[]));
    let end = if token.ends_with('x') { 'y' } else { 'x' };
    let unknown = format!("Bearer {}{end}", &token[..token.len() - 1]);
    assert!(!present(&[("authorization", unknown.as_bytes())]));
    let decided = scene.store.decisions(100);
    let outcomes: Vec<_> = decided.decisions.iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes[..4], ["malformed", "scope", "malformed", "unpresented"]);
    assert_eq!((outcomes.len(), decided.lost), (5, 0));
    let denied = &decided.decisions[1];
    assert_eq!((denied.key, denied.realm), (Some(issued.key.key_id), scene.realm));
    let realm = scene.store.profile(scene.realm).unwrap();
    assert_eq!(realm.scope_names(denied.missing), ["write"]);
    assert_eq!(decided.decisions[3].address, "2001:db8::7".parse().ok());
    assert!(scene.outcomes().is_empty(), "they are given once");
}

#[test]
fn grants_are_kept_as_often_as_was_asked_for_and_denials_always() {
    for (n, least, most) in [(0, 0, 0), (1, 4_000, 4_000), (10, 200, 800)] {
        let scene = Scene::new(|options| options.decisions(Decisions::Sample(n)));
        let issued = scene.issue();
        for _ in 0..4_000 {
            assert!(scene.verify(issued.token.expose(), &Request::new()));
        }
        assert!(!scene.verify("nothing", &Request::new()));
        let decided = scene.store.decisions(10_000);
        let grants = decided.decisions.iter().filter(|decision| decision.is_grant()).count();
        assert!((least..=most).contains(&grants), "one of {n}: {grants}");
        assert_eq!(decided.decisions.len(), grants + 1);
    }
}

#[test]
fn a_grant_says_what_its_request_needed_and_a_denial_what_was_missing() {
    let scene = Scene::new(|options| options.decisions(Decisions::Sample(1)));
    let methods = PROFILE
        .replace("name = \"read\"", "name = \"read\"\nmethods = [\"GET\"]")
        .replace("name = \"write\"", "name = \"write\"\nmethods = [\"POST\"]");
    scene.store.apply_realm("acme.toml", &methods, &by()).unwrap();
    let spec = Spec::new(scene.realm, "live", "ann").scopes(["read", "write"]);
    let [both, one] = [scene.store.issue(&spec, &by()).unwrap(), scene.issue()];
    assert!(scene.verify(both.token.expose(), &Request::new()));
    assert!(scene.verify(both.token.expose(), &scene.writes()));
    assert!(!scene.verify(one.token.expose(), &scene.writes()));
    let bearer = format!("Bearer {}", both.token.expose());
    let headers: &[(&str, &[u8])] = &[("authorization", bearer.as_bytes())];
    let http = HttpRequest { method: "GET", headers, request_id: "" };
    assert!(scene.store.present(scene.realm, &http, &scene.writes()).unwrap().verdict.is_ok());
    let realm = scene.store.profile(scene.realm).unwrap();
    let told: Vec<_> = scene.store.decisions(9).decisions;
    let told = told.iter().map(|d| [d.needed, d.missing].map(|set| realm.scope_names(set)));
    let none = || Vec::<&str>::new();
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            [none(), none()],
            [vec!["write"], none()],
            [none(), vec!["write"]],
            [vec!["read", "write"], none()],
        ]
    );
}

#[test]
fn what_finds_no_room_is_counted_and_verifying_goes_on() {
    let scene = Scene::new(|options| options.decisions(Decisions::Denials));
    let issued = scene.issue();
    for _ in 0..9_000 {
        assert!(!scene.verify(issued.token.expose(), &scene.writes()));
    }
    let decided = scene.store.decisions(100_000);
    assert_eq!((decided.decisions.len(), decided.lost), (8_192, 808));
    assert!(!scene.verify("nothing", &Request::new()));
    assert_eq!(scene.outcomes(), ["malformed"]);
}

#[test]
fn a_verify_that_is_watched_takes_no_memory() {
    let scene =
        Scene::new(|options| options.decisions(Decisions::Sample(1)).patterns(Patterns::new()));
    let issued = scene.issue();
    let (token, writes) = (issued.token.expose(), scene.writes());
    assert!(scene.verify(token, &from("192.0.2.1")));
    let taken = allocation_counter::measure(|| {
        for host in 0..200_u8 {
            let address = IpAddr::from([10, 0, host, 1]);
            assert!(scene.verify(token, &Request::new().address(address)));
            assert!(!scene.verify(token, &writes));
        }
    });
    assert_eq!(taken.count_total, 0);
}

#[test]
fn decisions_go_to_the_trail_in_one_entry_that_each_of_their_keys_finds() {
    let scene = Scene::new(|options| options.decisions(Decisions::Denials));
    let issued = scene.issue();
    scene.verify(issued.token.expose(), &scene.writes());
    scene.verify("nothing", &from("192.0.2.1"));
    assert_eq!(scene.store.audit_decisions(&by()).unwrap(), 2);
    assert_eq!(scene.store.audit_decisions(&by()).unwrap(), 0);
    let of = AuditFilter::new().key(issued.key.key_id).event(Event::DecisionsNoted);
    let entries = scene.store.find_audit(&of, 0, 10).unwrap().entries;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&entry.after["count"], &entry.after["lost"]), (&2.into(), &0.into()));
    let decisions = entry.after["decisions"].as_array().unwrap();
    assert_eq!(decisions[0]["outcome"], "scope");
    assert_eq!(decisions[0]["key_id"], issued.key.key_id.to_string());
    assert_eq!(decisions[1]["address"], "192.0.2.1");
    assert!(decisions[1]["key_id"].is_null());
    scene.store.check().unwrap();
}

#[test]
fn the_first_use_from_a_network_is_found_if_the_key_is_used_from_others() {
    let scene = Scene::watching();
    let issued = scene.issue();
    let token = issued.token.expose();
    for address in ["192.0.2.1", "192.0.2.99", "::ffff:192.0.2.7"] {
        assert!(scene.verify(token, &from(address)));
    }
    assert_eq!(scene.found(), []);
    for address in ["198.51.100.4", "198.51.100.5", "192.0.2.1", "2001:db8:7::1"] {
        assert!(scene.verify(token, &from(address)));
    }
    let findings = scene.findings();
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.pattern, finding.count), (Pattern::NewNetwork, 2));
    assert_eq!(finding.network.as_deref(), Some("2001:db8:7::/48"));
    assert_eq!(finding.key, Some(issued.key.key_id));
    let names = (finding.realm_name.as_deref(), finding.owner.as_deref());
    assert_eq!(names, (Some("acme"), Some("ann")));
    // What is refused tells nothing of where a key is used from.
    assert!(!scene.verify(token, &scene.writes().address([203, 0, 113, 9].into())));
    assert_eq!(scene.found(), [(Pattern::NewNetwork, 2)]);
}

#[test]
fn a_use_after_long_idleness_is_found_and_a_first_use_is_not() {
    let scene = Scene::watching();
    let issued = scene.issue();
    let uses = |hours| {
        scene.at(hours);
        assert!(scene.verify(issued.token.expose(), &Request::new()));
        scene.found()
    };
    assert_eq!(uses(60 * DAY), []);
    assert_eq!(uses(89 * DAY), []);
    assert_eq!(uses(119 * DAY), [(Pattern::LongIdle, 1)]);
    assert_eq!(uses(119 * DAY + 1), [(Pattern::LongIdle, 1)]);
    assert_eq!(uses(150 * DAY), [(Pattern::LongIdle, 2)]);
}

/// A last use stays in the file when a profile no longer keeps usage, and grows old there.
#[test]
fn a_key_in_use_is_not_found_idle_where_its_profile_no_longer_keeps_usage() {
    let rated = |usage| {
        let plan = "[[plan]]\nname = \"free\"\nrates = [\"1000 per 1s\"]\n";
        let policy = format!("{plan}[policy]\ndefault_plan = \"free\"\n");
        PROFILE.replace("[policy]\n", &policy).replace("usage = true", usage)
    };
    let scene = Scene::watching();
    scene.store.apply_realm("acme.toml", &rated("usage = true"), &by()).unwrap();
    let issued = scene.issue();
    assert!(scene.verify(issued.token.expose(), &Request::new()));
    scene.store.apply_realm("acme.toml", &rated("usage = false"), &by()).unwrap();
    let uses = |scene: &Scene, hours| {
        scene.at(hours);
        assert!(scene.verify(issued.token.expose(), &Request::new()));
        scene.found()
    };
    assert_eq!(uses(&scene, 40 * DAY), []);
    let scene = scene.reopened(41 * DAY);
    assert_eq!([uses(&scene, 41 * DAY), uses(&scene, 41 * DAY + 2)], [[], []]);
}

/// Until the clock is believed, uses are recorded as of at most a day after the store was closed.
#[test]
fn no_key_is_found_idle_because_the_store_was_closed_for_long() {
    let scene = Scene::watching();
    let old = scene.issue();
    assert!(scene.verify(old.token.expose(), &Request::new()));
    let scene = scene.reopened(60 * DAY);
    let new = scene.issue();
    let uses = |hours| {
        scene.at(hours);
        for issued in [&old, &new, &new] {
            assert!(scene.verify(issued.token.expose(), &Request::new()));
        }
        scene.found()
    };
    assert_eq!(uses(60 * DAY), []);
    // The clock is believed from here on.
    assert_eq!([uses(60 * DAY + 2), uses(89 * DAY)], [[], []]);
    // Both keys, and their owner.
    assert_eq!(uses(119 * DAY), [(Pattern::LongIdle, 1); 3]);
}

#[test]
fn an_old_generation_in_use_late_in_its_grace_is_found_once() {
    let scene = Scene::watching();
    let old = scene.issue();
    let day = Rotation::new().grace(Duration::from_secs(24 * 3_600));
    let new = scene.store.rotate(old.key.key_id, &day, &by()).unwrap();
    let uses = |issued: &Issued, hours| {
        scene.at(hours);
        assert!(scene.verify(issued.token.expose(), &Request::new()));
        scene.found()
    };
    assert_eq!((uses(&old, 1), uses(&old, 17), uses(&new, 20)), (vec![], vec![], vec![]));
    assert_eq!(uses(&old, 18), [(Pattern::LateInGrace, 1)]);
    assert_eq!(uses(&old, 23), [(Pattern::LateInGrace, 1)]);
    assert_eq!(scene.findings()[0].key, Some(old.key.key_id));
}

#[test]
fn denials_for_scopes_are_found_when_they_are_many() {
    let patterns = Patterns::new().scope_denials(3, Duration::from_secs(3_600));
    let scene = Scene::new(|options| options.patterns(patterns));
    let (issued, other) = (scene.issue(), scene.issue());
    for _ in 0..2 {
        assert!(!scene.verify(issued.token.expose(), &scene.writes()));
        assert!(!scene.verify(other.token.expose(), &scene.writes()));
    }
    // The owner's keys are counted together, too.
    let findings = scene.findings();
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.key, finding.owner.as_deref(), finding.count), (None, Some("ann"), 2));
    assert_eq!(finding.realm_name.as_deref(), Some("acme"));
    assert!(!scene.verify(issued.token.expose(), &scene.writes()));
    let findings = scene.findings();
    let keys: Vec<_> = findings.iter().map(|finding| (finding.key, finding.count)).collect();
    assert_eq!(keys, [(None, 3), (Some(issued.key.key_id), 1)]);
    let realm = scene.store.profile(scene.realm).unwrap();
    assert_eq!(realm.scope_names(findings[0].missing), ["write"]);
}

#[test]
fn what_was_found_is_told_in_the_trail_and_in_the_feed_once() {
    let scene = Scene::watching();
    let issued = scene.issue();
    let before = scene.store.feed().unwrap().newest;
    for address in ["192.0.2.1", "198.51.100.4"] {
        assert!(scene.verify(issued.token.expose(), &from(address)));
    }
    assert_eq!(scene.store.tell_findings(&Actor::new("watch")).unwrap(), 1);
    assert_eq!(scene.store.tell_findings(&by()).unwrap(), 0);
    let Changes::Since(commits) = scene.store.changes(before, 9).unwrap() else { panic!("gone") };
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    let entry = &commit.entries[0];
    assert_eq!((entry.event, entry.actor.as_str()), (Event::PatternFound, "watch"));
    assert_eq!((entry.key, entry.owner.as_deref()), (Some(issued.key.key_id), Some("ann")));
    assert_eq!(entry.after["pattern"], "new_network");
    assert_eq!(entry.after["network"], "198.51.100.0/24");
    assert!(commit.changed.is_empty());
}

/// Two threads that told at once told everything twice.
#[test]
fn a_finding_is_told_once_however_many_threads_tell() {
    let scene = Scene::watching();
    let tokens: Vec<_> = (0..20).map(|_| scene.issue()).collect();
    for address in ["192.0.2.1", "198.51.100.4"] {
        for issued in &tokens {
            assert!(scene.verify(issued.token.expose(), &from(address)));
        }
    }
    let told: u64 = std::thread::scope(|scope| {
        let tell = || scene.store.tell_findings(&by()).unwrap();
        let telling: Vec<_> = (0..4).map(|_| scope.spawn(tell)).collect();
        telling.into_iter().map(|telling| telling.join().unwrap()).sum()
    });
    assert_eq!(told, 21, "each of 20 keys, and their owner");
    let entries = scene.store.audit(0, 1_000).unwrap();
    let found = entries.iter().filter(|entry| entry.event == Event::PatternFound);
    let (keys, owners): (Vec<_>, Vec<_>) = found.partition(|entry| entry.key.is_some());
    assert_eq!((keys.len(), owners.len()), (20, 1));
    assert_eq!(owners[0].owner.as_deref(), Some("ann"));
}

/// When there is no room, what was told makes it, and is not told again when it comes back.
#[test]
fn each_finding_is_told_once_though_there_are_more_than_are_kept() {
    let patterns = Patterns::new().scope_denials(1, Duration::from_secs(3_600));
    let scene = Scene::new(|options| options.patterns(patterns));
    let spec = Spec::new(scene.realm, "live", "ann").scopes(["read"]);
    let keys = scene.store.issue_many(&vec![spec; 1_100], &by()).unwrap();
    let writes = scene.writes();
    let told = |hours| {
        scene.at(hours);
        for issued in &keys {
            assert!(!scene.verify(issued.token.expose(), &writes));
        }
        scene.store.tell_findings(&by()).unwrap()
    };
    // Those of the keys, and one of their owner.
    assert_eq!([told(0), told(1), told(2), told(3)], [1_024, 77, 0, 0]);
    assert_eq!(scene.findings().len(), 1_024);
    let told_of = AuditFilter::new().event(Event::PatternFound);
    let first = scene.store.find_audit(&told_of, 0, 1_000).unwrap();
    let rest = scene.store.find_audit(&told_of, first.reached, 1_000).unwrap();
    let entries = first.entries.iter().chain(&rest.entries);
    let mut subjects: Vec<_> = entries.map(|entry| entry.key).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), 1_101);
    // A day later all that goes on is told again.
    assert_eq!(told(DAY + 3), 1_024);
}

#[test]
fn spraying_tokens_that_are_nobodys_leaves_no_trace_in_what_is_watched() {
    let scene = Scene::watching();
    let issued = scene.issue();
    let token = issued.token.expose();
    assert!(scene.verify(token, &from("192.0.2.1")));
    for number in 0..20_000_u32 {
        let [a, b, c, d] = number.to_be_bytes();
        let request = Request::new().address([a | 10, b, c, d].into());
        let guess = format!("{}{number:05}", &token[..token.len() - 5]);
        assert!(!scene.verify(&guess, &request));
    }
    let findings = scene.store.findings().unwrap();
    assert_eq!((findings.findings, findings.lost), (vec![], 0));
}

/// They filled the ring, and that a revoked key was used was not kept.
#[test]
fn decisions_about_nobodys_tokens_keep_none_about_a_key_away() {
    let scene = Scene::new(|options| options.decisions(Decisions::Denials));
    let issued = scene.issue();
    let (token, key) = (issued.token.expose(), issued.key.key_id);
    scene.store.revoke(key, &by()).unwrap();
    for number in 0..20_000 {
        let guess = format!("{}{number:05}", &token[..token.len() - 5]);
        assert!(!scene.verify(&guess, &Request::new()));
    }
    assert!(!scene.verify(token, &Request::new()));
    let decided = scene.store.decisions(10_000);
    assert_eq!((decided.decisions.len(), decided.lost), (4_097, 15_904));
    let last = decided.decisions.last().unwrap();
    assert_eq!((last.outcome, last.key), ("revoked", Some(key)));
}

/// P-51: what is kept of a decision has neither the token nor a digest in any form.
#[test]
fn p51_no_token_and_no_digest_is_in_a_decision_or_a_finding() {
    let scene =
        Scene::new(|options| options.decisions(Decisions::Sample(1)).patterns(Patterns::new()));
    let issued = scene.issue();
    let token = issued.token.expose();
    for request in [from("192.0.2.1"), from("198.51.100.1"), scene.writes()] {
        scene.verify(token, &request);
        scene.verify(&format!("{token}0"), &request);
    }
    let findings = format!("{:?}", scene.store.findings().unwrap());
    let decided = format!("{:?}", scene.store.decisions(3));
    scene.store.audit_decisions(&by()).unwrap();
    let trail: String =
        scene.store.audit(0, 99).unwrap().iter().map(|entry| entry.to_json()).collect();
    for text in [findings, decided, trail] {
        assert!(!text.contains(&token["acme_".len()..][..8]) && !text.contains("digest"), "{text}");
    }
}
