//! Follow what is committed.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use clap::Args;
use keycask::{
    AuditEntry, Changed, Changes, Commit, Error, ErrorKind, FeedCursor, Gone, Result, Store,
};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output::Fields;
use crate::session::Session;
use crate::view;

/// Commits that are read at once.
const PAGE: usize = 256;

/// How long to wait when nothing was committed.
const PAUSE: Duration = Duration::from_millis(250);

/// What a table says of what was done and, where the trail does not tell, of what was changed.
const COLUMNS: &[&str] = &["seq", "at", "event", "changed", "realm", "key_id", "owner", "actor"];

/// List what each commit changed, in order and without a gap, and wait for more
#[derive(Args, Debug)]
#[command(after_help = "\
Each commit has a row at least: what was done, or what it changed if the audit trail tells nothing
of it, as when a key is rehashed or the trail was trimmed.

With --json a line is one commit: its cursor, from which to go on, what it changed, and the
entries of the audit trail that it made. If it cannot be told what happened since the cursor,
this exits with 4: read everything anew, and begin at the cursor that the message gives.

Example:
  keycask changes --since 4711:0f2e4d6c8b0a19283746556473829100 --follow --json")]
pub(crate) struct Follow {
    /// Begin after the commit of this cursor [default: with the oldest that is known]
    #[arg(long, value_name = "CURSOR")]
    since: Option<FeedCursor>,

    /// Wait for what is committed next, until this is interrupted
    #[arg(long)]
    follow: bool,

    /// List so many commits at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroUsize>,
}

impl Follow {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let mut store = session.read()?;
        let mut cursor = match self.since {
            Some(cursor) => cursor,
            None => store.feed()?.oldest,
        };
        let mut left = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        while left > 0 {
            match store.changes(cursor, left.min(PAGE))? {
                Changes::Since(commits) => {
                    let Some(last) = commits.last() else {
                        if !self.follow {
                            break;
                        }
                        thread::sleep(PAUSE);
                        continue;
                    };
                    cursor.seq = last.seq;
                    left = left.saturating_sub(commits.len());
                    print(session, &store, &commits)?;
                }
                Changes::Moved => store = session.read()?,
                Changes::Gone(gone) => return Err(lost(cursor, gone, store.feed()?.newest)),
            }
        }
        Ok(Exit::Done)
    }
}

fn print(session: &Session, store: &Store, commits: &[Commit]) -> Result<()> {
    if session.output.is_json() {
        let store_id = store.id();
        let line = |commit: &Commit| {
            let cursor = FeedCursor { seq: commit.seq, store_id };
            let changed: Vec<Value> = commit.changed.iter().map(changed).collect();
            let entries: Vec<_> = commit.entries.iter().map(AuditEntry::members).collect();
            let fields = Fields::new().with("cursor", cursor.to_string()).with("seq", commit.seq);
            session.output.one(&fields.with("changed", changed).with("entries", entries))
        };
        return commits.iter().try_for_each(line);
    }
    let mut list = session.output.list(COLUMNS);
    commits.iter().flat_map(rows).try_for_each(|row| list.row(&row))?;
    list.end()
}

/// The rows of a commit, one at least: its entries or, if it made none or they were trimmed, what
/// it changed.
fn rows(commit: &Commit) -> Vec<Fields> {
    if !commit.entries.is_empty() {
        return commit.entries.iter().map(view::audit).collect();
    }
    let row = |what: String| Fields::new().with("seq", commit.seq).with("changed", what);
    let changed = |changed: &Changed| match changed {
        Changed::Key(key) => row("key".to_owned()).with("key_id", key.to_string()),
        Changed::Swept(key) => row("swept".to_owned()).with("key_id", key.to_string()),
        Changed::Owner(owner) => row(format!("owner {}", owner.number())),
        Changed::Realm(realm) => row(format!("realm {}", realm.number())),
        _ => row("other".to_owned()),
    };
    match &commit.changed[..] {
        [] => vec![row("nothing".to_owned())],
        all => all.iter().map(changed).collect(),
    }
}

/// What is to be looked up anew: a key by its id, an owner and a realm by their numbers.
fn changed(changed: &Changed) -> Value {
    match changed {
        Changed::Key(key) => json!({ "what": "key", "key_id": key.to_string() }),
        Changed::Swept(key) => json!({ "what": "swept", "key_id": key.to_string() }),
        Changed::Owner(owner) => json!({ "what": "owner", "number": owner.number() }),
        Changed::Realm(realm) => json!({ "what": "realm", "number": realm.number() }),
        _ => json!({ "what": "other" }),
    }
}

fn lost(cursor: FeedCursor, gone: Gone, newest: FeedCursor) -> Error {
    let why = match gone {
        Gone::OtherStore => "it is of another store",
        Gone::Trimmed => "the log no longer reaches back that far",
        _ => "the store has not come that far: an older copy was put in its place",
    };
    let why = format!("cursor {cursor}: {why}; read everything anew and follow from {newest}");
    Error::new(ErrorKind::NotFound, why)
}
