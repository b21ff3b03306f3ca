//! Write the file anew.

use clap::Args;
use keycask::Result;

use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;

/// Write the store's file anew, as short as it can be; nothing else may have it open for writing
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask compact --json")]
pub(crate) struct Compact {}

impl Compact {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let compacted = store.compact()?;
        store.close()?;
        let fields = Fields::new()
            .with("bytes_before", compacted.before)
            .with("bytes_after", compacted.after);
        session.output.one(&fields)?;
        Ok(Exit::Done)
    }
}
