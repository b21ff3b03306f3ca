//! Which keys a command is about, in options.

use std::time::Duration;

use clap::{Args, ValueEnum};
use keycask::{Error, ErrorKind, Filter, KeyId, Result, State, Store, Timestamp, parse_span};

/// Conditions; a key is meant if it meets all of them.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Which keys")]
pub(crate) struct Select {
    /// Keys of this realm
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,

    /// Keys of this owner
    #[arg(long, value_name = "OWNER", requires = "realm")]
    owner: Option<String>,

    /// Keys of this kind
    #[arg(long, value_name = "KIND", requires = "realm")]
    kind: Option<String>,

    /// Keys of the lineage that this key is of
    #[arg(long, value_name = "KEY")]
    lineage: Option<KeyId>,

    /// Keys in this state; an expired key has still the state that it had
    #[arg(long)]
    state: Option<StateName>,

    /// Keys issued at this time or later: RFC 3339 in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    issued_from: Option<Timestamp>,

    /// Keys issued before this time: RFC 3339 in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    issued_before: Option<Timestamp>,

    /// Keys whose end has come
    #[arg(long)]
    expired: bool,

    /// Keys whose end has not come
    #[arg(long, conflicts_with = "expired")]
    unexpired: bool,

    /// Keys that expire within this span from now, such as 14d
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    expiring_within: Option<Duration>,

    /// Keys that were rotated and live on for their grace
    #[arg(long)]
    in_grace: bool,

    /// Keys that are to be rotated, by their profile or, if a span is given, by their age
    #[arg(
        long,
        value_name = "SPAN",
        value_parser = parse_span,
        num_args = 0..=1
    )]
    rotation_due: Option<Option<Duration>>,

    /// Keys that were never used, of realms that keep usage
    #[arg(long)]
    never_used: bool,

    /// Keys that were not used for this span, of realms that keep usage
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    idle_for: Option<Duration>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
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

/// An instant as it is typed.
pub(crate) fn instant(text: &str) -> Result<Timestamp> {
    match Timestamp::parse(text)? {
        Timestamp::NEVER => {
            let why = "time \"never\": want an instant: RFC 3339 in UTC";
            Err(Error::new(ErrorKind::Argument, why))
        }
        at => Ok(at),
    }
}

impl Select {
    /// Whether no condition was given.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The filter, as `store` knows its names.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm.
    pub(crate) fn filter(&self, store: &Store) -> Result<Filter> {
        let mut filter = Filter::new();
        if let Some(realm) = &self.realm {
            filter = filter.realm(store.realm(realm)?);
        }
        if let Some(owner) = &self.owner {
            filter = filter.owner(owner);
        }
        if let Some(kind) = &self.kind {
            filter = filter.kind(kind);
        }
        if let Some(key) = self.lineage {
            filter = filter.lineage(key);
        }
        if let Some(state) = self.state {
            filter = filter.state(state.into());
        }
        if let Some(from) = self.issued_from {
            filter = filter.issued_from(from);
        }
        if let Some(before) = self.issued_before {
            filter = filter.issued_before(before);
        }
        if self.expired || self.unexpired {
            filter = filter.expired(self.expired);
        }
        if let Some(span) = self.expiring_within {
            filter = filter.expiring_within(span);
        }
        if self.in_grace {
            filter = filter.in_grace();
        }
        filter = match self.rotation_due {
            Some(Some(age)) => filter.rotation_due_at(age),
            Some(None) => filter.rotation_due(),
            None => filter,
        };
        if self.never_used {
            filter = filter.never_used();
        }
        if let Some(span) = self.idle_for {
            filter = filter.idle_for(span);
        }
        Ok(filter)
    }
}
