//! All that is in a store, as JSON, an object a line.

use keycask::{AuditEntry, Changed, Changes, Filter, KeyInfo, OwnerInfo, Realm, Request, Store};
use serde_json::{Value, json};

const OPERATIONS: [&str; 11] = [
    "realm", "owner", "issue", "many", "revoke", "sweep", "clock", "reseal", "trim", "confirm",
    "none",
];

fn key(key: &KeyInfo) -> Value {
    let id = |id: keycask::KeyId| id.to_string();
    json!({
        "key": id(key.key_id), "realm": key.realm.number(), "kind": key.kind.number(),
        "kind_name": key.kind_name, "environment": key.environment, "owner": key.owner,
        "state": key.state.name(), "cause": key.cause.name(), "expired": key.expired,
        "name": key.name, "metadata": key.metadata, "scopes": key.scopes,
        "issued": key.issued.as_ms(), "start": key.start.as_ms(), "end": key.end.as_ms(),
        "changed": key.changed.as_ms(), "reason": key.reason, "hint": key.hint(),
        "lineage": id(key.lineage), "generation": key.generation,
        "predecessor": key.predecessor.map(id), "successor": key.successor.map(id),
        "in_grace": key.in_grace, "last_used": key.last_used.map(|at| at.as_ms()),
        "networks": key.networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "imported": key.imported, "scheme": key.scheme.as_ref().map(ToString::to_string),
        "idle": key.idle.map(|span| span.as_secs()), "idle_at": key.idle_at.map(|at| at.as_ms()),
        "quota": key.quota.map(|q| json!([q.quota.to_string(), q.remaining, q.reset.as_ms()])),
    })
}

fn owner(owner: &OwnerInfo) -> Value {
    json!({
        "owner": owner.owner.number(), "realm": owner.realm.number(), "id": owner.id,
        "plan": owner.plan, "suspended": owner.suspended, "direct": owner.direct,
        "group": owner.group,
    })
}

fn entry(entry: &AuditEntry) -> Value {
    json!({
        "entry": entry.number, "seq": entry.seq, "at": entry.at.as_ms(), "actor": entry.actor,
        "operation": entry.operation, "event": entry.event.name(), "realm": entry.realm,
        "key": entry.key.map(|key| key.to_string()), "owner": entry.owner,
        "reason": entry.reason, "before": entry.before, "after": entry.after,
    })
}

fn realm(realm: &Realm) -> Value {
    let kinds: Vec<_> = realm.kinds().iter().map(|kind| kind.name.as_str()).collect();
    let scopes = realm.scope_names(realm.scope_set(["read", "write"]).unwrap());
    json!({
        "realm": realm.reference().number(), "name": realm.name(), "kinds": kinds,
        "scopes": scopes,
    })
}

fn changed(changed: &Changed) -> Value {
    match changed {
        Changed::Swept(key) => json!({ "swept": key.to_string() }),
        other => json!(format!("{other:?}").split('(').next().unwrap()),
    }
}

/// All that is in `store`.
pub fn of(store: &Store) -> String {
    let stats = store.stats().unwrap();
    let mut lines = vec![json!({
        "store_id": stats.store_id, "seq": stats.seq, "keys": stats.keys, "owners": stats.owners,
        "realms": stats.realms, "peppered": stats.peppered,
        "anchor": store.anchor().unwrap().to_string(),
    })];
    for of in store.realms() {
        lines.push(realm(&of));
        let owners = store.owners(of.reference(), None, 100).unwrap();
        lines.extend(owners.iter().map(owner));
    }
    let page = store.list(&Filter::new(), None, 1_000).unwrap();
    lines.extend(page.keys.iter().map(key));
    for id in OPERATIONS {
        if let Ok(done) = store.operation(id) {
            let key = done.key.map(|key| key.to_string());
            let at = done.at.as_ms();
            lines.push(json!({ "operation": done.id, "seq": done.seq, "at": at, "key": key }));
        }
    }
    if let Changes::Since(commits) = store.changes(store.feed().unwrap().oldest, 1_000).unwrap() {
        for commit in commits {
            let ops: Vec<_> = commit.changed.iter().map(changed).collect();
            lines.push(json!({ "seq": commit.seq, "changed": ops }));
        }
    }
    lines.extend(store.audit(0, 1_000).unwrap().iter().map(entry));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What becomes of each token of `tokens`, after it on its line.
pub fn verdicts(store: &Store, tokens: &str) -> String {
    let verdict = |line: &str| {
        let token = line.split(' ').next().unwrap();
        let realms = store.realms();
        let of = |realm: &Realm| match store.verify(
            realm.reference(),
            token.as_bytes(),
            &Request::new(),
        ) {
            Ok(grant) => format!("{} {:?}", realm.name(), realm.scope_names(grant.scopes)),
            Err(error) => format!("{} {}", realm.name(), error.denial().unwrap().reason.name()),
        };
        let verdicts: Vec<_> = realms.iter().map(|realm| of(realm)).collect();
        format!("{token} {}\n", verdicts.join(", "))
    };
    tokens.lines().map(verdict).collect()
}
