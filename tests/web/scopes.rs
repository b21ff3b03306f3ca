//! `RequireScopes` inside `KeyLayer`.

use keycask::{Grant, Request, RequireScopes, ScopeSet};
use tower::Layer;

use crate::kit::{Place, around, ask, head, key, remaining, same};

#[test]
fn who_has_the_scopes_goes_on_and_is_charged_once() {
    let place = Place::new();
    let (id, token) = place.issue("read-write");
    let scopes = RequireScopes::new(place.scopes("read-only"));
    let response = ask(place.layer().layer(around(scopes)), head(&key(&token)));
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.extensions().get::<Grant>().unwrap().key_id, id);
    assert_eq!(remaining(&response), 299);
    assert_eq!(place.store.decision_counts().granted, 1);
}

#[test]
fn who_has_them_not_gets_the_answer_of_the_profile_and_is_charged_once() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    let write = place.scopes("read-write");
    let service = || place.layer().layer(around(RequireScopes::new(write)));
    let mut response = ask(service(), head(&key(&token)));
    assert_eq!(response.status().as_u16(), 403);
    assert_eq!(remaining(&response), 299);
    assert_eq!(remaining(&ask(service(), head(&key(&token)))), 298);
    // Beside the profile's answer there are the rates, which were charged before.
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        response.headers_mut().remove(name).unwrap();
    }
    same(&response, &place.answer(&key(&token), Request::new().needs(write)));
}

#[test]
fn a_layer_of_the_route_charges_only_who_has_them() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    let write = place.layer().with(Request::new().needs(place.scopes("read-write")));
    assert_eq!(ask(around(write), head(&key(&token))).status().as_u16(), 403);
    assert_eq!(remaining(&ask(around(place.layer()), head(&key(&token)))), 299);
}

#[test]
fn a_route_that_is_not_inside_a_key_layer_lets_nobody_through() {
    let place = Place::new();
    let (_, token) = place.issue("admin");
    let response = ask(around(RequireScopes::new(place.scopes("admin"))), head(&key(&token)));
    assert_eq!(response.status().as_u16(), 500);
    assert!(response.body().starts_with(b"keycask: RequireScopes is not inside"));
}

/// Of a setting that was left out, every key would go through.
#[test]
#[should_panic(expected = "keycask: RequireScopes of no scope")]
fn a_layer_that_requires_no_scope_is_not_made() {
    let _ = RequireScopes::new(ScopeSet::empty());
}
