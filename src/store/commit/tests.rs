//! The line by itself: whoever panics, nobody is left waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::line::{Line, Ride};

type Loads = Line<Vec<u32>, u32>;

/// What became of a journey.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Told(u32),
    Lost,
    Panicked,
}

/// Lets journeys go one after another while the first has the turn. Each puts its number into
/// the load; the numbers in `at_plan` panic before that, those in `at_end` while they bring
/// the load to its end, for which all riders are told how many numbers were in it.
fn run(count: u32, at_plan: &[u32], at_end: &[u32]) -> Vec<End> {
    let line = Loads::new();
    let ends = Mutex::new(Vec::new());
    let journey = |number: u32| {
        let go = || {
            let mut turn = line.enter();
            assert!(!at_plan.contains(&number), "at its plan");
            turn.load().get_or_insert_default().push(number);
            match turn.ride() {
                Ride::Arrived(sum) => End::Told(sum),
                Ride::Lost => End::Lost,
                Ride::Last(mut turn) => {
                    let load = turn.load().take().unwrap();
                    assert!(!at_end.contains(&number), "at its end");
                    let sum = load.len() as u32;
                    turn.tell(&sum);
                    End::Told(sum)
                }
            }
        };
        let end = catch_unwind(AssertUnwindSafe(go)).unwrap_or(End::Panicked);
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

#[test]
fn all_in_line_share_one_load_and_are_told_its_end() {
    assert_eq!(run(4, &[], &[]), [const { End::Told(4) }; 4]);
}

#[test]
fn one_that_panics_at_its_plan_leaves_the_load_to_the_next() {
    assert_eq!(run(3, &[0], &[]), [End::Panicked, End::Told(2), End::Told(2)]);
    assert_eq!(run(3, &[1], &[]), [End::Told(2), End::Panicked, End::Told(2)]);
}

#[test]
fn a_load_that_the_last_in_line_leaves_by_a_panic_is_brought_to_its_end_by_a_rider() {
    assert_eq!(run(3, &[2], &[]), [End::Told(2), End::Told(2), End::Panicked]);
    assert_eq!(run(3, &[1, 2], &[]), [End::Told(1), End::Panicked, End::Panicked]);
}

#[test]
fn riders_of_a_load_that_was_lost_are_told_so() {
    assert_eq!(run(3, &[], &[2]), [End::Lost, End::Lost, End::Panicked]);
    assert_eq!(run(3, &[2], &[1]), [End::Lost, End::Panicked, End::Panicked]);
}
