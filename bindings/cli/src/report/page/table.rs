//! Tables: of a list that may be cut, of figures, of facts.

use maud::{Markup, Render, html};

use super::figure::Row;
use super::text::Foreign;
use crate::report::rows::{Rows, number};

/// Columns whose cells are numbers.
const NUMBERS: &[&str] = &["number", "active keys", "cap", "times"];

/// Columns whose cells are copied rather than read.
const CODES: &[&str] = &["key", "hint", "event"];

/// A list, with a sentence that says how much of it is here. `what` names the rows.
pub(super) fn list(rows: &Rows, what: &str) -> Markup {
    let kept = rows.first.len() as u64;
    html! {
        @if kept > 0 {
            @if kept < rows.total {
                p.cut { "The first " (number(kept)) " of " (number(rows.total)) " " (what) ":" }
            }
            div.scroll tabindex="0" role="region" aria-label=(what) {
                table.list {
                    thead { tr { @for head in rows.heads {
                        th.num[NUMBERS.contains(head)] scope="col" { (head) }
                    } } }
                    tbody {
                        @for row in &rows.first {
                            tr { @for (head, cell) in rows.heads.iter().zip(row) {
                                td.num[NUMBERS.contains(head)].code[CODES.contains(head)]
                                    { (Foreign(cell)) }
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// Figures: a name in each row, and a number in each further column.
pub(super) fn figures(heads: &[&str], rows: &[Row]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(heads.join(", ")) {
            table.figures {
                thead { tr { @for (n, head) in heads.iter().enumerate() {
                    th.num[n > 0] scope="col" { (head) }
                } } }
                tbody {
                    @for (name, counts) in rows {
                        tr {
                            th scope="row" { (Foreign(name)) }
                            @for count in counts { td.num { (number(*count)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Facts: names, and what is so.
pub(super) fn facts<R: Render>(facts: impl IntoIterator<Item = (&'static str, R)>) -> Markup {
    html! {
        dl.facts {
            @for (name, fact) in facts {
                div { dt { (name) } dd { (fact) } }
            }
        }
    }
}
