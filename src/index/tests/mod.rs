//! The index as the store uses it: against a model, and under concurrent readers.

mod lease;
mod model;
pub(crate) mod reads;
mod room;
mod rules;
#[cfg(shuttle)]
mod schedules;
mod stress;

use super::*;
use crate::entry::{Idle, MeterRef, State};
use crate::ids::KindRef;
use crate::mix::mix;
use crate::record::{Cause, Parts};
use crate::scope::ScopeSet;

/// A realm in which scope 0 implies scope 127, and keys called "beside" have a side.
struct Realm;

impl Bind for Realm {
    fn expand(&self, _: KindRef, granted: ScopeSet) -> ScopeSet {
        if granted.contains(ScopeSet::single(0)) {
            granted | ScopeSet::single(127)
        } else {
            granted
        }
    }

    fn expand_owner(&self, _: RealmRef, direct: ScopeSet) -> ScopeSet {
        self.expand(KindRef::new(0), direct)
    }

    fn plan_number(&self, _: RealmRef, plan: Option<&str>) -> Option<u8> {
        plan?.parse().ok()
    }

    fn idle(&self, _: &KeyRecord) -> Option<Idle> {
        None
    }

    fn needs_side(&self, record: &KeyRecord) -> bool {
        record.name == "beside"
    }

    fn meters_lineages(&self, _: KindRef) -> bool {
        true
    }

    fn meters_owners(&self, _: RealmRef) -> bool {
        true
    }
}

/// What restrains nothing.
const FREE: KeyRestraint = KeyRestraint {
    state: State::Active,
    scopes: ScopeSet::all(),
    end: Timestamp::NEVER,
    networks: None,
    idle: None,
};

/// A small, fast and repeatable source of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn digest_of(words: [u64; 2]) -> Digest {
    let mut bytes = [0; Digest::LEN];
    bytes[..8].copy_from_slice(&words[0].to_le_bytes());
    bytes[8..16].copy_from_slice(&words[1].to_le_bytes());
    Digest::from_bytes(bytes)
}

/// The digest that key `n` has unless a test says otherwise.
fn digest(n: u64) -> Digest {
    let mut numbers = Numbers(n);
    digest_of([numbers.next(), numbers.next()])
}

/// Four characters for each of 16 million numbers.
fn last_four(n: u64) -> [u8; 4] {
    let six = |at: u32| b'0' + u8::try_from(Numbers(n).next() >> (6 * at) & 63).unwrap();
    [0, 1, 2, 3].map(six)
}

/// Where key `n` is found.
fn address(n: u64) -> Address {
    key(n).address()
}

/// Where a key with this digest is found, whose token ends as those of key 0 do.
fn address_of(digest: [u64; 2]) -> Address {
    Address { digest, ..address(0) }
}

fn find(index: &Index, n: u64) -> Option<(Entry, Option<Side>)> {
    index.find(&index.approach(address(n).locator), &digest(n), None)
}

fn mark_expired(index: &Index, n: u64, entry: &Entry) -> bool {
    index.mark_expired(&index.approach(address(n).locator), &digest(n), entry.end)
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn key(n: u64) -> KeyRecord {
    KeyRecord {
        key_id: KeyId::from_bits(n),
        digest: digest(n),
        pepper: 0,
        kind: KindRef::new(3),
        owner: OwnerRef::new(7),
        state: State::Active,
        cause: Cause::None,
        counted: true,
        scopes: ScopeSet::single(0),
        issued: at(1),
        start: at(1),
        end: at(1_000_000),
        changed: at(1),
        lineage: KeyId::from_bits(n),
        generation: 1,
        predecessor: None,
        successor: None,
        last_four: last_four(n),
        name: String::new(),
        metadata: String::new(),
        reason: String::new(),
        parts: Parts::default(),
    }
}

fn owner(n: u32) -> OwnerRecord {
    OwnerRecord {
        owner: OwnerRef::new(n),
        realm: RealmRef::new(1),
        id: format!("owner-{n}"),
        plan: Some("4".to_owned()),
        suspended: false,
        direct: ScopeSet::single(0),
        group: ScopeSet::single(5),
    }
}

/// An index with these rows applied as commit 1.
fn index_of(ops: &[Op]) -> Index {
    let index = Index::new(0);
    index.apply(1, ops, &Realm).unwrap();
    index
}
