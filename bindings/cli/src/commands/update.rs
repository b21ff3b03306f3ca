//! Change what is said of a key.

use clap::Args;
use keycask::{KeyId, Result};

use crate::args::{By, Names, QuotaOrNone};
use crate::exit::Exit;
use crate::session::Session;
use crate::view;
use crate::when::When;

/// Change a key's name, metadata, end, scopes or quota; what is not given stays
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask update --scopes read-only,deploy --end +30d key_0C6S9JZ8Q4N7X")]
pub(crate) struct Update {
    /// The key
    #[arg(value_name = "KEY")]
    key: KeyId,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    by: By,
}

/// What shall change: one thing at least.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
struct What {
    /// A name for people; '' for none
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// Data of your application: one JSON value; '' for none
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,

    /// When it ends: RFC 3339 in UTC, +90d from now, or never
    #[arg(long, value_name = "TIME")]
    end: Option<When>,

    /// Scopes, in place of those it had; '' for none
    #[arg(long, value_name = "SCOPE,...")]
    scopes: Option<Names>,

    /// The quota of its lineage, such as "1000 per month", with all its credits; or none
    #[arg(long, value_name = "QUOTA")]
    quota: Option<QuotaOrNone>,

    /// How many credits it has until the next refill
    #[arg(long, value_name = "N", group = "credits")]
    set_credits: Option<u64>,

    /// How many credits it gets in addition, until the next refill
    #[arg(long, value_name = "N", group = "credits")]
    add_credits: Option<u64>,

    /// How many credits are taken away, until the next refill
    #[arg(long, value_name = "N", group = "credits")]
    take_credits: Option<u64>,
}

impl Update {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        self.by.same_again("--end", self.what.end)?;
        let mut update = keycask::Update::new();
        if let Some(name) = self.what.name {
            update = update.name(name);
        }
        if let Some(metadata) = self.what.metadata {
            update = update.metadata(metadata);
        }
        if let Some(end) = self.what.end {
            update = update.end(end.timestamp());
        }
        if let Some(scopes) = &self.what.scopes {
            update = update.scopes(scopes.iter());
        }
        if let Some(QuotaOrNone(quota)) = self.what.quota {
            update = update.quota(quota);
        }
        if let Some(credits) = self.what.set_credits {
            update = update.set_credits(credits);
        }
        if let Some(credits) = self.what.add_credits {
            update = update.add_credits(credits);
        }
        if let Some(credits) = self.what.take_credits {
            update = update.take_credits(credits);
        }
        let store = session.write()?;
        let key = store.update(self.key, &update, &self.by.actor())?;
        session.output.one(&view::key(&store, &key)?)?;
        store.close()?;
        Ok(Exit::Done)
    }
}
