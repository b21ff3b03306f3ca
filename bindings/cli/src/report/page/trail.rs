//! The audit trail: whether it holds, what was done, and by whom.

use keycask::Event;
use maud::{Markup, html};

use super::chart::{bars, columns};
use super::figure::{BY_LIFE, ENTRIES, Row, figure, heads};
use super::table::{figures, list};
use super::text::Foreign;
use crate::report::Report;
use crate::report::rows::{counted, day, number, span};

/// Actors of which the table has a row.
const ACTORS: usize = 40;

/// Events that are told of each actor.
const EVENTS: usize = 4;

impl Report {
    pub(super) fn trail(&self) -> Markup {
        let trail = &self.trail;
        html! {
            section #trail {
                h2 { "Audit trail" }
                @match &trail.chain {
                    Ok(chain) => p {
                        "The chain holds: " (counted(chain.entries, "entry", "entries"))
                        @if chain.entries > 0 { ", numbers " (chain.first) " to " (chain.last) }
                        @if chain.first > 1 {
                            "; those before " (chain.first) " were taken out by a trimming"
                        }
                        ". In the last " (span(self.period)) ": " (number(trail.entries)) "."
                    },
                    Err(why) => p.absent { "The chain does not hold: " (Foreign(why)) },
                }
                @if trail.entries > 0 { (self.lives()) (self.events()) (self.actors()) }
                @if trail.last.total > 0 {
                    h3 { "The last entries" }
                    (list(&trail.last, "entries, the last one first"))
                }
            }
        }
    }

    fn lives(&self) -> Markup {
        let title = "Keys issued, rotated and revoked";
        let parts = self.trail.lives.counts();
        let rows: Vec<Row> =
            parts.iter().map(|(begin, counts)| (day(*begin), counts.to_vec())).collect();
        let note =
            "Thirteen equal parts of the period. Imported and reissued keys count as issued.";
        let chart = columns(title, BY_LIFE, false, &parts);
        figure(title, note, chart, figures(&heads("from", &BY_LIFE), &rows))
    }

    fn events(&self) -> Markup {
        let title = "Entries by event";
        let counts = Event::ALL.iter().zip(self.trail.events).filter(|(_, count)| *count > 0);
        let rows: Vec<Row> =
            counts.map(|(event, count)| (event.name().to_owned(), vec![count])).collect();
        let table = figures(&heads("event", &ENTRIES), &rows);
        figure(title, "", bars(title, &ENTRIES, &rows), table)
    }

    fn actors(&self) -> Markup {
        let actors = &self.trail.actors;
        let shown = actors.first(ACTORS);
        html! {
            h3 { "Entries by actor" }
            @if shown.len() < actors.len() {
                p.cut {
                    "Those with the most: " (shown.len()) " of " (number(actors.len() as u64))
                    @if actors.others > 0 {
                        ", and further ones with " (number(actors.others)) " entries"
                    }
                    "."
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Entries by actor" {
                table.list {
                    thead { tr {
                        th scope="col" { "actor" }
                        th.num scope="col" { "entries" }
                        th scope="col" { "mostly" }
                    } }
                    tbody { @for (actor, counts) in shown { (row(actor, counts)) } }
                }
            }
        }
    }
}

fn row(actor: &str, counts: &[u64]) -> Markup {
    html! {
        tr {
            th scope="row" {
                @if actor.is_empty() { i { "none named" } } @else { (Foreign(actor)) }
            }
            td.num { (number(counts.iter().fold(0, |sum, n| sum.saturating_add(*n)))) }
            td { (mostly(counts)) }
        }
    }
}

/// The events that an actor asked for most.
fn mostly(counts: &[u64]) -> String {
    let mut events: Vec<_> =
        Event::ALL.iter().zip(counts).filter(|(_, count)| **count > 0).collect();
    events.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let more = events.len().saturating_sub(EVENTS);
    events.truncate(EVENTS);
    let named = events.iter().map(|(event, count)| format!("{} {}", event.name(), number(**count)));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if more > 0 {
        text += &format!(", {more} others");
    }
    text
}
