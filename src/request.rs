//! What a caller asks of a decision.

use std::net::IpAddr;

use crate::realm::KindSet;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What a caller asks of a decision: which kinds it accepts, which scopes it needs, when,
/// at what cost, and from where.
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
/// let profile = store.profile(realm)?;
/// let request = Request::new()
///     .needs(profile.scope_set(["projects:write"])?)
///     .kinds(profile.kind_set(["live"])?);
/// let token = issued.token.expose().as_bytes();
/// let refused = store.verify(realm, token, &request).unwrap_err();
/// let VerifyError::Denied(denial) = refused else { panic!("{refused}") };
/// assert!(matches!(denial.reason, Reason::Scope { .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) kinds: KindSet,
    pub(crate) required: ScopeSet,
    pub(crate) at: Option<Timestamp>,
    pub(crate) cost: u32,
    pub(crate) address: Option<IpAddr>,
    /// No credit is taken.
    pub(crate) spares: bool,
}

impl Request {
    /// Any kind of the realm, no scope, now, at a cost of one, from nowhere.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            kinds: KindSet::ALL,
            required: ScopeSet::empty(),
            at: None,
            cost: 1,
            address: None,
            spares: false,
        }
    }

    /// Needs all of `scopes`, in place of those asked for before. From
    /// [`Realm::scope_set`](crate::Realm::scope_set) of the realm that decides: a set is numbers,
    /// which name other scopes in another realm. With the empty set the request is granted to any
    /// key: if its names are from a configuration, refuse none.
    #[must_use]
    pub const fn needs(mut self, scopes: ScopeSet) -> Self {
        self.required = scopes;
        self
    }

    /// Accepts only `kinds`; a token of another is Unknown. From
    /// [`Realm::kind_set`](crate::Realm::kind_set).
    #[must_use]
    pub const fn kinds(mut self, kinds: KindSet) -> Self {
        self.kinds = kinds;
        self
    }

    /// Decides as of `at`, instead of the store's own clock.
    ///
    /// Times that are named have rates of their own. One that is less than a window's period before
    /// the latest that was charged to it counts as that one; one that is farther back says that the
    /// clock was set back, and the window goes on from there as it was.
    #[must_use]
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Charges `cost` to rates, instead of one. Zero charges nothing.
    #[must_use]
    pub const fn cost(mut self, cost: u32) -> Self {
        self.cost = cost;
        self
    }

    /// Takes no credit of a quota: decides by the credits that file and memory have together, and
    /// tells how many would remain. For a store that is open read-only, which has none leased
    /// and would refuse, to tell what the one that writes would decide. Rates are charged.
    #[must_use]
    pub const fn sparing_credits(mut self) -> Self {
        self.spares = true;
        self
    }

    /// Comes from `address`: without one, a key that has networks is denied. An IPv4-mapped
    /// IPv6 address is the IPv4 address.
    ///
    /// It is to be the peer's address of the connection, or what a proxy that the application
    /// runs itself vouches for. No header is read for it: whoever sends a request can write
    /// `X-Forwarded-For` as well.
    #[must_use]
    pub const fn address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new()
    }
}
