//! One pass over all keys: how many of each sort there are, and which are remarkable.

use std::collections::BTreeMap;
use std::sync::Arc;

use keycask::{Filter, KeyInfo, KindRef, Order, Realm, Result, State, Store, Timestamp};

use super::count::{Parts, Spans};
use super::needs::Needs;
use super::rows::{self, Rows};
use super::{DAY, FRESH, OLD, PAGE, SOON};

/// What a key is now. An expired key that was suspended has expired.
pub(super) const STATES: [&str; 4] = ["active", "suspended", "expired", "revoked"];

/// How many keys are in each of [`STATES`].
pub(super) type ByState = [u64; STATES.len()];

/// Weeks that are looked ahead.
const WEEKS: usize = 26;

/// A quota of which less than a tenth is left is a finding.
const LITTLE: u64 = 10;

/// Fewest scopes of a realm of which it is remarkable to have all.
const MANY_SCOPES: usize = 3;

/// Why a key is remarkable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// It expires soon, and has no successor.
    Expiring,
    /// It is older than its profile advises.
    Overdue,
    /// It is old, and its profile says nothing of that.
    Old,
    /// It was never used, though not new.
    NeverUsed,
    /// It was not used in the period.
    Unused,
    /// It is refused, because it was not used.
    Idle,
    /// It has scopes that no request needed.
    OverScoped,
    /// It has every scope of its realm.
    AllScopes,
    /// It never expires.
    Endless,
    /// It was rotated, and is still used.
    UsedInGrace,
    /// It was suspended before the period, and is neither resumed nor revoked.
    LongSuspended,
    /// Little of its quota is left.
    QuotaLow,
}

impl Sign {
    const ALL: [Self; 12] = [
        Self::Expiring,
        Self::Overdue,
        Self::Old,
        Self::NeverUsed,
        Self::Unused,
        Self::Idle,
        Self::OverScoped,
        Self::AllScopes,
        Self::Endless,
        Self::UsedInGrace,
        Self::LongSuspended,
        Self::QuotaLow,
    ];

    /// What the rows of such keys have in their columns.
    const fn heads(self) -> &'static [&'static str] {
        match self {
            Self::Expiring => &["key", "realm", "owner", "name", "hint", "expires"],
            Self::Overdue => &["key", "realm", "owner", "name", "hint", "due since"],
            Self::Old | Self::NeverUsed | Self::Endless => {
                &["key", "realm", "owner", "name", "hint", "issued"]
            }
            Self::Unused | Self::UsedInGrace => {
                &["key", "realm", "owner", "name", "hint", "last used"]
            }
            Self::Idle => &["key", "realm", "owner", "name", "hint", "idle since"],
            Self::OverScoped => &["key", "realm", "owner", "name", "hint", "never needed"],
            Self::AllScopes => &["key", "realm", "owner", "name", "hint", "scopes"],
            Self::LongSuspended => &["key", "realm", "owner", "name", "hint", "suspended"],
            Self::QuotaLow => &["key", "realm", "owner", "name", "hint", "credits left"],
        }
    }
}

/// What was counted of all keys. A key is live if it is active and has not expired.
pub(super) struct Keys {
    pub(super) total: u64,
    pub(super) live: u64,
    /// Of the live: those that were rotated, and those whose start is to come.
    pub(super) in_grace: u64,
    pub(super) waiting: u64,
    /// By realm and kind. Every realm has a row for each of its kinds.
    pub(super) kinds: Vec<(String, String, ByState)>,
    /// How old the live are.
    pub(super) ages: Spans,
    /// How long ago the live were last used, where that is kept.
    pub(super) uses: Spans,
    /// Of the live: those whose use is kept and that have none, and those whose use is not kept.
    pub(super) without_use: u64,
    pub(super) use_not_kept: u64,
    /// When the live end: without a successor, with one.
    pub(super) ends: Parts<2>,
    pub(super) end_later: u64,
    pub(super) end_never: u64,
    /// Live keys that end within 30 days, and have no successor.
    pub(super) end_in_30_days: u64,
    /// Keys that a sweep would take.
    pub(super) over: u64,
    signs: BTreeMap<Sign, Rows>,
}

impl Keys {
    pub(super) fn look(
        store: &Store,
        now: Timestamp,
        since: Timestamp,
        needs: Option<&Needs>,
        most: usize,
    ) -> Result<Self> {
        let mut keys = Self::new(store, now, most);
        let mut after = None;
        loop {
            let page = store.list(&Filter::new(), after, PAGE)?;
            for key in &page.keys {
                let realm = store.profile(key.realm)?;
                Look { key, realm: &realm, now, since, needs }.at(&mut keys);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        keys.first_to_expire(store, most)?;
        Ok(keys)
    }

    fn new(store: &Store, now: Timestamp, most: usize) -> Self {
        let months = |n: u32| DAY * 30 * n;
        let of_realm = |realm: Arc<Realm>| {
            let row = |kind: &keycask::Kind| {
                (realm.name().to_owned(), kind.name.clone(), ByState::default())
            };
            realm.kinds().iter().map(row).collect::<Vec<_>>()
        };
        Self {
            total: 0,
            live: 0,
            in_grace: 0,
            waiting: 0,
            kinds: store.realms().into_iter().flat_map(of_realm).collect(),
            ages: Spans::new(
                &[
                    (DAY * 7, "under 7 days"),
                    (months(1), "7 to 30 days"),
                    (months(3), "30 to 90 days"),
                    (months(6), "90 to 180 days"),
                    (OLD, "180 to 365 days"),
                    (OLD * 2, "1 to 2 years"),
                ],
                "2 years and more",
            ),
            uses: Spans::new(
                &[
                    (DAY, "last 24 hours"),
                    (DAY * 7, "1 to 7 days"),
                    (months(1), "7 to 30 days"),
                    (months(3), "30 to 90 days"),
                    (OLD, "90 to 365 days"),
                ],
                "longer ago",
            ),
            without_use: 0,
            use_not_kept: 0,
            ends: Parts::new(now, DAY * 7, WEEKS),
            end_later: 0,
            end_never: 0,
            end_in_30_days: 0,
            over: 0,
            signs: Sign::ALL.map(|sign| (sign, Rows::new(sign.heads(), most))).into(),
        }
    }

    /// The keys with a sign.
    pub(super) fn with(&self, sign: Sign) -> Rows {
        self.signs.get(&sign).cloned().unwrap_or_default()
    }

    /// How many keys of all realms are in each state.
    pub(super) fn states(&self) -> ByState {
        self.kinds.iter().fold(ByState::default(), |sum, (.., counts)| added(sum, *counts))
    }

    /// How many keys of each realm are in each state.
    pub(super) fn realms(&self) -> Vec<(&str, ByState)> {
        let mut realms: Vec<(&str, ByState)> = Vec::new();
        for (realm, _, counts) in &self.kinds {
            match realms.last_mut().filter(|(name, _)| name == realm) {
                Some((_, sum)) => *sum = added(*sum, *counts),
                None => realms.push((realm, *counts)),
            }
        }
        realms
    }

    fn sign(&mut self, sign: Sign, key: &KeyInfo, realm: &Realm, fact: impl FnOnce() -> String) {
        if let Some(rows) = self.signs.get_mut(&sign) {
            rows.add(|| rows::key(key, realm.name(), fact()));
        }
    }

    /// Puts those first that expire first: the pass over all keys met them by their age.
    fn first_to_expire(&mut self, store: &Store, most: usize) -> Result<()> {
        let Some(found) = self.signs.get_mut(&Sign::Expiring) else { return Ok(()) };
        let filter = Filter::new().state(State::Active).expiring_within(SOON).order(Order::End);
        let mut soonest = Rows::new(found.heads, most);
        let mut after = None;
        while soonest.first.len() < most {
            let page = store.list(&filter, after, PAGE)?;
            for key in page.keys.iter().filter(|key| key.successor.is_none()) {
                let realm = store.profile(key.realm)?;
                soonest.add(|| rows::key(key, realm.name(), rows::minute(key.end)));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.first = soonest.first;
        Ok(())
    }
}

fn added(sum: ByState, counts: ByState) -> ByState {
    let mut all = sum;
    all.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    all
}

fn bump(count: &mut u64) {
    *count = count.saturating_add(1);
}

/// One key, and what it is looked at by.
struct Look<'a> {
    key: &'a KeyInfo,
    realm: &'a Realm,
    now: Timestamp,
    since: Timestamp,
    needs: Option<&'a Needs>,
}

impl Look<'_> {
    /// Takes the key into `keys`.
    fn at(&self, keys: &mut Keys) {
        let key = self.key;
        bump(&mut keys.total);
        let state = match key.state {
            State::Revoked => 3,
            _ if key.expired => 2,
            State::Suspended => 1,
            _ => 0,
        };
        let of_kind = |(realm, kind, _): &&mut (String, String, ByState)| {
            realm == self.realm.name() && *kind == key.kind_name
        };
        if let Some((.., counts)) = keys.kinds.iter_mut().find(of_kind)
            && let Some(count) = counts.get_mut(state)
        {
            bump(count);
        }
        match state {
            0 => self.live(keys),
            1 => {
                if key.changed < self.since {
                    keys.sign(Sign::LongSuspended, key, self.realm, || rows::day(key.changed));
                }
            }
            _ => {
                let over = if key.state == State::Revoked { key.changed } else { key.end };
                if over.plus(self.realm.policy().retain) <= self.now {
                    bump(&mut keys.over);
                }
            }
        }
    }

    fn live(&self, keys: &mut Keys) {
        let key = self.key;
        bump(&mut keys.live);
        keys.ages.add(self.now.since(key.issued));
        if key.in_grace {
            bump(&mut keys.in_grace);
        }
        if key.start > self.now {
            bump(&mut keys.waiting);
        }
        self.end(keys);
        self.usage(keys);
        self.rotation(keys);
        self.rights(keys);
        if let Some(quota) = &key.quota {
            let limit = quota.quota.limit();
            if quota.remaining < limit / LITTLE || quota.remaining == 0 {
                let left = || {
                    let (left, limit) = (rows::number(quota.remaining), rows::number(limit));
                    format!("{left} of {limit}")
                };
                keys.sign(Sign::QuotaLow, key, self.realm, left);
            }
        }
    }

    fn end(&self, keys: &mut Keys) {
        let key = self.key;
        let replaced = key.successor.is_some();
        if key.end == Timestamp::NEVER {
            bump(&mut keys.end_never);
            keys.sign(Sign::Endless, key, self.realm, || rows::day(key.issued));
        } else if !keys.ends.add(key.end, usize::from(replaced)) {
            bump(&mut keys.end_later);
        }
        if !replaced && key.end <= self.now.plus(SOON) {
            keys.sign(Sign::Expiring, key, self.realm, || rows::minute(key.end));
        }
        if !replaced && key.end <= self.now.plus(DAY * 30) {
            bump(&mut keys.end_in_30_days);
        }
    }

    fn usage(&self, keys: &mut Keys) {
        let key = self.key;
        let policy = self.realm.policy();
        let kept = policy.keeps_use() || key.idle.is_some();
        match key.last_used {
            // One from when it was kept says nothing of now.
            _ if !kept => bump(&mut keys.use_not_kept),
            Some(last) => {
                keys.uses.add(self.now.since(last));
                if last < self.since {
                    keys.sign(Sign::Unused, key, self.realm, || rows::day(last));
                }
                if key.in_grace && self.now.since(last) < DAY {
                    keys.sign(Sign::UsedInGrace, key, self.realm, || rows::minute(last));
                }
            }
            None => {
                bump(&mut keys.without_use);
                if key.issued.plus(FRESH) <= self.now {
                    keys.sign(Sign::NeverUsed, key, self.realm, || rows::day(key.issued));
                }
            }
        }
        if let Some(at) = key.idle_at.filter(|at| *at <= self.now) {
            keys.sign(Sign::Idle, key, self.realm, || rows::day(at));
        }
    }

    fn rotation(&self, keys: &mut Keys) {
        let key = self.key;
        if let Some(due) = key.rotation_due.filter(|due| *due <= self.now) {
            keys.sign(Sign::Overdue, key, self.realm, || rows::day(due));
        }
        let unadvised = self.realm.policy().rotate_after.is_none() && key.successor.is_none();
        if unadvised && key.issued.plus(OLD) <= self.now {
            keys.sign(Sign::Old, key, self.realm, || rows::day(key.issued));
        }
    }

    fn rights(&self, keys: &mut Keys) {
        let (key, scopes) = (self.key, self.realm.scopes().len());
        if let Some(needs) = self.needs
            && let Some(unneeded) = needs.unneeded(key)
        {
            keys.sign(Sign::OverScoped, key, self.realm, || unneeded.join(" "));
        }
        // What a scope contains counts as well: an administrator's one scope may be all.
        let has_all = || {
            let own = self.realm.scope_set(&key.scopes);
            own.is_ok_and(|own| self.realm.expand(own).contains(self.realm.all_scopes()))
        };
        if scopes >= MANY_SCOPES && has_all() {
            keys.sign(Sign::AllScopes, key, self.realm, || key.scopes.join(" "));
        }
    }
}

/// The number of a kind, for callers that look a cap up.
pub(super) fn kinds(realm: &Realm) -> impl Iterator<Item = KindRef> {
    realm.kinds().iter().filter_map(|kind| realm.kind_named(&kind.name).ok()).map(|(kind, _)| kind)
}
