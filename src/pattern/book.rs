//! What was found: made of notes when somebody asks, and bounded whatever comes.

use std::collections::{HashMap, VecDeque};

use super::network::Near;
use super::{Finding, Pattern, Patterns, Subject};
use crate::decision::Note;
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// Keys and owners of which something is known, at most; what was met first is forgotten first.
const SUBJECTS_MAX: usize = if cfg!(test) { 64 } else { 65_536 };

/// Networks that are known of one key or owner at most; the one that was seen first is forgotten
/// first.
const NETWORKS_MAX: usize = 8;

/// Findings that are kept at most; the oldest that has nothing to be told goes first.
const FINDINGS_MAX: usize = 1_024;

/// After how many milliseconds one that goes on is told again.
const AGAIN_MS: i64 = 24 * 3_600 * 1_000;

/// What is known of one key, or of an owner's keys as if they were one.
#[derive(Default)]
struct Known {
    networks: VecDeque<Near>,
    /// Denials for scopes since a moment.
    denials: u32,
    since: Option<Timestamp>,
    /// Of which keys each pattern was noted.
    noted: ByPattern<Keys>,
    /// When each pattern was last told, if its finding had to go since.
    told: ByPattern<Option<Timestamp>>,
    /// Of a key: whose it is, if that is known.
    owner: Option<OwnerRef>,
}

/// One for each pattern, by its number less 1.
type ByPattern<T> = [T; Pattern::ALL.len()];

fn of_pattern<T>(all: &mut ByPattern<T>, pattern: Pattern) -> Option<&mut T> {
    all.get_mut(usize::from(pattern as u8).checked_sub(1)?)
}

/// Which keys something is of, as far as it matters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Keys {
    #[default]
    None,
    One(KeyId),
    Several,
}

impl Keys {
    fn and(self, key: KeyId) -> Self {
        match self {
            Self::None => Self::One(key),
            Self::One(one) if one == key => self,
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// Something that was found.
#[derive(Clone)]
pub(crate) struct Found {
    pub subject: Subject,
    pub finding: Finding,
    /// What of it was last told, and before that.
    told: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Found {
    fn is(&self, pattern: Pattern, subject: Subject) -> bool {
        (self.finding.pattern, self.subject) == (pattern, subject)
    }

    /// Whether it was not told yet, or a day ago, and went on.
    fn is_due(&self) -> bool {
        let last = self.finding.last.as_ms();
        self.told.is_none_or(|told| last.saturating_sub(told.as_ms()) >= AGAIN_MS)
    }
}

/// All that was found.
#[derive(Default)]
pub(crate) struct Book {
    known: HashMap<Subject, Known>,
    /// Whom `known` is about, in the order in which they were met.
    order: VecDeque<Subject>,
    found: VecDeque<Found>,
    lost: u64,
}

impl Book {
    /// Takes in what was noted. `owner_of` says whose a key is of which that is not known yet.
    pub(crate) fn take(
        &mut self,
        notes: &[Note],
        patterns: &Patterns,
        owner_of: impl Fn(KeyId) -> Option<OwnerRef>,
    ) {
        for note in notes {
            let Some(pattern) = Pattern::of_number(note.pattern) else { continue };
            let Some(key) = note.decision.key else { continue };
            let known = self.known(Subject::Key(key), || owner_of(key));
            let owner = known.owner;
            if known.is_found(pattern, note, patterns) {
                self.find(pattern, Subject::Key(key), note);
            }
            // What only one of the owner's keys does is found of that key alone.
            if let Some(owner) = owner.map(Subject::Owner) {
                let known = self.known(owner, || None);
                let several = known.note(pattern, key, note.decision.at, patterns);
                if known.is_found(pattern, note, patterns) && several {
                    self.find(pattern, owner, note);
                }
            }
        }
    }

    /// Counts notes that were lost on their way.
    pub(crate) fn lose(&mut self, notes: u64) {
        self.lost = self.lost.saturating_add(notes);
    }

    /// Notes and findings that there was no room for.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Everything that was found, the oldest first.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Found> {
        self.found.iter()
    }

    /// What is to be told. It counts as told from now on: who else asks is not given it.
    pub(crate) fn tell(&mut self) -> Vec<Found> {
        let due = self.found.iter_mut().filter(|found| found.is_due());
        let tell = |found: &mut Found| {
            found.before = found.told.replace(found.finding.last);
            found.clone()
        };
        due.map(tell).collect()
    }

    /// `told` could not be told.
    pub(crate) fn untell(&mut self, told: &[Found]) {
        for told in told {
            let same = |found: &&mut Found| {
                found.is(told.finding.pattern, told.subject) && found.told == told.told
            };
            if let Some(found) = self.found.iter_mut().find(same) {
                found.told = told.before;
            } else if let Some(gone) = self.gone(told.finding.pattern, told.subject)
                && *gone == told.told
            {
                *gone = told.before;
            }
        }
    }

    fn known(&mut self, subject: Subject, owner: impl FnOnce() -> Option<OwnerRef>) -> &mut Known {
        if !self.known.contains_key(&subject) {
            if self.order.len() >= SUBJECTS_MAX
                && let Some(first) = self.order.pop_front()
            {
                self.known.remove(&first);
            }
            self.order.push_back(subject);
        }
        let known = self.known.entry(subject).or_default();
        known.owner = known.owner.or_else(owner);
        known
    }

    /// When what was found and had to go was last told, if anything is known of `subject`.
    fn gone(&mut self, pattern: Pattern, subject: Subject) -> Option<&mut Option<Timestamp>> {
        of_pattern(&mut self.known.get_mut(&subject)?.told, pattern)
    }

    /// Makes room for one more finding: by one that has nothing to be told, or else the oldest.
    fn make_room(&mut self) {
        if self.found.len() < FINDINGS_MAX {
            return;
        }
        let at = self.found.iter().position(|found| !found.is_due()).unwrap_or(0);
        if let Some(old) = self.found.remove(at) {
            if let Some(gone) = self.gone(old.finding.pattern, old.subject) {
                *gone = old.told;
            }
            self.lose(1);
        }
    }

    fn find(&mut self, pattern: Pattern, subject: Subject, note: &Note) {
        let decision = &note.decision;
        let network = decision.address.map(|address| Near::of(address).text());
        let same = |found: &&mut Found| found.is(pattern, subject);
        if let Some(Found { finding, .. }) = self.found.iter_mut().find(same) {
            finding.last = finding.last.max(decision.at);
            finding.count = finding.count.saturating_add(1);
            finding.network = network.or(finding.network.take());
            finding.missing |= decision.missing;
            return;
        }
        self.make_room();
        let told = self.gone(pattern, subject).and_then(|gone| gone.take());
        let finding = Finding {
            pattern,
            key: match subject {
                Subject::Key(key) => Some(key),
                Subject::Owner(_) => None,
            },
            realm: decision.realm,
            realm_name: None,
            owner: None,
            first: decision.at,
            last: decision.at,
            count: 1,
            network,
            missing: decision.missing | ScopeSet::empty(),
        };
        self.found.push_back(Found { subject, finding, told, before: None });
    }
}

impl Known {
    /// Notes that `key` does it, too, and says whether several keys do. Of denials for scopes
    /// those count that are within the same span.
    fn note(&mut self, pattern: Pattern, key: KeyId, at: Timestamp, patterns: &Patterns) -> bool {
        let anew = pattern == Pattern::ScopeDenials && !self.is_within(at, patterns);
        let Some(keys) = of_pattern(&mut self.noted, pattern) else { return false };
        *keys = if anew { Keys::One(key) } else { keys.and(key) };
        *keys == Keys::Several
    }

    /// Whether denials at `at` are counted with those before.
    fn is_within(&self, at: Timestamp, patterns: &Patterns) -> bool {
        self.since.is_some_and(|since| at.since(since) < patterns.within)
    }

    /// Learns of a note, and says whether the pattern holds with it.
    fn is_found(&mut self, pattern: Pattern, note: &Note, patterns: &Patterns) -> bool {
        match pattern {
            Pattern::LongIdle | Pattern::LateInGrace => true,
            Pattern::NewNetwork => note.decision.address.is_some_and(|a| self.learn(Near::of(a))),
            Pattern::ScopeDenials => {
                let at = note.decision.at;
                if !self.is_within(at, patterns) {
                    (self.since, self.denials) = (Some(at), 0);
                }
                self.denials = self.denials.saturating_add(1);
                self.denials >= patterns.denials
            }
        }
    }

    /// Whether the network is new to whoever has others. The first is learnt silently.
    fn learn(&mut self, near: Near) -> bool {
        if self.networks.contains(&near) {
            return false;
        }
        let found = !self.networks.is_empty();
        if self.networks.len() >= NETWORKS_MAX {
            self.networks.pop_front();
        }
        self.networks.push_back(near);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RealmRef;
    use crate::verdict::{Denial, Reason, Refusal};

    fn note(pattern: Pattern, key: u64, at: i64, address: &str) -> Note {
        let reason = Reason::Scope { required: ScopeSet::single(3), present: ScopeSet::empty() };
        let refusal = Refusal::Denied(Denial { reason, key: Some(KeyId::from_bits(key)) });
        let address = address.parse().ok();
        let at = Timestamp::from_ms(at);
        Note::new(Err(&refusal), RealmRef::new(1), at, address).with(pattern as u8)
    }

    fn found(book: &Book) -> Vec<(u64, u64)> {
        let of_keys = book.found().filter_map(|found| Some((found.finding.key?, found)));
        of_keys.map(|(key, found)| (key.bits(), found.finding.count)).collect()
    }

    #[test]
    fn spraying_keys_and_networks_takes_no_more_room_than_there_is() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        for key in 0..10_000 {
            for network in 0..20 {
                let note = note(Pattern::NewNetwork, key, 0, &format!("10.0.{network}.1"));
                book.take(&[note], &patterns, |_| None);
            }
        }
        assert_eq!((book.known.len(), book.order.len()), (SUBJECTS_MAX, SUBJECTS_MAX));
        assert!(book.known.values().all(|known| known.networks.len() == NETWORKS_MAX));
        assert_eq!(book.found.len(), FINDINGS_MAX);
        assert_eq!(book.lost(), 10_000 - FINDINGS_MAX as u64);
        assert!(found(&book).iter().all(|(_, count)| *count == 19));
    }

    #[test]
    fn denials_for_scopes_are_found_when_there_are_so_many_within_the_span() {
        let patterns = Patterns::new().scope_denials(3, std::time::Duration::from_secs(10));
        let mut book = Book::default();
        let mut deny = |key, at| {
            book.take(&[note(Pattern::ScopeDenials, key, at, "")], &patterns, |_| None);
            found(&book)
        };
        assert_eq!([deny(1, 0), deny(1, 1)], [[], []]);
        assert_eq!(deny(2, 2), []);
        // The span of the first is over: it is counted anew.
        assert_eq!([deny(1, 10_000), deny(1, 10_001)], [[], []]);
        assert_eq!(deny(1, 10_002), [(1, 1)]);
        assert_eq!(deny(1, 10_003), [(1, 2)]);
        assert_eq!(book.found().next().unwrap().finding.missing, ScopeSet::single(3));
    }

    #[test]
    fn a_finding_is_told_once_and_again_a_day_later_if_it_goes_on() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        let mut at = |ms| {
            book.take(&[note(Pattern::LongIdle, 1, ms, "")], &patterns, |_| None);
            book.tell().len()
        };
        assert_eq!(
            [at(0), at(1), at(AGAIN_MS - 1), at(AGAIN_MS), at(AGAIN_MS + 1)],
            [1, 0, 0, 1, 0]
        );
    }

    /// Two threads that told at once told everything twice.
    #[test]
    fn what_is_being_told_is_not_given_to_another_and_is_given_again_if_it_could_not_be_told() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        book.take(&[note(Pattern::LongIdle, 1, 0, "")], &patterns, |_| None);
        let told = book.tell();
        assert_eq!((told.len(), book.tell().len()), (1, 0));
        book.untell(&told);
        assert_eq!((book.tell().len(), book.tell().len()), (1, 0));
        // What was told meanwhile by another stays so.
        book.take(&[note(Pattern::LongIdle, 1, AGAIN_MS, "")], &patterns, |_| None);
        assert_eq!(book.tell().len(), 1);
        book.untell(&told);
        assert_eq!(book.tell().len(), 0);
    }

    #[test]
    fn what_several_keys_of_an_owner_do_together_is_found_of_the_owner() {
        let patterns = Patterns::new().scope_denials(4, std::time::Duration::from_secs(10));
        let mut book = Book::default();
        let owner_of = |key: KeyId| Some(OwnerRef::new(u32::try_from(key.bits() / 10).unwrap()));
        let mut took = |pattern, key, at, address| {
            book.take(&[note(pattern, key, at, address)], &patterns, owner_of);
            let of_owners = book.found().filter(|found| found.finding.key.is_none());
            of_owners.map(|found| (found.subject, found.finding.count)).collect::<Vec<_>>()
        };
        let owner = |number| Subject::Owner(OwnerRef::new(number));
        // One key alone is found as that key.
        (0..9).for_each(|at| assert_eq!(took(Pattern::ScopeDenials, 10, at, ""), []));
        // The span of those is over, and another key of the owner joins in.
        assert_eq!(took(Pattern::ScopeDenials, 10, 20_000, ""), []);
        assert_eq!(took(Pattern::ScopeDenials, 11, 20_001, ""), []);
        assert_eq!(took(Pattern::ScopeDenials, 25, 20_001, ""), []);
        assert_eq!(took(Pattern::ScopeDenials, 12, 20_002, ""), []);
        let denied = (owner(1), 1);
        assert_eq!(took(Pattern::ScopeDenials, 13, 20_003, ""), [denied]);
        // A network that is the first of its key, and is not the first of the owner.
        assert_eq!(took(Pattern::NewNetwork, 30, 0, "192.0.2.1"), [denied]);
        assert_eq!(took(Pattern::NewNetwork, 31, 0, "192.0.2.9"), [denied]);
        let moved = (owner(3), 1);
        assert_eq!(took(Pattern::NewNetwork, 31, 0, "198.51.100.1"), [denied, moved]);
        assert_eq!(took(Pattern::NewNetwork, 30, 0, "198.51.100.2"), [denied, moved]);
    }

    /// A key that was issued after the owners were read is known without its own at first.
    #[test]
    fn whose_a_key_is_is_asked_until_it_is_known() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        let mut idle = |key, owner: Option<OwnerRef>| {
            book.take(&[note(Pattern::LongIdle, key, 0, "")], &patterns, |_| owner);
            book.found().filter(|found| found.finding.key.is_none()).count()
        };
        let owner = Some(OwnerRef::new(7));
        assert_eq!([idle(1, None), idle(1, owner), idle(2, owner)], [0, 0, 1]);
    }

    #[test]
    fn what_went_while_it_could_not_be_told_is_told_when_it_comes_back() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        let idle = |book: &mut Book, key| {
            book.take(&[note(Pattern::LongIdle, key, 0, "")], &patterns, |_| None);
        };
        let room = u64::try_from(FINDINGS_MAX).unwrap();
        (1..=room).for_each(|key| idle(&mut book, key));
        let told = book.tell();
        // The first is met again, and makes room.
        [1, room + 1].into_iter().for_each(|key| idle(&mut book, key));
        book.untell(&told);
        assert_eq!(book.tell().len(), FINDINGS_MAX);
        idle(&mut book, 1);
        assert_eq!((found(&book).last(), book.tell().len()), (Some(&(1, 1)), 1));
    }
}
