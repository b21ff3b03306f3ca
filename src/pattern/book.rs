//! What was found: made of notes when somebody asks, and bounded whatever comes.

use std::collections::{HashMap, VecDeque};

use super::network::Near;
use super::{Finding, Pattern, Patterns};
use crate::decision::Note;
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// Keys of which something is known, at most; the one that was met first is forgotten first.
const KEYS_MAX: usize = if cfg!(test) { 64 } else { 65_536 };

/// Networks that are known of one key at most; the one that was seen first is forgotten first.
const NETWORKS_MAX: usize = 8;

/// Findings that are kept at most; the oldest goes first.
const FINDINGS_MAX: usize = 1_024;

/// After how many milliseconds one that goes on is told again.
const AGAIN_MS: i64 = 24 * 3_600 * 1_000;

/// What is known of one key.
#[derive(Default)]
struct Known {
    networks: VecDeque<Near>,
    /// Denials for scopes since a moment.
    denials: u32,
    since: Option<Timestamp>,
}

/// A finding, and when it was last told.
struct Entry {
    finding: Finding,
    told: Option<Timestamp>,
}

/// All that was found.
#[derive(Default)]
pub(crate) struct Book {
    known: HashMap<KeyId, Known>,
    /// The keys of `known` in the order in which they were met.
    order: VecDeque<KeyId>,
    entries: VecDeque<Entry>,
    lost: u64,
}

impl Book {
    /// Takes in what was noted.
    pub(crate) fn take(&mut self, notes: &[Note], patterns: &Patterns) {
        for note in notes {
            if let Some(pattern) = Pattern::of_number(note.pattern)
                && let Some(key) = note.decision.key
                && self.known(key).is_found(pattern, note, patterns)
            {
                self.find(pattern, key, note);
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
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.entries.iter().map(|entry| &entry.finding)
    }

    /// What was not told yet, or a day ago, and went on.
    pub(crate) fn untold(&self) -> Vec<Finding> {
        let due = |entry: &&Entry| match entry.told {
            None => true,
            Some(told) => entry.finding.last.as_ms().saturating_sub(told.as_ms()) >= AGAIN_MS,
        };
        self.entries.iter().filter(due).map(|entry| entry.finding.clone()).collect()
    }

    /// `told` was told as it is there.
    pub(crate) fn tell(&mut self, told: &[Finding]) {
        for entry in &mut self.entries {
            let same = |told: &&Finding| {
                (told.pattern, told.key) == (entry.finding.pattern, entry.finding.key)
            };
            if let Some(told) = told.iter().find(same) {
                entry.told = Some(told.last);
            }
        }
    }

    fn known(&mut self, key: KeyId) -> &mut Known {
        if !self.known.contains_key(&key) {
            if self.order.len() >= KEYS_MAX
                && let Some(first) = self.order.pop_front()
            {
                self.known.remove(&first);
            }
            self.order.push_back(key);
        }
        self.known.entry(key).or_default()
    }

    fn find(&mut self, pattern: Pattern, key: KeyId, note: &Note) {
        let decision = &note.decision;
        let network = decision.address.map(|address| Near::of(address).text());
        let same =
            |entry: &&mut Entry| (entry.finding.pattern, entry.finding.key) == (pattern, key);
        if let Some(Entry { finding, .. }) = self.entries.iter_mut().find(same) {
            finding.last = finding.last.max(decision.at);
            finding.count = finding.count.saturating_add(1);
            finding.network = network.or(finding.network.take());
            finding.missing |= decision.missing;
            return;
        }
        if self.entries.len() >= FINDINGS_MAX {
            self.entries.pop_front();
            self.lose(1);
        }
        let finding = Finding {
            pattern,
            key,
            realm: decision.realm,
            realm_name: None,
            owner: None,
            first: decision.at,
            last: decision.at,
            count: 1,
            network,
            missing: decision.missing | ScopeSet::empty(),
        };
        self.entries.push_back(Entry { finding, told: None });
    }
}

impl Known {
    /// Learns of a note, and says whether the pattern holds with it.
    fn is_found(&mut self, pattern: Pattern, note: &Note, patterns: &Patterns) -> bool {
        match pattern {
            Pattern::LongIdle | Pattern::LateInGrace => true,
            Pattern::NewNetwork => note.decision.address.is_some_and(|a| self.learn(Near::of(a))),
            Pattern::ScopeDenials => {
                let at = note.decision.at;
                let within = |since: Timestamp| at.since(since) < patterns.within;
                if !self.since.is_some_and(within) {
                    (self.since, self.denials) = (Some(at), 0);
                }
                self.denials = self.denials.saturating_add(1);
                self.denials >= patterns.denials
            }
        }
    }

    /// Whether the network is new to a key that has others. Its first is learnt silently.
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
        book.findings().map(|finding| (finding.key.bits(), finding.count)).collect()
    }

    #[test]
    fn spraying_keys_and_networks_takes_no_more_room_than_there_is() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        for key in 0..10_000 {
            for network in 0..20 {
                let note = note(Pattern::NewNetwork, key, 0, &format!("10.0.{network}.1"));
                book.take(&[note], &patterns);
            }
        }
        assert_eq!((book.known.len(), book.order.len()), (KEYS_MAX, KEYS_MAX));
        assert!(book.known.values().all(|known| known.networks.len() == NETWORKS_MAX));
        assert_eq!(book.entries.len(), FINDINGS_MAX);
        assert_eq!(book.lost(), 10_000 - FINDINGS_MAX as u64);
        assert!(found(&book).iter().all(|(_, count)| *count == 19));
    }

    #[test]
    fn denials_for_scopes_are_found_when_there_are_so_many_within_the_span() {
        let patterns = Patterns::new().scope_denials(3, std::time::Duration::from_secs(10));
        let mut book = Book::default();
        let mut deny = |key, at| {
            book.take(&[note(Pattern::ScopeDenials, key, at, "")], &patterns);
            found(&book)
        };
        assert_eq!([deny(1, 0), deny(1, 1)], [[], []]);
        assert_eq!(deny(2, 2), []);
        // The span of the first is over: it is counted anew.
        assert_eq!([deny(1, 10_000), deny(1, 10_001)], [[], []]);
        assert_eq!(deny(1, 10_002), [(1, 1)]);
        assert_eq!(deny(1, 10_003), [(1, 2)]);
        assert_eq!(book.findings().next().unwrap().missing, ScopeSet::single(3));
    }

    #[test]
    fn a_finding_is_told_once_and_again_a_day_later_if_it_goes_on() {
        let (mut book, patterns) = (Book::default(), Patterns::new());
        let mut at = |ms| {
            book.take(&[note(Pattern::LongIdle, 1, ms, "")], &patterns);
            let untold = book.untold();
            book.tell(&untold);
            untold.len()
        };
        assert_eq!(
            [at(0), at(1), at(AGAIN_MS - 1), at(AGAIN_MS), at(AGAIN_MS + 1)],
            [1, 0, 0, 1, 0]
        );
    }
}
