//! Keys that were verified by an older digest, and wait for their new one to be written.
//!
//! A verify notes its key here: it claims a place by one exchange, waits for nobody and takes no
//! memory. A place has the id of its key from the claim on, and its other words are whole once
//! [`FULL`] is seen. A note that is lost is counted: who retires a pepper has to know of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::digest::Digest;
use crate::key_id::KeyId;

/// How many keys are noted at most: 768 KiB of them. Miri pays for each place.
const ROOM: usize = if cfg!(miri) { 128 } else { 4096 };

/// How many twins of one key are noted: as many as a realm has schemes.
const TWINS: usize = 8;

/// Other keys that a text finds.
pub(super) type Twins = [Option<KeyId>; TWINS];

/// Places in which a key may stand, from its own on.
const REACH: usize = 64;

/// A key that was verified by another way than the present one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    pub key_id: KeyId,
    /// First half of the digest that it was found by.
    pub found: [u64; 2],
    /// Of its token.
    pub digest: Digest,
    /// Of the pepper, for `digest`.
    pub generation: u8,
    /// How many commits had [brought](super::ways::Routes::brought) keys by digests before it was
    /// looked for.
    pub brought: u64,
    /// Whether it was refused, as one that is revoked.
    pub refused: bool,
    pub last_four: [u8; 4],
    /// Other keys that were imported with digests of the same token.
    pub twins: Twins,
}

/// One noted key.
///
/// ```text
/// word name
///    0 key id  0 if the place is free: no key has that
///  1-2 found
///  3-6 digest
///    7 brought
/// 8-15 twins   key ids; 0 for none
///   16 marks   last four (bits 0-31), generation (32-39), full (40), refused (41)
/// ```
#[repr(align(64))]
#[derive(Default)]
struct Place {
    key: AtomicU64,
    words: [AtomicU64; 7],
    twins: [AtomicU64; TWINS],
    marks: AtomicU64,
}

const FULL: u64 = 1 << 40;
const REFUSED: u64 = 1 << 41;

impl Place {
    /// Whether it has such a note of the key, or `verified` stands here now.
    fn takes(&self, verified: &Verified) -> bool {
        let key = verified.key_id.bits();
        // Acquire, with the Release of `give_up`: the words of the note before were read.
        match self.key.compare_exchange(0, key, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => {}
            Err(other) => return other == key && self.is_like(verified),
        }
        let (digest, _) = verified.digest.as_bytes().as_chunks::<8>();
        let digest = digest.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let words = verified.found.into_iter().chain(digest).chain([verified.brought]);
        for (place, word) in self.words.iter().zip(words) {
            place.store(word, Ordering::Relaxed);
        }
        for (place, twin) in self.twins.iter().zip(verified.twins) {
            place.store(twin.map_or(0, KeyId::bits), Ordering::Relaxed);
        }
        // Release, with the Acquire of `give_up`.
        self.marks.store(marks(verified), Ordering::Release);
        true
    }

    /// Whether the note of its key that is here tells the same: that of a grant, or of before an
    /// import or a rotation, does not keep a later one away. One that is being put here is taken
    /// for such.
    fn is_like(&self, verified: &Verified) -> bool {
        let [.., brought] = &self.words;
        // Acquire, with the Release of `takes`.
        match self.marks.load(Ordering::Acquire) {
            0 => true,
            here => here == marks(verified) && brought.load(Ordering::Relaxed) == verified.brought,
        }
    }

    /// The note that is here, if it is whole. The place is free then.
    fn give_up(&self) -> Option<Verified> {
        // Acquire, with the Release of `takes`.
        let marks = self.marks.load(Ordering::Acquire);
        if marks & FULL == 0 {
            return None;
        }
        let key_id = KeyId::from_bits(self.key.load(Ordering::Relaxed));
        let words = self.words.each_ref().map(|word| word.load(Ordering::Relaxed));
        let [a, b, digest @ .., brought] = words;
        let mut bytes = [0; Digest::LEN];
        for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(digest) {
            *place = word.to_le_bytes();
        }
        let twins = self.twins.each_ref().map(|twin| match twin.load(Ordering::Relaxed) {
            0 => None,
            bits => Some(KeyId::from_bits(bits)),
        });
        let [c, d, e, f, generation, ..] = marks.to_le_bytes();
        self.marks.store(0, Ordering::Relaxed);
        // Release, with the Acquire of `takes`.
        self.key.store(0, Ordering::Release);
        let (digest, last_four) = (Digest::from_bytes(bytes), [c, d, e, f]);
        let (found, refused) = ([a, b], marks & REFUSED != 0);
        Some(Verified { key_id, found, digest, generation, brought, refused, last_four, twins })
    }
}

/// The word that says that a note is whole.
fn marks(verified: &Verified) -> u64 {
    let last_four = u64::from(u32::from_le_bytes(verified.last_four));
    let refused = if verified.refused { REFUSED } else { 0 };
    FULL | refused | u64::from(verified.generation) << 32 | last_four
}

/// Keys of which something was noted.
#[derive(Default)]
pub(super) struct Spared {
    keys: HashSet<u64>,
    /// Something is being noted, of any key.
    all: bool,
}

impl Spared {
    pub(super) fn has(&self, key: KeyId) -> bool {
        self.all || self.keys.contains(&key.bits())
    }
}

/// Keys that were verified.
#[derive(Default)]
pub(super) struct Noted {
    places: OnceLock<Box<[Place]>>,
    /// How many notes were lost: for want of a place, or because they are of no use by now.
    /// Relaxed: it is a count.
    missed: AtomicU64,
    /// Keys that were verified and cannot have the digest of their token, and the key that has it.
    blocked: Mutex<BTreeMap<KeyId, KeyId>>,
    /// Held by who takes notes, never by who puts them.
    taking: Mutex<()>,
    /// Held from when notes are taken until it is known whether they are written.
    writing: Mutex<()>,
}

impl Noted {
    /// Makes room, once: to note something takes no memory.
    pub(super) fn make_room(&self) {
        self.places.get_or_init(|| (0..ROOM).map(|_| Place::default()).collect());
    }

    /// Notes a key, if it is not noted yet, or counts it as missed if there is no place for it.
    #[cold]
    pub(super) fn note(&self, verified: &Verified) {
        if !self.reach(verified.key_id).any(|place| place.takes(verified)) {
            self.miss(1);
        }
    }

    /// Whether a key is noted now, or is being noted.
    pub(super) fn has(&self, key: KeyId) -> bool {
        // Relaxed: the words of the note are not read.
        self.reach(key).any(|place| place.key.load(Ordering::Relaxed) == key.bits())
    }

    /// Keys that are noted now, and those that have the tokens of such by other digests: what
    /// becomes of them is told by the notes.
    pub(super) fn spared(&self) -> Spared {
        let mut spared = Spared::default();
        for place in self.places.get().into_iter().flatten() {
            let key = place.key.load(Ordering::Relaxed);
            if key == 0 {
                continue;
            }
            // Acquire, with the Release of `takes`: its twins are whole.
            if place.marks.load(Ordering::Acquire) & FULL == 0 {
                spared.all = true;
            }
            let twins = place.twins.iter().map(|twin| twin.load(Ordering::Relaxed));
            spared.keys.extend(twins.chain([key]));
        }
        spared
    }

    /// The places in which a key may stand: none without room.
    fn reach(&self, key: KeyId) -> impl Iterator<Item = &Place> {
        let places = self.places.get().map_or(&[][..], |places| places);
        // The lower bits of a key id are random.
        let own = usize::try_from(key.bits()).unwrap_or(0) % ROOM;
        places.iter().cycle().skip(own).take(REACH.min(places.len()))
    }

    /// So many more notes were lost of keys that were verified.
    pub(super) fn miss(&self, notes: u64) {
        self.missed.fetch_add(notes, Ordering::Relaxed);
    }

    /// The digest of a key's token is that of another key.
    pub(super) fn block(&self, key: KeyId, other: KeyId) {
        self.blocked().insert(key, other);
    }

    /// What was said to [`block`](Self::block), in the order of the keys' ids.
    pub(super) fn blocked_keys(&self) -> Vec<(KeyId, KeyId)> {
        self.blocked().iter().map(|(key, other)| (*key, *other)).collect()
    }

    /// The key that [`block`](Self::block) was told of has gone.
    pub(super) fn unblock(&self, key: KeyId) {
        self.blocked().remove(&key);
    }

    fn blocked(&self) -> MutexGuard<'_, BTreeMap<KeyId, KeyId>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was noted, which is noted no more, nor what was lost of it.
    pub(super) fn clear(&self) -> Vec<Verified> {
        let noted = self.take();
        self.missed();
        self.blocked().clear();
        noted
    }

    /// Until what this gives is dropped, none but its holder writes what was noted: no key is
    /// on its way from a note to the file. Not for who has the turn to write.
    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was noted, which is noted no more.
    pub(super) fn take(&self) -> Vec<Verified> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        self.places.get().into_iter().flatten().filter_map(Place::give_up).collect()
    }

    /// How many notes were lost since this was last asked.
    pub(super) fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// That of key `id`, each word of which is told by the id.
    fn verified(id: u64) -> Verified {
        let mut digest = [0; Digest::LEN];
        digest.as_chunks_mut::<8>().0.fill(id.to_le_bytes());
        let [a, b, c, d, ..] = id.to_le_bytes();
        Verified {
            key_id: KeyId::from_bits(id),
            found: [id, !id],
            digest: Digest::from_bytes(digest),
            generation: a,
            brought: id.rotate_left(9),
            refused: id.is_multiple_of(3),
            last_four: [a, b, c, d],
            twins: std::array::from_fn(|n| (n as u64 <= id % 9).then_some(KeyId::from_bits(id))),
        }
    }

    #[test]
    fn a_key_is_noted_once_and_as_it_was_verified() {
        let noted = Noted::default();
        noted.make_room();
        let ids = [1, 2, u64::MAX, 1, 1 << 41];
        ids.iter().for_each(|id| noted.note(&verified(*id)));
        let mut taken = noted.take();
        taken.sort_by_key(|verified| verified.key_id);
        assert!(taken == [1, 2, 1 << 41, u64::MAX].map(verified));
        assert!(noted.take().is_empty());
        assert_eq!(noted.missed(), 0);
    }

    /// What it was granted by before an import says nothing of the keys that came with that.
    #[test]
    fn a_note_keeps_none_away_that_tells_more() {
        let noted = Noted::default();
        noted.make_room();
        let before = verified(8);
        let after = Verified { brought: before.brought + 1, ..before };
        let refused = Verified { refused: true, ..before };
        for note in [before, after, refused, before, after] {
            noted.note(&note);
        }
        assert!(noted.take() == [before, after, refused]);
    }

    /// Each key had one place alone, and a key that found it taken was not noted.
    #[test]
    fn keys_that_want_one_place_are_all_noted_until_there_is_no_room_and_then_counted() {
        let noted = Noted::default();
        noted.note(&verified(7));
        assert_eq!(noted.missed(), 1);
        noted.make_room();
        let clashing = |n: u64| verified(n << 12 | 4_090);
        (1..=70).for_each(|n| noted.note(&clashing(n)));
        let taken: Vec<_> = noted.take().iter().map(|verified| verified.key_id).collect();
        assert_eq!(taken.len(), REACH);
        assert!((1..=64).all(|n| taken.contains(&clashing(n).key_id)));
        assert_eq!((noted.missed(), noted.missed()), (6, 0));
    }

    /// Its words are not whole yet: it is taken later, and is noted all the while.
    #[test]
    fn a_key_that_is_being_noted_is_not_taken_and_is_not_missing() {
        let noted = Noted::default();
        assert!(!noted.has(KeyId::from_bits(7)));
        noted.make_room();
        noted.places.get().unwrap()[7].key.store(7, Ordering::Relaxed);
        assert!(noted.take().is_empty());
        assert!(noted.has(KeyId::from_bits(7)));
        assert!(!noted.has(KeyId::from_bits(8)));
        // Its twins are not known yet, and may be any.
        assert!(noted.spared().has(KeyId::from_bits(8)));
    }

    #[test]
    fn a_noted_key_is_spared_and_its_twins_and_no_other() {
        let noted = Noted::default();
        assert!(!noted.spared().has(KeyId::from_bits(7)));
        noted.make_room();
        let twins = std::array::from_fn(|n| (n < 2).then_some(KeyId::from_bits(20 + n as u64)));
        noted.note(&Verified { twins, ..verified(7) });
        let spared = noted.spared();
        let has = |key: &u64| spared.has(KeyId::from_bits(*key));
        assert!([7, 20, 21].iter().all(has));
        assert!(![6, 8, 19, 22].iter().any(has));
    }

    /// How many each thread notes.
    const EACH: u64 = if cfg!(miri) { 50 } else { 2_000 };

    #[test]
    fn notes_of_many_threads_are_taken_whole_while_they_are_put() {
        let noted = Noted::default();
        noted.make_room();
        let taken = thread::scope(|scope| {
            let putting: Vec<_> = (0..3)
                .map(|thread| {
                    let put = |id: u64| noted.note(&verified(id));
                    scope.spawn(move || (0..EACH).for_each(|id| put((id + 1) << 3 | thread)))
                })
                .collect();
            let mut taken = Vec::new();
            while putting.iter().any(|thread| !thread.is_finished()) {
                taken.extend(noted.take());
            }
            putting.into_iter().for_each(|thread| thread.join().unwrap());
            taken.extend(noted.take());
            taken
        });
        assert!(taken.iter().all(|found| *found == verified(found.key_id.bits())));
        let ids: HashSet<_> = taken.iter().map(|verified| verified.key_id).collect();
        assert_eq!(ids.len() as u64 + noted.missed(), 3 * EACH);
    }
}
