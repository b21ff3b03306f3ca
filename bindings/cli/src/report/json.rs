//! A report as one object, for programs: the figures of the page.

use keycask::{Event, Timestamp};
use serde_json::{Map, Value, json};

use super::Report;
use super::finding::{Finding, Todo, Weight};
use super::keys::{ByState, STATES};
use super::needs::Needs;
use super::rows::Rows;
use super::trail::{LIVES, Trail};
use crate::output::Fields;
use crate::view;
use crate::when::span;

/// Actors that are told of.
const ACTORS: usize = 100;

impl Report {
    /// The figures, as one object.
    pub(crate) fn json(&self) -> Fields {
        let file = &self.file;
        let weights = Weight::ALL.map(|weight| (weight.name(), self.count(weight)));
        let damage = file.checked.as_ref().err();
        let file = view::stats(&file.stats)
            .and(view::anchor(&file.anchor))
            .with("pepper_generation", file.pepper.generation)
            .with("pepper_previous", file.pepper.previous)
            .with("pepper_left", file.pepper.left)
            .with("checked", damage.is_none())
            .with("damage", damage.cloned());
        Fields::new()
            .with("store", self.name.as_str())
            .with("made", self.made.to_string())
            .with("period", span(self.period))
            .with("verdict", named(weights))
            .with("findings", self.findings.iter().map(finding).collect::<Vec<_>>())
            .with("keys", self.keys_json())
            .with("owners", json!({ "total": self.owners.total }))
            .with("decisions", self.needs.as_ref().map(decisions))
            .with("audit", trail(&self.trail))
            .with("realms", self.realms.iter().map(realm).collect::<Vec<_>>())
            .with("file", file)
    }

    /// How many findings have this weight.
    pub(super) fn count(&self, weight: Weight) -> u64 {
        self.findings.iter().filter(|finding| finding.weight == weight).count() as u64
    }

    fn keys_json(&self) -> Value {
        let keys = &self.keys;
        let kinds = keys.kinds.iter().map(|(realm, kind, counts)| {
            let mut row = states(*counts);
            row.insert("realm".to_owned(), realm.as_str().into());
            row.insert("kind".to_owned(), kind.as_str().into());
            Value::Object(row)
        });
        let weeks = keys.ends.counts().into_iter().map(|(begin, [alone, replaced])| {
            json!({ "from": begin.to_string(), "without_successor": alone, "in_grace": replaced })
        });
        json!({
            "total": keys.total,
            "by_state": states(keys.states()),
            "by_kind": kinds.collect::<Vec<_>>(),
            "in_grace": keys.in_grace,
            "not_yet_valid": keys.waiting,
            "by_age": named(keys.ages.counts()),
            "by_last_use": named(keys.uses.counts()),
            "without_use": keys.without_use,
            "use_not_kept": keys.use_not_kept,
            "ends_by_week": weeks.collect::<Vec<_>>(),
            "ends_later": keys.end_later,
            "ends_never": keys.end_never,
            "sweep_due": keys.over,
        })
    }
}

fn named(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Value {
    let members = counts.into_iter().map(|(name, count)| (name.replace(' ', "_"), count.into()));
    Value::Object(members.collect())
}

fn states(counts: ByState) -> Map<String, Value> {
    STATES.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), count.into())).collect()
}

fn finding(finding: &Finding) -> Value {
    let commands = finding.todo.iter().filter_map(|todo| match todo {
        Todo::Run(command) => Some(command.as_str()),
        Todo::Say(_) => None,
    });
    json!({
        "code": finding.code,
        "weight": finding.weight.name(),
        "title": finding.title,
        "why": finding.why,
        "commands": commands.collect::<Vec<_>>(),
        "total": finding.rows.total,
        "first": rows(&finding.rows),
    })
}

fn rows(rows: &Rows) -> Vec<Value> {
    let row = |row: &Vec<String>| {
        let members = rows.heads.iter().zip(row).map(|(head, cell)| (head.replace(' ', "_"), cell));
        members.map(|(head, cell)| (head, cell.as_str().into())).collect::<Map<_, Value>>().into()
    };
    rows.first.iter().map(row).collect()
}

fn decisions(needs: &Needs) -> Value {
    let (keys, judged) = needs.keys();
    json!({
        "lines": needs.lines,
        "grants": needs.grants,
        "keys": keys,
        "judged": judged,
        "left_out": needs.left_out,
        "first": needs.span.map(|(first, _)| first.to_string()),
        "last": needs.span.map(|(_, last)| last.to_string()),
    })
}

fn trail(trail: &Trail) -> Value {
    let events = |counts: &[u64]| {
        let counts = Event::ALL.iter().zip(counts).filter(|(_, count)| **count > 0);
        named(counts.map(|(event, count)| (event.name(), *count)))
    };
    let actors = trail
        .actors
        .first(ACTORS)
        .into_iter()
        .map(|(actor, counts)| json!({ "actor": actor, "events": events(counts) }));
    let part = |(begin, counts): (Timestamp, [u64; 3])| {
        let mut part = Map::new();
        part.insert("from".to_owned(), begin.to_string().into());
        part.extend(LIVES.iter().zip(counts).map(|(name, n)| ((*name).to_owned(), n.into())));
        Value::Object(part)
    };
    let chain = trail.chain.as_ref();
    json!({
        "chain": chain.is_ok(),
        "damage": chain.err(),
        "first": chain.ok().map(|chain| chain.first),
        "last": chain.ok().map(|chain| chain.last),
        "entries": chain.ok().map(|chain| chain.entries),
        "in_period": trail.entries,
        "events": events(&trail.events),
        "actors": actors.collect::<Vec<_>>(),
        "actors_total": trail.actors.len(),
        "by_part": trail.lives.counts().into_iter().map(part).collect::<Vec<_>>(),
        "newest": rows(&trail.last),
    })
}

fn realm(realm: &super::realms::RealmRow) -> Value {
    let [kinds, scopes, plans] = realm.sizes;
    let rules = realm.rules().into_iter().map(|(name, rule)| (name.replace(' ', "_"), rule.into()));
    let mut row: Map<String, Value> = rules.collect();
    row.insert("realm".to_owned(), realm.name.as_str().into());
    row.insert("kinds".to_owned(), kinds.into());
    row.insert("scopes".to_owned(), scopes.into());
    row.insert("plans".to_owned(), plans.into());
    row.insert("revealed_kinds".to_owned(), realm.revealed.as_slice().into());
    row.insert("on_another_digest".to_owned(), realm.imported.into());
    Value::Object(row)
}
