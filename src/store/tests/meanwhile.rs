//! What changes while a verify is under way: it is decided by what holds at its end, or refused.
//!
//! A verify reads the clock once, when it has looked up its key and before it charges. A host's
//! clock may take its time: here it makes a change there, on the same thread, and so each time at
//! the same moment.

mod credits;
mod reissuing;
mod retiring;
mod twins;
mod unsure;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use serde_json::json;
use sha2::{Digest as _, Sha256, Sha512};

use super::*;
use crate::audit::Event;
use crate::digest::Pepper;
use crate::error::ErrorKind;
use crate::index::KeyRestraint;
use crate::key_id::KeyId;
use crate::policy::Required;
use crate::query::{Ending, Filter};
use crate::quota::{Quota, Refill};
use crate::record::KeyRecord;
use crate::spec::{Import, Update};
use crate::storage::tests::to_hex as hex;
use crate::store::deny::no_better_than;
use crate::store::find::Text;
use crate::store::operation::Asked;
use crate::store::ways::Ways;
use crate::store::{Draft, ImportOutcome, ImportRules, Realms, trail};
use crate::verdict::{Denial, Grant};

/// What happens when this thread reads the clock, until it breaks.
type Meanwhile = Box<dyn FnMut() -> ControlFlow<()>>;

thread_local! {
    static MEANWHILE: RefCell<Option<Meanwhile>> = const { RefCell::new(None) };
}

struct Meddling(Hands);

impl Clock for Meddling {
    fn now(&self) -> Timestamp {
        // What happens meanwhile reads the clock, too.
        if let Some(mut what) = MEANWHILE.take()
            && what().is_continue()
        {
            MEANWHILE.set(Some(what));
        }
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        self.0.uptime()
    }
}

/// A store whose clock meddles, in a realm whose keys are metered, each lineage by itself.
struct Busy {
    disk: Disk,
    store: Arc<Store>,
    acme: RealmRef,
    clock: Hands,
}

const PEPPERS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

/// A token of another system.
const TEXT: &str = "a-token-of-another-system";

impl Busy {
    fn new() -> Self {
        let disk = Disk::new(Vec::new());
        let first = Pepper::new(&PEPPERS[0]);
        let settings = StorageOptions::new(Some(&first));
        Storage::format(disk.clone(), &settings, &Random::system(), "create it").unwrap();
        let clock = Hands::new();
        let options = Options::new().clock(Meddling(clock.clone())).pepper(first);
        let store = Arc::new(open(&disk, options).unwrap());
        let paced = "[[plan]]\nname = \"paced\"\nrates = [\"100000 per 1m\"]\n";
        store.apply_realm("acme.toml", &format!("{PROFILE}{paced}"), &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new().plan("paced"), &by()).unwrap();
        Self { disk, store, acme, clock }
    }

    fn spec(&self) -> Spec {
        Spec::new(self.acme, "live", "o").scopes(["read"])
    }

    /// A key that was not charged yet, and its token.
    fn issue(&self) -> (KeyId, String) {
        let issued = self.store.issue(&self.spec(), &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    }

    fn verify(&self, token: &str) -> Result<Grant, Reason> {
        let scopes = self.store.profile(self.acme).unwrap().scope_set(["read"]).unwrap();
        let request = Request::new().needs(scopes).address("10.0.0.1".parse().unwrap());
        let answer = self.store.verify(self.acme, token.as_bytes(), &request);
        answer.map_err(|error| error.denial().unwrap().reason)
    }

    /// Has `what` done when a verify next reads the clock.
    fn once(&self, what: impl FnOnce(&Store) + 'static) {
        let store = Arc::clone(&self.store);
        let mut what = Some(what);
        MEANWHILE.set(Some(Box::new(move || {
            what.take().unwrap()(&store);
            ControlFlow::Break(())
        })));
    }

    /// Has a change of key `key` made whenever a verify reads the clock, `times` times. Gives how
    /// many were made.
    fn change_often(&self, key: KeyId, times: usize) -> Rc<Cell<usize>> {
        let made = Rc::new(Cell::new(0));
        let (store, count) = (Arc::clone(&self.store), Rc::clone(&made));
        MEANWHILE.set(Some(Box::new(move || {
            update(&store, key, count.get());
            count.set(count.get() + 1);
            if count.get() < times { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })));
        made
    }

    /// Decides about a token as one does who has read `ways` some time ago.
    fn verify_by(&self, ways: &Ways, token: &str) -> Result<Grant, Denial> {
        let realms = self.store.realms.load();
        let text = self.text(realms, ways, token);
        let required = Required::Scopes(Request::new().required);
        self.store.decide(text, &Request::new(), required, None)
    }

    /// Whose it is, to one who has read `ways` some time ago.
    fn held_by(&self, ways: &Ways, token: &str) -> Result<KeyId, Denial> {
        let realms = self.store.realms.load();
        self.store.held(self.text(realms, ways, token)).map(|(key, _)| key)
    }

    fn text<'a>(&self, realms: &'a Realms, ways: &'a Ways, token: &'a str) -> Text<'a> {
        Text { bound: realms.get(self.acme).unwrap(), ways, token: token.as_bytes() }
    }

    /// Two keys of one token, of which nothing tells that they are before it is verified.
    fn twins(&self) -> [Import; 2] {
        [("sha256", hex(&Sha256::digest(TEXT))), ("sha512", hex(&Sha512::digest(TEXT)))]
            .map(|(by, digest)| Import::digest(self.spec(), by.parse().unwrap(), &digest).unwrap())
    }

    fn import(&self, key: Import) -> KeyId {
        let outcomes = self.store.import(&[key], &ImportRules::new(), &by()).unwrap();
        let [ImportOutcome::Imported(key)] = outcomes[..] else { panic!("{outcomes:?}") };
        key
    }

    /// Shows a key in memory otherwise than it is in the file.
    fn show(&self, key: KeyId, how: impl FnOnce(&mut KeyRecord)) {
        let mut record = self.store.storage.view().unwrap().key(key).unwrap().unwrap();
        how(&mut record);
        self.store.index.refresh_key(&record, &**self.store.realms.load()).unwrap();
    }

    fn rotate_pepper(&self) {
        self.store.rotate_pepper(Pepper::new(&PEPPERS[1]), &by()).unwrap();
    }
}

/// Gives the key another list of networks, with the tests' address in it: what stands beside it
/// is another after each change.
fn update(store: &Store, key: KeyId, n: usize) {
    let network = ["10.0.0.0/8", "10.0.0.0/16"][n % 2];
    store.update(key, &Update::new().networks([network]), &by()).unwrap();
}

#[test]
fn a_key_that_changes_before_its_first_charge_is_decided_as_it_has_become() {
    let busy = Busy::new();
    let (key, token) = busy.issue();
    busy.once(move |store| update(store, key, 0));
    let rate = busy.verify(&token).unwrap().rate.unwrap();
    assert_eq!(rate.remaining, 99_999, "charged once, for itself");

    let (key, token) = busy.issue();
    busy.once(move |store| {
        let away = Update::new().networks(["192.0.2.0/24"]);
        store.update(key, &away, &by()).unwrap();
    });
    assert_eq!(busy.verify(&token), Err(Reason::Network));

    let (key, token) = busy.issue();
    busy.once(move |store| {
        update(store, key, 0);
        store.revoke(key, &by()).unwrap();
    });
    assert_eq!(busy.verify(&token), Err(Reason::Revoked));
}

#[test]
fn a_key_that_goes_before_its_first_charge_is_unknown() {
    let busy = Busy::new();
    let (key, token) = busy.issue();
    let clock = busy.clock.clone();
    busy.once(move |store| {
        store.revoke(key, &by()).unwrap();
        clock.forward(Duration::from_secs(3_601));
        assert_eq!(store.sweep(10, &by()).unwrap().keys, 1);
    });
    assert_eq!(busy.verify(&token), Err(Reason::Unknown));
}

/// Nobody is granted what he asked for before a change, and nobody looks for ever.
#[test]
fn a_key_that_changes_under_each_look_is_refused_in_the_end_and_granted_afterwards() {
    let busy = Busy::new();
    let (key, token) = busy.issue();
    let made = busy.change_often(key, usize::MAX);
    assert_eq!(busy.verify(&token), Err(Reason::Unknown));
    MEANWHILE.take();
    // One by the first look, which read the clock for the second, too.
    let looks = made.get();
    assert!((2..=200).contains(&looks), "{looks}");
    let rate = busy.verify(&token).unwrap().rate.unwrap();
    assert_eq!(rate.remaining, 99_999, "what was refused was not charged");
}

/// The old digest finds nobody by then, and the lease that is waited for is the key's all the same.
#[test]
fn a_key_that_comes_over_to_the_present_pepper_while_it_waits_for_credits_is_found_again() {
    let busy = Busy::new();
    let spec = busy.spec().quota(Quota::new(3, Refill::Never).unwrap());
    let token = busy.store.issue(&spec, &by()).unwrap().token.expose().to_owned();
    busy.rotate_pepper();
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 2);
    busy.once(|store| assert_eq!(store.rehash().unwrap(), 1));
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 1);
    assert_eq!(busy.store.pepper_status().unwrap().left, 0);
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 0);
}

/// As long as others are left on the old pepper, how keys are found stays as the verify read it: it
/// has to look by the present pepper of itself.
#[test]
fn a_key_that_comes_over_while_others_are_left_is_found_again() {
    let busy = Busy::new();
    let spec = busy.spec().quota(Quota::new(2, Refill::Never).unwrap());
    let token = busy.store.issue(&spec, &by()).unwrap().token.expose().to_owned();
    busy.issue();
    busy.rotate_pepper();
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 1);
    let before = busy.store.routes.load();
    busy.once(|store| assert_eq!(store.rehash().unwrap(), 1));
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 0);
    assert!(std::ptr::eq(&**busy.store.routes.load(), &**before));
    assert_eq!(busy.store.pepper_status().unwrap().left, 1);
}

#[test]
fn who_read_how_keys_are_found_before_they_came_over_finds_them_all_the_same() {
    let busy = Busy::new();
    let [(key, token), (_, other)] = [busy.issue(), busy.issue()];
    let nobody = Busy::new().issue().1;
    let before = busy.store.routes.load();
    busy.rotate_pepper();
    let between = busy.store.routes.load();
    assert!([&token, &other].iter().all(|token| busy.verify(token).is_ok()));
    assert_eq!(busy.store.rehash().unwrap(), 2);
    let after = busy.store.routes.load();
    assert!(!std::ptr::eq(&**between, &**after), "nobody is left on the pepper before");
    for ways in [before, between, after] {
        assert_eq!(busy.verify_by(ways, &token).map(|grant| grant.key_id), Ok(key));
        assert_eq!(busy.verify_by(ways, &nobody), Err(Denial::UNKNOWN));
        assert_eq!(busy.held_by(ways, &token), Ok(key));
        assert_eq!(busy.held_by(ways, &nobody), Err(Denial::UNKNOWN));
    }
    busy.store.revoke(key, &by()).unwrap();
    for ways in [before, between, after] {
        let denial = busy.verify_by(ways, &token).unwrap_err();
        assert_eq!((denial.reason, denial.key), (Reason::Revoked, Some(key)));
    }
}

#[test]
fn a_text_of_another_system_whose_keys_went_meanwhile_is_refused_for_its_shape() {
    let busy = Busy::new();
    let before = busy.store.routes.load();
    let moved = Import::digest(busy.spec(), "sha256".parse().unwrap(), &hex(&Sha256::digest(TEXT)))
        .unwrap();
    busy.store.import(&[moved], &ImportRules::new(), &by()).unwrap();
    let there = busy.store.routes.load();
    let key = busy.verify_by(there, TEXT).unwrap().key_id;
    let reason = |ways| busy.verify_by(ways, TEXT).unwrap_err().reason;
    // It began before there was such a key.
    assert!(matches!(reason(before), Reason::Malformed(_)));
    busy.store.revoke(key, &by()).unwrap();
    assert_eq!(reason(there), Reason::Revoked);
    busy.clock.forward(Duration::from_secs(3_601));
    assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 1);
    assert!(matches!(reason(there), Reason::Malformed(_)));
    assert_eq!(busy.store.index.stats().keys, 0);
}

/// Who had read before a rotation how keys are found, and had found it, looked for it where it no
/// longer was, once it had waited for credits.
#[test]
fn a_key_that_comes_over_before_it_is_charged_is_granted() {
    let busy = Busy::new();
    let spec = busy.spec().quota(Quota::new(2, Refill::Never).unwrap());
    let token = busy.store.issue(&spec, &by()).unwrap().token.expose().to_owned();
    let (other, acme) = (token.clone(), busy.acme);
    busy.once(move |store| {
        store.rotate_pepper(Pepper::new(&PEPPERS[1]), &by()).unwrap();
        let request = Request::new().address("10.0.0.1".parse().unwrap());
        store.verify(acme, other.as_bytes(), &request).unwrap();
        assert_eq!(store.rehash().unwrap(), 1);
    });
    assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, 0);
    assert_eq!(busy.store.pepper_status().unwrap().left, 0);
}

/// When the last key of the pepper before came over, nobody looked for keys of it any more, and
/// the table had the key there for a moment longer: a live key was unknown.
#[test]
fn a_key_is_found_while_it_comes_over_as_the_last() {
    let busy = Busy::new();
    let (_, token) = busy.issue();
    busy.rotate_pepper();
    busy.verify(&token).unwrap();
    let (store, seq) = (&busy.store, busy.store.storage.anchor().unwrap().seq);
    let held = store.index.hold();
    thread::scope(|scope| {
        let rehashing = scope.spawn(|| store.rehash());
        wait_for(|| store.storage.anchor().unwrap().seq > seq);
        for _ in 0..50 {
            thread::sleep(Duration::from_millis(1));
            busy.verify(&token).unwrap();
        }
        assert!(!rehashing.is_finished());
        drop(held);
        assert_eq!(rehashing.join().unwrap().unwrap(), 1);
    });
    busy.verify(&token).unwrap();
    assert!(!store.routes.load().has_others());
}

/// A revoke reads where its key stands, and denies it there. The plan of the denial stands in
/// between.
#[test]
fn a_key_that_comes_over_while_it_is_about_to_be_denied_is_denied_where_it_has_come_to() {
    let busy = Busy::new();
    let (key, token) = busy.issue();
    busy.rotate_pepper();
    busy.verify(&token).unwrap();
    let asked = Asked::new(&by(), "revoke", || json!({})).unwrap();
    let denial = busy.store.deny_early(&asked, key, |_, _| {
        assert_eq!(busy.store.rehash().unwrap(), 1);
        Ok(no_better_than(State::Revoked))
    });
    assert_eq!(busy.verify(&token), Err(Reason::Revoked));
    busy.store.lift(denial.unwrap());
    assert!(busy.verify(&token).is_ok());
    assert_eq!(busy.store.index.stats().restraints, 0);
}

/// Keys that came over while others were walked through went on until their own batch was written.
#[test]
fn a_key_that_comes_over_while_many_are_about_to_be_denied_is_denied_where_it_has_come_to() {
    let busy = Busy::new();
    let (_, token) = busy.issue();
    busy.rotate_pepper();
    busy.verify(&token).unwrap();
    let ending = Ending::revoke(Filter::new().realm(busy.acme).owner("o"));
    let asked = Asked::new(&by(), "end_many", || json!({})).unwrap();
    // The clock is read when the rows are about to be.
    busy.once(|store| assert_eq!(store.rehash().unwrap(), 1));
    let denial = busy.store.deny_many(&asked, &ending).unwrap();
    assert_eq!(busy.verify(&token), Err(Reason::Revoked));
    busy.store.lift(denial);
    assert!(busy.verify(&token).is_ok());
    assert_eq!(busy.store.index.stats().restraints, 0);
}

/// What was refused as expired stays refused, whatever the clock is set to: also if the key is
/// changed while an earlier end is on its way to it, and that end is given up.
#[test]
fn a_key_that_has_expired_stays_so_when_it_is_changed_and_no_longer_denied() {
    let busy = Busy::new();
    let start = busy.clock.now();
    let second = Duration::from_secs(1);
    let [end, earlier] = [2, 1].map(|n| start.plus(second * n));
    let issued = busy.store.issue(&busy.spec().end(end), &by()).unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    busy.clock.forward(second * 3);
    assert_eq!(busy.verify(token), Err(Reason::Expired));
    let asked = Asked::new(&by(), "update", || json!({})).unwrap();
    let denial = busy.store.deny_early(&asked, key, |_, _| {
        Ok(KeyRestraint { end: earlier, ..no_better_than(State::Active) })
    });
    assert_eq!(busy.store.index.stats().restraints, 1);
    update(&busy.store, key, 0);
    busy.store.lift(denial.unwrap());
    busy.clock.set(start);
    busy.store.reset_clock(&by()).unwrap();
    assert_eq!(busy.verify(token), Err(Reason::Expired));
}

#[test]
fn a_key_that_is_swept_while_it_is_about_to_be_denied_leaves_no_denial() {
    let busy = Busy::new();
    let (key, token) = busy.issue();
    busy.store.revoke(key, &by()).unwrap();
    busy.clock.forward(Duration::from_secs(3_601));
    let asked = Asked::new(&by(), "suspend", || json!({})).unwrap();
    let denial = busy.store.deny_early(&asked, key, |_, _| {
        assert_eq!(busy.store.sweep(10, &by()).unwrap().keys, 1);
        Ok(no_better_than(State::Suspended))
    });
    assert_eq!(busy.verify(&token), Err(Reason::Unknown));
    assert_eq!(busy.store.index.stats().restraints, 0);
    busy.store.lift(denial.unwrap());
}

/// What several share is lost with the thread that was about to write it. Nobody knows what became
/// of it, so what was to be denied stays so, and what was to be told is not.
#[test]
fn who_shares_a_commit_whose_thread_panics_is_told_that_nobody_knows() {
    type Told = std::result::Result<(), ErrorKind>;
    type Journey<'s> = Box<dyn FnOnce() -> Option<Told> + Send + 's>;
    let busy = Busy::new();
    let (key, token) = busy.issue();
    let (store, kind) = (&busy.store, |error: crate::error::Error| error.kind());
    let first = || Some(store.issue(&busy.spec(), &by()).map(drop).map_err(kind));
    let revoking: Journey<'_> = Box::new(|| Some(store.revoke(key, &by()).map(drop).map_err(kind)));
    // Its plan, which another makes, refuses: by what may not be true.
    let nobodys = Spec::new(busy.acme, "live", "nobody");
    let refused: Journey<'_> =
        Box::new(|| Some(store.issue(&nobodys, &by()).map(drop).map_err(kind)));
    let panicking: Journey<'_> = Box::new(|| {
        let plan = |_: &crate::storage::View<'_>, _: &Realms, now| {
            let mut reads = 0;
            MEANWHILE.set(Some(Box::new(move || {
                reads += 1;
                // The first is the journey's own; with the next the mark is written for all.
                assert!(reads < 2, "a defect");
                ControlFlow::Continue(())
            })));
            Ok(Draft::new(()).entry(trail::entry(Event::RestoreConfirmed, &by(), now)))
        };
        let told = catch_unwind(AssertUnwindSafe(|| store.commit(plan))).ok();
        told.map(|told| told.map_err(kind))
    });
    let told = share(&busy.disk, store, first, vec![revoking, refused, panicking]);
    let (unknown, poisoned) = (ErrorKind::Indeterminate, ErrorKind::Poisoned);
    assert_eq!(told, [Some(Ok(())), Some(Err(unknown)), Some(Err(poisoned)), None]);
    assert_eq!(busy.verify(&token), Err(Reason::Revoked));
    assert_eq!(store.issue(&busy.spec(), &by()).map_err(kind).err(), Some(poisoned));
}
