//! Explain a decision: every check with its verdict.

use std::net::IpAddr;

use super::Store;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::info::{Check, Explanation, KeyInfo, KeyQuota};
use crate::policy::{Required, Step, survey};
use crate::realm::Realm;
use crate::request::Request;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::verdict::Reason;

use super::find::{Found, Known, Text};

impl Store {
    /// What [`verify`](Self::verify) would decide, or with a method
    /// [`present`](Self::present), and every check on the way, passed or not.
    ///
    /// For people who look into a refusal. It charges nothing and marks nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such realm; `Io` or `Corrupt` if the file cannot be read.
    pub fn explain(
        &self,
        realm: RealmRef,
        token: &[u8],
        method: Option<&str>,
        request: &Request,
    ) -> Result<Explanation> {
        self.storage.at_home()?;
        let realms = self.realms.load();
        let bound = realms.get(realm)?;
        let text = Text { bound, ways: self.routes.load(), token };
        let realm = &*bound.realm;
        let needs = bound.required(request.required, method);
        let required = match needs {
            Required::Scopes(scopes) => scopes,
            Required::Impossible => request.required,
        };
        let mut explanation = Explanation {
            checks: Vec::new(),
            key: None,
            required,
            present: ScopeSet::empty(),
            missing: required,
        };
        let parsed = realm.grammar().parse(token);
        let recognised = self.recognise(text).is_ok();
        let detail = match &parsed {
            Ok(_) => "shaped like a token of the realm".to_owned(),
            Err(malformed) if recognised => {
                format!("may be a token that was imported: {malformed}")
            }
            Err(malformed) => malformed.to_string(),
        };
        explanation.checks.push(check("malformed", Some(recognised), detail));
        let known = self.look_up(text, request).ok().map(|(_, known)| known);
        let is_known = recognised.then_some(known.is_some());
        let detail = match is_known {
            Some(true) => "a key of this realm and of an accepted kind".to_owned(),
            Some(false) => "no key of this realm and of an accepted kind".to_owned(),
            None => String::new(),
        };
        explanation.checks.push(check("unknown", is_known, detail));
        let Some(found) = known.as_ref().map(Known::found) else {
            let charges = ["rate_limited", "quota_exhausted"];
            let rest = Step::ORDER.map(Step::name).into_iter().chain(charges);
            explanation.checks.extend(rest.map(|name| check(name, None, String::new())));
            return Ok(explanation);
        };
        let now = request.at.unwrap_or_else(|| self.mark.now());
        explanation.key = Some(self.key(found.entry.key_id)?);
        explanation.present = found.facts().scopes();
        explanation.missing = required.difference(explanation.present);
        for (step, reason) in survey(&found.facts(), needs, now) {
            let found = finding(step, realm, &found, needs, request.address, now);
            explanation.checks.push(check(step.name(), Some(reason.is_none()), found));
        }
        let charge = self.peek(realm, &found, request, now);
        let detail = match charge {
            Ok(None) => "no rate applies".to_owned(),
            Ok(Some(rate)) => format!("{} of {} would remain", rate.remaining, rate.limit),
            Err(Reason::RateLimited { retry_ms, .. }) => format!("admits again in {retry_ms} ms"),
            Err(_) => String::new(),
        };
        explanation.checks.push(check("rate_limited", Some(charge.is_ok()), detail));
        explanation.checks.push(self.weigh(explanation.key.as_ref(), request));
        Ok(explanation)
    }

    /// Whether the quota of a key has as many credits as a request costs.
    fn weigh(&self, key: Option<&KeyInfo>, request: &Request) -> Check {
        let name = "quota_exhausted";
        let Some(KeyQuota { quota, remaining, reset }) = key.and_then(|key| key.quota) else {
            return check(name, Some(true), "the key has no quota".to_owned());
        };
        match remaining.checked_sub(request.cost.into()) {
            Some(left) => {
                let would = format!("{left} of {} credits would remain", quota.limit());
                check(name, Some(true), would)
            }
            None => {
                let left = format!("{remaining} credits are left, which are refilled: {reset}");
                check(name, Some(false), left)
            }
        }
    }
}

fn check(name: &'static str, passed: Option<bool>, detail: String) -> Check {
    Check { name, passed, detail }
}

/// What a step found, for people.
fn finding(
    step: Step,
    realm: &Realm,
    found: &Found<'_>,
    needs: Required,
    address: Option<IpAddr>,
    now: Timestamp,
) -> String {
    let entry = &found.entry;
    match step {
        Step::Revoked | Step::Suspended => format!("the key is {}", entry.state.name()),
        Step::OwnerSuspended => match found.owner {
            Some(owner) if owner.suspended => "the owner is suspended".to_owned(),
            _ => "the owner is not suspended".to_owned(),
        },
        Step::NotYetValid => match found.side {
            Some(side) if side.start > now => format!("starts at {}, it is {now}", side.start),
            _ => "has started".to_owned(),
        },
        Step::Expired => format!("ends at {}, it is {now}", entry.end),
        Step::Idle => match found.side.map(|side| side.idle_at) {
            Some(at) if at != Timestamp::NEVER => format!("idle from {at} on, it is {now}"),
            _ => "may stay unused".to_owned(),
        },
        Step::Network => match (found.side, address) {
            (Some(side), Some(address)) if side.outside => {
                format!("{address} is in none of the key's networks")
            }
            (Some(side), None) if side.outside => {
                "the key has networks, and no address was given".to_owned()
            }
            _ => "may be used from there".to_owned(),
        },
        Step::Scope => {
            let present = found.facts().scopes();
            let list = |set| match realm.scope_names(set) {
                names if names.is_empty() => "none".to_owned(),
                names => names.join(" "),
            };
            let Required::Scopes(required) = needs else {
                return "no scope of the realm permits the method".to_owned();
            };
            let missing = required.difference(present);
            format!(
                "required {}; present {}; missing {}",
                list(required),
                list(present),
                list(missing)
            )
        }
    }
}
