//! What a journey wants to write: made from reads alone, so that a refusal writes nothing.

use crate::audit::AuditEntry;
use crate::key_id::KeyId;
use crate::record::Op;
use crate::time::Timestamp;

/// The changes of one journey, and what its caller gets once they are durable.
pub(super) struct Draft<T> {
    pub ops: Vec<Op>,
    pub seals: Vec<(KeyId, Option<Vec<u8>>)>,
    pub entries: Vec<AuditEntry>,
    /// Where the durable time mark is to stand, if somebody vouches for it.
    pub mark: Option<Timestamp>,
    pub value: T,
}

impl<T> Draft<T> {
    /// Nothing to write yet.
    pub(super) fn new(value: T) -> Self {
        Self { ops: Vec::new(), seals: Vec::new(), entries: Vec::new(), mark: None, value }
    }

    /// The same draft, for a caller that gets something else.
    pub(super) fn map<U>(self, give: impl FnOnce(T) -> U) -> Draft<U> {
        let Self { ops, seals, entries, mark, value } = self;
        Draft { ops, seals, entries, mark, value: give(value) }
    }

    /// Adds a change of a row.
    pub(super) fn op(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    /// Adds changes of view.
    pub(super) fn ops(mut self, ops: impl IntoIterator<Item = Op>) -> Self {
        self.ops.extend(ops);
        self
    }

    /// Keeps `sealed` as the key's sealed copy, or none.
    pub(super) fn seal(mut self, key: KeyId, sealed: Option<Vec<u8>>) -> Self {
        self.seals.push((key, sealed));
        self
    }

    /// Adds an entry of the audit trail.
    pub(super) fn entry(mut self, entry: AuditEntry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Sets the durable time mark, earlier or later.
    pub(super) fn mark(mut self, mark: Timestamp) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.seals.is_empty() && self.entries.is_empty()
    }
}
