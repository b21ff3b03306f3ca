//! Look at keys.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use keycask::{Cursor, Filter, KeyId, KeyInfo, Order, Result, Store};

use crate::exit::Exit;
use crate::output::Fields;
use crate::select::Select;
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

/// List the keys that meet all conditions, without their tokens
#[derive(Args, Debug)]
#[command(after_help = "\
If --limit leaves keys out, it is said where to go on: with --json in the field next of a last
line, which is no key.

Example:
  keycask list --realm cloudgeni --owner acme --state active
  keycask list --expiring-within 14d --order end
  keycask list --realm cloudgeni --idle-for 90d --count")]
pub(crate) struct List {
    #[command(flatten)]
    select: Select,

    /// Keys with this hint: the prefix, three dots, and the last four characters
    #[arg(long, value_name = "HINT")]
    hint: Option<String>,

    /// By time of issue, or by when a key is over
    #[arg(long, default_value = "key-id")]
    order: OrderName,

    #[command(flatten)]
    part: Part,

    /// Only say how many they are
    #[arg(long, conflicts_with_all = ["after", "limit"])]
    count: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum OrderName {
    KeyId,
    End,
}

impl From<OrderName> for Order {
    fn from(name: OrderName) -> Self {
        match name {
            OrderName::KeyId => Self::KeyId,
            OrderName::End => Self::End,
        }
    }
}

impl List {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let mut filter = self.select.filter(&store)?.order(self.order.into());
        if let Some(hint) = self.hint {
            filter = filter.hint(hint);
        }
        if self.count {
            session.output.one(&Fields::new().with("keys", store.count(&filter)?))?;
            return Ok(Exit::Done);
        }
        self.part.list(session, &store, &filter)?;
        Ok(Exit::Done)
    }
}

/// Which part of a list.
#[derive(Args, Debug)]
struct Part {
    /// Begin after this key, or where an earlier list said that it ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<Cursor>,

    /// List so many at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroUsize>,
}

impl Part {
    fn list(&self, session: &Session, store: &Store, filter: &Filter) -> Result<()> {
        let mut list = session.output.list(COLUMNS);
        let limit = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let row = |key: &KeyInfo| list.row(&view::key(store, key)?);
        let after = each(store, filter, self.after, limit, row)?;
        list.end()?;
        if let Some(after) = after
            && !store.list(filter, Some(after), 1)?.keys.is_empty()
        {
            let next = Fields::new().with("next", after.to_string());
            return session.output.end(&format!("There are more: --after {after}"), &next);
        }
        Ok(())
    }
}

/// Gives the keys that `filter` selects to `what`, from after `after` on, `limit` at most. Says
/// where it ended, if that is before the end of the list.
pub(super) fn each(
    store: &Store,
    filter: &Filter,
    mut after: Option<Cursor>,
    limit: usize,
    mut what: impl FnMut(&KeyInfo) -> Result<()>,
) -> Result<Option<Cursor>> {
    let mut left = limit;
    while left > 0 {
        let page = store.list(filter, after, left.min(PAGE))?;
        left = left.saturating_sub(page.keys.len());
        page.keys.iter().try_for_each(&mut what)?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(after)
}

/// Find keys by their hint, of which several may have the same
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask find cg_live_...3hvh
  keycask find --realm cloudgeni --state active ...3hvh")]
pub(crate) struct Find {
    /// The prefix, three dots, and the last four characters; without a prefix, any
    #[arg(value_name = "HINT")]
    hint: String,

    #[command(flatten)]
    select: Select,

    #[command(flatten)]
    part: Part,
}

impl Find {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let filter = self.select.filter(&store)?.hint(self.hint);
        self.part.list(session, &store, &filter)?;
        Ok(Exit::Done)
    }
}

/// Show all that is kept of a key, without its token
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask show key_0C6S9JZ8Q4N7X")]
pub(crate) struct Show {
    /// The key
    #[arg(value_name = "KEY")]
    key: KeyId,
}

impl Show {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        session.output.one(&view::key(&store, &store.key(self.key)?)?)?;
        Ok(Exit::Done)
    }
}
