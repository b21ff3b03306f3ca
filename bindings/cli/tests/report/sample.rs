//! A store with something of everything that a report tells of, made over the last 500 days.

use std::time::Duration;

use keycask::{
    Actor, Clock, KeyId, OwnerChange, Pepper, RealmRef, Request, Rotation, SealingKey, Spec, Store,
    SystemClock, Update,
};

use crate::common::{PROFILE, Place};
use crate::hands::Hands;

pub const DAY: Duration = Duration::from_secs(86_400);

/// What an owner is called that wants to be more than text: markup, quotes, a direction that is
/// turned. (The engine takes no control characters.)
pub const EVIL: &str = "</td><script>alert('\"1\"')</script>\u{202e}gpj.exe&amp;";

/// An owner whose id is written from right to left.
pub const RTL: &str = "\u{5d7}\u{5e0}\u{5d5}\u{5ea}-7";

const LEGACY: &str = r#"
realm = "legacy"

[present]
headers = [{ name = "X-Key" }]

[[kind]]
name = "key"
prefix = "lg_"
body = 32

[[scope]]
name = "all"
"#;

/// The shop has a scope more here, keeps usage, and says when keys are to be rotated.
fn shop_profile() -> String {
    let scope = "[[scope]]\nname = \"admin\"\nimplies = [\"write\"]\n";
    format!("{PROFILE}rotate_after = \"180d\"\nusage = true\n\n{scope}")
}

/// What was made.
pub struct Sample {
    pub place: Place,
    /// Every token that there is or was.
    pub tokens: Vec<String>,
    /// A key with `read` and `write`.
    pub wide: KeyId,
}

/// How the store at `place` is opened by a process that writes.
pub fn options(place: &Place) -> keycask::Options {
    let sealing = [0x0f; 32];
    assert!(place.path("pepper.key").exists());
    Store::options().pepper(Pepper::new(&[7; 32])).sealing_key(SealingKey::new(&sealing))
}

/// Makes keys and keeps their tokens.
struct Maker<'a> {
    store: &'a Store,
    by: Actor,
    tokens: Vec<String>,
}

impl Maker<'_> {
    fn key(&mut self, spec: &Spec) -> KeyId {
        let issued = self.store.issue(spec, &self.by).unwrap();
        self.tokens.push(issued.token.expose().to_owned());
        issued.key.key_id
    }

    /// Uses the last `n` keys that were made.
    fn used(&self, realm: RealmRef, n: usize) {
        for token in self.tokens.iter().rev().take(n) {
            self.store.verify(realm, token.as_bytes(), &Request::new()).unwrap();
        }
    }
}

/// Makes the store.
pub fn sample() -> Sample {
    let place = Place::empty();
    let now = SystemClock::new().now();
    let clock = Hands::at_ms(now.minus(DAY * 500).as_ms());
    let store = options(&place).clock(clock.clone()).create(place.store()).unwrap();
    let by = Actor::new("deploy-bot");
    store.apply_realm("shop.toml", &shop_profile(), &by).unwrap();
    store.apply_realm("legacy.toml", LEGACY, &by).unwrap();
    let [shop, legacy] = ["shop", "legacy"].map(|name| store.realm(name).unwrap());
    let mut make = Maker { store: &store, by: by.clone(), tokens: Vec::new() };
    for (owner, plan) in [("ann", "small"), ("bob", "big"), (EVIL, "big"), (RTL, "small")] {
        store.set_owner(shop, owner, &OwnerChange::new().plan(plan), &by).unwrap();
    }
    store.set_owner(legacy, "old-partner", &OwnerChange::new(), &by).unwrap();
    let live = |owner: &str| Spec::new(shop, "live", owner).scopes(["read"]);
    let later = |days: u32| clock.forward(DAY * days);
    let until = |days: u32| now.plus(DAY * days);

    // Over a year old, of a realm that says nothing of that.
    for name in ["mainframe", "fax gateway"] {
        make.key(&Spec::new(legacy, "key", "old-partner").scopes(["all"]).name(name));
    }
    later(200); // 300 days ago: due for rotation since.
    make.key(&live("bob").name("billing <b>export</b>").end(until(40)));
    make.key(&live("bob").name("warehouse").end(until(41)));
    make.used(shop, 2);
    let paused = make.key(&live("bob").name("paused"));
    store.suspend(paused, &by.clone().because("looked odd")).unwrap();
    later(150); // 150 days ago
    for n in 0..12 {
        let end = until(20 + 9 * n);
        make.key(&live("bob").name(format!("service {n}")).end(end));
    }
    make.used(shop, 6);
    make.key(&live("bob").name("last year's").end(now.minus(DAY * 20)));
    later(80); // 70 days ago
    for n in 0..5 {
        let key =
            make.key(&Spec::new(shop, "test", "bob").scopes(["read"]).name(format!("ci {n}")));
        if n < 3 {
            store.revoke(key, &Actor::new("alice").because("the build is gone")).unwrap();
            later(3);
        }
    }
    make.key(&live(EVIL).name(EVIL).end(until(9)));
    make.key(&live(RTL).name("\u{5de}\u{5e4}\u{5ea}\u{5d7}").end(until(300)));
    make.key(&live("ann").name("web shop").end(until(12)));
    let wide = make.key(&live("ann").scopes(["read", "write"]).name("reports").end(until(90)));
    make.key(&live("bob").scopes(["admin"]).name("root").end(until(60)));
    make.used(shop, 5);
    let shown = make.key(&Spec::new(shop, "shown", "bob").scopes(["read"]).end(until(30)));
    store.reveal(shown, &Actor::new("alice").because("asked by bob")).unwrap();
    let quota = "1000".parse::<keycask::Quota>().unwrap();
    let metered = make.key(&live("bob").name("metered").quota(quota).end(until(80)));
    store.update(metered, &Update::new().set_credits(40), &by).unwrap();
    let rotation = Rotation::new().grace(DAY * 30);
    later(32); // 29 days ago
    let old = make.key(&live("bob").name("rotated").end(until(70)));
    let rotated = store.rotate(old, &rotation, &by).unwrap();
    make.tokens.push(rotated.token.expose().to_owned());
    clock.forward(now.minus(Duration::from_secs(7200)).since(clock.now()));
    make.used(shop, 2);
    let tokens = std::mem::take(&mut make.tokens);
    store.set_owner(shop, RTL, &OwnerChange::new().suspended(true), &by).unwrap();
    store.close().unwrap();
    Sample { place, tokens, wide }
}
