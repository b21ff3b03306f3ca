//! The table: from a digest to the slot of its key.

use std::hint;
use std::ptr;

use super::chunks::Chunks;
use super::directory::{Directory, Route};
use super::home::{Home, Seed};
use super::places::Places;
use super::pool::{Free, Pool};
use super::segment::Segment;
use super::shim::{Ordering, fence};
use super::slot::{Content, Life, Slot};
use super::stash::Stash;
use crate::entry::Entry;
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
    pub(super) stash: Stash,
}

/// What only the writer knows of the table. To have it is to be the writer.
pub(super) struct Books {
    /// By number of segment.
    pub(super) regions: Vec<Region>,
    /// Numbers of segments that the directory no longer names.
    pub(super) spare: Vec<u32>,
    pub(super) free: Free,
    pub(super) stashed: usize,
}

/// The homes that a segment serves: those whose upper `depth` bits are `prefix`.
#[derive(Clone, Copy, Default)]
pub(super) struct Region {
    pub prefix: u32,
    pub depth: u32,
    /// Live slots of the segment.
    pub keys: usize,
    /// Keys that were removed and left their marks.
    pub removed: usize,
}

/// A live slot of a key, and whether it is in the stash.
pub(super) struct Copy<'t> {
    slot: &'t Slot,
    stashed: bool,
}

/// What looking for a key comes to.
pub(super) enum Look<'t> {
    /// It stood in this slot, when the slot lived this life.
    At(&'t Slot, Life),
    /// It was in no slot at some moment during the look.
    Nowhere,
    /// Neither can be said: something changed under way.
    Changed,
}

/// For readers.
impl Table {
    /// The entry of the key whose digest begins with `digest`.
    #[cfg(test)]
    pub(super) fn get(&self, digest: [u64; 2]) -> Option<Entry> {
        self.find(digest, Slot::read)
    }

    /// The entry of the key whose digest begins with `digest`, and what `beside` reads for it
    /// elsewhere at the same moment: what an entry refers to is not lent to another before the
    /// entry's slot is cleared. `beside` says none to have the entry looked up again.
    #[inline]
    pub(super) fn get_with<T>(
        &self,
        digest: [u64; 2],
        beside: impl Fn(&Entry) -> Option<T>,
    ) -> Option<(Entry, T)> {
        self.find(digest, |slot, life| {
            let entry = slot.read(life)?;
            let found = beside(&entry)?;
            // Acquire, with the Release fence before what is elsewhere is written anew.
            fence(Ordering::Acquire);
            slot.is_still(life).then_some((entry, found))
        })
    }

    /// Has the slots of a digest fetched, if it may be a key's, for a `get` that comes soon:
    /// the waits for several then overlap.
    #[inline]
    pub(super) fn fetch(&self, digest: [u64; 2]) {
        let home = self.seed.home(digest);
        if let Some(places) = self.places(home)
            && home.mark().may_be_in(places.filter)
        {
            hint::black_box(places.slots.map(Slot::life));
        }
    }

    /// Sets the expired bit of a key, if it still ends at `end`. False if it does not, if
    /// there is no such key, or if the writer is moving it.
    pub(super) fn expire(&self, digest: [u64; 2], end: Timestamp) -> bool {
        let home = self.seed.home(digest);
        for _ in 0..ATTEMPTS {
            let copies = self.copies(home, digest).map(|copy| copy.slot);
            if let Some(outcome) = Slot::expire_all(copies, end) {
                return outcome;
            }
            hint::spin_loop();
        }
        false
    }

    /// What `read` makes of the slot of `digest`; it says none to have the slot looked up
    /// again. After [`ATTEMPTS`] that other changes overtook, none: to a verify that is a
    /// refusal, which is the safe side.
    #[inline(always)]
    fn find<R>(&self, digest: [u64; 2], read: impl Fn(&Slot, Life) -> Option<R>) -> Option<R> {
        let home = self.seed.home(digest);
        match self.look(home, digest) {
            Look::At(slot, life) => {
                let found = read(slot, life);
                if found.is_some() {
                    return found;
                }
            }
            Look::Nowhere => return None,
            Look::Changed => {}
        }
        self.insist(home, digest, read)
    }

    #[cold]
    #[inline(never)]
    fn insist<R>(
        &self,
        home: Home,
        digest: [u64; 2],
        read: impl Fn(&Slot, Life) -> Option<R>,
    ) -> Option<R> {
        for _ in 1..ATTEMPTS {
            hint::spin_loop();
            match self.look(home, digest) {
                Look::At(slot, life) => {
                    let found = read(slot, life);
                    if found.is_some() {
                        return found;
                    }
                }
                Look::Nowhere => return None,
                Look::Changed => {}
            }
        }
        None
    }

    /// Looks for a key once.
    #[inline(always)]
    fn look(&self, home: Home, digest: [u64; 2]) -> Look<'_> {
        let Some(route) = self.directory.route(home) else { return Look::Changed };
        let segment = self.segments.at(route.segment());
        let places = segment.and_then(|s| s.places(&self.pool, route.blocks(), home));
        let Some(places) = places else { return Look::Changed };
        if !home.mark().may_be_in(places.filter) {
            return self.unmarked(&route);
        }
        match places.find(digest) {
            Ok((slot, life)) => Look::At(slot, life),
            Err(lives) => self.missed(&route, &places, &lives, digest),
        }
    }

    /// What a look comes to that found no mark of the key.
    #[inline]
    pub(super) fn unmarked(&self, route: &Route<'_>) -> Look<'_> {
        // Acquire, with the Release fence of `Pool::lend`. A key sets its mark before its slot,
        // and no mark is taken away while the directory names the segment.
        fence(Ordering::Acquire);
        if self.directory.confirms(route) { Look::Nowhere } else { Look::Changed }
    }

    /// What a look comes to that found four slots without the key.
    #[inline(never)]
    pub(super) fn missed(
        &self,
        route: &Route<'_>,
        places: &Places<'_>,
        lives: &[Life; 4],
        digest: [u64; 2],
    ) -> Look<'_> {
        if self.stash.len() > 0 {
            match self.stash.look(digest) {
                Look::Nowhere => {}
                found => return found,
            }
        }
        // Acquire, with the Release of `Slot::clear`: who saw a key's slot dead because the
        // key was moved sees below that a life or the route has changed.
        fence(Ordering::Acquire);
        let still = places.are_still(lives) && self.directory.confirms(route);
        if still { Look::Nowhere } else { Look::Changed }
    }
}

/// For the writer.
impl Table {
    /// What stands in the table for `digest`.
    pub(super) fn peek(&self, digest: [u64; 2]) -> Option<Content> {
        self.copies(self.seed.home(digest), digest).next()?.slot.peek()
    }

    /// Has the table show `entry` for `digest`. False if there is no memory to number.
    ///
    /// A change of end, state or mark is one store. A wider one fills a second slot before
    /// the first is cleared, so that the key is never missing, and nobody who begins after
    /// the call sees the first. An expired bit stays unless the end is now later.
    #[must_use]
    pub(super) fn put(&self, books: &mut Books, digest: [u64; 2], entry: &Entry) -> bool {
        let home = self.seed.home(digest);
        let mut content = Content::new(digest, entry);
        let mut copies = self.copies(home, digest);
        let present = copies.next();
        if let Some(Copy { slot, .. }) = &present
            && copies.next().is_none()
            && slot.peek().is_some_and(|present| present.differs_in_verdict_only(&content))
        {
            slot.judge(|before| content.verdict.after(before));
            return true;
        }
        let Some(room) = self.room(books, home) else { return false };
        if present.is_none() {
            room.fill(&content);
            return true;
        }
        // Looked for anew: making room may have moved them.
        for old in self.copies(home, digest) {
            content.verdict = content.verdict.after(old.slot.freeze().verdict);
        }
        room.fill(&content);
        for old in self.copies(home, digest).filter(|copy| !ptr::eq(copy.slot, room)) {
            self.clear(books, home, &old);
        }
        true
    }

    /// Takes the key of `digest` out.
    pub(super) fn remove(&self, books: &mut Books, digest: [u64; 2]) {
        let home = self.seed.home(digest);
        for copy in self.copies(home, digest) {
            self.clear(books, home, &copy);
        }
        self.count_removal(books, home);
    }

    /// Has the slots fetched in which a new key may come to stand soon.
    pub(super) fn fetch_places(&self, digest: [u64; 2]) {
        let places = self.places(self.seed.home(digest));
        hint::black_box(places.map(|places| places.slots.map(Slot::life)));
    }

    /// The segment of `home`.
    pub(super) fn segment(&self, home: Home) -> Option<&Segment> {
        self.segments.at(self.directory.route(home)?.segment())
    }

    #[inline]
    fn places(&self, home: Home) -> Option<Places<'_>> {
        let route = self.directory.route(home)?;
        self.segments.at(route.segment())?.places(&self.pool, route.blocks(), home)
    }

    /// The live slots of a key: one, or two if a writer died between filling and clearing.
    fn copies(&self, home: Home, digest: [u64; 2]) -> impl Iterator<Item = Copy<'_>> {
        let places = self
            .places(home)
            .into_iter()
            .flat_map(|places| places.slots)
            .map(|slot| Copy { slot, stashed: false });
        let stash = self.stash.live().map(|(slot, _)| Copy { slot, stashed: true });
        places
            .chain(stash)
            .filter(move |Copy { slot, .. }| slot.life().is_live() && slot.holds(digest))
    }

    fn clear(&self, books: &mut Books, home: Home, copy: &Copy<'_>) {
        if copy.stashed {
            self.stash.clear(copy.slot);
            books.stashed = books.stashed.saturating_sub(1);
            return;
        }
        copy.slot.clear();
        if let Some(region) = self.segment(home).and_then(|s| books.region(s.number())) {
            region.keys = region.keys.saturating_sub(1);
        }
    }
}

impl Books {
    /// The region of segment `number`.
    pub(super) fn region(&mut self, number: u32) -> Option<&mut Region> {
        self.regions.get_mut(usize::try_from(number).ok()?)
    }

    /// Keys in the table. One that is in two slots at the moment counts twice.
    pub(super) fn keys(&self) -> usize {
        self.regions.iter().map(|region| region.keys).sum::<usize>().saturating_add(self.stashed)
    }
}
