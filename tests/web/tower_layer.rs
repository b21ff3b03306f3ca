//! `KeyLayer` around a service of tower's.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderValue, Response};
use keycask::{Grant, KeyLayer, Outcome, Refusal, Request, Spec};
use tower::{Layer, service_fn};

use crate::kit::{INSIDE, Place, around, ask, by, head, inside, key, remaining, same};

#[test]
fn a_granted_request_goes_on_with_its_grant_and_its_answer_gets_the_rates() {
    let place = Place::new();
    let (id, token) = place.issue("read-only");
    let response = ask(around(place.layer()), head(&key(&token)));
    assert_eq!((response.status().as_u16(), &**response.body()), (200, INSIDE));
    assert_eq!(response.extensions().get::<Grant>().unwrap().key_id, id);
    assert_eq!(remaining(&response), 299);
    assert_eq!(response.headers()["x-ratelimit-limit"], "300");
}

#[test]
fn a_request_is_decided_about_and_charged_once() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    for left in (290..300).rev() {
        assert_eq!(remaining(&ask(around(place.layer()), head(&key(&token)))), left);
    }
    assert_eq!(place.store.decision_counts().granted, 10);
    let ten = place.layer().with(Request::new().cost(10));
    assert_eq!(remaining(&ask(around(ten), head(&key(&token)))), 280);
}

#[test]
fn a_refused_request_gets_the_answer_of_the_engine_byte_for_byte() {
    let place = Place::new();
    let (_, live) = place.issue("read-only");
    let (gone, revoked) = place.issue("read-only");
    place.store.revoke(gone, &by()).unwrap();
    let write = Request::new().needs(place.scopes("read-write"));
    let any = Request::new();
    let bearer = format!("Bearer {live}");
    let key_twice = [key(&live)[0], key(&live)[0]];
    let none: &[(&str, &str)] = &[];
    let cases = [
        (none, any, 401),
        (&key("cg_live_xxxxxxxxxxxxxxxxxxxx"), any, 401),
        (&[("Authorization", &bearer)], any, 401),
        (&key(&revoked), any, 401),
        (&key_twice, any, 401),
        (&key(&live), write, 403),
        (&key(""), write, 401),
    ];
    for (headers, request, status) in cases {
        let response = ask(around(place.layer().with(request)), head(headers));
        assert_eq!(response.status().as_u16(), status, "{headers:?}");
        assert!(response.extensions().get::<Grant>().is_none());
        same(&response, &place.answer(headers, request));
    }
}

#[test]
fn a_request_over_the_rate_gets_the_answer_of_the_engine_until_the_window_is_over() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    let all = place.layer().with(Request::new().cost(50));
    assert_eq!(ask(around(all), head(&key(&token))).status().as_u16(), 200);
    let response = ask(around(place.layer()), head(&key(&token)));
    assert_eq!(response.status().as_u16(), 429);
    assert!(response.headers().contains_key("retry-after"));
    let body = String::from_utf8(response.into_body()).unwrap();
    assert!(body.contains(r#""error":"rate_limit_exceeded""#), "{body}");
    place.clock.forward(Duration::from_secs(60));
    assert_eq!(ask(around(place.layer()), head(&key(&token))).status().as_u16(), 200);
}

#[test]
fn kinds_that_are_not_accepted_are_unknown() {
    let place = Place::new();
    let spec = Spec::new(place.realm, "test", "acme").scopes(["read-only"]);
    let (_, token) = place.issue_as(spec);
    let live = place.store.profile(place.realm).unwrap().kind_set(["live"]).unwrap();
    let ask_for = |request| ask(around(place.layer().with(request)), head(&key(&token)));
    assert_eq!(ask_for(Request::new()).status().as_u16(), 200);
    assert_eq!(ask_for(Request::new().kinds(live)).status().as_u16(), 401);
}

#[test]
fn a_request_comes_from_where_the_application_says_and_else_from_nowhere() {
    let place = Place::new();
    let spec =
        Spec::new(place.realm, "live", "acme").scopes(["read-only"]).networks(["192.0.2.0/24"]);
    let (_, token) = place.issue_as(spec);
    let status = |layer: KeyLayer| ask(around(layer), head(&key(&token))).status().as_u16();
    assert_eq!(status(place.layer()), 401);
    let from = |text: &str| {
        let address: IpAddr = text.parse().unwrap();
        place.layer().address(move |_| Some(address))
    };
    assert_eq!(status(from("192.0.2.7")), 200);
    assert_eq!(status(from("198.51.100.7")), 401);
    // It is never that of the request that is asked for.
    let address = Request::new().address("192.0.2.7".parse().unwrap());
    assert_eq!(status(place.layer().with(address)), 401);
}

#[test]
fn answers_quote_the_id_of_the_request() {
    let place = Place::new();
    let realm = place.store.realm("seogeo").unwrap();
    let layer = KeyLayer::new(Arc::clone(&place.store), realm);
    let layer = layer.request_id(|parts| {
        parts.headers.get("x-request-id").unwrap().to_str().unwrap().to_owned()
    });
    let response = ask(around(layer), head(&[("X-Request-Id", "req_7")]));
    let body = String::from_utf8(response.into_body()).unwrap();
    assert!(body.ends_with(r#""meta":{"requestId":"req_7"}}"#), "{body}");
}

#[test]
fn the_log_is_told_what_each_request_came_to() {
    let place = Place::new();
    let (id, token) = place.issue("read-only");
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let layer = place.layer().log(move |parts, outcome| {
        let said = match outcome {
            Ok(Outcome { verdict: Ok(grant), .. }) => grant.key_id.to_string(),
            Ok(Outcome { verdict: Err(Refusal::Denied(denial)), .. }) => {
                denial.reason.name().to_owned()
            }
            Ok(Outcome { verdict: Err(refusal), .. }) => refusal.to_string(),
            Err(error) => error.to_string(),
        };
        log.lock().unwrap().push(format!("{} {said}", parts.method));
    });
    ask(around(layer.clone()), head(&key(&token)));
    ask(around(layer.clone()), head(&key("nonsense")));
    ask(around(layer), head(&[]));
    let told = told.lock().unwrap();
    assert_eq!(told[..2], [format!("GET {id}"), "GET malformed".to_owned()]);
    assert_eq!(told.len(), 3);
}

#[test]
fn what_the_service_inside_says_of_itself_stays() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    let own = service_fn(async |request| {
        let mut response: Response<Vec<u8>> = inside(request).await?;
        response.headers_mut().insert("x-ratelimit-limit", HeaderValue::from_static("own"));
        Ok::<_, Infallible>(response)
    });
    let response = ask(place.layer().layer(own), head(&key(&token)));
    assert_eq!(response.headers()["x-ratelimit-limit"], "own");
    assert_eq!(remaining(&response), 299);
    // Of two layers, the inner one decided last.
    let twice = place.layer().layer(around(place.layer()));
    assert_eq!(remaining(&ask(twice, head(&key(&token)))), 297);
}

#[test]
fn a_request_that_cannot_be_decided_about_does_not_go_on() {
    let (place, other) = (Place::new(), tempfile::tempdir().unwrap());
    let store = keycask::Store::create(other.path().join("keys")).unwrap();
    let (_, token) = place.issue("read-only");
    // A store that has no such realm.
    let layer = KeyLayer::new(Arc::new(store), place.realm);
    let response = ask(around(layer), head(&key(&token)));
    assert_eq!((response.status().as_u16(), response.body().len()), (500, 0));
    assert!(response.extensions().get::<Grant>().is_none());
}

#[test]
fn layers_and_grants_go_wherever_services_go() {
    fn free<T: Clone + Send + Sync + 'static>() {}
    free::<Grant>();
    free::<KeyLayer>();
    free::<keycask::Guarded<(), keycask::KeyLayer>>();
    free::<keycask::RequireScopes>();
    free::<keycask::Guarded<(), keycask::RequireScopes>>();
}
