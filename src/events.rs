//! What becomes of a store, as events of `tracing`: changes at INFO, refusals at DEBUG.
//!
//! An event names key, realm and owner as the audit trail does. None has a token, nor could it:
//! nothing here is given one. A change is told once it is durable, on the thread of one of those
//! whose changes were committed, and with nothing held: who is told may call the store.

use std::mem;
use std::sync::{Mutex, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, info};

use crate::audit::AuditEntry;
use crate::key_id::KeyId;

/// Durable changes that were not told yet.
#[derive(Default)]
pub(crate) struct Changes(Mutex<Vec<AuditEntry>>);

impl Changes {
    /// Keeps the entries of a commit, if anybody wants to be told. A commit is going on: nobody is
    /// asked here, since who is asked may call the store.
    pub(crate) fn keep(&self, entries: impl FnOnce() -> Vec<AuditEntry>) {
        if Level::INFO <= LevelFilter::current() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).append(&mut entries());
        }
    }

    /// Tells what was kept.
    pub(crate) fn tell(&self) {
        if Level::INFO <= LevelFilter::current() {
            let kept = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            kept.iter().for_each(changed);
        }
    }
}

fn changed(entry: &AuditEntry) {
    info!(
        target: "keycask",
        event = entry.event.name(),
        number = entry.number,
        seq = entry.seq,
        actor = entry.actor,
        realm = entry.realm,
        key = entry.key.map(display),
        owner = entry.owner,
        "changed"
    );
}

/// Tells that a request or a token was refused. If nobody wants to be told, this is one load.
#[inline]
pub(crate) fn refused(key: Option<KeyId>, realm: &str, reason: &str) {
    if Level::DEBUG <= LevelFilter::current() {
        tell_refused(key, realm, reason);
    }
}

#[cold]
#[inline(never)]
fn tell_refused(key: Option<KeyId>, realm: &str, reason: &str) {
    debug!(target: "keycask", realm, key = key.map(display), reason, "refused");
}
