//! What is shown of keys, owners, realms and decisions: the names of their fields.
//!
//! Instants are RFC 3339 in UTC, or `never`; what is not there is null. No field holds a
//! token or a digest.

use keycask::{
    AuditEntry, Denial, Description, Explanation, Grant, KeyId, KeyInfo, Malformed, OwnerInfo,
    Rate, Realm, RealmChange, Reason, Refusal, Result, ScopeSet, Stats, Store, Timestamp,
};
use serde_json::{Value, json};

use crate::output::Fields;

/// The code of a grant, where a denial has its reason.
const GRANTED: &str = "ok";

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
        .with("issued", time(key.issued))
        .with("start", time(key.start))
        .with("end", time(key.end))
        .with("changed", time(key.changed))
        .with("reason", key.reason.as_str())
        .with("last_used", key.last_used.map(time))
        .with("rotation_due", key.rotation_due.map(time))
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

/// A grant and the text behind it.
pub(crate) fn grant(grant: &Grant, text: &Description) -> Fields {
    Fields::new()
        .with("granted", true)
        .with("code", GRANTED)
        .with("key_id", text.key_id.to_string())
        .with("realm", text.realm.as_str())
        .with("owner", text.owner.as_str())
        .with("plan", text.plan.as_deref())
        .with("kind", text.kind.as_str())
        .with("environment", text.environment.as_str())
        .with("prefix", text.prefix.as_str())
        .with("scopes", text.scopes.as_slice())
        .with("end", time(text.end))
        .with("in_grace", text.in_grace)
        .with("rate", grant.rate.map(|rate| rate_value(&rate)))
}

/// A denial in `realm`, and what its reason says.
pub(crate) fn denial(realm: &Realm, denial: &Denial) -> Fields {
    let fields = refused(denial.reason.name()).with("key_id", key_id(denial.key));
    match &denial.reason {
        Reason::Malformed(malformed) => fields
            .with("malformed", malformed_name(malformed))
            .with("detail", malformed.to_string()),
        Reason::Scope { required, present } => {
            fields.and(scopes(realm, *required, *present, required.difference(*present)))
        }
        Reason::RateLimited { rate, retry_ms } => {
            fields.with("retry_ms", *retry_ms).with("rate", rate_value(rate))
        }
        _ => fields,
    }
}

/// Why a presented request was refused.
pub(crate) fn refusal(realm: &Realm, refusal: &Refusal) -> Fields {
    match refusal {
        Refusal::Denied(refused) => denial(realm, refused),
        Refusal::Unpresented(why) => refused(why.name()).with("detail", why.to_string()),
    }
}

/// A refusal with this code.
pub(crate) fn refused(code: &str) -> Fields {
    Fields::new().with("granted", false).with("code", code)
}

/// What an explanation found beside its checks.
pub(crate) fn explanation(realm: &Realm, found: &Explanation) -> Fields {
    let refused_by = found.refused_by();
    let key = found.key.as_ref();
    Fields::new()
        .with("granted", refused_by.is_none())
        .with("code", refused_by.unwrap_or(GRANTED))
        .with("key_id", key_id(key.map(|key| key.key_id)))
        .with("owner", key.map(|key| key.owner.as_str()))
        .and(scopes(realm, found.required, found.present, found.missing))
}

fn scopes(realm: &Realm, required: ScopeSet, present: ScopeSet, missing: ScopeSet) -> Fields {
    Fields::new()
        .with("required", realm.scope_names(required))
        .with("present", realm.scope_names(present))
        .with("missing", realm.scope_names(missing))
}

const fn malformed_name(malformed: &Malformed) -> &'static str {
    match malformed {
        Malformed::Prefix => "prefix",
        Malformed::Length { .. } => "length",
        Malformed::Character { .. } => "character",
        Malformed::Checksum => "checksum",
        _ => "other",
    }
}

fn rate_value(rate: &Rate) -> Value {
    json!({
        "limit": rate.limit,
        "remaining": rate.remaining,
        "reset": time(rate.reset),
        "period_ms": rate.period_ms,
    })
}

/// An entry of the audit trail.
pub(crate) fn audit(entry: &AuditEntry) -> Fields {
    Fields::new()
        .with("number", entry.number)
        .with("seq", entry.seq)
        .with("at", time(entry.at))
        .with("actor", entry.actor.as_str())
        .with("event", entry.event.name())
        .with("realm", entry.realm.as_deref())
        .with("key_id", key_id(entry.key))
        .with("owner", entry.owner.as_deref())
        .with("reason", entry.reason.as_str())
        .with("before", entry.before.clone())
        .with("after", entry.after.clone())
}

/// The figures of a store.
pub(crate) fn stats(stats: &Stats) -> Fields {
    let store_id: String = stats.store_id.iter().map(|byte| format!("{byte:02x}")).collect();
    Fields::new()
        .with("store_id", store_id)
        .with("seq", stats.seq)
        .with("realms", stats.realms)
        .with("owners", stats.owners)
        .with("keys", stats.keys)
        .with("index_bytes", stats.index_bytes)
        .with("peppered", stats.peppered)
}

/// A realm as its profile describes it.
pub(crate) fn realm(realm: &Realm) -> Fields {
    let names = |iter: &mut dyn Iterator<Item = &str>| json!(iter.collect::<Vec<_>>());
    Fields::new()
        .with("realm", realm.name())
        .with("title", realm.title())
        .with("kinds", names(&mut realm.kinds().iter().map(|kind| kind.name.as_str())))
        .with("scopes", names(&mut realm.scopes().iter().map(|scope| scope.name.as_str())))
        .with("sets", names(&mut realm.sets().iter().map(|set| set.name.as_str())))
        .with("plans", names(&mut realm.plans().iter().map(|plan| plan.name.as_str())))
}

/// What applying a profile changes.
pub(crate) fn change(change: &RealmChange) -> Fields {
    let kind = |kind: &keycask::KindChange| {
        json!({
            "name": kind.name,
            "fields": kind.fields,
            "reshaped": kind.reshaped,
            "rights": kind.rights.map(keycask::Effect::name),
        })
    };
    let scope = |scope: &keycask::ScopeChange| {
        json!({
            "name": scope.name,
            "implies_gained": scope.implies_gained,
            "implies_lost": scope.implies_lost,
            "methods_gained": scope.methods_gained,
            "methods_lost": scope.methods_lost,
        })
    };
    Fields::new()
        .with("realm", change.realm.as_str())
        .with("changed", !change.is_empty())
        .with("created", change.created)
        .with("widens", change.widens())
        .with("narrows", change.narrows())
        .with("kinds_added", change.kinds_added.as_slice())
        .with("kinds_removed", change.kinds_removed.as_slice())
        .with("kinds_changed", change.kinds_changed.iter().map(kind).collect::<Vec<_>>())
        .with("scopes_added", change.scopes_added.as_slice())
        .with("scopes_removed", change.scopes_removed.as_slice())
        .with("scopes_changed", change.scopes_changed.iter().map(scope).collect::<Vec<_>>())
        .with("plans_added", change.plans_added.as_slice())
        .with("plans_removed", change.plans_removed.as_slice())
        .with("plans_changed", change.plans_changed.as_slice())
        .with("sections", change.sections.as_slice())
}
