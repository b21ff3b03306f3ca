//! The layer that asks requests for a key.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::gate::{Decided, Gate, Visit};
use super::service::{Asks, Guarded};
use crate::error::Result;
use crate::ids::RealmRef;
use crate::request::Request;
use crate::store::{Outcome, Store};

/// Lets requests through that present a token of a realm which may do what they need: a layer for
/// tower, and so for axum and what else takes one.
///
/// A request that is let through has its [`Grant`](crate::Grant) in its extensions. Others are
/// answered as the profile says: status, header fields and body are those of
/// [`Store::present`], and are the same in every language. The fields of a grant's answer, such as
/// rates, are set on the response, unless the service inside has set them itself. A request that
/// could not be decided about, which happens in a [fork](Store::is_forked), is answered with 500.
///
/// The decision is made in `call`, from memory, in microseconds: there is no executor and nothing
/// to wait for. A key with a [quota](crate::Quota) is the exception: when too few credits are in
/// memory, its decision makes a commit, and the thread waits. [`Store::flush`], called every
/// minute or so, has them ready.
///
/// Put what answers CORS preflights outside of this layer: a preflight carries no token.
///
/// ```
/// use std::sync::Arc;
/// use keycask::{Grant, KeyLayer, Request, Store};
/// use tower::{ServiceBuilder, service_fn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let store = Store::create(dir.path().join("keys.keycask"))?;
/// # let profile = std::fs::read_to_string("profiles/seogeo.toml")?;
/// # store.apply_realm("seogeo.toml", &profile, &keycask::Actor::new("ops"))?;
/// let store = Arc::new(store);
/// let realm = store.realm("seogeo")?;
/// let read = store.profile(realm)?.scope_set(["projects:read"])?;
/// let layer = KeyLayer::new(Arc::clone(&store), realm).with(Request::new().needs(read));
/// let inside = service_fn(async |request: http::Request<()>| {
///     let grant = request.extensions().get::<Grant>();
///     Ok::<_, std::convert::Infallible>(http::Response::new(format!("{grant:?}").into_bytes()))
/// });
/// let service = ServiceBuilder::new().layer(layer).service(inside);
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct KeyLayer {
    gate: Arc<Gate>,
}

impl KeyLayer {
    /// Asks for any key of `realm`.
    pub fn new(store: Arc<Store>, realm: RealmRef) -> Self {
        let request = Request::new();
        let gate = Gate { store, realm, request, address: None, request_id: None, log: None };
        Self { gate: Arc::new(gate) }
    }

    fn set(mut self, set: impl FnOnce(&mut Gate)) -> Self {
        set(Arc::make_mut(&mut self.gate));
        self
    }

    /// Makes requests need what this one asks for: scopes, kinds, a cost; and not what was asked
    /// for before. Its address is not used.
    pub fn with(self, request: Request) -> Self {
        self.set(|gate| gate.request = request)
    }

    /// Says where requests come from: the peer's address of the connection, or what a proxy of your
    /// own vouches for. Without it they come from nowhere, and a key that has networks is denied.
    ///
    /// In axum: `parts.extensions.get::<ConnectInfo<SocketAddr>>()`. No header is read for it:
    /// whoever sends a request can write `X-Forwarded-For` as well.
    pub fn address(
        self,
        address: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.set(|gate| gate.address = Some(Arc::new(address)))
    }

    /// Gives your id of a request, for answers that quote it.
    pub fn request_id(self, id: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.set(|gate| gate.request_id = Some(Arc::new(id)))
    }

    /// Is told what each request came to. The client is not told more than the profile says.
    pub fn log(self, log: impl Fn(&Parts, &Result<Outcome>) + Send + Sync + 'static) -> Self {
        self.set(|gate| gate.log = Some(Arc::new(log)))
    }
}

impl fmt::Debug for KeyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLayer").field("realm", &self.gate.realm).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for KeyLayer {
    type Service = Guarded<S, Self>;

    fn layer(&self, inner: S) -> Guarded<S, Self> {
        Guarded::new(inner, self.clone())
    }
}

impl Asks for KeyLayer {
    fn decide(&self, parts: &mut Parts) -> Decided {
        let decided = self.gate.decide(parts, self.gate.request);
        if let Decided::Granted(..) = decided {
            parts.extensions.insert(Visit(Arc::clone(&self.gate)));
        }
        decided
    }
}
