//! Reads that go over many rows, a page at a time.

use crate::audit::AuditEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, OwnerRecord};
use crate::storage::View;

pub(super) const PAGE: usize = 512;

/// The keys of `owner`, or all keys, after `after`, in order of their ids.
pub(super) fn keys<'v>(
    view: &'v View<'_>,
    owner: Option<OwnerRef>,
    after: Option<KeyId>,
) -> impl Iterator<Item = Result<KeyRecord>> + 'v {
    let page = move |after| match owner {
        Some(owner) => view.keys_of(owner, after, PAGE),
        None => view.keys(after, PAGE),
    };
    pages(page, after, |key: &KeyRecord| key.key_id)
}

/// The owners of `realm`, in byte order of their ids.
pub(super) fn owners<'v>(
    view: &'v View<'_>,
    realm: RealmRef,
) -> impl Iterator<Item = Result<OwnerRecord>> + 'v {
    let page = move |after: Option<String>| view.owners(realm, after.as_deref(), PAGE);
    pages(page, None, |owner: &OwnerRecord| owner.id.clone())
}

/// The entries of the audit trail with numbers over `after`, in their order.
pub(super) fn entries<'v>(
    view: &'v View<'_>,
    after: u64,
) -> impl Iterator<Item = Result<AuditEntry>> + 'v {
    let page = move |last: Option<u64>| view.audit(last.unwrap_or(after), PAGE);
    pages(page, None, |entry: &AuditEntry| entry.number)
}

/// The items of all pages. Ends after the first error.
pub(super) fn pages<T, C: Clone>(
    mut page: impl FnMut(Option<C>) -> Result<Vec<T>>,
    mut after: Option<C>,
    cursor: impl Fn(&T) -> C,
) -> impl Iterator<Item = Result<T>> {
    let mut items = Vec::new().into_iter();
    let mut last = false;
    std::iter::from_fn(move || {
        if items.as_slice().is_empty() && !last {
            match page(after.clone()) {
                Ok(next) => {
                    last = next.len() < PAGE;
                    items = next.into_iter();
                }
                Err(error) => {
                    last = true;
                    return Some(Err(error));
                }
            }
        }
        let item = items.next()?;
        after = Some(cursor(&item));
        Some(Ok(item))
    })
}

/// Numbers for what is new.
pub(super) fn next_owner(view: &View<'_>) -> Result<OwnerRef> {
    let number = u32::try_from(view.next_owner()?).map_err(|_| used_up("owners"))?;
    Ok(OwnerRef::new(number))
}

/// The number for a new realm.
pub(super) fn next_realm(view: &View<'_>) -> Result<RealmRef> {
    let number = u16::try_from(view.state()?.next_realm).map_err(|_| used_up("realms"))?;
    Ok(RealmRef::new(number))
}

/// Numbers for `count` new kinds.
pub(super) fn next_kinds(view: &View<'_>, count: usize) -> Result<Vec<KindRef>> {
    let first = view.state()?.next_kind;
    let kind = |number| Ok(KindRef::new(u16::try_from(number).map_err(|_| used_up("kinds"))?));
    (first..u32::MAX).take(count).map(kind).collect()
}

fn used_up(what: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("{what}: this store has numbered all it can"))
}
