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

/// A bar that is drawn while the engine tells of progress.
pub(crate) struct Bar {
    began: Instant,
    drawn: Mutex<Drawn>,
}

/// What stands on the terminal.
#[derive(Default)]
struct Drawn {
    /// When it was last drawn.
    at: Option<Duration>,
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
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = drawn.next(progress, self.began.elapsed()) {
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
    fn next(&mut self, progress: Progress, elapsed: Duration) -> Option<String> {
        if progress.done == progress.total {
            return std::mem::take(&mut self.shown).then(|| CLEAR.to_owned());
        }
        let due = match self.at {
            None => elapsed >= PATIENCE,
            Some(at) => elapsed.saturating_sub(at) >= EVERY,
        };
        if !due {
            return None;
        }
        (self.at, self.shown) = (Some(elapsed), true);
        let doing = match progress.step {
            Step::Read => "Reading",
            Step::Open => "Opening",
            Step::Copy => "Copying",
            Step::Check => "Checking",
            Step::Sweep => "Sweeping",
            Step::Import => "Importing",
            _ => "Working",
        };
        let total = progress.total.max(1);
        let done = progress.done.min(total);
        let share = |of: u64| u128::from(done) * u128::from(of) / u128::from(total);
        let filled = usize::try_from(share(WIDTH)).unwrap_or_default();
        let (bar, width) = ("#".repeat(filled), usize::try_from(WIDTH).unwrap_or_default());
        let percent = share(100);
        let (unit, of_unit) =
            if progress.step == Step::Read { (1 << 20, "MB") } else { (1, "rows") };
        let (done, total) = (done / unit, total / unit);
        Some(format!("{CLEAR}{doing} [{bar:width$}] {percent:3} %, {done} of {total} {of_unit}"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keycask::{Actor, Store};

    use super::*;

    /// An opening of one row, of which so much is done. Its type is made by the engine alone, so
    /// it is whatever that told first, made so.
    fn opening(done: u64) -> Progress {
        let (dir, told) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let path = dir.path().join("keys.keycask");
        let store = Store::create(&path).unwrap();
        let profile = "realm = \"r\"\n[[kind]]\nname = \"k\"\nprefix = \"k_\"\nbody = 32\n";
        store.apply_realm("r.toml", profile, &Actor::new("tester")).unwrap();
        store.close().unwrap();
        let to = told.clone();
        let options = Store::options().progress(move |p| to.lock().unwrap().push(p));
        options.open(&path).unwrap().close().unwrap();
        let mut progress = told.lock().unwrap()[0];
        (progress.step, progress.done, progress.total) = (Step::Open, done, 1);
        progress
    }

    #[test]
    fn a_bar_appears_after_a_second_and_is_drawn_ten_times_a_second_at_most() {
        let first = opening(0);
        let mut drawn = Drawn::default();
        let at = Duration::from_millis;
        assert_eq!(drawn.next(first, at(999)), None);
        let text = drawn.next(first, at(1000)).unwrap();
        assert_eq!(text, format!("\r\u{1b}[KOpening [{}]   0 %, 0 of 1 rows", " ".repeat(30)));
        let mut half = first;
        (half.done, half.total) = (1, 2);
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
