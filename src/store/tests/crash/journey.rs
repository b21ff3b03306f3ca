//! Journeys of the public interface that change a store, chosen by chance.

use std::time::Duration;

use super::book::{Book, KINDS, PROFILES, Scopes, names, profile};
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::info::Issued;
use crate::key_id::KeyId;
use crate::query::{Ending, Filter};
use crate::seal::SealingKey;
use crate::spec::{OwnerChange, Rotation, Spec, Update};
use crate::storage::tests::dice::Dice;
use crate::store::tests::by;
use crate::store::{Store, Trim};
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
    Issue(Wanted),
    /// All of them or none.
    IssueMany(Vec<Wanted>),
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
    /// Revokes all keys of an owner.
    EndMany(usize),
    /// All entries of the trail but so many.
    TrimAudit(u64),
    /// So many keys at most; all there are if it is not said.
    Sweep(Option<usize>),
    Flush,
    ResetClock,
    /// Sealing keys by number: the new one is that of the opening.
    Reseal {
        old: u8,
        new: u8,
    },
    /// Of a store that was restored.
    Confirm,
    /// Under the operation id of that number: again, if the book knows it.
    Named(usize, Box<Self>),
}

/// A key to be issued.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub owner: usize,
    pub kind: usize,
    pub scopes: Scopes,
    pub end: Timestamp,
}

/// What a journey gave, as far as it cannot be foreseen.
#[derive(Clone, Debug)]
pub(super) enum Done {
    Nothing,
    Issued(Vec<(KeyId, String)>),
    Swept(usize),
    /// So many keys, or entries.
    Ended(u64),
}

/// The sealing key of a number.
pub(super) fn sealing_key(number: u8) -> SealingKey {
    SealingKey::new(&[number; 32])
}

pub(super) fn operation_id(number: usize) -> String {
    format!("operation-{number}")
}

pub(super) fn owner_id(owner: usize) -> String {
    format!("owner-{owner}")
}

impl Journey {
    /// One that may come next at a store that is as `book` says; some under an operation id,
    /// of which some were done before.
    pub(super) fn choose(book: &Book, now: Timestamp, dice: &mut Dice) -> Self {
        if book.restored {
            return Self::Confirm.named_by(book, dice);
        }
        if !book.operations.is_empty() && dice.chance(1, 12) {
            let number = dice.roll(book.operations.len());
            return Self::Named(number, book.operations[number].0.clone());
        }
        let journey = Self::choose_plain(book, now, dice);
        match journey {
            Self::Sweep(_) | Self::Flush => journey,
            journey => journey.named_by(book, dice),
        }
    }

    /// Perhaps under an operation id that is not in `book`.
    pub(super) fn named_by(self, book: &Book, dice: &mut Dice) -> Self {
        if dice.chance(1, 3) {
            return Self::Named(book.operations.len(), Box::new(self));
        }
        self
    }

    fn choose_plain(book: &Book, now: Timestamp, dice: &mut Dice) -> Self {
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
            let wanted = |dice: &mut Dice| {
                let kind = dice.roll(KINDS.len());
                Wanted {
                    owner: *dice.pick(&owners),
                    kind,
                    scopes: if kind == 2 { [false; 2] } else { scopes(dice) },
                    end: if dice.chance(1, 2) { NEVER } else { at(ahead(dice)) },
                }
            };
            if dice.chance(1, 5) {
                let count = 2 + dice.roll(3);
                return Self::IssueMany((0..count).map(|_| wanted(dice)).collect());
            }
            return Self::Issue(wanted(dice));
        }
        let key = *dice.pick(&there);
        match dice.roll(14) {
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
            8 => Self::Sweep(dice.chance(2, 3).then(|| 1 + dice.roll(3))),
            9 => Self::Flush,
            10 => Self::Apply(dice.roll(PROFILES)),
            11 if dice.chance(1, 2) => Self::EndMany(book.keys[key].owner),
            12 => Self::TrimAudit(dice.roll(12) as u64),
            _ if dice.chance(1, 4) => Self::ResetClock,
            _ => Self::Revoke(key),
        }
    }

    /// The journey without its operation id.
    pub(super) fn plain(&self) -> &Self {
        match self {
            Self::Named(_, journey) => journey.plain(),
            journey => journey,
        }
    }

    /// Asks it of `store`, which was as `book` says.
    pub(super) fn ask(&self, store: &Store, book: &Book) -> Result<Done> {
        match self {
            Self::Named(number, journey) => {
                journey.ask_as(store, book, &by().operation(operation_id(*number)))
            }
            journey => journey.ask_as(store, book, &by()),
        }
    }

    fn ask_as(&self, store: &Store, book: &Book, by: &Actor) -> Result<Done> {
        let id = |key: &usize| book.keys[*key].id;
        let acme = || store.realm("acme");
        let nothing = Done::Nothing;
        Ok(match self {
            Self::Apply(number) => {
                store.apply_realm("acme.toml", &profile(*number), by)?;
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
                store.set_owner(acme()?, &owner_id(*owner), &change, by)?;
                nothing
            }
            Self::Issue(wanted) => issued([store.issue(&wanted.spec(acme()?), by)?]),
            Self::IssueMany(wanted) => {
                let acme = acme()?;
                let specs: Vec<Spec> = wanted.iter().map(|wanted| wanted.spec(acme)).collect();
                issued(store.issue_many(&specs, by)?)
            }
            Self::Rotate { key, grace } => {
                let grace = Duration::from_millis(u64::try_from(*grace).unwrap());
                issued([store.rotate(id(key), &Rotation::new().grace(grace), by)?])
            }
            Self::Suspend(key) => store.suspend(id(key), by).map(|_| nothing)?,
            Self::Resume(key) => store.resume(id(key), by).map(|_| nothing)?,
            Self::Revoke(key) => store.revoke(id(key), by).map(|_| nothing)?,
            Self::Update { key, scopes, end, name } => {
                let mut update = Update::new().name(name);
                if let Some(scopes) = scopes {
                    update = update.scopes(names(*scopes));
                }
                if let Some(end) = end {
                    update = update.end(*end);
                }
                store.update(id(key), &update, by).map(|_| nothing)?
            }
            Self::Reveal(key) => {
                let token = store.reveal(id(key), by)?;
                assert_eq!(token.expose(), book.keys[*key].token, "another token was revealed");
                nothing
            }
            Self::EndMany(owner) => {
                let all = Filter::new().realm(acme()?).owner(owner_id(*owner));
                Done::Ended(store.end_many(&Ending::revoke(all), by)?.keys)
            }
            Self::TrimAudit(kept) => Done::Ended(store.trim_audit(Trim::Keep(*kept), by)?.entries),
            Self::Sweep(Some(limit)) => Done::Swept(store.sweep(*limit, by)?.keys),
            Self::Sweep(None) => Done::Swept(usize::try_from(store.sweep_all(by)?).unwrap()),
            Self::Flush => store.flush().map(|()| nothing)?,
            Self::ResetClock => store.reset_clock(by).map(|_| nothing)?,
            Self::Reseal { old, .. } => {
                store.change_sealing_key(&sealing_key(*old), by).map(|_| nothing)?
            }
            Self::Confirm => store.confirm_restore(by).map(|()| nothing)?,
            Self::Named(_, journey) => journey.ask_as(store, book, by)?,
        })
    }
}

impl Wanted {
    fn spec(&self, acme: RealmRef) -> Spec {
        let spec = Spec::new(acme, KINDS[self.kind], owner_id(self.owner));
        spec.scopes(names(self.scopes)).end(self.end)
    }
}

fn issued(issued: impl IntoIterator<Item = Issued>) -> Done {
    let each = |issued: Issued| (issued.key.key_id, issued.token.expose().to_owned());
    Done::Issued(issued.into_iter().map(each).collect())
}
