//! Rotate the pepper.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use keycask::{PepperStatus, Result};

use crate::args::Who;
use crate::confirm::Confirm;
use crate::exit::Exit;
use crate::output::Fields;
use crate::secret;
use crate::session::Session;

/// Rotate the pepper, retire the one before, and see how many keys are left on it
#[derive(Subcommand, Debug)]
pub(crate) enum Pepper {
    Rotate(Rotate),
    Retire(Retire),
    Status(Status),
}

/// Make another pepper the store's, beside the one that it has
#[derive(Args, Debug)]
#[command(after_help = "\
From then on the store opens with both: the new one as --pepper-file, the other as
--previous-pepper-file.

Example:
  keycask pepper rotate --new-pepper-file pepper-2")]
pub(crate) struct Rotate {
    /// File with the new pepper, 32 bytes or 64 hex digits
    #[arg(long, value_name = "FILE")]
    new_pepper_file: PathBuf,

    #[command(flatten)]
    who: Who,
}

/// End the pepper before the present one, and revoke the keys that are left on it
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask pepper retire --dry-run
  keycask pepper retire --reason 'rotated in March' --yes")]
pub(crate) struct Retire {
    /// Only say how many keys would be revoked
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    confirm: Confirm,

    #[command(flatten)]
    who: Who,
}

/// Show the generations of the pepper, and how many keys are left on the one before
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask pepper status --json")]
pub(crate) struct Status {}

impl Pepper {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        match self {
            Self::Rotate(command) => {
                let new = secret::read_key("new pepper", &command.new_pepper_file)?;
                let store = session.write()?;
                let new = keycask::Pepper::new(&new);
                let status = store.rotate_pepper(new, &command.who.actor())?;
                store.close()?;
                session.output.one(&fields(&status))?;
            }
            Self::Retire(command) => return command.run(session),
            Self::Status(Status {}) => {
                session.output.one(&fields(&session.read()?.pepper_status()?))?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Retire {
    fn run(self, session: &Session) -> Result<Exit> {
        if self.dry_run {
            let PepperStatus { previous, left, .. } = session.read()?.pepper_status()?;
            let fields = Fields::new().with("dry_run", true).with("previous", previous);
            session.output.one(&fields.with("revoked", left))?;
            return Ok(Exit::Done);
        }
        let store = session.write()?;
        let otherwise = "keys may be revoked: give --yes, or --dry-run to see how many";
        let question = || {
            let left = store.pepper_status()?.left;
            Ok(format!("End the pepper before, and revoke {left} keys for good?"))
        };
        if !self.confirm.is_given(otherwise, question)? {
            session.output.note("Nothing was retired.");
            return Ok(Exit::Failed);
        }
        let revoked = store.retire_pepper(&self.who.actor())?;
        store.close()?;
        session.output.one(&Fields::new().with("revoked", revoked))?;
        Ok(Exit::Done)
    }
}

fn fields(status: &PepperStatus) -> Fields {
    Fields::new()
        .with("generation", status.generation)
        .with("peppered", status.peppered)
        .with("previous", status.previous)
        .with("left", status.left)
}
