//! What a decision and a durable issue take on this machine, each beside the least that it could
//! take, measured in the same run.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use keycask::{
    Actor, Error, ErrorKind, ISSUE_MAX, Issued, OwnerChange, Pepper, RealmRef, Request, Result,
    Spec, Store,
};

use crate::secret::failed;

/// The realm in which it is measured: nothing but keys.
const PROFILE: &str = r#"
realm = "bench"
[[kind]]
name = "live"
prefix = "bench_live_"
body = 32
checksum = "none"
[[scope]]
name = "read"
"#;

const PEPPER: [u8; 32] = [0x5C; 32];

/// Tokens that are asked about, in turn: too many for their lines to stay near the processor.
const SAMPLE: usize = 10_000;

/// How long decisions are measured, and how long single issues are.
const DECIDING: Duration = Duration::from_millis(1500);
const ISSUING: Duration = Duration::from_millis(1500);

/// Rounds that there are at least, however slow the machine is.
const ROUNDS: usize = 3;

const PAGE: usize = 4096;
const LINE: usize = 8;

/// What was measured. Seconds each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// A verify that grants, among all keys.
    pub(crate) grant: f64,
    /// A verify of a token that is nobody's.
    pub(crate) unknown: f64,
    /// One keyed BLAKE3 and one line of memory, after each other.
    pub(crate) raw_decision: f64,
    /// One issue, durable when it returns.
    pub(crate) issue: f64,
    /// One page of a file that is there, overwritten and made durable.
    pub(crate) raw_write: f64,
    /// One key of as many as are issued together.
    pub(crate) bulk: f64,
    /// Opening the store again.
    pub(crate) open: f64,
}

/// Measures among `keys` keys, in a store of its own in `directory`. `told` hears how many keys
/// there are more.
///
/// # Errors
///
/// Those of the store; `Io` and the like if `directory` cannot be written to.
pub(crate) fn measure(directory: &Path, keys: usize, told: impl FnMut(u64)) -> Result<Figures> {
    let path = directory.join("bench.keycask");
    let options = || Store::options().pepper(Pepper::new(&PEPPER));
    let (store, by) = (options().create(&path)?, Actor::new("bench"));
    store.apply_realm("the bench's profile", PROFILE, &by)?;
    let realm = store.realm("bench")?;
    store.set_owner(realm, "owner", &OwnerChange::new(), &by)?;
    let spec = Spec::new(realm, "live", "owner").scopes(["read"]);
    let (sample, bulk) = fill(&store, &spec, keys, told)?;
    store.close()?;
    let began = Instant::now();
    let store = options().open(&path)?;
    let open = seconds(began);
    let [grant, unknown, raw_decision] = decisions(&store, realm, &sample, keys)?;
    let [issue, raw_write] = issues(&store, &spec, directory)?;
    store.close()?;
    Ok(Figures { grant, unknown, raw_decision, issue, raw_write, bulk, open })
}

/// Issues `keys` keys, as many at once as can be. Gives some of them, and the time for each.
fn fill(
    store: &Store,
    spec: &Spec,
    keys: usize,
    mut told: impl FnMut(u64),
) -> Result<(Vec<Issued>, f64)> {
    let every = keys.div_ceil(SAMPLE).max(1);
    let (by, mut sample, mut made) = (Actor::new("bench"), Vec::new(), 0_usize);
    let mut taken = Duration::ZERO;
    while made < keys {
        let specs = vec![spec.clone(); keys.saturating_sub(made).min(ISSUE_MAX)];
        let began = Instant::now();
        let issued = store.issue_many(&specs, &by)?;
        taken = taken.saturating_add(began.elapsed());
        made = made.saturating_add(issued.len());
        told(u64::try_from(issued.len()).unwrap_or(u64::MAX));
        sample.extend(issued.into_iter().step_by(every));
    }
    Ok((sample, taken.as_secs_f64() / count(keys)))
}

/// Seconds of a grant, of a denial of an unknown token, and of the least that they could take:
/// of the rounds of each, in which they take turns, the fastest.
fn decisions(store: &Store, realm: RealmRef, sample: &[Issued], keys: usize) -> Result<[f64; 3]> {
    let request = Request::new();
    let known: Vec<&[u8]> = sample.iter().map(|issued| issued.token.expose().as_bytes()).collect();
    let unknown: Vec<Vec<u8>> = known.iter().map(|token| other(token)).collect();
    let lines = vec![[1_u64; LINE]; keys];
    let mut least = [f64::MAX; 3];
    let (began, mut rounds) = (Instant::now(), 0_usize);
    while rounds < ROUNDS || began.elapsed() < DECIDING {
        rounds = rounds.saturating_add(1);
        let mut right = 0_usize;
        let granted = timed(&known, |token| {
            right = right.saturating_add(usize::from(store.verify(realm, token, &request).is_ok()));
        });
        let refused = timed(&unknown, |token| {
            right =
                right.saturating_add(usize::from(store.verify(realm, token, &request).is_err()));
        });
        if right != known.len().saturating_add(unknown.len()) {
            return Err(Error::new(ErrorKind::Internal, "a decision of the bench is wrong"));
        }
        let mut sum = 0_u64;
        let raw = timed(&known, |token| sum = sum.wrapping_add(raw_decision(&lines, token)));
        black_box(sum);
        for (least, now) in least.iter_mut().zip([granted, refused, raw]) {
            *least = least.min(now);
        }
    }
    Ok(least)
}

/// Seconds of each call of `what`.
fn timed<T: AsRef<[u8]>>(tokens: &[T], mut what: impl FnMut(&[u8])) -> f64 {
    let began = Instant::now();
    tokens.iter().for_each(|token| what(black_box(token.as_ref())));
    seconds(began) / count(tokens.len())
}

/// A token of the same shape that is nobody's: all but certainly, and the round tells if not.
fn other(token: &[u8]) -> Vec<u8> {
    let mut other = token.to_vec();
    if let Some(last) = other.last_mut() {
        *last = if *last == b'a' { b'b' } else { b'a' };
    }
    other
}

/// The hash of a token, and the line that the hash chooses.
fn raw_decision(lines: &[[u64; LINE]], token: &[u8]) -> u64 {
    let hash = blake3::keyed_hash(&PEPPER, token);
    let hash = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let place = (u128::from(hash) * lines.len() as u128) >> 64;
    usize::try_from(place).ok().and_then(|at| lines.get(at)?.first()).copied().unwrap_or_default()
}

/// Seconds of one issue, and of one page made durable: medians of rounds that alternate.
fn issues(store: &Store, spec: &Spec, directory: &Path) -> Result<[f64; 2]> {
    let by = Actor::new("bench");
    let path = directory.join("raw");
    let io = |error| failed(&format!("bench {path:?}"), error);
    let file = File::create(&path).map_err(io)?;
    let page = [0xA5; PAGE];
    file.write_all_at(&page, 0).and_then(|()| file.sync_all()).map_err(io)?;
    let (mut issues, mut writes) = (Vec::new(), Vec::new());
    let began = Instant::now();
    while issues.len() < ROUNDS || began.elapsed() < ISSUING {
        let start = Instant::now();
        drop(store.issue(spec, &by)?);
        issues.push(seconds(start));
        let start = Instant::now();
        file.write_all_at(&page, 0).and_then(|()| file.sync_data()).map_err(io)?;
        writes.push(seconds(start));
    }
    Ok([median(issues), median(writes)])
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

#[allow(clippy::cast_precision_loss, reason = "a share of a measured time")]
fn count(n: usize) -> f64 {
    n.max(1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
