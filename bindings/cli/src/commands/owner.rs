//! Owners: whose keys they are.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use keycask::{OwnerChange, OwnerInfo, RealmRef, Result, Store};

use crate::args::{By, Names};
use crate::exit::Exit;
use crate::session::Session;
use crate::view;

/// Owners that are read at once.
const PAGE: usize = 1000;

/// Say whose keys there are: set an owner, look at one, list them
#[derive(Subcommand, Debug)]
pub(crate) enum Owner {
    Set(Set),
    Show(Show),
    List(List),
}

impl Owner {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        match self {
            Self::Set(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::List(command) => command.run(session),
        }
    }
}

/// Which owner.
#[derive(Args, Debug)]
struct Named {
    /// The realm the owner belongs to
    #[arg(long, value_name = "NAME")]
    realm: String,

    /// The owner's id in your application
    owner: String,
}

/// Make an owner, or change one; what is not given stays
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask owner set --realm cloudgeni --plan pro acme")]
pub(crate) struct Set {
    #[command(flatten)]
    named: Named,

    /// The plan, which says how many keys and requests the owner has
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,

    /// Scopes that the owner has itself, in place of those it had; '' for none
    #[arg(long, value_name = "SCOPE,...")]
    direct: Option<Names>,

    /// Scopes that the owner has through groups, which no key inherits; '' for none
    #[arg(long, value_name = "SCOPE,...")]
    group: Option<Names>,

    /// Refuse all keys of the owner
    #[arg(long)]
    suspend: bool,

    /// Refuse them no longer
    #[arg(long, conflicts_with = "suspend")]
    resume: bool,

    #[command(flatten)]
    by: By,
}

impl Set {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let realm = store.realm(&self.named.realm)?;
        let mut change = OwnerChange::new();
        if let Some(plan) = self.plan {
            change = change.plan(plan);
        }
        if let Some(scopes) = &self.direct {
            change = change.direct(scopes.iter());
        }
        if let Some(scopes) = &self.group {
            change = change.group(scopes.iter());
        }
        if self.suspend || self.resume {
            change = change.suspended(self.suspend);
        }
        let owner = store.set_owner(realm, &self.named.owner, &change, &self.by.actor())?;
        session.output.one(&view::owner(&*store.profile(realm)?, &owner))?;
        store.close()?;
        Ok(Exit::Done)
    }
}

/// Show one owner
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask owner show --realm cloudgeni acme")]
pub(crate) struct Show {
    #[command(flatten)]
    named: Named,
}

impl Show {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let realm = store.realm(&self.named.realm)?;
        let owner = store.owner(realm, &self.named.owner)?;
        session.output.one(&view::owner(&*store.profile(realm)?, &owner))?;
        Ok(Exit::Done)
    }
}

/// List the owners of a realm by their ids
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask owner list --realm cloudgeni")]
pub(crate) struct List {
    /// The realm
    #[arg(long, value_name = "NAME")]
    realm: String,

    /// Begin after this owner
    #[arg(long, value_name = "OWNER")]
    after: Option<String>,

    /// List so many at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroUsize>,
}

impl List {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let realm = store.realm(&self.realm)?;
        let profile = store.profile(realm)?;
        let mut list = session.output.list(&["owner", "plan", "suspended", "direct", "group"]);
        let limit = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        each(&store, realm, self.after, limit, |owner| list.row(&view::owner(&profile, owner)))?;
        list.end()?;
        Ok(Exit::Done)
    }
}

/// Gives the owners of `realm` to `what`, from after `after` on, `limit` at most.
pub(super) fn each(
    store: &Store,
    realm: RealmRef,
    mut after: Option<String>,
    limit: usize,
    mut what: impl FnMut(&OwnerInfo) -> Result<()>,
) -> Result<()> {
    let mut left = limit;
    while left > 0 {
        let owners = store.owners(realm, after.as_deref(), left.min(PAGE))?;
        let Some(last) = owners.last() else { break };
        after = Some(last.id.clone());
        left = left.saturating_sub(owners.len());
        owners.iter().try_for_each(&mut what)?;
    }
    Ok(())
}
