//! Import keys whose tokens another system made.
//!
//! A key comes with its token or with a digest of it. With the token it is as if it had been
//! issued here, but for the token's shape. With a digest it is found by that until it was
//! verified: see `ways.rs` and `rehash.rs`.

mod buffer;
mod importing;
mod known;
mod lines;
mod taken;

use std::collections::HashMap;

pub(super) use known::Known;
pub use lines::ImportReport;

use self::importing::Importing;
use self::taken::Taken;
use super::issue::ISSUE_MAX;
use super::rehash::no_operation;
use super::{Draft, Store};
use crate::actor::Actor;
use crate::digest::Scheme;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::record::Op;
use crate::spec::Import;

/// How keys are imported. By default all or nothing, under the owners' caps, for owners that
/// there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportRules {
    dry_run: bool,
    skip_refused: bool,
    make_owners: bool,
    ignore_caps: bool,
}

impl ImportRules {
    /// All or nothing, under caps, for owners that there are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Imports nothing, and says what would become of each key.
    #[must_use]
    pub const fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Leaves refused keys out and imports the others.
    #[must_use]
    pub const fn skip_refused(mut self, skip_refused: bool) -> Self {
        self.skip_refused = skip_refused;
        self
    }

    /// Whether nothing is imported once one key is refused.
    const fn halt(&self) -> bool {
        !self.skip_refused && !self.dry_run
    }

    /// Makes owners that the realm does not have, without a plan of their own.
    #[must_use]
    pub const fn make_owners(mut self, make_owners: bool) -> Self {
        self.make_owners = make_owners;
        self
    }

    /// Imports keys also beyond their owners' caps. They take places all the same, so that no
    /// other key is issued before there is room.
    #[must_use]
    pub const fn ignore_caps(mut self, ignore_caps: bool) -> Self {
        self.ignore_caps = ignore_caps;
        self
    }
}

/// What became of one key of an import.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// It was imported, or in a dry run would be, then under another id.
    Imported(KeyId),
    /// Its token is this key's already, of the same realm, kind and owner: from an earlier import,
    /// or from an earlier place in this one.
    Known(KeyId),
    /// It cannot be: why.
    Refused(Error),
}

impl Store {
    /// Takes in keys whose tokens another system made, in one commit: all of them, or if one is
    /// refused and refused ones are not to be [skipped](ImportRules::skip_refused), none. Up to
    /// [`ISSUE_MAX`] at a time. Gives what became of each, in their order.
    ///
    /// When it returns, each is durable and the next verify grants it. A realm with imported keys
    /// looks up texts of every shape. A key that came with its digest is found by that, at the
    /// price of a hash for each scheme in use for texts that are no key's, until it was verified
    /// and [rehashed](Self::rehash). Importing the same keys again changes nothing: they are
    /// known, whatever else is said of them by now.
    ///
    /// # Errors
    ///
    /// For the first that is refused, with its index from 0 as in `import 3: `: `NotFound` for an
    /// unknown realm, kind, owner, scope, set or secret; `Argument` for what is out of its limits;
    /// `Cap`; `Conflict` if its token is another key's. `Argument` for more than [`ISSUE_MAX`], or
    /// if `by` names an operation: there is no need. Those of a commit.
    pub fn import(
        &self,
        keys: &[Import],
        rules: &ImportRules,
        by: &Actor,
    ) -> Result<Vec<ImportOutcome>> {
        let outcomes = self.import_after(&mut Taken::default(), keys, rules, by)?;
        let refused = outcomes.iter().enumerate().filter_map(|(number, outcome)| match outcome {
            ImportOutcome::Refused(error) => Some((number, error)),
            _ => None,
        });
        if rules.halt()
            && let Some((number, error)) = refused.clone().next()
        {
            let (refused, all) = (refused.count(), keys.len());
            let why = format!("import {number}: {error} ({refused} of {all} are refused)");
            return Err(Error::new(error.kind(), why));
        }
        Ok(outcomes)
    }

    /// What becomes of keys that come after those that were `taken` up. What it takes up itself
    /// is put there too. Nothing is written in a dry run, nor for one that is refused by rules
    /// that [halt](ImportRules::halt) then.
    fn import_after(
        &self,
        taken: &mut Taken,
        keys: &[Import],
        rules: &ImportRules,
        by: &Actor,
    ) -> Result<Vec<ImportOutcome>> {
        no_operation(by, "importing the same keys twice is the same as once")?;
        by.check()?;
        if keys.len() > ISSUE_MAX {
            let why = format!("imports: {}; up to {ISSUE_MAX} are allowed", keys.len());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        if !rules.dry_run {
            // Who was granted has its token, before another comes that has it, too.
            self.rehash()?;
        }
        self.commit(|view, realms, now| {
            self.known.fill(view, || self.routes.load().has_imports())?;
            let mut importing =
                Importing::new(self, (view, realms, now), (rules, by), taken, keys)?;
            let outcome = |key| importing.import(key).or_else(soften);
            let outcomes = keys.iter().map(outcome).collect::<Result<Vec<_>>>()?;
            let change = importing.finish();
            let refused = |outcome: &ImportOutcome| matches!(outcome, ImportOutcome::Refused(_));
            if rules.dry_run || rules.halt() && outcomes.iter().any(refused) {
                return Ok(Draft::new(outcomes));
            }
            change.ops.iter().filter_map(Op::key).for_each(|record| self.known.note(record));
            Ok(Draft { change, value: outcomes })
        })
    }

    /// How many keys of `realm` are still found by another system's digest, or are of a
    /// token that another system made and rehashed since: for each scheme, `None` for the latter,
    /// how many. Of all states; from memory.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm.
    pub fn imports(&self, realm: RealmRef) -> Result<Vec<(Option<Scheme>, u64)>> {
        self.storage.at_home()?;
        self.realms.load().get(realm)?;
        let mut sums: HashMap<Option<Scheme>, u64> = HashMap::new();
        for (of, way, count) in self.routes.counts() {
            if of == realm && way.imported {
                let sum = sums.entry(way.scheme).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(scheme, _)| scheme.as_ref().map(Scheme::to_string));
        Ok(sums)
    }
}

/// What is wrong with one key, as its outcome; what is wrong with the store stays an error.
fn soften(error: Error) -> Result<ImportOutcome> {
    match error.kind() {
        ErrorKind::Argument | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Cap => {
            Ok(ImportOutcome::Refused(error))
        }
        _ => Err(error),
    }
}
