//! One Rust file as tokens, without comments and without what is built for tests only.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What the rules ask of a file.
#[derive(Default)]
pub struct Source {
    /// First names after `crate::`, or after as many `super::` as lead there, with lines.
    /// `*` stands for all.
    pub uses: Vec<(String, usize)>,
    /// Identifiers with lines.
    pub words: Vec<(String, usize)>,
    /// Identifiers with which a path begins, with lines: crates, and modules and types in scope.
    pub heads: Vec<(String, usize)>,
    /// Modules that are declared for tests only.
    pub test_modules: BTreeSet<String>,
    /// Lines, those of test items left out.
    pub lines: usize,
    test_lines: BTreeSet<usize>,
}

/// Reads the file at `path`, which says how many `super::` lead out of it to the crate.
pub fn read(path: &str, text: &str) -> Source {
    let stream: TokenStream =
        text.parse().unwrap_or_else(|error| panic!("{path}: not Rust: {error}"));
    let mut source = Source::default();
    source.walk(stream, depth(path));
    source.lines = text.lines().count().saturating_sub(source.test_lines.len());
    source
}

/// Number of modules from the crate to the one that a file is: 1 for `src/a.rs` and
/// `src/a/mod.rs`, 2 for `src/a/b.rs`, 0 for `src/lib.rs`.
fn depth(path: &str) -> usize {
    let names = path.trim_start_matches("src/").trim_end_matches(".rs").split('/');
    names.filter(|name| *name != "mod" && *name != "lib").count()
}

impl Source {
    fn walk(&mut self, stream: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if is_test_attribute(&tokens[at..]) {
                at += self.skip_item(&tokens[at..]);
                continue;
            }
            match token {
                TokenTree::Ident(ident) => {
                    let line = ident.span().start().line;
                    self.words.push((ident.to_string(), line));
                    if is_head(&tokens, at) {
                        self.heads.push((ident.to_string(), line));
                    }
                    let (steps, left) = path_upwards(&tokens[at..], depth);
                    let rest = &tokens[at + steps..];
                    at += steps.max(1);
                    match (left, rest.first()) {
                        (0, _) if steps > 0 => self.use_names(rest, line),
                        (_, Some(TokenTree::Group(list))) if steps > 0 => {
                            self.walk(list.stream(), left);
                            at += 1;
                        }
                        _ => {}
                    }
                }
                TokenTree::Group(group) => {
                    let inner = usize::from(is_module(&tokens[..at], group));
                    self.walk(group.stream(), depth + inner);
                    at += 1;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// The names that a path out of the crate begins with: one, all, or each of a list.
    fn use_names(&mut self, rest: &[TokenTree], line: usize) {
        match rest.first() {
            Some(TokenTree::Ident(name)) => {
                self.uses.push((name.to_string(), name.span().start().line));
            }
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => {
                self.uses.push(("*".into(), line));
            }
            Some(TokenTree::Group(list)) => {
                let names: Vec<TokenTree> = list.stream().into_iter().collect();
                for path in names.split(|token| is_punct(token, ',')) {
                    self.use_names(path, line);
                }
            }
            _ => {}
        }
    }

    /// Steps over an item for tests, attributes and all; notes its lines, and its name if it
    /// is a module in a file of its own. Gives the number of tokens.
    fn skip_item(&mut self, tokens: &[TokenTree]) -> usize {
        let ends_at_semicolon = |item: &[TokenTree]| item.iter().any(|token| is_word(token, "use"));
        let end = (0..tokens.len()).find(|&at| match &tokens[at] {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => {
                group.delimiter() == Delimiter::Brace && !ends_at_semicolon(&tokens[..at])
            }
            _ => false,
        });
        let count = end.map_or(tokens.len(), |end| end + 1);
        let item = &tokens[..count];
        let (first, last) = (&item[0], &item[count - 1]);
        self.test_lines.extend(first.span().start().line..=last.span().end().line);
        if is_punct(last, ';')
            && let Some(at) = item.iter().position(|token| is_word(token, "mod"))
        {
            self.test_modules.insert(item[at + 1].to_string());
        }
        count
    }
}

/// Whether the tokens begin with `#[cfg(test)]` or `#[cfg(all(test, ...))]`.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(attribute), ..] = tokens else { return false };
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    is_punct(hash, '#') && (text == "cfg(test)" || text.starts_with("cfg(all(test,"))
}

/// Tokens of `crate ::` or of `super :: super :: ...` at the head of `tokens`, and how deep
/// below the crate the path is after them.
fn path_upwards(tokens: &[TokenTree], depth: usize) -> (usize, usize) {
    let is_step = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| is_word(token, word))
            && tokens.get(at + 1).is_some_and(|token| is_punct(token, ':'))
            && tokens.get(at + 2).is_some_and(|token| is_punct(token, ':'))
    };
    if is_step(0, "crate") {
        return (3, 0);
    }
    let start = if is_step(0, "self") { 3 } else { 0 };
    let supers = (0..).take_while(|n| is_step(start + 3 * n, "super")).count();
    (start + 3 * supers, depth.saturating_sub(supers))
}

/// Whether a path begins at `at`: `::` follows and does not stand before.
fn is_head(tokens: &[TokenTree], at: usize) -> bool {
    let is_step = |first: Option<usize>| {
        first
            .and_then(|first| tokens.get(first..first + 2))
            .is_some_and(|pair| pair.iter().all(|token| is_punct(token, ':')))
    };
    is_step(Some(at + 1)) && !is_step(at.checked_sub(2))
}

/// Whether `group` is the body of `mod name { ... }`.
fn is_module(before: &[TokenTree], group: &Group) -> bool {
    let [.., TokenTree::Ident(word), TokenTree::Ident(_)] = before else { return false };
    *word == "mod" && group.delimiter() == Delimiter::Brace
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if *ident == word)
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}
