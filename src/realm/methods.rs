//! Which scope an HTTP method needs.
//!
//! A scope may list the methods that it permits. A method needs the least scope that permits
//! it: the one that every other permitting scope implies. Method names are compared byte for
//! byte, as RFC 9110 section 9.1 has it.

use std::fmt;

use super::scopes::Scope;
use crate::scope::ScopeSet;

/// What a request needs because of its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MethodNeed {
    /// No scope of the realm lists methods: nothing.
    Nothing,
    /// The one scope of this set.
    Scope(ScopeSet),
    /// Scopes list methods, but none this one: the request is refused to every key.
    Refused,
}

/// Two scopes permit a method, and no least one can be told.
#[derive(Debug)]
pub(super) struct Clash {
    pub method: String,
    pub first: String,
    pub second: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, first, second } = self;
        write!(f, "method {method:?} is permitted by {first:?} and by {second:?}, ")?;
        f.write_str("and no scope that permits it is implied by all others that do")
    }
}

/// What each method needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Methods {
    /// The methods that some scope lists by name.
    named: Vec<(String, ScopeSet)>,
    /// Every other method.
    rest: MethodNeed,
}

impl Methods {
    /// In a scope's list: every method.
    pub(super) const ALL: &'static str = "*";

    /// Works out the least scopes from the scopes with their bits, and what each bit implies.
    pub(super) fn new<'a>(
        scopes: impl Iterator<Item = (u8, &'a Scope)>,
        closure: &[ScopeSet],
    ) -> Result<Self, Clash> {
        let scopes: Vec<(u8, &Scope)> = scopes.filter(|(_, s)| !s.methods.is_empty()).collect();
        let mut methods = Self { named: Vec::new(), rest: MethodNeed::Nothing };
        if scopes.is_empty() {
            return Ok(methods);
        }
        methods.rest = match least(&scopes, Self::ALL, closure)? {
            Some(need) => MethodNeed::Scope(need),
            None => MethodNeed::Refused,
        };
        for name in scopes.iter().flat_map(|(_, scope)| &scope.methods) {
            let known = methods.named.iter().any(|(known, _)| known == name);
            if known || name == Self::ALL {
                continue;
            }
            if let Some(need) = least(&scopes, name, closure)? {
                methods.named.push((name.clone(), need));
            }
        }
        Ok(methods)
    }

    /// What `method` needs.
    pub(super) fn need(&self, method: &str) -> MethodNeed {
        match self.named.iter().find(|(name, _)| name == method) {
            Some((_, need)) => MethodNeed::Scope(*need),
            None => self.rest,
        }
    }
}

/// The least of the scopes that permit `method`, if any does.
fn least(
    scopes: &[(u8, &Scope)],
    method: &str,
    closure: &[ScopeSet],
) -> Result<Option<ScopeSet>, Clash> {
    let permits = |scope: &Scope| scope.methods.iter().any(|m| m == method || m == Methods::ALL);
    let permitting = || scopes.iter().filter(|(_, scope)| permits(scope));
    let implies = |from: u8, to: u8| {
        closure.get(usize::from(from)).is_some_and(|set| set.contains(ScopeSet::single(to)))
    };
    // Going down whenever the next one is implied ends at the least scope, if there is one.
    let lowest =
        permitting().copied().reduce(|low, next| if implies(low.0, next.0) { next } else { low });
    let Some((low, scope)) = lowest else { return Ok(None) };
    match permitting().find(|(bit, _)| !implies(*bit, low)) {
        None => Ok(Some(ScopeSet::single(low))),
        Some((_, other)) => Err(Clash {
            method: method.to_owned(),
            first: scope.name.clone(),
            second: other.name.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scopes::{ScopeTable, own_names};
    use super::*;

    fn scope(name: &str, implies: &[&str], methods: &[&str]) -> Scope {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (title, tier) = (None, None);
        Scope { name: name.into(), title, tier, implies: owned(implies), methods: owned(methods) }
    }

    fn needs(scopes: &[Scope]) -> Result<impl Fn(&str) -> String + use<>, String> {
        let table =
            ScopeTable::new(&own_names(scopes), scopes).map_err(|clash| clash.to_string())?;
        Ok(move |method: &str| match table.methods().need(method) {
            MethodNeed::Nothing => "nothing".to_owned(),
            MethodNeed::Refused => "refused".to_owned(),
            MethodNeed::Scope(set) => table.names(set).collect::<Vec<_>>().join(" "),
        })
    }

    #[test]
    fn a_method_needs_the_least_scope_that_permits_it() {
        let needs = needs(&[
            scope("read_write", &["read", "write"], &["*"]),
            scope("read", &[], &["GET"]),
            scope("write", &[], &["POST", "PATCH", "DELETE"]),
        ])
        .unwrap();
        assert_eq!(needs("GET"), "read");
        for method in ["POST", "PATCH", "DELETE"] {
            assert_eq!(needs(method), "write");
        }
        for method in ["PUT", "HEAD", "OPTIONS", "get", ""] {
            assert_eq!(needs(method), "read_write", "{method}");
        }
    }

    #[test]
    fn a_method_that_no_scope_permits_is_refused_to_all() {
        let needs = needs(&[scope("read", &[], &["GET"]), scope("other", &[], &[])]).unwrap();
        assert_eq!(needs("GET"), "read");
        assert_eq!(needs("POST"), "refused");
    }

    #[test]
    fn without_any_listed_method_a_method_needs_nothing() {
        assert_eq!(needs(&[scope("read", &[], &[])]).unwrap()("GET"), "nothing");
        assert_eq!(needs(&[]).unwrap()("GET"), "nothing");
    }

    #[test]
    fn two_scopes_that_permit_a_method_and_neither_implies_the_other_clash() {
        let clash = needs(&[scope("a", &[], &["GET"]), scope("b", &[], &["GET"])]).err().unwrap();
        assert!(clash.starts_with(r#"method "GET" is permitted by "a" and by "b""#), "{clash}");
        // A third scope above both does not help; a third below both does.
        let both = [scope("a", &["c"], &["GET"]), scope("b", &["c"], &["GET"])];
        let [a, b] = both.clone();
        assert!(needs(&[scope("c", &[], &[]), a, b]).is_err());
        let [a, b] = both;
        assert_eq!(needs(&[a, b, scope("c", &[], &["GET"])]).unwrap()("GET"), "c");
    }

    #[test]
    fn scopes_of_a_cycle_do_not_clash() {
        let needs = needs(&[scope("a", &["b"], &["GET"]), scope("b", &["a"], &["GET"])]).unwrap();
        assert!(needs("GET") == "a" || needs("GET") == "b");
    }
}
