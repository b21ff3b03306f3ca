//! A call that is asked for again as the same operation does nothing twice, whatever became of
//! the first.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::*;
use crate::audit::Event;
use crate::entry::State;
use crate::error::ErrorKind;
use crate::info::KeyInfo;
use crate::query::Filter;
use crate::record::{Cause, Done, OperationRecord};
use crate::spec::{Rotation, Update};
use crate::storage::tests::disk::Fault;
use crate::store::{Draft, Operation};

const GRACE: Duration = Duration::from_secs(600);

fn op() -> Actor {
    Actor::new("tester").operation("op-1")
}

impl Scene {
    fn issue_as(&self, by: &Actor) -> Result<Issued> {
        self.store.issue(&Spec::new(self.acme, "live", "o").scopes(["read"]), by)
    }

    fn keys(&self) -> Vec<KeyInfo> {
        self.store.list(&Filter::new(), None, 1_000).unwrap().keys
    }

    fn live(&self) -> Vec<KeyInfo> {
        let live = |key: &KeyInfo| key.state == State::Active && !key.expired;
        self.keys().into_iter().filter(live).collect()
    }

    /// The first generation of the only lineage.
    fn old(&self) -> KeyInfo {
        self.keys().into_iter().find(|key| key.generation == 1).unwrap()
    }

    fn done(&self) -> Operation {
        self.store.operation("op-1").unwrap()
    }

    fn plan_of_two(&self) {
        let two = OwnerChange::new().plan("two");
        self.store.set_owner(self.acme, "o", &two, &by()).unwrap();
    }
}

/// Lets the disk fail from each of its writes on while `first` is done, and gives each scene,
/// reopened, with what became of `first` and whether it is in the file.
fn interrupt<T>(
    prepare: impl Fn(&Scene),
    first: impl Fn(&Scene) -> Result<T>,
    mut then: impl FnMut(Scene, bool),
) {
    let (mut lost, mut found) = (0, 0);
    for after in 0.. {
        let scene = Scene::new();
        prepare(&scene);
        scene.disk.fail(Some(Fault {
            after,
            errno: Errno::IO,
            for_ever: true,
            reads: false,
            half: true,
        }));
        let result = first(&scene);
        let failed = scene.disk.failed() > 0;
        if !failed {
            assert!(lost > 0 && found > 0, "{lost} lost, {found} found");
            return;
        }
        assert!(result.is_err(), "operation {after} failed and was acknowledged");
        let scene = scene.reopen();
        let is_there = scene.store.operation("op-1").is_ok();
        *(if is_there { &mut found } else { &mut lost }) += 1;
        then(scene, is_there);
    }
}

#[test]
fn a_key_whose_issue_ended_unknown_is_issued_once_when_it_is_asked_for_again() {
    let first = |scene: &Scene| scene.issue_as(&op());
    interrupt(Scene::plan_of_two, first, |scene, is_there| {
        assert_eq!(scene.live().len(), usize::from(is_there));
        scene.clock.forward(Duration::from_secs(60));
        let issued = scene.issue_as(&op()).unwrap();
        let keys = scene.keys();
        assert_eq!(keys.len(), 1 + usize::from(is_there));
        assert_eq!(scene.live(), std::slice::from_ref(&issued.key));
        for lost in keys.iter().filter(|key| key.key_id != issued.key.key_id) {
            assert_eq!((lost.state, lost.cause), (State::Revoked, Cause::Reissued));
        }
        assert_eq!(scene.done().key, Some(issued.key.key_id));
        assert_eq!(scene.done().seq, scene.seq());
        assert_eq!(scene.reason(issued.token.expose()), None);
        // The key that nobody has takes no place: of two, one is left.
        scene.issue().unwrap();
        assert_eq!(scene.issue().unwrap_err().kind(), ErrorKind::Cap);
        let scene = scene.reopen();
        assert_eq!(scene.reason(issued.token.expose()), None);
    });
}

#[test]
fn many_keys_whose_issue_ended_unknown_are_there_once_when_they_are_asked_for_again() {
    let issue = |scene: &Scene| {
        let spec = Spec::new(scene.acme, "live", "o").scopes(["read"]);
        let specs = ["a", "b"].map(|name| spec.clone().name(name));
        scene.store.issue_many(&specs, &op())
    };
    interrupt(Scene::plan_of_two, issue, |scene, is_there| {
        assert_eq!(scene.live().len(), if is_there { 2 } else { 0 });
        scene.clock.forward(Duration::from_secs(60));
        let issued = issue(&scene).unwrap();
        let names: Vec<_> = issued.iter().map(|issued| issued.key.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(scene.live(), issued.iter().map(|i| i.key.clone()).collect::<Vec<_>>());
        assert_eq!(scene.keys().len(), if is_there { 4 } else { 2 });
        for lost in scene.keys().iter().filter(|key| key.state != State::Active) {
            assert_eq!((lost.state, lost.cause), (State::Revoked, Cause::Reissued));
        }
        assert_eq!((scene.done().key, scene.done().seq), (None, scene.seq()));
        // Those that nobody has take no place.
        assert_eq!(scene.issue().unwrap_err().kind(), ErrorKind::Cap);
        let scene = scene.reopen();
        for issued in &issued {
            assert_eq!(scene.reason(issued.token.expose()), None);
        }
        // All or none, also of what takes their place.
        scene.store.revoke(issued[1].key.key_id, &by()).unwrap();
        let before = scene.keys();
        let refused = issue(&scene).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.message().contains(&issued[1].key.key_id.to_string()), "{refused}");
        assert_eq!(scene.keys(), before);
        let one = scene.store.issue_many(&[], &op()).unwrap_err();
        assert_eq!(one.kind(), ErrorKind::Conflict);
    });
}

#[test]
fn a_rotation_that_ended_unknown_leaves_two_live_generations_and_the_grace_that_was_decided() {
    let rotation = || Rotation::new().grace(GRACE);
    let prepare = |scene: &Scene| {
        scene.plan_of_two();
        scene.issue().unwrap();
    };
    let first = |scene: &Scene| scene.store.rotate(scene.old().key_id, &rotation(), &op());
    interrupt(prepare, first, |scene, is_there| {
        let was = scene.old();
        scene.clock.forward(Duration::from_secs(60));
        let issued = scene.store.rotate(was.key_id, &rotation(), &op()).unwrap();
        assert_eq!(scene.reason(issued.token.expose()), None);
        let now = scene.old();
        assert_eq!(now.successor, Some(issued.key.key_id));
        assert_eq!(issued.key.predecessor, Some(was.key_id));
        assert_eq!((issued.key.lineage, issued.key.generation), (was.lineage, 2));
        let began = Timestamp::from_ms(START_MS + if is_there { 0 } else { 60_000 });
        assert_eq!(now.end, began.plus(GRACE));
        assert_eq!(scene.live().len(), 2);
        assert_eq!(scene.keys().len(), 2 + usize::from(is_there));
        // One lineage has one place of the two.
        scene.issue().unwrap();
        assert_eq!(scene.issue().unwrap_err().kind(), ErrorKind::Cap);
        scene.store.check().unwrap();
    });
}

#[test]
fn a_rotation_without_grace_is_asked_for_again_and_the_old_key_stays_revoked() {
    let prepare = |scene: &Scene| drop(scene.issue().unwrap());
    let rotate =
        |scene: &Scene| scene.store.rotate(scene.old().key_id, &Rotation::regenerate(), &op());
    interrupt(prepare, rotate, |scene, _| {
        let issued = rotate(&scene).unwrap();
        assert_eq!(scene.live(), std::slice::from_ref(&issued.key));
        let old = scene.old();
        assert_eq!((old.state, old.cause), (State::Revoked, Cause::Rotated));
        assert_eq!(old.successor, Some(issued.key.key_id));
    });
}

#[test]
fn a_revocation_that_ended_unknown_is_done_once_and_its_reason_is_the_first() {
    let key = |scene: &Scene| scene.keys()[0].key_id;
    let prepare = |scene: &Scene| drop(scene.issue().unwrap());
    let first = |scene: &Scene| scene.store.revoke(key(scene), &op().because("first"));
    interrupt(prepare, first, |scene, is_there| {
        let revoked = scene.store.revoke(key(&scene), &op().because("second")).unwrap();
        assert_eq!(revoked.state, State::Revoked);
        assert_eq!(revoked.reason, if is_there { "first" } else { "second" });
        let trail = scene.store.audit(0, 100).unwrap();
        let revocations: Vec<_> =
            trail.iter().filter(|entry| entry.event == Event::KeyRevoked).collect();
        assert_eq!(revocations.len(), 1);
        assert_eq!(revocations[0].operation, "op-1");
        assert_eq!(revocations[0].seq, scene.done().seq);
    });
}

/// Does `journey` twice, with `between` in between, and expects that the second changes nothing
/// and reports the same.
fn twice<T: PartialEq + std::fmt::Debug>(
    scene: &Scene,
    journey: impl Fn(&Actor) -> Result<T>,
    between: impl Fn(),
) {
    let by = Actor::new("tester").operation(format!("op {}", scene.seq()));
    let first = journey(&by).unwrap();
    between();
    let before = (scene.seq(), scene.store.audit(0, 1_000).unwrap(), scene.keys());
    assert_eq!(journey(&by).unwrap(), first);
    let after = (scene.seq(), scene.store.audit(0, 1_000).unwrap(), scene.keys());
    assert_eq!(after, before);
    let other = Actor::new("somebody").operation(by.operation_id().unwrap());
    let refused = journey(&other).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains(&format!("{:?}", by.operation_id().unwrap())));
}

#[test]
fn no_journey_that_writes_does_anything_twice() {
    let scene = Scene::new();
    let store = &scene.store;
    let nothing = || ();
    let issued = store.issue(&Spec::new(scene.acme, "shown", "o"), &by()).unwrap();
    let key = issued.key.key_id;
    let state = |key: KeyInfo| key.key_id;
    twice(&scene, |by| store.suspend(key, by).map(state), || drop(store.resume(key, &by())));
    twice(&scene, |by| store.suspend(key, by).map(state), nothing);
    twice(&scene, |by| store.resume(key, by).map(state), || drop(store.suspend(key, &by())));
    store.resume(key, &by()).unwrap();
    let update = Update::new().name("new");
    let other = Update::new().name("newer");
    let rename = || drop(store.update(key, &other, &by()));
    twice(&scene, |by| store.update(key, &update, by).map(state), rename);
    let owner = OwnerChange::new().suspended(true);
    let resume =
        || drop(store.set_owner(scene.acme, "o", &OwnerChange::new().suspended(false), &by()));
    let set = |by: &Actor| store.set_owner(scene.acme, "o", &owner, by).map(|owner| owner.owner);
    twice(&scene, set, resume);
    twice(&scene, |by| store.reveal(key, by).map(|token| token.expose().to_owned()), nothing);
    twice(&scene, |by| store.reset_clock(by), nothing);
    let sealing = SealingKey::new(&[6; 32]);
    twice(&scene, |by| store.change_sealing_key(&sealing, by), nothing);
    let wider = format!("{PROFILE}\n[[scope]]\n");
    let wider = wider.replace("[[plan]]", "[[scope]]\nname = \"more\"\n[[plan]]");
    let wider = wider.trim_end().trim_end_matches("[[scope]]").to_owned();
    let back = || drop(store.apply_realm("acme.toml", PROFILE, &by()).unwrap());
    twice(&scene, |by| store.apply_realm("acme.toml", &wider, by), back);
    let beta = PROFILE.replace("acme", "beta");
    twice(&scene, |by| store.apply_realm("beta.toml", &beta, by), nothing);
    twice(&scene, |by| store.revoke(key, by).map(state), nothing);
    twice(&scene, |by| store.sweep(10, by), nothing);
    scene.clock.forward(Duration::from_secs(7_200));
    let other_revoked = scene.issue().unwrap().key.key_id;
    store.revoke(other_revoked, &by()).unwrap();
    twice(&scene, |by| store.sweep(1, by), nothing);
    store.check().unwrap();
}

#[test]
fn the_same_id_for_another_request_is_a_conflict_that_names_it_and_changes_nothing() {
    let scene = Scene::new();
    let issued = scene.issue_as(&op()).unwrap();
    let before = scene.seq();
    let key = issued.key.key_id;
    let spec = |owner: &str| Spec::new(scene.acme, "live", owner);
    let refused = [
        scene.store.issue(&spec("o").scopes(["write"]), &op()).unwrap_err(),
        scene.store.issue(&spec("other"), &op()).unwrap_err(),
        scene.store.revoke(key, &op()).unwrap_err(),
        scene.store.rotate(key, &Rotation::new(), &op()).unwrap_err(),
        scene.store.set_owner(scene.acme, "o", &OwnerChange::new(), &op()).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.message().contains("\"op-1\""), "{error}");
    }
    assert_eq!(scene.seq(), before);
    assert_eq!(scene.reason(issued.token.expose()), None);
}

#[test]
fn a_key_that_somebody_changed_since_is_not_issued_again() {
    type Change = fn(&Scene, &KeyInfo);
    let changes: [(Change, &str); 5] = [
        (|s, key| drop(s.store.revoke(key.key_id, &by()).unwrap()), "was revoked since"),
        (|s, key| drop(s.store.suspend(key.key_id, &by()).unwrap()), "was suspended since"),
        (
            |s, key| {
                drop(s.store.rotate(key.key_id, &Rotation::new().grace(GRACE), &by()).unwrap())
            },
            "was rotated",
        ),
        (
            |s, key| {
                let end = Timestamp::from_ms(START_MS + 1_000);
                s.store.update(key.key_id, &Update::new().end(end), &by()).unwrap();
                s.clock.forward(Duration::from_secs(1));
            },
            "expired since",
        ),
        (
            |s, key| {
                s.store.revoke(key.key_id, &by()).unwrap();
                s.clock.forward(Duration::from_secs(3_600));
                assert_eq!(s.store.sweep_all(&by()).unwrap(), 1);
            },
            "was taken out since",
        ),
    ];
    for (change, why) in changes {
        let scene = Scene::new();
        let issued = scene.issue_as(&op()).unwrap();
        change(&scene, &issued.key);
        let before = scene.seq();
        let refused = scene.issue_as(&op()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.message().contains(why), "{refused}");
        assert_eq!(scene.seq(), before);
    }
}

#[test]
fn what_was_taken_from_a_key_since_is_not_in_the_one_that_replaces_it() {
    let scene = Scene::new();
    let spec = Spec::new(scene.acme, "live", "o").scopes(["read", "write"]);
    let issued = scene.store.issue(&spec, &op()).unwrap();
    let update = Update::new().scopes(["read"]).name("narrow");
    scene.store.update(issued.key.key_id, &update, &by()).unwrap();
    let again = scene.store.issue(&spec, &op()).unwrap();
    assert_eq!(
        (again.key.scopes.as_slice(), again.key.name.as_str()),
        (&["read".to_owned()][..], "narrow")
    );
    assert_eq!(scene.reason(issued.token.expose()), Some(Reason::Revoked));
}

#[test]
fn an_operation_that_is_asked_for_twice_at_once_leaves_one_key() {
    let scene = Scene::new();
    let asked = || -> Box<dyn FnOnce() -> Result<Issued> + Send + '_> {
        Box::new(|| scene.issue_as(&op()))
    };
    let first = || scene.issue();
    let results = sharing::share(&scene, first, (0..3).map(|_| asked()).collect());
    let seq = scene.seq();
    let tokens: Vec<String> =
        results.into_iter().map(|r| r.unwrap().token.expose().to_owned()).collect();
    let reasons: Vec<_> = tokens.iter().map(|token| scene.reason(token)).collect();
    let revoked = Some(Reason::Revoked);
    assert_eq!(reasons, [None, revoked, revoked, None]);
    assert_eq!(scene.done().seq, seq);
    let scene = scene.reopen();
    assert_eq!(scene.live().len(), 2);
}

#[test]
fn a_suspension_that_is_asked_for_again_denies_nothing_while_it_waits() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    scene.store.suspend(key, &op()).unwrap();
    scene.store.resume(key, &by()).unwrap();
    std::thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let other = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let again = scope.spawn(|| scene.store.suspend(key, &op()));
        wait_for(|| scene.store.writers.waiting() == 1);
        assert_eq!(scene.reason(token), None);
        drop(go_on);
        assert_eq!(again.join().unwrap().unwrap().state, State::Active);
        other.join().unwrap().unwrap();
    });
    assert_eq!(scene.reason(token), None);
}

#[test]
fn an_operation_is_known_as_long_as_its_commit_is_in_the_log() {
    const KEPT: u64 = 300;
    let mut scene = Scene::new();
    scene.store = open(&scene.disk, options(&scene.clock).log_len(KEPT)).unwrap();
    let key = scene.issue_as(&op()).unwrap().key.key_id;
    let rename = |scene: &Scene, n: u64| {
        let by = Actor::new("tester").operation(format!("n {n}"));
        let update = Update::new().name(n.to_string());
        scene.store.update(key, &update, &by).unwrap();
    };
    for n in 0..KEPT - 1 {
        rename(&scene, n);
    }
    assert_eq!(scene.done().key, Some(key));
    for n in KEPT..2 * KEPT {
        rename(&scene, n);
    }
    let refused = scene.store.operation("op-1").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let known: BTreeSet<u64> =
        (0..2 * KEPT).filter(|n| scene.store.operation(&format!("n {n}")).is_ok()).collect();
    assert!(known.len() as u64 >= KEPT && (known.len() as u64) < KEPT + 100, "{}", known.len());
    assert_eq!(known.last(), Some(&(2 * KEPT - 1)));
    scene.reopen();
}

#[test]
fn an_id_that_is_too_long_or_has_control_characters_is_refused_by_name() {
    let scene = Scene::new();
    for id in ["x".repeat(129), "a\nb".to_owned()] {
        let refused = scene.issue_as(&Actor::new("tester").operation(id)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
        assert!(refused.message().starts_with("operation: "), "{refused}");
    }
    let refused = scene.store.sweep_all(&op()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument);
}

/// No caller makes such a row: an operation is known by a digest of what was asked.
#[test]
fn an_operation_whose_row_tells_of_another_thing_is_corrupt() {
    let issue = |scene: &Scene| scene.issue_as(&op()).map(drop);
    let many = |scene: &Scene| {
        let specs = [Spec::new(scene.acme, "live", "o")];
        scene.store.issue_many(&specs, &op()).map(drop)
    };
    let sweep = |scene: &Scene| scene.store.sweep(5, &op()).map(drop);
    let apply = |scene: &Scene| scene.store.apply_realm("acme.toml", PROFILE, &op()).map(drop);
    type Journey<'s> = &'s dyn Fn(&Scene) -> Result<()>;
    for (number, journey) in [&issue as Journey<'_>, &many, &sweep, &apply].into_iter().enumerate()
    {
        let scene = Scene::new();
        journey(&scene).unwrap();
        let keys = scene.keys().len();
        let other = |view: &crate::storage::View<'_>| {
            let done = view.operation("op-1")?.unwrap();
            Ok(Draft::new(()).note(OperationRecord { done: Done::Confirmed, ..done }))
        };
        scene.store.commit(|view, _, _| other(view)).unwrap();
        let error = journey(&scene).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{number}: {error}");
        assert!(error.message().contains("operations, \"op-1\""), "{number}: {error}");
        assert_eq!(scene.keys().len(), keys);
    }
}
