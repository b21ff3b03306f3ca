use std::fs;

use redb::ReadableTable;

use super::*;

/// A store whose trail has ten entries, each of a commit of its own.
fn told(home: &Home) -> Storage {
    let storage = create(home);
    for _ in 0..10 {
        let mut batch = storage.batch().unwrap();
        batch.audit(&mut [event(Event::OwnerSet)]).unwrap();
        batch.commit().unwrap();
    }
    storage
}

fn cut(storage: &Storage, through: u64) {
    let mut batch = storage.batch().unwrap();
    batch.cut_trail(through).unwrap();
    batch.audit(&mut [event(Event::AuditTrimmed)]).unwrap();
    batch.commit().unwrap();
}

fn numbers(storage: &Storage, after: u64) -> Vec<u64> {
    storage.view().unwrap().audit(after, 100).unwrap().iter().map(|entry| entry.number).collect()
}

/// Does `change` to the rows of the trail in a copy of the closed file, and gives what a check
/// then says.
fn forged(home: &Home, change: impl FnOnce(&mut redb::Table<'_, &[u8; 8], &[u8]>)) -> Result<()> {
    let copy = home.path.with_extension("forged");
    fs::copy(&home.path, &copy).unwrap();
    damage::rewrite(&copy, |transaction| {
        change(&mut transaction.open_table(tables::AUDIT).unwrap());
    });
    let storage = open_at(&copy).unwrap();
    storage.view().unwrap().check().map(drop)
}

fn row(table: &redb::Table<'_, &[u8; 8], &[u8]>, number: u64) -> Vec<u8> {
    table.get(&number.to_be_bytes()).unwrap().unwrap().value().to_vec()
}

#[test]
fn a_trail_that_was_trimmed_goes_on_and_is_checked_from_where_it_begins() {
    let home = home();
    let storage = told(&home);
    cut(&storage, 4);
    assert_eq!(numbers(&storage, 0), (5..=11).collect::<Vec<_>>());
    assert_eq!(numbers(&storage, 9), [10, 11]);
    storage.view().unwrap().check().unwrap();
    cut(&storage, 11);
    assert_eq!(numbers(&storage, 0), [12]);
    storage.view().unwrap().check().unwrap();
    storage.close().unwrap();
    let storage = open(&home).unwrap();
    assert_eq!(numbers(&storage, 0), [12]);
    storage.view().unwrap().check().unwrap();
}

#[test]
fn whatever_is_done_to_a_trimmed_trail_is_found() {
    let home = home();
    let storage = told(&home);
    let gone = storage.view().unwrap().value(tables::AUDIT, &4_u64.to_be_bytes());
    let gone = gone.unwrap().unwrap();
    cut(&storage, 4);
    storage.close().unwrap();
    forged(&home, |_| ()).unwrap();
    type Forgery<'f> = &'f dyn Fn(&mut redb::Table<'_, &[u8; 8], &[u8]>);
    let forgeries: [(&str, Forgery<'_>); 8] = [
        ("cut at the end", &|trail| drop(trail.remove(&11_u64.to_be_bytes()).unwrap())),
        ("cut at the beginning", &|trail| drop(trail.remove(&5_u64.to_be_bytes()).unwrap())),
        ("cut in the middle", &|trail| drop(trail.remove(&7_u64.to_be_bytes()).unwrap())),
        ("altered", &|trail| {
            let mut altered = row(trail, 7);
            let at = altered.windows(5).position(|bytes| bytes == b"alice").unwrap();
            altered[at] = b'A';
            trail.insert(&7_u64.to_be_bytes(), altered.as_slice()).unwrap();
        }),
        ("reordered", &|trail| {
            let (one, two) = (row(trail, 7), row(trail, 8));
            trail.insert(&7_u64.to_be_bytes(), two.as_slice()).unwrap();
            trail.insert(&8_u64.to_be_bytes(), one.as_slice()).unwrap();
        }),
        ("moved up over a gap", &|trail| {
            for number in 7..11_u64 {
                let next = row(trail, number + 1);
                trail.insert(&number.to_be_bytes(), next.as_slice()).unwrap();
            }
            trail.remove(&11_u64.to_be_bytes()).unwrap();
        }),
        ("put back to before the cut", &|trail| {
            trail.insert(&4_u64.to_be_bytes(), gone.as_slice()).unwrap();
        }),
        ("gone on with", &|trail| {
            let last = row(trail, 11);
            trail.insert(&12_u64.to_be_bytes(), last.as_slice()).unwrap();
        }),
    ];
    for (what, forgery) in forgeries {
        let error = forged(&home, forgery).expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
        assert!(error.message().contains("audit"), "{what}: {error}");
    }
}

#[test]
fn the_entries_of_a_commit_are_found_by_its_seq_also_after_a_cut() {
    let home = home();
    let storage = told(&home);
    commit(&storage, &[Op::Realm(realm())]);
    cut(&storage, 4);
    let last = |seq| storage.view().unwrap().last_entry_by(seq).unwrap();
    // Entry n is of seq n, seq 11 has none, and the cut is told with seq 12.
    assert_eq!([0, 2, 4, 5, 9, 10, 11, 12, 99].map(last), [4, 4, 4, 5, 9, 10, 10, 11, 11]);
}

#[test]
fn a_batch_takes_out_entries_that_it_had_still_to_write() {
    let home = home();
    let storage = told(&home);
    let mut batch = storage.batch().unwrap();
    batch.audit(&mut [event(Event::KeyIssued), event(Event::KeyRevoked)]).unwrap();
    batch.cut_trail(11).unwrap();
    batch.commit().unwrap();
    assert_eq!(numbers(&storage, 0), [12]);
    storage.view().unwrap().check().unwrap();
}
