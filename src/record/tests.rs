use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::digest::{Address, Digest, Locator, Trace};
use crate::entry::{Idle, State};
use crate::error::ErrorKind;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::network::{Network, Networks};
use crate::quota::{Quota, Refill};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

fn text(max: usize) -> impl Strategy<Value = String> {
    any::<String>().prop_map(move |mut text| {
        while text.len() > max {
            text.pop();
        }
        text
    })
}

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

fn networks_of(networks: Vec<crate::Result<Network>>) -> Networks {
    Networks::new(networks.into_iter().map(Result::unwrap)).unwrap()
}

prop_compose! {
    fn parts()(
        networks in proptest::option::of(proptest::collection::vec(
            prop_oneof![
                any::<u32>().prop_map(|bits| Network::new(Ipv4Addr::from(bits).into(), 32)),
                any::<u128>().prop_map(|bits| Network::new(Ipv6Addr::from(bits).into(), 128)),
                any::<u8>().prop_map(|ten| Network::new(Ipv4Addr::new(ten, 0, 0, 0).into(), 8)),
            ],
            1..9,
        )),
        idle in proptest::option::of((1..u64::MAX, any::<i64>())),
        quota in proptest::option::of((
            1..=Quota::LIMIT_MAX,
            prop_oneof![
                Just(Refill::Never),
                (60_u64..31_622_400).prop_map(|span| Refill::Every(Duration::from_secs(span))),
                Just(Refill::Daily),
                (1_u8..=31).prop_map(Refill::Monthly),
            ],
        )),
        imported in proptest::option::of(prop_oneof![
            (any::<[u8; 16]>(), any::<bool>()).prop_map(|(trace, came_by)| {
                let came_by = came_by.then(|| "sha256:after=old".parse().unwrap());
                Imported::Token { trace: Trace::from_bytes(trace), came_by }
            }),
            any::<([u8; 16], [u8; 4])>().prop_map(|(trace, check)| {
                let scheme = "hmac-sha256:first-bar:key=old-1".parse().unwrap();
                Imported::Digest { trace: Trace::from_bytes(trace), scheme, check }
            }),
        ]),
    ) -> Parts {
        Parts {
            networks: networks.map(networks_of),
            idle: idle.map(|(span, since)| Idle {
                span: Duration::from_millis(span),
                since: Timestamp::from_ms(since),
            }),
            quota: quota.map(|(limit, refill)| Quota::new(limit, refill).unwrap()),
            imported,
        }
    }
}

prop_compose! {
    fn key()(
        ids in any::<[u64; 2]>(),
        relatives in any::<[Option<u64>; 2]>(),
        digest in any::<[u8; 32]>(),
        small in any::<(u8, u16, u32, u32, bool)>(),
        state in prop_oneof![Just(State::Active), Just(State::Suspended), Just(State::Revoked)],
        cause in prop_oneof![Just(Cause::None), Just(Cause::Asked), Just(Cause::Rotated)],
        scopes in any::<u128>(),
        times in any::<[i64; 4]>(),
        last_four in any::<[u8; 4]>(),
        name in text(128),
        metadata in text(4096),
        reason in text(256),
        parts in parts(),
    ) -> KeyRecord {
        KeyRecord {
            key_id: KeyId::from_bits(ids[0]),
            digest: Digest::from_bytes(digest),
            pepper: small.0,
            kind: KindRef::new(small.1),
            owner: OwnerRef::new(small.2),
            state,
            cause,
            counted: small.4,
            scopes: ScopeSet::from_bits_retain(scopes),
            issued: Timestamp::from_ms(times[0]),
            start: Timestamp::from_ms(times[1]),
            end: Timestamp::from_ms(times[2]),
            changed: Timestamp::from_ms(times[3]),
            lineage: KeyId::from_bits(ids[1]),
            generation: small.3,
            predecessor: relatives[0].map(KeyId::from_bits),
            successor: relatives[1].map(KeyId::from_bits),
            last_four,
            name,
            metadata,
            reason,
            parts,
        }
    }
}

prop_compose! {
    fn owner()(
        numbers in any::<(u32, u16, bool)>(),
        scopes in any::<[u128; 2]>(),
        id in "[ -~]{1,128}",
        plan in proptest::option::of("[a-z]{0,64}"),
    ) -> OwnerRecord {
        OwnerRecord {
            owner: OwnerRef::new(numbers.0),
            realm: RealmRef::new(numbers.1),
            id,
            plan,
            suspended: numbers.2,
            direct: ScopeSet::from_bits_retain(scopes[0]),
            group: ScopeSet::from_bits_retain(scopes[1]),
        }
    }
}

prop_compose! {
    fn realm()(
        realm in any::<u16>(),
        name in "[a-z]{1,64}",
        profile in any::<String>(),
        scopes in proptest::collection::vec("[a-z:]{1,8}", 0..8),
        kinds in proptest::collection::vec((any::<u16>(), "[a-z]{1,8}"), 0..4),
        plans in proptest::collection::vec("[a-z]{1,8}", 0..4),
        since in proptest::array::uniform2(proptest::option::of(any::<i64>())),
    ) -> RealmRecord {
        let kinds = kinds.into_iter();
        RealmRecord {
            realm: RealmRef::new(realm),
            name,
            profile,
            scopes,
            kinds: kinds.map(|(n, name)| KindName { kind: KindRef::new(n), name }).collect(),
            plans,
            idle_since: since[0].map(Timestamp::from_ms),
            usage_since: since[1].map(Timestamp::from_ms),
        }
    }
}

/// Ops whose records have one spelling each: all but a realm's, which is JSON.
fn exact_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        key().prop_map(Op::Key),
        key().prop_map(|key| Op::Forget(key.key_id, key.address())),
        owner().prop_map(Op::Owner),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![3 => exact_op(), 1 => realm().prop_map(Op::Realm)]
}

fn without_digest(mut op: Op) -> Op {
    match &mut op {
        Op::Key(key) | Op::Rekey(key, _) => {
            key.digest = Digest::from_bytes([0; 32]);
            if let Some(Imported::Token { trace, .. } | Imported::Digest { trace, .. }) =
                &mut key.parts.imported
            {
                *trace = Trace::NONE;
            }
        }
        Op::Forget(_, address) => {
            *address = Address { locator: Locator::from_number(0), digest: [0; 2] };
        }
        Op::Owner(_) | Op::Realm(_) => {}
    }
    op
}

fn row(ops: &[Op]) -> Vec<u8> {
    let mut row = LogRow::default();
    row.push(ops).unwrap();
    row.encode()
}

/// Any change of the length, and any other version, must be refused.
fn decodes_whole<T>(bytes: &[u8], decode: impl Fn(&[u8]) -> crate::Result<T>) {
    for cut in 0..bytes.len() {
        assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let longer = [bytes, &[0]].concat();
    assert!(decode(&longer).is_err());
    let mut newer = bytes.to_vec();
    newer[0] += 1;
    assert_eq!(decode(&newer).err().unwrap().kind(), ErrorKind::Newer);
    newer[0] = 0;
    assert_eq!(decode(&newer).err().unwrap().kind(), ErrorKind::Corrupt);
}

/// What is accepted beside `bytes` must be exactly what is written again.
fn decodes_exactly<T>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> crate::Result<T>,
    encode: impl Fn(&T) -> Vec<u8>,
    flip: (prop::sample::Index, u8),
) {
    decodes_whole(bytes, &decode);
    let mut flipped = bytes.to_vec();
    flipped[flip.0.index(bytes.len())] ^= flip.1;
    if let Ok(value) = decode(&flipped) {
        assert!(encode(&value) == flipped, "two spellings of one record");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_key_survives_its_row_and_nothing_else_decodes(
        key in key(),
        flip in any::<(prop::sample::Index, u8)>(),
    ) {
        let bytes = key.encode().unwrap();
        let decode = |bytes: &[u8]| KeyRecord::decode(key.key_id, bytes);
        prop_assert!(decode(&bytes).unwrap() == key);
        decodes_exactly(&bytes, decode, |k| k.encode().unwrap(), flip);
    }

    #[test]
    fn an_owner_survives_its_row_and_nothing_else_decodes(
        owner in owner(),
        flip in any::<(prop::sample::Index, u8)>(),
    ) {
        let bytes = owner.encode().unwrap();
        let decode = |bytes: &[u8]| OwnerRecord::decode(owner.owner, bytes);
        prop_assert_eq!(&decode(&bytes).unwrap(), &owner);
        decodes_exactly(&bytes, decode, |o| o.encode().unwrap(), flip);
    }

    #[test]
    fn a_realm_survives_its_row(realm in realm()) {
        let bytes = realm.encode().unwrap();
        let decode = |bytes: &[u8]| RealmRecord::decode(realm.realm, bytes);
        prop_assert_eq!(&decode(&bytes).unwrap(), &realm);
        decodes_whole(&bytes, decode);
    }

    #[test]
    fn the_log_gives_ops_back_in_order_without_digests(
        ops in proptest::collection::vec(op(), 0..4),
    ) {
        let log = row(&ops);
        prop_assert_eq!(LogRow::count(&log).unwrap() as usize, ops.len());
        let want: Vec<Op> = ops.into_iter().map(without_digest).collect();
        prop_assert_eq!(LogRow::decode(&log).unwrap(), want);
        decodes_whole(&log, LogRow::decode);
    }

    #[test]
    fn nothing_else_decodes_as_a_row_of_the_log(
        ops in proptest::collection::vec(exact_op(), 0..4),
        flip in any::<(prop::sample::Index, u8)>(),
    ) {
        decodes_exactly(&row(&ops), LogRow::decode, |ops| row(ops), flip);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = bytes;
        for version in [None, Some(1)] {
            if let (Some(version), Some(first)) = (version, bytes.first_mut()) {
                *first = version;
            }
            let _ = KeyRecord::decode(KeyId::from_bits(1), &bytes);
            let _ = OwnerRecord::decode(OwnerRef::new(1), &bytes);
            let _ = RealmRecord::decode(RealmRef::new(1), &bytes);
            let _ = LogRow::decode(&bytes);
        }
    }

    #[test]
    fn the_log_holds_no_digest(key in key()) {
        let digest = *key.digest.as_bytes();
        let log = row(&[Op::Key(key.clone()), Op::Forget(key.key_id, key.address())]);
        prop_assert!(digest == [0; 32] || !log.windows(32).any(|w| w == digest));
    }
}

#[test]
fn texts_over_their_limit_are_refused_with_the_limit() {
    let mut owner = OwnerRecord {
        owner: OwnerRef::new(1),
        realm: RealmRef::new(1),
        id: "x".repeat(128),
        plan: None,
        suspended: false,
        direct: ScopeSet::empty(),
        group: ScopeSet::empty(),
    };
    assert!(owner.encode().is_ok());
    owner.id.push('x');
    let error = owner.encode().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(error.message(), "owner id: 129 bytes, at most 128");
    owner.id.clear();
    assert_eq!(owner.encode().unwrap_err().kind(), ErrorKind::Argument);
}

/// A key with every field and part.
fn whole() -> KeyRecord {
    KeyRecord {
        key_id: KeyId::from_bits(1),
        digest: Digest::from_bytes([0xDD; 32]),
        pepper: 0x11,
        kind: KindRef::new(0x2221),
        owner: OwnerRef::new(0x3433_3231),
        state: State::Revoked,
        cause: Cause::Rotated,
        counted: true,
        scopes: ScopeSet::from_bits_retain(0x44),
        issued: Timestamp::from_ms(0x51),
        start: Timestamp::from_ms(0x52),
        end: Timestamp::NEVER,
        changed: Timestamp::from_ms(0x54),
        lineage: KeyId::from_bits(0x61),
        generation: 0x62,
        predecessor: None,
        successor: Some(KeyId::from_bits(0x63)),
        last_four: *b"wxyz",
        name: "n".to_owned(),
        metadata: "mm".to_owned(),
        reason: "rrr".to_owned(),
        parts: Parts {
            networks: Some(Networks::new(["10.0.0.0/8", "2001:db8::/32"].map(network)).unwrap()),
            idle: Some(Idle {
                span: Duration::from_millis(0x7172),
                since: Timestamp::from_ms(0x73),
            }),
            quota: Some(Quota::new(0x8182, Refill::Monthly(31)).unwrap()),
            imported: Some(Imported::Digest {
                trace: Trace::from_bytes([0x91; 16]),
                scheme: "sha512:last-underscore:after=ab".parse().unwrap(),
                check: [1, 2, 3, 4],
            }),
        },
    }
}

#[test]
fn a_key_stands_in_its_row_as_the_format_page_draws_it() {
    let key = whole();
    let bytes = key.encode().unwrap();
    assert_eq!(bytes[..11], [1, 2, 2, 0b101, 0x11, 0x21, 0x22, 0x31, 0x32, 0x33, 0x34]);
    for (offset, value) in [
        (11, 0x44),
        (19, 0),
        (27, 0x51),
        (35, 0x52),
        (43, i64::MAX as u64),
        (51, 0x54),
        (59, 0x61),
        (71, 0),
        (79, 0x63),
    ] {
        assert_eq!(bytes[offset..offset + 8], u64::to_le_bytes(value), "at {offset}");
    }
    assert_eq!(bytes[67..71], [0x62, 0, 0, 0]);
    assert_eq!(bytes[87..91], *b"wxyz");
    assert_eq!(bytes[91..123], [0xDD; 32]);
    let (texts, parts) = bytes[123..].split_at(12);
    assert_eq!(texts, b"\x01\0n\x02\0mm\x03\0rrr");
    let (networks, rest) = parts.split_at(29);
    assert_eq!(networks[..13], [4, 1, 25, 0, 2, 4, 8, 10, 0, 0, 0, 6, 32]);
    assert_eq!(networks[13..21], [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0]);
    let (idle, rest) = rest.split_at(19);
    let (quota, imported) = rest.split_at(20);
    assert_eq!(idle[..5], [2, 16, 0, 0x72, 0x71]);
    assert_eq!(idle[11..], [0x73, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(quota[..11], [3, 17, 0, 0x82, 0x81, 0, 0, 0, 0, 0, 0]);
    assert_eq!(quota[11..20], [3, 31, 0, 0, 0, 0, 0, 0, 0]);
    let (trace, found) = imported.split_at(20);
    assert_eq!((&trace[..4], &trace[4..]), (&[4, 26, 0, 2][..], &[0x91; 16][..]));
    assert_eq!(found, [1, 2, 3, 4, 2, 2, 2, b'a', b'b']);
    assert_eq!(row(&[Op::Key(key)])[..6], [1, 1, 0, 0, 0, 1]);
}

#[test]
fn parts_that_are_not_as_drawn_are_damaged_and_unknown_ones_are_newer() {
    let key = KeyRecord { parts: Parts::default(), ..whole() };
    let bytes = key.encode().unwrap();
    let (record, none) = bytes.split_at(bytes.len() - 1);
    assert_eq!(none, [0]);
    let error = |parts: &[u8]| {
        let row = [record, parts].concat();
        KeyRecord::decode(key.key_id, &row).map(|key| key.parts).unwrap_err().kind()
    };
    for (parts, why) in [
        (&[&[1, 2, 16, 0][..], &[0; 16]].concat()[..], "an idle span of nothing"),
        (&[&[1, 2, 17, 0][..], &[1; 17]].concat(), "a byte too many in a part"),
        (&[&[2, 2, 16, 0][..], &[1; 16], &[2, 16, 0], &[1; 16]].concat(), "a part twice"),
        (&[1, 1, 1, 0, 0], "no network"),
        (&[1, 1, 7, 0, 1, 4, 8, 10, 0, 0, 1], "bits after the prefix"),
        (&[1, 1, 7, 0, 1, 4, 33, 10, 0, 0, 0], "bits that no address has"),
        (&[1, 1, 7, 0, 1, 5, 8, 10, 0, 0, 0], "a family that is none"),
        (&[1, 1, 13, 0, 2, 4, 8, 11, 0, 0, 0, 4, 8, 10, 0, 0, 0], "networks out of order"),
        (&[1, 1, 13, 0, 2, 4, 8, 10, 0, 0, 0, 4, 8, 10, 0, 0, 0], "a network twice"),
    ] {
        assert_eq!(error(parts), ErrorKind::Corrupt, "{why}");
    }
    let quota = |limit: u64, refill: u8, when: u64| {
        [&[1, 3, 17, 0][..], &limit.to_le_bytes(), &[refill], &when.to_le_bytes()].concat()
    };
    for (limit, refill, when, why) in [
        (0, 0, 0, "no credits"),
        (Quota::LIMIT_MAX + 1, 0, 0, "more credits than there can be"),
        (1, 0, 1, "a time of no refill"),
        (1, 1, 59_000, "a span that is too short"),
        (1, 2, 1, "a time of a daily refill"),
        (1, 3, 0, "no day of the month"),
        (1, 3, 256 + 1, "a day that no month has"),
        (1, 4, 0, "a refill that is none"),
    ] {
        assert_eq!(error(&quota(limit, refill, when)), ErrorKind::Corrupt, "{why}");
    }
    let mapped = [&[1, 1, 19, 0, 1, 6, 128][..], &[0; 10], &[255, 255, 10, 0, 0, 1]].concat();
    assert_eq!(error(&mapped), ErrorKind::Corrupt);
    assert_eq!(error(&[1, 255, 1, 0, 7]), ErrorKind::Newer);
}
