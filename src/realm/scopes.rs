//! Scopes: their names, their bits, and what each implies.
//!
//! A [`ScopeTable`] gives each name the bit that the realm's registry has for it and closes
//! implication over them, cycles included, so that expanding a set is one OR a scope.

use std::collections::HashMap;

use super::methods::{Clash, Methods};
use super::names;
use super::source::{Field, Section};
use crate::error::Result;
use crate::scope::ScopeSet;

/// Most named sets of a profile.
const SETS_MAX: usize = 64;

/// Most methods that one scope lists.
const METHODS_MAX: usize = 32;

/// A scope of a realm, as its profile describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// Unique in the realm; a scope-token of RFC 6750.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// A class for people, such as `read` or `write`.
    pub tier: Option<String>,
    /// The scopes that it contains, each of which may contain more.
    pub implies: Vec<String>,
    /// The HTTP methods that it permits; `*` permits all.
    pub methods: Vec<String>,
}

/// A named set of scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedSet {
    /// Unique in the realm.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// The scopes' names.
    pub scopes: Vec<String>,
}

/// Reads the scopes of a profile.
pub(super) fn read(root: &mut Section<'_>) -> Result<Vec<Scope>> {
    let Some(at) = root.field("scope") else { return Ok(Vec::new()) };
    let items = at.items(ScopeSet::MAX)?;
    let mut scopes: Vec<Scope> = Vec::new();
    let mut implied = Vec::new();
    for item in &items {
        let mut section = item.section()?;
        let name = names::scope(&section.required("name")?)?;
        if scopes.iter().any(|scope| scope.name == name) {
            return Err(item.error(format!("two scopes have the name {name:?}")));
        }
        let title = section.field("title").map(|f| names::title(&f)).transpose()?;
        let tier = section.field("tier").map(|f| names::name(&f)).transpose()?;
        let implies = section.field("implies").map_or(Ok(vec![]), |f| f.items(ScopeSet::MAX))?;
        let methods = section.field("methods").map_or(Ok(vec![]), |f| f.items(METHODS_MAX))?;
        let methods = methods.iter().map(method).collect::<Result<_>>()?;
        section.close()?;
        scopes.push(Scope { name, title, tier, implies: texts(&implies)?, methods });
        implied.extend(implies);
    }
    all_known(&implied, &scopes)?;
    if let Err(clash) = ScopeTable::new(&own_names(&scopes), &scopes) {
        let second = items.iter().zip(&scopes).find(|(_, scope)| scope.name == clash.second);
        return Err(second.map_or(&at, |(item, _)| item).error(clash.to_string()));
    }
    Ok(scopes)
}

fn method(field: &Field<'_>) -> Result<String> {
    if field.text()? == Methods::ALL {
        return Ok(Methods::ALL.to_owned());
    }
    names::http_token(field, "method")
}

fn texts(fields: &[Field<'_>]) -> Result<Vec<String>> {
    fields.iter().map(|field| field.text().map(str::to_owned)).collect()
}

fn all_known(fields: &[Field<'_>], scopes: &[Scope]) -> Result<()> {
    for field in fields {
        let name = field.text()?;
        if !scopes.iter().any(|scope| scope.name == name) {
            return Err(field.error(format!("the profile has no scope {name:?}")));
        }
    }
    Ok(())
}

/// Reads the named sets of a profile that has `scopes`.
pub(super) fn read_sets(root: &mut Section<'_>, scopes: &[Scope]) -> Result<Vec<NamedSet>> {
    let mut sets: Vec<NamedSet> = Vec::new();
    for mut section in root.sections("set", SETS_MAX)? {
        let at = section.required("name")?;
        let name = names::name(&at)?;
        if sets.iter().any(|set| set.name == name) {
            return Err(at.error(format!("two sets have the name {name:?}")));
        }
        let title = section.field("title").map(|f| names::title(&f)).transpose()?;
        let at = section.required("scopes")?;
        let members = at.items(ScopeSet::MAX)?;
        all_known(&members, scopes)?;
        if members.is_empty() {
            return Err(at.error("a set has one scope at least"));
        }
        section.close()?;
        sets.push(NamedSet { name, title, scopes: texts(&members)? });
    }
    Ok(sets)
}

/// The names of `scopes`, in their order.
pub(super) fn own_names(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(|scope| scope.name.clone()).collect()
}

/// Scopes with their bits.
#[derive(Clone, Debug)]
pub(super) struct ScopeTable {
    /// By bit, those that the profile no longer has included.
    names: Vec<String>,
    bits: HashMap<String, u8>,
    /// The bits that the profile has.
    live: ScopeSet,
    /// By bit: the scope itself and all that it implies, directly or through others.
    closure: Vec<ScopeSet>,
    methods: Methods,
}

impl ScopeTable {
    /// Binds `scopes` to the bits of the registry `names`. A scope that the registry has not
    /// is left out; it is for the caller to see to it that there is none.
    pub(super) fn new(names: &[String], scopes: &[Scope]) -> Result<Self, Clash> {
        let bits: HashMap<String, u8> = (0..=127).zip(names).map(|(b, n)| (n.clone(), b)).collect();
        let bit_of = |name: &String| bits.get(name).copied();
        let mut live = ScopeSet::empty();
        let mut closure: Vec<ScopeSet> =
            (0..=127).take(names.len()).map(ScopeSet::single).collect();
        for scope in scopes {
            let Some(bit) = bit_of(&scope.name) else { continue };
            live |= ScopeSet::single(bit);
            let direct = scope.implies.iter().filter_map(bit_of);
            let direct = direct.fold(ScopeSet::single(bit), |set, b| set | ScopeSet::single(b));
            if let Some(slot) = closure.get_mut(usize::from(bit)) {
                *slot = direct;
            }
        }
        close(&mut closure);
        let listing = scopes.iter().filter_map(|scope| Some((bit_of(&scope.name)?, scope)));
        let methods = Methods::new(listing, &closure)?;
        Ok(Self { names: names.to_vec(), bits, live, closure, methods })
    }

    /// The bit of a scope that the profile has.
    pub(super) fn bit(&self, name: &str) -> Option<u8> {
        let bit = self.bits.get(name).copied()?;
        self.live.contains(ScopeSet::single(bit)).then_some(bit)
    }

    /// The names of a set in the order of their bits.
    pub(super) fn names(&self, set: ScopeSet) -> impl Iterator<Item = &str> {
        set.numbers().filter_map(|bit| self.names.get(usize::from(bit)).map(String::as_str))
    }

    /// The names of all that the scope `name` implies, its own left out.
    pub(super) fn implied(&self, name: &str) -> Vec<String> {
        let own = self.bit(name).map(ScopeSet::single).unwrap_or_default();
        self.names(self.expand(own).difference(own)).map(str::to_owned).collect()
    }

    /// The bits of the scopes that the profile has.
    pub(super) const fn live(&self) -> ScopeSet {
        self.live
    }

    /// `set` and all that it implies.
    pub(super) fn expand(&self, set: ScopeSet) -> ScopeSet {
        let implied = |bit: u8| self.closure.get(usize::from(bit)).copied().unwrap_or_default();
        set.numbers().fold(set, |all, bit| all | implied(bit))
    }

    /// What each method needs.
    pub(super) const fn methods(&self) -> &Methods {
        &self.methods
    }
}

/// Adds to each set what its members imply, until nothing is added.
fn close(sets: &mut [ScopeSet]) {
    loop {
        let mut grown = false;
        for at in 0..sets.len() {
            let Some(set) = sets.get(at).copied() else { continue };
            let member = |bit: u8| sets.get(usize::from(bit)).copied().unwrap_or_default();
            let wider = set.numbers().fold(set, |all, bit| all | member(bit));
            if let Some(slot) = sets.get_mut(at).filter(|slot| **slot != wider) {
                *slot = wider;
                grown = true;
            }
        }
        if !grown {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str, implies: &[&str]) -> Scope {
        Scope {
            name: name.into(),
            title: None,
            tier: None,
            implies: implies.iter().map(|name| (*name).into()).collect(),
            methods: vec![],
        }
    }

    fn table(scopes: &[Scope]) -> ScopeTable {
        ScopeTable::new(&own_names(scopes), scopes).unwrap()
    }

    fn set(bits: &[u8]) -> ScopeSet {
        bits.iter().fold(ScopeSet::empty(), |all, bit| all | ScopeSet::single(*bit))
    }

    #[test]
    fn implication_goes_through_any_number_of_scopes_in_any_order() {
        let table =
            table(&[scope("admin", &["write"]), scope("read", &[]), scope("write", &["read"])]);
        assert_eq!(table.expand(set(&[0])), set(&[0, 1, 2]));
        assert_eq!(table.expand(set(&[2])), set(&[1, 2]));
        assert_eq!(table.expand(set(&[1])), set(&[1]));
        assert_eq!(table.expand(set(&[])), set(&[]));
    }

    #[test]
    fn scopes_that_imply_each_other_in_a_cycle_are_worth_the_same() {
        let table = table(&[
            scope("a", &["b"]),
            scope("b", &["c"]),
            scope("c", &["a"]),
            scope("d", &["a"]),
        ]);
        for bit in 0..3 {
            assert_eq!(table.expand(set(&[bit])), set(&[0, 1, 2]));
        }
        assert_eq!(table.expand(set(&[3])), set(&[0, 1, 2, 3]));
    }

    #[test]
    fn a_chain_of_all_128_scopes_is_closed() {
        let name = |n: usize| format!("s{n}");
        let next = |n: usize| if n < 127 { vec![name(n + 1)] } else { vec![] };
        let scopes: Vec<Scope> =
            (0..128).map(|n| Scope { implies: next(n), ..scope(&name(n), &[]) }).collect();
        let table = table(&scopes);
        assert_eq!(table.expand(set(&[0])), ScopeSet::all());
        assert_eq!(table.expand(set(&[127])), set(&[127]));
    }

    #[test]
    fn bits_follow_the_registry_and_a_retired_name_keeps_its_bit() {
        let registry = ["old".to_owned(), "read".to_owned(), "admin".to_owned()];
        let table =
            ScopeTable::new(&registry, &[scope("admin", &["read"]), scope("read", &[])]).unwrap();
        assert_eq!(table.bit("admin"), Some(2));
        assert_eq!(table.bit("old"), None);
        assert_eq!(table.live(), set(&[1, 2]));
        assert_eq!(table.expand(set(&[2])), set(&[1, 2]));
        assert_eq!(table.names(ScopeSet::all()).collect::<Vec<_>>(), ["old", "read", "admin"]);
    }
}
