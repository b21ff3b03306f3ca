//! Copy a store, make one from a copy, and say where it stands.

use std::path::PathBuf;

use clap::Args;
use keycask::{Anchor, Restore as How, Result, Timestamp};

use crate::args::{By, Who};
use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;
use crate::view;

/// Copy the store to a new file, while others use it
#[derive(Args, Debug)]
#[command(after_help = "\
The copy is read back and checked. It needs the same pepper: keep that elsewhere, too. What is
printed as its anchor says where the store stood; see keycask anchor.

Example:
  keycask backup /backup/keys-2026-11-25.keycask")]
pub(crate) struct Backup {
    /// The new file, which must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let made = store.backup(&self.file)?;
        drop(store);
        let fields = Fields::new().with("backup", self.file.display().to_string());
        session.output.one(&fields.and(view::backup(&made)))?;
        Ok(Exit::Done)
    }
}

/// Make a new store from a backup
#[derive(Args, Debug)]
#[command(after_help = "\
The new store takes no changes until keycask confirm-restore: keys that were revoked after the
backup was made are not revoked in it. An anchor that was kept elsewhere tells how many changes
are missing. If the old file can still be read in part, --denials-of takes from it what it
denies: which keys are revoked, suspended, end earlier, or have fewer scopes, networks or credits.

Example:
  keycask restore /backup/keys-2026-11-25.keycask keys.keycask --denials-of old.keycask")]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    /// The new store's file, which must not exist
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// The last anchor of the store that is known
    #[arg(long, value_name = "ANCHOR")]
    anchor: Option<Anchor>,

    /// The store's own file, which no process may have open; it is not written to
    #[arg(long, value_name = "FILE")]
    denials_of: Option<PathBuf>,

    #[command(flatten)]
    by: Who,
}

impl Restore {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let mut how = How::new();
        if let Some(anchor) = self.anchor {
            how = how.anchor(anchor);
        }
        if let Some(original) = self.denials_of {
            how = how.denials_of(original);
        }
        let restored =
            session.restoring()?.restore(&self.backup, &self.new, &how, &self.by.actor())?;
        let fields = Fields::new().with("store", self.new.display().to_string());
        session.output.one(&fields.and(view::restored(&restored)))?;
        let missing = match restored.missing {
            Some(0) => "No change after the backup is known of.".to_owned(),
            Some(1) => "1 change after the backup is missing.".to_owned(),
            Some(missing) => format!("{missing} changes after the backup are missing."),
            None => "Whether changes after the backup are missing is not known.".to_owned(),
        };
        let since = restored.last_change.map_or_else(String::new, since);
        session.output.note(&format!(
            "{missing} Revoke again what was revoked{since}: first \
             keycask confirm-restore, then keycask revoke, then let clients in.",
        ));
        Ok(Exit::Done)
    }
}

fn since(last: Timestamp) -> String {
    format!(" after {last}")
}

/// Let a store that was restored take changes
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask confirm-restore --actor alice --reason 'tickets since noon were gone through'")]
pub(crate) struct ConfirmRestore {
    #[command(flatten)]
    by: By,
}

impl ConfirmRestore {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        store.confirm_restore(&self.by.actor())?;
        session.output.one(&view::stats(&store.stats()?))?;
        store.close()?;
        Ok(Exit::Done)
    }
}

/// Print where the store stands, to keep it elsewhere
#[derive(Args, Debug)]
#[command(after_help = "\
An anchor is no secret. Its first number is the seq for --min-seq, which refuses an older file.

Example:
  keycask anchor >> /elsewhere/anchors")]
pub(crate) struct AnchorOf {}

impl AnchorOf {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let anchor = session.read()?.anchor()?;
        if session.output.is_json() {
            session.output.one(&view::anchor(&anchor))?;
        } else {
            session.output.line(&anchor.to_string())?;
        }
        Ok(Exit::Done)
    }
}

/// Check the whole file: every row, each index, the log and the audit trail
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is changed, and others may use the store meanwhile. A file that is damaged, and one that
is older than --min-seq, exits with 6.

Example:
  keycask check --json")]
pub(crate) struct Check {}

impl Check {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        store.check()?;
        session.output.one(&view::stats(&store.stats()?).and(view::anchor(&store.anchor()?)))?;
        Ok(Exit::Done)
    }
}
