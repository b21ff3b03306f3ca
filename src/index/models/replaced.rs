//! A segment that is replaced while a reader is inside.

use super::*;

/// Replaces the segment of `KEY` by one that is as large.
fn replace(world: &World, books: &mut Books) {
    let home = world.table.seed.near(KEY.locator);
    let before = world.table.segment(home).unwrap().1.number();
    world.table.count_removal(books, home);
    assert_ne!(world.table.segment(home).unwrap().1.number(), before);
}

#[test]
fn a_key_whose_segment_is_replaced_is_found() {
    for slot in [0, 4] {
        check(move || {
            let (world, mut books) = World::new();
            world.place(&KEY, 1, slot);
            let reader = reader(&world);
            replace(&world, &mut books);
            reader.join().unwrap();
        });
    }
}

#[test]
fn a_key_whose_segment_is_replaced_is_found_though_its_old_blocks_are_lent_again() {
    check_within(1, || {
        let (world, mut books) = World::new();
        world.place(&KEY, 1, 0);
        let reader = reader(&world);
        replace(&world, &mut books);
        replace(&world, &mut books);
        reader.join().unwrap();
    });
}

#[test]
fn a_key_is_found_while_the_directory_is_doubled() {
    check(|| {
        let (world, _) = World::new();
        world.place(&KEY, 1, 0);
        let reader = reader(&world);
        world.table.directory.double();
        reader.join().unwrap();
    });
}
