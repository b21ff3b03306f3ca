//! The layer that asks a grant for scopes.

use http::HeaderMap;
use http::request::Parts;
use tower_layer::Layer;

use super::gate::{Decided, Refused, Visit};
use super::service::{Asks, Guarded};
use crate::scope::ScopeSet;
use crate::verdict::Grant;

/// Inside [`KeyLayer`](crate::KeyLayer), lets requests through whose grant has all of some scopes.
/// Others are answered as the profile says.
///
/// It asks nothing of the store for those that it lets through, and charges nothing for the others:
/// `KeyLayer` has charged them by then. A `KeyLayer` of the route that is made
/// [with](crate::KeyLayer::with) the scopes charges only those that have them.
///
/// A request that did not come through `KeyLayer` is answered with 500.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct RequireScopes {
    scopes: ScopeSet,
}

impl RequireScopes {
    /// Requires all of `scopes`, which are from [`Realm::scope_set`](crate::Realm::scope_set).
    ///
    /// # Panics
    ///
    /// If there is no scope: every key would go through.
    pub const fn new(scopes: ScopeSet) -> Self {
        assert!(!scopes.is_empty(), "keycask: RequireScopes of no scope");
        Self { scopes }
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = Guarded<S, Self>;

    fn layer(&self, inner: S) -> Guarded<S, Self> {
        Guarded::new(inner, *self)
    }
}

impl Asks for RequireScopes {
    fn decide(&self, parts: &mut Parts) -> Decided {
        let (visit, grant) = (parts.extensions.get::<Visit>(), parts.extensions.get::<Grant>());
        let (Some(Visit(gate)), Some(grant)) = (visit, grant) else {
            let why = "keycask: RequireScopes is not inside KeyLayer";
            return Decided::Refused(Refused::failed(why));
        };
        if grant.scopes.contains(self.scopes) {
            return Decided::Granted(*grant, HeaderMap::new());
        }
        let scopes = gate.request.required.union(self.scopes);
        gate.decide(parts, gate.request.needs(scopes).cost(0))
    }
}
