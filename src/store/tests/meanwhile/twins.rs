//! Keys of one token, which were imported with digests of it by two schemes: whose it is shows when
//! it is verified, while the store changes.

use super::*;
use crate::ids::KindRef;
use crate::store::noted::Verified;

/// A key of another token, by the scheme of the second twin.
fn another(busy: &Busy) -> Import {
    let digest = hex(&Sha512::digest("another"));
    Import::digest(busy.spec(), "sha512".parse().unwrap(), &digest).unwrap()
}

/// Imports a key while what was noted is on its way: it is there once the import has written what
/// had been noted.
fn import_meanwhile(busy: &Busy, key: Import) -> KeyId {
    let noted = busy.store.noted.take();
    let key = busy.import(key);
    noted.iter().for_each(|verified| busy.store.noted.note(verified));
    key
}

/// The note of a key that is verified while its twin is not found.
fn note_alone(busy: &Busy, key: KeyId, twin: KeyId) -> Verified {
    busy.show(twin, |record| record.kind = KindRef::new(99));
    assert_eq!(busy.verify(TEXT).unwrap().key_id, key);
    busy.show(twin, |_| {});
    let [verified] = busy.store.noted.take()[..] else { panic!("one is noted") };
    verified
}

/// Two digests of one text are two keys until it is verified: then it is the first one's, and the
/// other is revoked. That one alone is found by who looks where the first was before.
#[test]
fn a_key_that_has_come_over_is_not_taken_for_its_twin() {
    let busy = Busy::new();
    busy.store.import(&busy.twins(), &ImportRules::new(), &by()).unwrap();
    let before = busy.store.routes.load();
    let key = busy.verify(TEXT).unwrap().key_id;
    assert_eq!(busy.store.rehash().unwrap(), 1);
    busy.rotate_pepper();
    assert_eq!(busy.verify(TEXT).unwrap().key_id, key);
    assert_eq!(busy.store.rehash().unwrap(), 1);
    assert_eq!(busy.verify_by(before, TEXT).map(|grant| grant.key_id), Ok(key));
    assert_eq!(busy.held_by(before, TEXT), Ok(key));
}

/// A token was revoked with its first key before anybody had used it: once that was swept, the
/// other was found, and the token was granted.
#[test]
fn a_twin_of_a_revoked_key_is_revoked_with_it() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    busy.store.revoke(first, &by()).unwrap();
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    assert_eq!(busy.store.rehash().unwrap(), 1);
    busy.clock.forward(Duration::from_secs(3_601));
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
    assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 2);
    assert!(matches!(busy.verify(TEXT), Err(Reason::Unknown | Reason::Malformed(_))));
}

/// A key that only expired was taken for one that was revoked, and the other with it.
#[test]
fn a_key_that_was_granted_has_its_token_also_once_an_expired_twin_is_swept() {
    for retired in [false, true] {
        let busy = Busy::new();
        let [by_first, by_second] = busy.twins();
        let first = busy.import(by_first);
        let second = busy.import(by_second);
        let soon = busy.clock.now().plus(Duration::from_secs(60));
        busy.store.update(second, &Update::new().end(soon), &by()).unwrap();
        busy.clock.forward(Duration::from_secs(3_661));
        assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
        // As if it was noted after the sweep had written what was noted.
        let noted = if retired { busy.store.noted.take() } else { Vec::new() };
        assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 1);
        noted.iter().for_each(|verified| busy.store.noted.note(verified));
        busy.store.rehash().unwrap();
        assert_eq!(busy.store.key(first).unwrap().state, State::Active);
        assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
        assert!(busy.store.imports(busy.acme).unwrap().iter().all(|(by, _)| by.is_none()));
    }
}

/// The other lost its token, and was revoked, for a revocation that did not come to be.
#[test]
fn a_key_that_is_denied_and_then_is_not_takes_no_token_from_its_twin() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    // As a revocation does until it is durable.
    busy.show(first, |record| record.state = State::Revoked);
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    busy.show(first, |_| {});
    assert_eq!(busy.store.rehash().unwrap(), 0);
    for key in [first, second] {
        assert_eq!(busy.store.key(key).unwrap().state, State::Active);
    }
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    assert_eq!(busy.store.rehash().unwrap(), 1);
}

/// The revoked key was found by neither digest, and its twin was granted in its place.
#[test]
fn a_revoked_key_that_comes_over_between_the_looks_is_not_taken_for_its_twin() {
    for (others, turned) in [(false, false), (true, false), (false, true)] {
        let busy = Busy::new();
        let [first, second] = busy.twins().map(|twin| busy.import(twin));
        if others {
            // Then how keys are found stays the same.
            busy.import(another(&busy));
            busy.import(Import::token(busy.spec(), "a-third").unwrap());
        }
        busy.store.revoke(second, &by()).unwrap();
        let ways = Arc::clone(busy.store.routes.load());
        assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
        assert_eq!(busy.store.rehash().unwrap(), 1);
        assert_eq!(std::ptr::eq(&*ways, &**busy.store.routes.load()), others);
        if turned {
            busy.rotate_pepper();
            assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
            busy.store.rehash().unwrap();
        }
        // Who looked by the present digest before, and then at the first before that was denied.
        busy.show(first, |record| record.state = State::Active);
        let realms = busy.store.realms.load();
        let text = busy.text(realms, &ways, TEXT);
        let Ok(presented) = busy.store.recognise(text) else { panic!("it has no shape") };
        let request = Request::new();
        let required = Required::Scopes(request.required);
        let verdict = busy.store.rule_otherwise(text, presented, &request, required, None);
        let denial = verdict.unwrap_err();
        assert_eq!((denial.reason, denial.key), (Reason::Revoked, Some(second)));
    }
}

/// It came over by itself, and the token was granted though its other key was revoked.
#[test]
fn what_is_noted_while_a_twin_is_imported_is_of_no_use() {
    let busy = Busy::new();
    let [by_first, by_second] = busy.twins();
    let first = busy.import(by_second);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    let second = import_meanwhile(&busy, by_first);
    busy.store.revoke(second, &by()).unwrap();
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    for _ in 0..2 {
        busy.store.rehash().unwrap();
        assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    }
    assert_eq!(busy.store.key(first).unwrap().state, State::Revoked);
}

/// Its twin was denied before it had the token, and decided meanwhile.
#[test]
fn a_token_is_granted_while_its_key_comes_over_and_the_twin_is_revoked() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    busy.disk.stick(true);
    let (verdict, done) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| busy.store.rehash());
        while !busy.disk.hangs() && !writer.is_finished() {
            std::thread::yield_now();
        }
        let verdict = busy.verify(TEXT);
        busy.disk.stick(false);
        (verdict, writer.join().unwrap())
    });
    assert_eq!((verdict.map(|grant| grant.key_id), done.unwrap()), (Ok(first), 1));
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
}

/// What was noted was of no use for a key of another token that came meanwhile, and the twin was
/// granted once the revoked key was swept.
#[test]
fn a_twin_of_a_revoked_key_is_revoked_also_by_a_note_of_before_an_import() {
    for (granted, revoked) in [(false, 0), (true, 0), (true, 1)] {
        let busy = Busy::new();
        let twins = busy.twins().map(|twin| busy.import(twin));
        if granted {
            busy.verify(TEXT).unwrap();
        } else {
            busy.store.revoke(twins[revoked], &by()).unwrap();
            assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
        }
        import_meanwhile(&busy, another(&busy));
        busy.store.revoke(twins[revoked], &by()).unwrap();
        busy.clock.forward(Duration::from_secs(3_601));
        busy.store.sweep(10, &by()).unwrap();
        let twin = busy.store.key(twins[1 - revoked]).unwrap();
        assert_eq!(twin.state, State::Revoked, "{granted} {revoked}");
        assert!(busy.verify(TEXT).is_err());
    }
}

/// The twin was not known to the note of before, which kept the later one away.
#[test]
fn a_twin_that_was_imported_meanwhile_is_revoked_though_the_key_had_been_noted() {
    let busy = Busy::new();
    let [by_first, by_second] = busy.twins();
    let first = busy.import(by_first);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    let second = import_meanwhile(&busy, by_second);
    busy.store.revoke(first, &by()).unwrap();
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    busy.clock.forward(Duration::from_secs(3_601));
    assert!(busy.store.sweep(10, &by()).unwrap().keys > 0);
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
    assert!(busy.verify(TEXT).is_err());
}

/// It is noted after the sweep has written what was noted.
#[test]
fn a_key_that_is_noted_is_not_swept() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    busy.store.revoke(first, &by()).unwrap();
    busy.clock.forward(Duration::from_secs(3_601));
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    let noted = busy.store.noted.take();
    // The sweep reads the clock when it begins to plan.
    busy.once(move |store| noted.iter().for_each(|verified| store.noted.note(verified)));
    assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 0);
    assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 1);
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
}

/// Who revoked it, and why, is told of it for as long as it is there.
#[test]
fn a_twin_that_is_revoked_already_is_left_as_it_is() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    busy.verify(TEXT).unwrap();
    let leaked = busy.store.revoke(second, &by().because("leaked")).unwrap();
    assert_eq!(busy.store.rehash().unwrap(), 0);
    assert_eq!(busy.store.key(first).unwrap().state, State::Revoked);
    let left = busy.store.key(second).unwrap();
    assert_eq!((left.changed, left.reason), (leaked.changed, "leaked".to_owned()));
}

/// It waits behind the key that has the token, and is left like others that were not verified.
#[test]
fn a_key_whose_token_another_of_its_realm_has_keeps_no_pepper() {
    let busy = Busy::new();
    let twins = busy.twins().map(|twin| busy.import(twin));
    busy.rotate_pepper();
    // Notes that do not know of each other.
    let [first, second] = twins;
    let notes =
        [(first, second), (second, first)].map(|(key, other)| note_alone(&busy, key, other));
    for (note, moves) in notes.iter().zip([1, 0]) {
        busy.store.noted.note(note);
        assert_eq!(busy.store.rehash().unwrap(), moves);
    }
    assert_eq!(busy.store.key(twins[1]).unwrap().state, State::Active);
    assert_eq!(busy.store.retire_pepper(&by()).unwrap(), 1);
    assert_eq!(busy.store.key(twins[1]).unwrap().state, State::Revoked);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, twins[0]);
}

/// The token is its own by then, and not that of the key which was granted before and is revoked.
#[test]
fn a_twin_that_has_the_token_is_left_to_it() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
    let before = busy.store.noted.take();
    let alone = note_alone(&busy, second, first);
    busy.store.noted.note(&alone);
    assert_eq!(busy.store.rehash().unwrap(), 1);
    busy.import(another(&busy));
    busy.store.revoke(first, &by()).unwrap();
    before.iter().for_each(|verified| busy.store.noted.note(verified));
    assert_eq!(busy.store.rehash().unwrap(), 0);
    assert_eq!(busy.store.key(second).unwrap().state, State::Active);
    assert_eq!(busy.verify(TEXT).unwrap().key_id, second);
}

/// The one was granted before the other was revoked. Which of the notes is first, their ids say.
#[test]
fn a_revoked_key_and_its_twin_are_brought_over_at_once_or_one_after_the_other() {
    let mut seen = [false; 2];
    for _ in 0..64 {
        let busy = Busy::new();
        let [first, second] = busy.twins().map(|twin| busy.import(twin));
        assert_eq!(busy.verify(TEXT).unwrap().key_id, first);
        busy.store.revoke(second, &by()).unwrap();
        assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
        let noted = busy.store.noted.take();
        noted.iter().for_each(|verified| busy.store.noted.note(verified));
        assert_eq!(noted.len(), 2);
        let is_revoked_first = noted[0].key_id == second;
        for moved in [is_revoked_first, !is_revoked_first] {
            assert_eq!(busy.store.rehash().unwrap(), u64::from(moved));
            for key in [first, second] {
                assert_eq!(busy.store.key(key).unwrap().state, State::Revoked);
            }
            assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
        }
        seen[usize::from(is_revoked_first)] = true;
    }
    assert_eq!(seen, [true; 2]);
}

/// The call revoked the key that had the token when it began, and the token was granted after it.
#[test]
fn whoever_revokes_a_token_revokes_the_twin_that_comes_to_have_it_meanwhile() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    // That of one who does not accept keys of the first one's kind.
    let note = Verified { twins: [Some(first); 8], ..note_alone(&busy, second, first) };
    busy.store.noted.note(&note);
    let (store, acme) = (&busy.store, busy.acme);
    let coming = || {
        assert_eq!(store.rehash().unwrap(), 1);
        None
    };
    let revoking: Box<dyn FnOnce() -> Option<KeyId> + Send + '_> = Box::new(|| {
        let revoked = store.revoke_presented(acme, TEXT.as_bytes(), "leaked").unwrap();
        Some(revoked.key_id)
    });
    assert_eq!(share(&busy.disk, store, coming, vec![revoking]), [None, Some(second)]);
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    assert_eq!(busy.store.key(first).unwrap().state, State::Revoked);
}

/// What was noted of a revoked key was forgotten with the pepper, and its twin was granted once it
/// was swept.
#[test]
fn a_twin_of_a_revoked_key_is_revoked_with_it_though_the_pepper_is_rotated() {
    let busy = Busy::new();
    let [first, second] = busy.twins().map(|twin| busy.import(twin));
    busy.issue();
    busy.store.revoke(first, &by()).unwrap();
    assert_eq!(busy.verify(TEXT), Err(Reason::Revoked));
    busy.rotate_pepper();
    busy.clock.forward(Duration::from_secs(3_601));
    busy.store.sweep(10, &by()).unwrap();
    assert_eq!(busy.store.key(second).unwrap().state, State::Revoked);
    // No note was lost that could have kept the other key from being retired.
    assert_eq!(busy.store.retire_pepper(&by()).unwrap(), 1);
    assert!(busy.verify(TEXT).is_err());
}
