//! Look at the audit trail, check it, hand it on, and shorten it.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use keycask::{
    AuditEntry, AuditFilter, Error, ErrorKind, Event, KeyId, Result, Store, Timestamp, Trim,
    Trimmed,
};

use crate::args::Who;
use crate::confirm::Confirm;
use crate::exit::Exit;
use crate::output::Fields;
use crate::select::instant;
use crate::session::Session;
use crate::view;

/// Entries that are read at once.
const PAGE: usize = 500;

/// What a table says of each entry.
const COLUMNS: &[&str] = &["number", "at", "actor", "event", "realm", "key_id", "owner", "reason"];

/// List who changed what, when and why
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Example:
  keycask audit --realm cloudgeni --event key_revoked --from 2026-01-01T00:00:00Z --json"
)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    which: Which,
}

#[derive(Subcommand, Debug)]
enum Command {
    Check(Check),
    Export(Export),
    Trim(TrimTrail),
}

impl Audit {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        match self.command {
            None => self.which.list(session),
            Some(Command::Check(command)) => command.run(session),
            Some(Command::Export(command)) => command.run(session),
            Some(Command::Trim(command)) => command.run(session),
        }
    }
}

/// Which entries.
#[derive(Args, Debug)]
struct Which {
    /// Begin after the entry with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,

    /// So many at most [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroUsize>,

    /// What was done in this realm only
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,

    /// What was done to this owner and its keys only
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,

    /// What was done to this key only
    #[arg(long, value_name = "KEY")]
    key: Option<KeyId>,

    /// What was asked for by this actor only
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// This event only, such as key_revoked; may be given several times
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Vec<Event>,

    /// What was asked for at this time or later only: RFC 3339 in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,

    /// What was asked for before this time only: RFC 3339 in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
}

impl Which {
    fn list(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let mut list = session.output.list(COLUMNS);
        self.each(&store, |entry| list.row(&view::audit(entry)))?;
        list.end()?;
        Ok(Exit::Done)
    }

    fn each(self, store: &Store, mut each: impl FnMut(&AuditEntry) -> Result<()>) -> Result<()> {
        let (mut after, mut left) = (self.after, self.limit.map_or(usize::MAX, NonZeroUsize::get));
        let filter = self.filter()?;
        while left > 0 {
            let page = store.find_audit(&filter, after, left.min(PAGE))?;
            page.entries.iter().try_for_each(&mut each)?;
            left = left.saturating_sub(page.entries.len());
            after = page.reached;
            if !page.more {
                break;
            }
        }
        Ok(())
    }

    fn filter(self) -> Result<AuditFilter> {
        let mut filter = self.event.into_iter().fold(AuditFilter::new(), AuditFilter::event);
        if let Some(realm) = self.realm {
            filter = filter.realm(realm);
        }
        if let Some(owner) = self.owner {
            filter = filter.owner(owner);
        }
        if let Some(key) = self.key {
            filter = filter.key(key);
        }
        if let Some(actor) = self.actor {
            filter = filter.actor(actor);
        }
        if let Some(from) = self.from {
            filter = filter.from(from);
        }
        if let Some(until) = self.until {
            filter = filter.until(until);
        }
        Ok(filter)
    }
}

fn event(name: &str) -> Result<Event> {
    name.parse()
}

/// Check the whole trail: whether an entry is missing, altered or out of its place
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is changed, and others may use the store meanwhile. A trail that was altered exits with 6.
keycask check checks it, too, with all the rest of the file.

Example:
  keycask audit check --json")]
struct Check {}

impl Check {
    fn run(self, session: &Session) -> Result<Exit> {
        let page = session.read()?.check_audit()?;
        let fields = Fields::new().with("first", page.first).with("last", page.last);
        session.output.one(&fields.with("entries", page.entries))?;
        Ok(Exit::Done)
    }
}

/// Write the trail for other programs: one JSON object a line
#[derive(Args, Debug)]
#[command(after_help = "\
The members of an entry, and how it looks in OCSF, are in docs/audit.md. To go on where the last
export ended, give its last number with --after.

Example:
  keycask audit export --after 4711 --ocsf >> trail.jsonl")]
struct Export {
    #[command(flatten)]
    which: Which,

    /// As events of OCSF 1.5.0, class Entity Management (3004)
    #[arg(long)]
    ocsf: bool,
}

impl Export {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let id = store.id();
        let output = session.output;
        self.which.each(&store, |entry| match self.ocsf {
            true => output.line(&entry.to_ocsf(id)),
            false => output.line(&entry.to_json()),
        })?;
        Ok(Exit::Done)
    }
}

/// Take the oldest entries out of the trail, which is an entry itself
#[derive(Args, Debug)]
#[command(after_help = "\
What is left can be checked as before: the store remembers where the trail stood. Export first
what is to be kept.

Example:
  keycask audit trim --before 2025-01-01T00:00:00Z --dry-run
  keycask audit trim --before 2025-01-01T00:00:00Z --reason 'kept for a year' --yes")]
struct TrimTrail {
    #[command(flatten)]
    oldest: Oldest,

    /// Only say how many entries that would be
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    confirm: Confirm,

    #[command(flatten)]
    who: Who,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Oldest {
    /// Those that were asked for before this time: RFC 3339 in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    before: Option<Timestamp>,

    /// Those with numbers up to this one
    #[arg(long, value_name = "NUMBER")]
    through: Option<u64>,

    /// All but so many
    #[arg(long, value_name = "NUMBER")]
    keep: Option<u64>,
}

impl TrimTrail {
    fn run(self, session: &Session) -> Result<Exit> {
        let Oldest { before, through, keep } = self.oldest;
        let trim = match (before, through, keep) {
            (Some(time), ..) => Trim::Before(time),
            (_, Some(number), _) => Trim::Through(number),
            (.., keep) => Trim::Keep(keep.unwrap_or(u64::MAX)),
        };
        let (store, by) = match self.dry_run {
            true => (session.read()?, self.who.actor()),
            false => (session.write()?, self.who.actor()),
        };
        if let Trim::Through(number) = trim {
            in_trail(&store, number)?;
        }
        if self.dry_run {
            let fields = Fields::new().with("dry_run", true);
            session.output.one(&fields.with("entries", would_go(&store, trim)?))?;
            return Ok(Exit::Done);
        }
        let otherwise = "entries are taken out for good: export them first, and give --yes, or \
                         --dry-run to see how many";
        let question =
            || Ok(format!("Take {} entries out of the trail for good?", would_go(&store, trim)?));
        if !self.confirm.is_given(otherwise, question)? {
            session.output.note("Nothing was taken out.");
            return Ok(Exit::Failed);
        }
        let mut taken = 0_u64;
        loop {
            let Trimmed { entries, more, .. } = store.trim_audit(trim, &by)?;
            taken = taken.saturating_add(entries);
            if !more {
                break;
            }
        }
        store.close()?;
        session.output.one(&Fields::new().with("entries", taken))?;
        Ok(Exit::Done)
    }
}

/// How many entries would go: those before the first that `trim` keeps.
fn would_go(store: &Store, trim: Trim) -> Result<u64> {
    let stats = store.stats()?;
    let kept_from = |number: u64| number.saturating_sub(1);
    let cut = stats.audit_last.saturating_sub(stats.audit_entries);
    let through = match trim {
        Trim::Through(number) => number.min(stats.audit_last),
        Trim::Keep(entries) => stats.audit_last.saturating_sub(entries),
        Trim::Before(time) => first_from(store, cut, time)?.map_or(stats.audit_last, kept_from),
        _ => cut,
    };
    Ok(through.saturating_sub(cut))
}

/// Number of the first entry after `after` that was asked for at `time` or later.
fn first_from(store: &Store, after: u64, time: Timestamp) -> Result<Option<u64>> {
    let (filter, mut after) = (AuditFilter::new().from(time), after);
    loop {
        let page = store.find_audit(&filter, after, 1)?;
        if let Some(entry) = page.entries.first() {
            return Ok(Some(entry.number));
        }
        if !page.more {
            return Ok(None);
        }
        after = page.reached;
    }
}

/// Refuses a number that no entry has: what was meant is another one.
fn in_trail(store: &Store, number: u64) -> Result<()> {
    let before = number.checked_sub(1);
    let entries = before.map(|before| store.audit(before, 1)).transpose()?.unwrap_or_default();
    if entries.first().is_some_and(|entry| entry.number == number) {
        return Ok(());
    }
    let why = format!("--through {number}: the trail has no entry of this number");
    Err(Error::new(ErrorKind::Argument, why))
}
