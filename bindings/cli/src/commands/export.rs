//! Hand records on to other programs: keys, owners, realms.

use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use keycask::{Realm, Result, Store};

use super::{list, owner};
use crate::bar::{Bar, Tally};
use crate::csv::Csv;
use crate::exit::Exit;
use crate::output::{Fields, Output};
use crate::select::Select;
use crate::session::Session;
use crate::view;

/// Write keys, owners or realms for other programs, without tokens: one JSON object a line, or CSV
#[derive(Subcommand, Debug)]
pub(crate) enum Export {
    Keys(Keys),
    Owners(Owners),
    Realms(Realms),
}

impl Export {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        match self {
            Self::Keys(command) => command.run(session),
            Self::Owners(command) => command.run(session),
            Self::Realms(command) => command.run(session),
        }
    }
}

/// How records are written.
#[derive(Args, Debug)]
struct Form {
    /// As CSV for a spreadsheet, with a first line of names, instead of JSON
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Form {
    fn begin(&self, output: Output) -> Lines {
        if self.csv { Lines::Csv(Box::new(Csv::new())) } else { Lines::Json(output) }
    }
}

/// Records that are being written.
enum Lines {
    Json(Output),
    Csv(Box<Csv>),
}

impl Lines {
    fn line(&mut self, fields: &Fields) -> Result<()> {
        match self {
            Self::Json(output) => output.line(&fields.json()),
            Self::Csv(csv) => csv.row(fields),
        }
    }

    fn end(self) -> Result<()> {
        match self {
            Self::Json(_) => Ok(()),
            Self::Csv(csv) => csv.end(),
        }
    }
}

/// Write the keys that meet all conditions, without their tokens
#[derive(Args, Debug)]
#[command(after_help = "\
A line has all that keycask show tells of the key. In CSV, a cell that a spreadsheet would take for
a formula begins with an apostrophe. This is a report and no backup: no key can be made from it;
see keycask backup.

Example:
  keycask export keys --realm cloudgeni --state active > keys.jsonl
  keycask export keys --idle-for 90d --csv > idle.csv")]
pub(crate) struct Keys {
    #[command(flatten)]
    form: Form,

    #[command(flatten)]
    select: Select,
}

impl Keys {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let filter = self.select.filter(&store)?;
        let bar = bar(session.output);
        let total = match &bar {
            Some(_) if !self.select.is_empty() => store.count(&filter)?,
            _ => store.stats()?.keys,
        };
        let mut lines = self.form.begin(session.output);
        let mut tally = Tally::new(bar, "Exporting", total);
        list::each(&store, &filter, None, usize::MAX, |key| {
            lines.line(&view::key(&store, key)?)?;
            tally.add(1);
            Ok(())
        })?;
        lines.end()?;
        Ok(Exit::Done)
    }
}

/// Write the owners of all realms, or of one
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask export owners --csv > owners.csv")]
pub(crate) struct Owners {
    #[command(flatten)]
    form: Form,

    /// Owners of this realm
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,
}

impl Owners {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let realms = match self.realm {
            Some(name) => vec![store.profile(store.realm(&name)?)?],
            None => store.realms(),
        };
        let mut tally = Tally::new(bar(session.output), "Exporting", store.stats()?.owners);
        let mut lines = self.form.begin(session.output);
        for realm in realms {
            owner::each(&store, realm.reference(), None, usize::MAX, |owner| {
                lines.line(&view::owner(&realm, owner))?;
                tally.add(1);
                Ok(())
            })?;
        }
        lines.end()?;
        Ok(Exit::Done)
    }
}

/// Write the realms, each with all that its profile says
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask export realms > realms.jsonl")]
pub(crate) struct Realms {}

impl Realms {
    fn run(self, session: &Session) -> Result<Exit> {
        let store: Store = session.read()?;
        let line = |realm: &Realm| session.output.line(&view::profile(realm).json());
        store.realms().iter().try_for_each(|realm| line(realm))?;
        Ok(Exit::Done)
    }
}

/// A bar, unless programs read what is told, or the records themselves go to the terminal.
fn bar(output: Output) -> Option<Bar> {
    if output.is_json() || io::stdout().is_terminal() { None } else { Bar::new() }
}
