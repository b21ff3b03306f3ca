//! Arguments that several commands take.

use std::convert::Infallible;
use std::net::IpAddr;
use std::str::FromStr;

use clap::Args;
use keycask::{Actor, Error, ErrorKind, Quota, RealmRef, Request, Result, Store};

use crate::when::When;

/// Names in one argument, with commas between them. An empty argument is no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl FromStr for Names {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        Ok(Self(text.split(',').map(str::to_owned).collect()))
    }
}

/// Names of which there must be one: to ask for nothing is to leave the option out. So an unset
/// variable is no request without scopes.
fn at_least_one(text: &str) -> Result<Names, &'static str> {
    let Ok(names) = text.parse::<Names>();
    if names.0.is_empty() { Err("want a name at least") } else { Ok(names) }
}

/// A quota, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuotaOrNone(pub(crate) Option<Quota>);

impl FromStr for QuotaOrNone {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|quota| Self(Some(quota))) }
    }
}

impl Names {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Who changes something, and why.
#[derive(Args, Debug)]
pub(crate) struct Who {
    /// Who asks, for the audit trail [default: the number of the user who runs this]
    #[arg(long, value_name = "NAME", env = "KEYCASK_ACTOR", hide_env_values = true)]
    actor: Option<String>,

    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Who {
    /// The actor, with its reason.
    pub(crate) fn actor(&self) -> Actor {
        let name = match self.actor.as_deref() {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("uid:{}", rustix::process::getuid().as_raw()),
        };
        let actor = Actor::new(name);
        match &self.reason {
            Some(reason) => actor.because(reason),
            None => actor,
        }
    }
}

/// Who changes something, why, and as which operation.
#[derive(Args, Debug)]
pub(crate) struct By {
    #[command(flatten)]
    who: Who,

    /// A name of your own for this change, so that the same command can be given again after an
    /// unknown outcome: what was done is not done twice
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
}

impl By {
    /// The actor, with its reason and its operation.
    pub(crate) fn actor(&self) -> Actor {
        let actor = self.who.actor();
        match &self.operation {
            Some(id) => actor.operation(id),
            None => actor,
        }
    }

    /// Refuses a span from now in an operation: when the command is given again, it is another
    /// request. `what` names the option.
    ///
    /// # Errors
    ///
    /// `Argument`.
    pub(crate) fn same_again(&self, what: &str, when: Option<When>) -> Result<()> {
        match (&self.operation, when) {
            (Some(_), Some(When::After(_))) => {
                let why = format!("{what}: give an instant with --operation, not a span from now");
                Err(Error::new(ErrorKind::Argument, why))
            }
            _ => Ok(()),
        }
    }
}

/// What a decision shall be about, apart from the token.
#[derive(Args, Debug)]
pub(crate) struct Ask {
    /// The realm that decides
    #[arg(long, value_name = "NAME")]
    realm: String,

    /// Scopes that are needed, all of them
    #[arg(long, value_name = "SCOPE,...", value_parser = at_least_one)]
    needs: Option<Names>,

    /// Kinds that are accepted [default: all of the realm]
    #[arg(long, value_name = "KIND,...", value_parser = at_least_one)]
    kinds: Option<Names>,

    /// Decide as of this time: RFC 3339 in UTC, or +90d from now
    #[arg(long, value_name = "TIME")]
    at: Option<When>,

    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
}

impl Ask {
    /// The realm and the request, as `store` knows their names.
    ///
    /// # Errors
    ///
    /// `NotFound` for a name that the store does not have; `Argument` for a time that is none.
    pub(crate) fn resolve(&self, store: &Store) -> Result<(RealmRef, Request)> {
        let realm = store.realm(&self.realm)?;
        let profile = store.profile(realm)?;
        // Who reads has nothing leased: it tells what the one that writes would decide.
        let mut request = Request::new().sparing_credits();
        if let Some(needs) = &self.needs {
            request = request.needs(profile.scope_set(needs.iter())?);
        }
        if let Some(kinds) = &self.kinds {
            request = request.kinds(profile.kind_set(kinds.iter())?);
        }
        if let Some(at) = self.at {
            request = request.at(at.instant("--at")?);
        }
        if let Some(address) = self.address {
            request = request.address(address);
        }
        Ok((realm, request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_argument_is_no_name_and_an_empty_part_is_one() {
        let names = |text: &str| text.parse::<Names>().unwrap().0;
        assert!(names("").is_empty());
        assert_eq!(names("a,b"), ["a", "b"]);
        assert_eq!(names("a,,b"), ["a", "", "b"]);
    }
}
