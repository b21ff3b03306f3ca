//! The outcome of a verify: a [`Grant`], or a [`Denial`] with one [`Reason`].

use std::fmt;

use crate::entry::State;
use crate::error::Error;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token::{Malformed, Unpresented};

/// A token was accepted: whose it is and what it may do.
///
/// The text behind the numbers (owner, plan, kind, environment, prefix) is given on demand by
/// [`Store::describe`](crate::Store::describe).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::Request;
///
/// let token = issued.token.expose().as_bytes();
/// let grant = store.verify(realm, token, &Request::new()).expect("a grant");
/// assert_eq!(grant.key_id, key);
/// let whose = store.describe(&grant)?;
/// assert_eq!((whose.owner.as_str(), whose.plan.as_deref()), ("user-7", Some("pro")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The key that the token belongs to.
    pub key_id: KeyId,
    /// The realm that accepted it.
    pub realm: RealmRef,
    /// The key's kind.
    pub kind: KindRef,
    /// Whose key it is.
    pub owner: OwnerRef,
    /// What it may do, implied scopes included, after its kind's rights were applied.
    pub scopes: ScopeSet,
    /// When it ends; [`Timestamp::NEVER`] if it does not.
    pub end: Timestamp,
    /// Whether it was rotated and lives on only for its grace.
    pub in_grace: bool,
    /// The rate window that is nearest to its limit, if the owner's plan has any.
    pub rate: Option<Rate>,
    /// The credits of the key's quota, if it has one.
    pub credits: Option<Credits>,
}

impl Grant {
    /// A grant as its numbers tell it, for bindings that hand a grant out as numbers and take
    /// it back to have it [described](crate::Store::describe). It proves nothing.
    #[must_use]
    pub const fn from_numbers(
        key_id: KeyId,
        realm: RealmRef,
        kind: KindRef,
        owner: OwnerRef,
        scopes: ScopeSet,
        end: Timestamp,
        in_grace: bool,
    ) -> Self {
        Self { key_id, realm, kind, owner, scopes, end, in_grace, rate: None, credits: None }
    }
}

/// One rate window as it stands after a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// Requests that the window admits.
    pub limit: u32,
    /// Requests that are left of `limit` until `reset`. A burst may refuse before.
    pub remaining: u32,
    /// When the window ends.
    pub reset: Timestamp,
    /// The window's length in milliseconds.
    pub period_ms: u64,
}

/// The credits of a key's quota as they stand after a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credits {
    /// Credits that there are after a refill.
    pub limit: u64,
    /// Credits that are left. They can be more than `limit`, if some were added. Requests that
    /// are decided at the same moment may not be in it yet.
    pub remaining: u64,
    /// When they are refilled; [`Timestamp::NEVER`] if they are not.
    pub reset: Timestamp,
}

/// A token was refused, for one reason: the first that applies, in the order of [`Reason`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// # let spec = keycask::Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
/// # let issued = store.issue(&spec, me)?;
/// # let key = issued.key.key_id;
/// use keycask::{Reason, Request, VerifyError};
///
/// store.suspend(key, me)?;
/// let token = issued.token.expose().as_bytes();
/// match store.verify(realm, token, &Request::new()) {
///     Err(VerifyError::Denied(denial)) => {
///         assert_eq!((denial.reason, denial.key), (Reason::Suspended, Some(key)));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// The reason, for the caller and its log. Outsiders are not told.
    pub reason: Reason,
    /// The key, where the token is one's.
    pub key: Option<KeyId>,
}

impl Denial {
    /// The token is nobody's.
    pub(crate) const UNKNOWN: Self = Self { reason: Reason::Unknown, key: None };

    /// The token is not shaped like one of the realm.
    #[inline]
    pub(crate) const fn shapeless(malformed: Malformed) -> Self {
        Self { reason: Reason::Malformed(malformed), key: None }
    }
}

/// Why a token was refused. The variants stand in the order in which they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Not shaped like a token of the realm. It was not looked up.
    Malformed(Malformed),
    /// Shaped right, but no key of this realm and of the accepted kinds.
    Unknown,
    /// The key was ended for good.
    Revoked,
    /// The key is paused.
    Suspended,
    /// The key's owner is paused.
    OwnerSuspended,
    /// The key's window has not begun.
    NotYetValid,
    /// The key's window is over.
    Expired,
    /// The key was not used for longer than its realm allows.
    Idle,
    /// The request came from an address that the key does not allow, or from none.
    Network,
    /// The key lacks a scope.
    Scope {
        /// What the request needs. It is empty where no scope of the realm permits the method,
        /// and may be for a key that acts with the rights of an owner who has none.
        required: ScopeSet,
        /// What the key may do.
        present: ScopeSet,
    },
    /// A rate window is used up.
    RateLimited {
        /// The window that admits again last.
        rate: Rate,
        /// Milliseconds until every window would admit the request; [`u64::MAX`] if its cost is
        /// more than one of them ever admits.
        retry_ms: u64,
    },
    /// The key's quota has not as many credits as the request costs.
    QuotaExhausted {
        /// What is left of it.
        credits: Credits,
        /// Milliseconds until it is refilled; [`u64::MAX`] if it is not, if the request costs
        /// more than its limit, or if there are as many as it costs and the store, which cannot
        /// write, could not lease them.
        retry_ms: u64,
    },
}

macro_rules! reasons {
    ($($number:literal $reason:pat => $name:literal,)*) => {
        impl Reason {
            /// The reason's stable name in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($reason => $name,)*
                }
            }

            /// Where the reason's name stands in [`OUTCOMES`].
            #[inline]
            pub(crate) const fn outcome(self) -> usize {
                match self {
                    $($reason => $number,)*
                }
            }
        }

        /// Names of all that a decision comes to: a grant, no token, then the reasons in their
        /// order.
        pub(crate) const OUTCOMES: [&str; 14] = ["granted", "unpresented", $($name,)*];
    };
}

/// Where the name of a grant stands in [`OUTCOMES`].
pub(crate) const GRANTED: usize = 0;
/// Where that of a request without a token stands.
pub(crate) const UNPRESENTED: usize = 1;

reasons! {
    2 Self::Malformed(_) => "malformed",
    3 Self::Unknown => "unknown",
    4 Self::Revoked => "revoked",
    5 Self::Suspended => "suspended",
    6 Self::OwnerSuspended => "owner_suspended",
    7 Self::NotYetValid => "not_yet_valid",
    8 Self::Expired => "expired",
    9 Self::Idle => "idle",
    10 Self::Network => "network",
    11 Self::Scope { .. } => "scope",
    12 Self::RateLimited { .. } => "rate_limited",
    13 Self::QuotaExhausted { .. } => "quota_exhausted",
}

impl From<State> for Option<Reason> {
    /// The reason for which a key in this state is refused, if it is.
    fn from(state: State) -> Self {
        match state {
            State::Active => None,
            State::Suspended => Some(Reason::Suspended),
            State::Revoked => Some(Reason::Revoked),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "{key} is refused: {}", self.reason.name()),
            None => write!(f, "the token is refused: {}", self.reason.name()),
        }
    }
}

impl std::error::Error for Denial {}

/// Why a request was refused: it presented no token, or one that was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The request carries no token that could be verified.
    Unpresented(Unpresented),
    /// The token was refused.
    Denied(Denial),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpresented(why) => why.fmt(f),
            Self::Denied(denial) => denial.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Unpresented> for Refusal {
    fn from(why: Unpresented) -> Self {
        Self::Unpresented(why)
    }
}

/// Why [`Store::verify`](crate::Store::verify) gave no grant.
#[derive(Debug)]
pub enum VerifyError {
    /// The token was refused.
    Denied(Denial),
    /// There is no answer, for a reason of ours.
    Failed(Error),
}

impl VerifyError {
    /// The denial, if it is one.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denial) => denial.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<Denial> for VerifyError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Error> for VerifyError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
