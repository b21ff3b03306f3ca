//! What an outsider is answered: a verdict, rendered with the templates of its realm.
//!
//! Pure: no clock, no state. Reasons are for the caller of the engine; from here only the
//! outcome goes out, and of a refused scope its name.

use crate::realm::{Outcome, Placeholder, Realm, TextTemplate, Value, is_header_value};
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token::Unpresented;
use crate::verdict::{Credits, Denial, Grant, Rate, Reason, Refusal};

/// An HTTP answer. For a grant it holds the headers that the application's own answer gets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// 200 for a grant, else 400 to 599.
    pub status: u16,
    /// Names and values, in order. Values are visible ASCII, spaces and tabs.
    pub headers: Vec<(String, String)>,
    /// JSON, or empty.
    pub body: Vec<u8>,
}

/// What an answer says of its request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub method: &'a str,
    /// Empty if the caller gives requests no id.
    pub request_id: &'a str,
    /// The time of the decision.
    pub now: Timestamp,
}

/// Renders `verdict` as `realm` words it.
pub(crate) fn render(
    realm: &Realm,
    verdict: Result<&Grant, &Refusal>,
    facts: &Facts<'_>,
) -> Answer {
    let view = View { realm, verdict, facts };
    let template = realm.answers().of(view.outcome());
    let value = |placeholder| view.value(placeholder);
    // A value from the request must not end the header early or begin another.
    let header = |(name, text): &(String, TextTemplate)| {
        let text = text.render(&value).filter(|text| is_header_value(text))?;
        Some((name.clone(), text))
    };
    Answer {
        status: template.status,
        headers: template.headers.iter().filter_map(header).collect(),
        body: template
            .body
            .as_ref()
            .map(|body| body.render(&value).into_bytes())
            .unwrap_or_default(),
    }
}

struct View<'a> {
    realm: &'a Realm,
    verdict: Result<&'a Grant, &'a Refusal>,
    facts: &'a Facts<'a>,
}

impl<'a> View<'a> {
    fn outcome(&self) -> Outcome {
        let reason = match self.verdict {
            Ok(_) => return Outcome::Granted,
            Err(Refusal::Unpresented(Unpresented::Repeated)) => return Outcome::Conflict,
            Err(Refusal::Unpresented(_)) => return Outcome::Unauthorized,
            Err(Refusal::Denied(Denial { reason, .. })) => reason,
        };
        match reason {
            Reason::Scope { .. } => Outcome::Forbidden,
            Reason::RateLimited { .. } | Reason::QuotaExhausted { .. } => Outcome::Limited,
            Reason::Expired if self.realm.policy().tell_expired => Outcome::Expired,
            // The holder of a stolen key learns nothing from where and when it is refused.
            Reason::Malformed(_)
            | Reason::Unknown
            | Reason::Revoked
            | Reason::Suspended
            | Reason::OwnerSuspended
            | Reason::NotYetValid
            | Reason::Expired
            | Reason::Idle
            | Reason::Network => Outcome::Unauthorized,
        }
    }

    fn value(&self, placeholder: Placeholder) -> Value<'a> {
        match placeholder {
            Placeholder::RequestId => filled(self.facts.request_id),
            Placeholder::Realm => filled(self.realm.name()),
            Placeholder::Method => filled(self.facts.method),
            Placeholder::Required => self.joined(|(required, _)| required),
            Placeholder::RequiredList => self.listed(|(required, _)| required),
            Placeholder::Present => self.listed(|(_, present)| present),
            Placeholder::Missing => self.joined(missing),
            Placeholder::MissingList => self.listed(missing),
            Placeholder::Limit => self.of_rate(|rate| Value::Number(rate.limit.into())),
            Placeholder::Remaining => self.of_rate(|rate| Value::Number(rate.remaining.into())),
            Placeholder::Reset => self.of_rate(|rate| seconds(rate.reset)),
            Placeholder::RetryAfter => self.retry_after(),
            Placeholder::Policy => self.of_rate(|rate| Value::Text(policy(rate).into())),
            Placeholder::RateLimit => {
                self.of_rate(|rate| Value::Text(self.rate_limit(rate).into()))
            }
            Placeholder::QuotaLimit => self.of_credits(|credits| Value::Number(credits.limit)),
            Placeholder::QuotaRemaining => {
                self.of_credits(|credits| Value::Number(credits.remaining))
            }
            Placeholder::QuotaReset => self.of_credits(|credits| match credits.reset {
                Timestamp::NEVER => Value::Absent,
                reset => seconds(reset),
            }),
            Placeholder::Challenge => Value::Text(self.challenge().into()),
        }
    }

    /// What the request needs and what the key has, if scopes decided.
    fn scopes(&self) -> Option<(ScopeSet, ScopeSet)> {
        match self.verdict {
            Err(Refusal::Denied(Denial {
                reason: Reason::Scope { required, present }, ..
            })) => Some((*required, *present)),
            _ => None,
        }
    }

    fn listed(&self, pick: impl Fn((ScopeSet, ScopeSet)) -> ScopeSet) -> Value<'a> {
        match self.scopes() {
            Some(scopes) => Value::List(self.realm.scope_names(pick(scopes))),
            None => Value::Absent,
        }
    }

    fn joined(&self, pick: impl Fn((ScopeSet, ScopeSet)) -> ScopeSet) -> Value<'a> {
        match self.listed(pick) {
            Value::List(names) if !names.is_empty() => Value::Text(names.join(" ").into()),
            _ => Value::Absent,
        }
    }

    fn rate(&self) -> Option<&'a Rate> {
        match self.verdict {
            Ok(grant) => grant.rate.as_ref(),
            Err(Refusal::Denied(Denial { reason: Reason::RateLimited { rate, .. }, .. })) => {
                Some(rate)
            }
            Err(_) => None,
        }
    }

    fn of_rate(&self, value: impl Fn(&Rate) -> Value<'a>) -> Value<'a> {
        self.rate().map_or(Value::Absent, value)
    }

    fn of_credits(&self, value: impl Fn(&Credits) -> Value<'a>) -> Value<'a> {
        let credits = match self.verdict {
            Ok(grant) => grant.credits.as_ref(),
            Err(Refusal::Denied(Denial {
                reason: Reason::QuotaExhausted { credits, .. }, ..
            })) => Some(credits),
            Err(_) => None,
        };
        credits.map_or(Value::Absent, value)
    }

    fn retry_after(&self) -> Value<'a> {
        match self.verdict {
            Err(Refusal::Denied(Denial {
                reason:
                    Reason::RateLimited { retry_ms, .. } | Reason::QuotaExhausted { retry_ms, .. },
                ..
            })) if *retry_ms < u64::MAX => Value::Number(retry_ms.div_ceil(1000).max(1)),
            _ => Value::Absent,
        }
    }

    /// The value of a `RateLimit` header.
    fn rate_limit(&self, rate: &Rate) -> String {
        let left = rate.reset.since(self.facts.now).as_millis().div_ceil(1000);
        format!("{};r={};t={left}", policy_name(rate), rate.remaining)
    }

    /// The value of a `WWW-Authenticate` header, RFC 6750 section 3: no error code for a
    /// request that carries no credential of the realm's scheme, nor for a key that is over a
    /// limit, since a client discards one that is told to be invalid.
    fn challenge(&self) -> String {
        let (scheme, realm) = (self.realm.challenge_scheme(), quoted(self.realm.name()));
        let error = match self.verdict {
            Ok(_) => None,
            Err(Refusal::Unpresented(why)) => match why {
                Unpresented::Missing | Unpresented::WrongHeader | Unpresented::WrongScheme => None,
                Unpresented::Repeated => Some("invalid_request"),
                Unpresented::Empty | Unpresented::Spaces | Unpresented::NotAscii => {
                    Some("invalid_token")
                }
            },
            Err(Refusal::Denied(_)) if self.scopes().is_some() => Some("insufficient_scope"),
            Err(Refusal::Denied(Denial {
                reason: Reason::RateLimited { .. } | Reason::QuotaExhausted { .. },
                ..
            })) => None,
            Err(Refusal::Denied(_)) => Some("invalid_token"),
        };
        let mut challenge = format!("{scheme} realm={realm}");
        if let Some(error) = error {
            challenge.push_str(", error=");
            challenge.push_str(&quoted(error));
        }
        if let Value::Text(names) = self.value(Placeholder::Required) {
            challenge.push_str(", scope=");
            challenge.push_str(&quoted(&names));
        }
        challenge
    }
}

fn filled(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Absent } else { Value::Text(text.into()) }
}

fn missing((required, present): (ScopeSet, ScopeSet)) -> ScopeSet {
    required.difference(present)
}

fn seconds(at: Timestamp) -> Value<'static> {
    Value::Number(u64::try_from(at.as_secs_ceil()).unwrap_or(0))
}

/// The name of a window in the `RateLimit` headers: its limit and its period in seconds.
fn policy_name(rate: &Rate) -> String {
    quoted(&format!("{}-{}", rate.limit, rate.period_ms.div_ceil(1000)))
}

/// The value of a `RateLimit-Policy` header.
fn policy(rate: &Rate) -> String {
    let (limit, window) = (rate.limit, rate.period_ms.div_ceil(1000));
    format!("{};q={limit};w={window}", policy_name(rate))
}

/// `text` as a quoted-string of RFC 9110 section 5.6.4.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
