//! Rotate a key.

use clap::Args;
use keycask::{KeyId, Result, Rotation, parse_span};

use crate::args::By;
use crate::exit::Exit;
use crate::session::Session;
use crate::sink::TokenTo;
use crate::view;
use crate::when::When;

/// Replace a key by a successor, and print the successor's token, which is shown this once
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask rotate --grace 7d key_0C6S9JZ8Q4N7X")]
pub(crate) struct Rotate {
    /// The key to replace
    #[arg(value_name = "KEY")]
    key: KeyId,

    /// How long the old key lives on, such as 7d; 0s revokes it [default: the profile's]
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    grace: Option<std::time::Duration>,

    /// Revoke the old key at once, in the same step
    #[arg(long, conflicts_with = "grace")]
    regenerate: bool,

    /// When the new key ends: RFC 3339 in UTC, +90d from now, or never [default: after a life
    /// as long as the old key's]
    #[arg(long, value_name = "TIME")]
    end: Option<When>,

    #[command(flatten)]
    to: TokenTo,

    #[command(flatten)]
    by: By,
}

impl Rotate {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let mut rotation = match self.regenerate {
            true => Rotation::regenerate(),
            false => Rotation::new(),
        };
        if let Some(grace) = self.grace {
            rotation = rotation.grace(grace);
        }
        rotation = match self.end {
            Some(When::At(end)) => rotation.end(end),
            Some(When::After(span)) => rotation.life(span),
            None => rotation,
        };
        let store = session.write()?;
        let sink = self.to.open()?;
        let issued = store.rotate(self.key, &rotation, &self.by.actor())?;
        let key = issued.key.key_id;
        let fields = view::key(&store, &issued.key)?;
        let note = format!("{} is replaced by {key}. Its token is shown this once.", self.key);
        sink.give(session.output, key, &issued.token, &fields, &note)?;
        store.close()?;
        Ok(Exit::Done)
    }
}
