//! Look up an operation.

use clap::Args;
use keycask::Result;

use crate::exit::Exit;
use crate::session::Session;
use crate::view;

/// Show whether and when an operation was done
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask issue --operation order-5512 --realm shop --kind live user-7
  keycask operation order-5512")]
pub(crate) struct Operation {
    /// The name that was given to it with --operation
    #[arg(value_name = "ID")]
    id: String,
}

impl Operation {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        session.output.one(&view::operation(&store.operation(&self.id)?))?;
        Ok(Exit::Done)
    }
}
