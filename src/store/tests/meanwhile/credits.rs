//! Quotas that a key loses, and keys that come over, while they are about to be charged.

use super::*;
use crate::entry::LeaseRef;

/// A store with a key that has a quota and, lest a meter be asked first, no rate.
fn limited() -> (Busy, KeyId, String) {
    let busy = Busy::new();
    busy.store.set_owner(busy.acme, "plain", &OwnerChange::new(), &by()).unwrap();
    let spec = Spec::new(busy.acme, "live", "plain").quota(Quota::new(9, Refill::Never).unwrap());
    let issued = busy.store.issue(&spec, &by()).unwrap();
    (busy, issued.key.key_id, issued.token.expose().to_owned())
}

fn lose_quota(store: &Store, key: KeyId) {
    store.update(key, &Update::new().quota(None), &by()).unwrap();
}

fn credits(busy: &Busy, token: &str, request: &Request) -> Option<u64> {
    let grant = busy.store.verify(busy.acme, token.as_bytes(), request).unwrap();
    grant.credits.map(|credits| credits.remaining)
}

#[test]
fn a_key_that_loses_its_quota_before_it_is_charged_is_granted_without() {
    for request in [Request::new(), Request::new().cost(0), Request::new().sparing_credits()] {
        let (busy, key, token) = limited();
        busy.once(move |store| lose_quota(store, key));
        assert_eq!(credits(&busy, &token, &request), None);
    }
}

/// The first look finds too few credits in memory, and the second finds a key with a quota still.
#[test]
fn a_key_that_loses_its_quota_before_credits_are_leased_is_granted_without() {
    let (busy, key, token) = limited();
    let (store, mut reads) = (Arc::clone(&busy.store), 0);
    MEANWHILE.set(Some(Box::new(move || {
        reads += 1;
        if reads < 2 {
            return ControlFlow::Continue(());
        }
        lose_quota(&store, key);
        ControlFlow::Break(())
    })));
    assert_eq!(credits(&busy, &token, &Request::new()), None);
    assert!(MEANWHILE.take().is_none(), "nothing happened meanwhile");
}

/// Who was told that credits were leased would look for ever at a key that has no quota.
#[test]
fn nothing_is_leased_for_a_lineage_that_has_no_quota() {
    let (busy, key, token) = limited();
    assert_eq!(credits(&busy, &token, &Request::new()), Some(8));
    let lease = || busy.store.lease_for(LeaseRef(0), key, &Request::new());
    assert_eq!(lease(), Ok(true));
    lose_quota(&busy.store, key);
    assert_eq!(lease(), Ok(false));
}

#[test]
fn a_key_that_comes_over_again_before_it_is_charged_is_found_by_who_looked_before_both() {
    let busy = Busy::new();
    let spec = busy.spec().quota(Quota::new(3, Refill::Never).unwrap());
    let token = busy.store.issue(&spec, &by()).unwrap().token.expose().to_owned();
    let before = busy.store.routes.load();
    busy.rotate_pepper();
    busy.verify(&token).unwrap();
    assert_eq!(busy.store.rehash().unwrap(), 1);
    let (other, acme) = (token.clone(), busy.acme);
    busy.once(move |store| {
        store.retire_pepper(&by()).unwrap();
        store.rotate_pepper(Pepper::new(&[3; 32]), &by()).unwrap();
        let request = Request::new().address("10.0.0.1".parse().unwrap());
        store.verify(acme, other.as_bytes(), &request).unwrap();
        assert_eq!(store.rehash().unwrap(), 1);
    });
    assert_eq!(busy.verify_by(before, &token).unwrap().credits.unwrap().remaining, 0);
    assert_eq!(busy.store.pepper_status().unwrap().left, 0);
}
