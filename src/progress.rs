//! How far something long has come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What takes long about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The bytes of a file are read and their checksums compared, to open it for writing. That
    /// goes on while its rows are read, and is told of afterwards.
    Read,
    /// The rows of a file are read and checked, to open it.
    Open,
    /// Rows are written to another file.
    Copy,
    /// The whole of a file is checked, with the audit trail.
    Check,
    /// Keys are taken out.
    Sweep,
    /// Keys of another system are taken in.
    Import,
}

impl Step {
    /// The step's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Open => "open",
            Self::Copy => "copy",
            Self::Check => "check",
            Self::Sweep => "sweep",
            Self::Import => "import",
        }
    }

    /// How much is done at least between two reports.
    const fn stride(self) -> u64 {
        match self {
            Self::Read => 4 << 20,
            Self::Open | Self::Copy | Self::Check => 4096,
            Self::Import => 1024,
            Self::Sweep => 1,
        }
    }
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// Rows that are done; of [`Step::Read`], bytes.
    pub done: u64,
    /// Rows or bytes that there are to do, as far as is known.
    pub total: u64,
}

/// Who is told of progress.
#[derive(Clone)]
pub(crate) struct Report(Arc<dyn Fn(Progress) + Send + Sync>);

impl Report {
    pub(crate) fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

/// Counts what is done of one step and tells of it: when it begins, sometimes, and at its end.
pub(crate) struct Tally {
    report: Option<Report>,
    progress: Progress,
    /// At how much the next report is due.
    due: u64,
}

impl Tally {
    pub(crate) fn new(report: Option<&Report>, step: Step, total: u64) -> Self {
        let progress = Progress { step, done: 0, total };
        let mut tally = Self { report: report.cloned(), progress, due: 0 };
        tally.tell();
        tally
    }

    /// So much more is done.
    pub(crate) fn add(&mut self, more: u64) {
        let Progress { done, total, .. } = &mut self.progress;
        *done = done.saturating_add(more);
        if *done >= self.due {
            *total = (*total).max(*done);
            self.tell();
        }
    }

    /// One row more is done.
    pub(crate) fn row(&mut self) {
        self.add(1);
    }

    /// All is done.
    pub(crate) fn end(mut self) {
        self.progress.total = self.progress.done;
        self.tell();
    }

    fn tell(&mut self) {
        let Progress { step, done, .. } = self.progress;
        self.due = done.saturating_add(step.stride());
        let Some(Report(report)) = &self.report else { return };
        // A panic in there is the host's, and says nothing of the file that is read or written
        // meanwhile. Nothing of this tally is half done.
        if catch_unwind(AssertUnwindSafe(|| report(self.progress))).is_err() {
            self.report = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_step_is_told_of_when_it_begins_now_and_then_and_at_its_end() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let report = Report::new(move |progress: Progress| {
            to.lock().unwrap().push((progress.done, progress.total));
        });
        let mut tally = Tally::new(Some(&report), Step::Copy, 5000);
        (0..5001).for_each(|_| tally.row());
        tally.end();
        assert_eq!(*told.lock().unwrap(), [(0, 5000), (4096, 5000), (5001, 5001)]);
    }
}
