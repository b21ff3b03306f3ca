//! Keys that are verified while the pepper before is retired: they come over, and are not taken for
//! such as nobody uses.

use super::*;
use crate::error::Result as Done;

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

/// Its twin, of which nothing was noted, was revoked for that, and the key with it.
#[test]
fn a_key_that_is_verified_while_the_pepper_before_is_retired_is_not_revoked_with_its_twin() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    let (_, unused) = busy.issue();
    busy.rotate_pepper();
    let acme = busy.acme;
    busy.once(move |store| {
        let request = Request::new().address("10.0.0.1".parse().unwrap());
        assert_eq!(store.verify(acme, TEXT.as_bytes(), &request).unwrap().key_id, first);
    });
    assert_eq!(busy.store.retire_pepper(&by()).unwrap(), 1);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    assert!(busy.verify(&unused).is_err());
    assert_eq!(busy.store.key(second).unwrap().reason, format!("its token is that of {first}"));
}

/// Whoever had revoked some, and was overtaken, went on with the keys of the pepper after that.
#[test]
fn who_was_overtaken_while_he_retired_a_pepper_revokes_no_key_of_the_next() {
    let (busy, [used, unused]) = rotated();
    let store = &busy.store;
    busy.verify(&used).unwrap();
    let mut after = None;
    assert_eq!(store.revoke_next(1, &mut after, &by()).unwrap(), Some(1));
    assert_eq!(store.retire_pepper(&by()).unwrap(), 0);
    store.rotate_pepper(Pepper::new(&[3; 32]), &by()).unwrap();
    assert_eq!(store.pepper_status().unwrap().left, 1);
    while store.revoke_next(1, &mut after, &by()).unwrap().is_some() {}
    assert!(busy.verify(&used).is_ok() && busy.verify(&unused).is_err());
}

/// The second is told so, whatever the first has left to do.
#[test]
fn of_two_who_retire_a_pepper_at_once_one_has_retired_it() {
    let (busy, tokens) = rotated();
    tokens.iter().for_each(|token| _ = busy.verify(token).unwrap());
    let store = &busy.store;
    assert_eq!(store.rehash().unwrap(), 2);
    let retiring = || -> Box<dyn FnOnce() -> Done<u64> + Send + '_> {
        Box::new(|| store.retire_pepper(&by()))
    };
    let done = share(&busy.disk, store, retiring(), vec![retiring()]);
    let kinds: Vec<_> = done.into_iter().map(|done| done.map_err(|error| error.kind())).collect();
    assert_eq!(kinds, [Ok(0), Err(ErrorKind::Conflict)]);
}

/// It is revoked once, by who came first.
#[test]
fn a_key_that_is_revoked_while_the_pepper_before_is_retired_is_passed_over() {
    let busy = Busy::new();
    let [(key, _), (other, _)] = [busy.issue(), busy.issue()];
    busy.rotate_pepper();
    let (store, acme) = (&busy.store, busy.acme);
    type Doing<'s> = Box<dyn FnOnce() -> Done<u64> + Send + 's>;
    let owner = || store.set_owner(acme, "p", &OwnerChange::new(), &by()).map(|_| 0);
    let revoke: Doing<'_> = Box::new(|| store.revoke(key, &by().because("leaked")).map(|_| 0));
    let retire: Doing<'_> = Box::new(|| store.retire_pepper(&by()));
    let done = share(&busy.disk, store, owner, vec![revoke, retire]);
    assert_eq!(done.into_iter().map(|done| done.unwrap()).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(store.key(key).unwrap().reason, "leaked");
    assert_eq!(store.key(other).unwrap().state, State::Revoked);
}

/// It was revoked in a commit before the one in which retiring was refused, and took the key along.
#[test]
fn a_twin_of_a_key_that_cannot_come_over_stays_though_a_thousand_keys_stand_between_them() {
    let busy = Busy::new();
    let store = &busy.store;
    store.apply_realm("other.toml", &PROFILE.replace("acme", "other"), &by()).unwrap();
    let other = store.realm("other").unwrap();
    store.set_owner(other, "o", &OwnerChange::new(), &by()).unwrap();
    let there = Spec::new(other, "live", "o").scopes(["read"]);
    let there = busy.import(Import::token(there, TEXT).unwrap());
    let [by_first, by_second] = busy.twins();
    let second = Duration::from_secs(1);
    let twin = busy.import(by_second);
    busy.clock.forward(second);
    store.issue_many(&vec![busy.spec(); 1_000], &by()).unwrap();
    busy.clock.forward(second);
    let key = busy.import(by_first);
    assert!(twin < key);
    busy.rotate_pepper();
    store.verify(other, TEXT.as_bytes(), &Request::new()).unwrap();
    assert_eq!(store.rehash().unwrap(), 1);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, key);
    let refused = store.retire_pepper(&by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!([key, there].iter().all(|key| refused.message().contains(&key.to_string())));
    assert_eq!(store.key(twin).unwrap().state, State::Active);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, key);
}

/// What retiring revoked for not having been used is found no more, and ends no other key.
#[test]
fn a_key_that_is_presented_when_a_pepper_has_been_retired_is_not_revoked_with_its_old_twin() {
    let busy = Busy::new();
    let [by_first, by_second] = busy.twins();
    busy.import(by_second);
    busy.rotate_pepper();
    let key = busy.import(by_first);
    assert_eq!(busy.store.revoke_next(1, &mut None, &by()).unwrap(), Some(1));
    let acme = busy.acme;
    // The clock is read when none is left, before the pepper goes.
    busy.once(move |store| {
        let refused = store.verify(acme, TEXT.as_bytes(), &Request::new()).unwrap_err();
        assert_eq!(refused.denial().unwrap().reason, Reason::Revoked);
    });
    assert_eq!(busy.store.retire_pepper(&by()).unwrap(), 0);
    assert_eq!(busy.store.rehash().unwrap(), 0);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, key);
}
