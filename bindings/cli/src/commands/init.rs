//! Make a store.

use clap::Args;
use keycask::Result;

use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;
use crate::view;

/// Make a new, empty store
#[derive(Args, Debug)]
#[command(after_help = "\
The pepper is a secret that the file never holds: keep it elsewhere, and back it up, for
without it no key can be verified. It is decided now for good whether the store has one.

Example:
  (umask 077; head -c 32 /dev/urandom > pepper.key)
  keycask init --store keys.keycask --pepper-file pepper.key")]
pub(crate) struct Init {}

impl Init {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.create()?;
        let path = session.path()?.display().to_string();
        session.output.one(&Fields::new().with("store", path).and(view::stats(&store.stats()?)))?;
        store.close()?;
        if !session.is_peppered() {
            session.output.note(
                "This store has no pepper: who writes the file can forge keys, \
                 and who reads it can test guesses of tokens.",
            );
        }
        Ok(Exit::Done)
    }
}
