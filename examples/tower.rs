//! A service of tower's that asks for keys, without a framework.
//!
//!     cargo run --features tower --example tower

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use http::{Request, Response, header};
use keycask::{Actor, Grant, KeyLayer, OwnerChange, Spec, Store};
use tokio::runtime::Builder;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let (store, ops) = (Store::create(dir.path().join("keys.keycask"))?, Actor::new("ops"));
    let profile = std::fs::read_to_string("profiles/seogeo.toml")?;
    store.apply_realm("seogeo.toml", &profile, &ops)?;
    let realm = store.realm("seogeo")?;
    store.set_owner(realm, "user-7", &OwnerChange::new().plan("pro"), &ops)?;
    let spec = Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
    let token = store.issue(&spec, &ops)?.token;

    let inside = service_fn(async |request: Request<()>| {
        let key = request.extensions().get::<Grant>().map(|grant| grant.key_id);
        Ok::<_, Infallible>(Response::new(format!("{key:?}").into_bytes()))
    });
    let layer = KeyLayer::new(Arc::new(store), realm);
    let mut service = ServiceBuilder::new().layer(layer).service(inside);
    let bearer = format!("Bearer {}", token.expose());
    for value in [bearer.as_str(), "Bearer sg_live_abc123def456"] {
        let request = Request::get("/projects").header(header::AUTHORIZATION, value).body(())?;
        let response = Builder::new_current_thread()
            .build()?
            .block_on(async { service.ready().await?.call(request).await })?;
        println!("{}: {}", response.status(), String::from_utf8_lossy(response.body()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_does_what_it_says() {
        super::main().unwrap();
    }
}
