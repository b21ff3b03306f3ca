//! A bar on standard error for what takes long, if a person looks.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use keycask::{Progress, Step};

/// How long something may take without a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is drawn again at most.
const EVERY: Duration = Duration::from_millis(100);

const WIDTH: u64 = 30;

/// Begins the line anew, and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// How far something has come.
#[derive(Clone, Copy, Debug)]
struct At {
    doing: &'static str,
    done: u64,
    total: u64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Rows,
    Bytes,
}

impl At {
    /// So many of `total` rows, as far as is known.
    const fn rows(doing: &'static str, done: u64, total: u64) -> Self {
        Self { doing, done, total, unit: Unit::Rows }
    }
}

impl From<Progress> for At {
    fn from(progress: Progress) -> Self {
        let (doing, unit) = match progress.step {
            Step::Read => ("Reading", Unit::Bytes),
            Step::Open => ("Opening", Unit::Rows),
            Step::Copy => ("Copying", Unit::Rows),
            Step::Check => ("Checking", Unit::Rows),
            Step::Sweep => ("Sweeping", Unit::Rows),
            Step::Import => ("Importing", Unit::Rows),
            _ => ("Working", Unit::Rows),
        };
        Self { doing, done: progress.done, total: progress.total, unit }
    }
}

/// A bar that is drawn while it is told of progress.
pub(crate) struct Bar {
    began: Instant,
    drawn: Mutex<Drawn>,
}

/// Counts what a command has done of something, and has a bar tell it if there is one.
pub(crate) struct Tally {
    bar: Option<Bar>,
    at: At,
}

impl Tally {
    /// None of `total` is done.
    pub(crate) const fn new(bar: Option<Bar>, doing: &'static str, total: u64) -> Self {
        Self { bar, at: At::rows(doing, 0, total) }
    }

    /// So many more are done.
    pub(crate) fn add(&mut self, more: u64) {
        self.at.done = self.at.done.saturating_add(more);
        if let Some(bar) = &self.bar {
            bar.show(self.at);
        }
    }
}

/// What stands on the terminal.
#[derive(Default)]
struct Drawn {
    /// When it was last drawn.
    last: Option<Duration>,
    /// Whether it is there.
    shown: bool,
}

impl Bar {
    /// A bar, if standard error is a terminal.
    pub(crate) fn new() -> Option<Self> {
        let bar = Self { began: Instant::now(), drawn: Mutex::new(Drawn::default()) };
        io::stderr().is_terminal().then_some(bar)
    }

    pub(crate) fn tell(&self, progress: Progress) {
        self.show(progress.into());
    }

    fn show(&self, at: At) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = drawn.next(at, self.began.elapsed()) {
            write(&text);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let drawn = self.drawn.get_mut().unwrap_or_else(PoisonError::into_inner);
        if drawn.shown {
            write(CLEAR);
        }
    }
}

/// If it cannot be written, nobody looks.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

impl Drawn {
    /// What to write now, `elapsed` after the beginning, if anything. At the end of a step the
    /// line is cleared, for what is printed next.
    fn next(&mut self, at: At, elapsed: Duration) -> Option<String> {
        if at.done == at.total {
            return std::mem::take(&mut self.shown).then(|| CLEAR.to_owned());
        }
        let due = match self.last {
            None => elapsed >= PATIENCE,
            Some(last) => elapsed.saturating_sub(last) >= EVERY,
        };
        if !due {
            return None;
        }
        (self.last, self.shown) = (Some(elapsed), true);
        let total = at.total.max(1);
        let done = at.done.min(total);
        let share = |of: u64| u128::from(done) * u128::from(of) / u128::from(total);
        let filled = usize::try_from(share(WIDTH)).unwrap_or_default();
        let (bar, width) = ("#".repeat(filled), usize::try_from(WIDTH).unwrap_or_default());
        let percent = share(100);
        let (unit, of_unit) = match at.unit {
            Unit::Rows => (1, "rows"),
            Unit::Bytes => (1 << 20, "MB"),
        };
        let (done, total) = (done / unit, total / unit);
        Some(format!(
            "{CLEAR}{} [{bar:width$}] {percent:3} %, {done} of {total} {of_unit}",
            at.doing
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An opening of one row, of which so much is done.
    fn opening(done: u64) -> At {
        At::rows("Opening", done, 1)
    }

    #[test]
    fn a_bar_appears_after_a_second_and_is_drawn_ten_times_a_second_at_most() {
        let first = opening(0);
        let mut drawn = Drawn::default();
        let at = Duration::from_millis;
        assert_eq!(drawn.next(first, at(999)), None);
        let text = drawn.next(first, at(1000)).unwrap();
        assert_eq!(text, format!("\r\u{1b}[KOpening [{}]   0 %, 0 of 1 rows", " ".repeat(30)));
        let half = At::rows("Opening", 1, 2);
        assert_eq!(drawn.next(half, at(1099)), None);
        let text = drawn.next(half, at(1100)).unwrap();
        let (full, free) = ("#".repeat(15), " ".repeat(15));
        assert_eq!(text, format!("\r\u{1b}[KOpening [{full}{free}]  50 %, 1 of 2 rows"));
    }

    #[test]
    fn the_line_is_free_again_when_a_step_ends() {
        let (first, last) = (opening(0), opening(1));
        let mut drawn = Drawn::default();
        assert_eq!(drawn.next(last, Duration::from_secs(2)), None);
        assert!(drawn.next(first, Duration::from_secs(2)).is_some());
        assert_eq!(drawn.next(last, Duration::from_secs(2)).as_deref(), Some(CLEAR));
        assert!(!drawn.shown);
    }
}
