//! Who asks for a change, why, and as which operation.

use crate::error::Result;
use crate::text;

/// Who asks for a change, why, and as which operation. All go to the audit trail with the change.
///
/// An operation makes it safe to ask again. Where a call ended with
/// [`Indeterminate`](crate::ErrorKind::Indeterminate), or its caller did not live to see the end,
/// the same call with the same operation, once the store is reopened, does what was not done and
/// does nothing twice: if the first attempt is in the file, it reports what that did.
///
/// ```no_run
/// # fn main() -> keycask::Result<()> {
/// # let store = keycask::Store::open("keys.redb")?;
/// # let spec = keycask::Spec::new(store.realm("acme")?, "live", "user-7");
/// let by = keycask::Actor::new("checkout").operation("order-5512");
/// let issued = store.issue(&spec, &by)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    name: String,
    reason: String,
    operation: String,
}

impl Actor {
    /// The actor called `name`, up to 128 bytes without control characters.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same actor with a reason for what it asks, up to 256 bytes without control
    /// characters.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same actor, whose next call is the operation `id`: a name of the caller's own, up to
    /// 128 bytes without control characters, that it gives to no other call of this store.
    ///
    /// A call that was done under this id before changes nothing and reports what was done, as
    /// it stands now. [Issuing](crate::Store::issue), also [many](crate::Store::issue_many), and
    /// [rotating](crate::Store::rotate) cannot give the same token again: they revoke the keys that
    /// the earlier call made, whose tokens are then of no use to anybody, and make others in their
    /// place, in one commit. A different call
    /// by this id, or by another actor, is a `Conflict`.
    ///
    /// The id is kept as long as the log keeps the commit, so 100,000 ops by
    /// [default](crate::Options::log_len). An empty one names no operation.
    #[must_use]
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = id.into();
        self
    }

    /// The actor's name; empty if it gave none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The actor's reason; empty if it gave none.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The id of the operation, if there is one.
    #[must_use]
    pub fn operation_id(&self) -> Option<&str> {
        Some(self.operation.as_str()).filter(|id| !id.is_empty())
    }

    /// Refuses text over its limit.
    pub(crate) fn check(&self) -> Result<()> {
        text::check("actor", &self.name, &text::ACTOR_LEN)?;
        text::check("reason", &self.reason, &text::REASON_LEN)?;
        text::check("operation", &self.operation, &text::OPERATION_LEN)
    }
}
