//! A chart and the table of the same figures, and the colours of charts.

use maud::{Markup, html};

use super::chart::Series;
use crate::report::keys::STATES;
use crate::report::trail::LIVES;

/// A name, and the figures that belong to it.
pub(super) type Row = (String, Vec<u64>);

pub(super) const BY_STATE: [Series; 4] = [
    Series { name: STATES[0], class: "blue" },
    Series { name: STATES[1], class: "amber" },
    Series { name: STATES[2], class: "grey" },
    Series { name: STATES[3], class: "violet" },
];

pub(super) const BY_END: [Series; 2] = [
    Series { name: "without a successor", class: "blue" },
    Series { name: "rotated, in grace", class: "grey" },
];

pub(super) const BY_LIFE: [Series; 3] = [
    Series { name: LIVES[0], class: "blue" },
    Series { name: LIVES[1], class: "green" },
    Series { name: LIVES[2], class: "violet" },
];

pub(super) const KEYS: [Series; 1] = [Series { name: "keys", class: "blue" }];

pub(super) const ENTRIES: [Series; 1] = [Series { name: "entries", class: "blue" }];

/// Shows `chart` and `table` beside each other.
pub(super) fn figure(title: &str, note: &str, chart: Markup, table: Markup) -> Markup {
    html! {
        figure {
            figcaption {
                h3 { (title) }
                @if !note.is_empty() { p { (note) } }
            }
            div.pair { div.plot { (chart) } (table) }
        }
    }
}

/// The heads of a table of figures: what the names are, and what is counted.
pub(super) fn heads<'a>(of: &'a str, series: &[Series]) -> Vec<&'a str> {
    [of].into_iter().chain(series.iter().map(|one| one.name)).collect()
}
