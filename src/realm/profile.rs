//! A profile: the TOML that describes a realm, read and checked.
//!
//! A profile that was read is sound in itself: every name in it stands for something, and
//! every template renders. What it has not are numbers; those a store gives.

use super::answers::Answers;
use super::kind::{self, Kind};
use super::names;
use super::plan::{self, Plan};
use super::policy::Policy;
use super::scopes::{self, NamedSet, Scope};
use super::source::{Section, Source};
use crate::error::Result;
use crate::token::{Carrier, Carriers, Grammar};

/// Most headers in which a realm takes a token, and most decoys.
const HEADERS_MAX: usize = 16;

/// A realm as its TOML describes it.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub name: String,
    pub title: Option<String>,
    pub carriers: Carriers,
    pub kinds: Vec<Kind>,
    pub grammar: Grammar,
    pub scopes: Vec<Scope>,
    pub sets: Vec<NamedSet>,
    /// A plan's number is its place here.
    pub plans: Vec<Plan>,
    pub policy: Policy,
    pub answers: Answers,
}

impl Profile {
    /// Reads the profile `text`. Errors call it `source`.
    ///
    /// # Errors
    ///
    /// `Profile`, with source, line and field, if the text is longer than 256 KiB, is not
    /// TOML, or breaks a rule of the profile's format.
    pub(crate) fn parse(source: &str, text: &str) -> Result<Self> {
        let source = Source::new(source, text)?;
        let table = source.parse()?;
        let mut root = Section::root(source, &table);
        let name = names::realm(&root.required("realm")?)?;
        let title = root.field("title").map(|f| names::title(&f)).transpose()?;
        let carriers = present(&mut root)?;
        let kinds = kind::read(&mut root)?;
        let shapes: Vec<_> = kinds.iter().map(|kind| kind.shape.clone()).collect();
        let grammar = match Grammar::new(shapes) {
            Ok(grammar) => grammar,
            Err(error) => return Err(root.required("kind")?.error(error.message())),
        };
        let scopes = scopes::read(&mut root)?;
        let sets = scopes::read_sets(&mut root, &scopes)?;
        let plans = plan::read(&mut root, &kinds)?;
        let policy = Policy::read(&mut root, &plans)?;
        let answers = Answers::read(&mut root, policy.tell_expired)?;
        root.close()?;
        Ok(Self { name, title, carriers, kinds, grammar, scopes, sets, plans, policy, answers })
    }
}

/// Reads where tokens are presented: by default `Authorization: Bearer`.
fn present(root: &mut Section<'_>) -> Result<Carriers> {
    let Some(mut section) = root.section("present")? else {
        let bearer = Carrier::new("Authorization", Some("Bearer"))?;
        return Carriers::new(vec![bearer], None);
    };
    let at = section.required("headers")?;
    let mut accepted = Vec::new();
    for item in at.items(HEADERS_MAX)? {
        let mut header = item.section()?;
        let name = header.required("name")?.text()?;
        let scheme = header.field("scheme").map(|f| f.text()).transpose()?;
        header.close()?;
        accepted.push(Carrier::new(name, scheme).map_err(|e| item.error(e.message()))?);
    }
    let mut decoys = None;
    if let Some(field) = section.field("decoys") {
        let names = field.items(HEADERS_MAX)?;
        decoys = Some(names.iter().map(|n| n.text().map(str::to_owned)).collect::<Result<_>>()?);
    }
    section.close()?;
    Carriers::new(accepted, decoys).map_err(|error| at.error(error.message()))
}

#[cfg(test)]
mod tests;
