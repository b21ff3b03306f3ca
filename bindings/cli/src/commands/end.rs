//! End many keys: revoke them, or end their grace.

use clap::Args;
use keycask::{DryRun, Ending, Filter, Result};

use crate::args::By;
use crate::confirm::Confirm;
use crate::exit::Exit;
use crate::output::Fields;
use crate::select::Select;
use crate::session::Session;

/// How many keys are ended with one command.
#[derive(Args, Debug)]
pub(crate) struct Many {
    #[command(flatten)]
    pub(crate) select: Select,

    /// Only say how many keys that would be, and name the first ten
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    confirm: Confirm,
}

impl Many {
    /// Does it, or says what it would do.
    ///
    /// # Errors
    ///
    /// `Argument` if nobody can be asked back and nobody needs not to be.
    pub(crate) fn run(
        &self,
        session: &Session,
        by: &By,
        ending: fn(Filter) -> Ending,
    ) -> Result<Exit> {
        if self.dry_run {
            let store = session.read()?;
            let run = store.dry_run(&ending(self.select.filter(&store)?))?;
            session.output.one(&dry(&run))?;
            return Ok(Exit::Done);
        }
        let store = session.write()?;
        let ending = ending(self.select.filter(&store)?);
        let otherwise = "many keys may end: give --yes, or --dry-run to see how many";
        let question = || Ok(format!("Revoke {} keys for good?", store.dry_run(&ending)?.keys));
        if !self.confirm.is_given(otherwise, question)? {
            session.output.note("Nothing was revoked.");
            return Ok(Exit::Failed);
        }
        let ended = store.end_many(&ending, &by.actor())?;
        session.output.one(&Fields::new().with("keys", ended.keys))?;
        store.close()?;
        Ok(Exit::Done)
    }
}

fn dry(run: &DryRun) -> Fields {
    let first: Vec<_> = run.first.iter().map(ToString::to_string).collect();
    Fields::new().with("dry_run", true).with("keys", run.keys).with("first", first)
}

/// End the grace of rotated keys now: revoke the old keys, and leave their successors
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask end-grace --realm cloudgeni --owner acme --dry-run
  keycask end-grace --realm cloudgeni --owner acme --yes")]
pub(crate) struct EndGrace {
    #[command(flatten)]
    many: Many,

    #[command(flatten)]
    by: By,
}

impl EndGrace {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        self.many.run(session, &self.by, Ending::grace)
    }
}
