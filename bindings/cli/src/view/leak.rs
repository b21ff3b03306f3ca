//! What is shown of a token that was found in a text.

use keycask::{Leak, Result, Store};

use super::key_id;
use crate::output::Fields;

/// A token in a text, without the token. `store` knows the names.
pub(crate) fn leak(store: &Store, leak: &Leak) -> Result<Fields> {
    let realm = store.profile(leak.realm)?;
    let owner = leak.owner.map(|owner| store.owner_id(owner)).transpose()?;
    Ok(Fields::new()
        .with("offset", leak.place.offset)
        .with("line", leak.place.line)
        .with("column", leak.place.column)
        .with("hint", leak.hint.as_str())
        .with("realm", realm.name())
        .with("kind", realm.kind_name(leak.kind))
        .with("key_id", key_id(leak.key))
        .with("owner", owner.map(|(_, id)| id))
        .with("live", leak.is_live())
        .with("code", leak.refused.map_or(super::decision::GRANTED, |reason| reason.name())))
}
