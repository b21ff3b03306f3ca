//! Text that others chose: ids, names, reasons.
//!
//! It is escaped as all text is. It is also set apart, so that a direction that it has does not
//! reach what stands beside it, and characters that cannot be seen are shown by their numbers: what
//! a reviewer reads is what is there.

use maud::{Markup, PreEscaped, Render, html};

use crate::unseen::{is_unseen, name, seen};

/// A text that others chose.
pub(super) struct Foreign<'a>(pub(super) &'a str);

impl Render for Foreign<'_> {
    fn render(&self) -> Markup {
        let mut shown = String::new();
        for piece in self.0.split_inclusive(is_unseen) {
            let seen = piece.trim_end_matches(is_unseen);
            seen.render_to(&mut shown);
            for unseen in piece.chars().skip(seen.chars().count()) {
                html! { span.unseen { (name(unseen)) } }.render_to(&mut shown);
            }
        }
        html! { bdi { (PreEscaped(shown)) } }
    }
}

/// The text where there is no place for marks, `most` characters of it at most.
pub(super) fn plain(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    let mut shown = seen(&text[..end]);
    if end < text.len() {
        shown.push('\u{2026}');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_is_escaped_and_what_cannot_be_seen_is_named() {
        let shown = |text: &str| Foreign(text).render().into_string();
        assert_eq!(shown("a<b>&\"'"), "<bdi>a&lt;b&gt;&amp;&quot;'</bdi>");
        let unseen = |name: &str| format!("<span class=\"unseen\">U+{name}</span>");
        let (over, end, esc) = (unseen("202E"), unseen("202C"), unseen("001B"));
        assert_eq!(
            shown("ann\u{202E}\u{1B}<txt>\u{202C}"),
            format!("<bdi>ann{over}{esc}&lt;txt&gt;{end}</bdi>")
        );
        assert_eq!(shown("\u{5D0}\u{5D1}"), "<bdi>\u{5D0}\u{5D1}</bdi>");
        assert_eq!(shown(""), "<bdi></bdi>");
    }

    #[test]
    fn a_plain_text_is_cut_by_characters() {
        assert_eq!(plain("\u{e4}\u{f6}\u{fc}", 2), "\u{e4}\u{f6}\u{2026}");
        assert_eq!(plain("a\u{202E}b", 3), "a[U+202E]b");
    }
}
