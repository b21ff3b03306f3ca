//! The systems' scripts, with every request through the engine's middleware for tower.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::{HeaderName, HeaderValue, Response};
use keycask::{Grant, HttpRequest, KeyLayer, Outcome, RealmRef, Request, Store};
use keycask_cli::script::{Failure, Present, Script, run_through};
use tower::{Layer, ServiceExt, service_fn};

/// What the middleware makes of a request. The verdict is what it tells its log; status, header
/// fields and body are those of the response.
fn serve(layer: KeyLayer, http: &HttpRequest<'_>) -> Outcome {
    let came = Arc::new(Mutex::new(None));
    let (log, id) = (Arc::clone(&came), http.request_id.to_owned());
    let layer = layer.request_id(move |_| id.clone()).log(move |_, outcome| {
        let before = log.lock().unwrap().replace(outcome.as_ref().unwrap().clone());
        assert!(before.is_none(), "a request was decided about twice");
    });
    let inside = service_fn(async |request: http::Request<()>| {
        let mut response = Response::new(Vec::new());
        response.extensions_mut().insert(*request.extensions().get::<Grant>().unwrap());
        Ok::<_, Infallible>(response)
    });
    let mut request = http::Request::builder().method(http.method).body(()).unwrap();
    for (name, value) in http.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let answer = pin!(layer.layer(inside).oneshot(request));
    let Poll::Ready(Ok(response)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a decision waits for nothing");
    };
    let mut outcome = came.lock().unwrap().take().unwrap();
    assert_eq!(response.extensions().get::<Grant>(), outcome.verdict.as_ref().ok());
    outcome.answer.status = response.status().as_u16();
    outcome.answer.headers = (response.headers().iter())
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    outcome.answer.body = response.into_body();
    outcome
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What is not as the scripts say, and how many requests they have.
fn play(present: Present<'_>) -> (Vec<Failure>, usize) {
    let (mut failures, mut requests) = (Vec::new(), 0);
    for entry in fs::read_dir(root().join("tests/systems")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let script = Script::parse(&path.to_string_lossy(), &text).unwrap();
        let files = |path: &str| fs::read_to_string(root().join(path)).ok();
        match run_through(&script, &files, present, &mut |_, _, _| {}) {
            Ok(tally) => requests += tally.requests,
            Err(more) => failures.extend(more),
        }
    }
    (failures, requests)
}

fn layer(store: &Arc<Store>, realm: RealmRef) -> KeyLayer {
    KeyLayer::new(Arc::clone(store), realm)
}

#[test]
fn every_system_is_as_its_page_says() {
    let (failures, requests) =
        play(&|store, realm, http, request| Ok(serve(layer(store, realm).with(*request), http)));
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(requests > 100, "{requests} requests only");
}

#[test]
fn a_middleware_that_forgets_what_requests_need_is_caught() {
    let forgets = |store: &Arc<Store>, realm, http: &HttpRequest<'_>, _: &Request| {
        Ok(serve(layer(store, realm), http))
    };
    let (failures, _) = play(&forgets);
    for system in ["cloudgeni", "orbit", "securecodinghub", "seogeo", "stackguardian"] {
        assert!(failures.iter().any(|failure| failure.file.contains(system)), "{system}");
    }
}
