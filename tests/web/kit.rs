//! What the tests have in common: a store in which time stands still, and services that are asked
//! without a network.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use keycask::{
    Actor, Answer, Grant, HttpRequest, KeyId, KeyLayer, OwnerChange, RealmRef, ScopeSet, Spec,
    Store,
};
use tempfile::TempDir;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::hands::Hands;

/// A store with the realms of Cloudgeni, which tells rates, and of seogeo, which quotes ids.
pub struct Place {
    pub store: Arc<Store>,
    pub realm: RealmRef,
    pub clock: Hands,
    _dir: TempDir,
}

/// Who changes something.
pub fn by() -> Actor {
    Actor::new("test")
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-05T09:00:00Z");
        let store = Store::options().clock(clock.clone()).create(dir.path().join("keys")).unwrap();
        for file in ["cloudgeni.toml", "seogeo.toml"] {
            let profile = std::fs::read_to_string(format!("profiles/{file}")).unwrap();
            store.apply_realm(file, &profile, &by()).unwrap();
        }
        let realm = store.realm("cloudgeni").unwrap();
        store.set_owner(realm, "acme", &OwnerChange::new().plan("pro"), &by()).unwrap();
        Self { store: Arc::new(store), realm, clock, _dir: dir }
    }

    pub fn layer(&self) -> KeyLayer {
        KeyLayer::new(Arc::clone(&self.store), self.realm)
    }

    pub fn scopes(&self, name: &str) -> ScopeSet {
        self.store.profile(self.realm).unwrap().scope_set([name]).unwrap()
    }

    /// A key of acme's with a scope, and its token.
    pub fn issue(&self, scope: &str) -> (KeyId, String) {
        self.issue_as(Spec::new(self.realm, "live", "acme").scopes([scope]))
    }

    pub fn issue_as(&self, spec: Spec) -> (KeyId, String) {
        let issued = self.store.issue(&spec, &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    }

    /// What the engine answers to a request, and charges nothing for.
    pub fn answer(&self, headers: &[(&str, &str)], request: keycask::Request) -> Answer {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
        self.store.present(self.realm, &http, &request.cost(0)).unwrap().answer
    }
}

/// The body of the service inside.
pub const INSIDE: &[u8] = b"inside";

/// What a layer makes of a service that gives its answer the grant in an extension.
pub fn around<L>(layer: L) -> L::Service
where
    L: Layer<tower::util::ServiceFn<fn(Request<()>) -> std::future::Ready<Answered>>>,
{
    layer.layer(service_fn(inside))
}

pub type Answered = Result<Response<Vec<u8>>, Infallible>;

pub fn inside(request: Request<()>) -> std::future::Ready<Answered> {
    let mut response = Response::new(INSIDE.to_vec());
    if let Some(grant) = request.extensions().get::<Grant>() {
        response.extensions_mut().insert(*grant);
    }
    std::future::ready(Ok(response))
}

/// A `GET` with these header fields.
pub fn head(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// Cloudgeni's field with a token.
pub fn key(token: &str) -> [(&'static str, &str); 1] {
    [("X-CLOUDGENI-API-KEY", token)]
}

/// The answer, which is there at once.
pub fn ask<S>(service: S, request: Request<()>) -> Response<Vec<u8>>
where
    S: Service<Request<()>, Response = Response<Vec<u8>>, Error = Infallible>,
{
    let answer = pin!(service.oneshot(request));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.unwrap(),
        Poll::Pending => panic!("a decision waits for nothing"),
    }
}

/// Says where a response is not the engine's answer, whole.
pub fn same<B: AsRef<[u8]>>(response: &Response<B>, answer: &Answer) {
    assert_eq!(response.status().as_u16(), answer.status);
    assert_eq!(response.body().as_ref(), answer.body);
    let mut sent: Vec<_> = (response.headers().iter())
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let mut said: Vec<_> = (answer.headers.iter())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    sent.sort();
    said.sort();
    assert_eq!(sent, said);
}

/// How many requests the window has left, as a response tells.
pub fn remaining<B>(response: &Response<B>) -> u64 {
    let fields: Vec<_> = response.headers().get_all("x-ratelimit-remaining").iter().collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    fields[0].to_str().unwrap().parse().unwrap()
}
