//! A report for a security review: what a store has, and what somebody should do about it.
//!
//! Gathering reads the store a page at a time and keeps totals, and the first rows of each list:
//! what it holds in memory does not grow with the store. `page` shows a report as one HTML file
//! and `json` as one object; neither reads the store, so both have the same figures. No part of
//! a report holds a token or a digest of one, because nothing that it is made of does.

mod count;
mod file;
mod finding;
mod json;
mod keys;
mod needs;
mod owners;
mod page;
mod realms;
mod rows;
mod trail;

use std::path::Path;
use std::time::Duration;

use keycask::{Result, Store, Timestamp};

use crate::when::now;
use file::File;
use finding::Finding;
use keys::Keys;
use needs::Needs;
use owners::Owners;
use realms::RealmRow;
use trail::Trail;

/// Keys, owners or entries that are read at once.
const PAGE: usize = 500;

const DAY: Duration = Duration::from_secs(86_400);

/// Keys that expire within this span, and have no successor, are a finding.
const SOON: Duration = DAY.saturating_mul(14);

/// Keys of this age are a finding where the profile does not say when to rotate.
const OLD: Duration = DAY.saturating_mul(365);

/// A key may be without use for so long after it was issued.
const FRESH: Duration = DAY.saturating_mul(7);

/// What a report is to have.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    /// How far it looks back. A key that was not used for so long is unused.
    pub(crate) period: Duration,
    /// Rows of a list at most.
    pub(crate) rows: usize,
    /// The lines of the decisions that the serving process wrote.
    pub(crate) decisions: Option<&'a Path>,
    /// The store's name for people.
    pub(crate) name: String,
    /// The least seq that the store was opened with; 0 for none.
    pub(crate) min_seq: u64,
}

/// What was found in a store.
pub(crate) struct Report {
    name: String,
    made: Timestamp,
    period: Duration,
    findings: Vec<Finding>,
    file: File,
    realms: Vec<RealmRow>,
    keys: Keys,
    owners: Owners,
    needs: Option<Needs>,
    trail: Trail,
}

impl Report {
    /// Reads all of `store`.
    ///
    /// # Errors
    ///
    /// `Argument` for a line of decisions that is none; those of reading the store. A file or a
    /// trail that does not hold is a finding.
    pub(crate) fn gather(store: &Store, ask: &Ask<'_>) -> Result<Self> {
        let made = now();
        let since = made.minus(ask.period);
        let needs = ask.decisions.map(Needs::read).transpose()?;
        let file = File::look(store, ask.min_seq)?;
        let realms = realms::look(store)?;
        let keys = Keys::look(store, made, since, needs.as_ref(), ask.rows)?;
        let owners = Owners::look(store, ask.rows)?;
        let trail = Trail::look(store, made, since, ask.rows)?;
        let mut report = Self {
            name: ask.name.clone(),
            made,
            period: ask.period,
            findings: Vec::new(),
            file,
            realms,
            keys,
            owners,
            needs,
            trail,
        };
        report.findings = finding::all(&report);
        Ok(report)
    }

    /// Whether the file and its trail are as they were written.
    pub(crate) const fn is_whole(&self) -> bool {
        self.file.checked.is_ok() && self.trail.chain.is_ok()
    }
}
