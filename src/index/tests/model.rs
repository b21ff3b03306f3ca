//! Random changes, on the index and on a map beside it.

use std::collections::HashMap;

use super::*;
use crate::network::Networks;

/// What the index is to show for a key.
struct Modelled {
    record: KeyRecord,
    restraints: Vec<(RestraintId, KeyRestraint)>,
}

impl Modelled {
    fn shown(&self) -> (State, ScopeSet, Timestamp) {
        let record = &self.record;
        let shown = (record.state, Realm.expand(record.kind, record.scopes), record.end);
        self.restraints.iter().fold(shown, |(state, scopes, end), (_, r)| {
            (state.max(r.state), scopes & r.scopes, end.min(r.end))
        })
    }

    fn outside(&self, address: IpAddr) -> bool {
        let lists = self.restraints.iter().map(|(_, restraint)| &restraint.networks);
        let mut lists = lists.chain([&self.record.parts.networks]).flatten();
        lists.any(|list| !list.as_slice().iter().any(|network| network.contains(address)))
    }
}

/// Lists that overlap, and none.
fn networks(number: u64) -> Option<Networks> {
    let texts: &[&str] = match number {
        0 => &["10.0.0.0/8"],
        1 => &["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"],
        2 => &["10.0.0.0/16", "2001:db8:1::/48", "192.0.2.0/24"],
        3 => &["::/0"],
        _ => return None,
    };
    Some(Networks::new(texts.iter().map(|text| text.parse().unwrap())).unwrap())
}

const ADDRESSES: [&str; 5] =
    ["10.0.0.1", "10.200.0.1", "192.0.2.1", "2001:db8:1::1", "2001:db8:2::1"];

const STATES: [State; 3] = [State::Active, State::Suspended, State::Revoked];

struct Run {
    index: Index,
    numbers: Numbers,
    model: HashMap<u64, Modelled>,
    seq: u64,
    issued: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let index = Index::new(0);
        Self { index, numbers: Numbers(seed), model: HashMap::new(), seq: 0, issued: 0 }
    }

    fn apply(&mut self, op: Op) {
        self.seq += 1;
        self.index.apply(self.seq, &[op], &Realm).unwrap();
    }

    fn issue(&mut self) {
        self.issued += 1;
        let name = if self.numbers.below(3) == 0 { "beside" } else { "" };
        let mut record = KeyRecord { name: name.to_owned(), ..key(self.issued) };
        let old = self.numbers.below(self.issued);
        if let Some(old) = self.model.get_mut(&old).filter(|old| old.record.successor.is_none()) {
            old.record.successor = Some(record.key_id);
            record.lineage = old.record.lineage;
            let old = old.record.clone();
            self.apply(Op::Key(old));
        }
        self.apply(Op::Key(record.clone()));
        self.model.insert(self.issued, Modelled { record, restraints: Vec::new() });
    }

    fn step(&mut self) {
        let n = self.numbers.below(self.issued) + 1;
        let Some(modelled) = self.model.get_mut(&n) else { return };
        let record = &mut modelled.record;
        match self.numbers.below(8) {
            0 => record.state = STATES[self.numbers.below(3) as usize],
            1 => record.end = at(self.numbers.below(1_000) as i64),
            2 => record.scopes = ScopeSet::from_bits_retain(1 << self.numbers.below(128)),
            3 if self.numbers.below(2) == 0 => {
                record.parts.networks = networks(self.numbers.below(8));
            }
            3 => record.start = at(self.numbers.below(1_000) as i64),
            4 => {
                let address = record.address();
                self.apply(Op::Forget(KeyId::from_bits(n), address));
                for (id, _) in self.model.remove(&n).unwrap().restraints {
                    self.index.lift(id);
                }
                return;
            }
            5 | 6 => {
                let restraint = KeyRestraint {
                    state: STATES[self.numbers.below(3) as usize],
                    scopes: ScopeSet::from_bits_retain(u128::from(self.numbers.next()) << 64),
                    end: at(self.numbers.below(1_000) as i64),
                    networks: networks(self.numbers.below(12)),
                    idle: None,
                };
                let (key, address) = (record.key_id, record.address());
                let id = self.index.restrain_key(key, &address, restraint.clone());
                modelled.restraints.push((id.unwrap(), restraint));
                return;
            }
            _ => {
                if let Some((id, _)) = modelled.restraints.pop() {
                    self.index.lift(id);
                }
                return;
            }
        }
        let op = Op::Key(record.clone());
        self.apply(op);
    }

    /// Each lineage has a meter, which no other has.
    fn check_meters(&self) {
        let (mut lineages, mut meters) = (HashMap::new(), HashMap::new());
        for (n, Modelled { record, .. }) in &self.model {
            let Some((_, Some(side))) = find(&self.index, *n) else { continue };
            let of = *lineages.entry(side.meter.0).or_insert(record.lineage);
            assert_eq!(of, record.lineage, "two lineages have the meter of key {n}");
            // What a restraint puts beside a key says no lineage.
            let later = record.start > record.issued;
            if record.name == "beside" || later || record.parts.networks.is_some() {
                let meter = *meters.entry(record.lineage).or_insert(side.meter);
                assert_eq!(meter, side.meter, "key {n}");
            }
        }
    }

    fn check(&self, n: u64) {
        let shown = find(&self.index, n);
        let expected = self.model.get(&n);
        assert_eq!(shown.is_some(), expected.is_some(), "key {n}");
        if let (Some((entry, side)), Some(expected)) = (shown, expected) {
            assert_eq!((entry.state, entry.scopes, entry.end), expected.shown(), "key {n}");
            assert_eq!(entry.key_id, KeyId::from_bits(n));
            let record = &expected.record;
            let later = record.start > record.issued;
            let start = if later { record.start } else { Timestamp::EPOCH };
            assert_eq!(side.map_or(Timestamp::EPOCH, |side| side.start), start, "key {n}");
            if record.name == "beside" {
                assert_eq!(side.unwrap().lineage, record.lineage, "key {n}");
            }
            for address in ADDRESSES.map(|address| address.parse().unwrap()) {
                let approach = self.index.approach(record.address().locator);
                let found = self.index.find(&approach, &record.digest, Some(address));
                let outside = found.unwrap().1.is_some_and(|side| side.outside);
                assert_eq!(outside, expected.outside(address), "key {n} from {address}");
            }
        }
    }
}

#[test]
fn the_index_shows_what_a_map_of_records_and_restraints_would() {
    let (seeds, rounds, strangers) = if cfg!(miri) { (1, 12, 10) } else { (4, 8_000, 100) };
    for seed in 0..seeds {
        let mut run = Run::new(seed);
        for round in 0..rounds {
            run.issue();
            for _ in 0..3 {
                run.step();
            }
            let n = run.numbers.below(run.issued) + 1;
            run.check(n);
            if round % (rounds / 8) == 0 {
                run.check_meters();
            }
        }
        run.check_meters();
        for n in 0..=run.issued + strangers {
            run.check(n);
        }
        assert_eq!(run.index.stats().keys, run.model.len());
    }
}

#[test]
fn an_index_grows_from_nothing_to_two_hundred_thousand_keys() {
    let index = Index::new(0);
    for n in 0..200_000_u64 {
        index.apply(n + 1, &[Op::Key(key(n))], &Realm).unwrap();
    }
    for n in 0..210_000 {
        let (found, reads) = reads::of(|| index.get(&address(n)));
        assert_eq!(found.map(|entry| entry.key_id), (n < 200_000).then(|| KeyId::from_bits(n)));
        assert!(reads.slots() <= 8, "of key {n}");
    }
    assert_eq!(index.stats().keys, 200_000);
    for n in 0..200_000_u64 {
        let forget = Op::Forget(KeyId::from_bits(n), address(n));
        index.apply(200_001 + n, &[forget], &Realm).unwrap();
    }
    assert_eq!(index.stats().keys, 0);
}
