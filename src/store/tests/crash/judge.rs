//! Whether a store is as a book says.

use std::collections::BTreeMap;

use super::book::{Book, KINDS, Key, SCOPES, names, profile};
use super::journey::{operation_id, owner_id, sealing_key};
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::request::Request;
use crate::seal;
use crate::storage::Role;
use crate::store::Store;
use crate::time::Timestamp;

/// Most keys that a run makes; a page takes as many.
const PAGE: usize = 1_000;

/// Says how `store` differs from `book`, if it does: each row that it shows, each sealed
/// copy, each use, and each verdict.
pub(super) fn compare(store: &Store, book: &Book, now: Timestamp) -> Result<(), String> {
    let state = store.storage.view().and_then(|view| view.state()).map_err(|e| e.to_string())?;
    same("audit entries", &(state.entries, state.cut), &(book.entries, book.cut))?;
    same("realms", &state.counts.realms, &u64::from(book.profile.is_some()))?;
    same("owners", &state.counts.owners, &(book.owners.len() as u64))?;
    same("keys", &state.counts.keys, &(book.present().count() as u64))?;
    let sealed = book.present().filter(|key| key.sealed).count();
    same("sealed copies", &state.counts.sealed, &(sealed as u64))?;
    same("operations", &state.counts.operations, &(book.operations.len() as u64))?;
    same("restored", &(state.role == Role::Restored), &book.restored)?;
    let Some(number) = book.profile else { return Ok(()) };
    rows(store, book, number).map_err(|e| e.to_string())??;
    verdicts(store, book, now)
}

fn rows(store: &Store, book: &Book, number: usize) -> crate::error::Result<Result<(), String>> {
    let acme = store.realm("acme")?;
    let view = store.storage.view()?;
    let record = view.realm(acme)?.map(|record| record.profile);
    let mut found = same("profile", &record, &Some(profile(number)));
    for (owner, want) in &book.owners {
        let info = store.owner(acme, &owner_id(*owner))?;
        let direct: Vec<&str> = names(want.direct).collect();
        let seen = (
            info.plan.as_deref(),
            info.suspended,
            info.direct.iter().map(String::as_str).collect(),
        );
        found = found.and(same(&info.id, &seen, &(want.plan, want.suspended, direct)));
    }
    let page = store.list(&crate::query::Filter::new(), None, PAGE)?;
    let infos: BTreeMap<KeyId, _> = page.keys.iter().map(|info| (info.key_id, info)).collect();
    for key in book.present() {
        let Some(info) = infos.get(&key.id) else {
            return Ok(Err(format!("{}: it is lost", key.id)));
        };
        let predecessor = key.predecessor.map(|number| book.keys[number].id);
        let copy = match (view.sealed(key.id)?, view.key(key.id)?) {
            (Some(copy), Some(record)) => {
                let token = seal::open(&sealing_key(book.sealing), store.place(&record), &copy)?;
                Some(token.expose().to_owned())
            }
            _ => None,
        };
        let seen = (
            (info.state, info.start, info.end, info.changed, info.name.clone()),
            (info.scopes.clone(), info.owner.clone(), info.kind_name.clone()),
            (info.predecessor, info.successor, copy),
        );
        let want = (
            (key.state, key.start, key.end, key.changed, key.name.clone()),
            (
                names(key.scopes).map(str::to_owned).collect(),
                owner_id(key.owner),
                KINDS[key.kind].to_owned(),
            ),
            (predecessor, key.successor, key.sealed.then(|| key.token.clone())),
        );
        found = found.and(same(&key.id.to_string(), &seen, &want));
        let used = view.used(key.id)?;
        if used < key.flushed || used > key.noted {
            let want = format!("from {:?} to {:?}", key.flushed, key.noted);
            found = found.and(Err(format!("{}: used {used:?}, want {want}", key.id)));
        }
    }
    for number in 0..book.operations.len() {
        let id = operation_id(number);
        let known = view.operation(&id)?.is_some();
        found = found.and(same(&id, &known, &true));
    }
    Ok(found)
}

/// Says which verdict about a token differs, if one does.
pub(super) fn verdicts(store: &Store, book: &Book, now: Timestamp) -> Result<(), String> {
    if book.profile.is_none() {
        return Ok(());
    }
    let acme = store.realm("acme").map_err(|e| e.to_string())?;
    for key in &book.keys {
        for (scope, name) in SCOPES.iter().enumerate() {
            let want = book.refusal(key, scope, now);
            let what = format!("the verdict about {} for {name:?}", key.id);
            same(&what, &refusal(store, acme, key, scope), &want)?;
        }
    }
    Ok(())
}

/// Why `store` refuses the key's token what needs the scope; `None` if it grants it.
pub(super) fn refusal(
    store: &Store,
    acme: RealmRef,
    key: &Key,
    scope: usize,
) -> Option<&'static str> {
    let profile = store.profile(acme).unwrap();
    let request = Request::new().needs(profile.scope_set([SCOPES[scope]]).unwrap());
    let answer = store.verify(acme, key.token.as_bytes(), &request);
    answer.err().map(|error| error.denial().unwrap().reason.name())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: &T, want: &T) -> Result<(), String> {
    if seen == want { Ok(()) } else { Err(format!("{what}: {seen:?}, want {want:?}")) }
}
