//! How many decisions came to which outcome.
//!
//! A thread counts in a stripe of its own, in lines of memory that no other thread writes, so
//! that counting costs no more than a load and a store. A stripe is a thread's for as long as
//! the process lives: threads beyond [`OWN`] share some, and add with a locked instruction.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::verdict::{GRANTED, OUTCOMES, Reason, UNPRESENTED};

/// Threads that have a stripe of their own.
const OWN: usize = 128;
/// Stripes that all others share.
const SHARED: usize = 16;

/// How many decisions a store came to since it was opened, by outcome.
///
/// [`verify`](crate::Store::verify), [`verify_many`](crate::Store::verify_many) and
/// [`present`](crate::Store::present) decide; [`explain`](crate::Store::explain) does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecisionCounts {
    /// Grants.
    pub granted: u64,
    /// Requests that presented no token.
    pub unpresented: u64,
    /// Denials for [`Reason::Malformed`](crate::Reason::Malformed), and so on.
    pub malformed: u64,
    /// [`Reason::Unknown`](crate::Reason::Unknown).
    pub unknown: u64,
    /// [`Reason::Revoked`](crate::Reason::Revoked).
    pub revoked: u64,
    /// [`Reason::Suspended`](crate::Reason::Suspended).
    pub suspended: u64,
    /// [`Reason::OwnerSuspended`](crate::Reason::OwnerSuspended).
    pub owner_suspended: u64,
    /// [`Reason::NotYetValid`](crate::Reason::NotYetValid).
    pub not_yet_valid: u64,
    /// [`Reason::Expired`](crate::Reason::Expired).
    pub expired: u64,
    /// [`Reason::Idle`](crate::Reason::Idle).
    pub idle: u64,
    /// [`Reason::Network`](crate::Reason::Network).
    pub network: u64,
    /// [`Reason::Scope`](crate::Reason::Scope).
    pub scope: u64,
    /// [`Reason::RateLimited`](crate::Reason::RateLimited).
    pub rate_limited: u64,
    /// [`Reason::QuotaExhausted`](crate::Reason::QuotaExhausted).
    pub quota_exhausted: u64,
}

impl DecisionCounts {
    fn of(counts: [u64; OUTCOMES.len()]) -> Self {
        let [
            granted,
            unpresented,
            malformed,
            unknown,
            revoked,
            suspended,
            owner_suspended,
            rest @ ..,
        ] = counts;
        let [not_yet_valid, expired, idle, network, scope, rate_limited, quota_exhausted] = rest;
        Self {
            granted,
            unpresented,
            malformed,
            unknown,
            revoked,
            suspended,
            owner_suspended,
            not_yet_valid,
            expired,
            idle,
            network,
            scope,
            rate_limited,
            quota_exhausted,
        }
    }

    /// Each count after the name of its outcome: `granted`, `unpresented`, then those of the
    /// reasons, in their order.
    pub fn by_name(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let counts = [
            self.granted,
            self.unpresented,
            self.malformed,
            self.unknown,
            self.revoked,
            self.suspended,
            self.owner_suspended,
            self.not_yet_valid,
            self.expired,
            self.idle,
            self.network,
            self.scope,
            self.rate_limited,
            self.quota_exhausted,
        ];
        OUTCOMES.into_iter().zip(counts)
    }
}

/// The counts of one thread, or of several. Aligned, because processors fetch lines in pairs.
#[repr(align(128))]
#[derive(Default)]
struct Stripe([AtomicU64; OUTCOMES.len()]);

/// The counts of one store. Relaxed throughout: they order nothing.
pub(crate) struct Counts {
    stripes: Box<[Stripe]>,
}

thread_local! {
    /// The thread's number in this process, plus one; 0 until it is known.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// The number of this thread.
#[inline]
fn number() -> usize {
    NUMBER.get().checked_sub(1).unwrap_or_else(next_number)
}

#[cold]
fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(number.saturating_add(1));
    number
}

impl Counts {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..OWN.saturating_add(SHARED)).map(|_| Stripe::default()).collect() }
    }

    /// Counts a grant.
    #[inline]
    pub(crate) fn granted(&self) {
        self.add(GRANTED);
    }

    /// Counts a denial.
    #[inline]
    pub(crate) fn denied(&self, reason: Reason) {
        self.add(reason.outcome());
    }

    /// Counts a request without a token.
    pub(crate) fn unpresented(&self) {
        self.add(UNPRESENTED);
    }

    #[inline]
    fn add(&self, place: usize) {
        let number = number();
        let of = |stripe: usize| self.stripes.get(stripe)?.0.get(place);
        if number < OWN {
            // Nobody else writes here.
            if let Some(count) = of(number) {
                count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
        } else if let Some(count) = of(OWN.saturating_add(number % SHARED)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts as they are; of decisions that are being made meanwhile some may be missing.
    pub(crate) fn sum(&self) -> DecisionCounts {
        let mut counts = [0; OUTCOMES.len()];
        for Stripe(stripe) in &self.stripes {
            for (sum, count) in counts.iter_mut().zip(stripe) {
                *sum = u64::wrapping_add(*sum, count.load(Ordering::Relaxed));
            }
        }
        DecisionCounts::of(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_with_and_without_a_stripe_of_their_own_lose_no_count() {
        let counts = Counts::new();
        std::thread::scope(|scope| {
            for _ in 0..OWN + 2 * SHARED {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counts.denied(Reason::Unknown);
                    }
                    counts.unpresented();
                });
            }
        });
        let threads = u64::try_from(OWN + 2 * SHARED).unwrap();
        let decisions = counts.sum();
        let expected =
            DecisionCounts { unknown: threads * 1_000, unpresented: threads, ..decisions };
        assert_eq!(decisions, expected);
        let sum: u64 = decisions.by_name().map(|(_, count)| count).sum();
        assert_eq!(sum, threads * 1_001);
    }

    #[test]
    fn each_stripe_has_lines_of_its_own() {
        assert_eq!((size_of::<Stripe>(), align_of::<Stripe>()), (128, 128));
    }
}
