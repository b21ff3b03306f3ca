//! What is shown of a decision.

use keycask::{
    Check, Credits, Denial, Description, Explanation, Grant, Rate, Realm, Reason, Refusal, ScopeSet,
};
use serde_json::{Value, json};

use super::{key_id, time};
use crate::output::Fields;

/// The code of a grant, where a denial has its reason.
pub(super) const GRANTED: &str = "ok";

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
        .with("credits", grant.credits.map(|credits| credits_value(&credits)))
}

/// A denial in `realm`, and what its reason says.
pub(crate) fn denial(realm: &Realm, denial: &Denial) -> Fields {
    let fields = refused(denial.reason.name()).with("key_id", key_id(denial.key));
    match &denial.reason {
        Reason::Malformed(malformed) => {
            fields.with("malformed", malformed.name()).with("detail", malformed.to_string())
        }
        Reason::Scope { required, present } => {
            fields.and(scopes(realm, *required, *present, required.difference(*present)))
        }
        Reason::RateLimited { rate, retry_ms } => {
            fields.and(retry(*retry_ms)).with("rate", rate_value(rate))
        }
        Reason::QuotaExhausted { credits, retry_ms } => {
            fields.and(retry(*retry_ms)).with("credits", credits_value(credits))
        }
        _ => fields,
    }
}

/// When to try again; nothing if that is of no use, as with a quota that is never refilled.
fn retry(retry_ms: u64) -> Fields {
    match retry_ms {
        u64::MAX => Fields::new(),
        _ => Fields::new().with("retry_ms", retry_ms),
    }
}

/// Why a presented request was refused.
pub(crate) fn refusal(realm: &Realm, refusal: &Refusal) -> Fields {
    match refusal {
        Refusal::Denied(because) => denial(realm, because),
        Refusal::Unpresented(why) => refused(why.name()).with("detail", why.to_string()),
        _ => refused("other"),
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

/// One check of an explanation; `passed` is null if it was not reached.
pub(crate) fn check(check: &Check) -> Fields {
    Fields::new()
        .with("name", check.name)
        .with("passed", check.passed)
        .with("detail", check.detail.as_str())
}

fn scopes(realm: &Realm, required: ScopeSet, present: ScopeSet, missing: ScopeSet) -> Fields {
    Fields::new()
        .with("required", realm.scope_names(required))
        .with("present", realm.scope_names(present))
        .with("missing", realm.scope_names(missing))
}

fn credits_value(credits: &Credits) -> Value {
    json!({
        "limit": credits.limit,
        "remaining": credits.remaining,
        "reset": time(credits.reset),
    })
}

fn rate_value(rate: &Rate) -> Value {
    json!({
        "limit": rate.limit,
        "remaining": rate.remaining,
        "reset": time(rate.reset),
        "period_ms": rate.period_ms,
    })
}
