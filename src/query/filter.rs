//! Which keys a caller asks for.

use std::time::Duration;

use serde_json::{Value, json};

use super::Order;
use crate::entry::State;
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::time::Timestamp;

/// Which keys are asked for: all of them unless narrowed, and of those that are named here
/// only such as meet every condition. Given to [`Store::list`](crate::Store::list) and
/// [`Store::count`](crate::Store::count), and in an [`Ending`](crate::Ending).
///
/// Conditions that no key can meet together are an `Argument` error, which names them. Spans
/// count from the store's present; those of a later page, from that of the first.
///
/// ```no_run
/// # use std::time::Duration;
/// # fn main() -> keycask::Result<()> {
/// # let store = keycask::Store::open("keys.redb")?;
/// use keycask::{Filter, Order};
/// let week = Duration::from_secs(7 * 86_400);
/// let acme = Filter::new().realm(store.realm("acme")?);
/// let soon = acme.clone().expiring_within(week).order(Order::End);
/// let mut after = None;
/// loop {
///     let page = store.list(&soon, after, 100)?;
///     page.keys.iter().for_each(|key| println!("{} ends at {}", key.hint(), key.end));
///     after = page.next;
///     if after.is_none() {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In ascending order, none twice.
    pub(crate) keys: Option<Vec<KeyId>>,
    pub(crate) realm: Option<RealmRef>,
    pub(crate) kind: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) lineage: Option<KeyId>,
    pub(crate) state: Option<State>,
    pub(crate) issued_from: Option<Timestamp>,
    pub(crate) issued_before: Option<Timestamp>,
    pub(crate) expired: Option<bool>,
    pub(crate) expiring: Option<Duration>,
    pub(crate) in_grace: bool,
    pub(crate) due: Option<Due>,
    pub(crate) never_used: bool,
    pub(crate) idle: Option<Duration>,
    pub(crate) hint: Option<String>,
    pub(crate) order: Order,
}

/// By what a key is due for rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// By `rotate_after` of its profile.
    Policy,
    /// By this age.
    Age(Duration),
}

impl Filter {
    /// All keys, by key id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Most keys that [`keys`](Self::keys) names.
    pub const KEYS_MAX: usize = 10_000;

    /// Only these keys, up to [`KEYS_MAX`](Self::KEYS_MAX); one that is named twice counts once.
    /// That there is one which the store has not is an error where they are to be ended, and else
    /// it is left out.
    #[must_use]
    pub fn keys(mut self, keys: impl IntoIterator<Item = KeyId>) -> Self {
        let mut keys: Vec<KeyId> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        self.keys = Some(keys);
        self
    }

    /// Only keys of `realm`.
    #[must_use]
    pub fn realm(mut self, realm: RealmRef) -> Self {
        self.realm = Some(realm);
        self
    }

    /// Only keys of the kind that the profile calls `name`. Needs a realm.
    #[must_use]
    pub fn kind(mut self, name: impl Into<String>) -> Self {
        self.kind = Some(name.into());
        self
    }

    /// Only keys of the owner that the application calls `id`. Needs a realm.
    #[must_use]
    pub fn owner(mut self, id: impl Into<String>) -> Self {
        self.owner = Some(id.into());
        self
    }

    /// Only keys of the lineage of `key`: of any key in it, or of its first if that was swept.
    /// That there is no such lineage is an error where its keys are to be ended, and else no key
    /// is selected.
    #[must_use]
    pub fn lineage(mut self, key: KeyId) -> Self {
        self.lineage = Some(key);
        self
    }

    /// Only keys in `state`.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// Only keys that were issued at `from` or later.
    #[must_use]
    pub fn issued_from(mut self, from: Timestamp) -> Self {
        self.issued_from = Some(from);
        self
    }

    /// Only keys that were issued earlier than at `before`.
    #[must_use]
    pub fn issued_before(mut self, before: Timestamp) -> Self {
        self.issued_before = Some(before);
        self
    }

    /// Only keys whose end has come, or only those whose end has not, whatever their state:
    /// what [`KeyInfo::expired`](crate::KeyInfo::expired) says. Expired keys are kept until
    /// they are swept.
    #[must_use]
    pub fn expired(mut self, expired: bool) -> Self {
        self.expired = Some(expired);
        self
    }

    /// Only keys that are neither revoked nor expired, and will have expired once `span` has
    /// passed.
    #[must_use]
    pub fn expiring_within(mut self, span: Duration) -> Self {
        self.expiring = Some(span);
        self
    }

    /// Only keys that were rotated and live on for their grace: what
    /// [`KeyInfo::in_grace`](crate::KeyInfo::in_grace) says.
    #[must_use]
    pub fn in_grace(mut self) -> Self {
        self.in_grace = true;
        self
    }

    /// Only keys that are to be rotated by `rotate_after` of their profile: neither revoked,
    /// expired nor rotated, and as old as that. A profile without it has none.
    #[must_use]
    pub fn rotation_due(mut self) -> Self {
        self.due = Some(Due::Policy);
        self
    }

    /// The same by `age`, whatever the profile says.
    #[must_use]
    pub fn rotation_due_at(mut self, age: Duration) -> Self {
        self.due = Some(Due::Age(age));
        self
    }

    /// Only keys that were never granted, as far as is known: keys whose use is kept, because
    /// their profile keeps usage or they have an idle span. With a realm that has no such key
    /// this is an error. A key that was issued before its use was kept is left out: it may have
    /// been used before.
    #[must_use]
    pub fn never_used(mut self) -> Self {
        self.never_used = true;
        self
    }

    /// Only keys that were not granted for `span`: last used that long ago or, if never used,
    /// issued or imported that long ago, while their use was kept. As for
    /// [`never_used`](Self::never_used), keys whose use is kept. Of the time for which the store
    /// was closed until it was opened a day counts for keys that were used, because a use in the
    /// first hour after that is told as earlier than it was; of what the clock is ahead of the
    /// durable mark likewise.
    #[must_use]
    pub fn idle_for(mut self, span: Duration) -> Self {
        self.idle = Some(span);
        self
    }

    /// Only keys with this hint: `PREFIX...LAST`, as [`KeyInfo::hint`](crate::KeyInfo::hint)
    /// writes it, or `...LAST` for any prefix. For people: several keys may share a hint, and
    /// nothing is ever changed by one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Lists them by `order`, instead of by key id.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Whether it has no condition.
    pub(crate) fn is_all(&self) -> bool {
        Self { order: Order::default(), ..self.clone() } == Self::default()
    }

    /// What is asked for, as operations tell requests apart.
    pub(crate) fn asked(&self) -> Value {
        let span = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let due = self.due.map(|due| match due {
            Due::Policy => json!("policy"),
            Due::Age(age) => json!(span(age)),
        });
        let texts = |keys: &Vec<KeyId>| keys.iter().map(KeyId::to_string).collect::<Vec<_>>();
        json!({
            "keys": self.keys.as_ref().map(texts),
            "realm": self.realm.map(RealmRef::number),
            "kind": self.kind,
            "owner": self.owner,
            "lineage": self.lineage.map(|key| key.to_string()),
            "state": self.state.map(State::name),
            "issued_from": self.issued_from.map(Timestamp::as_ms),
            "issued_before": self.issued_before.map(Timestamp::as_ms),
            "expired": self.expired,
            "expiring": self.expiring.map(span),
            "in_grace": self.in_grace,
            "due": due,
            "never_used": self.never_used,
            "idle": self.idle.map(span),
            "hint": self.hint,
        })
    }
}
