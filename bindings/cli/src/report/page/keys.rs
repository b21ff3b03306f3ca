//! Keys: by realm, kind and state, by age and last use, by end; and whose scopes they need.

use maud::{Markup, html};

use super::chart::{bars, columns};
use super::figure::{BY_END, BY_STATE, KEYS, Row, figure, heads};
use super::table::figures;
use crate::report::Report;
use crate::report::keys::Sign;
use crate::report::needs::{GRANTS_LEAST, Needs};
use crate::report::rows::{counted, day, minute, number};

/// Realms of which a chart has a bar.
const REALMS: usize = 12;

/// Kinds of which the table has a row.
const KINDS: usize = 40;

/// How the figures of one series are told of each name.
fn rows(counts: Vec<(&'static str, u64)>) -> Vec<Row> {
    counts.into_iter().map(|(name, count)| (name.to_owned(), vec![count])).collect()
}

impl Report {
    pub(super) fn keys(&self) -> Markup {
        let keys = &self.keys;
        html! {
            section #keys {
                h2 { "Keys" }
                p {
                    (counted(keys.total, "key", "keys")) " in the file; live, that is active and \
                    not expired: " (number(keys.live)) ". Of these, rotated and in their grace: "
                    (number(keys.in_grace)) "; not valid yet: " (number(keys.waiting)) "."
                }
                (self.by_realm())
                (self.by_age())
                (self.by_use())
                (self.by_kind())
            }
        }
    }

    fn by_realm(&self) -> Markup {
        let title = "Keys by realm and state";
        let realms = self.keys.realms();
        let shown = realms.iter().take(REALMS);
        let shown: Vec<Row> =
            shown.map(|(name, counts)| ((*name).to_owned(), counts.to_vec())).collect();
        let cut = match shown.len() < realms.len() {
            true => format!("The first {REALMS} of {} realms.", realms.len()),
            false => String::new(),
        };
        let table = figures(&heads("realm", &BY_STATE), &shown);
        figure(title, &cut, bars(title, &BY_STATE, &shown), table)
    }

    fn by_age(&self) -> Markup {
        let (title, ages) = ("Age of live keys", rows(self.keys.ages.counts()));
        let table = figures(&heads("issued", &KEYS), &ages);
        figure(title, "Since they were issued.", bars(title, &KEYS, &ages), table)
    }

    fn by_use(&self) -> Markup {
        let title = "Last use of live keys";
        let mut uses = self.keys.uses.counts();
        uses.push(("never used", self.keys.without_use));
        uses.push(("not kept", self.keys.use_not_kept));
        let uses = rows(uses);
        let note = "Where the profile keeps it. Uses of the last minutes may be in the service's \
                    memory alone, and what a process grants that only reads is no use.";
        let table = figures(&heads("last used", &KEYS), &uses);
        figure(title, note, bars(title, &KEYS, &uses), table)
    }

    fn by_kind(&self) -> Markup {
        let kinds = &self.keys.kinds;
        let shown = kinds.iter().take(KINDS);
        let shown: Vec<Row> = shown
            .map(|(realm, kind, counts)| (format!("{realm} / {kind}"), counts.to_vec()))
            .collect();
        html! {
            h3 { "Keys by kind" }
            @if shown.len() < kinds.len() {
                p.cut { "The first " (shown.len()) " of " (kinds.len()) " kinds:" }
            }
            (figures(&heads("realm / kind", &BY_STATE), &shown))
        }
    }

    pub(super) fn ends(&self) -> Markup {
        let title = "Live keys by the week in which they expire";
        let weeks = self.keys.ends.counts();
        let some = weeks.iter().filter(|(_, counts)| counts.iter().any(|count| *count > 0));
        let some: Vec<Row> = some.map(|(begin, counts)| (day(*begin), counts.to_vec())).collect();
        let note = "Weeks in which none does are not in the table.";
        let chart = columns(title, BY_END, true, &weeks);
        html! {
            section #ends {
                h2 { "What expires when" }
                p {
                    "The next 26 weeks. Live keys that expire later: " (number(self.keys.end_later))
                    "; that never do: " (number(self.keys.end_never)) "."
                }
                (figure(title, note, chart, figures(&heads("week from", &BY_END), &some)))
            }
        }
    }

    pub(super) fn scopes(&self) -> Markup {
        html! {
            section #scopes {
                h2 { "Scopes" }
                @match &self.needs {
                    None => p.absent {
                        "Which scopes the keys need is not known: the file does not have it. \
                        Only the process that decides knows; give the decisions that it wrote \
                        with " code { "--decisions FILE" } "."
                    },
                    Some(needs) => (self.needed(needs)),
                }
            }
        }
    }

    fn needed(&self, needs: &Needs) -> Markup {
        let over = self.keys.with(Sign::OverScoped).total;
        let (keys, judged) = needs.keys();
        html! {
            p {
                (counted(needs.grants, "sampled grant", "sampled grants")) " of "
                (counted(keys as u64, "key", "keys"))
                @if let Some((first, last)) = needs.span {
                    ", from " (minute(first)) " to " (minute(last))
                }
                ". " (counted(judged as u64, "key has", "keys have")) " the " (GRANTS_LEAST)
                " grants by which a key is judged; "
                (counted(over, "live key has", "live keys have")) " scopes that none needed."
                @if needs.left_out > 0 {
                    " " (counted(needs.left_out, "grant was", "grants were"))
                    " left out, of further keys."
                }
            }
            p {
                "A sample does not have what is seldom: a scope that is needed once a year is not \
                among what was needed. Ask the owner before you take one away."
            }
        }
    }
}
