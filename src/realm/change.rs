//! What differs between two profiles of a realm.
//!
//! Things are told apart by their names, so a renamed one is one that went and one that came.

use std::fmt;

use super::kind::{Kind, Rights};
use super::profile::Profile;
use super::scopes::{Scope, ScopeTable, own_names};
use crate::error::{Error, ErrorKind, Result};

/// What applying a profile changes, or would change. Names stand in the profiles' order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RealmChange {
    /// The realm's name.
    pub realm: String,
    /// Whether the realm is new. Then all that it has is added.
    pub created: bool,
    /// Kinds that are new.
    pub kinds_added: Vec<String>,
    /// Kinds that are gone.
    pub kinds_removed: Vec<String>,
    /// Kinds that are not as they were.
    pub kinds_changed: Vec<KindChange>,
    /// Scopes that are new.
    pub scopes_added: Vec<String>,
    /// Scopes that are gone.
    pub scopes_removed: Vec<String>,
    /// Scopes that imply or permit other than they did.
    pub scopes_changed: Vec<ScopeChange>,
    /// Plans that are new.
    pub plans_added: Vec<String>,
    /// Plans that are gone.
    pub plans_removed: Vec<String>,
    /// Plans that are not as they were.
    pub plans_changed: Vec<String>,
    /// What else differs: `title`, `present`, `sets`, `policy`, `answers`.
    pub sections: Vec<&'static str>,
}

/// How the scopes that a key may use change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// No key may use less, and some may use more.
    Wider,
    /// No key may use more, and some may use less.
    Narrower,
    /// Some keys may use more and some less.
    Other,
}

impl Effect {
    /// The effect's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Other => "other",
        }
    }

    const fn of(gained: bool, lost: bool) -> Option<Self> {
        match (gained, lost) {
            (false, false) => None,
            (true, false) => Some(Self::Wider),
            (false, true) => Some(Self::Narrower),
            (true, true) => Some(Self::Other),
        }
    }
}

/// A kind that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindChange {
    /// The kind's name.
    pub name: String,
    /// The fields that differ, as the profile calls them.
    pub fields: Vec<&'static str>,
    /// Whether prefix, body or checksum differ, so that the kind's keys would be malformed.
    pub reshaped: bool,
    /// What other rights mean to the kind's keys, if they differ.
    pub rights: Option<Effect>,
}

/// A scope that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScopeChange {
    /// The scope's name.
    pub name: String,
    /// Scopes that it now implies, directly or through others, and did not.
    pub implies_gained: Vec<String>,
    /// Scopes that it implied and does not now.
    pub implies_lost: Vec<String>,
    /// Methods that it now lists and did not.
    pub methods_gained: Vec<String>,
    /// Methods that it listed and does not now.
    pub methods_lost: Vec<String>,
}

impl ScopeChange {
    /// What the change of implication means to the keys that have the scope, if it differs.
    #[must_use]
    pub const fn effect(&self) -> Option<Effect> {
        Effect::of(!self.implies_gained.is_empty(), !self.implies_lost.is_empty())
    }
}

impl RealmChange {
    /// What comes from the profile `old`, if there is one, to `new`.
    pub(crate) fn between(old: Option<&Profile>, new: &Profile) -> Result<Self> {
        let mut change = Self { realm: new.name.clone(), ..Self::default() };
        let Some(old) = old else {
            change.created = true;
            change.kinds_added = names(&new.kinds, |kind| &kind.name);
            change.scopes_added = own_names(&new.scopes);
            change.plans_added = names(&new.plans, |plan| &plan.name);
            return Ok(change);
        };
        let kinds = Pairs::of(&old.kinds, &new.kinds, |kind| &kind.name);
        (change.kinds_added, change.kinds_removed) = (kinds.added, kinds.removed);
        change.kinds_changed = kinds.both.into_iter().filter_map(kind_change).collect();
        let scopes = Pairs::of(&old.scopes, &new.scopes, |scope| &scope.name);
        (change.scopes_added, change.scopes_removed) = (scopes.added, scopes.removed);
        change.scopes_changed = scope_changes(&old.scopes, &new.scopes, scopes.both)?;
        let plans = Pairs::of(&old.plans, &new.plans, |plan| &plan.name);
        (change.plans_added, change.plans_removed) = (plans.added, plans.removed);
        let changed = plans.both.into_iter().filter(|(old, new)| old != new);
        change.plans_changed = changed.map(|(_, plan)| plan.name.clone()).collect();
        for (name, differs) in [
            ("title", old.title != new.title),
            ("present", old.carriers != new.carriers),
            ("sets", old.sets != new.sets),
            ("policy", old.policy != new.policy),
            ("answers", old.answers != new.answers),
        ] {
            if differs {
                change.sections.push(name);
            }
        }
        Ok(change)
    }

    /// Whether nothing differs that a decision or an answer depends on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { realm: self.realm.clone(), ..Self::default() }
    }

    /// Whether a key may use a scope that it could not use before, by other rights or another
    /// implication. Methods are not looked at.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.effects().any(|effect| effect != Effect::Narrower)
    }

    /// Whether a key may no longer use a scope that it could use before, by other rights or
    /// another implication. Methods are not looked at, nor are scopes that are gone.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.effects().any(|effect| effect != Effect::Wider)
    }

    fn effects(&self) -> impl Iterator<Item = Effect> {
        let kinds = self.kinds_changed.iter().filter_map(|change| change.rights);
        kinds.chain(self.scopes_changed.iter().filter_map(ScopeChange::effect))
    }
}

impl fmt::Display for RealmChange {
    /// One line for each difference, in the words of the command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { realm, .. } = self;
        if self.created {
            writeln!(f, "realm {realm}: created")?;
        } else if self.is_empty() {
            writeln!(f, "realm {realm}: unchanged")?;
        } else {
            writeln!(f, "realm {realm}: changed")?;
        }
        for (what, names) in [
            ("kinds added", &self.kinds_added),
            ("kinds removed", &self.kinds_removed),
            ("scopes added", &self.scopes_added),
            ("scopes removed", &self.scopes_removed),
            ("plans added", &self.plans_added),
            ("plans removed", &self.plans_removed),
            ("plans changed", &self.plans_changed),
        ] {
            if !names.is_empty() {
                writeln!(f, "  {what}: {}", names.join(" "))?;
            }
        }
        for KindChange { name, fields, rights, .. } in &self.kinds_changed {
            write!(f, "  kind {name}: {} changed", fields.join(" "))?;
            match rights {
                Some(effect) => writeln!(f, "; rights {}", effect.name())?,
                None => writeln!(f)?,
            }
        }
        for change in &self.scopes_changed {
            let name = &change.name;
            for (what, names) in [
                ("now implies", &change.implies_gained),
                ("implies no more", &change.implies_lost),
                ("now permits", &change.methods_gained),
                ("permits no more", &change.methods_lost),
            ] {
                if !names.is_empty() {
                    writeln!(f, "  scope {name}: {what} {}", names.join(" "))?;
                }
            }
        }
        for section in &self.sections {
            writeln!(f, "  {section} changed")?;
        }
        Ok(())
    }
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    items.iter().map(|item| name(item).clone()).collect()
}

/// The items of two lists, told apart by name.
struct Pairs<'a, T> {
    added: Vec<String>,
    removed: Vec<String>,
    /// In both lists: as it was, as it is.
    both: Vec<(&'a T, &'a T)>,
}

impl<'a, T> Pairs<'a, T> {
    fn of(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> &String) -> Self {
        let find = |list: &'a [T], item: &T| list.iter().find(|other| name(other) == name(item));
        let only = |list: &[T], other: &'a [T]| {
            let alone = list.iter().filter(|item| find(other, item).is_none());
            alone.map(|item| name(item).clone()).collect()
        };
        let both = new.iter().filter_map(|item| Some((find(old, item)?, item))).collect();
        Self { added: only(new, old), removed: only(old, new), both }
    }
}

fn kind_change((old, new): (&Kind, &Kind)) -> Option<KindChange> {
    let fields = [
        ("prefix", old.shape.prefix() != new.shape.prefix()),
        ("body", old.shape.body_len() != new.shape.body_len()),
        ("checksum", old.shape.checksum() != new.shape.checksum()),
        ("environment", old.environment != new.environment),
        ("rights", old.rights != new.rights),
        ("reveal", old.reveal != new.reveal),
        ("active", old.active != new.active),
    ];
    let differing = fields.into_iter().filter(|(_, differs)| *differs);
    let fields: Vec<&'static str> = differing.map(|(name, _)| name).collect();
    let rights = match (old.rights, new.rights) {
        (before, after) if before == after => None,
        (_, Rights::Both) => Some(Effect::Narrower),
        (Rights::Both, _) => Some(Effect::Wider),
        _ => Some(Effect::Other),
    };
    let reshaped = old.shape != new.shape;
    (!fields.is_empty()).then(|| KindChange { name: new.name.clone(), fields, reshaped, rights })
}

fn scope_changes(
    old: &[Scope],
    new: &[Scope],
    both: Vec<(&Scope, &Scope)>,
) -> Result<Vec<ScopeChange>> {
    let table = |scopes: &[Scope]| {
        ScopeTable::new(&own_names(scopes), scopes)
            .map_err(|clash| Error::new(ErrorKind::Internal, clash.to_string()))
    };
    let (before, after) = (table(old)?, table(new)?);
    let changes = both.into_iter().filter_map(|(old, new)| {
        let (was, is) = (before.implied(&old.name), after.implied(&new.name));
        let change = ScopeChange {
            name: new.name.clone(),
            implies_gained: less(&is, &was),
            implies_lost: less(&was, &is),
            methods_gained: less(&new.methods, &old.methods),
            methods_lost: less(&old.methods, &new.methods),
        };
        let methods = !change.methods_gained.is_empty() || !change.methods_lost.is_empty();
        (methods || change.effect().is_some()).then_some(change)
    });
    Ok(changes.collect())
}

/// What of `all` is not in `others`.
fn less(all: &[String], others: &[String]) -> Vec<String> {
    all.iter().filter(|name| !others.contains(name)).cloned().collect()
}

#[cfg(test)]
mod tests;
