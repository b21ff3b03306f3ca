//! What a key shall be, from a `keycask.Spec`.

use std::time::Duration;

use keycask::{Quota, Spec};
use pyo3::prelude::*;

use crate::names::Names;
use crate::stop::Stop;
use crate::time::Instant;

/// The fields of a `keycask.Spec`.
#[derive(FromPyObject)]
pub(crate) struct Fields {
    realm: String,
    kind: String,
    owner: String,
    scopes: Names,
    sets: Names,
    name: String,
    metadata: String,
    start: Option<Instant>,
    end: Option<Instant>,
    life: Option<Duration>,
    networks: Option<Names>,
    idle: Option<Duration>,
    quota: Option<String>,
    no_quota: bool,
}

impl Fields {
    /// The engine's, in its realm of `store`.
    pub(crate) fn spec(self, store: &keycask::Store) -> Result<Spec, Stop> {
        let realm = store.realm(&self.realm)?;
        let mut spec = Spec::new(realm, self.kind, self.owner)
            .scopes(self.scopes.0)
            .name(self.name)
            .metadata(self.metadata);
        if let Some(networks) = self.networks {
            spec = spec.networks(networks.0);
        }
        for set in self.sets.0 {
            spec = spec.set(set);
        }
        if let Some(start) = self.start {
            spec = spec.start(start.0);
        }
        if let Some(end) = self.end {
            spec = spec.end(end.0);
        }
        if let Some(life) = self.life {
            spec = spec.life(life);
        }
        if let Some(idle) = self.idle {
            spec = spec.idle(idle);
        }
        if let Some(quota) = quota(self.quota, self.no_quota)? {
            spec = spec.quota(quota);
        }
        Ok(spec)
    }
}

/// A quota, none at all, or nothing said of it.
pub(crate) fn quota(text: Option<String>, none: bool) -> Result<Option<Option<Quota>>, Stop> {
    match (text, none) {
        (Some(_), true) => Err(crate::stop::argument("quota: want one or none, not both")),
        (Some(text), false) => Ok(Some(Some(text.parse()?))),
        (None, true) => Ok(Some(None)),
        (None, false) => Ok(None),
    }
}
