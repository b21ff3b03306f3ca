//! Look at the audit trail, and at the store's figures.

use clap::Args;
use keycask::Result;

use crate::exit::Exit;
use crate::session::Session;
use crate::view;

/// Entries that are read at once.
const PAGE: usize = 500;

/// What a table says of each entry.
const COLUMNS: &[&str] = &["number", "at", "actor", "event", "realm", "key_id", "owner", "reason"];

/// List who changed what, when and why
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask audit --after 100 --json")]
pub(crate) struct Audit {
    /// Begin after the entry with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,

    /// List so many at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

impl Audit {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let mut list = session.output.list(COLUMNS);
        let mut after = self.after;
        let mut left = self.limit.unwrap_or(usize::MAX);
        while left > 0 {
            let entries = store.audit(after, left.min(PAGE))?;
            let Some(last) = entries.last() else { break };
            after = last.number;
            left = left.saturating_sub(entries.len());
            entries.iter().try_for_each(|entry| list.row(&view::audit(entry)))?;
        }
        list.end()?;
        Ok(Exit::Done)
    }
}

/// Show the figures of the store
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask stat --json")]
pub(crate) struct Stat {}

impl Stat {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        session.output.one(&view::stats(&store.stats()?))?;
        Ok(Exit::Done)
    }
}
