use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::entry::LeaseRef;
use crate::index::lease::{Leases, Lessees, Settled, Spent};
use crate::key_id::KeyId;
use crate::quota::{Balance, Quota, Refill};
use crate::time::Timestamp;

const ONE: KeyId = KeyId::from_bits(1);
const TWO: KeyId = KeyId::from_bits(2);

fn quota() -> Quota {
    Quota::new(1000, Refill::Daily).unwrap()
}

fn never(_: Timestamp) -> bool {
    false
}

fn settled(lineage: KeyId, left: u64, leased: u64) -> Settled {
    let balance = Balance { left, due: Timestamp::NEVER };
    Settled { lineage, balance, leased, anew: false, low: 5 }
}

/// Leases, of which one is let to lineage 1, with 10 credits and 90 more in the file.
fn ten() -> (Leases, Lessees, LeaseRef) {
    let (leases, mut lessees) = (Leases::new(), Lessees::default());
    let lease = leases.let_to(&mut lessees, ONE, quota(), None).unwrap();
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting, "nothing is known yet");
    leases.settle(&lessees, &settled(ONE, 90, 10));
    (leases, lessees, lease)
}

fn taken(spent: Spent) -> u64 {
    match spent {
        Spent::Taken(credits) => credits.remaining,
        other => panic!("{other:?}"),
    }
}

fn exhausted(spent: Spent) -> u64 {
    match spent {
        Spent::Exhausted(credits) => credits.remaining,
        other => panic!("{other:?}"),
    }
}

#[test]
fn credits_are_refused_only_if_they_are_nowhere() {
    let (leases, lessees, lease) = ten();
    assert_eq!(taken(leases.spend(lease, ONE, 10, never)), 90);
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting);
    assert_eq!(leases.spend(lease, ONE, 90, never), Spent::Wanting);
    assert_eq!(exhausted(leases.spend(lease, ONE, 91, never)), 90);
    assert_eq!(taken(leases.spend(lease, ONE, 0, never)), 90);
    leases.settle(&lessees, &settled(ONE, 0, 90));
    assert_eq!(taken(leases.spend(lease, ONE, 90, never)), 0);
    assert_eq!(exhausted(leases.spend(lease, ONE, 1, never)), 0);
}

#[test]
fn while_credits_are_called_back_nobody_is_refused_for_want_of_them() {
    let (leases, lessees, lease) = ten();
    leases.settle(&lessees, &settled(ONE, 0, 0));
    assert_eq!(leases.recall(&lessees, ONE), 10);
    assert_eq!(leases.spend(lease, ONE, 1_000, never), Spent::Wanting);
    leases.restore(&lessees, ONE, 10);
    assert_eq!(taken(leases.spend(lease, ONE, 10, never)), 0);
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting, "the file is to be asked");
}

#[test]
fn a_refill_that_is_due_comes_first_and_replaces_the_lease() {
    let (leases, lessees, lease) = ten();
    assert_eq!(leases.spend(lease, ONE, 1, |_| true), Spent::Wanting);
    assert!(matches!(leases.spend(lease, ONE, 0, |_| true), Spent::Nothing(_)));
    let due = Timestamp::from_ms(50);
    let balance = Balance { left: 993, due };
    let anew = Settled { lineage: ONE, balance, leased: 7, anew: true, low: 5 };
    leases.settle(&lessees, &anew);
    assert_eq!(taken(leases.spend(lease, ONE, 7, |at| at != due)), 993);
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting);
}

#[test]
fn a_lease_asks_once_it_is_low_and_not_for_a_file_that_has_nothing() {
    let (leases, lessees, lease) = ten();
    leases.spend(lease, ONE, 5, never);
    assert_eq!(leases.asking(), []);
    assert!(!leases.is_asked());
    leases.spend(lease, ONE, 1, never);
    assert!(leases.is_asked());
    assert_eq!((leases.asking(), leases.asking()), (vec![ONE], vec![]));
    leases.spend(lease, ONE, 1, never);
    assert_eq!(leases.asking(), [ONE], "it is still low");
    leases.settle(&lessees, &settled(ONE, 0, 0));
    leases.spend(lease, ONE, 1, never);
    assert_eq!(leases.asking(), []);
}

#[test]
fn a_lease_is_seen_by_its_own_lineage_only_and_let_again_when_its_last_side_is_gone() {
    let (leases, mut lessees, lease) = ten();
    assert_eq!(leases.spend(lease, TWO, 1, never), Spent::Wanting);
    // A key is ended and its successor made: one lease, however it is applied.
    lessees.give_up(ONE);
    assert_eq!(leases.let_to(&mut lessees, ONE, quota(), None), Some(lease));
    leases.take_back(&mut lessees);
    assert_eq!(taken(leases.spend(lease, ONE, 1, never)), 99);
    lessees.give_up(ONE);
    leases.take_back(&mut lessees);
    assert_eq!(leases.of(&lessees, ONE), None);
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting);
    assert_eq!(leases.let_to(&mut lessees, TWO, quota(), None), Some(lease));
    leases.settle(&lessees, &settled(TWO, 0, 3));
    assert_eq!(leases.spend(lease, ONE, 1, never), Spent::Wanting);
    assert_eq!(taken(leases.spend(lease, TWO, 3, never)), 0);
}

/// Threads spend while one renews, calls back and puts back: in the end as many credits were
/// taken as there were, and nobody was told that there were none before that.
#[test]
fn whatever_happens_meanwhile_each_credit_is_taken_once() {
    const CREDITS: u64 = if cfg!(miri) { 100 } else { 40_000 };
    let (leases, mut lessees) = (Leases::new(), Lessees::default());
    let lease = leases.let_to(&mut lessees, ONE, quota(), None).unwrap();
    let (spent, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let spend = || {
        loop {
            match leases.spend(lease, ONE, 1, never) {
                Spent::Taken(_) => _ = spent.fetch_add(1, Ordering::Relaxed),
                Spent::Nothing(_) => panic!("a credit was asked for"),
                Spent::Wanting => thread::yield_now(),
                Spent::Exhausted(_) => {
                    assert!(over.load(Ordering::SeqCst), "refused while there were credits");
                    return;
                }
            }
        }
    };
    thread::scope(|scope| {
        (0..3).for_each(|_| _ = scope.spawn(spend));
        let mut left = CREDITS;
        let mut round = 0;
        while left > 0 {
            round += 1;
            let chunk = 7.min(left);
            left -= chunk;
            if left == 0 {
                over.store(true, Ordering::SeqCst);
            }
            leases.settle(&lessees, &settled(ONE, left, chunk));
            match round % 5 {
                0 => {
                    let had = leases.recall(&lessees, ONE);
                    leases.restore(&lessees, ONE, had);
                    leases.settle(&lessees, &settled(ONE, left, 0));
                }
                1 => {
                    left += leases.recall(&lessees, ONE);
                    if left > 0 {
                        over.store(false, Ordering::SeqCst);
                    }
                    leases.settle(&lessees, &settled(ONE, left, 0));
                }
                _ => {}
            }
        }
    });
    assert_eq!(spent.load(Ordering::Relaxed), CREDITS);
}
