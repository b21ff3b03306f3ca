//! Many threads that charge one meter at once, each by the time that it has read.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};

/// Threads that charge at once, and how often each does at a moment.
const THREADS: u32 = if cfg!(miri) { 4 } else { 64 };
const TRIES: u32 = if cfg!(miri) { 20 } else { 80 };

/// How many charges are admitted in each of `phases`, in their order. Of a phase, a thread and its
/// try, `charge` tells whether it was.
fn admitted<P: Copy + Send>(
    phases: impl IntoIterator<Item = P>,
    charge: impl Fn(P, u32, u32) -> bool + Sync,
) -> Vec<u32> {
    let (admitted, turn) = (AtomicU32::new(0), Barrier::new(THREADS as usize));
    let at = |phase| {
        admitted.store(0, Ordering::Relaxed);
        std::thread::scope(|threads| {
            for thread in 0..THREADS {
                let (charge, admitted, turn) = (&charge, &admitted, &turn);
                threads.spawn(move || {
                    turn.wait();
                    let count = (0..TRIES).filter(|&n| charge(phase, thread, n)).count();
                    admitted.fetch_add(u32::try_from(count).unwrap(), Ordering::Relaxed);
                });
            }
        });
        admitted.load(Ordering::Relaxed)
    };
    phases.into_iter().map(at).collect()
}

/// Does a round again until there were as many charges as `KEYCASK_CHARGES` says.
fn rounds(phases: usize, round: impl Fn()) {
    let few = if cfg!(miri) { 1 } else { 30_000 };
    let charges: u64 = std::env::var("KEYCASK_CHARGES").map_or(few, |n| n.parse().unwrap());
    let a_round = u64::from(THREADS * TRIES) * u64::try_from(phases).unwrap();
    let rounds = charges.div_ceil(a_round);
    (0..rounds).for_each(|_| round());
    println!("charges: {}", rounds * a_round);
}

const LIMIT: u32 = if cfg!(miri) { 50 } else { 1_000 };

/// The beginning of one window and of the next, in between, and steps back.
fn moments() -> [Moment; 6] {
    let minute = i64::try_from(MINUTE).unwrap();
    [0, minute - 1, minute, minute / 2, -minute, 3 * minute].map(told)
}

/// P-16, C10: a read and a write that were two steps admitted more than the limit.
#[test]
fn p16_many_threads_are_admitted_exactly_as_often_as_the_limit_says() {
    let plan = [window(LIMIT, MINUTE, LIMIT)];
    rounds(moments().len(), || {
        let meters = Told::new();
        let admitted = admitted(moments(), |moment, _, _| meters.charge(&plan, 1, moment).is_ok());
        assert_eq!(admitted, [LIMIT, 0, LIMIT, 0, 0, LIMIT]);
    });
}

#[test]
fn a_limit_that_is_read_before_it_is_charged_is_found_out() {
    let meters = Told::new();
    let plan = [window(LIMIT, MINUTE, LIMIT)];
    let admitted = admitted(moments(), |moment, _, _| {
        let room = meters.peek(&plan, 1, moment).is_ok();
        std::thread::yield_now();
        let _ = meters.charge(&plan, 1, moment);
        room
    });
    assert!(admitted[0] > LIMIT, "{admitted:?}");
}

/// A permit is refilled in 50 ms, which is twice as long as the times of a phase are apart.
const PLAN: [Window; 1] = [window(1_200, MINUTE, 400)];
const APART: u32 = 25;

/// What is read in a phase that begins at a millisecond: in no order, and last the latest.
fn read(phase: i64, thread: u32, n: u32) -> i64 {
    let late = if n + 1 == TRIES { APART - 1 } else { (n * 7 + thread * 3) % APART };
    phase + i64::from(late)
}

/// Where phases begin, and what is admitted in them: of times that callers name, and by uptime.
const PHASES: [(i64, u32, u32); 10] = [
    (0, 400, 400),
    (25_000, 400, 400),
    (50_000, 400, 400),
    // As the first window ends. The burst was refilled for ten seconds.
    (60_000, 200, 200),
    (40_000, 0, 0),
    (180_000, 400, 400),
    (190_000, 200, 200),
    // The clock was set back, and goes on. Uptime never is: there it is but late.
    (100_000, 0, 0),
    (110_000, 200, 0),
    (400_000, 400, 400),
];

fn out_of_order(charge: impl Fn(i64) -> bool + Sync) -> Vec<u32> {
    admitted(PHASES.map(|(at, ..)| at), |phase, thread, n| charge(read(phase, thread, n)))
}

/// C10: a thread that is interrupted between reading the time and charging comes with a time that
/// is before that of charges which were made already. The time between was credited again.
#[test]
fn p16_many_threads_with_times_out_of_order_are_admitted_exactly_as_often_as_the_burst_says() {
    rounds(2 * PHASES.len(), || {
        let (told_ones, ones) = (Told::new(), One::new());
        let named = out_of_order(|ms| told_ones.charge(&PLAN, 1, told(ms)).is_ok());
        assert_eq!(named, PHASES.map(|(_, named, _)| named));
        let by_uptime = out_of_order(|ms| ones.charge(&PLAN, 1, told(ms)).is_ok());
        assert_eq!(by_uptime, PHASES.map(|(.., by_uptime)| by_uptime));
    });
}

#[test]
fn a_meter_that_takes_each_time_for_the_present_is_found_out() {
    let meter = Mutex::new(hasty::Hasty::default());
    let charge = |ms| Charge { windows: &PLAN, cost: 1, moment: told(ms) };
    let admitted = out_of_order(|ms| meter.lock().unwrap().charge(&charge(ms)).is_ok());
    assert!(admitted[0] > PLAN[0].burst, "{admitted:?}");
}
