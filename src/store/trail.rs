//! What the audit trail says of a change: the fields that matter, before and after.

use serde_json::{Map, Value, json};

use crate::actor::Actor;
use crate::audit::{AuditEntry, Event, REISSUED_AS, REVOKED_PREDECESSOR, SUCCESSOR};
use crate::info::KeyQuota;
use crate::key_id::KeyId;
use crate::realm::{self, Realm, RealmChange};
use crate::record::{KeyRecord, OwnerRecord};
use crate::span::span_text;
use crate::time::Timestamp;

/// The facts of one thing, by the names under which they are listed.
pub(super) type Facts = Map<String, Value>;

/// An entry of the trail about `event`, as `by` asked for it at `at`.
pub(super) fn entry(event: Event, by: &Actor, at: Timestamp) -> AuditEntry {
    let mut entry = AuditEntry::new(event, at, by.name());
    entry.reason = by.reason().to_owned();
    entry.operation = by.operation_id().unwrap_or_default().to_owned();
    entry
}

/// An entry of the trail about a key of the owner `owner`.
pub(super) fn key_entry(
    event: Event,
    by: &Actor,
    at: Timestamp,
    realm: &Realm,
    key: KeyId,
    owner: &str,
) -> AuditEntry {
    let mut entry = entry(event, by, at);
    entry.realm = Some(realm.name().to_owned());
    entry.key = Some(key);
    entry.owner = Some(owner.to_owned());
    entry
}

/// What a key is, for the trail.
pub(super) fn key_facts(realm: &Realm, record: &KeyRecord) -> Facts {
    let mut facts = facts(json!({
        "kind": realm.kind_name(record.kind),
        "state": record.state.name(),
        "scopes": realm.scope_names(record.scopes),
        "start": record.start.to_string(),
        "end": record.end.to_string(),
        "name": record.name,
        "metadata": record.metadata,
    }));
    if let Some(networks) = &record.parts.networks {
        let networks: Vec<_> = networks.as_slice().iter().map(ToString::to_string).collect();
        facts.insert("networks".to_owned(), networks.into());
    }
    if let Some(idle) = record.parts.idle {
        let span = span_text(idle.span);
        facts.insert("idle".to_owned(), span.into());
        facts.insert("idle_since".to_owned(), idle.since.to_string().into());
    }
    if let Some(quota) = record.parts.quota {
        facts.insert("quota".to_owned(), quota.to_string().into());
    }
    facts
}

/// The facts of `record` that differ from those of `other`; null for what only `other` has.
pub(super) fn key_changes(realm: &Realm, record: &KeyRecord, other: &KeyRecord) -> Facts {
    let (mut facts, others) = (key_facts(realm, record), key_facts(realm, other));
    for (name, other) in others {
        match facts.get(&name) {
            Some(fact) if *fact == other => drop(facts.remove(&name)),
            Some(_) => {}
            None => drop(facts.insert(name, Value::Null)),
        }
    }
    facts
}

/// An entry of the trail about a change of a key of the owner `owner`, with what differs.
pub(super) fn key_change(
    event: Event,
    by: &Actor,
    at: Timestamp,
    realm: &Realm,
    before: &KeyRecord,
    after: &KeyRecord,
    owner: &str,
) -> AuditEntry {
    let mut entry = key_entry(event, by, at, realm, after.key_id, owner);
    entry.before = key_changes(realm, before, after);
    entry.after = key_changes(realm, after, before);
    entry
}

/// Puts into `entry` how many credits there were, and are after a change of them.
pub(super) fn credit_changes(
    entry: &mut AuditEntry,
    before: Option<KeyQuota>,
    after: Option<KeyQuota>,
) {
    let sides = [(&mut entry.before, before), (&mut entry.after, after)];
    for (facts, quota) in sides {
        if let Some(quota) = quota {
            facts.insert("credits".to_owned(), quota.remaining.into());
        }
    }
}

/// What became of a lineage in a rotation: of the old key, its successor, and a predecessor
/// of the old key that was revoked with it.
pub(super) fn rotation_facts(
    realm: &Realm,
    old: &KeyRecord,
    new: &KeyRecord,
    ended: Option<&KeyRecord>,
) -> Facts {
    let mut facts = facts(json!({
        "state": old.state.name(),
        "end": old.end.to_string(),
        (SUCCESSOR): new.key_id.to_string(),
        "successor_end": new.end.to_string(),
        "scopes": realm.scope_names(new.scopes),
    }));
    if let Some(ended) = ended {
        facts.insert(REVOKED_PREDECESSOR.to_owned(), ended.key_id.to_string().into());
    }
    facts
}

/// What became of a key whose token was lost, and which key is in its place.
pub(super) fn reissue_facts(realm: &Realm, lost: &KeyRecord, new: &KeyRecord) -> Facts {
    let mut facts = facts(json!({ "state": lost.state.name() }));
    facts.insert(REISSUED_AS.to_owned(), new.key_id.to_string().into());
    facts.insert("scopes".to_owned(), realm.scope_names(new.scopes).into());
    facts
}

/// What an owner is, for the trail.
pub(super) fn owner_facts(realm: &Realm, record: &OwnerRecord) -> Facts {
    facts(json!({
        "plan": record.plan,
        "suspended": record.suspended,
        "direct": realm.scope_names(record.direct),
        "group": realm.scope_names(record.group),
    }))
}

/// What a profile changed about its realm, for the trail: before and after. `old` and `new` are
/// the texts; the old one is empty if the realm is new.
pub(super) fn realm_facts(change: &RealmChange, old: &str, new: &str) -> [Facts; 2] {
    let (was, is) = (realm::fields(old), realm::fields(new));
    let before = facts(json!({ "fields": realm::differing(&was, &is) }));
    let after = facts(json!({
        "created": change.created,
        "changes": change.to_string().lines().collect::<Vec<_>>(),
        "fields": realm::differing(&is, &was),
    }));
    [if change.created { Facts::new() } else { before }, after]
}

/// The members of a JSON object.
pub(super) fn facts(value: Value) -> Facts {
    match value {
        Value::Object(facts) => facts,
        _ => Facts::new(),
    }
}
