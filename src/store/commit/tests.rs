//! The line by itself, and journeys in it: whoever panics, nobody is left waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::line::{Line, Ride};
use crate::actor::Actor;
use crate::audit::Event;
use crate::store::tests::wait_for;
use crate::store::{Draft, Store, trail};

type Job = Box<dyn FnOnce(&mut Vec<u32>) + Send>;
type Loads = Line<Vec<u32>, Vec<u32>, Job>;
type Turn<'l> = super::line::Turn<'l, Vec<u32>, Vec<u32>, Job>;

/// What became of a journey.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The load that it was in, as it was at its end.
    Told(Vec<u32>),
    Lost,
    Panicked,
}

/// Who does otherwise than to wait for its turn and bring the load to its end.
#[derive(Clone, Copy, Default)]
struct Odd<'a> {
    /// Leave their job in line.
    leave: &'a [u32],
    /// Panic when they have the turn, before anything else.
    panic_first: &'a [u32],
    /// Panic while they bring the load to its end; a hundred more: once they took it.
    panic_last: &'a [u32],
}

/// Lets journeys go one after another while the first has the turn. Each puts its number into
/// the load; whoever is last tells all who are in it.
fn run(count: u32, odd: Odd<'_>) -> Vec<End> {
    let line = Loads::new();
    let ends = Mutex::new(Vec::new());
    let go = |number: u32| -> End {
        let put: Job = Box::new(move |load| load.push(number));
        let (turn, job) = if odd.leave.contains(&number) {
            match line.leave(put) {
                Ride::Arrived(load) => return End::Told(load),
                Ride::Lost => return End::Lost,
                Ride::Last(turn, job) => (turn, job),
            }
        } else {
            (line.enter(), Some(put))
        };
        settle(turn, job, number, odd)
    };
    let journey = |number: u32| {
        let end = catch_unwind(AssertUnwindSafe(|| go(number))).unwrap_or(End::Panicked);
        ends.lock().unwrap().push((number, end));
    };
    thread::scope(|scope| {
        let first = line.enter();
        for number in 0..count {
            scope.spawn(move || journey(number));
            while line.waiting() <= number as usize {
                thread::yield_now();
            }
        }
        drop(first);
    });
    // Nobody has the turn, so it is had at once.
    assert!(line.enter().load().is_none());
    let mut ends = ends.into_inner().unwrap();
    ends.sort_unstable_by_key(|(number, _)| *number);
    ends.into_iter().map(|(_, end)| end).collect()
}

/// What one does who has the turn.
fn settle(mut turn: Turn<'_>, job: Option<Job>, number: u32, odd: Odd<'_>) -> End {
    assert!(!odd.panic_first.contains(&number), "at its plan");
    let mut next = job;
    while let Some(job) = next {
        job(turn.load().get_or_insert_default());
        next = turn.job();
    }
    match turn.ride() {
        Ride::Arrived(load) => End::Told(load),
        Ride::Lost => End::Lost,
        Ride::Last(mut turn, _) => {
            assert!(!odd.panic_last.contains(&number), "at the end, with the load");
            let load = turn.load().take().unwrap();
            assert!(!odd.panic_last.contains(&(number + 100)), "at the end, without it");
            turn.tell(&load);
            End::Told(load)
        }
    }
}

fn told(load: &[u32]) -> End {
    End::Told(load.to_vec())
}

#[test]
fn all_in_line_share_one_load_and_are_told_its_end() {
    let all = [0, 1, 2, 3];
    assert_eq!(run(4, Odd::default()), [(); 4].map(|()| told(&all)));
}

#[test]
fn jobs_are_done_in_the_order_of_the_line_whoever_does_them() {
    let all = [0, 1, 2, 3, 4];
    for leave in [&all[..], &[1, 2, 3], &[0, 1, 4], &[0, 2, 4], &[4]] {
        let odd = Odd { leave, ..Odd::default() };
        assert_eq!(run(5, odd), [(); 5].map(|()| told(&all)), "{leave:?}");
    }
}

#[test]
fn one_that_panics_at_its_plan_leaves_the_load_to_the_next() {
    let odd = |panic_first| Odd { panic_first, ..Odd::default() };
    assert_eq!(run(3, odd(&[0])), [End::Panicked, told(&[1, 2]), told(&[1, 2])]);
    assert_eq!(run(3, odd(&[1])), [told(&[0, 2]), End::Panicked, told(&[0, 2])]);
}

#[test]
fn a_load_that_the_last_in_line_leaves_by_a_panic_is_brought_to_its_end_by_a_rider() {
    let odd = |panic_first| Odd { panic_first, ..Odd::default() };
    assert_eq!(run(3, odd(&[2])), [told(&[0, 1]), told(&[0, 1]), End::Panicked]);
    assert_eq!(run(3, odd(&[1, 2])), [told(&[0]), End::Panicked, End::Panicked]);
}

#[test]
fn a_load_whose_bearer_panics_is_brought_to_its_end_by_one_whose_job_it_did() {
    let odd = Odd { leave: &[1, 2], panic_last: &[0], ..Odd::default() };
    let all = [0, 1, 2];
    assert_eq!(run(3, odd), [End::Panicked, told(&all), told(&all)]);
}

#[test]
fn riders_of_a_load_that_was_lost_are_told_so() {
    let odd = Odd { panic_last: &[102], ..Odd::default() };
    assert_eq!(run(3, odd), [End::Lost, End::Lost, End::Panicked]);
    let odd = Odd { panic_first: &[2], panic_last: &[101], ..Odd::default() };
    assert_eq!(run(3, odd), [End::Lost, End::Panicked, End::Panicked]);
    for leave in [&[][..], &[0, 1, 2], &[1, 2], &[0, 1]] {
        // Whoever comes to bear it to its end loses it.
        let odd = Odd { leave, panic_last: &[100, 101, 102], ..Odd::default() };
        let ends = run(3, odd);
        let lost = ends.iter().filter(|end| **end == End::Lost).count();
        let panicked = ends.iter().filter(|end| **end == End::Panicked).count();
        assert_eq!((lost, panicked), (2, 1), "{ends:?}");
    }
}

/// Whoever did a job may panic before it hands the load on.
#[test]
fn a_journey_that_another_planned_and_then_left_is_committed_by_who_asked_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys")).unwrap();
    let journey = || {
        store.commit_owned(|_, _, _, now| {
            let entry = trail::entry(Event::RestoreConfirmed, &Actor::new("tester"), now);
            Ok(Draft::new(7).entry(entry))
        })
    };
    thread::scope(|scope| {
        let mut turn = store.writers.enter();
        let asking = scope.spawn(journey);
        wait_for(|| store.writers.waiting() > 0);
        let job = turn.job().unwrap();
        job(&store, store.group(&mut turn));
        drop(turn);
        assert_eq!(asking.join().unwrap().unwrap(), 7);
    });
    assert_eq!(store.anchor().unwrap().seq, 1);
    assert_eq!(store.audit(0, 10).unwrap().len(), 1);
}
