//! A run: keys are denied one after another, while two threads verify and one does something else.

use std::array;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use keycask::{ErrorKind, Issued, Pepper, Request, State};

use crate::moments::{History, READERS};
use crate::scene::{ASIDE, Scene, by};

/// Keys at a time that are presented over and over.
pub const WATCHED: usize = 16;

/// What the threads of a run share.
pub struct World<'a> {
    pub scene: &'a Scene,
    pub history: &'a History,
    /// Keys that are denied in their order, then those that are kept aside.
    pub issued: &'a [Issued],
    turn: AtomicUsize,
    done: AtomicBool,
}

/// Ends the run with the thread that has it, also when that panics, lest the others go on for ever.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl World<'_> {
    fn is_over(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// How many keys are denied by calls of their own.
    fn keys(&self) -> usize {
        self.issued.len() - ASIDE
    }

    fn token(&self, key: usize) -> &[u8] {
        self.issued[key].token.expose().as_bytes()
    }

    /// Takes the right to write from a key.
    pub fn deny(&self, key: usize) {
        self.scene.deny(key, &self.issued[key]);
    }

    /// Waits until each reader has made a round that begins from now on.
    pub fn wait_for_a_round(&self) {
        self.history.wait_for_a_round(&self.done);
    }

    /// Verifies over and over, in one round by a call for each key, in the next by one for all.
    fn read(&self, reader: usize) {
        let (history, last) = (self.history, self.keys() - 1);
        for round in 0_u64.. {
            if self.is_over() {
                break;
            }
            // Those whose turn it is, those who have had it, and those who are next.
            let first = self.turn.load(Ordering::Relaxed).saturating_sub(WATCHED / 2);
            let watched: [usize; WATCHED] = array::from_fn(|n| (first + n).min(last));
            let mut grants = 0;
            let mut note = |key, began, is_granted| match is_granted {
                true => {
                    grants += 1;
                    history.note_grant(key, began);
                }
                false => history.note_refusal(key, history.now()),
            };
            if round.is_multiple_of(2) {
                for key in watched.into_iter().chain(history.also()) {
                    let began = history.now();
                    note(key, began, self.scene.is_granted(self.token(key)));
                }
            } else {
                let tokens = watched.map(|key| self.token(key));
                let began = history.now();
                let granted = self.scene.are_granted(&tokens);
                watched.into_iter().zip(granted).for_each(|(key, is)| note(key, began, is));
            }
            history.note_round(reader, grants);
        }
    }

    /// All keys that are left come over to another pepper, and the one before is retired, but for
    /// one that is kept aside. It ends with that pepper: every other time nobody presents it before
    /// that was retired; else readers do meanwhile, and it comes over if they are first. With
    /// `planted` it always comes over, and is said to have ended.
    pub fn turn_pepper(&self, turn: usize, planted: bool) {
        let (store, history) = (&self.scene.store, self.history);
        let aside = (turn < ASIDE).then_some(self.keys() + turn);
        history.watch_also(None);
        self.wait_for_a_round();
        self.scene.grow();
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&(turn as u64).to_le_bytes());
        store.rotate_pepper(Pepper::new(&bytes), &by()).unwrap();
        let present = |key| drop(store.verify(self.scene.acme, self.token(key), &Request::new()));
        loop {
            let comes_over = |key: &usize| planted || Some(*key) != aside;
            (0..self.issued.len()).filter(comes_over).for_each(present);
            aside.inspect(|aside| history.note_denying(*aside));
            history.watch_also(aside.filter(|_| turn % 2 == 1));
            match store.retire_pepper(&by()) {
                Ok(_) => break,
                // What was verified while the pepper was rotated has to be verified again.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => panic!("{error}"),
            }
        }
        let returned = history.pass();
        history.watch_also(aside);
        let Some(aside) = aside else { return };
        let state = store.key(self.issued[aside].key.key_id).unwrap().state;
        if planted || state == State::Revoked {
            history.note_denial(aside, returned);
        } else {
            history.note_spared(aside);
        }
        self.wait_for_a_round();
    }
}

/// Lets `keys` keys live and die, and gives the history. Each is denied by `deny`, which tells when
/// that has returned. Beside it, `meanwhile` is done over and over, for the first time, the second
/// time, and so on.
pub fn run(
    keys: usize,
    deny: impl Fn(&World<'_>, usize, &dyn Fn()),
    meanwhile: impl Fn(&World<'_>, usize) + Sync,
) -> History {
    let (scene, history) = (Scene::new(), History::new(keys + ASIDE));
    let issued = scene.issue(keys + ASIDE);
    let (turn, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let world = World { scene: &scene, history: &history, issued: &issued, turn, done };
    thread::scope(|scope| {
        let world = &world;
        for reader in 0..READERS {
            scope.spawn(move || {
                let _finish = Finish(&world.done);
                world.read(reader);
            });
        }
        scope.spawn(|| {
            let _finish = Finish(&world.done);
            for time in 0.. {
                meanwhile(world, time);
                history.note_meanwhile();
                if world.is_over() {
                    break;
                }
            }
        });
        let _finish = Finish(&world.done);
        for key in 0..keys {
            world.turn.store(key, Ordering::Relaxed);
            // It is granted before, and whether it still is after, the next round tells.
            world.wait_for_a_round();
            if let Some(before) = key.checked_sub(1) {
                scene.settle(before, &issued[before]);
            }
            history.note_denying(key);
            deny(world, key, &|| history.note_denial(key, history.pass()));
        }
        world.wait_for_a_round();
    });
    history
}
