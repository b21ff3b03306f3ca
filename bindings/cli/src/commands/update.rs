//! Change what is said of a key.

use std::time::Duration;

use clap::Args;
use keycask::{KeyId, Result, parse_span};

use crate::args::{By, Names, QuotaOrNone};
use crate::exit::Exit;
use crate::session::Session;
use crate::view;
use crate::when::When;

/// Change a key's name, metadata, end, scopes, quota, networks or idle span; what is not given
/// stays
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

    /// Networks from which alone it may be used, in place of those it had
    #[arg(long, value_name = "NETWORK,...", conflicts_with = "any_network")]
    networks: Option<Names>,

    /// It may be used from anywhere
    #[arg(long)]
    any_network: bool,

    /// How long it may stay unused from now on, such as 30d; a key that was refused as idle is
    /// granted again
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with = "no_idle")]
    idle: Option<Duration>,

    /// How long it may stay unused is what the profile says
    #[arg(long)]
    no_idle: bool,

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
        if let Some(networks) = &self.what.networks {
            update = update.networks(networks.iter());
        }
        if self.what.any_network {
            update = update.any_network();
        }
        if let Some(idle) = self.what.idle {
            update = update.idle(idle);
        }
        if self.what.no_idle {
            update = update.no_idle();
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
