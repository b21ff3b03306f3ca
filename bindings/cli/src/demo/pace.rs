//! How many decisions one core makes in a second.

use std::io::Write;
use std::time::{Duration, Instant};

use keycask::{
    Actor, Error, ErrorKind, OwnerChange, Pepper, RealmRef, Request, Result, Spec, Store, Token,
};

use super::unwritable;

const KEYS: usize = 10_000;
const FOR: Duration = Duration::from_secs(1);

const PROFILE: &str = r#"
realm = "pace"

[[kind]]
name = "key"
prefix = "pace_"
body = 32

[[scope]]
name = "read"
"#;

/// Issues keys, verifies them in turn for a second, and says how many decisions that were.
pub(super) fn measure(out: &mut dyn Write) -> Result<()> {
    let dir = tempfile::Builder::new()
        .prefix("keycask-")
        .tempdir()
        .map_err(|error| Error::new(ErrorKind::Io, "no temporary directory").caused_by(error))?;
    let options = Store::options().pepper(Pepper::new([0x50; 32]));
    let store = options.create(dir.path().join("keys.keycask"))?;
    let by = Actor::new("demo");
    store.apply_realm("pace.toml", PROFILE, &by)?;
    let realm = store.realm("pace")?;
    store.set_owner(realm, "owner", &OwnerChange::new(), &by)?;
    let spec = Spec::new(realm, "key", "owner").scopes(["read"]);
    let tokens =
        (0..KEYS).map(|_| Ok(store.issue(&spec, &by)?.token)).collect::<Result<Vec<_>>>()?;
    let needs = Request::new().needs(store.profile(realm)?.scope_set(["read"])?);
    let (decisions, took) = verify(&store, realm, &tokens, &needs)?;
    let each = took.as_nanos() / u128::from(decisions.max(1));
    let a_second = u128::from(decisions) * 1_000_000_000 / took.as_nanos().max(1);
    writeln!(out, "One core, {KEYS} keys: {a_second} decisions a second, {each} ns each.")
        .map_err(unwritable)
}

fn verify(
    store: &Store,
    realm: RealmRef,
    tokens: &[Token],
    request: &Request,
) -> Result<(u64, Duration)> {
    let began = Instant::now();
    let mut decisions: u64 = 0;
    loop {
        for token in tokens {
            let granted = store.verify(realm, token.expose().as_bytes(), request).is_ok();
            if !granted {
                return Err(Error::new(ErrorKind::Internal, "a good token was refused"));
            }
            decisions = decisions.saturating_add(1);
        }
        let took = began.elapsed();
        if took >= FOR {
            return Ok((decisions, took));
        }
    }
}
