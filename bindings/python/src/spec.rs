//! What a key shall be, from a `keycask.Spec`.

use std::time::Duration;

use keycask::Quota;
use pyo3::prelude::*;

use crate::names::Names;
use crate::stop::{Stop, argument};
use crate::time::Instant;

/// The fields of a `keycask.Spec`.
#[derive(FromPyObject)]
pub(crate) struct Spec {
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

impl Spec {
    /// The engine's, in its realm of `store`.
    pub(crate) fn spec(self, store: &keycask::Store) -> Result<keycask::Spec, Stop> {
        let realm = store.realm(&self.realm)?;
        let mut spec = keycask::Spec::new(realm, self.kind, self.owner)
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
        if let Some(quota) = one_or_none("quota", self.quota, self.no_quota)? {
            spec = spec.quota(quota_of(quota)?);
        }
        Ok(spec)
    }
}

/// What is asked of a limit that may be lifted: one, none at all, or nothing.
pub(crate) fn one_or_none<T>(
    name: &str,
    one: Option<T>,
    none: bool,
) -> Result<Option<Option<T>>, Stop> {
    match (one, none) {
        (Some(_), true) => Err(argument(format!("{name}: want some or none, not both"))),
        (None, false) => Ok(None),
        (one, _) => Ok(Some(one)),
    }
}

/// The quota of a text, if there is one.
pub(crate) fn quota_of(text: Option<String>) -> Result<Option<Quota>, Stop> {
    Ok(text.as_deref().map(str::parse).transpose()?)
}
