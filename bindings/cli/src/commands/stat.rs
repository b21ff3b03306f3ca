//! The figures of a store.

use std::fs;

use clap::Args;
use keycask::{KindCount, PepperStatus, Result, Stats, Store};
use serde_json::Value;

use crate::exit::Exit;
use crate::exposition::{Exposition, Metric};
use crate::output::{Fields, write_data};
use crate::secret::failed;
use crate::session::Session;
use crate::view;

/// What a table says of each kind.
const COLUMNS: &[&str] = &["realm", "kind", "active", "suspended", "revoked", "expired"];

/// Show the figures of the store: keys by realm, kind and state, lengths, log, trail, pepper
#[derive(Args, Debug)]
#[command(after_help = "\
The rows of all keys are read, of which a million take seconds. Expired are those of the active
and the suspended keys whose end has come. The figures of memory are of this command's own table,
which is as long as that of a service. What was decided is known to the process that decided:
docs/observe.md says how that tells it.

Example:
  keycask stat --json
  keycask stat --prometheus > keycask.prom")]
pub(crate) struct Stat {
    /// In the text format 0.0.4 of Prometheus
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

impl Stat {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let figures = Figures::read(session, &store)?;
        if self.prometheus {
            write_data(figures.exposition(&store)?.as_bytes())?;
            return Ok(Exit::Done);
        }
        let output = session.output;
        let kinds = figures.rows(&store)?;
        if output.is_json() {
            let kinds: Vec<Value> = kinds.into_iter().map(Value::from).collect();
            output.one(&figures.fields().with("kinds", kinds))?;
        } else {
            output.one(&figures.fields())?;
            if !kinds.is_empty() {
                output.line("")?;
                let mut list = output.list(COLUMNS);
                kinds.iter().try_for_each(|row| list.row(row))?;
                list.end()?;
            }
        }
        Ok(Exit::Done)
    }
}

/// What there is to tell.
struct Figures {
    stats: Stats,
    file_bytes: u64,
    pepper: PepperStatus,
    kinds: Vec<KindCount>,
}

impl Figures {
    fn read(session: &Session, store: &Store) -> Result<Self> {
        let path = session.path()?;
        let file = fs::metadata(path).map_err(|e| failed(&format!("store {path:?}"), e))?;
        Ok(Self {
            stats: store.stats()?,
            file_bytes: file.len(),
            pepper: store.pepper_status()?,
            kinds: store.count_by_kind()?,
        })
    }

    fn fields(&self) -> Fields {
        view::stats(&self.stats)
            .with("file_bytes", self.file_bytes)
            .with("pepper_generation", self.pepper.generation)
            .with("pepper_left", self.pepper.left)
    }

    fn rows(&self, store: &Store) -> Result<Vec<Fields>> {
        let row = |count: &KindCount| Ok(view::kind_count(&*store.profile(count.realm)?, count));
        self.kinds.iter().map(row).collect()
    }

    /// The same for Prometheus. Labels are names of a profile and of states alone, so there are
    /// as many series as profiles have kinds, whatever is issued to whom.
    fn exposition(&self, store: &Store) -> Result<String> {
        let Self { stats, file_bytes, pepper, kinds } = self;
        let mut text = Exposition::new();
        text.head(Metric::gauge("keycask_keys", "Keys by realm, kind and state."));
        for count in kinds {
            let realm = store.profile(count.realm)?;
            let states = [
                ("active", count.active),
                ("suspended", count.suspended),
                ("revoked", count.revoked),
            ];
            for (state, keys) in states {
                let kind = count.kind_name.as_str();
                let labels = [("realm", realm.name()), ("kind", kind), ("state", state)];
                text.sample(&labels, keys);
            }
        }
        let help = "Active and suspended keys whose end has come, by realm and kind.";
        text.head(Metric::gauge("keycask_expired_keys", help));
        for count in kinds {
            let realm = store.profile(count.realm)?;
            let labels = [("realm", realm.name()), ("kind", count.kind_name.as_str())];
            text.sample(&labels, count.expired);
        }
        let gauges = [
            ("keycask_realms", "Realms of the store.", stats.realms),
            ("keycask_owners", "Owners in all realms.", stats.owners),
            ("keycask_file_bytes", "Length of the store's file.", *file_bytes),
            (
                "keycask_index_bytes",
                "Memory of the table by which keys are found, in the process that tells this.",
                stats.index_bytes,
            ),
            (
                "keycask_index_huge_bytes",
                "How much of it is on huge pages, in the process that tells this.",
                stats.index_huge_bytes,
            ),
            ("keycask_log_commits", "Commits that the log has.", stats.log_commits),
            (
                "keycask_audit_kept_entries",
                "Entries of the audit trail that were not taken out.",
                stats.audit_entries,
            ),
            ("keycask_peppered", "1 if a pepper keys the digests, else 0.", stats.peppered.into()),
            (
                "keycask_pepper_generation",
                "Number of the present pepper.",
                pepper.generation.into(),
            ),
            (
                "keycask_pepper_left_keys",
                "Keys that are left on the pepper before the present one.",
                pepper.left,
            ),
            (
                "keycask_unconfirmed",
                "1 if the store was restored and takes no changes yet, else 0.",
                stats.unconfirmed.into(),
            ),
        ];
        for (name, help, value) in gauges {
            text.head(Metric::gauge(name, help));
            text.sample(&[], value);
        }
        let counters = [
            ("keycask_commits_total", "Commits since the store was made: its seq.", stats.seq),
            (
                "keycask_audit_entries_total",
                "Entries of the audit trail that were ever made.",
                stats.audit_last,
            ),
        ];
        for (name, help, value) in counters {
            text.head(Metric::counter(name, help));
            text.sample(&[], value);
        }
        Ok(text.into_text())
    }
}
