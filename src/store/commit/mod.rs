//! The commit protocol: plan, deny, make durable, grant.
//!
//! Journeys that write stand in [line](Line). Whose turn it is plans and writes into the
//! transaction that those before it left open, and hands it to the next; the last in line
//! commits it for all of them, and each gets its own result. So one writer alone pays for one
//! commit, and many share one; there is no thread but the callers'.
//!
//! A plan that borrows from its caller is made on its caller's thread, which has to be woken
//! for it. One that owns all that it needs is left in line, where whoever has the turn makes it
//! when it is next: its caller is woken once, with the outcome.

mod group;
mod line;
#[cfg(test)]
mod tests;

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) use self::group::Group;
use self::line::{Line, Ride};
use super::deny::Denial;
use super::usage::put_usage;
use super::{Draft, Realms, Store, scan};
use crate::error::{Error, ErrorKind, Result};
use crate::index::Settled;
use crate::record::Op;
use crate::storage::{CommitError, Storage, View};
use crate::time::Timestamp;

/// Those who want to write.
pub(super) type Writers = Line<Group, Outcome, Job>;

/// The turn of one of them.
type Turn<'l> = line::Turn<'l, Group, Outcome, Job>;

/// A journey that another may plan: it never panics.
pub(super) type Job = Box<dyn FnOnce(&Store, &mut Group) + Send>;

/// What became of a transaction, for each journey in it.
#[derive(Clone)]
pub(super) enum Outcome {
    /// It is durable, and shown.
    Durable,
    /// Nothing of it is in the file, nor will be.
    Refused(Arc<Error>),
    /// It may be in the file, or is there and could not be shown.
    Unknown(Arc<Error>),
}

/// How memory and file differ if what a refused change takes away is taken for good.
pub(super) const NOT_UNDONE: &str =
    "nothing of the change is in the file, and what it takes away could not be given back";

/// A commit between its first step and its last. A panic of the host's clock, say, may leave it
/// there, with more in the file than is shown: nothing is written after that.
struct Unfinished<'s>(&'s Storage);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.poison();
    }
}

impl Store {
    /// Runs a journey that writes.
    ///
    /// `plan` reads in the transaction that will write, and the realms, and so sees all earlier
    /// journeys; what it refuses has written nothing. Then, in this order: what the draft takes
    /// away is enforced in memory; the transaction is made durable; what the draft adds is
    /// published. If the outcome of the commit is unknown, or it is durable and cannot be
    /// published, what was taken away stays so and the store takes no more writes until it is
    /// reopened.
    ///
    /// A journey that met changes of others on their way to the disk waits for their outcome,
    /// whatever it wants itself, so that no answer is based on what then did not happen.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Unconfirmed`, `Poisoned`, `Full`, `Io`: nothing was written.
    /// `Indeterminate`: see above.
    pub(super) fn commit<T>(
        &self,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        self.commit_denied(Denial::default(), plan)
    }

    /// [`commit`](Self::commit) of a journey of which `early` is enforced already. It ends
    /// with the journey, unless the outcome is unknown.
    pub(super) fn commit_denied<T>(
        &self,
        early: Denial,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        self.storage.confirmed()?;
        self.commit_unconfirmed(early, plan)
    }

    /// [`commit_denied`](Self::commit_denied) of what a store that was restored, and not
    /// confirmed, does not refuse.
    pub(super) fn commit_unconfirmed<T>(
        &self,
        early: Denial,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        let result = self.commit_untold(early, plan);
        self.tell();
        result
    }

    /// [`commit_unconfirmed`](Self::commit_unconfirmed) of who holds what somebody who is told of
    /// changes may want, and [tells](Self::tell) once that is let go.
    pub(super) fn commit_untold<T>(
        &self,
        early: Denial,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        // First: in a child, the line may be held by a thread that is not there.
        self.storage.at_home()?;
        let mut turn = self.writers.enter();
        let result = self.join(self.group(&mut turn), early, plan);
        self.conclude(self.settle(turn), result)
    }

    /// Tells of changes that were committed and not told yet. Nothing is held: whoever is told may
    /// call the store.
    pub(super) fn tell(&self) {
        #[cfg(feature = "tracing")]
        self.events.tell();
    }

    /// [`commit`](Self::commit) of a journey that is long: those who came before it do not wait for
    /// it, as they would if it joined them.
    pub(super) fn commit_apart<T>(
        &self,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        self.storage.confirmed()?;
        self.storage.at_home()?;
        let mut turn = self.writers.enter();
        self.serve(&mut turn);
        let result = self.join(self.group(&mut turn), Denial::default(), plan);
        let result = self.conclude(self.settle(turn), result);
        self.tell();
        result
    }

    /// [`commit`](Self::commit) of a journey whose plan owns what it needs: whoever has the
    /// turn makes it.
    pub(super) fn commit_owned<T, P>(&self, plan: P) -> Result<T>
    where
        T: Send + 'static,
        P: FnOnce(&Self, &View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
        P: Send + 'static,
    {
        self.storage.confirmed()?;
        self.storage.at_home()?;
        let joined = Arc::new(Mutex::new(None));
        let place = Arc::clone(&joined);
        let job: Job = Box::new(move |store, group| {
            let plan = |view: &View<'_>, realms: &Realms, now| plan(store, view, realms, now);
            let join = || store.join(group, Denial::default(), plan);
            // Whoever does this has the group left as a panic in its own plan leaves it.
            let result = panic::catch_unwind(AssertUnwindSafe(join));
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        let outcome = match self.writers.leave(job) {
            Ride::Last(mut turn, job) => {
                if let Some(job) = job {
                    job(self, self.group(&mut turn));
                }
                self.settle(turn)
            }
            Ride::Arrived(outcome) => outcome,
            Ride::Lost => self.lost(),
        };
        self.tell();
        let joined = joined.lock().unwrap_or_else(PoisonError::into_inner).take();
        match joined {
            Some(Ok(result)) => self.conclude(outcome, result),
            Some(Err(panicked)) => panic::resume_unwind(panicked),
            None => Err(Error::new(ErrorKind::Internal, "a journey was not planned")),
        }
    }

    /// The group of whose turn it is.
    fn group<'t>(&self, turn: &'t mut Turn<'_>) -> &'t mut Group {
        turn.load().get_or_insert_with(|| Group::new(self.mark.now()))
    }

    /// Makes the plans that are next in line, as far as they were left there; then hands the
    /// group on, or commits it. Gives the outcome once it is known.
    fn settle(&self, mut turn: Turn<'_>) -> Outcome {
        while !self.group(&mut turn).is_complete()
            && let Some(job) = turn.job()
        {
            job(self, self.group(&mut turn));
        }
        let group = self.group(&mut turn);
        if !group.is_changed() {
            for denial in group.denials.drain(..) {
                self.lift(denial);
            }
            turn.tell(&Outcome::Durable);
            return Outcome::Durable;
        }
        let ride = if group.is_complete() { Ride::Last(turn, None) } else { turn.ride() };
        match ride {
            Ride::Arrived(outcome) => outcome,
            Ride::Last(turn, _) => self.finish(turn),
            Ride::Lost => self.lost(),
        }
    }

    /// What a journey gets whose group came to this outcome.
    fn conclude<T>(&self, outcome: Outcome, result: Result<T>) -> Result<T> {
        match (outcome, result) {
            (Outcome::Durable, result) => result,
            (Outcome::Refused(error), _) | (Outcome::Unknown(error), Ok(_)) => Err(again(&error)),
            // It wrote nothing, but why it refused may not be true.
            (Outcome::Unknown(_), Err(error)) => {
                Err(self.storage.writable().err().unwrap_or(error))
            }
        }
    }

    /// Runs `what` while nobody writes, once all who came before are served.
    pub(super) fn alone<T>(&self, what: impl FnOnce() -> Result<T>) -> Result<T> {
        self.storage.at_home()?;
        let mut turn = self.writers.enter();
        self.serve(&mut turn);
        what()
    }

    /// Commits for those who came before whose turn it is.
    fn serve(&self, turn: &mut Turn<'_>) {
        if let Some(group) = turn.load().take() {
            let outcome = self.make_durable(group);
            turn.tell(&outcome);
        }
    }

    #[cold]
    fn lost(&self) -> Outcome {
        let why = "the thread that committed for several panicked";
        let cause = Error::new(ErrorKind::Internal, why);
        let how = "the change may be in the file or not";
        Outcome::Unknown(Arc::new(self.storage.distrust(how, cause)))
    }

    /// Plans in `group` and writes to it.
    fn join<T>(
        &self,
        group: &mut Group,
        early: Denial,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        group.now = group.now.max(self.mark.now());
        let now = group.now;
        // A change of profile ends its group, so these are the realms as all before left them.
        let planned =
            group.view(&self.storage).and_then(|view| plan(&view, self.realms.load(), now));
        let denied = planned.and_then(|mut draft| {
            group.check_tokens(&self.index, &draft.change.ops)?;
            let mut denial = self.deny(&draft.change)?;
            denial.recalled = self.recall(&mut draft.change.credits, now);
            Ok((denial, draft))
        });
        let (denial, draft) = match denied {
            Ok(denied) => denied,
            Err(error) => {
                self.lift(early);
                return Err(error);
            }
        };
        let denial = early.and(denial);
        match group.join(&self.storage, draft.change) {
            Ok(()) => {
                group.denials.push(denial);
                Ok(draft.value)
            }
            Err(error) => match self.withdraw(denial) {
                Ok(()) => Err(error),
                Err(_) => Err(self.storage.distrust(NOT_UNDONE, error)),
            },
        }
    }

    /// Commits for all who joined, and tells them before the next in line has its turn: who
    /// then comes back at once is in the next group and not in the one after it.
    fn finish(&self, mut turn: Turn<'_>) -> Outcome {
        let outcome = match turn.load().take() {
            Some(group) => self.make_durable(group),
            None => Outcome::Durable,
        };
        turn.tell(&outcome);
        outcome
    }

    /// Writes what is in `group`, and shows it.
    fn make_durable(&self, group: Group) -> Outcome {
        let unfinished = Unfinished(&self.storage);
        let outcome = self.make_known(group);
        std::mem::forget(unfinished);
        outcome
    }

    fn make_known(&self, mut group: Group) -> Outcome {
        let committed = self.write(&mut group);
        let denials = std::mem::take(&mut group.denials).into_iter();
        match committed {
            Ok((seq, settled)) => match self.publish_group(seq, &mut group) {
                Ok(()) => {
                    self.index.settle(&settled);
                    #[cfg(feature = "tracing")]
                    self.events.keep(|| group.take_entries());
                    denials.for_each(|denial| self.lift(denial));
                    Outcome::Durable
                }
                Err(error) => {
                    denials.for_each(|denial| self.keep(&denial));
                    let how = "the change is in the file and could not be shown";
                    Outcome::Unknown(Arc::new(self.storage.distrust(how, error)))
                }
            },
            Err(CommitError::Refused(error)) => {
                // A narrowed profile is the last, and the only one that can fail: then all
                // that was taken away stays so.
                match denials.rev().try_for_each(|denial| self.withdraw(denial)) {
                    Ok(()) => Outcome::Refused(Arc::new(error)),
                    Err(_) => Outcome::Unknown(Arc::new(self.storage.distrust(NOT_UNDONE, error))),
                }
            }
            Err(CommitError::Indeterminate(error)) => {
                denials.for_each(|denial| self.keep(&denial));
                Outcome::Unknown(Arc::new(error))
            }
        }
    }

    /// Makes the transaction of `group` durable, with the time mark and with usage that is
    /// due; gives its seq, and what became of credits.
    fn write(&self, group: &mut Group) -> Result<(u64, Vec<Settled>), CommitError> {
        let mut batch = group.mend(&self.storage)?;
        let vouched = group.mark();
        let mark = vouched.unwrap_or_else(|| self.mark.next(group.now));
        batch.set_mark(mark);
        let used = match group.takes_usage() || self.is_usage_due() {
            true => self.index.noted(),
            false => Vec::new(),
        };
        put_usage(&mut batch, &used)?;
        let settled = self.put_leases(&mut batch, group, mark)?;
        let seq = batch.commit()?;
        self.storage.take_snapshot();
        match vouched {
            Some(mark) => self.mark.reset(mark),
            None => self.mark.advance(mark),
        }
        if group.confirms() {
            self.storage.note_confirmed();
        }
        if !used.is_empty() {
            self.index.written(&used);
            self.note_flush();
        }
        Ok((seq, settled))
    }

    fn publish_group(&self, seq: u64, group: &mut Group) -> Result<()> {
        self.publish(seq, &group.take_ops())?;
        // After the ops: a key is looked for on the way that it was on until it has come over.
        match group.take_turn() {
            // It is the last of its group, and counted the keys with all that the others did.
            Some(turn) => self.take_turn(turn),
            None => self.note_ways(group.take_ways()),
        }
    }

    /// Publishes a durable commit: the one way in to what decisions read.
    pub(super) fn publish(&self, seq: u64, ops: &[Op]) -> Result<()> {
        // Keys and owners first, whom a change of profile then brings up to itself.
        self.index.apply(seq, ops, &**self.realms.load())?;
        for op in ops {
            if let Op::Realm(record) = op {
                self.swap_realms(Arc::new(self.realms.load().with(record)?))?;
            }
        }
        Ok(())
    }

    /// Makes `realms` the ones that decisions read, and brings the entries of keys and owners
    /// up to them where what their scopes imply differs.
    pub(super) fn swap_realms(&self, realms: Arc<Realms>) -> Result<()> {
        let before = self.realms.swap(Arc::clone(&realms)).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "no number is left for another version of a profile")
        })?;
        let differing: Vec<_> = realms.differing(before).collect();
        if differing.is_empty() {
            return Ok(());
        }
        let view = self.storage.view()?;
        for record in scan::keys(&view, None, None) {
            let record = record?;
            if realms.realm_of(record.kind).is_some_and(|realm| differing.contains(&realm)) {
                self.index.refresh_key(&record, &*realms)?;
            }
        }
        for realm in differing {
            for record in scan::owners(&view, realm) {
                let record = record?;
                self.index.refresh_owner(&record, &*realms);
            }
        }
        Ok(())
    }
}

/// The same error for another who gets it.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
