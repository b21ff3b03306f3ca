//! Journeys of the public interface that change a store, chosen by chance.

use std::time::Duration;

use super::book::{Book, KINDS, PROFILES, Scopes, names, profile};
use crate::error::Result;
use crate::key_id::KeyId;
use crate::spec::{OwnerChange, Rotation, Spec, Update};
use crate::storage::tests::dice::Dice;
use crate::store::Store;
use crate::store::tests::by;
use crate::time::Timestamp;

/// How many owners there are at most.
const OWNERS: usize = 3;
const NEVER: Timestamp = Timestamp::NEVER;

/// One journey. Keys and owners are numbers in a [`Book`].
#[derive(Clone, Debug)]
pub(super) enum Journey {
    Apply(usize),
    SetOwner {
        owner: usize,
        suspended: Option<bool>,
        direct: Option<Scopes>,
        plan: Option<&'static str>,
    },
    Issue {
        owner: usize,
        kind: usize,
        scopes: Scopes,
        end: Timestamp,
    },
    /// With its grace in milliseconds.
    Rotate {
        key: usize,
        grace: i64,
    },
    Suspend(usize),
    Resume(usize),
    Revoke(usize),
    Update {
        key: usize,
        scopes: Option<Scopes>,
        end: Option<Timestamp>,
        name: String,
    },
    Reveal(usize),
    Sweep(usize),
    Flush,
    ResetClock,
}

/// What a journey gave, as far as it cannot be foreseen.
#[derive(Clone, Debug)]
pub(super) enum Done {
    Nothing,
    Issued(KeyId, String),
    Swept(usize),
}

pub(super) fn owner_id(owner: usize) -> String {
    format!("owner-{owner}")
}

impl Journey {
    /// One that may come next at a store that is as `book` says.
    pub(super) fn choose(book: &Book, now: Timestamp, dice: &mut Dice) -> Self {
        if book.profile.is_none() {
            return Self::Apply(0);
        }
        let scopes = |dice: &mut Dice| [dice.chance(1, 2), dice.chance(1, 2)];
        let ahead = |dice: &mut Dice| *dice.pick(&[500, 30_000, 4_000_000]);
        let at = |ms: i64| Timestamp::from_ms(now.as_ms() + ms);
        let there: Vec<usize> =
            (0..book.keys.len()).filter(|number| !book.keys[*number].swept).collect();
        if book.owners.is_empty() || dice.chance(1, 10) {
            return Self::SetOwner {
                owner: dice.roll(OWNERS),
                suspended: dice.chance(1, 2).then(|| dice.chance(1, 3)),
                direct: dice.chance(1, 2).then(|| scopes(dice)),
                plan: dice.chance(1, 3).then_some("few"),
            };
        }
        if there.len() < 2 || dice.chance(1, 4) {
            let owners: Vec<usize> = book.owners.keys().copied().collect();
            let kind = dice.roll(KINDS.len());
            return Self::Issue {
                owner: *dice.pick(&owners),
                kind,
                scopes: if kind == 2 { [false; 2] } else { scopes(dice) },
                end: if dice.chance(1, 2) { NEVER } else { at(ahead(dice)) },
            };
        }
        let key = *dice.pick(&there);
        match dice.roll(12) {
            0 | 1 => Self::Rotate { key, grace: *dice.pick(&[0, 1_000, 3_000_000]) },
            2 => Self::Suspend(key),
            3 => Self::Resume(key),
            4 | 5 => Self::Revoke(key),
            6 => Self::Update {
                key,
                scopes: (book.keys[key].kind != 2 && dice.chance(1, 2)).then(|| scopes(dice)),
                end: dice.chance(1, 2).then(|| at(ahead(dice))),
                name: format!("name {}", dice.roll(3)),
            },
            7 => Self::Reveal(key),
            8 => Self::Sweep(1 + dice.roll(3)),
            9 => Self::Flush,
            10 => Self::Apply(dice.roll(PROFILES)),
            _ if dice.chance(1, 4) => Self::ResetClock,
            _ => Self::Revoke(key),
        }
    }

    /// Asks it of `store`, which was as `book` says.
    pub(super) fn ask(&self, store: &Store, book: &Book) -> Result<Done> {
        let id = |key: &usize| book.keys[*key].id;
        let acme = || store.realm("acme");
        let nothing = Done::Nothing;
        Ok(match self {
            Self::Apply(number) => {
                store.apply_realm("acme.toml", &profile(*number), &by())?;
                nothing
            }
            Self::SetOwner { owner, suspended, direct, plan } => {
                let mut change = OwnerChange::new();
                if let Some(suspended) = suspended {
                    change = change.suspended(*suspended);
                }
                if let Some(direct) = direct {
                    change = change.direct(names(*direct));
                }
                if let Some(plan) = plan {
                    change = change.plan(*plan);
                }
                store.set_owner(acme()?, &owner_id(*owner), &change, &by())?;
                nothing
            }
            Self::Issue { owner, kind, scopes, end } => {
                let spec = Spec::new(acme()?, KINDS[*kind], owner_id(*owner));
                let issued = store.issue(&spec.scopes(names(*scopes)).end(*end), &by())?;
                Done::Issued(issued.key.key_id, issued.token.expose().to_owned())
            }
            Self::Rotate { key, grace } => {
                let grace = Duration::from_millis(u64::try_from(*grace).unwrap());
                let issued = store.rotate(id(key), &Rotation::new().grace(grace), &by())?;
                Done::Issued(issued.key.key_id, issued.token.expose().to_owned())
            }
            Self::Suspend(key) => store.suspend(id(key), &by()).map(|_| nothing)?,
            Self::Resume(key) => store.resume(id(key), &by()).map(|_| nothing)?,
            Self::Revoke(key) => store.revoke(id(key), &by()).map(|_| nothing)?,
            Self::Update { key, scopes, end, name } => {
                let mut update = Update::new().name(name);
                if let Some(scopes) = scopes {
                    update = update.scopes(names(*scopes));
                }
                if let Some(end) = end {
                    update = update.end(*end);
                }
                store.update(id(key), &update, &by()).map(|_| nothing)?
            }
            Self::Reveal(key) => {
                let token = store.reveal(id(key), &by())?;
                assert_eq!(token.expose(), book.keys[*key].token, "another token was revealed");
                nothing
            }
            Self::Sweep(limit) => Done::Swept(store.sweep(*limit, &by())?.keys),
            Self::Flush => store.flush().map(|()| nothing)?,
            Self::ResetClock => store.reset_clock(&by()).map(|_| nothing)?,
        })
    }
}
