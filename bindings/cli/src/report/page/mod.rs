//! The page: what to do first, then what there is.
//!
//! It loads nothing and runs nothing, and says so to the browser. All text is escaped by the
//! templates; what others chose goes through [`text::Foreign`] besides.

mod chart;
mod figure;
mod findings;
mod keys;
mod rest;
mod table;
mod text;
mod trail;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;
use super::finding::Weight;
use super::keys::Sign;
use super::rows::{counted, minute, number, span};
use text::Foreign;

const STYLE: &str = include_str!("style.css");

/// Nothing is loaded, run, sent or framed; the style stands in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const PARTS: [(&str, &str); 8] = [
    ("findings", "Findings"),
    ("keys", "Keys"),
    ("ends", "What expires when"),
    ("scopes", "Scopes"),
    ("owners", "Owners"),
    ("trail", "Audit trail"),
    ("realms", "Realms"),
    ("file", "File"),
];

impl Report {
    /// The page.
    pub(crate) fn html(&self) -> String {
        let title = format!("Key review of {}", text::plain(&self.name, 100));
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.head())
                    main {
                        (self.findings())
                        (self.keys())
                        (self.ends())
                        (self.scopes())
                        (self.owners())
                        (self.trail())
                        (self.realms())
                        (self.file())
                    }
                    footer { p {
                        "Made by keycask " (env!("CARGO_PKG_VERSION")) ". This page has key ids, \
                         owners, names and reasons, and no token: treat it as internal."
                    } }
                }
            }
        }
        .into_string()
    }

    /// What the report comes to, in one sentence.
    pub(crate) fn verdict(&self) -> String {
        let of = |weight| self.count(weight);
        let look = counted(of(Weight::Look), "finding to look at", "findings to look at");
        match (of(Weight::Act), of(Weight::Look)) {
            (0, 0) => "nothing that calls for anybody".to_owned(),
            (0, _) => look,
            (act, 0) => counted(act, "finding to act on", "findings to act on"),
            (act, _) => {
                format!("{}, {look}", counted(act, "finding to act on", "findings to act on"))
            }
        }
    }

    fn head(&self) -> Markup {
        let worst = self.findings.first().map_or(Weight::Note, |finding| finding.weight);
        let whole = match (&self.file.checked, &self.trail.chain) {
            (Ok(()), Ok(chain)) => format!(
                "Every row of the file and all {} of the audit trail are as they were written.",
                counted(chain.entries, "entry", "entries")
            ),
            (Ok(()), Err(_)) => "The audit trail is not as it was written.".to_owned(),
            (Err(_), _) => "The file is not as it was written.".to_owned(),
        };
        html! {
            header {
                p.kicker { "keycask report" }
                h1 { "Key review of " (Foreign(&self.name)) }
                p.made {
                    "Made " (minute(self.made)) ", looking back " (span(self.period)) ", at seq "
                    (number(self.file.anchor.seq))
                }
                div.verdict.(worst.name()) {
                    p.sentence { (first_upper(&self.verdict())) "." }
                    p { (whole) }
                }
                (self.tiles())
                nav aria-label="Parts of this page" { ul {
                    @for (id, name) in PARTS { li { a href={ "#" (id) } { (name) } } }
                } }
            }
        }
    }

    /// The figures that are looked for first.
    fn tiles(&self) -> Markup {
        let (keys, of) = (&self.keys, |sign| self.keys.with(sign).total);
        let caps = self.owners.at_cap.total.saturating_add(self.owners.near_cap.total);
        let blind = keys.use_not_kept == keys.live && keys.live > 0;
        let unused = match blind {
            true => "not kept".to_owned(),
            false => number(of(Sign::Unused).saturating_add(of(Sign::NeverUsed))),
        };
        let tiles = [
            ("live keys", number(keys.live), format!("of {} in the file", number(keys.total))),
            ("expire in 30 days", number(keys.end_in_30_days), "without a successor".to_owned()),
            ("due for rotation", number(of(Sign::Overdue)), "by their profile".to_owned()),
            ("unused", unused, format!("never, or not for {}", span(self.period))),
            ("never expire", number(keys.end_never), "of the live keys".to_owned()),
            ("caps", number(caps), "reached, or nearly".to_owned()),
        ];
        html! {
            dl.tiles { @for (name, figure, note) in tiles {
                div { dt { (name) } dd.figure { (figure) } dd.aside { (note) } }
            } }
        }
    }
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
