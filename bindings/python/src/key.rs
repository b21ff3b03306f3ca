//! A key as it may be shown, and one key looked up.

use keycask::{KeyInfo, KeyQuota, Result as Engine};
use pyo3::prelude::*;

use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::{Store, realm_name};
use crate::time::Instant;

/// A key with its realm's name.
pub(crate) struct Key {
    info: KeyInfo,
    realm: String,
}

impl Key {
    pub(crate) fn of(store: &keycask::Store, info: KeyInfo) -> Engine<Self> {
        let realm = realm_name(store, info.realm)?;
        Ok(Self { info, realm })
    }

    /// Several, in their order.
    pub(crate) fn all(store: &keycask::Store, infos: Vec<KeyInfo>) -> Engine<Vec<Self>> {
        infos.into_iter().map(|info| Self::of(store, info)).collect()
    }
}

shown!(Key as KeyInfo, |key| {
    key_id: Id(key.info.key_id),
    realm: key.realm,
    kind: key.info.kind_name,
    environment: key.info.environment,
    owner: key.info.owner,
    state: key.info.state.name(),
    cause: key.info.cause.name(),
    expired: key.info.expired,
    name: key.info.name,
    metadata: key.info.metadata,
    scopes: Many(key.info.scopes),
    issued: Instant(key.info.issued),
    start: Instant(key.info.start),
    end: Instant(key.info.end),
    changed: Instant(key.info.changed),
    reason: key.info.reason,
    prefix: key.info.prefix,
    last_four: key.info.last_four,
    imported: key.info.imported,
    scheme: key.info.scheme.map(|scheme| scheme.to_string()),
    lineage: Id(key.info.lineage),
    generation: key.info.generation,
    predecessor: key.info.predecessor.map(Id),
    successor: key.info.successor.map(Id),
    in_grace: key.info.in_grace,
    last_used: key.info.last_used.map(Instant),
    networks: Many(key.info.networks.iter().map(ToString::to_string).collect()),
    idle: key.info.idle,
    idle_at: key.info.idle_at.map(Instant),
    quota: key.info.quota.map(Quota),
    rotation_due: key.info.rotation_due.map(Instant),
});

struct Quota(KeyQuota);

shown!(Quota as KeyQuota, |it| {
    quota: it.0.quota.to_string(),
    remaining: it.0.remaining,
    reset: Instant(it.0.reset),
});

#[pymethods]
impl Store {
    /// The key called `key`.
    ///
    /// Raises `NotFoundError` if there is none; `IoError` or `CorruptError` if the file cannot be
    /// read.
    fn key(&self, py: Python<'_>, key: Id) -> Result<Key, Stop> {
        self.disk(py, |store| Key::of(store, store.key(key.0)?))
    }
}
