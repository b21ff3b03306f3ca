//! Follow what is committed.

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

/// What a table says of what was done.
const COLUMNS: &[&str] = &["seq", "at", "event", "realm", "key_id", "owner", "actor"];

/// List what each commit changed, in order and without a gap, and wait for more
#[derive(Args, Debug)]
#[command(after_help = "\
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
    limit: Option<usize>,
}

impl Follow {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let mut store = session.read()?;
        let mut cursor = match self.since {
            Some(cursor) => cursor,
            None => store.feed()?.oldest,
        };
        let mut left = self.limit.unwrap_or(usize::MAX);
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
    for entry in commits.iter().flat_map(|commit| &commit.entries) {
        list.row(&view::audit(entry))?;
    }
    list.end()
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
