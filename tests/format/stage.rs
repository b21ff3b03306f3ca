//! How the files are made: every journey that leaves a row, so that every kind of row is there.

use std::path::Path;
use std::time::Duration;

use keycask::{
    Actor, Clock, Filter, Import, ImportOutcome, ImportRules, Options, OwnerChange, Pepper, Quota,
    Request, Restore, Rotation, SealingKey, Spec, Store, Timestamp, Trim, Update,
};

const PROFILE: &str = r#"
realm = "first"
[[kind]]
name = "live"
prefix = "first_"
environment = "production"
body = 32
[[kind]]
name = "shown"
prefix = "shown_"
body = 26
checksum = "none"
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
implies = ["read"]
[[plan]]
name = "small"
active = 9
rates = ["100 per 1m"]
[policy]
usage = true
retain = "1h"
default_grace = "1h"
"#;

const DAY: Duration = Duration::from_secs(86_400);

/// 2026-01-01T00:00:00Z
const START_MS: i64 = 1_767_225_600_000;

/// A clock that stands so many minutes after the start.
struct Still(i64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(START_MS + 60_000 * self.0)
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(60 * self.0.unsigned_abs())
    }
}

fn at(minute: i64) -> Options {
    let options = Store::options().clock(Still(minute)).pepper(Pepper::new(&[0x51; 32]));
    options.sealing_key(SealingKey::new(&[0x52; 32])).import_secret("old", b"of old")
}

/// How the files are opened, a day after they were made.
pub fn options() -> Options {
    at(24 * 60)
}

fn by() -> Actor {
    Actor::new("maker").because("for ever")
}

fn op(id: &str) -> Actor {
    by().operation(id)
}

/// Makes the files in `directory`; gives the tokens, one a line.
pub fn make(directory: &Path) -> String {
    let (path, backup) = (directory.join("store"), directory.join("backup"));
    let mut tokens = Vec::new();
    begin(&at(0).create(&path).unwrap(), &mut tokens);
    end(&at(90).open(&path).unwrap());
    let store = at(91).open(&path).unwrap();
    store.compact().unwrap();
    store.backup(&backup).unwrap();
    store.close().unwrap();
    let restored = directory.join("restored");
    at(92).restore(&backup, &restored, &Restore::new(), &by()).unwrap();
    let store = at(93).open(&restored).unwrap();
    store.confirm_restore(&op("confirm")).unwrap();
    store.compact().unwrap();
    store.close().unwrap();
    tokens.concat()
}

fn begin(store: &Store, tokens: &mut Vec<String>) {
    store.apply_realm("first.toml", PROFILE, &op("realm")).unwrap();
    let second = PROFILE.replace("first", "second").replace("shown_", "other_");
    store.apply_realm("second.toml", &second, &by()).unwrap();
    let first = store.realm("first").unwrap();
    let plan = OwnerChange::new().plan("small").direct(["write"]).group(["read"]);
    store.set_owner(first, "ann", &plan, &op("owner")).unwrap();
    store.set_owner(first, "b\u{f6}b", &OwnerChange::new(), &by()).unwrap();
    let second = store.realm("second").unwrap();
    store.set_owner(second, "ann", &OwnerChange::new().suspended(true), &by()).unwrap();
    let mut issue = |spec: Spec, by: &Actor| {
        let issued = store.issue(&spec, by).unwrap();
        tokens.push(format!("{}\n", issued.token.expose()));
        issued.key.key_id
    };
    let spec = || Spec::new(first, "live", "ann").scopes(["read"]);
    let active = issue(spec().name("plain").metadata(r#"{"a": [1, 2]}"#), &by());
    issue(spec().start(Timestamp::from_ms(START_MS)).life(DAY * 365), &op("issue"));
    issue(spec().start(Timestamp::from_ms(START_MS)).life(DAY * 365), &op("issue"));
    issue(Spec::new(first, "shown", "b\u{f6}b").scopes(["write"]), &by());
    issue(Spec::new(second, "live", "ann"), &by());
    issue(spec().networks(["10.0.0.0/8", "2001:db8::/32"]).idle(DAY * 30), &by());
    let suspended = issue(spec(), &by());
    issue(spec().life(DAY).name("to be revoked"), &by());
    issue(spec().life(Duration::from_secs(60)).name("to be swept"), &by());
    let quota: Quota = "1000 per month on day 31".parse().unwrap();
    let rotated = [issue(spec().quota(quota), &by()), issue(spec(), &by())];
    store.suspend(suspended, &by()).unwrap();
    let update = Update::new().name("renamed").scopes(["write"]);
    store.update(active, &update, &by()).unwrap();
    for (key, rotation) in
        rotated.into_iter().zip([Rotation::new().grace(DAY), Rotation::regenerate()])
    {
        let issued = store.rotate(key, &rotation, &by()).unwrap();
        tokens.push(format!("{}\n", issued.token.expose()));
    }
    let many = [Spec::new(first, "live", "b\u{f6}b"), Spec::new(first, "shown", "b\u{f6}b")];
    for issued in store.issue_many(&many, &op("many")).unwrap() {
        tokens.push(format!("{}\n", issued.token.expose()));
    }
    store.import(&imports(store), &ImportRules::new().ignore_caps(true), &by()).unwrap();
    tokens.extend(IMPORTED.map(|token| format!("{token}\n")));
    for token in [tokens[0].trim_end(), IMPORTED[1]] {
        store.verify(first, token.as_bytes(), &Request::new()).unwrap();
    }
    assert_eq!(store.rehash().unwrap(), 1);
}

/// Tokens of another system: one that comes as it is, one that comes with its digest and is
/// verified, and one that comes with its digest.
const IMPORTED: [&str; 3] = ["17|imported", "imported-verified", "imported-left"];

fn imports(store: &Store) -> [Import; 3] {
    let spec = || Spec::new(store.realm("first").unwrap(), "live", "ann").scopes(["read"]);
    // The SHA-256 of the second, and of the third with the secret after it.
    let digest = |scheme: &str, digest| Import::digest(spec(), scheme.parse().unwrap(), digest);
    [
        Import::token(spec(), IMPORTED[0]).unwrap(),
        digest("sha256", "6b24206dc09aad8b1522fc8ce4e9e6ff34ed4eaf0e0b0bafaed05ff22cfae6e0")
            .unwrap(),
        digest(
            "sha256:after=old",
            "f696463faa07ad4f601a9f75072652074a54884c82cf9efaf82c2d2cc7d98c3b",
        )
        .unwrap(),
    ]
}

/// Later, when something is over.
fn end(store: &Store) {
    assert_eq!(store.sweep(1, &op("sweep")).unwrap().keys, 1);
    let keys = store.list(&Filter::new(), None, 100).unwrap().keys;
    let revoked = keys.iter().find(|key| key.name == "to be revoked").unwrap().key_id;
    store.revoke(revoked, &op("revoke").because("l\u{e9}ft")).unwrap();
    store.reset_clock(&op("clock")).unwrap();
    store.change_sealing_key(&SealingKey::new(&[9; 32]), &op("reseal")).unwrap();
    assert_eq!(store.trim_audit(Trim::Through(2), &op("trim")).unwrap().entries, 2);
    store.flush().unwrap();
}

/// Changes something of every kind.
pub fn change(store: &Store) {
    let first = store.realm("first").unwrap();
    store.apply_realm("first.toml", &format!("{PROFILE}# changed\n"), &by()).unwrap();
    store.set_owner(first, "new", &OwnerChange::new(), &op("later")).unwrap();
    let issued = store.issue(&Spec::new(first, "shown", "new"), &by()).unwrap();
    let rotated = store.rotate(issued.key.key_id, &Rotation::new(), &by()).unwrap();
    store.reveal(rotated.key.key_id, &by()).unwrap();
    store.revoke(issued.key.key_id, &by()).unwrap();
    let known = store.import(&imports(store), &ImportRules::new(), &by()).unwrap();
    assert!(known.iter().all(|outcome| matches!(outcome, ImportOutcome::Known(_))));
    store.sweep_all(&by()).unwrap();
}
