//! Measure what keycask takes on this machine.

use std::path::PathBuf;

use clap::Args;
use keycask::Result;
use serde_json::{Value, json};

use crate::bar::{Bar, Tally};
use crate::bench::{Figures, measure};
use crate::exit::Exit;
use crate::output::Fields;
use crate::secret::failed;
use crate::session::Session;

/// What a table says of each figure.
const COLUMNS: &[&str] = &["what", "takes", "of_the_least"];

/// Measure a verify and a durable issue on this machine, each beside the least that it could take
#[derive(Args, Debug)]
#[command(after_help = "\
Uses no store of yours: it makes one for the run, of some hundred bytes a key, and takes it away.
The least is measured in the same run: for a decision, one keyed BLAKE3 and one line of memory
after each other; for an issue, one page of a file overwritten and made durable. The figures of one
core; of a run on a busy machine, the ratios say more than the times. For a disk's figures, DIR
must be on that disk: /tmp may be in memory.

Example:
  keycask bench --keys 1000000 --directory /var/lib/shop")]
pub(crate) struct Bench {
    /// Among so many keys
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    keys: u32,

    /// Where the store is made [default: where temporary files are]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Bench {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let within = self.directory.unwrap_or_else(std::env::temp_dir);
        let directory = tempfile::tempdir_in(&within);
        let directory = directory.map_err(|e| failed(&format!("--directory {within:?}"), e))?;
        let output = session.output;
        let bar = if output.is_json() { None } else { Bar::new() };
        let mut tally = Tally::new(bar, "Issuing", self.keys.into());
        let keys = usize::try_from(self.keys).unwrap_or(usize::MAX);
        let figures = measure(directory.path(), keys, |more| tally.add(more))?;
        if output.is_json() {
            output.one(&fields(&figures, self.keys))?;
            return Ok(Exit::Done);
        }
        let mut list = output.list(COLUMNS);
        rows(&figures, self.keys).iter().try_for_each(|row| list.row(row))?;
        list.end()?;
        Ok(Exit::Done)
    }
}

fn fields(figures: &Figures, keys: u32) -> Fields {
    let ns = |seconds: f64| rounded(seconds * 1e9, 10.0);
    let us = |seconds: f64| rounded(seconds * 1e6, 10.0);
    Fields::new()
        .with("keys", keys)
        .with("grant_ns", ns(figures.grant))
        .with("unknown_ns", ns(figures.unknown))
        .with("least_decision_ns", ns(figures.raw_decision))
        .with("grant_ratio", rounded(figures.grant / figures.raw_decision, 100.0))
        .with("unknown_ratio", rounded(figures.unknown / figures.raw_decision, 100.0))
        .with("issue_us", us(figures.issue))
        .with("least_write_us", us(figures.raw_write))
        .with("issue_ratio", rounded(figures.issue / figures.raw_write, 100.0))
        .with("bulk_issue_us", us(figures.bulk))
        .with("open_ms", rounded(figures.open * 1e3, 10.0))
}

fn rows(figures: &Figures, keys: u32) -> Vec<Fields> {
    let row = |what: String, takes: String| Fields::new().with("what", what).with("takes", takes);
    let ratio = |takes: f64, least: f64| format!("{:.2}", takes / least);
    let ns = |seconds: f64| format!("{:.0} ns", seconds * 1e9);
    let us = |seconds: f64| format!("{:.0} us", seconds * 1e6);
    let Figures { grant, unknown, raw_decision, issue, raw_write, bulk, open } = *figures;
    vec![
        row(format!("grant, among {keys} keys"), ns(grant))
            .with("of_the_least", ratio(grant, raw_decision)),
        row("refuse an unknown token".into(), ns(unknown))
            .with("of_the_least", ratio(unknown, raw_decision)),
        row("one hash and one line of memory".into(), ns(raw_decision)),
        row("issue a key, durable".into(), us(issue)).with("of_the_least", ratio(issue, raw_write)),
        row("write one page, durable".into(), us(raw_write)),
        row("issue a key, of many at once".into(), us(bulk)),
        row(format!("open a store of {keys} keys"), format!("{:.0} ms", open * 1e3)),
    ]
}

/// A figure with as many digits as mean something.
fn rounded(figure: f64, parts: f64) -> Value {
    json!((figure * parts).round() / parts)
}
