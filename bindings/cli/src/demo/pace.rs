//! How many decisions one core makes in a second.

use std::io::Write;
use std::time::{Duration, Instant};

use keycask::{
    Actor, Error, ErrorKind, OwnerChange, Pepper, RealmRef, Request, Result, Spec, Store, Token,
};
use tempfile::TempDir;

use super::unwritable;

/// Keys in the store, or as many as can be issued in the time: every one is made durable.
const KEYS: usize = 10_000;
const ISSUE_FOR: Duration = Duration::from_secs(5);
const VERIFY_FOR: Duration = Duration::from_secs(1);

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
    let dir = directory()?;
    let options = Store::options().pepper(Pepper::new(&[0x50; 32]));
    let store = options.create(dir.path().join("keys.keycask"))?;
    let by = Actor::new("demo");
    store.apply_realm("pace.toml", PROFILE, &by)?;
    let realm = store.realm("pace")?;
    store.set_owner(realm, "owner", &OwnerChange::new(), &by)?;
    let spec = Spec::new(realm, "key", "owner").scopes(["read"]);
    let mut tokens = Vec::new();
    let began = Instant::now();
    while tokens.len() < KEYS && began.elapsed() < ISSUE_FOR {
        tokens.push(store.issue(&spec, &by)?.token);
    }
    let needs = Request::new().needs(store.profile(realm)?.scope_set(["read"])?);
    let (decisions, took) = verify(&store, realm, &tokens, &needs)?;
    let took_ns = took.as_nanos().max(1);
    let each = took_ns / u128::from(decisions.max(1));
    let a_second = grouped(u128::from(decisions) * 1_000_000_000 / took_ns);
    let keys = grouped(tokens.len() as u128);
    writeln!(out, "One core, {keys} keys: {a_second} decisions a second, {each} ns each.")
        .map_err(unwritable)
}

/// A temporary directory, in memory where there is one: it is not the disk that is measured.
fn directory() -> Result<TempDir> {
    let new = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("keycask-");
        builder
    };
    let made = new().tempdir_in("/dev/shm").or_else(|_| new().tempdir());
    made.map_err(|error| Error::new(ErrorKind::Io, "no temporary directory").caused_by(error))
}

/// A number with a comma before each three digits.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
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
        if took >= VERIFY_FOR {
            return Ok((decisions, took));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
