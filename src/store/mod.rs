//! The store: each journey, top to bottom.
//!
//! It is the only place where storage, the table in memory and the rest meet. A journey that
//! changes something reads and decides in one transaction, hands a [`Draft`] to
//! [`Store::commit`], and what the draft takes away is enforced in memory before the commit,
//! what it adds after it: deny early, grant late.

mod audit;
mod backup;
mod cap;
mod charge;
mod clock;
mod commit;
mod compact;
mod count;
mod deny;
mod draft;
mod ending;
mod explain;
mod feed;
mod filling;
mod find;
mod holder;
mod import;
mod issue;
mod leaked;
mod list;
mod noted;
mod observe;
mod open;
mod operation;
mod owner;
mod pepper;
mod present;
mod query;
mod quota;
mod realm;
mod realms;
mod rehash;
mod reissue;
mod restore;
mod reveal;
mod rotate;
mod salvage;
mod scan;
mod state;
mod sweep;
#[cfg(test)]
mod tests;
mod trail;
mod usage;
mod verify;
mod versions;
mod walk;
mod ways;

use std::sync::atomic::AtomicU64;

use crate::counts::Counts;
use crate::error::{Error, ErrorKind};
use crate::index::Index;
use crate::key_id::KeyId;
use crate::limit::Named;
use crate::mark::Mark;
use crate::progress::Report;
use crate::random::Random;
use crate::realm::{Kind, Realm};
use crate::record::{KeyRecord, OwnerRecord};
use crate::seal::SealingKey;
use crate::storage::Storage;

use commit::Writers;
use draft::Draft;
use import::Known;
use noted::Noted;
use observe::Observer;
use realms::Realms;
use versions::Versions;
use ways::Routes;

pub use audit::{AuditCheck, AuditPage, Trim, Trimmed};
pub use backup::Backup;
pub use compact::Compacted;
pub use count::KindCount;
pub use feed::{Changed, Changes, Commit, Feed, Gone};
pub use import::{ImportOutcome, ImportReport, ImportRules};
pub use issue::ISSUE_MAX;
pub use list::PAGE_MAX;
pub use observe::{Decided, Findings};
pub use operation::Operation;
pub use pepper::PepperStatus;
pub use present::{HttpRequest, Outcome};
pub use restore::{Restore, Restored};
pub use sweep::Swept;

/// An open store of API keys.
///
/// Every method takes `&self` and may run on any thread at any time. [`verify`](Self::verify)
/// and [`present`](Self::present) decide from memory; methods that change something return
/// once the change is durable.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::{Request, Spec, Store};
///
/// let spec = Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// let issued = store.issue(&spec, me)?;
/// let token = issued.token.expose().as_bytes();
/// assert!(store.verify(realm, token, &Request::new()).is_ok());
/// store.revoke(issued.key.key_id, me)?;
/// assert!(store.verify(realm, token, &Request::new()).is_err());
/// # Ok(())
/// # }
/// ```
pub struct Store {
    storage: Storage,
    index: Index,
    realms: Versions<Realms>,
    routes: Routes,
    /// Keys that were verified by another digest than new ones have.
    noted: Noted,
    /// Digests that keys were imported with.
    known: Known,
    sealing: Option<SealingKey>,
    /// Rates as of times that callers name. Those of the present are in the index.
    told: Named,
    counts: Counts,
    #[cfg(feature = "tracing")]
    events: crate::events::Changes,
    /// Who looks at decisions, if anybody does.
    observer: Option<Box<Observer>>,
    mark: Mark,
    random: Random,
    report: Option<Report>,
    writers: Writers,
    /// Milliseconds of uptime at which usage was last written. Relaxed: only who has the turn
    /// of `writers` touches it, and turns are ordered by a lock.
    flushed: AtomicU64,
    /// Most credits that are leased of a lineage at once, but for what one request costs.
    chunk_max: u64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// A key with what it belongs to, as one transaction reads it.
struct Held<'r> {
    record: KeyRecord,
    owner: OwnerRecord,
    realm: &'r Realm,
    kind: &'r Kind,
}

impl Store {
    /// Whether this process is a fork of the one that opened the store, which then refuses
    /// every call. Such a store is not to be dropped but [forgotten](std::mem::forget): its
    /// locks may be held by threads that are not here.
    #[inline]
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.storage.at_home().is_err()
    }
}

fn no_key(key: KeyId) -> Error {
    Error::new(ErrorKind::NotFound, format!("{key}: this store has no such key"))
}

fn no_owner(record: &KeyRecord) -> Error {
    let why = format!("{}: its owner {} is missing", record.key_id, record.owner.number());
    Error::new(ErrorKind::Corrupt, why)
}

fn no_owner_named(realm: &Realm, id: &str) -> Error {
    let what = format!("owner {id:?}: realm {:?} has none of this id", realm.name());
    Error::new(ErrorKind::NotFound, what)
}
