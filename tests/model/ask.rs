//! What a filter selects, and in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use keycask::{Filter, KeyId, Order, Timestamp};

use super::Part;
use super::dice::Dice;
use super::key::Key;
use super::world::World;

pub const PART: Part = Part {
    name: "ask",
    steps: &[],
    agrees: |world, dice| {
        if dice.hits(3) {
            let question = Question::new(world, dice);
            question.agrees(world, dice);
        }
    },
    plant: |world| {
        // As an index would that kept a row of a key that is gone: the model has one key less.
        let revoked = world.keys.iter_mut().find(|key| key.is_revoked() && !key.swept);
        revoked.map(|key| key.swept = true).is_some()
    },
};

/// A condition as the model has it.
type Condition = Box<dyn Fn(&Key) -> bool>;

/// Conditions, each as the store and as the model has it.
pub struct Question {
    pub filter: Filter,
    conditions: Vec<Condition>,
    now: i64,
}

impl Question {
    /// One, two or three conditions.
    pub fn new(world: &World, dice: &mut Dice) -> Self {
        let filter = Filter::new().realm(world.realm);
        let mut question = Self { filter, conditions: Vec::new(), now: world.now() };
        let rolled = dice.roll(3);
        (0..=rolled).for_each(|_| question.add(world, dice));
        question
    }

    fn add(&mut self, world: &World, dice: &mut Dice) {
        let (now, filter) = (self.now, self.filter.clone());
        let span = dice.pick(&[1_i64, 1_000, 100_000, 5_000_000]);
        let wait = Duration::from_millis(u64::try_from(span).unwrap());
        let some = world.pick(dice).map(|at| &world.keys[at]);
        let issued = some.map_or(now, |key| key.issued);
        let at = Timestamp::from_ms(issued);
        let (filter, is_met): (Filter, Condition) = match dice.roll(11) {
            0 => {
                let owner = dice.roll(world.owners.len());
                (filter.owner(world.owners[owner].id), Box::new(move |key| key.owner == owner))
            }
            1 => {
                use keycask::State::{Active, Revoked, Suspended};
                let state = dice.pick(&[Active, Suspended, Revoked]);
                (filter.state(state), Box::new(move |key| key.state == state))
            }
            2 => (filter.issued_from(at), Box::new(move |key| key.issued >= issued)),
            3 => (filter.issued_before(at), Box::new(move |key| key.issued < issued)),
            4 => {
                let expired = dice.hits(2);
                (filter.expired(expired), Box::new(move |key| (key.end <= now) == expired))
            }
            5 => {
                let soon = move |key: &Key| key.end > now && key.end <= now + span;
                let is_met = Box::new(move |key: &Key| !key.is_revoked() && soon(key));
                (filter.expiring_within(wait), is_met)
            }
            6 => (filter.in_grace(), Box::new(move |key| key.is_in_grace(now))),
            7 => {
                let alive = move |key: &Key| !key.is_revoked() && key.end > now;
                let is_met =
                    move |key: &Key| alive(key) && !key.rotated && key.issued + span <= now;
                (filter.rotation_due_at(wait), Box::new(is_met))
            }
            8 => (filter.never_used(), Box::new(|key| key.used.is_none())),
            9 => {
                // What is asked of is what is shown.
                let there = world.keys.iter().filter(|key| !key.swept);
                let shown: BTreeMap<_, _> =
                    there.map(|key| (key.id, world.shown_use(key.id))).collect();
                let last = move |key: &Key| shown[&key.id].unwrap_or(key.issued);
                (filter.idle_for(wait), Box::new(move |key| last(key) + span <= now))
            }
            _ => {
                let Some(key) = some else { return };
                let lineage = key.lineage;
                (filter.lineage(key.id), Box::new(move |key| key.lineage == lineage))
            }
        };
        // Of two conditions of one name the later holds; what no key meets is refused.
        if world.store().count(&filter).is_ok() {
            let asked = |filter: &Filter| format!("{filter:?}").matches("None").count();
            if asked(&filter) == asked(&self.filter) && filter != self.filter {
                return;
            }
            self.filter = filter;
            self.conditions.push(is_met);
        }
    }

    /// The keys that are selected, by place in the model.
    pub fn selected(&self, world: &World) -> Vec<usize> {
        let is_met = |key: &Key| !key.swept && self.conditions.iter().all(|is_met| is_met(key));
        (0..world.keys.len()).filter(|at| is_met(&world.keys[*at])).collect()
    }

    fn agrees(&self, world: &World, dice: &mut Dice) {
        let order = dice.pick(&[Order::KeyId, Order::End]);
        let limit = 1 + dice.roll(12);
        let mut wanted: Vec<(i64, KeyId)> = self
            .selected(world)
            .into_iter()
            .map(|at| &world.keys[at])
            .map(|key| (if order == Order::End { key.over() } else { 0 }, key.id))
            .collect();
        wanted.sort_unstable();
        let wanted: Vec<KeyId> = wanted.into_iter().map(|(_, id)| id).collect();
        let filter = self.filter.clone().order(order);
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = world.store().list(&filter, after, limit).unwrap();
            listed.extend(page.keys.iter().map(|key| key.key_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, wanted, "{filter:?}");
        assert_eq!(world.store().count(&filter).unwrap(), wanted.len() as u64);
    }
}
