//! What each realm's profile decides about the life of keys.

use keycask::{Policy, Result, Store};

use crate::when::span;

/// A realm, and what a review asks of its policy.
#[derive(Clone, Debug)]
pub(super) struct RealmRow {
    pub(super) name: String,
    /// How many kinds, scopes and plans it has.
    pub(super) sizes: [usize; 3],
    pub(super) policy: Policy,
    /// Kinds of which a token can be shown again.
    pub(super) revealed: Vec<String>,
    /// Keys that are still found by another system's digest.
    pub(super) imported: u64,
}

impl RealmRow {
    /// Its policy, named and as text.
    pub(super) fn rules(&self) -> [(&'static str, String); 7] {
        let policy = &self.policy;
        let or = |at: Option<std::time::Duration>, none: &str| at.map_or(none.to_owned(), span);
        let use_kept = if self.policy.keeps_use() { "yes" } else { "no" };
        [
            ("default life", or(policy.default_life, "for ever")),
            ("longest life", or(policy.longest_life, "for ever")),
            ("rotate after", or(policy.rotate_after, "not said")),
            ("longest grace", span(policy.longest_grace)),
            ("idle after", or(policy.idle, "never")),
            ("last use kept", use_kept.to_owned()),
            ("retained", span(policy.retain)),
        ]
    }
}

/// The realms of `store`.
pub(super) fn look(store: &Store) -> Result<Vec<RealmRow>> {
    let mut rows = Vec::new();
    for realm in store.realms() {
        let left = store.imports(realm.reference())?;
        let foreign = left.iter().filter(|(scheme, _)| scheme.is_some());
        let kinds = realm.kinds().iter().filter(|kind| kind.reveal);
        rows.push(RealmRow {
            name: realm.name().to_owned(),
            sizes: [realm.kinds().len(), realm.scopes().len(), realm.plans().len()],
            policy: realm.policy().clone(),
            revealed: kinds.map(|kind| kind.name.clone()).collect(),
            imported: foreign.fold(0, |sum, (_, count)| sum.saturating_add(*count)),
        });
    }
    Ok(rows)
}
