//! Credits that a lineage shares, over rotations and restarts. What a crash may lose is the
//! business of `tests/quota/model.rs`.

use keycask::{ErrorKind, KeyId, Timestamp, Update};

use super::Part;
use super::dice::Dice;
use super::network::ADDRESSES;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "quota",
    steps: &[(4, give), (9, spend), (3, change)],
    agrees: |world, _| {
        let now = world.now();
        for key in world.keys.iter().filter(|key| !key.swept && !key.is_revoked()) {
            let shown = world.store().key(key.id).unwrap().quota;
            let shown = shown.map(|it| (it.quota.limit(), it.remaining, it.reset));
            let credits = world.credits.get(&key.lineage).map(|credits| {
                let Credits { limit, left, refill } = credits.at(now);
                (limit, left, refill.map_or(Timestamp::NEVER, |(due, _)| Timestamp::from_ms(due)))
            });
            assert_eq!(shown, credits, "{}", key.id);
        }
    },
    plant: |world| {
        // As a store would that took a credit for what it refused.
        let take = Update::new().take_credits(1);
        let now = world.now();
        world.keys.iter().any(|key| {
            let left = world.credits.get(&key.lineage).map_or(0, |credits| credits.at(now).left);
            left > 0 && !key.is_revoked() && world.store().update(key.id, &take, &by()).is_ok()
        })
    },
};

/// Quotas, with their limits and the milliseconds between two refills.
const QUOTAS: [(&str, u64, Option<i64>); 3] =
    [("40", 40, None), ("300 per 1h", 300, Some(3_600_000)), ("90 per 5m", 90, Some(300_000))];

#[derive(Clone, Copy)]
pub struct Credits {
    limit: u64,
    left: u64,
    /// When the next refill is, and how far apart they are.
    refill: Option<(i64, i64)>,
}

impl Credits {
    fn new((_, limit, every): (&str, u64, Option<i64>), now: i64) -> Self {
        Self { limit, left: limit, refill: every.map(|every| (now + every, every)) }
    }

    /// As they are at that time, if nothing else happens.
    fn at(self, now: i64) -> Self {
        match self.refill {
            Some((due, every)) if now >= due => {
                let next = due + ((now - due) / every + 1) * every;
                Self { left: self.limit, refill: Some((next, every)), ..self }
            }
            _ => self,
        }
    }
}

impl World {
    /// Takes what a request costs from the credits of a lineage, or gives the reason for which
    /// it is refused.
    pub fn pay(&mut self, lineage: KeyId, cost: u32) -> Option<&'static str> {
        let now = self.now();
        let credits = self.credits.get_mut(&lineage).filter(|_| cost > 0)?;
        *credits = credits.at(now);
        match credits.left.checked_sub(cost.into()) {
            Some(left) => credits.left = left,
            None => return Some("quota_exhausted"),
        }
        None
    }
}

/// A key and its lineage get a quota, or lose theirs.
fn give(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick_living(dice), world.now()) else { return };
    let lineage = world.keys[at].lineage;
    let quota = (!dice.hits(6)).then(|| dice.pick(&QUOTAS));
    let update = match quota {
        Some((text, ..)) => Update::new().quota(text.parse::<keycask::Quota>().unwrap()),
        None => Update::new().quota(None),
    };
    let changes = quota.is_some() || world.credits.contains_key(&lineage);
    if world.update(at, &update, changes) {
        match quota {
            Some(quota) => _ = world.credits.insert(lineage, Credits::new(quota, now)),
            None => _ = world.credits.remove(&lineage),
        }
    }
}

fn spend(world: &mut World, dice: &mut Dice) {
    world.record();
    let pays = |at: &usize| world.credits.contains_key(&world.keys[*at].lineage);
    let paying: Vec<usize> = (0..world.keys.len()).filter(pays).collect();
    if paying.is_empty() {
        return;
    }
    let at = dice.pick(&paying);
    let (address, scope) = (dice.pick(&ADDRESSES), dice.roll(2));
    for _ in 0..dice.roll(4) {
        let cost = u32::try_from(dice.roll(60)).unwrap();
        world.ask(at, scope, &address, cost);
    }
}

/// Credits are set, added or taken.
fn change(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick_living(dice), world.now()) else { return };
    let key = &world.keys[at];
    let (update, number) = (Update::new(), dice.roll(120) as u64);
    let change = dice.roll(3);
    let update = match change {
        0 => update.set_credits(number),
        1 => update.add_credits(number),
        _ => update.take_credits(number),
    };
    let Some(credits) = world.credits.get(&key.lineage).copied() else {
        let refused = world.store().update(key.id, &update, &by()).unwrap_err();
        // A revoked key keeps the quota that it had.
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        return;
    };
    let lineage = key.lineage;
    if world.update(at, &update, true) {
        let mut credits = credits.at(now);
        credits.left = match change {
            0 => number,
            1 => credits.left + number,
            _ => credits.left.saturating_sub(number),
        };
        world.credits.insert(lineage, credits);
    }
}
