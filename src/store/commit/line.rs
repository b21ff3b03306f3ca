//! Who writes next: the first who came.
//!
//! One thread at a time has the *turn*. What it carries, the *load*, it may hand to the next
//! in line and wait, as a *rider*, for what becomes of it; or it brings the load to its end
//! itself and tells all riders the outcome. Who stands in line may leave a *job* there: then
//! whoever has the turn can do it in its place, and it rides without having been woken.
//!
//! Nobody is left waiting. A turn ends by being dropped, in a panic too, and goes to the next
//! in line. A load with riders that is left while nobody is in line goes to one of them; and
//! riders whose load was lost are told so.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Threads that want the turn, in the order in which they came. `B` is what is handed on, `O`
/// what riders are told, `J` what one may do for another.
pub(in crate::store) struct Line<B, O, J> {
    /// Held for a few moves of pointers only; never while a [`Seat`] is waited at.
    queue: Mutex<Queue<B, O, J>>,
}

struct Queue<B, O, J> {
    /// Whether a thread has the turn. While none has, nobody waits.
    taken: bool,
    waiting: VecDeque<Waiter<B, O, J>>,
}

struct Waiter<B, O, J> {
    seat: Arc<Seat<B, O, J>>,
    job: Option<J>,
}

/// Where one thread waits.
struct Seat<B, O, J> {
    /// What the thread is told; taken by that thread alone.
    told: Mutex<Option<Told<B, O, J>>>,
    bell: Condvar,
}

enum Told<B, O, J> {
    /// With its own job, if it left one and nobody did it.
    Turn(Hand<B, O, J>, Option<J>),
    Outcome(O),
    Lost,
}

/// What goes with the turn.
struct Hand<B, O, J> {
    load: Option<B>,
    /// Those who wait for the outcome of the load, in order.
    riders: Vec<Arc<Seat<B, O, J>>>,
}

/// The right to write, until it is dropped.
pub(super) struct Turn<'l, B, O, J> {
    line: &'l Line<B, O, J>,
    seat: Arc<Seat<B, O, J>>,
    /// None once the turn is another's.
    hand: Option<Hand<B, O, J>>,
}

/// How a [ride](Turn::ride) ended, or a wait that another [did the job](Turn::job) of.
pub(super) enum Ride<'l, B, O, J> {
    /// Another brought the load to its end.
    Arrived(O),
    /// Another had it and panicked while bringing it to its end.
    Lost,
    /// There is nobody else to do it. With the job that was left in line, if nobody did it.
    Last(Turn<'l, B, O, J>, Option<J>),
}

impl<B, O, J> Line<B, O, J> {
    pub(in crate::store) fn new() -> Self {
        Self { queue: Mutex::new(Queue { taken: false, waiting: VecDeque::new() }) }
    }

    /// Waits for the turn.
    pub(super) fn enter(&self) -> Turn<'_, B, O, J> {
        let seat = Arc::new(Seat { told: Mutex::new(None), bell: Condvar::new() });
        match self.stand(&seat, None) {
            Ride::Last(turn, _) => turn,
            // Outcomes are for riders, and who leaves no job does not ride before its turn.
            Ride::Arrived(_) | Ride::Lost => Turn { line: self, seat, hand: Some(Hand::new()) },
        }
    }

    /// Waits for the turn, or for the outcome of the load to which another did `job`.
    pub(super) fn leave(&self, job: J) -> Ride<'_, B, O, J> {
        let seat = Arc::new(Seat { told: Mutex::new(None), bell: Condvar::new() });
        self.stand(&seat, Some(job))
    }

    fn stand(&self, seat: &Arc<Seat<B, O, J>>, job: Option<J>) -> Ride<'_, B, O, J> {
        let mut queue = lock(&self.queue);
        if !queue.taken {
            queue.taken = true;
            return self.turn(Arc::clone(seat), Hand::new(), job);
        }
        queue.waiting.push_back(Waiter { seat: Arc::clone(seat), job });
        drop(queue);
        self.wait(seat)
    }

    fn wait(&self, seat: &Arc<Seat<B, O, J>>) -> Ride<'_, B, O, J> {
        match seat.wait() {
            Told::Outcome(outcome) => Ride::Arrived(outcome),
            Told::Lost => Ride::Lost,
            Told::Turn(hand, job) => self.turn(Arc::clone(seat), hand, job),
        }
    }

    fn turn(
        &self,
        seat: Arc<Seat<B, O, J>>,
        hand: Hand<B, O, J>,
        job: Option<J>,
    ) -> Ride<'_, B, O, J> {
        Ride::Last(Turn { line: self, seat, hand: Some(hand) }, job)
    }

    #[cfg(test)]
    pub(in crate::store) fn waiting(&self) -> usize {
        lock(&self.queue).waiting.len()
    }
}

impl<'l, B, O, J> Turn<'l, B, O, J> {
    /// What was handed on with the turn, or was put there.
    pub(super) fn load(&mut self) -> &mut Option<B> {
        &mut self.hand.get_or_insert_with(Hand::new).load
    }

    /// The job of the next in line, if it left one. It is to be done to the load now; who left
    /// it rides from here on.
    pub(super) fn job(&mut self) -> Option<J> {
        let mut queue = lock(&self.line.queue);
        let job = queue.waiting.front_mut()?.job.take()?;
        let next = queue.waiting.pop_front()?;
        drop(queue);
        self.hand.get_or_insert_with(Hand::new).riders.push(next.seat);
        Some(job)
    }

    /// Leaves the load to the next in line and waits for its outcome. If nobody waits, the
    /// turn stays here.
    pub(super) fn ride(mut self) -> Ride<'l, B, O, J> {
        let Some(next) = lock(&self.line.queue).waiting.pop_front() else {
            return Ride::Last(self, None);
        };
        let mut hand = self.hand.take().unwrap_or_else(Hand::new);
        hand.riders.push(Arc::clone(&self.seat));
        next.seat.tell(Told::Turn(hand, next.job));
        self.line.wait(&self.seat)
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

impl<B, O, J> Drop for Turn<'_, B, O, J> {
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
        let rider = |seat| Waiter { seat, job: None };
        let next = queue.waiting.pop_front().or_else(|| hand.riders.pop().map(rider));
        queue.taken = next.is_some();
        drop(queue);
        if let Some(next) = next {
            next.seat.tell(Told::Turn(hand, next.job));
        }
    }
}

impl<B, O, J> Hand<B, O, J> {
    fn new() -> Self {
        Self { load: None, riders: Vec::new() }
    }
}

impl<B, O, J> Seat<B, O, J> {
    fn tell(&self, told: Told<B, O, J>) {
        *lock(&self.told) = Some(told);
        self.bell.notify_one();
    }

    fn wait(&self) -> Told<B, O, J> {
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
