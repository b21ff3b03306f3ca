//! Find tokens of the store in a text, and revoke their keys.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use keycask::{Actor, Alert, Alerts, Ending, Error, ErrorKind, Filter, Leak, Leaks, Result, Store};

use crate::args::Who;
use crate::exit::Exit;
use crate::output::Fields;
use crate::secret;
use crate::session::Session;
use crate::view;

/// What a table says of each token.
const COLUMNS: &[&str] = &["line", "column", "hint", "realm", "kind", "key_id", "owner", "code"];

/// What a table says of each token in an alert.
const ALERT_COLUMNS: &[&str] =
    &["alert", "url", "hint", "realm", "kind", "key_id", "owner", "code"];

/// Keys that are revoked in one commit.
const COMMIT: usize = 1000;

/// Find tokens of this store in a text, and tell which are live
#[derive(Args, Debug)]
#[command(after_help = "\
The code of a token is ok if it is live, else why verify refuses it. Tokens themselves are not
shown. With --revoke, every key of which a token was found and that is not revoked yet is
revoked once all of the text was read: also one that is suspended or has expired, which could be
taken back, and also if what is printed cannot be written, which then ends with 1 and says how many.
Without --yes, it is only said how many that are, and if there are any this exits with 2. With
--json the last line is the summary: it has no token.

Example:
  git log -p | keycask leaked --revoke --yes --reason 'in a public repository' -")]
pub(crate) struct Leaked {
    /// The file to search; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Read the JSON that GitHub's secret scanning sends: messages to partners, or alerts
    #[arg(long)]
    github: bool,

    /// Revoke the keys of the tokens
    #[arg(long)]
    revoke: bool,

    /// Revoke them really
    #[arg(long, requires = "revoke")]
    yes: bool,

    #[command(flatten)]
    who: Who,
}

impl Leaked {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let text = open(&self.file)?;
        let revokes = self.revoke && self.yes;
        let store = if revokes { session.write()? } else { session.read()? };
        let mut told = Told { goes_on: revokes, failed: None };
        let leaks = self.search(session, &store, text, &mut told)?;
        let (open, mut revoked) = (leaks.keys.len(), 0);
        if revokes {
            revoke(session, &store, &leaks, &self.who.actor(), &mut told)?;
            store.close()?;
            revoked = open;
        }
        let text = format!(
            "{} bytes; tokens found: {}; keys not revoked before: {open}; revoked now: {revoked}",
            leaks.bytes, leaks.found,
        );
        let wants_yes = self.revoke && !self.yes && open > 0;
        let summary = Fields::new()
            .with("bytes", leaks.bytes)
            .with("tokens_found", leaks.found)
            .with("keys_not_revoked_before", open)
            .with("keys_revoked", revoked)
            .with("wants_yes", wants_yes);
        told.tell(|| session.output.end(&text, &summary))?;
        match told.failed {
            // As where nobody can be asked back: standard input may be the text.
            None if wants_yes => {
                Err(Error::new(ErrorKind::Argument, "nothing was revoked: give --yes too"))
            }
            None => Ok(Exit::Done),
            // A sentence of its own, so that it is said also if it was a reader who left.
            Some(error) => {
                let why = format!("keys revoked now: {revoked}; not all of it could be told");
                Err(Error::new(error.kind(), why).caused_by(error))
            }
        }
    }

    fn search(
        &self,
        session: &Session,
        store: &Store,
        text: impl Read,
        told: &mut Told,
    ) -> Result<Leaks> {
        let columns = if self.github { ALERT_COLUMNS } else { COLUMNS };
        let mut list = session.output.list(columns);
        let leaks = if self.github {
            let alerts = Alerts::read(text)?;
            store.leaked_alerts(&alerts, |alert, leak| {
                told.tell(|| list.row(&in_alert(store, alert, leak)?))
            })?
        } else {
            store.leaked(text, |leak| told.tell(|| list.row(&view::leak(store, leak)?)))?
        };
        told.tell(|| list.end())?;
        Ok(leaks)
    }
}

fn in_alert(store: &Store, alert: &Alert, leak: &Leak) -> Result<Fields> {
    let fields = Fields::new()
        .with("alert", alert.number)
        .with("type", alert.kind.as_str())
        .with("url", alert.url.as_str())
        .with("source", alert.source.as_str());
    Ok(fields.and(view::leak(store, leak)?))
}

/// What is said while the work is done.
struct Told {
    /// Whether the work is done to its end also if nothing more can be said.
    goes_on: bool,
    /// Why nothing more is said.
    failed: Option<Error>,
}

impl Told {
    /// Says it, unless saying something failed before.
    ///
    /// # Errors
    ///
    /// Those of `say`, unless the work goes on.
    fn tell(&mut self, say: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.failed.is_some() {
            return Ok(());
        }
        match say() {
            Err(error) if self.goes_on => {
                self.failed = Some(error);
                Ok(())
            }
            said => said,
        }
    }
}

/// Revokes the keys, some in one commit, and tells of each.
fn revoke(
    session: &Session,
    store: &Store,
    leaks: &Leaks,
    by: &Actor,
    told: &mut Told,
) -> Result<()> {
    for keys in leaks.keys.chunks(COMMIT) {
        store.end_many(&Ending::revoke(Filter::new().keys(keys.iter().copied())), by)?;
        for key in keys {
            let fields = Fields::new().with("revoked", key.to_string());
            told.tell(|| match session.output.is_json() {
                true => session.output.line(&fields.json()),
                false => session.output.line(&format!("revoked {key}")),
            })?;
        }
    }
    Ok(())
}

/// The text, without a buffer in between that is not wiped.
fn open(path: &Path) -> Result<File> {
    if path == Path::new("-") {
        return secret::stdin();
    }
    let what = format!("file {path:?}");
    let file = File::open(path).map_err(|e| secret::failed(&what, e))?;
    let is_directory = file.metadata().is_ok_and(|metadata| metadata.is_dir());
    match is_directory {
        true => Err(Error::new(ErrorKind::Argument, format!("{what}: is a directory"))),
        false => Ok(file),
    }
}
