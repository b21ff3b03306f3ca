//! The numbers of a realm's names.
//!
//! A number is given once in a realm's life: a name that its profile drops keeps its number,
//! and gets it again if it comes back.

use super::kind::{KINDS_MAX, Kind, KindSet};
use super::profile::Profile;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::KindRef;
use crate::scope::ScopeSet;

/// How many plans a realm can have over its life: a plan's number fits in a byte.
const PLAN_NUMBERS: usize = 256;

/// The names of a profile that have no number yet, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewNames {
    /// Each gets the next bit.
    pub scopes: Vec<String>,
    /// Each gets the next [`KindRef`] of the store, and the next place in the realm.
    pub kinds: Vec<String>,
    /// Each gets the next number in the realm.
    pub plans: Vec<String>,
}

/// What of `profile` needs a number, beside the names that already have one.
///
/// # Errors
///
/// `Profile` if there would be more than 128 scopes, 64 kinds or 256 plans over the realm's
/// life.
pub(crate) fn new_names(
    profile: &Profile,
    scopes: &[String],
    kinds: &[impl AsRef<str>],
    plans: &[String],
) -> Result<NewNames> {
    let new = NewNames {
        scopes: fresh(profile.scopes.iter().map(|scope| &scope.name), scopes),
        kinds: fresh(profile.kinds.iter().map(|kind| &kind.name), kinds),
        plans: fresh(profile.plans.iter().map(|plan| &plan.name), plans),
    };
    let refuse = |what: &str, known: usize, new: usize, most: usize| {
        if known.saturating_add(new) <= most {
            return Ok(());
        }
        let realm = &profile.name;
        Err(Error::new(
            ErrorKind::Profile,
            format!(
                "realm {realm:?}: {new} new {what} beside {known} that it has or had; \
                 at most {most} over its life"
            ),
        ))
    };
    refuse("scopes", scopes.len(), new.scopes.len(), ScopeSet::MAX)?;
    refuse("kinds", kinds.len(), new.kinds.len(), KINDS_MAX)?;
    refuse("plans", plans.len(), new.plans.len(), PLAN_NUMBERS)?;
    Ok(new)
}

fn fresh<'a>(names: impl Iterator<Item = &'a String>, known: &[impl AsRef<str>]) -> Vec<String> {
    names.filter(|name| !known.iter().any(|other| other.as_ref() == *name)).cloned().collect()
}

/// The kinds of a realm by number.
#[derive(Clone, Debug)]
pub(super) struct KindTable {
    /// In the order in which they got their numbers; a kind's place in a [`KindSet`].
    rows: Vec<Row>,
    /// The lowest number, and the place in `rows` for each from it on; [`VACANT`] for a number
    /// of another realm.
    first: u16,
    places: Vec<u8>,
}

const VACANT: u8 = u8::MAX;

#[derive(Clone, Debug)]
struct Row {
    kind: KindRef,
    name: String,
    mask: KindSet,
    /// Place in the profile, if it has the kind.
    position: Option<usize>,
}

impl KindTable {
    pub(super) fn new(kinds: &[Kind], numbers: &[(KindRef, String)]) -> Self {
        let numbered = || (0..VACANT).zip(numbers.iter().map(|(kind, _)| kind.number()));
        let first = numbered().map(|(_, number)| number).min().unwrap_or(0);
        let mut places = Vec::new();
        for (place, number) in numbered() {
            let at = usize::from(number.saturating_sub(first));
            if places.len() <= at {
                places.resize(at.saturating_add(1), VACANT);
            }
            if let Some(slot) = places.get_mut(at) {
                *slot = place;
            }
        }
        let row = |(place, (kind, name)): (u8, &(KindRef, String))| Row {
            kind: *kind,
            name: name.clone(),
            mask: KindSet::single(place),
            position: kinds.iter().position(|known| known.name == *name),
        };
        Self { rows: (0..VACANT).zip(numbers).map(row).collect(), first, places }
    }

    #[inline]
    fn row(&self, kind: KindRef) -> Option<&Row> {
        let at = kind.number().checked_sub(self.first)?;
        let place = *self.places.get(usize::from(at))?;
        self.rows.get(usize::from(place))
    }

    /// The kind's place in the profile.
    #[inline]
    pub(super) fn position(&self, kind: KindRef) -> Option<usize> {
        self.row(kind)?.position
    }

    /// The set of the kind alone.
    #[inline]
    pub(super) fn mask(&self, kind: KindRef) -> KindSet {
        self.row(kind).map_or(KindSet::NONE, |row| row.mask)
    }

    pub(super) fn name(&self, kind: KindRef) -> Option<&str> {
        self.row(kind).map(|row| row.name.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Option<KindRef> {
        self.rows.iter().find(|row| row.name == name).map(|row| row.kind)
    }
}
