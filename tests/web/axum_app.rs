//! An application of axum's.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::Response;
use keycask::{Grant, Request, RequireScopes};
use tokio::runtime::Builder;
use tower::ServiceExt;

use crate::kit::{Place, head, key, remaining, same};

async fn whose(grant: Grant) -> String {
    grant.key_id.to_string()
}

fn app(place: &Place) -> Router {
    let write = RequireScopes::new(place.scopes("read-write"));
    Router::new()
        .route("/scans", get(whose).route_layer(write))
        .route("/", get(whose))
        .layer(place.layer())
}

fn ask(app: Router, path: &str, token: &str) -> Response<Vec<u8>> {
    let mut request = head(&key(token)).map(|()| Body::empty());
    *request.uri_mut() = path.parse().unwrap();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
        Response::from_parts(parts, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    })
}

#[test]
fn a_handler_has_the_grant_as_an_argument() {
    let place = Place::new();
    let (id, token) = place.issue("read-only");
    let response = ask(app(&place), "/", &token);
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.body(), id.to_string().as_bytes());
    assert_eq!(remaining(&response), 299);
}

#[test]
fn refusals_are_the_profiles_bytes() {
    let place = Place::new();
    let (_, token) = place.issue("read-only");
    let mut response = ask(app(&place), "/", "nonsense");
    response.headers_mut().remove("content-length").unwrap();
    same(&response, &place.answer(&key("nonsense"), Request::new()));
    let response = ask(app(&place), "/scans", &token);
    assert_eq!(response.status().as_u16(), 403);
    let need = Request::new().needs(place.scopes("read-write"));
    assert_eq!(*response.body(), place.answer(&key(&token), need).body);
}

#[test]
fn a_handler_outside_of_the_layer_is_answered_with_500() {
    let response = ask(Router::new().route("/", get(whose)), "/", "");
    assert_eq!(response.status().as_u16(), 500);
    assert_eq!(response.body(), b"keycask: the handler is not inside KeyLayer");
}
