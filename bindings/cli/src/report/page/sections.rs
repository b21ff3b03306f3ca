//! The parts after the findings: what there is.

use keycask::Event;
use maud::{Markup, html};

use super::chart::{Series, bars, columns};
use super::table::{facts, figures, list};
use super::text::Foreign;
use crate::report::Report;
use crate::report::keys::{STATES, Sign};
use crate::report::needs::GRANTS_LEAST;
use crate::report::rows::{counted, day, minute, number, span};
use crate::report::trail::LIVES;

/// Realms of which a chart has a bar.
const REALMS: usize = 12;

/// Kinds and actors of which a table has a row.
const TABLE: usize = 40;

/// Events that are told of each actor.
const EVENTS: usize = 4;

const BY_STATE: [Series; 4] = [
    Series { name: STATES[0], class: "blue" },
    Series { name: STATES[1], class: "amber" },
    Series { name: STATES[2], class: "grey" },
    Series { name: STATES[3], class: "violet" },
];

const KEYS: [Series; 1] = [Series { name: "keys", class: "blue" }];

const BY_END: [Series; 2] = [
    Series { name: "without a successor", class: "blue" },
    Series { name: "rotated, in grace", class: "grey" },
];

const BY_LIFE: [Series; 3] = [
    Series { name: LIVES[0], class: "blue" },
    Series { name: LIVES[1], class: "green" },
    Series { name: LIVES[2], class: "violet" },
];

/// A chart and the table of the same figures.
fn figure(title: &str, note: &str, chart: Markup, table: Markup) -> Markup {
    html! {
        figure {
            figcaption { h3 { (title) } @if !note.is_empty() { p { (note) } } }
            div.pair { div.plot { (chart) } (table) }
        }
    }
}

impl Report {
    pub(super) fn keys(&self) -> Markup {
        let keys = &self.keys;
        let realms: Vec<(&str, Vec<u64>)> =
            keys.realms().into_iter().map(|(name, counts)| (name, counts.to_vec())).collect();
        let shown = realms.get(..REALMS).unwrap_or(&realms);
        let cut = match shown.len() < realms.len() {
            true => format!("The first {REALMS} of {} realms.", realms.len()),
            false => String::new(),
        };
        let plain = |counts: Vec<(&'static str, u64)>| -> Vec<(&str, Vec<u64>)> {
            counts.into_iter().map(|(name, count)| (name, vec![count])).collect()
        };
        let ages = plain(keys.ages.counts());
        let mut uses = plain(keys.uses.counts());
        uses.push(("never used", vec![keys.without_use]));
        uses.push(("not kept", vec![keys.use_not_kept]));
        let by_state = ["realm", STATES[0], STATES[1], STATES[2], STATES[3]];
        html! {
            section #keys {
                h2 { "Keys" }
                p {
                    (counted(keys.total, "key", "keys")) " in the file; live, that is active and not expired: "
                    (number(keys.live)) ". Of these, rotated and in their grace: " (number(keys.in_grace))
                    "; not valid yet: " (number(keys.waiting)) "."
                }
                (figure("Keys by realm and state", &cut,
                    bars("Keys by realm and state", &BY_STATE, shown),
                    figures(&by_state, shown.iter().cloned())))
                (figure("Age of live keys", "Since they were issued.",
                    bars("Age of live keys", &KEYS, &ages), figures(&["issued", "keys"], ages.iter().cloned())))
                (figure("Last use of live keys",
                    "Where the profile keeps it. Uses of the last minutes may be in the service's memory alone, \
                     and what a process grants that only reads is no use.",
                    bars("Last use of live keys", &KEYS, &uses), figures(&["last used", "keys"], uses.iter().cloned())))
                (self.kinds())
            }
        }
    }

    fn kinds(&self) -> Markup {
        let kinds = &self.keys.kinds;
        let names: Vec<(String, Vec<u64>)> = kinds
            .iter()
            .take(TABLE)
            .map(|(realm, kind, counts)| (format!("{realm} / {kind}"), counts.to_vec()))
            .collect();
        let heads = ["realm / kind", STATES[0], STATES[1], STATES[2], STATES[3]];
        html! {
            h3 { "Keys by kind" }
            @if names.len() < kinds.len() {
                p.cut { "The first " (names.len()) " of " (kinds.len()) " kinds:" }
            }
            (figures(&heads, names.iter().map(|(name, counts)| (name.as_str(), counts.clone()))))
        }
    }

    pub(super) fn ends(&self) -> Markup {
        let keys = &self.keys;
        let weeks = keys.ends.counts();
        let rows: Vec<(String, Vec<u64>)> = weeks
            .iter()
            .filter(|(_, counts)| counts.iter().any(|count| *count > 0))
            .map(|(begin, counts)| (day(*begin), counts.to_vec()))
            .collect();
        let heads = ["week from", BY_END[0].name, BY_END[1].name];
        html! {
            section #ends {
                h2 { "What expires when" }
                p {
                    "The next 26 weeks. Of the live keys, " (number(keys.end_later)) " expire later, and "
                    (number(keys.end_never)) " never do."
                }
                (figure("Live keys by the week in which they expire", "Weeks in which none does are not in the table.",
                    columns("Live keys by the week in which they expire", BY_END, true, &weeks),
                    figures(&heads, rows.iter().map(|(name, counts)| (name.as_str(), counts.clone())))))
            }
        }
    }

    pub(super) fn scopes(&self) -> Markup {
        let over = self.keys.with(Sign::OverScoped);
        html! {
            section #scopes {
                h2 { "Scopes" }
                @match &self.needs {
                    None => p.absent {
                        "Which scopes the keys need is not known: the file does not have it. Only the process that \
                         decides knows; give the decisions that it wrote with " code { "--decisions FILE" } "."
                    },
                    Some(needs) => {
                        @let (keys, judged) = needs.keys();
                        p {
                            (counted(needs.grants, "sampled grant", "sampled grants")) " of "
                            (counted(keys as u64, "key", "keys"))
                            @if let Some((first, last)) = needs.span {
                                ", from " (minute(first)) " to " (minute(last))
                            }
                            ". " (counted(judged as u64, "key has", "keys have")) " the " (GRANTS_LEAST)
                            " grants by which a key is judged; "
                            (counted(over.total, "live key has", "live keys have")) " scopes that none needed."
                            @if needs.left_out > 0 {
                                " " (counted(needs.left_out, "grant was", "grants were"))
                                " left out, of further keys."
                            }
                        }
                        p { "A sample does not have what is seldom: a scope that is needed once a year is not \
                             among what was needed. Ask the owner before you take one away." }
                    }
                }
            }
        }
    }

    pub(super) fn owners(&self) -> Markup {
        let owners = &self.owners;
        html! {
            section #owners {
                h2 { "Owners" }
                p {
                    (counted(owners.total, "owner", "owners")) ". Active keys are counted as the caps count them: \
                     a key and its rotations once, whatever has expired or is suspended not at all."
                }
                @if owners.at_cap.total == 0 && owners.near_cap.total == 0 {
                    p { "Nobody has nine tenths of the active keys that the plan allows." }
                } @else {
                    p {
                        (counted(owners.at_cap.total, "cap is", "caps are")) " reached, and "
                        (counted(owners.near_cap.total, "more is", "more are")) " nearly."
                    }
                }
                p { "Rates are counted in the serving process alone, and are not in the file. Credits of quotas \
                     that it has taken to hand out count here as used." }
            }
        }
    }

    pub(super) fn trail(&self) -> Markup {
        let trail = &self.trail;
        let events = Event::ALL.iter().zip(trail.events).filter(|(_, count)| *count > 0);
        let events: Vec<(&str, Vec<u64>)> =
            events.map(|(event, count)| (event.name(), vec![count])).collect();
        let parts = trail.lives.counts();
        let rows = parts.iter().map(|(begin, counts)| (day(*begin), counts.to_vec()));
        let rows: Vec<_> = rows.collect();
        html! {
            section #trail {
                h2 { "Audit trail" }
                @match &trail.chain {
                    Ok(chain) => p {
                        "The chain holds: " (counted(chain.entries, "entry", "entries"))
                        @if chain.entries > 0 { ", numbers " (chain.first) " to " (chain.last) }
                        @if chain.first > 1 { "; those before " (chain.first) " were taken out by a trimming" }
                        ". In the last " (span(self.period)) ": " (number(trail.entries)) "."
                    },
                    Err(why) => p.absent { "The chain does not hold: " (Foreign(why)) },
                }
                @if trail.entries > 0 {
                    (figure("Keys issued, rotated and revoked", "Thirteen equal parts of the period. Imported and reissued keys count as issued.",
                        columns("Keys issued, rotated and revoked", BY_LIFE, false, &parts),
                        figures(&["from", LIVES[0], LIVES[1], LIVES[2]], rows.iter().map(|(name, counts)| (name.as_str(), counts.clone())))))
                    (figure("Entries by event", "", bars("Entries by event", &[Series { name: "entries", class: "blue" }], &events),
                        figures(&["event", "entries"], events.iter().cloned())))
                    (self.actors())
                }
                @if trail.last.total > 0 {
                    h3 { "The last entries" }
                    (list(&trail.last, "entries, the last one first"))
                }
            }
        }
    }

    fn actors(&self) -> Markup {
        let actors = &self.trail.actors;
        let shown = actors.first(TABLE);
        html! {
            h3 { "Entries by actor" }
            @if shown.len() < actors.len() {
                p.cut {
                    "Those with the most: " (shown.len()) " of " (number(actors.len() as u64))
                    @if actors.others > 0 { ", and further ones with " (number(actors.others)) " entries" }
                    "."
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Entries by actor" {
                table.list {
                    thead { tr { th scope="col" { "actor" } th.num scope="col" { "entries" } th scope="col" { "mostly" } } }
                    tbody { @for (actor, counts) in shown {
                        tr {
                            th scope="row" { @if actor.is_empty() { i { "none named" } } @else { (Foreign(actor)) } }
                            td.num { (number(counts.iter().fold(0, |sum, n| sum.saturating_add(*n)))) }
                            td { (mostly(counts)) }
                        }
                    } }
                }
            }
        }
    }

    pub(super) fn realms(&self) -> Markup {
        html! {
            section #realms {
                h2 { "Realms" }
                @if self.realms.len() > TABLE {
                    p.cut { "The first " (TABLE) " of " (self.realms.len()) " realms:" }
                }
                div.cards { @for realm in self.realms.iter().take(TABLE) {
                    @let [kinds, scopes, plans] = realm.sizes;
                    article {
                        h3 { (realm.name) }
                        p {
                            (counted(kinds as u64, "kind", "kinds")) ", " (counted(scopes as u64, "scope", "scopes"))
                            ", " (counted(plans as u64, "plan", "plans"))
                        }
                        (facts(realm.rules()))
                        @if !realm.revealed.is_empty() {
                            p { "Tokens of these kinds can be shown again: " (realm.revealed.join(", ")) }
                        }
                    }
                } }
            }
        }
    }

    pub(super) fn file(&self) -> Markup {
        let file = &self.file;
        let checked = match &file.checked {
            Ok(()) => "every row, each index, the log: as they were written".to_owned(),
            Err(why) => why.clone(),
        };
        let pepper = match (file.pepper.peppered, file.pepper.previous) {
            (false, _) => "none".to_owned(),
            (true, None) => format!("generation {}", file.pepper.generation),
            (true, Some(previous)) => {
                let left = counted(file.pepper.left, "key", "keys");
                format!("generation {}, and {previous} with {left} left", file.pepper.generation)
            }
        };
        let least = match file.min_seq {
            0 => "no least seq was given, so an older file in its place is not noticed".to_owned(),
            least => format!("at least {least}, as was asked for"),
        };
        let restored =
            if file.stats.unconfirmed { "restored, and not confirmed" } else { "takes changes" };
        html! {
            section #file {
                h2 { "File" }
                (facts([
                    ("checked", checked),
                    ("seq", number(file.anchor.seq)),
                    ("least seq", least),
                    ("anchor", file.anchor.to_string()),
                    ("store id", file.id()),
                    ("pepper", pepper),
                    ("state", restored.to_owned()),
                    ("owners", number(file.stats.owners)),
                    ("keys", number(file.stats.keys)),
                ]))
                p {
                    "Keep the anchor elsewhere: it tells this file from an older one that somebody puts in its \
                     place. When the file was last backed up it does not know."
                }
            }
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
