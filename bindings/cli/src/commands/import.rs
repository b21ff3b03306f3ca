//! Take in keys of another system.

use std::path::PathBuf;

use clap::Args;
use keycask::{Error, ErrorKind, ImportLines, ImportReport, ImportRules, Result, Scheme, Store};

use crate::args::Who;
use crate::exit::Exit;
use crate::lines::Lines;
use crate::output::Fields;
use crate::session::Session;

/// Take in keys whose tokens another system made, one JSON object a line
#[derive(Args, Debug)]
#[command(after_help = "\
All lines are checked before the first is imported. The same file can be given again: keys that
the store has are known. docs/import.md says what a line is. If a line is refused this exits with
2, in a dry run too, unless --skip-refused is given.

Example:
  keycask import --realm acme --kind live --scheme unkey --dry-run keys.jsonl")]
pub(crate) struct Import {
    /// File with the lines; - for standard input
    file: PathBuf,

    /// The realm in which the keys shall be valid
    #[arg(long, value_name = "NAME")]
    realm: String,

    /// The kind of keys whose line names none
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,

    /// The scheme of digests whose line names none, such as sha256, unkey, seam, sanctum or drf
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,

    /// Import nothing, and tell of every line that would be refused
    #[arg(long)]
    dry_run: bool,

    /// Leave refused lines out and import the others
    #[arg(long)]
    skip_refused: bool,

    /// Make owners that the realm does not have
    #[arg(long)]
    make_owners: bool,

    /// Import keys beyond their owners' caps too
    #[arg(long)]
    ignore_caps: bool,

    #[command(flatten)]
    who: Who,
}

impl Import {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.write()?;
        let mut lines = ImportLines::new(store.realm(&self.realm)?);
        if let Some(kind) = &self.kind {
            lines = lines.kind(kind);
        }
        if let Some(scheme) = &self.scheme {
            lines = lines.scheme(scheme.parse::<Scheme>()?);
        }
        let rules = ImportRules::new()
            .skip_refused(self.skip_refused)
            .make_owners(self.make_owners)
            .ignore_caps(self.ignore_caps);
        let mut from = Lines::open(&self.file)?;
        let checks = !self.dry_run && !self.skip_refused;
        if checks {
            from.keep()?;
            let report = self.pass(session, &store, (&lines, &mut from), &rules.dry_run(true))?;
            if report.refused > 0 {
                let why = format!(
                    "{} of {} lines are refused, and nothing was imported; see --skip-refused",
                    report.refused, report.lines
                );
                return Err(Error::new(ErrorKind::Argument, why));
            }
        }
        let report =
            self.pass(session, &store, (&lines, &mut from), &rules.dry_run(self.dry_run))?;
        store.close()?;
        let fields = Fields::new()
            .with("lines", report.lines)
            .with("imported", report.imported)
            .with("known", report.known)
            .with("refused", report.refused);
        session.output.one(&fields)?;
        // Who skips them has asked for it. A dry run ends as the import would.
        let ends = report.refused > 0 && !self.skip_refused;
        Ok(if ends { Exit::Usage } else { Exit::Done })
    }

    /// Goes through the lines once.
    fn pass(
        &self,
        session: &Session,
        store: &Store,
        (lines, from): (&ImportLines, &mut Lines),
        rules: &ImportRules,
    ) -> Result<ImportReport> {
        let refused = |number, error: &Error| {
            session.output.error(error.kind().name(), &format!("line {number}: {error}"));
        };
        store.import_lines(lines, from.read()?, rules, &self.who.actor(), refused)
    }
}
