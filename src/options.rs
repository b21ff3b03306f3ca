//! How a store is opened: defaults, and their reasons.

use rand_core::TryCryptoRng;

use crate::decision::Decisions;
use crate::digest::{ImportSecret, Pepper};
use crate::pattern::Patterns;
use crate::progress::{Progress, Report};
use crate::random::Random;
use crate::seal::SealingKey;
use crate::storage::{CACHE_BYTES, LOG_LEN};
use crate::time::{Clock, SystemClock};

/// Most credits that are leased at once unless the host says otherwise.
const LEASE_MAX: u64 = 1_000;

/// How a store is created or opened.
///
/// ```no_run
/// # fn main() -> keycask::Result<()> {
/// # let secret = [0; 32];
/// let store = keycask::Store::options().pepper(keycask::Pepper::new(&secret)).open("keys.redb")?;
/// # Ok(())
/// # }
/// ```
pub struct Options {
    pub(crate) pepper: Option<Pepper>,
    pub(crate) previous_pepper: Option<Pepper>,
    pub(crate) import_secrets: Vec<(String, ImportSecret)>,
    pub(crate) sealing: Option<SealingKey>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) read_only: bool,
    pub(crate) cache_bytes: usize,
    pub(crate) log_len: u64,
    pub(crate) min_seq: u64,
    pub(crate) lease_max: u64,
    pub(crate) report: Option<Report>,
    pub(crate) decisions: Decisions,
    pub(crate) patterns: Option<Patterns>,
}

impl Options {
    /// Without pepper and sealing key, by the machine's clock and randomness, for writing,
    /// with a page cache of 32 MiB and a log of 100,000 ops.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pepper: None,
            previous_pepper: None,
            import_secrets: Vec::new(),
            sealing: None,
            clock: Box::new(SystemClock::new()),
            random: Random::system(),
            read_only: false,
            cache_bytes: CACHE_BYTES,
            log_len: LOG_LEN,
            min_seq: 0,
            lease_max: LEASE_MAX,
            report: None,
            decisions: Decisions::Never,
            patterns: None,
        }
    }

    /// Keys digests and seals with `pepper`, which must be the one that the store was created
    /// with, or that it was last [rotated](crate::Store::rotate_pepper) to.
    #[must_use]
    pub fn pepper(mut self, pepper: Pepper) -> Self {
        self.pepper = Some(pepper);
        self
    }

    /// The pepper before [`pepper`](Self::pepper), until it is
    /// [retired](crate::Store::retire_pepper). With the two, a store opens before that rotation,
    /// during it and after it, whichever step a crash may have left it at.
    #[must_use]
    pub fn previous_pepper(mut self, pepper: Pepper) -> Self {
        self.previous_pepper = Some(pepper);
        self
    }

    /// What another system hashed with each of its tokens, under the name by which
    /// [schemes](crate::Scheme) name it: its pepper, the key of its HMAC, or a salt that is the
    /// same for all. Up to 1024 bytes, which are copied, and wiped in the end.
    ///
    /// Needed from when keys are imported by such a scheme until all of them were verified.
    #[must_use]
    pub fn import_secret(mut self, name: impl Into<String>, secret: &[u8]) -> Self {
        self.import_secrets.push((name.into(), ImportSecret::new(secret)));
        self
    }

    /// Seals and reveals tokens of kinds that can be revealed with `key`.
    #[must_use]
    pub fn sealing_key(mut self, key: SealingKey) -> Self {
        self.sealing = Some(key);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Draws tokens and key ids from `rng`. For tests: with a predictable source tokens can
    /// be guessed.
    #[must_use]
    pub fn random<R>(mut self, rng: R) -> Self
    where
        R: TryCryptoRng + Send + 'static,
        R::Error: std::error::Error + Send + Sync + 'static,
    {
        self.random = Random::new(rng);
        self
    }

    /// Opens for reading alone, beside a process that writes. What that process changes later
    /// is not seen by decisions until the store is opened again.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Size of the page cache in bytes.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// How many ops the log keeps at least for those who follow it, in whole commits. A change
    /// of one key, owner or realm is an op.
    #[must_use]
    pub fn log_len(mut self, ops: u64) -> Self {
        self.log_len = ops;
        self
    }

    /// Refuses, on opening, a store whose last commit has a lower number than `seq`: the file
    /// is older than one that was seen before.
    ///
    /// The number comes from [`Store::anchor`](crate::Store::anchor) or
    /// [`Store::stats`](crate::Store::stats) of an earlier opening, kept where who can put an
    /// old file in place cannot change it.
    #[must_use]
    pub fn min_seq(mut self, seq: u64) -> Self {
        self.min_seq = seq;
        self
    }

    /// How many credits of a [quota](crate::Quota) are taken from the file at once, at most: 1000
    /// unless given, and at least 1. It is a hundredth of the quota's limit, or else this.
    ///
    /// So many are what a crash loses of a lineage at most. The next have to be taken from the
    /// file, for which a verify waits if no other commit did it before. If requests cost many
    /// credits each, it should be many times as many as one costs: a request that costs more has
    /// what it costs taken for itself.
    #[must_use]
    pub fn lease_max(mut self, credits: u64) -> Self {
        self.lease_max = credits.max(1);
        self
    }

    /// Tells `report` how far an opening, a check, a backup, a restoring, a sweep or a compacting
    /// has come: when a step begins and ends, and every few thousand rows or few megabytes between.
    /// It is called on the thread that does the work, and should be quick. If it panics, no more of
    /// that step is told, and the work goes on.
    #[must_use]
    pub fn progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.report = Some(Report::new(report));
        self
    }
}

impl Options {
    /// Keeps the decisions that `which` chooses for [`Store::decisions`](crate::Store::decisions).
    /// None by default. Takes 512 KiB.
    #[must_use]
    pub fn decisions(mut self, which: Decisions) -> Self {
        self.decisions = which;
        self
    }

    /// Looks for `patterns` in the use of keys, for [`Store::findings`](crate::Store::findings).
    /// Off by default. Takes 1 MiB, and at most some 14 MiB more as keys are met.
    #[must_use]
    pub fn patterns(mut self, patterns: Patterns) -> Self {
        self.patterns = Some(patterns);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("read_only", &self.read_only)
            .field("cache_bytes", &self.cache_bytes)
            .field("log_len", &self.log_len)
            .field("min_seq", &self.min_seq)
            .field("lease_max", &self.lease_max)
            .finish_non_exhaustive()
    }
}
