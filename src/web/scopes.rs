//! The layer that asks a grant for scopes.

use std::task::{Context, Poll};

use http::request::Parts;
use http::{HeaderMap, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::future::AnswerFuture;
use super::gate::{Decided, Refused, Visit};
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
    pub const fn new(scopes: ScopeSet) -> Self {
        Self { scopes }
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = RequireScopesService<S>;

    fn layer(&self, inner: S) -> RequireScopesService<S> {
        RequireScopesService { inner, scopes: self.scopes }
    }
}

/// The service that [`RequireScopes`] makes.
#[derive(Clone, Debug)]
pub struct RequireScopesService<S> {
    inner: S,
    scopes: ScopeSet,
}

impl<S> RequireScopesService<S> {
    fn decide(&self, parts: &Parts) -> Decided {
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

impl<S, B, R> Service<http::Request<B>> for RequireScopesService<S>
where
    S: Service<http::Request<B>, Response = Response<R>>,
    R: From<Vec<u8>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = AnswerFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        match self.decide(&parts) {
            Decided::Granted(grant, fields) => {
                // Another than before, if scopes were added meanwhile.
                parts.extensions.insert(grant);
                let request = http::Request::from_parts(parts, body);
                AnswerFuture::inside(self.inner.call(request), fields)
            }
            Decided::Refused(refused) => AnswerFuture::refused(refused),
        }
    }
}
