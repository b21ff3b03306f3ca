//! A queue of fixed size between verifies and who looks at them.
//!
//! Each place has a *turn*: `n` while it waits for the note with number `n`, `n + 1` while it holds
//! it, and `n + places` once that was taken. Who puts a note claims its number first, by one
//! exchange on `next`; none waits for another. A note whose words are still being stored holds up
//! who takes, and nobody who puts.
//!
//! Whoever has no key can cause notes of nobody's: they are put only while less than half of the
//! places are taken, so that there are others for notes of keys.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::note::{Note, Words};

/// Notes that wait at most: 512 KiB of them. Miri pays for each place.
const PLACES: u64 = if cfg!(miri) { 32 } else { 8_192 };

/// Places that notes of nobody's key leave to others.
const LEFT_TO_KEYS: u64 = PLACES / 2;

#[repr(align(64))]
struct Place {
    turn: AtomicU64,
    words: [AtomicU64; 7],
}

/// Notes on their way.
pub(crate) struct Ring {
    places: Box<[Place]>,
    /// Number of the next note that is put.
    next: AtomicU64,
    /// Notes that found no place. Relaxed: it is a count.
    lost: AtomicU64,
    /// Number of the next note that is taken. Locked by who takes, never by who puts.
    taken: Mutex<u64>,
}

impl Ring {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let place = |turn| Place { turn: AtomicU64::new(turn), words: Default::default() };
        let places = (0..PLACES).map(place).collect();
        let (next, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { places, next, lost, taken: Mutex::new(0) }
    }

    /// Puts a note, or counts it as lost if there is no place for it.
    pub(crate) fn put(&self, note: &Note) {
        let left = if note.decision.key.is_none() { LEFT_TO_KEYS } else { 0 };
        let mut number = self.next.load(Ordering::Relaxed);
        loop {
            let last = number.wrapping_add(left);
            let (Some(place), Some(last_place)) = (self.place(number), self.place(last)) else {
                return;
            };
            // Acquire, with the Release of `take`: the words were read by then.
            let turn = place.turn.load(Ordering::Acquire);
            // They are taken in order: if the last of these places waits, so do those before.
            let has_room = last_place.turn.load(Ordering::Relaxed) >= last;
            if turn == number && has_room {
                let after = number.wrapping_add(1);
                let relaxed = Ordering::Relaxed;
                match self.next.compare_exchange_weak(number, after, relaxed, relaxed) {
                    Ok(_) => return place.hold(number, note.words()),
                    Err(now) => number = now,
                }
            } else if turn <= number {
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            } else {
                number = self.next.load(Ordering::Relaxed);
            }
        }
    }

    /// Takes up to `limit` notes, in the order in which they were put; no more than have room at
    /// once, so that it comes to an end while others are put.
    pub(crate) fn take(&self, limit: usize) -> Vec<Note> {
        let limit = limit.min(self.places.len());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = Vec::new();
        while notes.len() < limit
            && let Some(place) = self.place(*taken)
            && let Some(words) = place.give_up(*taken)
        {
            notes.push(Note::of_words(words));
            *taken = taken.wrapping_add(1);
        }
        notes
    }

    /// How many notes found no place since this was last asked.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    fn place(&self, number: u64) -> Option<&Place> {
        self.places.get(usize::try_from(number % PLACES).ok()?)
    }
}

impl Place {
    fn hold(&self, number: u64, words: Words) {
        for (to, word) in self.words.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        // Release, with the Acquire of `give_up`.
        self.turn.store(number.wrapping_add(1), Ordering::Release);
    }

    /// The words of note `number`, if it is here.
    fn give_up(&self, number: u64) -> Option<Words> {
        // Acquire, with the Release of `hold`.
        if self.turn.load(Ordering::Acquire) != number.wrapping_add(1) {
            return None;
        }
        let words = std::array::from_fn(|at| {
            self.words.get(at).map_or(0, |word| word.load(Ordering::Relaxed))
        });
        // Release, with the Acquire of `put`.
        self.turn.store(number.wrapping_add(PLACES), Ordering::Release);
        Some(words)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;
    use crate::ids::RealmRef;
    use crate::key_id::KeyId;
    use crate::time::Timestamp;
    use crate::verdict::{Denial, Reason, Refusal};

    fn note(id: u64) -> Note {
        let denial = Denial { reason: Reason::Revoked, key: Some(KeyId::from_bits(id)) };
        let at = Timestamp::from_ms(id.cast_signed());
        Note::new(Err(&Refusal::Denied(denial)), RealmRef::new(1), at, None)
    }

    #[test]
    fn notes_come_out_in_order_and_what_finds_no_place_is_counted() {
        let ring = Ring::new();
        for round in 0..3 {
            (0..PLACES + 5).for_each(|id| ring.put(&note(id)));
            assert_eq!(ring.take(2), [note(0), note(1)], "{round}");
            assert_eq!(ring.take(usize::MAX).len() as u64, PLACES - 2);
            assert_eq!((ring.take(1), ring.lost(), ring.lost()), (Vec::new(), 5, 0));
        }
    }

    /// Whoever has no key could fill it, and what became of keys was lost.
    #[test]
    fn notes_of_nobodys_key_leave_half_of_the_places_to_others() {
        let ring = Ring::new();
        let unknown = Note::new(
            Err(&Refusal::Denied(Denial::UNKNOWN)),
            RealmRef::new(1),
            Timestamp::from_ms(0),
            None,
        );
        for _ in 0..3 {
            (0..PLACES).for_each(|_| ring.put(&unknown));
            assert_eq!(ring.lost(), PLACES / 2);
            (0..PLACES).for_each(|id| ring.put(&note(id)));
            assert_eq!(ring.lost(), PLACES / 2);
            ring.put(&unknown);
            let taken = ring.take(usize::MAX);
            let of_keys = taken.iter().filter(|note| note.decision.key.is_some()).count();
            assert_eq!((taken.len() as u64, of_keys as u64), (PLACES, PLACES / 2));
            assert_eq!(ring.lost(), 1);
        }
    }

    /// Who took notes went on for as long as somebody put them.
    #[test]
    fn taking_ends_while_others_put() {
        let (ring, done) = (Ring::new(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                (0..)
                    .take_while(|_| !done.load(Ordering::Relaxed))
                    .for_each(|n| ring.put(&note(n)));
            });
            let taken: Vec<_> = (0..20).map(|_| ring.take(usize::MAX).len()).collect();
            done.store(true, Ordering::Relaxed);
            assert!(taken.iter().all(|taken| *taken as u64 <= PLACES), "{taken:?}");
        });
    }

    #[test]
    fn each_note_of_many_threads_is_taken_once_and_whole_or_counted() {
        const EACH: u64 = if cfg!(miri) { 100 } else { 40_000 };
        let (ring, done) = (Ring::new(), AtomicBool::new(false));
        let taken = thread::scope(|scope| {
            let putting: Vec<_> = (0..3)
                .map(|thread| {
                    let ring = &ring;
                    scope.spawn(move || {
                        (0..EACH).for_each(|id| ring.put(&note(thread * EACH + id)));
                    })
                })
                .collect();
            let taking = scope.spawn(|| {
                let mut all = Vec::new();
                loop {
                    // Read before the last round, so that nothing is left behind.
                    let last = done.load(Ordering::Acquire);
                    all.extend(ring.take(100));
                    if last && ring.place(0).is_some() {
                        all.extend(ring.take(usize::MAX));
                        return all;
                    }
                }
            });
            putting.into_iter().for_each(|putting| putting.join().unwrap());
            done.store(true, Ordering::Release);
            taking.join().unwrap()
        });
        let mut ids = HashSet::new();
        for note in &taken {
            let id = note.decision.key.unwrap().bits();
            assert_eq!(note.decision.at.as_ms().cast_unsigned(), id, "half of two notes");
            assert!(ids.insert(id), "{id} came twice");
        }
        assert_eq!(taken.len() as u64 + ring.lost(), 3 * EACH);
    }
}
