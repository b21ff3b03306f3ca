//! Keys that are verified while the pepper before is retired: they come over, and are not taken for
//! such as nobody uses.

use super::*;

/// A store with two keys of the pepper before, and their tokens.
fn rotated() -> (Busy, [String; 2]) {
    let busy = Busy::new();
    let tokens = [busy.issue().1, busy.issue().1];
    busy.rotate_pepper();
    (busy, tokens)
}

/// Retiring had looked for the keys that were left, and stood in line to revoke them: one that was
/// verified then was revoked for not having been.
#[test]
fn a_key_that_is_verified_while_the_pepper_before_is_retired_is_not_revoked() {
    let (busy, [used, unused]) = rotated();
    let (acme, presented) = (busy.acme, used.clone());
    // The clock is read when its turn has come, before it plans.
    busy.once(move |store| {
        let request = Request::new().address("10.0.0.1".parse().unwrap());
        store.verify(acme, presented.as_bytes(), &request).unwrap();
    });
    assert_eq!(busy.store.retire_pepper(&by()).unwrap(), 1);
    assert!(busy.verify(&used).is_ok() && busy.verify(&unused).is_err());
    assert_eq!(busy.store.pepper_status().unwrap().previous, None);
}

/// What another thread had taken, and had not yet stood in line to write, was noted nowhere.
#[test]
fn retiring_waits_for_who_has_notes_in_hand() {
    let (busy, [used, unused]) = rotated();
    busy.verify(&used).unwrap();
    let store = &busy.store;
    let writing = store.noted.writing();
    let taken = store.noted.take();
    thread::scope(|scope| {
        let retiring = scope.spawn(|| store.retire_pepper(&by()));
        thread::sleep(Duration::from_millis(100));
        taken.iter().for_each(|verified| store.noted.note(verified));
        drop(writing);
        assert_eq!(retiring.join().unwrap().unwrap(), 1);
    });
    assert!(busy.verify(&used).is_ok() && busy.verify(&unused).is_err());
}
