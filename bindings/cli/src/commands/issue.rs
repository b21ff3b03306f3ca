//! Issue a key.

use std::time::Duration;

use clap::Args;
use keycask::{Result, Spec, parse_span};

use crate::args::{By, Names, QuotaOrNone};
use crate::exit::Exit;
use crate::session::Session;
use crate::sink::TokenTo;
use crate::view;
use crate::when::When;

/// Make a key and print its token, which is shown this once
#[derive(Args, Debug)]
#[command(after_help = "\
Standard output gets the token alone; with --json, the key and its token; with --out, the key.

Example:
  keycask issue --realm cloudgeni --kind live --scopes read-only --end +90d acme")]
pub(crate) struct Issue {
    /// The realm in which the key shall be valid
    #[arg(long, value_name = "NAME")]
    realm: String,

    /// The kind of key
    #[arg(long, value_name = "NAME")]
    kind: String,

    /// The owner's id in your application
    owner: String,

    /// Scopes of the key
    #[arg(long, value_name = "SCOPE,...")]
    scopes: Option<Names>,

    /// Sets of scopes that the profile names, in addition
    #[arg(long, value_name = "SET,...")]
    sets: Option<Names>,

    /// A name for people
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// Data of your application: one JSON value
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,

    /// From when on it is valid: RFC 3339 in UTC, or +1h from now [default: now]
    #[arg(long, value_name = "TIME")]
    start: Option<When>,

    /// When it ends: RFC 3339 in UTC, +90d from its start, or never [default: the profile's]
    #[arg(long, value_name = "TIME")]
    end: Option<When>,

    /// Networks from which alone it may be used, such as 10.0.0.0/8 [default: any]
    #[arg(long, value_name = "NETWORK,...")]
    networks: Option<Names>,

    /// It ends to be granted once it was not used for so long, such as 30d [default: the
    /// profile's]
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    idle: Option<Duration>,

    /// Its quota, such as "1000 per month", or none [default: the plan's]
    #[arg(long, value_name = "QUOTA")]
    quota: Option<QuotaOrNone>,

    #[command(flatten)]
    to: TokenTo,

    #[command(flatten)]
    by: By,
}

impl Issue {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        self.by.same_again("--start", self.start)?;
        let store = session.write()?;
        let mut spec = Spec::new(store.realm(&self.realm)?, self.kind, self.owner);
        if let Some(scopes) = &self.scopes {
            spec = spec.scopes(scopes.iter());
        }
        for set in self.sets.iter().flat_map(Names::iter) {
            spec = spec.set(set);
        }
        if let Some(name) = self.name {
            spec = spec.name(name);
        }
        if let Some(metadata) = self.metadata {
            spec = spec.metadata(metadata);
        }
        if let Some(start) = self.start {
            spec = spec.start(start.instant("--start")?);
        }
        spec = match self.end {
            Some(When::At(end)) => spec.end(end),
            Some(When::After(span)) => spec.life(span),
            None => spec,
        };
        if let Some(networks) = &self.networks {
            spec = spec.networks(networks.iter());
        }
        if let Some(idle) = self.idle {
            spec = spec.idle(idle);
        }
        if let Some(QuotaOrNone(quota)) = self.quota {
            spec = spec.quota(quota);
        }
        let sink = self.to.open()?;
        let issued = store.issue(&spec, &self.by.actor())?;
        let key = issued.key.key_id;
        let fields = view::key(&store, &issued.key)?;
        let note = format!("{key} is issued. Its token is shown this once.");
        sink.give(session.output, key, &issued.token, &fields, &note)?;
        store.close()?;
        Ok(Exit::Done)
    }
}
