//! Verdicts beside a change, and of many tokens at once.

use std::sync::atomic::Ordering;

use keycask::{OwnerChange, Request, Rotation, Update};

use crate::kit::{Scene, by};

/// P-6, C9: some path that ends a key forgot what decides, or published too late.
#[test]
fn p6_no_verify_that_begins_after_a_denial_returned_is_granted() {
    let scene = Scene::new();
    let store = scene.store();
    for round in 0..30 {
        let (key, token) = scene.issue(&["read"]);
        let ended = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|threads| {
            let reader = threads.spawn(|| {
                loop {
                    let begun_after = ended.load(Ordering::SeqCst);
                    let granted = scene.reason_for(&token, &["read"]).is_none();
                    assert!(!(begun_after && granted), "granted after the call returned");
                    if begun_after {
                        break;
                    }
                }
            });
            match round % 5 {
                0 => drop(store.revoke(key.key_id, &by()).unwrap()),
                1 => drop(store.suspend(key.key_id, &by()).unwrap()),
                2 => drop(store.rotate(key.key_id, &Rotation::regenerate(), &by()).unwrap()),
                3 => {
                    drop(store.update(key.key_id, &Update::new().scopes(["write"]), &by()).unwrap())
                }
                _ => {
                    let acme = store.realm("acme").unwrap();
                    let suspend = OwnerChange::new().suspended(true);
                    store.set_owner(acme, "o", &suspend, &by()).unwrap();
                }
            }
            ended.store(true, Ordering::SeqCst);
            reader.join().unwrap();
        });
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new().suspended(false), &by()).unwrap();
    }
}

#[test]
fn many_tokens_at_once_are_decided_as_one_by_one_in_their_order() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let mut tokens: Vec<String> = (0..150).map(|_| scene.issue(&["read"]).1).collect();
    let (revoked, token) = scene.issue(&["read"]);
    store.revoke(revoked.key_id, &by()).unwrap();
    tokens.extend([token, "acme_live_".to_owned(), String::new(), "\u{7f}".repeat(200)]);
    tokens.push(tokens[7].replace("acme_live_", "acme_test_"));
    let request = Request::new().needs(store.profile(acme).unwrap().scope_set(["read"]).unwrap());
    let texts: Vec<&[u8]> = tokens.iter().map(String::as_bytes).collect();
    let mut answers = Vec::new();
    store.verify_many(acme, &texts, &request, &mut answers).unwrap();
    assert_eq!(answers.len(), tokens.len());
    for (token, answer) in texts.iter().zip(&answers) {
        let alone = store.verify(acme, token, &request).map_err(|e| *e.denial().unwrap());
        assert_eq!(alone, *answer);
    }
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    answers.clear();
    store.verify_many(acme, &[texts[0]; 9], &request, &mut answers).unwrap();
    let admitted: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(admitted, [true, true, true, true, true, false, false, false, false]);
}
