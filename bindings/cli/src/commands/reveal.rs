//! Show a token again.

use clap::Args;
use keycask::{KeyId, Result};

use crate::args::By;
use crate::exit::Exit;
use crate::session::Session;
use crate::sink::TokenTo;
use crate::view;

/// Print the token of a key again, where its kind keeps a sealed copy
#[derive(Args, Debug)]
#[command(after_help = "\
Needs the sealing key. The audit trail records who was shown the token.

Example:
  keycask reveal --sealing-key-file sealing.key --actor alice key_0C6S9JZ8Q4N7X")]
pub(crate) struct Reveal {
    /// The key
    #[arg(value_name = "KEY")]
    key: KeyId,

    #[command(flatten)]
    to: TokenTo,

    #[command(flatten)]
    by: By,
}

impl Reveal {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let sink = self.to.open()?;
        let fields = view::key(&store, &store.key(self.key)?)?;
        let token = store.reveal(self.key, &self.by.actor())?;
        let note = format!("{}: the audit trail records that you saw its token.", self.key);
        sink.give(session.output, self.key, &token, &fields, &note)?;
        store.close()?;
        Ok(Exit::Done)
    }
}
