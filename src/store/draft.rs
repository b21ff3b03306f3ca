//! What a journey wants to write: made from reads alone, so that a refusal writes nothing.

use std::collections::HashSet;

use super::pepper::Turn;
use super::ways::Way;
use crate::audit::AuditEntry;
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::quota::{Balance, CreditChange, Quota};
use crate::record::{Op, OperationRecord};
use crate::time::Timestamp;

/// The changes of one journey, and what its caller gets once they are durable.
pub(super) struct Draft<T> {
    pub change: Change,
    pub value: T,
}

/// What one journey writes.
#[derive(Default)]
pub(super) struct Change {
    pub ops: Vec<Op>,
    /// Keys from which it takes something when it is shown, and no sooner.
    pub late: HashSet<KeyId>,
    pub seals: Vec<(KeyId, Option<Vec<u8>>)>,
    pub entries: Vec<AuditEntry>,
    /// The operation that it is, if its caller named it.
    pub operation: Option<OperationRecord>,
    /// Where the durable time mark is to stand, if somebody vouches for it.
    pub mark: Option<Timestamp>,
    /// Up to which number entries of the audit trail are to go.
    pub trim: Option<u64>,
    /// Whether what usage was noted is to be written too.
    pub usage: bool,
    /// What becomes of the pepper.
    pub turn: Option<Turn>,
    /// How many more keys, or fewer, are on which ways; of what it writes besides.
    pub ways: Vec<(RealmRef, Way, i64)>,
    /// What becomes of the credits of lineages.
    pub credits: Vec<Crediting>,
    /// Lineages of which credits are to be leased, their quotas, and how many at least.
    pub leases: Vec<(KeyId, Quota, u64)>,
    /// Whether a store that was restored is one in use from here on.
    pub confirm: bool,
}

/// A change of the credits of a lineage.
pub(super) struct Crediting {
    pub lineage: KeyId,
    /// As it shall be.
    pub quota: Quota,
    pub change: CreditChange,
    /// The lineage in whose place it comes, and whose credits it takes: as many as there are when
    /// nobody spends them any more.
    pub source: Option<KeyId>,
    /// Credits that were leased and were [recalled](super::Store::recall) for it.
    pub recalled: u64,
    /// The time that it goes by.
    pub at: Timestamp,
}

impl Crediting {
    pub(super) fn new(lineage: KeyId, quota: Quota, change: CreditChange) -> Self {
        Self { lineage, quota, change, source: None, recalled: 0, at: Timestamp::EPOCH }
    }

    /// That `lineage` takes the credits of `source`, which are `balance` by now.
    pub(super) fn inheriting(
        lineage: KeyId,
        quota: Quota,
        source: KeyId,
        balance: Balance,
    ) -> Self {
        let inherits = Self::new(lineage, quota, CreditChange::Inherit(balance));
        Self { source: Some(source), ..inherits }
    }

    /// The lineage whose credits are there before it.
    pub(super) fn taken_from(&self) -> KeyId {
        self.source.unwrap_or(self.lineage)
    }
}

impl<T> Draft<T> {
    /// Nothing to write yet.
    pub(super) fn new(value: T) -> Self {
        Self { change: Change::default(), value }
    }

    /// The same draft, for a caller that gets something else.
    pub(super) fn map<U>(self, give: impl FnOnce(T) -> U) -> Draft<U> {
        Draft { change: self.change, value: give(self.value) }
    }

    /// Adds a change of a row.
    pub(super) fn op(mut self, op: Op) -> Self {
        self.change.ops.push(op);
        self
    }

    /// Adds changes of rows.
    pub(super) fn ops(mut self, ops: impl IntoIterator<Item = Op>) -> Self {
        self.change.ops.extend(ops);
        self
    }

    /// Takes nothing from the key before the draft is shown.
    pub(super) fn late(mut self, key: KeyId) -> Self {
        self.change.late.insert(key);
        self
    }

    /// Keeps `sealed` as the key's sealed copy, or none.
    pub(super) fn seal(mut self, key: KeyId, sealed: Option<Vec<u8>>) -> Self {
        self.change.seals.push((key, sealed));
        self
    }

    /// Adds an entry of the audit trail.
    pub(super) fn entry(mut self, entry: AuditEntry) -> Self {
        self.change.entries.push(entry);
        self
    }

    /// Notes the operation that it is.
    pub(super) fn note(mut self, operation: OperationRecord) -> Self {
        self.change.operation = Some(operation);
        self
    }

    /// Sets the durable time mark, earlier or later.
    pub(super) fn mark(mut self, mark: Timestamp) -> Self {
        self.change.mark = Some(mark);
        self
    }

    /// Makes a store that was restored one in use.
    pub(super) fn confirm(mut self) -> Self {
        self.change.confirm = true;
        self
    }

    /// Rotates or retires the pepper.
    pub(super) fn turn(mut self, turn: Turn) -> Self {
        self.change.turn = Some(turn);
        self
    }

    /// Tells how many more keys, or fewer, are on which ways.
    pub(super) fn ways(mut self, ways: impl IntoIterator<Item = (RealmRef, Way, i64)>) -> Self {
        self.change.ways.extend(ways);
        self
    }

    /// Takes out the entries of the audit trail up to number `through`.
    pub(super) fn trim(mut self, through: u64) -> Self {
        self.change.trim = Some(through);
        self
    }

    /// Changes the credits of a lineage.
    pub(super) fn credit(mut self, crediting: Crediting) -> Self {
        self.change.credits.push(crediting);
        self
    }

    /// Leases credits of `lineage`, so that there are `need` at least if there are so many.
    pub(super) fn lease(mut self, lineage: KeyId, quota: Quota, need: u64) -> Self {
        self.change.leases.push((lineage, quota, need));
        self
    }

    /// Writes what usage was noted.
    pub(super) fn usage(mut self) -> Self {
        self.change.usage = true;
        self
    }
}

impl Change {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        let rows = self.ops.is_empty() && self.seals.is_empty() && self.entries.is_empty();
        let credits = self.credits.is_empty() && self.leases.is_empty();
        let rows = rows && credits && self.turn.is_none();
        rows && self.operation.is_none() && !self.usage
    }
}
