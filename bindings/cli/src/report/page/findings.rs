//! The findings, each with what to do.

use maud::{Markup, html};

use super::table;
use crate::report::Report;
use crate::report::finding::{Finding, Todo, Weight};

/// What a weight is called on the page, and that in its colour.
const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Act => "Act",
        Weight::Look => "Look",
        Weight::Note => "Note",
    }
}

impl Report {
    pub(super) fn findings(&self) -> Markup {
        html! {
            section #findings {
                h2 { "Findings" }
                @if self.findings.is_empty() {
                    p { "None." }
                }
                ul.glance { @for finding in &self.findings {
                    li.(finding.weight.name()) {
                        (badge(finding.weight))
                        a href={ "#finding-" (finding.code) } { (finding.title) }
                    }
                } }
                @for finding in &self.findings { (one(finding)) }
            }
        }
    }
}

fn badge(weight: Weight) -> Markup {
    html! { span.badge { (word(weight)) } " " }
}

fn one(finding: &Finding) -> Markup {
    html! {
        article.finding.(finding.weight.name()) id={ "finding-" (finding.code) } {
            h3 { (badge(finding.weight)) (finding.title) }
            p { (finding.why) }
            @if !finding.todo.is_empty() {
                ul.todo { @for todo in &finding.todo { li { @match todo {
                    Todo::Run(command) => code { (command) },
                    Todo::Say(words) => (words),
                } } } }
            }
            (table::list(&finding.rows, "rows"))
        }
    }
}
