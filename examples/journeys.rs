//! What docs/rust.md shows: decisions, everything else, and a service of axum's.
//!
//!     cargo run --features axum --example journeys
#![allow(clippy::unwrap_used, reason = "a refusal is what is wanted there")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::{get, post};
use keycask::{
    Actor, AuditFilter, ErrorKind, Filter, Grant, HttpRequest, KeyLayer, OwnerChange, Reason,
    Request, RequireScopes, Rotation, Spec, State, Store, Timestamp,
};
use tokio::runtime::Builder;
use tower::ServiceExt;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let (store, ops) = (Store::create(dir.path().join("keys.keycask"))?, Actor::new("ops"));
    let profile = std::fs::read_to_string("profiles/seogeo.toml")?;
    store.apply_realm("seogeo.toml", &profile, &ops)?;
    let realm = store.realm("seogeo")?;
    store.set_owner(realm, "user-7", &OwnerChange::new().plan("pro"), &ops)?;
    let spec = Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
    let issued = store.issue(&spec, &ops)?;
    let token = issued.token.expose();

    // Names are looked up once, and not with every decision.
    let profile = store.profile(realm)?;
    let read = profile.scope_set(["projects:read"])?;
    let write = profile.scope_set(["projects:write"])?;
    let grant = store.verify(realm, token.as_bytes(), &Request::new().needs(read))?;
    assert_eq!(store.describe(&grant)?.owner, "user-7");

    let refused = store.verify(realm, token.as_bytes(), &Request::new().needs(write)).unwrap_err();
    let denial = refused.denial().ok_or("not refused")?;
    assert!(matches!(denial.reason, Reason::Scope { required, .. } if required == write));

    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_bytes())];
    let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
    let outcome = store.present(realm, &http, &Request::new().needs(write))?;
    assert_eq!(outcome.answer.status, 403);

    let page = store.list(&Filter::new().realm(realm).state(State::Active), None, 100)?;
    for key in &page.keys {
        assert!(key.end == Timestamp::NEVER && key.hint().starts_with("sg_live_..."));
    }
    let hour = Duration::from_secs(3600);
    let new = store.rotate(grant.key_id, &Rotation::new().grace(hour), &ops)?;
    let old = store.key(grant.key_id)?;
    assert!(old.in_grace && old.successor == Some(new.key.key_id));
    let trail = store.find_audit(&AuditFilter::new().key(grant.key_id), 0, 100)?;
    let events: Vec<_> = trail.entries.iter().map(|entry| entry.event.name()).collect();
    assert_eq!(events, ["key_issued", "key_rotated"]);
    let error = store.owner(realm, "nobody").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let store = Arc::new(store);
    let app = Router::new()
        .route("/projects", get(projects))
        .route("/projects", post(create).route_layer(RequireScopes::new(write)))
        .layer(KeyLayer::new(Arc::clone(&store), realm))
        .with_state(store);

    for (method, header, status) in [
        ("GET", None, StatusCode::UNAUTHORIZED),
        ("GET", Some(&bearer), StatusCode::OK),
        ("POST", Some(&bearer), StatusCode::FORBIDDEN),
    ] {
        let mut request = axum::http::Request::builder().method(method).uri("/projects");
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let answer = app.clone().oneshot(request.body(Body::empty())?);
        let response = Builder::new_current_thread().build()?.block_on(answer)?;
        assert_eq!(response.status(), status);
    }
    Ok(())
}

async fn projects(Shared(store): Shared<Arc<Store>>, grant: Grant) -> Result<String, StatusCode> {
    let key = store.describe(&grant).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(key.owner)
}

async fn create() -> StatusCode {
    StatusCode::CREATED
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_does_what_it_says() {
        super::main().unwrap();
    }
}
