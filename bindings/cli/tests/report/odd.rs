//! What can be odd of a store, one thing at a time, each beside what is nearly so and is not.

use std::fs;
use std::time::Duration;

use keycask::{
    Actor, Clock, KeyId, OwnerChange, RealmRef, Request, Spec, Store, SystemClock, Timestamp,
};
use serde_json::Value;

use crate::common::{PROFILE, Place};
use crate::hands::Hands;
use crate::sample::{DAY, options};
use crate::{figures, found};

/// The shop's keys are idle and go early here, and an owner has ten at most.
fn shop_profile() -> String {
    let capped = PROFILE.replace("name = \"big\"", "name = \"big\"\nactive = 10");
    capped + "idle = \"30d\"\nretain = \"10d\"\n"
}

/// A finding, its title, and what makes a store in which it is found.
type Case = (&'static str, &'static str, fn(&Place) -> Value);

const CASES: [Case; 8] = [
    ("idle", "1 key is idle, and refused", idle),
    ("near_cap", "1 owner has nearly as many active keys as the plan allows", near_cap),
    ("sweep_due", "2 keys are kept longer than the profiles say", sweep_due),
    ("imported", "1 imported key is still on another system's digest", imported),
    ("pepper_not_retired", "Two peppers are in use", pepper_not_retired),
    ("no_pepper", "The store has no pepper", no_pepper),
    ("restore_unconfirmed", "The restore is not confirmed", restore_unconfirmed),
    ("file_damaged", "The file is damaged", file_damaged),
];

#[test]
fn each_oddity_is_found_where_it_is_and_nowhere_else() {
    for (code, title, make) in CASES {
        let place = Place::empty();
        place.file("shop.toml", shop_profile().as_bytes());
        let figures = make(&place);
        let findings = figures["findings"].as_array().unwrap();
        let titles: Vec<&Value> =
            findings.iter().filter(|f| f["code"] == code).map(|f| &f["title"]).collect();
        assert_eq!(titles, [title], "{code}: {figures:#}");
        let others = found(&figures)
            .into_iter()
            .filter(|(other, _)| other != code && CASES.iter().any(|(known, ..)| known == other));
        assert_eq!(others.collect::<Vec<_>>(), [], "{code}");
    }
}

/// The file still says when keys were used while that was kept.
#[test]
fn a_key_is_unused_only_where_use_is_still_kept() {
    let keeping = PROFILE.to_owned() + "usage = true\n";
    for (profile, unused, not_kept) in [(keeping.as_str(), 1, 0), (PROFILE, 0, 1)] {
        let place = Place::empty();
        let past = Past::of(&place);
        let apply = |text| past.store.apply_realm("shop.toml", text, &past.by).unwrap();
        apply(&keeping);
        let (_, token) = past.key("ann");
        past.store.verify(past.shop, token.as_bytes(), &Request::new()).unwrap();
        apply(profile);
        past.until(Duration::ZERO);
        past.store.close().unwrap();
        let figures = figures(&place, &["--period", "30d"]);
        let of = |(code, total): &(String, u64)| (code == "unused").then_some(*total);
        let of_uses = figures["keys"]["by_last_use"].as_object().unwrap().values();
        assert_eq!(found(&figures).iter().find_map(of).unwrap_or(0), unused);
        assert_eq!(of_uses.filter_map(Value::as_u64).sum::<u64>(), unused);
        assert_eq!(figures["keys"]["use_not_kept"], not_kept);
    }
}

/// A store whose clock began 60 days ago.
struct Past {
    store: Store,
    shop: RealmRef,
    clock: Hands,
    by: Actor,
    now: Timestamp,
}

impl Past {
    fn of(place: &Place) -> Self {
        let now = SystemClock::new().now();
        let clock = Hands::at_ms(now.minus(DAY * 60).as_ms());
        let store = options(place).clock(clock.clone()).create(place.store()).unwrap();
        let by = Actor::new("ops");
        store.apply_realm("shop.toml", &shop_profile(), &by).unwrap();
        let shop = store.realm("shop").unwrap();
        Self { store, shop, clock, by, now }
    }

    fn key(&self, owner: &str) -> (KeyId, String) {
        self.ending(owner, Timestamp::NEVER)
    }

    fn ending(&self, owner: &str, end: Timestamp) -> (KeyId, String) {
        self.store.set_owner(self.shop, owner, &OwnerChange::new(), &self.by).unwrap();
        let spec = Spec::new(self.shop, "live", owner).end(end);
        let issued = self.store.issue(&spec, &self.by).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    }

    /// Lets time pass until so long before now.
    fn until(&self, before: Duration) {
        self.clock.forward(self.now.minus(before).since(self.clock.now()));
    }

    fn report(self, place: &Place) -> Value {
        self.store.close().unwrap();
        figures(place, &[])
    }
}

/// Of two keys that were issued 40 days ago one was used 20 days ago.
fn idle(place: &Place) -> Value {
    let past = Past::of(place);
    past.until(DAY * 40);
    past.key("ann");
    let (_, used) = past.key("ann");
    past.until(DAY * 20);
    past.store.verify(past.shop, used.as_bytes(), &Request::new()).unwrap();
    past.report(place)
}

/// Of three owners one has 9 keys of 10: of the others one has 8, and one all 10.
fn near_cap(place: &Place) -> Value {
    let past = Past::of(place);
    past.until(DAY);
    for (owner, keys) in [("ann", 9), ("bob", 8), ("eve", 10)] {
        (0..keys).for_each(|_| _ = past.key(owner));
    }
    past.report(place)
}

/// One key was revoked, and one expired, longer ago than keys are retained: and one of each later.
fn sweep_due(place: &Place) -> Value {
    let past = Past::of(place);
    past.until(DAY * 15);
    let keys = [past.key("ann").0, past.key("ann").0];
    for days in [11, 9] {
        past.ending("ann", past.now.minus(DAY * days));
    }
    for (key, days) in keys.into_iter().zip([11, 9]) {
        past.until(DAY * days);
        past.store.revoke(key, &past.by).unwrap();
    }
    past.report(place)
}

/// A store that was made just now, with one owner.
fn made(place: &Place) {
    place.run(&["init"]).expect(0);
    place.run(&["realm", "apply", &place.text("shop.toml")]).expect(0);
    place.run(&["owner", "set", "--realm", "shop", "ann"]).expect(0);
}

/// Of two keys that came with their digests one was used, and so came over.
fn imported(place: &Place) -> Value {
    made(place);
    // SHA-256 of "hello" and of "world".
    let digests = [
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7",
    ];
    let lines = digests.map(|digest| format!("{{\"owner\":\"ann\",\"digest\":\"{digest}\"}}\n"));
    let import = ["import", "--realm", "shop", "--kind", "live", "--scheme", "sha256", "-"];
    place.feed(&import, lines.concat()).expect(0);
    let store = options(place).open(place.store()).unwrap();
    store.verify(store.realm("shop").unwrap(), b"hello", &Request::new()).unwrap();
    store.close().unwrap();
    figures(place, &[])
}

fn pepper_not_retired(place: &Place) -> Value {
    made(place);
    place.issue(&["--kind", "live"]);
    place.secret("new.key", &[8; 32]);
    let (old, new) = (place.text("pepper.key"), place.text("new.key"));
    place.run(&["pepper", "rotate", "--new-pepper-file", &new]).expect(0);
    let figures = figures(place, &["--pepper-file", &new, "--previous-pepper-file", &old]);
    assert!(figures.to_string().contains("\"why\":\"1 key is still found by the pepper before."));
    figures
}

fn no_pepper(place: &Place) -> Value {
    let bare = |args: &[&str]| {
        let mut command = place.command(args);
        command.env_remove("KEYCASK_PEPPER_FILE").env_remove("KEYCASK_SEALING_KEY_FILE");
        crate::common::run(command, b"").expect(0)
    };
    bare(&["init"]);
    bare(&["report", "--json"]).json()
}

fn restore_unconfirmed(place: &Place) -> Value {
    made(place);
    let (backup, new) = (place.text("backup.keycask"), place.text("new.keycask"));
    place.run(&["backup", &backup]).expect(0);
    place.run(&["restore", &backup, &new]).expect(0);
    figures(place, &["--store", &new])
}

/// The id of an operation is another one: no opening reads it.
fn file_damaged(place: &Place) -> Value {
    made(place);
    place.issue(&["--kind", "live", "--operation", "order-marked"]);
    let (right, wrong) = (b"order-marked", b"order-narked");
    let mut bytes = fs::read(place.store()).unwrap();
    let at = |at: &usize| bytes[*at..].starts_with(right);
    let places: Vec<_> = (0..bytes.len()).filter(at).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + right.len()].copy_from_slice(wrong));
    fs::write(place.store(), bytes).unwrap();
    place.run(&["report", "--json"]).expect(6).json()
}
