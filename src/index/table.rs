//! The table: from the address of a key to its slot.

use std::hint;
use std::ptr;
use std::sync::OnceLock;

use super::directory::{Directory, Route};
use super::filter::{Mark, Marks};
use super::home::{Home, Seed};
use super::places::{Lives, Places};
use super::pool::{Free, Pool};
use super::segment::Segment;
use super::shim::{Ordering, fence};
use super::slot::{Content, Life, Slot};
use crate::chunks::Chunks;
use crate::digest::{Address, Locator};
use crate::entry::Entry;
use crate::sys;
use crate::time::Timestamp;

/// How often a reader begins anew. Each time costs the writer a change to the very slots
/// that the reader looked at, completed within the reader's few hundred nanoseconds.
const ATTEMPTS: usize = 64;

/// The part that readers use. They write nothing in it but the expired bit.
pub(super) struct Table {
    pub(super) seed: Seed,
    pub(super) directory: Directory,
    pub(super) segments: Chunks<Segment>,
    pub(super) pool: Pool,
    /// Where keys stand whose locators are those of too many: a table in which the digest says
    /// where a key is near, too. Made when the first such key comes.
    pub(super) overflow: OnceLock<Box<Table>>,
}

/// What only the writer knows of the table. To have it is to be the writer.
pub(super) struct Books {
    /// By number of segment.
    pub(super) regions: Vec<Region>,
    /// Numbers of segments that the directory no longer names.
    pub(super) spare: Vec<u32>,
    pub(super) free: Free,
    /// Those of the overflow, if there is one.
    pub(super) overflow: Option<Box<Books>>,
    /// Whether these are those of an overflow, which has none of its own.
    pub(super) last: bool,
}

/// An empty slot for a key, counted as taken, and the address that the key has there.
pub(super) struct Room<'t> {
    pub slot: &'t Slot,
    pub address: Address,
}

/// The homes that a segment serves: those whose upper `depth` bits are `prefix`.
#[derive(Clone, Copy, Default)]
pub(super) struct Region {
    pub prefix: u32,
    pub depth: u32,
    /// Live slots of the segment.
    pub keys: usize,
    /// Keys that were removed and may have left their marks.
    pub removed: usize,
}

/// What a locator tells of a key before its digest is known: where it stands if it stands near.
#[derive(Clone, Copy)]
pub(crate) struct Approach<'t> {
    locator: Locator,
    /// None only if the segment was settled anew under way.
    ground: Option<Ground<'t>>,
}

/// A segment as a reader came to it, and the near places there.
#[derive(Clone, Copy)]
pub(super) struct Ground<'t> {
    route: Route<'t>,
    segment: &'t Segment,
    near: Places<'t>,
}

/// Why one look found no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It was in no slot at some moment during the look.
    Nowhere,
    /// Something changed under way, so it may be there, and no other key is to be asked for.
    Unsure,
}

/// The slot in which a key stood when one look saw it, and the life that the slot lived then.
type Look<'t> = Result<(&'t Slot, Life), Missing>;

impl Approach<'_> {
    /// The address of a key that was approached so and has this digest.
    pub(crate) fn address(&self, digest: [u64; 2]) -> Address {
        Address { locator: self.locator, digest }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
impl<'t> Approach<'t> {
    /// What a reader has seen who did not find the digest near.
    pub(super) fn miss(&self, digest: [u64; 2]) -> (Ground<'t>, Marks, Lives) {
        let ground = self.ground.unwrap();
        (
            ground,
            ground.near.filter().marks(),
            ground.near.find(&self.address(digest)).err().unwrap(),
        )
    }
}

/// For readers.
impl Table {
    /// The entry of the key of `address`.
    #[cfg(test)]
    pub(super) fn get(&self, address: &Address) -> Option<Entry> {
        self.get_with(address, |_| Some(())).ok().map(|(entry, ())| entry)
    }

    /// Has all fetched that is looked at if a key stands near, so that the wait for it is over
    /// when its digest is known.
    #[inline(always)]
    pub(super) fn approach(&self, locator: Locator) -> Approach<'_> {
        let approach = self.approach_first(locator);
        if let Some(ground) = &approach.ground {
            ground.near.fetch_others();
        }
        approach
    }

    /// Has what is looked at first fetched. [`approach_others`](Self::approach_others) is to
    /// follow: for who has many keys to look for, that is less to fetch.
    #[inline(always)]
    pub(super) fn approach_first(&self, locator: Locator) -> Approach<'_> {
        let approach = self.come_to(locator);
        if let Some(ground) = &approach.ground {
            ground.near.fetch_first();
        }
        approach
    }

    /// Has the rest fetched if the key of this digest is not where it is looked for first.
    #[inline]
    pub(super) fn approach_others(&self, approach: &Approach<'_>, digest: [u64; 2]) {
        let Some(ground) = &approach.ground else { return };
        let mark = Mark::of(self.seed.far(digest));
        if !ground.near.first_holds(digest) && ground.near.filter().marks().has(mark) {
            ground.near.fetch_others();
        }
    }

    /// The entry of the key whose digest begins with `digest`, and what `beside` reads for it
    /// elsewhere at the same moment: what an entry refers to is not lent to another before the
    /// entry's slot is cleared. `beside` says none to have the entry looked up again.
    ///
    /// # Errors
    ///
    /// That it is not there, or that something changed during the look.
    #[inline(always)]
    pub(super) fn look_with<T>(
        &self,
        approach: &Approach<'_>,
        digest: [u64; 2],
        beside: impl FnOnce(&Entry) -> Option<T>,
    ) -> Result<(Entry, T), Missing> {
        let (slot, life) = self.look(approach, digest)?;
        slot.read_with(life, beside).ok_or(Missing::Unsure)
    }

    /// The same, looked for until it is sure.
    ///
    /// # Errors
    ///
    /// That it is not there, or that other changes overtook [`ATTEMPTS`] looks.
    pub(super) fn get_with<T>(
        &self,
        address: &Address,
        mut beside: impl FnMut(&Entry) -> Option<T>,
    ) -> Result<(Entry, T), Missing> {
        for _ in 0..ATTEMPTS {
            let approach = self.come_to(address.locator);
            match self.look_with(&approach, address.digest, &mut beside) {
                Err(Missing::Unsure) => hint::spin_loop(),
                sure => return sure,
            }
        }
        Err(Missing::Unsure)
    }

    /// Sets the expired bit of a key, if it still ends at `end`. False if it does not, if
    /// there is no such key, or if the writer is moving it.
    pub(super) fn expire(&self, address: &Address, end: Timestamp) -> bool {
        for _ in 0..ATTEMPTS {
            if let Some(outcome) = Slot::expire_all(self.copies(address), address.digest, end) {
                return outcome;
            }
            hint::spin_loop();
        }
        false
    }

    #[inline(always)]
    fn come_to(&self, locator: Locator) -> Approach<'_> {
        Approach { locator, ground: self.ground(self.seed.near(locator)) }
    }

    #[inline(always)]
    fn ground(&self, home: Home) -> Option<Ground<'_>> {
        let route = self.directory.route(home)?;
        let segment = self.segments.at(route.segment())?;
        let near = segment.places(&self.pool, route.blocks(), home)?;
        Some(Ground { route, segment, near })
    }

    /// Looks for a key once.
    #[inline(always)]
    fn look<'t>(&'t self, approach: &Approach<'t>, digest: [u64; 2]) -> Look<'t> {
        let ground = approach.ground.as_ref().ok_or(Missing::Unsure)?;
        let home = self.seed.far(digest);
        let (mark, marks) = (Mark::of(home), ground.near.filter().marks());
        if !marks.has(mark) && !ground.route.is_crowded() {
            return Err(self.unmarked(*ground));
        }
        match ground.near.find(&approach.address(digest)) {
            Ok(found) => Ok(found),
            Err(lives) if marks.has_far(mark) || ground.route.is_crowded() => {
                self.look_on(*ground, marks, lives, home, approach.address(digest))
            }
            Err(lives) => Err(self.conclude(*ground, marks, lives)),
        }
    }

    /// What a look comes to that found no mark of the key.
    #[inline]
    pub(super) fn unmarked(&self, ground: Ground<'_>) -> Missing {
        // Acquire, with the Release fence of `Pool::lend`: if the filter is another segment's
        // by now, the directory shows it.
        fence(Ordering::Acquire);
        if self.directory.confirms(&ground.route) { Missing::Nowhere } else { Missing::Unsure }
    }

    /// What a look comes to that did not find the key near, though it may stand far or, if its
    /// segment is crowded, in the overflow.
    #[inline(never)]
    fn look_on<'t>(
        &'t self,
        ground: Ground<'t>,
        marks: Marks,
        near: Lives,
        home: Home,
        address: Address,
    ) -> Look<'t> {
        let far = ground.segment.places(&self.pool, ground.route.blocks(), home);
        let far = far.ok_or(Missing::Unsure)?;
        let lives = match far.find(&address) {
            Ok(found) => return Ok(found),
            Err(lives) => lives,
        };
        if ground.route.is_crowded()
            && let Some(overflow) = self.overflow.get()
        {
            let approach = overflow.come_to(Locator::of_digest(address.digest));
            match overflow.look(&approach, address.digest) {
                Err(Missing::Nowhere) => {}
                found => return found,
            }
        }
        match self.conclude(ground, marks, near) {
            Missing::Nowhere if !far.are_still(&lives) => Err(Missing::Unsure),
            concluded => Err(concluded),
        }
    }

    /// Whether a key that was not found was indeed in none of its places at some moment: if the
    /// slots live the lives that they lived before they were compared; the filter says what it
    /// said, so that the key did not go far meanwhile; and the segment was not replaced. A key is
    /// never between two places.
    #[inline]
    pub(super) fn conclude(&self, ground: Ground<'_>, marks: Marks, near: Lives) -> Missing {
        // Acquire, with the Release of `Slot::clear` and `Filter::set`: who saw a slot dead
        // because its key had moved sees below that a life, a mark or the route has changed.
        fence(Ordering::Acquire);
        let still = ground.near.are_still(&near)
            && ground.near.filter().marks() == marks
            && self.directory.confirms(&ground.route);
        if still { Missing::Nowhere } else { Missing::Unsure }
    }
}

/// For the writer.
impl Table {
    /// What stands in the table for `address`.
    pub(super) fn peek(&self, address: &Address) -> Option<Content> {
        self.copies(address).next()?.peek()
    }

    /// Has the table show `entry` for `address`. False if there is no memory to number.
    ///
    /// A change of end, state or mark is one store. A wider one fills a second slot before
    /// the first is cleared, so that the key is never missing, and nobody who begins after
    /// the call sees the first. An expired bit stays unless the end is now later.
    #[must_use]
    pub(super) fn put(&self, books: &mut Books, address: &Address, entry: &Entry) -> bool {
        let mut content = Content::new(*address, entry);
        let mut copies = self.copies(address);
        let present = copies.next();
        if let Some(slot) = &present
            && copies.next().is_none()
            && slot.peek().is_some_and(|present| present.differs_in_verdict_only(&content))
        {
            slot.judge(|before| content.verdict.after(before));
            return true;
        }
        let Some(room) = self.room(books, address) else { return false };
        content.address = room.address;
        if present.is_none() {
            room.slot.fill(&content);
            return true;
        }
        // Looked for anew: making room may have moved them.
        for old in self.copies(address) {
            content.verdict = content.verdict.after(old.freeze().verdict);
        }
        room.slot.fill(&content);
        self.clear(books, address, |slot| !ptr::eq(slot, room.slot));
        true
    }

    /// Has the table show `entry` for `to` and no more for `from`, where the same key stood. At
    /// each moment one of the two finds it. False if there is no memory to number.
    #[must_use]
    pub(super) fn move_key(
        &self,
        books: &mut Books,
        [from, to]: [&Address; 2],
        entry: &Entry,
    ) -> bool {
        let mut content = Content::new(*to, entry);
        let Some(room) = self.room(books, to) else { return false };
        content.address = room.address;
        for old in self.copies(from) {
            content.verdict = content.verdict.after(old.freeze().verdict);
        }
        room.slot.fill(&content);
        self.remove(books, from);
        true
    }

    /// Takes the key of `address` out, from here and from the overflow.
    pub(super) fn remove(&self, books: &mut Books, address: &Address) {
        if self.clear_here(books, address, |_| true) > 0 {
            self.count_removal(books, self.seed.near(address.locator));
        }
        if let (Some(overflow), Some(books)) = (self.overflow.get(), &mut books.overflow) {
            overflow.remove(books, &overflowing(address));
        }
    }

    /// The segment of `home`, and the route to it.
    pub(super) fn segment(&self, home: Home) -> Option<(Route<'_>, &Segment)> {
        let route = self.directory.route(home)?;
        Some((route, self.segments.at(route.segment())?))
    }

    /// Bytes of slots on huge pages now, as far as the system tells, the overflow's included.
    pub(super) fn huge_bytes(&self) -> usize {
        let beside = self.overflow.get().map(|overflow| overflow.pool.memory());
        sys::huge_bytes(self.pool.memory().chain(beside.into_iter().flatten()))
    }

    /// Bytes of the table, but not of its overflow.
    pub(super) fn bytes(&self) -> usize {
        let parts = [self.pool.bytes(), self.directory.bytes(), self.segments.bytes()];
        parts.into_iter().fold(0, usize::saturating_add)
    }

    /// The live slots of a key: one, or two if a writer died between filling and clearing.
    fn copies(&self, address: &Address) -> impl Iterator<Item = &Slot> {
        let overflow = self.overflow.get();
        let digest = address.digest;
        let there = overflow.map(|overflow| overflow.here(&overflowing(address)));
        self.here(address)
            .chain(there.into_iter().flatten())
            .filter(move |slot| slot.life().is_live() && slot.holds(digest))
    }

    /// The places in this table where the key may stand by its marks, each once. A key sets its
    /// marks before it comes, so of one that is new nearly always no slot is looked at.
    fn here(&self, address: &Address) -> impl Iterator<Item = &Slot> + use<'_> {
        let homes = self.seed.homes(address);
        let places =
            self.segment(homes.near).and_then(|(_, segment)| segment.all_places(&self.pool, homes));
        let (all, count) = places.map_or((None, 0), |[near, far]| {
            let (mark, marks) = (Mark::of(homes.far), near.filter().marks());
            let count = match (marks.has(mark), marks.has_far(mark)) {
                (false, _) => 0,
                (true, false) => 4,
                (true, true) => 8,
            };
            let ([a, b, c, d], [e, f, g, h]) = (near.slots(), far.slots());
            (Some([a, b, c, d, e, f, g, h]), count)
        });
        let twice = move |n: usize, slot: &Slot| {
            all.iter().flatten().take(n).any(|before| ptr::eq(*before, slot))
        };
        let each = all.into_iter().flatten().take(count).enumerate();
        each.filter(move |(n, slot)| !twice(*n, slot)).map(|(_, slot)| slot)
    }

    /// Clears the copies of a key that `which` names, here and in the overflow.
    fn clear(&self, books: &mut Books, address: &Address, which: impl Fn(&Slot) -> bool) {
        self.clear_here(books, address, &which);
        if let (Some(overflow), Some(books)) = (self.overflow.get(), &mut books.overflow) {
            overflow.clear_here(books, &overflowing(address), &which);
        }
    }

    /// The same in this table alone. Gives how many were cleared.
    fn clear_here(
        &self,
        books: &mut Books,
        address: &Address,
        which: impl Fn(&Slot) -> bool,
    ) -> usize {
        let mut cleared = 0usize;
        let holds = |slot: &Slot| slot.life().is_live() && slot.holds(address.digest);
        for slot in self.here(address).filter(|slot| holds(slot) && which(slot)) {
            slot.clear();
            cleared += 1;
        }
        if let Some((_, segment)) = self.segment(self.seed.near(address.locator))
            && let Some(region) = books.region(segment.number())
        {
            region.keys = region.keys.saturating_sub(cleared);
        }
        cleared
    }
}

/// The address that a key has in the overflow.
pub(super) fn overflowing(address: &Address) -> Address {
    Address { locator: Locator::of_digest(address.digest), ..*address }
}

impl Books {
    /// The region of segment `number`.
    pub(super) fn region(&mut self, number: u32) -> Option<&mut Region> {
        self.regions.get_mut(usize::try_from(number).ok()?)
    }

    /// Keys in the table. One that is in two slots at the moment counts twice.
    pub(super) fn keys(&self) -> usize {
        let here: usize = self.regions.iter().map(|region| region.keys).sum();
        here.saturating_add(self.overflow.as_ref().map_or(0, |overflow| overflow.keys()))
    }
}
