//! How far something long has come.

/// What takes long about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The rows of a file are read and checked, to open it.
    Open,
    /// Rows are written to another file.
    Copy,
    /// The whole of a file is checked, with the audit trail.
    Check,
    /// Keys are taken out.
    Sweep,
}

impl Step {
    /// The step's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Copy => "copy",
            Self::Check => "check",
            Self::Sweep => "sweep",
        }
    }
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// Rows that are done.
    pub done: u64,
    /// Rows that there are to do, as far as is known.
    pub total: u64,
}

/// Who is told of progress.
pub(crate) type Report = dyn Fn(Progress) + Send + Sync;

/// After how many rows progress is told of.
const EVERY: u64 = 4096;

/// Counts the rows of one step and tells of them: when it begins, sometimes, and at its end.
pub(crate) struct Tally<'r> {
    report: Option<&'r Report>,
    progress: Progress,
}

impl<'r> Tally<'r> {
    pub(crate) fn new(report: Option<&'r Report>, step: Step, total: u64) -> Self {
        let tally = Self { report, progress: Progress { step, done: 0, total } };
        tally.tell();
        tally
    }

    /// One row more is done.
    pub(crate) fn row(&mut self) {
        self.progress.done = self.progress.done.saturating_add(1);
        if self.progress.done.is_multiple_of(EVERY) {
            self.progress.total = self.progress.total.max(self.progress.done);
            self.tell();
        }
    }

    /// All is done.
    pub(crate) fn end(mut self) {
        self.progress.total = self.progress.done;
        self.tell();
    }

    fn tell(&self) {
        if let Some(report) = self.report {
            report(self.progress);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_step_is_told_of_when_it_begins_now_and_then_and_at_its_end() {
        let told = Mutex::new(Vec::new());
        let report = move |progress: Progress| {
            let mut told = told.lock().unwrap();
            told.push((progress.done, progress.total));
            if progress.done == progress.total && progress.done > 0 {
                assert_eq!(*told, [(0, 5000), (4096, 5000), (5001, 5001)]);
            }
        };
        let mut tally = Tally::new(Some(&report), Step::Copy, 5000);
        (0..5001).for_each(|_| tally.row());
        tally.end();
    }
}
