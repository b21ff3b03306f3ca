//! What a filter means at one instant.

use std::time::Duration;

use super::{Due, Filter};
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::realm::{Kind, Realm};
use crate::record::KeyRecord;
use crate::time::Timestamp;

/// Decides which records a filter selects.
#[derive(Clone, Debug)]
pub(crate) struct Criteria {
    /// What "now" means.
    now: Timestamp,
    filter: Filter,
    kind: Option<KindRef>,
    pub(crate) owner: Option<OwnerRef>,
    lineage: Option<KeyId>,
    hint: Option<Hint>,
}

/// What a hint says of a token.
#[derive(Clone, Debug)]
struct Hint {
    /// Any, if it is empty.
    prefix: String,
    last_four: [u8; 4],
}

impl Criteria {
    /// What `filter` means at `now`, where its realm and owner are these, and the lineage that it
    /// names is this one.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown kind; `Argument` for conditions that no key can meet.
    pub(crate) fn new(
        filter: &Filter,
        now: Timestamp,
        realm: Option<&Realm>,
        owner: Option<OwnerRef>,
        lineage: Option<KeyId>,
    ) -> Result<Self> {
        filter.check()?;
        let kind = match (realm, &filter.kind) {
            (Some(realm), Some(name)) => Some(realm.kind_named(name)?.0),
            _ => None,
        };
        let hint = filter.hint.as_deref().map(Hint::parse).transpose()?;
        Ok(Self { now, filter: filter.clone(), kind, owner, lineage, hint })
    }

    pub(crate) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether keys of a kind of `realm` may be selected.
    pub(crate) fn concerns(&self, realm: &Realm, kind: KindRef) -> bool {
        self.filter.realm.is_none_or(|r| r == realm.reference())
            && self.kind.is_none_or(|k| k == kind)
    }

    /// The instant that all keys end after, and the one that they end at or before.
    pub(crate) fn ends(&self) -> (Option<Timestamp>, Timestamp) {
        match (self.filter.expiring, self.filter.expired) {
            (Some(span), _) => (Some(self.now), self.now.plus(span)),
            // Who is revoked is over earlier than it ends, and so not later than now.
            (None, Some(true)) => (None, self.now),
            _ => (None, Timestamp::NEVER),
        }
    }

    /// Whether the key is selected, as far as its record tells.
    pub(crate) fn selects(&self, record: &KeyRecord, realm: &Realm, kind: &Kind) -> bool {
        let Filter { state, issued_from, issued_before, expired, .. } = self.filter;
        let (revoked, over) = (record.state == State::Revoked, record.end <= self.now);
        let alive = !revoked && !over;
        let rotated = record.successor.is_some();
        let expires = |span| alive && record.end <= self.now.plus(span);
        let ages = |span| alive && !rotated && record.issued.plus(span) <= self.now;
        let is_due = |due| match due {
            Due::Age(age) => ages(age),
            Due::Policy => realm.policy().rotate_after.is_some_and(ages),
        };
        let named = |keys: &Vec<KeyId>| keys.binary_search(&record.key_id).is_ok();
        self.concerns(realm, record.kind)
            && self.filter.keys.as_ref().is_none_or(named)
            && self.owner.is_none_or(|o| o == record.owner)
            && self.lineage.is_none_or(|l| l == record.lineage)
            && state.is_none_or(|s| s == record.state)
            && issued_from.is_none_or(|from| from <= record.issued)
            && issued_before.is_none_or(|before| record.issued < before)
            && expired.is_none_or(|expired| expired == over)
            && self.filter.expiring.is_none_or(expires)
            && (!self.filter.in_grace || alive && rotated)
            && self.filter.due.is_none_or(is_due)
            && (!self.asks_use() || record.keeps_use(realm))
            && self.hint.as_ref().is_none_or(|hint| hint.is_of(record, kind))
    }

    /// Whether it also has to be known when the key was last used.
    pub(crate) const fn asks_use(&self) -> bool {
        self.filter.never_used || self.filter.idle.is_some()
    }

    /// Whether a key that was last used then is selected, as far as that tells. `since` says how
    /// long before another moment that use was at least: it may be told as earlier than it was.
    pub(crate) fn selects_use(
        &self,
        record: &KeyRecord,
        realm: &Realm,
        last: Option<Timestamp>,
        since: impl FnOnce(Timestamp, Timestamp) -> Duration,
    ) -> bool {
        let known_from = record.use_known_from(realm);
        let never = || last.is_none() && known_from <= record.came();
        // A use that is known may be from before others were not kept for a time.
        let idles = |span| {
            let since =
                |last: Timestamp| last.plus(span) <= self.now && since(last, self.now) >= span;
            known_from.plus(span) <= self.now && last.is_none_or(since)
        };
        (!self.filter.never_used || never()) && self.filter.idle.is_none_or(idles)
    }
}

impl Hint {
    fn parse(text: &str) -> Result<Self> {
        let parts = text.split_once("...");
        let parts =
            parts.and_then(|(prefix, last)| Some((prefix, last.as_bytes().try_into().ok()?)));
        let Some((prefix, last_four)) = parts else {
            // What was given may be a token, and is not told.
            let why = "hint: want the prefix, three dots and the last four characters";
            return Err(Error::new(ErrorKind::Argument, why));
        };
        Ok(Self { prefix: prefix.to_owned(), last_four })
    }

    fn is_of(&self, record: &KeyRecord, kind: &Kind) -> bool {
        let prefix = self.prefix.is_empty() || self.prefix == kind.shape.prefix();
        prefix && self.last_four == record.last_four
    }
}
