//! Which keys are asked for, from a `keycask.Filter`.

use std::time::Duration;

use keycask::{Order, State};
use pyo3::prelude::*;

use crate::names::Id;
use crate::stop::{Stop, argument};
use crate::time::Instant;

/// The fields of a `keycask.Filter`.
#[derive(FromPyObject)]
pub(crate) struct Filter {
    realm: Option<String>,
    kind: Option<String>,
    owner: Option<String>,
    keys: Option<Vec<Id>>,
    lineage: Option<Id>,
    state: Option<String>,
    issued_from: Option<Instant>,
    issued_before: Option<Instant>,
    expired: Option<bool>,
    expiring_within: Option<Duration>,
    in_grace: bool,
    rotation_due: bool,
    rotation_due_at: Option<Duration>,
    never_used: bool,
    idle_for: Option<Duration>,
    hint: Option<String>,
    order: String,
}

/// The state with this name.
pub(crate) fn state(name: &str) -> Result<State, Stop> {
    let states = [State::Active, State::Suspended, State::Revoked];
    let found = states.into_iter().find(|state| state.name() == name);
    found.ok_or_else(|| argument(format!("state {name:?}: want active, suspended or revoked")))
}

impl Filter {
    /// The engine's, in `store`.
    pub(crate) fn filter(self, store: &keycask::Store) -> Result<keycask::Filter, Stop> {
        let orders = [Order::KeyId, Order::End];
        let order = orders.into_iter().find(|order| order.name() == self.order);
        let order = order.ok_or_else(|| {
            let names = orders.map(Order::name).join(" or ");
            argument(format!("order {:?}: want {names}", self.order))
        })?;
        let mut filter = keycask::Filter::new().order(order);
        if let Some(name) = self.realm {
            filter = filter.realm(store.realm(&name)?);
        }
        if let Some(name) = self.kind {
            filter = filter.kind(name);
        }
        if let Some(id) = self.owner {
            filter = filter.owner(id);
        }
        if let Some(keys) = self.keys {
            filter = filter.keys(keys.into_iter().map(|key| key.0));
        }
        if let Some(key) = self.lineage {
            filter = filter.lineage(key.0);
        }
        if let Some(name) = self.state {
            filter = filter.state(state(&name)?);
        }
        if let Some(from) = self.issued_from {
            filter = filter.issued_from(from.0);
        }
        if let Some(before) = self.issued_before {
            filter = filter.issued_before(before.0);
        }
        if let Some(expired) = self.expired {
            filter = filter.expired(expired);
        }
        if let Some(span) = self.expiring_within {
            filter = filter.expiring_within(span);
        }
        if self.in_grace {
            filter = filter.in_grace();
        }
        if self.rotation_due {
            filter = filter.rotation_due();
        }
        if let Some(age) = self.rotation_due_at {
            filter = filter.rotation_due_at(age);
        }
        if self.never_used {
            filter = filter.never_used();
        }
        if let Some(span) = self.idle_for {
            filter = filter.idle_for(span);
        }
        if let Some(hint) = self.hint {
            filter = filter.hint(hint);
        }
        Ok(filter)
    }
}
