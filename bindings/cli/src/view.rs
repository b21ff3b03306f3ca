//! What is shown of keys, owners, realms and decisions: the names of their fields.
//!
//! Instants are RFC 3339 in UTC, or `never`; what is not there is null. No field holds a
//! token or a digest.

mod decision;
mod leak;
mod realm;

use keycask::{
    Anchor, AuditEntry, Backup, KeyId, KeyInfo, KindCount, Operation, OwnerInfo, Realm, Restored,
    Result, Stats, Store, Timestamp,
};
use serde_json::{Value, json};

use crate::output::Fields;
use crate::when::span;

pub(crate) use decision::{check, denial, explanation, grant, refusal, refused};
pub(crate) use leak::leak;
pub(crate) use realm::{change, kinds, plans, policy, profile, realm, scopes, sets};

fn time(at: Timestamp) -> Value {
    json!(at.to_string())
}

fn key_id(key: Option<KeyId>) -> Value {
    json!(key.map(|key| key.to_string()))
}

/// A key as it may be listed. `store` knows its realm's name.
pub(crate) fn key(store: &Store, key: &KeyInfo) -> Result<Fields> {
    let realm = store.profile(key.realm)?;
    Ok(Fields::new()
        .with("key_id", key.key_id.to_string())
        .with("realm", realm.name())
        .with("kind", key.kind_name.as_str())
        .with("environment", key.environment.as_str())
        .with("owner", key.owner.as_str())
        .with("name", key.name.as_str())
        .with("state", key.state.name())
        .with("cause", key.cause.name())
        .with("expired", key.expired)
        .with("in_grace", key.in_grace)
        .with("scopes", key.scopes.as_slice())
        .with("hint", key.hint())
        .with("prefix", key.prefix.as_str())
        .with("last_four", key.last_four.as_str())
        .with("imported", key.imported)
        .with("scheme", key.scheme.as_ref().map(ToString::to_string))
        .with("issued", time(key.issued))
        .with("start", time(key.start))
        .with("end", time(key.end))
        .with("changed", time(key.changed))
        .with("reason", key.reason.as_str())
        .with("last_used", key.last_used.map(time))
        .with("idle_at", key.idle_at.map(time))
        .with("idle", key.idle.map(span))
        .with("networks", key.networks.iter().map(ToString::to_string).collect::<Vec<_>>())
        .with("rotation_due", key.rotation_due.map(time))
        .with("quota", key.quota.map(|quota| quota.quota.to_string()))
        .with("credits", key.quota.map(|quota| quota.remaining))
        .with("credits_reset", key.quota.map(|quota| time(quota.reset)))
        .with("lineage", key.lineage.to_string())
        .with("generation", key.generation)
        .with("predecessor", key_id(key.predecessor))
        .with("successor", key_id(key.successor))
        .with("metadata", key.metadata.as_str()))
}

/// An owner, of `realm`.
pub(crate) fn owner(realm: &Realm, owner: &OwnerInfo) -> Fields {
    Fields::new()
        .with("realm", realm.name())
        .with("owner", owner.id.as_str())
        .with("plan", owner.plan.as_deref())
        .with("suspended", owner.suspended)
        .with("direct", owner.direct.as_slice())
        .with("group", owner.group.as_slice())
}

/// An entry of the audit trail.
pub(crate) fn audit(entry: &AuditEntry) -> Fields {
    Fields::from(entry.members())
}

/// An operation that was done.
pub(crate) fn operation(operation: &Operation) -> Fields {
    Fields::new()
        .with("operation", operation.id.as_str())
        .with("seq", operation.seq)
        .with("at", time(operation.at))
        .with("key_id", key_id(operation.key))
}

/// Where a store stands.
pub(crate) fn anchor(anchor: &Anchor) -> Fields {
    Fields::new()
        .with("anchor", anchor.to_string())
        .with("seq", anchor.seq)
        .with("store_id", hex(&anchor.store_id))
        .with("digest", hex(&anchor.digest))
}

/// A backup that was made.
pub(crate) fn backup(made: &Backup) -> Fields {
    Fields::new()
        .with("anchor", made.anchor.to_string())
        .with("seq", made.anchor.seq)
        .with("keys", made.keys)
        .with("bytes", made.bytes)
}

/// A store that was restored.
pub(crate) fn restored(restored: &Restored) -> Fields {
    let denied = restored.denied.iter().map(ToString::to_string).collect::<Vec<_>>();
    Fields::new()
        .with("store_id", hex(&restored.store_id))
        .with("backup", restored.backup.to_string())
        .with("missing", restored.missing)
        .with("last_change", restored.last_change.map(time))
        .with("last_entry", restored.last_entry)
        .with("denied", denied)
        .with("denied_owners", restored.denied_owners.as_slice())
        .with("unreadable", restored.unreadable)
        .with("keys", restored.keys)
        .with("bytes", restored.bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The figures of a store.
pub(crate) fn stats(stats: &Stats) -> Fields {
    Fields::new()
        .with("store_id", hex(&stats.store_id))
        .with("seq", stats.seq)
        .with("realms", stats.realms)
        .with("owners", stats.owners)
        .with("keys", stats.keys)
        .with("log_commits", stats.log_commits)
        .with("audit_entries", stats.audit_entries)
        .with("audit_last", stats.audit_last)
        .with("index_bytes", stats.index_bytes)
        .with("index_huge_bytes", stats.index_huge_bytes)
        .with("peppered", stats.peppered)
        .with("unconfirmed", stats.unconfirmed)
}

/// How many keys of a kind there are.
pub(crate) fn kind_count(realm: &Realm, count: &KindCount) -> Fields {
    Fields::new()
        .with("realm", realm.name())
        .with("kind", count.kind_name.as_str())
        .with("active", count.active)
        .with("suspended", count.suspended)
        .with("revoked", count.revoked)
        .with("expired", count.expired)
}
