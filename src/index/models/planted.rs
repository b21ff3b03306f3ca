//! Mistakes that the checker must find: each protocol without one of its parts. A reader or
//! writer here that leaves nothing out is found blameless in the same world.
//!
//! What has no fences is the index itself. The others are what it does, written down once more: to
//! leave a part out there, its own code would have to ask whether it may.

use std::cell::Cell;
use std::panic::Location;

use loom::sync::atomic::Ordering;

use super::*;

// All threads of a world are on the thread of their test.
std::thread_local! {
    static NONE_IN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// A fence of the index, unless the world has none in that file.
#[track_caller]
pub(in crate::index) fn fence(ordering: Ordering) {
    let file = Location::caller().file();
    if NONE_IN.get().is_none_or(|none| !file.ends_with(none)) {
        loom::sync::atomic::fence(ordering);
    }
}

/// While it lives, worlds have no fences in a file.
pub(super) struct NoFences;

impl NoFences {
    pub(super) fn of(file: &'static str) -> Self {
        NONE_IN.set(Some(file));
        Self
    }
}

impl Drop for NoFences {
    fn drop(&mut self) {
        NONE_IN.set(None);
    }
}

/// What is left out.
#[derive(Clone, Copy, PartialEq)]
enum Without {
    Nothing,
    /// Asking whether the directory still names the segment.
    Route,
    /// Freezing a slot before it is copied.
    Freezing,
    /// Marking that a key stands far before its near slot is cleared.
    Mark,
    /// Filling the new slot before the old one is cleared.
    Order,
}

impl World {
    /// Looks for `KEY` once, as `Table::look` does.
    fn look(&self, without: Without) {
        let Table { seed, pool, directory, .. } = &self.table;
        let homes = seed.homes(&KEY);
        let (route, segment) = self.table.segment(homes.near).unwrap();
        let Some(near) = segment.places(pool, route.blocks(), homes.near) else { return };
        let Some(far) = segment.places(pool, route.blocks(), homes.far) else { return };
        let (mark, marks) = (Mark::of(homes.far), near.filter().marks());
        let Err(lives) = near.find(&KEY) else { return };
        let far = if marks.has_far(mark) { Some((far, far.find(&KEY))) } else { None };
        let far = match far {
            Some((_, Ok(_))) => return,
            Some((far, Err(lives))) => Some((far, lives)),
            None => None,
        };
        fence(Ordering::Acquire);
        let is_still = near.are_still(&lives)
            && far.is_none_or(|(far, lives)| far.are_still(&lives))
            && near.filter().marks() == marks
            && (without == Without::Route || directory.confirms(&route));
        assert!(!is_still, "a live key is missing");
    }

    fn shift_without(&self, without: Without, from: usize, to: usize) {
        let content = match without {
            Without::Freezing => self.slot(from).peek().unwrap(),
            _ => self.slot(from).freeze(),
        };
        if without != Without::Mark {
            self.mark(&KEY, to);
        }
        if without == Without::Order {
            self.slot(from).clear();
            self.slot(to).fill(&content);
        } else {
            self.slot(to).fill(&content);
            self.slot(from).clear();
        }
        if without == Without::Mark {
            self.mark(&KEY, to);
        }
    }
}

fn looking(world: &Arc<World>, without: Without) -> JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || world.look(without))
}

/// A key moves near, its old slot is used again, and a reader looks.
fn move_and_use_again(without: Without) {
    check(move || {
        let (world, _) = World::new();
        world.place(&KEY, 1, 2);
        let reader = looking(&world, without);
        world.shift_without(without, 2, 0);
        world.place(&OTHER, 10, 2);
        reader.join().unwrap();
    });
}

/// A key moves far, and a reader looks.
fn move_far(without: Without) {
    check(move || {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let reader = looking(&world, without);
        world.shift_without(without, 0, 4);
        reader.join().unwrap();
    });
}

/// A segment is replaced, and a reader looks.
fn replace(without: Without) {
    check(move || {
        let (world, mut books) = World::new();
        world.place(&KEY, 1, 0);
        let reader = looking(&world, without);
        world.table.count_removal(&mut books, world.table.seed.near(KEY.locator));
        reader.join().unwrap();
    });
}

/// A key moves and is found to have expired.
fn move_and_expire(without: Without) {
    check(move || {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let marker = thread::spawn({
            let world = Arc::clone(&world);
            move || world.expire()
        });
        world.shift_without(without, 0, 2);
        let set = marker.join().unwrap();
        assert!(!set || world.find().unwrap().expired, "an expired key lives again");
    });
}

#[test]
fn with_nothing_left_out_no_mistake_is_found() {
    move_and_use_again(Without::Nothing);
    move_far(Without::Nothing);
    replace(Without::Nothing);
    move_and_expire(Without::Nothing);
}

/// A key moves near, its old slot is used again, and a reader looks, with no fences in a file.
fn move_and_use_again_without_fences_of(file: &'static str) {
    let _without = NoFences::of(file);
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 2);
        let reader = reader(&world);
        world.shift(2, 0);
        world.place(&OTHER, 10, 2);
        reader.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "a live key is missing")]
fn a_reader_that_concludes_without_a_fence_misses_a_key() {
    move_and_use_again_without_fences_of("index/table.rs");
}

#[test]
#[should_panic(expected = "it is not whole")]
fn a_slot_without_fences_is_read_as_half_of_another_key() {
    move_and_use_again_without_fences_of("index/slot.rs");
}

#[test]
#[should_panic(expected = "a live key is missing")]
fn a_writer_that_clears_before_it_fills_hides_a_key() {
    move_and_use_again(Without::Order);
}

#[test]
#[should_panic(expected = "a live key is missing")]
fn a_writer_that_marks_after_it_has_cleared_hides_a_key_that_went_far() {
    move_far(Without::Mark);
}

#[test]
#[should_panic(expected = "a live key is missing")]
fn a_reader_that_does_not_confirm_its_route_misses_a_key_of_a_replaced_segment() {
    replace(Without::Route);
}

#[test]
#[should_panic(expected = "an expired key lives again")]
fn a_copy_of_a_slot_that_was_not_frozen_loses_the_expired_bit() {
    move_and_expire(Without::Freezing);
}
