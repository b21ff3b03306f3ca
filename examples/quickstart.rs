//! From open to a refused token.
//!
//!     cargo run --example quickstart
#![allow(clippy::unwrap_used, reason = "a refusal is what is wanted there")]

use keycask::{Actor, OwnerChange, Request, Spec, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let store = Store::create(dir.path().join("keys.keycask"))?;
    let (ops, profile) = (Actor::new("ops"), std::fs::read_to_string("profiles/seogeo.toml")?);
    store.apply_realm("seogeo.toml", &profile, &ops)?;
    let realm = store.realm("seogeo")?;
    store.set_owner(realm, "user-7", &OwnerChange::new().plan("pro"), &ops)?;
    let spec = Spec::new(realm, "live", "user-7").scopes(["projects:read"]);
    let issued = store.issue(&spec, &ops)?; // issued.token is seen here and never again
    let token = issued.token.expose().as_bytes();
    let grant = store.verify(realm, token, &Request::new())?;
    store.revoke(grant.key_id, &ops.because("it was in a public repository"))?;
    let refused = store.verify(realm, token, &Request::new()).unwrap_err();
    assert!(refused.to_string().ends_with("is refused: revoked"));
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_does_what_it_says() {
        super::main().unwrap();
    }
}
