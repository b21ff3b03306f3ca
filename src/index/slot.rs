//! One slot: a key in 64 bytes, and how it is read while it changes.
//!
//! ```text
//! offset size
//!      0    8  life      live (bit 0), incarnation (1-31), locator (32-63)
//!      8   16  digest    its first 128 bits
//!     24   16  scopes    granted ones with all that they imply
//!     40    8  key id
//!     48    8  verdict   end (bits 0-42), state (43-44), expired (45), in grace (46),
//!                        frozen (47), kind (48-63)
//!     56    4  owner
//!     60    4  side      number of the side entry, plus one; 0 if there is none
//! ```
//!
//! While a slot is live nothing in it changes but its verdict, which is one word, so state
//! and end change by one store. A reader takes `life`, then the rest, then `life` again: if
//! both are equal and live, what it read was this key all along. All changes but the expired
//! bit are made by the one writer.
//!
//! An incarnation comes back after 2^31 fillings of one slot. A reader would have to be halted
//! between two loads for just as many to mistake one for the other.

use super::home::low32;
use super::shim::{AtomicU64, Ordering, fence};
use super::verdict::Verdict;
use crate::digest::{Address, Locator};
use crate::entry::{Entry, SideRef};
use crate::halves::{halves, whole};
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

const LIVE: u64 = 1;
const INCARNATION: u64 = 1 << 1;
const INCARNATION_ALL: u64 = ((1 << 32) - 1) & !(INCARNATION - 1);
const LOCATOR: u32 = 32;

/// What a reader saw of a slot's life before it read the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life(u64);

impl Life {
    /// Whether a key stood in the slot.
    #[inline]
    pub(super) fn is_live(self) -> bool {
        self.0 & LIVE != 0
    }

    /// Whether a key with this locator stood in the slot.
    #[inline]
    pub(super) fn is_of(self, locator: Locator) -> bool {
        self.0 & !INCARNATION_ALL == u64::from(locator.number()) << LOCATOR | LIVE
    }
}

/// What stands in a slot, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub address: Address,
    pub verdict: Verdict,
    scopes: [u64; 2],
    key_id: u64,
    refs: u64,
}

impl Content {
    /// The words of `entry`, which is found by `address`.
    pub(super) fn new(address: Address, entry: &Entry) -> Self {
        let side = entry.side.map_or(0, |side| u64::from(side.0) + 1);
        Self {
            address,
            verdict: Verdict::of(entry),
            scopes: halves(entry.scopes.bits()),
            key_id: entry.key_id.bits(),
            refs: u64::from(entry.owner.number()) | side << 32,
        }
    }

    /// The entry that these words say.
    #[inline(always)]
    pub(super) fn entry(&self) -> Entry {
        let side = low32(self.refs >> 32);
        Entry {
            key_id: KeyId::from_bits(self.key_id),
            kind: self.verdict.kind(),
            owner: OwnerRef::new(low32(self.refs)),
            state: self.verdict.state(),
            expired: self.verdict.is_expired(),
            in_grace: self.verdict.is_in_grace(),
            scopes: ScopeSet::from_bits_retain(whole(self.scopes)),
            end: self.verdict.end(),
            side: side.checked_sub(1).map(SideRef),
        }
    }

    /// Whether both, which are of one key, say the same but for their verdicts.
    pub(super) fn differs_in_verdict_only(&self, other: &Self) -> bool {
        Self { verdict: other.verdict, address: other.address, ..*self } == *other
    }
}

/// 64 bytes of the table. Aligned, so that a slot is one line of the processor's cache.
#[repr(align(64))]
#[derive(Default)]
pub(super) struct Slot {
    life: AtomicU64,
    digest: [AtomicU64; 2],
    scopes: [AtomicU64; 2],
    key_id: AtomicU64,
    verdict: AtomicU64,
    refs: AtomicU64,
}

/// For readers. They write nothing.
impl Slot {
    /// The slot, of which a word is read: whoever looks at it comes by here, where tests count.
    #[inline(always)]
    fn read_now(&self) -> &Self {
        #[cfg(all(test, not(loom)))]
        super::tests::reads::note(self);
        self
    }

    /// The slot's life as it is now, to be read before anything else.
    #[inline]
    pub(super) fn life(&self) -> Life {
        // Acquire, with the Release of `fill`: what is read after a life was written before it.
        Life(self.read_now().life.load(Ordering::Acquire))
    }

    /// Whether the slot's digest is `digest`. All 128 bits are compared, without a branch.
    #[inline]
    pub(super) fn holds(&self, digest: [u64; 2]) -> bool {
        let ([a, b], [x, y]) = (&self.read_now().digest, digest);
        (a.load(Ordering::Relaxed) ^ x) | (b.load(Ordering::Relaxed) ^ y) == 0
    }

    /// The entry that stood in the slot from when `seen` was read, with what `beside` read that is
    /// elsewhere, until it had read it: both as of one moment. None if the slot was emptied, filled
    /// anew or given another verdict in between.
    ///
    /// A verdict that changed and changed back in between is taken for one that stayed.
    #[inline(always)]
    pub(super) fn read_with<T>(
        &self,
        seen: Life,
        beside: impl FnOnce(&Entry) -> Option<T>,
    ) -> Option<(Entry, T)> {
        let content = self.content(seen);
        // Acquire, with the Release fence of `fill`: if a word above was written for a later
        // key, the load below sees that the life has changed.
        fence(Ordering::Acquire);
        if !self.is_still(seen) {
            return None;
        }
        let entry = content.entry();
        let found = beside(&entry)?;
        // Acquire, with the Release before what is elsewhere is written anew: if what was read
        // there is of after a change of this key, the loads below see the change.
        fence(Ordering::Acquire);
        let verdict = self.verdict.load(Ordering::Relaxed);
        (self.is_still(seen) && verdict == content.verdict.bits()).then_some((entry, found))
    }

    /// The entry alone.
    #[cfg(test)]
    pub(super) fn read(&self, seen: Life) -> Option<Entry> {
        self.read_with(seen, |_| Some(())).map(|(entry, ())| entry)
    }

    /// Whether the slot's life is what it was. To be asked after an Acquire fence.
    #[inline]
    pub(super) fn is_still(&self, seen: Life) -> bool {
        self.read_now().life.load(Ordering::Relaxed) == seen.0
    }

    /// Sets the expired bit of a key that ends at `end`.
    ///
    /// `Some(true)` if the bit is set now, `Some(false)` if the key ends at another time, none
    /// if the key is being moved or the slot is no longer that of `digest`. If it has just become
    /// another key's, that one may be marked: it ends at the same, past instant.
    fn expire(&self, digest: [u64; 2], end: Timestamp) -> Option<bool> {
        let seen = self.life();
        if !seen.is_live() || !self.holds(digest) {
            return None;
        }
        let is_set = self.expire_whose_ever(end)?;
        // Acquire, with the Release fence of `fill`: if the verdict was another key's, the load
        // below sees that the life has changed.
        fence(Ordering::Acquire);
        self.is_still(seen).then_some(is_set)
    }

    fn expire_whose_ever(&self, end: Timestamp) -> Option<bool> {
        let verdict = Verdict::from_bits(self.verdict.load(Ordering::Relaxed));
        if verdict.end() != end {
            return Some(false);
        }
        if verdict.is_expired() {
            return Some(true);
        }
        if verdict.is_frozen() {
            return None;
        }
        // Release, with the Acquire of `freeze`. A verdict that changed in between is read
        // again by the caller's next attempt.
        let marked = verdict.marked_expired().bits();
        let set = self.verdict.compare_exchange(
            verdict.bits(),
            marked,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        set.ok().map(|_| true)
    }

    /// Sets the expired bit of a key that ends at `end` in all slots where it stands, so that
    /// nobody finds one without.
    ///
    /// While a key is moved it stands in two slots, of which the one that it comes from is
    /// frozen. None in that case, and if there is no slot: then it has just gone elsewhere.
    pub(super) fn expire_all<'s>(
        mut slots: impl Iterator<Item = &'s Self>,
        digest: [u64; 2],
        end: Timestamp,
    ) -> Option<bool> {
        let first = slots.next()?.expire(digest, end)?;
        slots.try_fold(first, |all, slot| Some(slot.expire(digest, end)? && all))
    }

    #[inline(always)]
    fn content(&self, seen: Life) -> Content {
        let pair = |[a, b]: &[AtomicU64; 2]| [a.load(Ordering::Relaxed), b.load(Ordering::Relaxed)];
        let locator = Locator::from_number(low32(seen.0 >> LOCATOR));
        Content {
            address: Address { locator, digest: pair(&self.read_now().digest) },
            verdict: Verdict::from_bits(self.verdict.load(Ordering::Relaxed)),
            scopes: pair(&self.scopes),
            key_id: self.key_id.load(Ordering::Relaxed),
            refs: self.refs.load(Ordering::Relaxed),
        }
    }
}

/// For the writer. There is one at a time: the index's lock sees to it.
impl Slot {
    /// What stands in the slot, if anything does.
    pub(super) fn peek(&self) -> Option<Content> {
        let life = self.life();
        life.is_live().then(|| self.content(life))
    }

    /// Puts `content` into a slot that is not live.
    pub(super) fn fill(&self, content: &Content) {
        let dead = self.life.load(Ordering::Relaxed);
        debug_assert!(!Life(dead).is_live(), "filled a slot that is live");
        // Release, with the Acquire fence of `read`: nobody takes the words below for the
        // previous key's, whose death was stored earlier.
        fence(Ordering::Release);
        let put = |word: &AtomicU64, value| word.store(value, Ordering::Relaxed);
        let put_pair = |[a, b]: &[AtomicU64; 2], [x, y]: [u64; 2]| (put(a, x), put(b, y));
        put_pair(&self.digest, content.address.digest);
        put_pair(&self.scopes, content.scopes);
        put(&self.key_id, content.key_id);
        put(&self.verdict, content.verdict.thawed().bits());
        put(&self.refs, content.refs);
        let incarnation = dead.wrapping_add(INCARNATION) & INCARNATION_ALL;
        let locator = u64::from(content.address.locator.number()) << LOCATOR;
        // Release, with the Acquire of `life`.
        self.life.store(locator | incarnation | LIVE, Ordering::Release);
    }

    /// Takes the slot's key out. Who reads it at this moment reads again.
    pub(super) fn clear(&self) {
        let life = self.life.load(Ordering::Relaxed);
        // Release, with the Acquire of `life`: who sees this key dead sees its other copy, if
        // one was filled. A swap, so that the death is visible when the call has returned and
        // not when this processor gets round to it.
        self.life.swap(life & !LIVE, Ordering::Release);
    }

    /// Keeps the expired bit from being set and gives what stands in the slot, so that a copy
    /// of it misses nothing. The slot goes on being read.
    pub(super) fn freeze(&self) -> Content {
        // Acquire, with the Release of `expire`: what is read afterwards is the last.
        self.verdict.fetch_or(Verdict::FROZEN, Ordering::AcqRel);
        self.content(self.life())
    }

    /// Ends what [`freeze`](Self::freeze) began, if there was no copy after all.
    pub(super) fn thaw(&self) {
        self.verdict.fetch_and(!Verdict::FROZEN, Ordering::AcqRel);
    }

    /// Gives a live slot the verdict that `change` makes of its present one. One store: no
    /// reader sees the state of one and the end of the other.
    pub(super) fn judge(&self, change: impl Fn(Verdict) -> Verdict) {
        // AcqRel, with the Relaxed loads of readers that the caller has released afterwards:
        // a read that begins after the change sees it.
        let _ = self.verdict.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
            Some(change(Verdict::from_bits(bits)).bits())
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::entry::State;
    use crate::ids::KindRef;

    const ADDRESS: Address = Address { locator: Locator::from_number(u32::MAX), digest: [1, 2] };

    fn entry() -> Entry {
        Entry {
            key_id: KeyId::from_bits(0xFEDC_BA98_7654_3210),
            kind: KindRef::new(u16::MAX),
            owner: OwnerRef::new(u32::MAX),
            state: State::Suspended,
            expired: false,
            in_grace: true,
            scopes: ScopeSet::from_bits_retain(1 << 127 | 1 << 64 | 1),
            end: Timestamp::from_ms(1_234_567),
            side: Some(SideRef(7)),
        }
    }

    #[test]
    fn a_slot_is_one_line_of_cache() {
        assert_eq!(size_of::<Slot>(), 64);
        assert_eq!(align_of::<Slot>(), 64);
    }

    #[test]
    fn a_slot_gives_back_what_was_put_into_it() {
        let slot = Slot::default();
        assert!(slot.peek().is_none());
        let bare = Entry { side: None, end: Timestamp::NEVER, ..entry() };
        for entry in [entry(), bare] {
            slot.fill(&Content::new(ADDRESS, &entry));
            // In the last, both halves differ by the same bits.
            let held = [[1, 2], [1, 3], [3, 2], [2, 1]].map(|digest| slot.holds(digest));
            assert_eq!(held, [true, false, false, false]);
            assert_eq!(slot.read(slot.life()), Some(entry));
            assert_eq!(slot.peek(), Some(Content::new(ADDRESS, &entry)));
            slot.clear();
            assert!(!slot.life().is_live());
        }
    }

    /// A segment that could not grow goes on as it was: its keys expire for good like any others.
    #[test]
    fn a_slot_that_was_not_copied_after_all_is_as_it_was_and_can_be_marked() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        let before = slot.peek();
        slot.freeze();
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), None);
        slot.thaw();
        assert_eq!(slot.peek(), before);
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), Some(true));
    }

    /// A revocation would else need a second slot, and look for room for it; in the overflow, too,
    /// where a key has another address.
    #[test]
    fn a_key_that_changes_in_state_end_or_mark_alone_stays_in_its_slot() {
        let overflowing = Address { digest: [3, 4], ..ADDRESS };
        let stays = |change: Entry| {
            [ADDRESS, overflowing].map(|address| {
                let there = Content::new(address, &entry());
                there.differs_in_verdict_only(&Content::new(ADDRESS, &change))
            })
        };
        assert_eq!(stays(Entry { state: State::Revoked, ..entry() }), [true; 2]);
        assert_eq!(stays(Entry { end: Timestamp::NEVER, ..entry() }), [true; 2]);
        assert_eq!(stays(Entry { in_grace: false, ..entry() }), [true; 2]);
        assert_eq!(stays(Entry { scopes: ScopeSet::empty(), ..entry() }), [false; 2]);
        assert_eq!(stays(Entry { owner: OwnerRef::new(0), ..entry() }), [false; 2]);
        assert_eq!(stays(Entry { side: None, ..entry() }), [false; 2]);
    }

    /// Else every look would wait until the token is hashed.
    #[test]
    fn a_life_tells_the_locator_of_its_key_alone_whoever_was_there_before() {
        let (slot, none) = (Slot::default(), Locator::from_number(0));
        assert!(!slot.life().is_of(none));
        for number in [u32::MAX, 0x5555_5555, 0, 1, 1 << 31] {
            let locator = Locator::from_number(number);
            slot.fill(&Content::new(Address { locator, ..ADDRESS }, &entry()));
            let of = |number| slot.life().is_of(Locator::from_number(number));
            let others = (0..32).filter(|bit| of(number ^ 1 << bit)).count();
            assert_eq!((of(number), others), (true, 0));
            slot.clear();
            assert!(!slot.life().is_of(locator));
        }
    }

    #[test]
    fn a_read_that_a_removal_or_another_key_overtook_gives_nothing() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        let seen = slot.life();
        slot.clear();
        assert_eq!(slot.read(seen), None);
        slot.fill(&Content::new(ADDRESS, &entry()));
        assert_eq!(slot.read(seen), None);
    }

    #[test]
    fn what_was_read_beside_a_key_is_worth_nothing_if_the_key_changed_or_went_meanwhile() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        let revoked = Content::new(ADDRESS, &Entry { state: State::Revoked, ..entry() }).verdict;
        let beside = |change: &dyn Fn()| {
            let read = slot.read_with(slot.life(), |_| {
                change();
                Some(())
            });
            read.is_some()
        };
        assert!(beside(&|| ()));
        assert!(!beside(&|| slot.judge(|_| revoked)));
        // The verdict stays.
        assert!(!beside(&|| slot.clear()));
    }

    #[test]
    fn the_expired_bit_is_set_for_the_end_that_was_decided_by_and_survives_a_move() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        assert_eq!(slot.expire(ADDRESS.digest, Timestamp::from_ms(1)), Some(false));
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), Some(true));
        let frozen = slot.freeze();
        assert!(frozen.entry().expired);
        let other = Slot::default();
        other.fill(&frozen);
        assert!(other.read(other.life()).unwrap().expired);
    }

    /// While a key is moved it stands in two slots, and a clock that steps back between two looks
    /// must not meet one without the mark.
    #[test]
    fn a_key_that_stands_in_two_slots_is_marked_only_if_both_are() {
        let filled = |end| {
            let slot = Slot::default();
            slot.fill(&Content::new(ADDRESS, &Entry { end, ..entry() }));
            slot
        };
        let end = entry().end;
        let marked = |slots: &[Slot]| Slot::expire_all(slots.iter(), ADDRESS.digest, end);
        let (same, later) = ([filled(end), filled(end)], end.plus(Duration::from_millis(1)));
        // The second time they are already.
        for _ in 0..2 {
            assert_eq!(marked(&same), Some(true));
            assert!(same.iter().all(|slot| slot.peek().unwrap().verdict.is_expired()));
        }
        assert_eq!(marked(&[filled(end), filled(later)]), Some(false));
        assert_eq!(marked(&[filled(later), filled(end)]), Some(false));
        let moved = [filled(end), filled(end)];
        moved[1].freeze();
        assert_eq!(marked(&moved), None);
        assert_eq!(marked(&[]), None);
    }

    #[test]
    fn a_key_that_is_being_moved_cannot_be_marked() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        let frozen = slot.freeze();
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), None);
        assert_eq!(slot.read(slot.life()), Some(entry()));
        let other = Slot::default();
        other.fill(&frozen);
        assert_eq!(other.expire(ADDRESS.digest, entry().end), Some(true));
    }

    /// A key had gone from the slot that a reader had found it in, and another that ended at the
    /// same instant had come: that one was marked, and the reader was told that its own was, which
    /// then lived again when the clock stepped back.
    #[test]
    fn a_slot_that_is_another_keys_by_now_marks_nobody() {
        let slot = Slot::default();
        slot.fill(&Content::new(ADDRESS, &entry()));
        slot.clear();
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), None);
        slot.fill(&Content::new(Address { digest: [3, 4], ..ADDRESS }, &entry()));
        assert_eq!(slot.expire(ADDRESS.digest, entry().end), None);
        assert!(!slot.read(slot.life()).unwrap().expired);
    }
}
