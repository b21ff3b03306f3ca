use std::thread;

use rustix::io::Errno;

use super::*;
use crate::error::ErrorKind;
use crate::query::{Ending, Filter};
use crate::record::Done;
use crate::storage::tests::disk::Fault;
use crate::store::Draft;
use crate::store::operation::Asked;

/// More than one commit takes.
const KEYS: usize = 1_200;

/// A scene with keys, and their tokens.
fn scene() -> (Scene, Vec<String>) {
    let scene = Scene::new();
    let specs = vec![Spec::new(scene.acme, "live", "o"); KEYS];
    let issued = scene.store.issue_many(&specs, &by()).unwrap();
    (scene, issued.iter().map(|issued| issued.token.expose().to_owned()).collect())
}

fn ending(scene: &Scene) -> Ending {
    Ending::revoke(Filter::new().realm(scene.acme))
}

/// How many of the keys are refused.
fn refused(scene: &Scene, tokens: &[String]) -> usize {
    tokens.iter().filter(|token| scene.reason(token) == Some(Reason::Revoked)).count()
}

#[test]
fn all_keys_that_end_are_refused_before_the_first_commit_is_durable() {
    let (scene, tokens) = scene();
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let ending = scope.spawn(|| scene.store.end_many(&ending(&scene), &by()).unwrap());
        wait_for(|| scene.disk.hangs());
        let early = refused(&scene, &tokens);
        drop(go_on);
        assert_eq!(early, KEYS);
        assert_eq!(ending.join().unwrap().keys, KEYS as u64);
    });
    assert_eq!(scene.store.index.stats().restraints, 0);
    let scene = scene.reopen();
    assert_eq!(refused(&scene, &tokens), KEYS);
}

#[test]
fn what_a_disk_that_fails_leaves_is_told_and_asking_again_does_the_rest() {
    let by = by().operation("incident");
    let (clean, _) = scene();
    clean.disk.fail(None);
    clean.store.end_many(&ending(&clean), &by).unwrap();
    let steps = clean.disk.done(false);
    let mut partial = 0;
    for part in 0..6 {
        let (scene, tokens) = scene();
        let (after, errno) = (steps * part / 6, Errno::IO);
        scene.disk.fail(Some(Fault { after, errno, for_ever: true, reads: false, half: true }));
        let error = scene.store.end_many(&ending(&scene), &by).unwrap_err();
        let told = match error.to_string().split_once("; 1000 keys were revoked before") {
            Some(_) => 1_000,
            None => 0,
        };
        partial += usize::from(told > 0);
        // Nobody may have been granted who is refused later. What is known not to be there is as
        // it was: all keys stayed refused.
        let stays = if error.kind() == ErrorKind::Indeterminate { KEYS } else { told };
        assert_eq!(refused(&scene, &tokens), stays, "{error}");
        let scene = scene.reopen();
        let there = refused(&scene, &tokens);
        match error.kind() {
            ErrorKind::Indeterminate => assert!([told, told + 1_000, KEYS].contains(&there)),
            _ => assert_eq!(there, told, "{error}"),
        }
        let kind = |id| scene.store.operation(id).map_err(|error| error.kind());
        match there {
            0 => assert_eq!(kind("incident"), Err(ErrorKind::NotFound)),
            KEYS => assert!(kind("incident").is_ok()),
            _ => assert_eq!(kind("incident"), Err(ErrorKind::Conflict)),
        }
        assert_eq!(scene.store.end_many(&ending(&scene), &by).unwrap().keys, KEYS as u64);
        assert_eq!(refused(&scene, &tokens), KEYS);
        let trail = scene.store.audit(0, 10_000).unwrap();
        let ends = trail.iter().filter(|entry| entry.operation == "incident").count();
        assert_eq!(ends, KEYS, "an entry a key, however often it was asked for");
        scene.store.check().unwrap();
    }
    assert!(partial > 0, "no failure came between two commits");
}

/// Keys of a later batch would be granted again else, though a store that is opened anew may find
/// the first batch made and be asked for the rest.
#[test]
fn while_nobody_knows_what_became_of_the_first_of_two_batches_no_key_is_granted() {
    let (clean, _) = scene();
    clean.disk.fail(None);
    clean.store.end_many(&ending(&clean), &by()).unwrap();
    // Halving comes to the last step of the first batch, after which its commit is there.
    let (mut low, mut high, mut unknown) = (0, clean.disk.done(false), 0);
    while low < high {
        let (scene, tokens) = scene();
        let (after, errno) = (low.midpoint(high), Errno::IO);
        scene.disk.fail(Some(Fault { after, errno, for_ever: true, reads: false, half: true }));
        let error = scene.store.end_many(&ending(&scene), &by()).unwrap_err();
        if error.to_string().contains("; 1000 keys were revoked before") {
            high = after;
            continue;
        }
        low = after + 1;
        if error.kind() == ErrorKind::Indeterminate {
            unknown += 1;
            assert_eq!(refused(&scene, &tokens), KEYS);
        }
    }
    assert!(unknown > 0, "the disk never failed at the last step of the first batch");
}

/// No caller makes such a row: an operation is known by a digest of what was asked.
#[test]
fn an_operation_whose_row_tells_of_another_thing_is_corrupt_and_ends_nothing() {
    let scene = Scene::new();
    let token = scene.issue().unwrap().token.expose().to_owned();
    let (by, ending) = (by().operation("incident"), ending(&scene));
    let asked = Asked::new(&by, "end_many", || ending.asked()).unwrap();
    let swept = Done::Swept(1, false);
    scene.store.commit(|_, _, now| Ok(asked.note(Draft::new(()), now, swept))).unwrap();
    let error = scene.store.end_many(&ending, &by).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("\"incident\""), "{error}");
    assert_eq!(scene.reason(&token), None);
    assert_eq!(scene.store.index.stats().restraints, 0);
}
