//! Show what keycask does.

use clap::Args;
use keycask::Result;

use crate::exit::Exit;
use crate::session::Session;

/// Walk through what five products promise about their API keys, on a store that goes away
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask demo")]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self, _session: &Session) -> Result<Exit> {
        crate::demo::demo()?;
        Ok(Exit::Done)
    }
}
