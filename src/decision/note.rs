//! A decision as seven words.
//!
//! ```text
//! word name
//!    0 at       milliseconds
//!    1 key id
//!    2 marks    outcome (bits 0-7), has a key (8), has an address (9), it is of IPv6 (10),
//!               has a realm's number (16-31), a pattern (32-39)
//!  3-4 address  as a number, low word first
//!  5-6 scopes   of a grant those that were needed, of a denial those that were missing; low word
//!               first
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Decision;
use crate::halves::{halves, whole};
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::verdict::{GRANTED, Grant, OUTCOMES, Reason, Refusal, UNPRESENTED};

/// What is told of a number that is no outcome's.
const OTHER: &str = "other";

const KEY: u64 = 1 << 8;
const ADDRESS: u64 = 1 << 9;
const IPV6: u64 = 1 << 10;

/// The words of one decision.
pub(crate) type Words = [u64; 7];

/// A decision on its way to who wants to see it, and what is remarkable about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub decision: Decision,
    /// The number of a pattern; 0 for none.
    pub pattern: u8,
}

impl Note {
    /// What was decided at `at` in `realm` about a request from `address`.
    pub(crate) fn new(
        verdict: Result<&Grant, &Refusal>,
        realm: RealmRef,
        at: Timestamp,
        address: Option<IpAddr>,
    ) -> Self {
        let none = ScopeSet::empty();
        let (outcome, key, missing) = match verdict {
            Ok(grant) => (OUTCOMES[GRANTED], Some(grant.key_id), none),
            Err(Refusal::Unpresented(_)) => (OUTCOMES[UNPRESENTED], None, none),
            Err(Refusal::Denied(denial)) => {
                let missing = match denial.reason {
                    Reason::Scope { required, present } => required.difference(present),
                    _ => none,
                };
                (denial.reason.name(), denial.key, missing)
            }
        };
        let address = address.map(|address| address.to_canonical());
        let decision = Decision { at, realm, outcome, key, address, missing, needed: none };
        Self { decision, pattern: 0 }
    }

    /// The same grant, of a request that needed `scopes`.
    pub(crate) fn needing(mut self, scopes: ScopeSet) -> Self {
        self.decision.needed = scopes;
        self
    }

    pub(crate) fn with(self, pattern: u8) -> Self {
        Self { pattern, ..self }
    }

    pub(super) fn words(&self) -> Words {
        let decision = &self.decision;
        let outcome = OUTCOMES.iter().position(|name| *name == decision.outcome);
        let outcome = outcome.unwrap_or(OUTCOMES.len());
        let mut marks = u64::try_from(outcome).unwrap_or(0);
        marks |= u64::from(decision.realm.number()) << 16 | u64::from(self.pattern) << 32;
        marks |= if decision.key.is_some() { KEY } else { 0 };
        let address = match decision.address {
            None => 0,
            Some(IpAddr::V4(address)) => {
                marks |= ADDRESS;
                u128::from(address.to_bits())
            }
            Some(IpAddr::V6(address)) => {
                marks |= ADDRESS | IPV6;
                address.to_bits()
            }
        };
        let [from_low, from_high] = halves(address);
        // One of them is empty.
        let [low, high] = halves((decision.missing | decision.needed).bits());
        let key = decision.key.map_or(0, KeyId::bits);
        [decision.at.as_ms().cast_unsigned(), key, marks, from_low, from_high, low, high]
    }

    pub(super) fn of_words(words: Words) -> Self {
        let [at, key, marks, from_low, from_high, low, high] = words;
        let byte = |shift: u32| (marks >> shift).to_le_bytes().first().copied().unwrap_or(0);
        let outcome = OUTCOMES.get(usize::from(byte(0))).copied().unwrap_or(OTHER);
        let [a, b, ..] = (marks >> 16).to_le_bytes();
        let bits = whole([from_low, from_high]);
        let address = match (marks & ADDRESS != 0, marks & IPV6 != 0) {
            (false, _) => None,
            (true, true) => Some(IpAddr::V6(Ipv6Addr::from_bits(bits))),
            (true, false) => {
                let bits = u32::try_from(bits).unwrap_or(u32::MAX);
                Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
            }
        };
        let (scopes, none) = (ScopeSet::from_bits_retain(whole([low, high])), ScopeSet::empty());
        let granted = outcome == OUTCOMES[GRANTED];
        let (needed, missing) = if granted { (scopes, none) } else { (none, scopes) };
        let decision = Decision {
            at: Timestamp::from_ms(at.cast_signed()),
            realm: RealmRef::new(u16::from_le_bytes([a, b])),
            outcome,
            key: (marks & KEY != 0).then_some(KeyId::from_bits(key)),
            address,
            missing,
            needed,
        };
        Self { decision, pattern: byte(32) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Malformed;
    use crate::verdict::{Denial, Rate};

    fn note(outcome: &'static str, key: Option<u64>, address: Option<&str>) -> Note {
        let (scopes, granted) =
            (ScopeSet::from_bits_retain(1 << 127 | 1), outcome == OUTCOMES[GRANTED]);
        let decision = Decision {
            at: Timestamp::from_ms(-5),
            realm: RealmRef::new(0xABCD),
            outcome,
            key: key.map(KeyId::from_bits),
            address: address.map(|text| text.parse().unwrap()),
            missing: if granted { ScopeSet::empty() } else { scopes },
            needed: if granted { scopes } else { ScopeSet::empty() },
        };
        Note { decision, pattern: 7 }
    }

    #[test]
    fn a_note_survives_its_words() {
        for outcome in OUTCOMES.into_iter().chain([OTHER]) {
            for key in [None, Some(0), Some(u64::MAX)] {
                for address in [None, Some("255.0.2.1"), Some("2001:db8::1"), Some("::1")] {
                    let note = note(outcome, key, address);
                    assert_eq!(Note::of_words(note.words()), note);
                }
            }
        }
    }

    #[test]
    fn every_reason_has_a_number_of_its_own() {
        let none = ScopeSet::empty();
        let rate = Rate { limit: 1, remaining: 0, reset: Timestamp::EPOCH, period_ms: 1 };
        for reason in [
            Reason::Malformed(Malformed::Checksum),
            Reason::Unknown,
            Reason::Revoked,
            Reason::Suspended,
            Reason::OwnerSuspended,
            Reason::NotYetValid,
            Reason::Expired,
            Reason::Idle,
            Reason::Network,
            Reason::Scope { required: none, present: none },
            Reason::RateLimited { rate, retry_ms: 0 },
        ] {
            let refusal = Refusal::Denied(Denial { reason, key: None });
            let note = Note::new(Err(&refusal), RealmRef::new(1), Timestamp::EPOCH, None);
            assert_eq!(Note::of_words(note.words()).decision.outcome, reason.name());
        }
        assert!(OUTCOMES.contains(&"quota_exhausted"));
    }
}
