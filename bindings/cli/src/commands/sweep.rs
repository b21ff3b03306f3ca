//! Take out what time has ended.

use clap::Args;
use keycask::{Actor, Result};

use crate::args::Who;
use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;

/// Take out keys that expired or were revoked longer ago than their profile retains them
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask sweep --reason 'monthly'")]
pub(crate) struct Sweep {
    #[command(flatten)]
    who: Who,
}

impl Sweep {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let by: Actor = self.who.actor();
        let keys = store.sweep_all(&by)?;
        store.close()?;
        session.output.one(&Fields::new().with("keys", keys))?;
        Ok(Exit::Done)
    }
}
