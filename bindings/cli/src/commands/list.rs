//! Look at keys.

use clap::{Args, ValueEnum};
use keycask::{Filter, KeyId, Result, State};

use crate::exit::Exit;
use crate::session::Session;
use crate::view;

/// Keys that are read at once.
const PAGE: usize = 500;

/// What a table says of each key.
const COLUMNS: &[&str] = &[
    "key_id",
    "hint",
    "name",
    "owner",
    "state",
    "expired",
    "scopes",
    "issued",
    "last_used",
    "end",
];

/// What a table says of each generation of a lineage.
const GENERATIONS: &[&str] =
    &["generation", "key_id", "hint", "state", "expired", "in_grace", "last_used", "end"];

/// List keys by their time of issue, without their tokens
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask list --realm cloudgeni --owner acme --state active")]
pub(crate) struct List {
    /// Keys of this realm only
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,

    /// Keys of this owner only
    #[arg(long, value_name = "OWNER", requires = "realm")]
    owner: Option<String>,

    /// Keys in this state only; an expired key has still the state that it had
    #[arg(long)]
    state: Option<StateName>,

    /// Begin after this key
    #[arg(long, value_name = "KEY")]
    after: Option<KeyId>,

    /// List so many at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum StateName {
    Active,
    Suspended,
    Revoked,
}

impl From<StateName> for State {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Active => Self::Active,
            StateName::Suspended => Self::Suspended,
            StateName::Revoked => Self::Revoked,
        }
    }
}

impl List {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let mut filter = Filter::new();
        if let Some(realm) = &self.realm {
            filter = filter.realm(store.realm(realm)?);
        }
        if let Some(owner) = self.owner {
            filter = filter.owner(owner);
        }
        if let Some(state) = self.state {
            filter = filter.state(state.into());
        }
        let mut list = session.output.list(COLUMNS);
        let mut after = self.after;
        let mut left = self.limit.unwrap_or(usize::MAX);
        while left > 0 {
            let page = store.list(&filter, after, left.min(PAGE))?;
            left = left.saturating_sub(page.keys.len());
            page.keys.iter().try_for_each(|key| list.row(&view::key(&store, key)?))?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        list.end()?;
        if let Some(after) = after.filter(|_| left == 0) {
            session.output.note(&format!("There are more: --after {after}"));
        }
        Ok(Exit::Done)
    }
}

/// Show all that is kept of a key, without its token
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask show key_0C6S9JZ8Q4N7X
  keycask show --lineage key_0C6S9JZ8Q4N7X")]
pub(crate) struct Show {
    /// The key
    #[arg(value_name = "KEY")]
    key: KeyId,

    /// List all generations of its lineage, the oldest first, and when each was last used
    #[arg(long)]
    lineage: bool,
}

impl Show {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        if self.lineage {
            let mut list = session.output.list(GENERATIONS);
            for key in store.lineage(self.key)? {
                list.row(&view::key(&store, &key)?)?;
            }
            list.end()?;
            return Ok(Exit::Done);
        }
        session.output.one(&view::key(&store, &store.key(self.key)?)?)?;
        Ok(Exit::Done)
    }
}
