//! Memory from the heap.

use allocation_counter::{AllocationInfo, measure};
use keycask::{Import, ImportRules, Options, OwnerChange, Request, Spec};
use sha2::{Digest as _, Sha256};

use super::kit::{Scene, by};

fn is_none(info: &AllocationInfo) -> bool {
    // What is given back had to be taken, perhaps earlier.
    info.count_total == 0 && info.count_current == 0
}

#[test]
fn no_outcome_takes_memory_from_the_heap_or_gives_any_back() {
    let mut scene = Scene::new(Options::new());
    let info = measure(|| {
        scene.present_fresh();
        (0..100).for_each(|_| scene.present_all());
    });
    assert!(is_none(&info), "{info:?}");
}

#[test]
fn one_allocation_among_all_outcomes_is_counted() {
    let mut scene = Scene::new(Options::new());
    let info = measure(|| {
        scene.present_all();
        drop(std::hint::black_box(Box::new(1)));
        scene.present_all();
    });
    assert_eq!(info.count_total, 1);
    assert!(!is_none(&info));
}

#[test]
fn a_charge_takes_memory_only_where_a_lineage_meets_its_second_window_for_the_first_time() {
    let scene = Scene::new(Options::new());
    let taken = |plan: &str| {
        scene.store.set_owner(scene.acme, plan, &OwnerChange::new().plan(plan), &by()).unwrap();
        let issued = scene.store.issue(&Spec::new(scene.acme, "live", plan), &by()).unwrap();
        let token = issued.token.expose().as_bytes();
        let verify = || scene.store.verify(scene.acme, token, &Request::new()).unwrap();
        [(); 3].map(|()| measure(|| assert!(verify().rate.is_some())).count_total)
    };
    assert_eq!(taken("wide"), [0, 0, 0]);
    let two = taken("two");
    assert!(two[0] > 0 && two[1..] == [0, 0], "{two:?}");
}

#[test]
fn a_key_that_another_systems_digest_finds_takes_no_memory_and_is_noted_without_any() {
    let scene = Scene::new(Options::new().import_secret("old", b"its pepper"));
    let digest: String = Sha256::digest("imported").iter().map(|b| format!("{b:02x}")).collect();
    let none = "00".repeat(32);
    let all = [("sha512-256", &none), ("hmac-sha256:key=old", &none), ("sha256", &digest)];
    let imports = all.map(|(scheme, digest)| {
        let spec = Spec::new(scene.acme, "live", "free");
        Import::digest(spec, scheme.parse().unwrap(), digest).unwrap()
    });
    scene.store.import(&imports, &ImportRules::new(), &by()).unwrap();
    let verify =
        |token: &str| scene.store.verify(scene.acme, token.as_bytes(), &Request::new()).is_ok();
    let info = measure(|| {
        for _ in 0..100 {
            assert!(verify("imported") && !verify("nobody's"));
        }
    });
    assert!(is_none(&info), "{info:?}");
    assert_eq!(scene.store.rehash().unwrap(), 1);
}
