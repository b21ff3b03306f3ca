//! No panic leaves the library: each function that it exports runs within the guard.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tree::Tree;

/// A function at the top of a file.
struct Function {
    exported: bool,
    /// Whether it gives a status: those that do not give a constant.
    gives_status: bool,
    /// What its body is a call of, and nothing else: the parts of its path.
    calls: Vec<String>,
}

/// Functions that are exported, give a status, and do not run within the guard as a whole, neither
/// themselves nor by another of their file, which is all that they call.
pub fn problems(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.below("bindings/c/src/").files() {
        let functions = functions(text.parse().unwrap());
        let of_api = functions.iter().filter(|(_, one)| one.exported && one.gives_status);
        let open = of_api.filter(|(name, _)| !is_guarded(name, &functions, &mut BTreeSet::new()));
        problems.extend(open.map(|(name, _)| format!("{path}: {name} is not within the guard")));
    }
    problems
}

fn is_guarded<'f>(
    name: &'f str,
    functions: &'f BTreeMap<String, Function>,
    seen: &mut BTreeSet<&'f str>,
) -> bool {
    let Some(function) = functions.get(name).filter(|_| seen.insert(name)) else { return false };
    match function.calls.as_slice() {
        [module, _] => module == "guard",
        [other] => is_guarded(other, functions, seen),
        _ => false,
    }
}

fn functions(file: TokenStream) -> BTreeMap<String, Function> {
    let tokens: Vec<TokenTree> = file.into_iter().collect();
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    let items = tokens.split_inclusive(ends);
    let named = items.filter_map(|item| {
        let at = item
            .iter()
            .position(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))?;
        let (head, rest) = item.split_at(at);
        let [_, name, signature @ .., TokenTree::Group(body)] = rest else { return None };
        let calls = called(body.stream());
        let exported = head.iter().any(|token| token.to_string().contains("no_mangle"));
        let gives_status = signature.last().is_some_and(|token| token.to_string() == "Status");
        Some((name.to_string(), Function { exported, gives_status, calls }))
    });
    named.collect()
}

/// The path of what a body calls, if it is that call alone; it may be unsafe.
fn called(body: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let is = |token: &TokenTree, text| token.to_string() == text;
    match tokens.as_slice() {
        [word, TokenTree::Group(inner)] if is(word, "unsafe") => called(inner.stream()),
        [path @ .., TokenTree::Group(taken)] if taken.delimiter() == Delimiter::Parenthesis => {
            let parts = path.split(|token| is(token, ":"));
            parts.filter(|part| !part.is_empty()).map(|part| part[0].to_string()).collect()
        }
        _ => Vec::new(),
    }
}
