//! The service of both layers: it decides about a request, and calls the one inside or answers
//! itself.

use std::task::{Context, Poll};

use http::Response;
use http::request::Parts;
use tower_service::Service;

use super::future::AnswerFuture;
use super::gate::Decided;

/// What a layer asks of requests.
pub(super) trait Asks {
    /// Decides about a request, and keeps in its extensions what layers further in ask for.
    fn decide(&self, parts: &mut Parts) -> Decided;
}

/// The service that [`KeyLayer`](crate::KeyLayer) and [`RequireScopes`](crate::RequireScopes)
/// make: `S`, as far as the layer `L` lets requests through.
#[derive(Clone, Debug)]
pub struct Guarded<S, L> {
    inner: S,
    layer: L,
}

impl<S, L> Guarded<S, L> {
    pub(super) const fn new(inner: S, layer: L) -> Self {
        Self { inner, layer }
    }
}

impl<S, L, B, R> Service<http::Request<B>> for Guarded<S, L>
where
    S: Service<http::Request<B>, Response = Response<R>>,
    L: Asks,
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
        match self.layer.decide(&mut parts) {
            Decided::Granted(grant, fields) => {
                // Another than further out, if scopes were added meanwhile.
                parts.extensions.insert(grant);
                let request = http::Request::from_parts(parts, body);
                AnswerFuture::inside(self.inner.call(request), fields)
            }
            Decided::Refused(refused) => AnswerFuture::refused(refused),
        }
    }
}
