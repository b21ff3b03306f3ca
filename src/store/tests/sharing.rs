use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::audit::Event;
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind};
use crate::spec::{Import, Update};
use crate::storage::tests::disk::Fault;
use crate::store::{Draft, ImportRules, trail};

/// What one of those who share a commit does.
pub(super) type Doing<'s> = Box<dyn FnOnce() -> Result<()> + Send + 's>;

/// [`share`](super::share) at a scene.
pub(super) fn share<'s, T: Send>(
    scene: &'s Scene,
    first: impl FnOnce() -> T + Send + 's,
    others: Vec<Box<dyn FnOnce() -> T + Send + 's>>,
) -> Vec<T> {
    super::share(&scene.disk, &scene.store, first, others)
}

fn issuing(scene: &Scene) -> Box<dyn FnOnce() -> Result<Issued> + Send + '_> {
    Box::new(|| scene.issue())
}

#[test]
fn what_many_threads_issue_is_each_its_own_and_all_there_after_reopening() {
    const THREADS: usize = 16;
    const EACH: usize = 20;
    let scene = Scene::new();
    let before = scene.seq();
    let tokens: Vec<String> = thread::scope(|scope| {
        let issue = || -> Vec<String> {
            (0..EACH).map(|_| scene.issue().unwrap().token.expose().to_owned()).collect()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(issue)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), THREADS * EACH);
    assert!(scene.seq() - before <= (THREADS * EACH) as u64);
    let scene = scene.reopen();
    assert!(tokens.iter().all(|token| scene.reason(token).is_none()));
    // Two of the trail are of the realm and the owner.
    assert_eq!(scene.store.audit(0, 1_000).unwrap().len(), THREADS * EACH + 2);
}

#[test]
fn those_who_wait_while_one_commits_share_the_next_commit() {
    let scene = Scene::new();
    let before = (scene.seq(), scene.disk.syncs());
    let results = share(&scene, || scene.issue(), (0..20).map(|_| issuing(&scene)).collect());
    assert_eq!(scene.seq(), before.0 + 2);
    assert!(scene.disk.syncs() <= before.1 + 6, "two commits, and the file may grow in each");
    let tokens: BTreeSet<String> =
        results.into_iter().map(|issued| issued.unwrap().token.expose().to_owned()).collect();
    assert_eq!(tokens.len(), 21);
    let scene = scene.reopen();
    assert!(tokens.iter().all(|token| scene.reason(token).is_none()));
}

#[test]
fn each_sees_what_those_before_it_wrote_and_is_refused_alone() {
    let scene = Scene::new();
    let two = OwnerChange::new().plan("two");
    scene.store.set_owner(scene.acme, "o", &two, &by()).unwrap();
    // Of an owner who may have two keys, five at once.
    let results = share(&scene, || scene.issue(), (0..4).map(|_| issuing(&scene)).collect());
    let kinds: Vec<_> = results.iter().map(|r| r.as_ref().err().map(Error::kind)).collect();
    let cap = Some(ErrorKind::Cap);
    assert_eq!(kinds, [None, None, cap, cap, cap]);
    let scene = scene.reopen();
    let tokens = results.iter().flatten().map(|issued| issued.token.expose());
    assert!(tokens.clone().count() == 2 && tokens.clone().all(|t| scene.reason(t).is_none()));
}

#[test]
fn they_are_served_in_the_order_in_which_they_came() {
    let scene = Scene::new();
    let key = scene.issue().unwrap().key.key_id;
    let name = |number: usize| -> Doing<'_> {
        let update = Update::new().name(number.to_string());
        let store = &scene.store;
        Box::new(move || store.update(key, &update, &by()).map(drop))
    };
    let results = share(&scene, name(0), (1..=50).map(name).collect());
    assert!(results.iter().all(Result::is_ok));
    let trail = scene.store.audit(0, 1_000).unwrap();
    let names: Vec<String> = trail
        .iter()
        .filter(|entry| entry.event == Event::KeyUpdated)
        .map(|entry| entry.after["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, (0..=50).map(|number: usize| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn more_than_one_transaction_takes_are_committed_in_several() {
    let scene = Scene::new();
    let before = scene.seq();
    let results = share(&scene, || scene.issue(), (0..300).map(|_| issuing(&scene)).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(scene.seq(), before + 3);
}

#[test]
fn a_key_that_is_resumed_is_granted_when_its_resumption_returns_whoever_suspended_it_before() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    for _ in 0..20 {
        let suspend: Box<dyn FnOnce() -> Option<Reason> + Send> = Box::new(|| {
            scene.store.suspend(key, &by()).unwrap();
            None
        });
        let resume: Box<dyn FnOnce() -> Option<Reason> + Send> = Box::new(|| {
            scene.store.resume(key, &by()).unwrap();
            scene.reason(token)
        });
        let first = || scene.issue().map(|_| None).unwrap();
        assert_eq!(share(&scene, first, vec![suspend, resume]), [None, None, None]);
    }
}

#[test]
fn a_profile_that_changes_is_what_all_later_journeys_go_by() {
    let scene = Scene::new();
    let narrowed = PROFILE.replace("[[scope]]\nname = \"write\"\n", "");
    let apply: Box<dyn FnOnce() -> Result<()> + Send> =
        Box::new(|| scene.store.apply_realm("acme.toml", &narrowed, &by()).map(drop));
    let issue: Box<dyn FnOnce() -> Result<()> + Send> = Box::new(|| {
        let spec = Spec::new(scene.acme, "live", "o").scopes(["write"]);
        scene.store.issue(&spec, &by()).map(drop)
    });
    let results = share(&scene, || scene.issue().map(drop), vec![apply, issue]);
    let kinds: Vec<_> = results.iter().map(|r| r.as_ref().err().map(Error::kind)).collect();
    assert_eq!(kinds, [None, None, Some(ErrorKind::NotFound)]);
    scene.reopen();
}

/// The profile in which who may write may read.
fn implying() -> String {
    PROFILE.replace("name = \"write\"\n", "name = \"write\"\nimplies = [\"read\"]\n")
}

/// Whether a key may do what takes the scope `read`.
fn reads(scene: &Scene, token: &str) -> bool {
    let read = scene.store.profile(scene.acme).unwrap().scope_set(["read"]).unwrap();
    scene.store.verify(scene.acme, token.as_bytes(), &Request::new().needs(read)).is_ok()
}

#[test]
fn a_profile_that_changes_reaches_the_keys_that_share_its_commit() {
    for (before, after, is_read) in
        [(PROFILE.to_owned(), implying(), true), (implying(), PROFILE.to_owned(), false)]
    {
        let scene = Scene::new();
        scene.store.apply_realm("acme.toml", &before, &by()).unwrap();
        let writer =
            || scene.store.issue(&Spec::new(scene.acme, "live", "o").scopes(["write"]), &by());
        let token = |issued: Result<Issued>| issued.unwrap().token.expose().to_owned();
        let key = scene.issue().unwrap();
        let issue = || -> Box<dyn FnOnce() -> String + Send + '_> { Box::new(|| token(writer())) };
        let update: Box<dyn FnOnce() -> String + Send> = Box::new(|| {
            let update = Update::new().scopes(["write"]);
            scene.store.update(key.key.key_id, &update, &by()).unwrap();
            key.token.expose().to_owned()
        });
        let apply: Box<dyn FnOnce() -> String + Send> = Box::new(|| {
            scene.store.apply_realm("acme.toml", &after, &by()).unwrap();
            key.token.expose().to_owned()
        });
        let seq = scene.seq();
        let tokens = share(&scene, || token(writer()), vec![issue(), update, issue(), apply]);
        assert_eq!(scene.seq(), seq + 2);
        assert!(tokens.iter().all(|token| reads(&scene, token) == is_read));
        let scene = scene.reopen();
        assert!(tokens.iter().all(|token| reads(&scene, token) == is_read));
    }
}

#[test]
fn of_a_profile_whose_commit_fails_the_keys_may_what_reopening_finds_or_less() {
    for after in 0.. {
        let scene = Scene::new();
        scene.store.apply_realm("acme.toml", &implying(), &by()).unwrap();
        let spec = Spec::new(scene.acme, "live", "o").scopes(["write"]);
        let token = scene.store.issue(&spec, &by()).unwrap().token.expose().to_owned();
        let fault = Fault { after, errno: Errno::IO, for_ever: true, reads: false, half: true };
        scene.disk.fail(Some(fault));
        let apply: Box<dyn FnOnce() -> Result<()> + Send> =
            Box::new(|| scene.store.apply_realm("acme.toml", PROFILE, &by()).map(drop));
        let issue: Box<dyn FnOnce() -> Result<()> + Send> = Box::new(|| scene.issue().map(drop));
        let results = share(&scene, || scene.issue().map(drop), vec![issue, apply]);
        if scene.disk.failed() == 0 {
            break;
        }
        let kind = |result: &Result<()>| result.as_ref().err().map(Error::kind);
        assert_eq!(kind(&results[1]), kind(&results[2]));
        let known = kind(&results[2]) != Some(ErrorKind::Indeterminate);
        let shown = reads(&scene, &token);
        assert!(!(known && shown != results[2].is_err()), "{results:?}");
        assert!(known || !shown, "{results:?}");
        let scene = scene.reopen();
        assert!(reads(&scene, &token) || !shown);
        assert!(!known || reads(&scene, &token) == results[2].is_err());
    }
}

#[test]
fn a_panic_in_one_plan_disturbs_nobody_else() {
    let scene = Scene::new();
    let panic = |is_owned| -> Doing<'_> {
        let scene = &scene;
        Box::new(move || {
            let run = || match is_owned {
                false => scene.store.commit::<()>(|_, _, _| panic!("a defect")),
                true => scene.store.commit_owned::<(), _>(|_, _, _, _| panic!("a defect")),
            };
            let panicked = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            assert_eq!(panicked.downcast_ref(), Some(&"a defect"), "it is its own");
            Ok(())
        })
    };
    let issue = || -> Doing<'_> { Box::new(|| scene.issue().map(drop)) };
    // At the head of a transaction, within one, and at its end, when nobody else is in line.
    for is_owned in [false, true] {
        let panic = || panic(is_owned);
        let others =
            [vec![panic(), issue()], vec![issue(), panic(), issue()], vec![issue(), panic()]];
        for others in others {
            let before = scene.store.stats().unwrap().keys;
            let issues = others.len() as u64;
            let results = share(&scene, issue(), others);
            assert!(results.iter().all(Result::is_ok), "{results:?}");
            assert_eq!(scene.store.stats().unwrap().keys, before + issues);
        }
    }
    scene.reopen();
}

#[test]
fn a_write_that_fails_is_refused_alone_and_the_others_are_written_again() {
    let scene = Scene::new();
    // More text than a row takes, which no journey lets through.
    let fail = || -> Doing<'_> {
        Box::new(|| {
            let owner = scene.store.storage.view()?.owner_named(scene.acme, "o")?.unwrap();
            scene.store.commit(|view, _, now| {
                let mut record = view.owner(owner)?.unwrap();
                record.suspended = true;
                let first = crate::record::Op::Owner(record.clone());
                record.id = "x".repeat(100_000);
                let entry = trail::entry(Event::OwnerSet, &by(), now);
                let ops = [first, crate::record::Op::Owner(record)];
                Ok(Draft::new(()).ops(ops).entry(entry))
            })
        })
    };
    let issue = || -> Doing<'_> { Box::new(|| scene.issue().map(drop)) };
    let others = vec![issue(), issue(), fail(), issue()];
    let results = share(&scene, issue(), others);
    let failed: Vec<bool> = results.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, false, false, true, false], "{results:?}");
    let scene = scene.reopen();
    assert_eq!(scene.store.stats().unwrap().keys, 4);
    assert!(!scene.store.owner(scene.acme, "o").unwrap().suspended);
}

#[test]
fn of_a_commit_that_fails_each_is_told_what_reopening_finds() {
    let mut seen = BTreeSet::new();
    for after in 0.. {
        let scene = Scene::new();
        let issued = scene.issue().unwrap();
        let (key, token) = (issued.key.key_id, issued.token.expose());
        let before = scene.store.stats().unwrap().keys;
        let fault = Fault { after, errno: Errno::IO, for_ever: true, reads: false, half: true };
        scene.disk.fail(Some(fault));
        let revoke: Box<dyn FnOnce() -> Result<()> + Send> =
            Box::new(|| scene.store.revoke(key, &by()).map(drop));
        let issue = || -> Doing<'_> { Box::new(|| scene.issue().map(drop)) };
        let results = share(&scene, issue(), vec![revoke, issue(), issue()]);
        if scene.disk.failed() == 0 {
            break;
        }
        let kind = |result: &Result<()>| result.as_ref().err().map(Error::kind);
        // The last three are of one commit.
        assert_eq!(kind(&results[1]), kind(&results[3]));
        assert_eq!(kind(&results[2]), kind(&results[3]));
        let unknown = |result: &Result<()>| kind(result) == Some(ErrorKind::Indeterminate);
        let refused = scene.reason(token) == Some(Reason::Revoked);
        assert_eq!(refused, results[1].is_ok() || unknown(&results[1]), "in memory");
        seen.extend(results.iter().map(|result| kind(result).map(ErrorKind::name)));
        let scene = scene.reopen();
        let found = scene.store.stats().unwrap().keys - before;
        let first = u64::from(results[0].is_ok());
        if results.iter().any(unknown) {
            assert!([0, 1, 3].contains(&found));
            continue;
        }
        assert_eq!(found, first + if results[1].is_ok() { 2 } else { 0 }, "{results:?}");
        assert_eq!(scene.reason(token).is_some(), results[1].is_ok());
    }
    let wanted = [None, Some("indeterminate"), Some("io"), Some("poisoned")];
    assert_eq!(seen, BTreeSet::from(wanted));
}

#[test]
fn a_revoked_key_is_refused_at_once_though_the_disk_hangs_and_others_wait() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        let first = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let second = scope.spawn(|| scene.issue());
        wait_for(|| scene.store.writers.waiting() == 1);
        assert_eq!(scene.reason(token), None);
        let revoking = scope.spawn(|| scene.store.revoke(key, &by()));
        wait_for(|| scene.store.writers.waiting() == 2);
        assert_eq!(scene.reason(token), Some(Reason::Revoked));
        assert!(!revoking.is_finished() && !first.is_finished() && !second.is_finished());
        drop(go_on);
        first.join().unwrap().unwrap();
        second.join().unwrap().unwrap();
        revoking.join().unwrap().unwrap();
    });
    assert_eq!(scene.reopen().reason(token), Some(Reason::Revoked));
}

/// What changes with its commit what later plans go by is the last of its group: who comes after a
/// rotation of the pepper draws under the new one, who comes after a reset of the clock goes by it.
#[test]
fn who_comes_after_a_change_of_pepper_or_clock_goes_by_what_it_made() {
    let scene = Scene::new();
    let rotating = || scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).map(|_| None);
    let issuing = || scene.issue().map(Some);
    let issued = share(&scene, issuing, vec![Box::new(rotating), Box::new(issuing)]);
    assert_eq!(scene.store.pepper_status().unwrap().left, 1, "the first alone is of before");
    let tokens: Vec<_> = issued.into_iter().filter_map(Result::unwrap).collect();
    assert!(tokens.iter().all(|issued| scene.reason(issued.token.expose()).is_none()));

    let start = scene.clock.now();
    scene.clock.forward(Duration::from_secs(60));
    scene.issue().unwrap();
    scene.clock.set(start);
    let resetting = || scene.store.reset_clock(&by()).map(|_| None);
    let issued = share(&scene, issuing, vec![Box::new(resetting), Box::new(issuing)]);
    let made: Vec<_> =
        issued.into_iter().filter_map(Result::unwrap).map(|issued| issued.key.issued).collect();
    assert_eq!(made, [start.plus(Duration::from_secs(60)), start]);
}

#[test]
fn a_use_is_not_written_with_each_commit() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    assert_eq!(scene.reason(issued.token.expose()), None);
    let used = || scene.store.storage.view().unwrap().used(issued.key.key_id).unwrap();
    scene.issue().unwrap();
    assert_eq!(used(), None);
    scene.store.flush().unwrap();
    assert!(used().is_some());
}

/// A look that could not tell whether a key is there was followed by one for its twin, so that a
/// token whose key had been revoked was granted.
#[test]
fn a_twin_is_not_asked_for_while_owners_are_suspended_and_resumed() {
    let scene = Scene::new();
    let text = "a-token-of-another-system";
    let spec = || Spec::new(scene.acme, "live", "o");
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let twins = [
        Import::token(spec(), text).unwrap(),
        Import::digest(spec(), "sha256".parse().unwrap(), &digest).unwrap(),
    ];
    for twin in twins {
        scene.store.import(&[twin], &ImportRules::new(), &by()).unwrap();
    }
    let first = scene.store.verify(scene.acme, text.as_bytes(), &Request::new()).unwrap().key_id;
    scene.store.revoke(first, &by()).unwrap();
    scene.store.set_owner(scene.acme, "other", &OwnerChange::new(), &by()).unwrap();
    thread::scope(|scope| {
        let changing = scope.spawn(|| {
            for n in 0..4_000 {
                let change = OwnerChange::new().suspended(n % 2 == 0);
                scene.store.set_owner(scene.acme, "other", &change, &by()).unwrap();
            }
        });
        while !changing.is_finished() {
            assert_eq!(scene.reason(text), Some(Reason::Revoked));
        }
    });
}
