//! Who writes next: the first who came.
//!
//! One thread at a time has the *turn*. What it carries, the *load*, it may hand to the next
//! in line and wait, as a *rider*, for what becomes of it; or it brings the load to its end
//! itself and tells all riders the outcome.
//!
//! Nobody is left waiting. A turn ends by being dropped, in a panic too, and goes to the next
//! in line. A load with riders that is left while nobody is in line goes to one of them; and
//! riders whose load was lost are told so.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Threads that want the turn, in the order in which they came. `B` is what is handed on, `O`
/// what riders are told.
pub(in crate::store) struct Line<B, O> {
    /// Held for a few moves of pointers only; never while a [`Seat`] is waited at.
    queue: Mutex<Queue<B, O>>,
}

struct Queue<B, O> {
    /// Whether a thread has the turn. While none has, nobody waits.
    taken: bool,
    waiting: VecDeque<Arc<Seat<B, O>>>,
}

/// Where one thread waits.
struct Seat<B, O> {
    /// What the thread is told; taken by that thread alone.
    told: Mutex<Option<Told<B, O>>>,
    bell: Condvar,
}

enum Told<B, O> {
    Turn(Hand<B, O>),
    Outcome(O),
    Lost,
}

/// What goes with the turn.
struct Hand<B, O> {
    load: Option<B>,
    /// Those who wait for the outcome of the load, in order.
    riders: Vec<Arc<Seat<B, O>>>,
}

/// The right to write, until it is dropped.
pub(super) struct Turn<'l, B, O> {
    line: &'l Line<B, O>,
    seat: Arc<Seat<B, O>>,
    /// None once the turn is another's.
    hand: Option<Hand<B, O>>,
}

/// How a [ride](Turn::ride) ended.
pub(super) enum Ride<'l, B, O> {
    /// Another brought the load to its end.
    Arrived(O),
    /// Another had it and panicked while bringing it to its end.
    Lost,
    /// There is nobody else to do it.
    Last(Turn<'l, B, O>),
}

impl<B, O> Line<B, O> {
    pub(in crate::store) fn new() -> Self {
        Self { queue: Mutex::new(Queue { taken: false, waiting: VecDeque::new() }) }
    }

    /// Waits for the turn.
    pub(super) fn enter(&self) -> Turn<'_, B, O> {
        let seat = Arc::new(Seat { told: Mutex::new(None), bell: Condvar::new() });
        let mut queue = lock(&self.queue);
        if !queue.taken {
            queue.taken = true;
            let hand = Hand { load: None, riders: Vec::new() };
            return Turn { line: self, seat, hand: Some(hand) };
        }
        queue.waiting.push_back(Arc::clone(&seat));
        drop(queue);
        let hand = match seat.wait() {
            Told::Turn(hand) => hand,
            // Outcomes are for riders, and nobody rides before it had the turn.
            Told::Outcome(_) | Told::Lost => Hand { load: None, riders: Vec::new() },
        };
        Turn { line: self, seat, hand: Some(hand) }
    }

    #[cfg(test)]
    pub(in crate::store) fn waiting(&self) -> usize {
        lock(&self.queue).waiting.len()
    }
}

impl<'l, B, O> Turn<'l, B, O> {
    /// What was handed on with the turn, or was put there.
    pub(super) fn load(&mut self) -> &mut Option<B> {
        &mut self.hand.get_or_insert_with(|| Hand { load: None, riders: Vec::new() }).load
    }

    /// Leaves the load to the next in line and waits for its outcome. If nobody waits, the
    /// turn stays here.
    pub(super) fn ride(mut self) -> Ride<'l, B, O> {
        let Some(next) = lock(&self.line.queue).waiting.pop_front() else {
            return Ride::Last(self);
        };
        let Some(mut hand) = self.hand.take() else { return Ride::Lost };
        hand.riders.push(Arc::clone(&self.seat));
        next.tell(Told::Turn(hand));
        match self.seat.wait() {
            Told::Outcome(outcome) => Ride::Arrived(outcome),
            Told::Lost => Ride::Lost,
            Told::Turn(hand) => {
                self.hand = Some(hand);
                Ride::Last(self)
            }
        }
    }

    /// Tells all riders.
    pub(super) fn tell(&mut self, outcome: &O)
    where
        O: Clone,
    {
        let riders = self.hand.as_mut().map(|hand| std::mem::take(&mut hand.riders));
        for rider in riders.into_iter().flatten() {
            rider.tell(Told::Outcome(outcome.clone()));
        }
    }
}

impl<B, O> Drop for Turn<'_, B, O> {
    fn drop(&mut self) {
        let Some(mut hand) = self.hand.take() else { return };
        if hand.load.is_none() {
            for rider in hand.riders.drain(..) {
                rider.tell(Told::Lost);
            }
        }
        // A load that nobody rides on is of use to the next in line only.
        if hand.riders.is_empty() && lock(&self.line.queue).waiting.is_empty() {
            hand.load = None;
        }
        let mut queue = lock(&self.line.queue);
        let next = queue.waiting.pop_front().or_else(|| hand.riders.pop());
        queue.taken = next.is_some();
        drop(queue);
        if let Some(next) = next {
            next.tell(Told::Turn(hand));
        }
    }
}

impl<B, O> Seat<B, O> {
    fn tell(&self, told: Told<B, O>) {
        *lock(&self.told) = Some(told);
        self.bell.notify_one();
    }

    fn wait(&self) -> Told<B, O> {
        let mut place = lock(&self.told);
        loop {
            match place.take() {
                Some(told) => return told,
                None => place = self.bell.wait(place).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Every change under these locks is complete in itself, so one that a panic left is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
