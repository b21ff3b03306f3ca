//! Revoke a key, the key of a token, or many keys.

use clap::Args;
use keycask::{Ending, Error, ErrorKind, KeyId, Result, VerifyError};

use super::end::Many;
use crate::args::By;
use crate::exit::Exit;
use crate::secret::TokenFrom;
use crate::session::Session;
use crate::view;

/// End a key for good, or all keys that meet the conditions
#[derive(Args, Debug)]
#[command(after_help = "\
Many keys are refused at once and written a thousand at a time. If that is interrupted, the same
command goes on with the others.

Example:
  keycask revoke --actor alice --reason 'left the company' key_0C6S9JZ8Q4N7X
  keycask revoke --realm cloudgeni --owner acme --dry-run
  keycask revoke --realm cloudgeni --owner acme --yes")]
pub(crate) struct Revoke {
    /// The key
    #[arg(value_name = "KEY")]
    key: Option<KeyId>,

    #[command(flatten)]
    many: Many,

    #[command(flatten)]
    by: By,
}

impl Revoke {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let refuse = |why| Err(Error::new(ErrorKind::Argument, why));
        match self.key {
            Some(_) if !self.many.select.is_empty() || self.many.dry_run => {
                refuse("KEY: a key is named, or conditions are, not both")
            }
            Some(key) => {
                let store = session.write()?;
                let key = store.revoke(key, &self.by.actor())?;
                session.output.one(&view::key(&store, &key)?)?;
                store.close()?;
                Ok(Exit::Done)
            }
            None if self.many.select.is_empty() => {
                refuse("KEY: name a key, or conditions such as --realm NAME --owner OWNER")
            }
            None => self.many.run(session, &self.by, Ending::revoke),
        }
    }
}

/// Revoke the key of the token on standard input, as whoever holds it may
#[derive(Args, Debug)]
#[command(after_help = "\
A token that is no key's is refused with 3, as verify refuses it. The audit trail names as actor
the holder.

Example:
  keycask revoke-presented --realm cloudgeni --reason 'found in a log' < token.txt")]
pub(crate) struct RevokePresented {
    /// The realm that the token is of
    #[arg(long, value_name = "NAME")]
    realm: String,

    #[command(flatten)]
    from: TokenFrom,

    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl RevokePresented {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let realm = store.realm(&self.realm)?;
        let token = self.from.read()?;
        let exit = match store.revoke_presented(realm, &token, &self.reason) {
            Ok(key) => {
                session.output.one(&view::key(&store, &key)?)?;
                Exit::Done
            }
            Err(VerifyError::Denied(denial)) => {
                session.output.one(&view::denial(&*store.profile(realm)?, &denial))?;
                Exit::Refused
            }
            Err(VerifyError::Failed(error)) => return Err(error),
        };
        store.close()?;
        Ok(exit)
    }
}
