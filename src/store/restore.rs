//! Make a store from a backup of another, and confirm it.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::deny::Denial;
use super::draft::Draft;
use super::operation::Asked;
use super::salvage::Salvaged;
use super::{Store, trail};
use crate::actor::Actor;
use crate::anchor::Anchor;
use crate::audit::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::options::Options;
use crate::record::Done;
use crate::storage::{Role, Storage};
use crate::time::Timestamp;

/// What is known of a store beside its backup.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, dir, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::{Restore, Store};
///
/// let [backup, new] = ["backup", "new.keycask"].map(|name| dir.path().join(name));
/// let made = store.backup(&backup)?;
/// let how = Restore::new().anchor(made.anchor);
/// let restored = Store::options().restore(&backup, &new, &how, me)?;
/// // The backup's own anchor tells nothing of what came after it.
/// assert_eq!((restored.keys, restored.missing), (made.keys, None));
/// Store::open(&new)?.confirm_restore(me)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Restore {
    anchor: Option<Anchor>,
    original: Option<PathBuf>,
}

impl Restore {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last anchor of the store that was kept elsewhere. It refuses a backup of another store
    /// or another history, and tells how many commits the backup lacks if it is of a later moment.
    #[must_use]
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = Some(anchor);
        self
    }

    /// The store's own file, if it can still be read in part. What it denies is taken from it:
    /// a key that is revoked, suspended, ends earlier or has fewer scopes there has so in the
    /// new store, and so has one with fewer networks, a shorter idle span, a smaller quota or
    /// fewer credits; one that is not there any more is revoked, and one whose row is damaged is
    /// suspended. Owners likewise, but none is revoked. What had expired there has so, whatever
    /// the clock says. What it would grant is not taken, nor are profiles and owners' plans.
    ///
    /// Nothing is written to it. No process may have it open.
    #[must_use]
    pub fn denials_of(mut self, original: impl Into<PathBuf>) -> Self {
        self.original = Some(original.into());
        self
    }
}

/// What a restoring did, and what is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// The new store's id.
    pub store_id: [u8; 16],
    /// Where the backup stands.
    pub backup: Anchor,
    /// How many commits the store is known to have made after the backup; none if neither the
    /// original told nor an anchor that is later than the backup. Any of them may have revoked
    /// keys. There may be more.
    pub missing: Option<u64>,
    /// When the last change was made that is in the backup. What was revoked later is to be
    /// revoked again.
    pub last_change: Option<Timestamp>,
    /// Number of the last audit entry of the backup: in a copy of the trail that was kept
    /// elsewhere, entries with a higher number are of changes that are missing.
    pub last_entry: u64,
    /// Keys that were denied something because the original does.
    pub denied: Vec<KeyId>,
    /// Owners likewise.
    pub denied_owners: Vec<String>,
    /// Rows of the original that are damaged, so that their keys and owners were suspended.
    pub unreadable: u64,
    /// Keys in the new store, in whatever state.
    pub keys: u64,
    /// Length of its file.
    pub bytes: u64,
}

impl Restored {
    /// Of a backup that stands at `backup`, with so many audit entries, before anything is
    /// known of what it lacks.
    pub(super) fn of(backup: Anchor, entries: u64) -> Self {
        Self {
            store_id: [0; 16],
            backup,
            missing: None,
            last_change: None,
            last_entry: entries,
            denied: Vec::new(),
            denied_owners: Vec::new(),
            unreadable: 0,
            keys: 0,
            bytes: 0,
        }
    }
}

impl Options {
    /// Makes a new store at `path`, which must not exist, from the backup in the file at
    /// `backup`.
    ///
    /// The backup is checked completely before. The new store has another id: a cursor into
    /// the feed of the old one means nothing in it. Its tokens are the old one's, and its audit
    /// trail goes on. It verifies, lists and explains, and refuses to change anything until
    /// [`Store::confirm_restore`]: what was revoked after the backup was made is not revoked in
    /// it, and the one who confirms has seen to that.
    ///
    /// Needs the pepper of the old store. The sealing key stays what it was, too. Nothing is
    /// written to the backup, but its file must be one that this process may write to.
    /// [`read_only`](Self::read_only) and [`min_seq`](Self::min_seq) mean nothing here.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`, if the anchor or the original is of another store
    /// than the backup, the anchor of another history, or the original older; what
    /// [`open`](Self::open) refuses a file with, for the backup and for the original; `Full`, `Io`,
    /// `Random`.
    pub fn restore(
        self,
        backup: impl AsRef<Path>,
        path: impl AsRef<Path>,
        restore: &Restore,
        by: &Actor,
    ) -> Result<Restored> {
        by.check()?;
        let settings = self.storage();
        let source = Storage::look_into(backup.as_ref(), &settings)?;
        let view = source.view()?;
        let state = view.check_and_tell(settings.report);
        let state = state.map_err(|e| unfit(backup.as_ref(), &e))?;
        let last = view.audit(state.entries.saturating_sub(1), 1)?;
        drop(view);
        let at = source.anchor()?;
        let mut known = None;
        if let Some(anchor) = &restore.anchor {
            compare(anchor, &at, backup.as_ref())?;
            // One that is no later may be that of the backup: it tells nothing of what came after.
            known = Some(anchor.seq).filter(|seq| *seq > at.seq);
        }
        let salvaged = match &restore.original {
            Some(original) => Some(Salvaged::open(original, &settings, &at)?),
            None => None,
        };
        known = known.max(salvaged.as_ref().and_then(|salvaged| salvaged.seq));
        let mut restored = Restored {
            missing: known.map(|known| known.saturating_sub(at.seq)),
            last_change: last.last().map(|entry| entry.at),
            ..Restored::of(at, state.entries)
        };
        // What has expired by the mark of either has so in the new store.
        let mark = state.mark.max(salvaged.as_ref().and_then(|it| it.mark).unwrap_or(state.mark));
        let now = self.clock.now().max(mark);
        let change = |store: &Storage| {
            restored.store_id = store.id().0;
            if let Some(salvaged) = &salvaged {
                salvaged.deny(store, &mut restored, by, now)?;
            }
            note(store, &restored, by, now, mark)
        };
        let made = Storage::restore(&source, path.as_ref(), &settings, &self.random, change);
        let ((), copied) = made?;
        (restored.keys, restored.bytes) = (copied.keys, copied.bytes);
        Ok(restored)
    }
}

impl Store {
    /// Lets a store that was restored take changes: whoever asks for it has done what he can
    /// about revocations that are missing from the backup, or will.
    ///
    /// # Errors
    ///
    /// `Conflict` if the store waits for no such thing; those of a commit.
    pub fn confirm_restore(&self, by: &Actor) -> Result<()> {
        let asked = Asked::new(by, "confirm_restore", || json!({}))?;
        self.commit_unconfirmed(Denial::default(), |view, _, now| {
            if asked.done(view)?.is_some() {
                return Ok(Draft::new(()));
            }
            if view.state()?.role != Role::Restored {
                let why = "the store is not one that was restored and is still to be confirmed";
                return Err(Error::new(ErrorKind::Conflict, why));
            }
            let entry = trail::entry(Event::RestoreConfirmed, by, now);
            Ok(asked.note(Draft::new(()).entry(entry).confirm(), now, Done::Confirmed))
        })
    }
}

/// Refuses an anchor that the backup cannot have, or cannot be before.
fn compare(anchor: &Anchor, backup: &Anchor, path: &Path) -> Result<()> {
    let refuse = |why: &str| {
        let why = format!("anchor {anchor}: the backup {path:?} is {why} ({backup})");
        Err(Error::new(ErrorKind::Conflict, why))
    };
    if anchor.store_id != backup.store_id {
        return refuse("of another store");
    }
    if anchor.seq == backup.seq && anchor.digest != backup.digest {
        return refuse("of another history of the same store");
    }
    Ok(())
}

/// The error for a backup that cannot be believed.
fn unfit(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("could not restore from {path:?}: {error}"))
}

/// Puts into the trail of the new store where it comes from, and what it may lack. Its durable
/// time mark is `mark` from then on.
pub(super) fn note(
    store: &Storage,
    restored: &Restored,
    by: &Actor,
    now: Timestamp,
    mark: Timestamp,
) -> Result<()> {
    let mut entry = trail::entry(Event::StoreRestored, by, now);
    entry.before = trail::facts(json!({ "anchor": restored.backup.to_string() }));
    entry.after = trail::facts(json!({
        "missing": restored.missing,
        "denied": restored.denied.len(),
        "denied_owners": restored.denied_owners.len(),
        "unreadable": restored.unreadable,
    }));
    let mut batch = store.batch()?;
    batch.audit(&mut [entry])?;
    batch.set_mark(mark);
    batch.commit()?;
    Ok(())
}
