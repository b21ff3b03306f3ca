//! Keys in the order of a list, from a place on.
//!
//! By key id the rows of `keys` are read, or of one owner those of `by_owner`, or those of the keys
//! that are named. By end the rows
//! of `by_end` are merged over the kinds, and keys without an end follow by key id. A walk
//! gives every row that it reads, so that its caller can count them.

use super::{Realms, scan};
use crate::error::Result;
use crate::ids::KindRef;
use crate::key_id::KeyId;
use crate::query::{Criteria, Order, Place};
use crate::record::KeyRecord;
use crate::storage::View;
use crate::time::Timestamp;

/// One row that was read: its place, and its key if it belongs there.
pub(super) type Step = (Place, Option<KeyRecord>);

/// The rows of all keys that `criteria` may select, and of others, in `order`, after `after`.
pub(super) fn walk<'v>(
    view: &'v View<'_>,
    realms: &Realms,
    criteria: &Criteria,
    order: Order,
    after: Option<Place>,
) -> Box<dyn Iterator<Item = Result<Step>> + 'v> {
    match (order, after) {
        (Order::KeyId, after) => {
            let after = match after {
                Some(Place::KeyId(key) | Place::End(_, key)) => Some(key),
                None => before_first(criteria),
            };
            match &criteria.filter().keys {
                Some(keys) => Box::new(named(view, keys, after).map(step(order))),
                None => Box::new(scan::keys(view, criteria.owner, after).map(step(order))),
            }
        }
        (Order::End, Some(Place::End(Timestamp::NEVER, key))) => Box::new(endless(view, Some(key))),
        (Order::End, after) => {
            let (from, until) = criteria.ends();
            // No key is before those that are over at the instant itself, up to the highest id.
            let from = from.map(|from| (from, KeyId::from_bits(u64::MAX)));
            let after = match after {
                Some(Place::End(over, key)) => Some((over, key)).max(from),
                _ => from,
            };
            let kinds = realms.kinds().filter(|(realm, kind)| criteria.concerns(realm, *kind));
            let ending = ending(view, kinds.map(|(_, kind)| kind).collect(), after, until);
            match until {
                Timestamp::NEVER => Box::new(ending.chain(endless(view, None))),
                _ => Box::new(ending),
            }
        }
    }
}

/// An id before all that a key can have which was issued late enough: a key is issued no later
/// than its id says.
fn before_first(criteria: &Criteria) -> Option<KeyId> {
    let from = KeyId::new(criteria.filter().issued_from?, 0);
    from.bits().checked_sub(1).map(KeyId::from_bits)
}

fn step(order: Order) -> impl Fn(Result<KeyRecord>) -> Result<Step> {
    move |record| record.map(|record| (Place::of(&record, order), Some(record)))
}

/// Those of `keys`, which are in order, that there are.
fn named<'v>(
    view: &'v View<'_>,
    keys: &[KeyId],
    after: Option<KeyId>,
) -> impl Iterator<Item = Result<KeyRecord>> + use<'v> {
    let from = after.map_or(0, |after| keys.partition_point(|key| *key <= after));
    let keys = keys.get(from..).unwrap_or_default().to_vec();
    keys.into_iter().filter_map(|key| view.key(key).transpose())
}

/// Keys without an end, by key id; the rows of others are passed over.
fn endless<'v>(
    view: &'v View<'_>,
    after: Option<KeyId>,
) -> impl Iterator<Item = Result<Step>> + 'v {
    scan::keys(view, None, after).map(|record| {
        let record = record?;
        let place = Place::End(Timestamp::NEVER, record.key_id);
        Ok((place, Some(record).filter(|record| record.over().is_none())))
    })
}

/// Keys of `kinds` with an end, in the order of their ends.
fn ending<'v>(
    view: &'v View<'_>,
    kinds: Vec<KindRef>,
    after: Option<(Timestamp, KeyId)>,
    until: Timestamp,
) -> impl Iterator<Item = Result<Step>> + 'v {
    let rows = move |kind| {
        let page = move |after| view.ends(kind, after, until, scan::PAGE);
        scan::pages(page, after, |end: &(Timestamp, KeyId)| *end).peekable()
    };
    let mut kinds: Vec<_> = kinds.into_iter().map(|kind| (kind, rows(kind))).collect();
    std::iter::from_fn(move || {
        // An error comes first.
        let heads = kinds
            .iter_mut()
            .enumerate()
            .filter_map(|(n, (_, rows))| Some((rows.peek()?.as_ref().ok().copied(), n)));
        let (_, first) = heads.min()?;
        let (kind, rows) = kinds.get_mut(first)?;
        let record = rows.next()?.and_then(|end| view.key_over(*kind, end));
        Some(record.and_then(|record| step(Order::End)(Ok(record))))
    })
}
