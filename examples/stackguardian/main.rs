//! The service of StackGuardian's page "API Keys", in axum.
//!
//!     STACKGUARDIAN_STORE=keys.keycask \
//!         cargo run --features axum --example stackguardian -- 127.0.0.1:8080
//!
//! The store that `STACKGUARDIAN_STORE` names has the realm of `profiles/stackguardian.toml`. What
//! the page answers to a key is the application's; all that has to do with keys is keycask's.

#[cfg(test)]
mod tests;

use std::env;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, serve};
use keycask::{Grant, KeyLayer, Outcome, Request, RequireScopes, Store};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let address = env::args().nth(1).ok_or("stackguardian ADDRESS")?;
    let path = env::var("STACKGUARDIAN_STORE")?;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        service(&path, listener, async { _ = tokio::signal::ctrl_c().await }).await
    })
}

/// Has the store open until it is stopped, and all requests are answered.
async fn service(
    path: &str,
    listener: TcpListener,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let store = Arc::new(Store::open(path)?);
    // With the peer's address, which decides where a key has networks.
    let app = routes(&store)?.into_make_service_with_connect_info::<SocketAddr>();
    serve(listener, app).with_graceful_shutdown(stopped).await?;
    Ok(())
}

/// Looks scopes up once, and not with every request.
fn routes(store: &Arc<Store>) -> Result<Router, Failure> {
    let realm = store.realm("stackguardian")?;
    let profile = store.profile(realm)?;
    let read = profile.scope_set(["orgs:read"])?;
    let run = profile.scope_set(["workflows:run"])?;
    let keys = KeyLayer::new(Arc::clone(store), realm)
        .with(Request::new().needs(read))
        .address(|parts| Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.ip()))
        .log(|parts, outcome| match outcome {
            Ok(Outcome { verdict: Ok(_), .. }) => {}
            Ok(Outcome { verdict: Err(refusal), .. }) => {
                eprintln!("{} {}: {refusal}", parts.method, parts.uri.path());
            }
            Err(error) => eprintln!("{} {}: {error}", parts.method, parts.uri.path()),
        });
    Ok(Router::new()
        .route("/api/v1/orgs/{org}/", get(organisation))
        .route("/api/v1/orgs/{org}/runs/", post(start).route_layer(RequireScopes::new(run)))
        .layer(keys)
        .with_state(Arc::clone(store)))
}

/// Tells who asks.
async fn organisation(
    State(store): State<Arc<Store>>,
    Path(org): Path<String>,
    grant: Grant,
) -> Result<impl IntoResponse, StatusCode> {
    let key = store.describe(&grant).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(answer(&json!({ "org": org, "kind": key.kind, "owner": key.owner })))
}

async fn start(Path(org): Path<String>) -> impl IntoResponse {
    answer(&json!({ "org": org, "status": "queued" }))
}

fn answer(body: &Value) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string())
}
