//! Suspend and resume a key.

use clap::Args;
use keycask::{Actor, KeyId, KeyInfo, Result, Store};

use crate::args::By;
use crate::exit::Exit;
use crate::session::Session;
use crate::view;

/// A key whose state shall change.
#[derive(Args, Debug)]
struct Change {
    /// The key
    #[arg(value_name = "KEY")]
    key: KeyId,

    #[command(flatten)]
    by: By,
}

impl Change {
    fn run(
        self,
        session: &Session,
        change: fn(&Store, KeyId, &Actor) -> Result<KeyInfo>,
    ) -> Result<Exit> {
        let store = session.write()?;
        let key = change(&store, self.key, &self.by.actor())?;
        session.output.one(&view::key(&store, &key)?)?;
        store.close()?;
        Ok(Exit::Done)
    }
}

/// Pause a key until it is resumed
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask suspend --reason 'under investigation' key_0C6S9JZ8Q4N7X")]
pub(crate) struct Suspend {
    #[command(flatten)]
    change: Change,
}

impl Suspend {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        self.change.run(session, Store::suspend)
    }
}

/// End the pause of a suspended key
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask resume key_0C6S9JZ8Q4N7X")]
pub(crate) struct Resume {
    #[command(flatten)]
    change: Change,
}

impl Resume {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        self.change.run(session, Store::resume)
    }
}
