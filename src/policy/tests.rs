use super::*;
use crate::entry::{MeterRef, SideRef, State};
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;

const NOW: Timestamp = Timestamp::from_ms(1_000);

fn entry() -> Entry {
    Entry {
        key_id: KeyId::from_bits(1),
        kind: KindRef::new(1),
        owner: OwnerRef::new(1),
        state: State::Active,
        expired: false,
        in_grace: false,
        scopes: ScopeSet::single(0) | ScopeSet::single(1),
        end: Timestamp::NEVER,
        side: Some(SideRef(0)),
    }
}

fn side(start: i64) -> Side {
    let lineage = KeyId::from_bits(1);
    Side {
        start: Timestamp::from_ms(start),
        last_used: None,
        lineage,
        idle_at: Timestamp::NEVER,
        idle: false,
        outside: false,
        meter: MeterRef(0),
        lease: None,
    }
}

fn owner(suspended: bool, direct: ScopeSet) -> OwnerEntry {
    OwnerEntry { suspended, direct, plan: None }
}

fn reason(
    entry: &Entry,
    side: &Side,
    owner: &OwnerEntry,
    rights: Rights,
    required: Required,
) -> Option<&'static str> {
    let facts = Facts { entry, side: Some(side), owner: Some(owner), rights };
    decide(&facts, required, NOW).err().map(|reason| reason.name())
}

/// P-17: the documented order was not the order in the code. Every combination of faults is
/// refused for the first of them.
#[test]
fn p17_the_first_fault_in_the_order_decides_whatever_else_is_wrong() {
    let order = [
        "revoked",
        "suspended",
        "owner_suspended",
        "not_yet_valid",
        "expired",
        "idle",
        "network",
        "scope",
    ];
    for faults in 0..256_u32 {
        let has = |fault: usize| faults & 1 << fault != 0;
        if has(0) && has(1) {
            continue; // One state at a time.
        }
        let mut entry = entry();
        entry.state = match (has(0), has(1)) {
            (true, _) => State::Revoked,
            (_, true) => State::Suspended,
            _ => State::Active,
        };
        entry.expired = has(4);
        let mut side = side(if has(3) { 2_000 } else { 0 });
        side.idle_at = if has(5) { NOW } else { Timestamp::from_ms(1_001) };
        side.outside = has(6);
        let owner = owner(has(2), ScopeSet::all());
        let required = Required::Scopes(ScopeSet::single(if has(7) { 9 } else { 0 }));
        let first = (0..8).find(|fault| has(*fault)).map(|fault| order[fault]);
        assert_eq!(reason(&entry, &side, &owner, Rights::Key, required), first, "{faults:b}");
        let facts =
            Facts { entry: &entry, side: Some(&side), owner: Some(&owner), rights: Rights::Key };
        let refusing: Vec<_> = survey(&facts, required, NOW)
            .into_iter()
            .filter_map(|(step, reason)| reason.map(|_| step.name()))
            .collect();
        let faulty: Vec<_> = (0..8).filter(|fault| has(*fault)).map(|f| order[f]).collect();
        assert_eq!(refusing, faulty, "explain does not see what decide sees");
    }
}

#[test]
fn windows_hold_their_start_and_not_their_end() {
    let owner = owner(false, ScopeSet::empty());
    let none = Required::Scopes(ScopeSet::empty());
    let mut entry = entry();
    assert_eq!(reason(&entry, &side(1_000), &owner, Rights::Key, none), None);
    assert_eq!(reason(&entry, &side(1_001), &owner, Rights::Key, none), Some("not_yet_valid"));
    entry.end = Timestamp::from_ms(1_001);
    assert_eq!(reason(&entry, &side(0), &owner, Rights::Key, none), None);
    entry.end = Timestamp::from_ms(1_000);
    assert_eq!(reason(&entry, &side(0), &owner, Rights::Key, none), Some("expired"));
}

#[test]
fn a_key_that_was_found_expired_stays_so_whatever_the_clock_says() {
    let mut entry = entry();
    entry.end = Timestamp::from_ms(5_000);
    entry.expired = true;
    let owner = owner(false, ScopeSet::empty());
    let none = Required::Scopes(ScopeSet::empty());
    assert_eq!(reason(&entry, &side(0), &owner, Rights::Key, none), Some("expired"));
}

#[test]
fn a_key_that_was_found_idle_stays_so_whatever_the_clock_says() {
    let (entry, owner) = (entry(), owner(false, ScopeSet::empty()));
    let none = Required::Scopes(ScopeSet::empty());
    let mut side = side(0);
    side.idle_at = Timestamp::from_ms(5_000);
    assert_eq!(reason(&entry, &side, &owner, Rights::Key, none), None);
    side.idle = true;
    assert_eq!(reason(&entry, &side, &owner, Rights::Key, none), Some("idle"));
}

/// P-23: an owner's role widened a restricted key.
#[test]
fn p23_rights_are_the_keys_the_owners_direct_ones_or_what_both_have() {
    let entry = entry();
    let owner = owner(false, ScopeSet::single(1) | ScopeSet::single(2));
    let may = |rights, bit| {
        let required = Required::Scopes(ScopeSet::single(bit));
        reason(&entry, &side(0), &owner, rights, required).is_none()
    };
    assert_eq!([0, 1, 2].map(|bit| may(Rights::Key, bit)), [true, true, false]);
    assert_eq!([0, 1, 2].map(|bit| may(Rights::Owner, bit)), [false, true, true]);
    assert_eq!([0, 1, 2].map(|bit| may(Rights::Both, bit)), [false, true, false]);
}

#[test]
fn a_key_with_its_owners_rights_is_of_no_use_while_the_owner_has_none() {
    let none = Required::Scopes(ScopeSet::empty());
    let bare = owner(false, ScopeSet::empty());
    assert_eq!(reason(&entry(), &side(0), &bare, Rights::Owner, none), Some("scope"));
    assert_eq!(reason(&entry(), &side(0), &bare, Rights::Both, none), Some("scope"));
    assert_eq!(reason(&entry(), &side(0), &bare, Rights::Key, none), None);
    let entry = entry();
    let unknown = Facts { entry: &entry, side: None, owner: None, rights: Rights::Owner };
    assert!(decide(&unknown, none, NOW).is_err(), "an owner that is not there gave rights");
}

/// P-21: an empty scope list meant everything.
#[test]
fn p21_an_empty_scope_set_grants_nothing() {
    let entry = Entry { scopes: ScopeSet::empty(), ..entry() };
    let owner = owner(false, ScopeSet::all());
    for bit in 0..128 {
        let required = Required::Scopes(ScopeSet::single(bit));
        assert_eq!(reason(&entry, &side(0), &owner, Rights::Key, required), Some("scope"));
    }
}

#[test]
fn a_method_that_no_scope_permits_is_refused_to_a_key_with_all_scopes() {
    let entry = Entry { scopes: ScopeSet::all(), ..entry() };
    let owner = owner(false, ScopeSet::all());
    let refused = reason(&entry, &side(0), &owner, Rights::Key, Required::Impossible);
    assert_eq!(refused, Some("scope"));
    let none = ScopeSet::empty();
    assert_eq!(Required::both(none, MethodNeed::Refused), Required::Impossible);
    let read = ScopeSet::single(3);
    assert_eq!(Required::both(none, MethodNeed::Scope(read)), Required::Scopes(read));
}

#[test]
fn a_scope_that_the_request_and_its_method_need_is_needed() {
    let [read, write] = [0, 1].map(ScopeSet::single);
    for (scopes, method, all) in [(write, write, write), (read, write, read | write)] {
        let required = Required::both(scopes, MethodNeed::Scope(method));
        assert!(matches!(required, Required::Scopes(needed) if needed == all));
    }
}
