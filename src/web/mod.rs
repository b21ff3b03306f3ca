//! HTTP services that ask for keys: what stands between tower's and axum's types and
//! [`Store::present`].
//!
//! Nothing here waits: a request is decided about where it comes in, before the service inside is
//! called. What a refused request is answered comes from the profile, as in every language.

#[cfg(feature = "axum")]
mod extract;
mod future;
mod gate;
mod layer;
mod scopes;
mod service;

#[cfg(feature = "axum")]
pub use extract::NoGrant;
pub use future::AnswerFuture;
pub use layer::KeyLayer;
pub use scopes::RequireScopes;
pub use service::Guarded;
