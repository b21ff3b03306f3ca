//! The grant of a request, as an argument of axum's handlers.

use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::verdict::Grant;

/// The grant of a request that came through [`KeyLayer`](crate::KeyLayer).
impl<S: Send + Sync> FromRequestParts<S> for Grant {
    type Rejection = NoGrant;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoGrant> {
        parts.extensions.get().copied().ok_or(NoGrant)
    }
}

/// A handler wants the grant of a request that did not come through [`KeyLayer`](crate::KeyLayer):
/// the application is put together wrongly. It is answered with 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoGrant;

impl fmt::Display for NoGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keycask: the handler is not inside KeyLayer")
    }
}

impl std::error::Error for NoGrant {}

impl IntoResponse for NoGrant {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
