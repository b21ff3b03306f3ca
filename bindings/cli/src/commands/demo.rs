//! Show what keycask does.

use anstream::{AutoStream, StripStream};
use clap::Args;
use keycask::Result;

use crate::demo::demo;
use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;

/// Walk through what five products promise about their API keys, on stores that go away
#[derive(Args, Debug)]
#[command(after_help = "\
Uses no store of yours. With --json the lines of the walk come in one object.

Example:
  keycask demo")]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        if session.output.is_json() {
            let mut walk = StripStream::new(Vec::new());
            demo(&mut walk)?;
            let walk = String::from_utf8_lossy(&walk.into_inner()).into_owned();
            session.output.one(&Fields::new().with("lines", walk.lines().collect::<Vec<_>>()))?;
        } else {
            demo(&mut AutoStream::auto(std::io::stdout()))?;
        }
        Ok(Exit::Done)
    }
}
