//! A key that is put into a slot, moved, changed or taken out.

use loom::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn a_key_that_moves_near_is_found_whole_also_when_its_old_slot_is_used_again() {
    for (from, to) in [(2, 0), (1, 0), (0, 3)] {
        check(move || {
            let (world, _) = World::new();
            world.place(&KEY, 1, from);
            let reader = reader(&world);
            world.shift(from, to);
            world.place(&OTHER, 10, from);
            reader.join().unwrap();
        });
    }
}

#[test]
fn a_key_that_moves_to_and_fro_is_found() {
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let reader = reader(&world);
        world.shift(0, 2);
        world.shift(2, 0);
        reader.join().unwrap();
    });
}

#[test]
fn a_key_that_moves_far_is_found_and_so_is_one_that_comes_back() {
    for (from, to) in [(2, 4), (4, 2), (0, 7)] {
        check(move || {
            let (world, _) = World::new();
            world.place(&KEY, 1, from);
            let reader = reader(&world);
            world.shift(from, to);
            reader.join().unwrap();
        });
    }
}

#[test]
fn a_key_that_makes_room_for_another_is_found() {
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 4);
        for slot in 5..8 {
            world.place(&OTHER, 10, slot);
        }
        let reader = reader(&world);
        let Table { seed, pool, segments, .. } = &world.table;
        let room = segments.get(0).unwrap().room(pool, seed, &OPPOSITE).unwrap();
        assert!(std::ptr::eq(room, world.slot(4)));
        room.fill(&Content::new(*OPPOSITE, &entry(11)));
        reader.join().unwrap();
    });
}

#[test]
fn a_wider_change_is_seen_before_or_after_it_and_not_half() {
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let reader = reader(&world);
        world.slot(0).freeze();
        world.place(&KEY, 2, 1);
        world.slot(0).clear();
        reader.join().unwrap();
    });
}

#[test]
fn a_key_is_found_from_when_its_being_put_in_was_made_known_until_it_is_taken_out() {
    check(|| {
        let (world, _) = World::new();
        let (is_in, is_out) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let reader = thread::spawn({
            let (world, is_in, is_out) =
                (Arc::clone(&world), Arc::clone(&is_in), Arc::clone(&is_out));
            move || {
                let (gone, came) = (is_out.load(Ordering::Acquire), is_in.load(Ordering::Acquire));
                let found = world.find();
                assert!(!gone || found.is_none(), "a key that was taken out is found");
                // Whoever sees the key away, though it came, is to see its going begun.
                let going = is_out.load(Ordering::Relaxed) || !world.slot(0).life().is_live();
                assert!(!came || found.is_some() || going, "a live key is missing");
            }
        });
        world.place(&KEY, 1, 0);
        is_in.store(true, Ordering::Release);
        world.slot(0).clear();
        is_out.store(true, Ordering::Release);
        reader.join().unwrap();
    });
}
