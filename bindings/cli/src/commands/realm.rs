//! Realms: apply a profile, look at one, compare one.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use keycask::{Error, ErrorKind, RealmChange, Result};

use crate::args::By;
use crate::exit::Exit;
use crate::output::{Fields, Output};
use crate::secret::{failed, stdin};
use crate::session::Session;
use crate::view;

/// Bytes of a profile that are read. The engine's own limit is a quarter of it.
const PROFILE_READ: u64 = 1024 * 1024;

/// Describe where keys are valid: apply a profile, look at one, compare one
#[derive(Subcommand, Debug)]
pub(crate) enum Realm {
    Apply(Apply),
    Show(Show),
    Diff(Diff),
}

impl Realm {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        match self {
            Self::Apply(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Diff(command) => command.run(session),
        }
    }
}

/// Make the realm that a profile describes, or change it
#[derive(Args, Debug)]
#[command(after_help = "\
Adding is always possible. Taking away or renaming what keys still use is refused.

Example:
  keycask realm apply profiles/cloudgeni.toml")]
pub(crate) struct Apply {
    #[command(flatten)]
    profile: Profile,

    #[command(flatten)]
    by: By,
}

impl Apply {
    fn run(self, session: &Session) -> Result<Exit> {
        let (source, text) = self.profile.read()?;
        let store = session.write()?;
        let change = store.apply_realm(&source, &text, &self.by.actor())?;
        print(session.output, &change)?;
        store.close()?;
        Ok(Exit::Done)
    }
}

/// Show the realms of the store, or one of them
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask realm show cloudgeni")]
pub(crate) struct Show {
    /// The realm; without it, all of them
    realm: Option<String>,
}

impl Show {
    fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        match self.realm {
            Some(name) => {
                let profile = store.profile(store.realm(&name)?)?;
                show(session.output, &profile)?;
            }
            None => {
                let mut list = session.output.list(&["realm", "title", "kinds", "plans"]);
                store.realms().iter().try_for_each(|realm| list.row(&view::realm(realm)))?;
                list.end()?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Shows all of a realm: to programs as one object, to people as one table after another.
fn show(output: Output, realm: &keycask::Realm) -> Result<()> {
    const KINDS: &[&str] = &["kind", "prefix", "environment", "rights", "reveal", "active"];
    const SCOPES: &[&str] = &["scope", "tier", "implies", "methods"];
    const SETS: &[&str] = &["set", "scopes"];
    const PLANS: &[&str] = &["plan", "active", "kinds", "rates", "quota"];
    let tables = [
        (KINDS, view::kinds(realm)),
        (SCOPES, view::scopes(realm)),
        (SETS, view::sets(realm)),
        (PLANS, view::plans(realm)),
    ];
    if output.is_json() {
        return output.one(&view::profile(realm));
    }
    let head = Fields::new().with("realm", realm.name()).with("title", realm.title());
    output.one(&head.and(view::policy(realm.policy())))?;
    for (columns, rows) in tables.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        output.line("")?;
        let mut list = output.list(columns);
        rows.iter().try_for_each(|row| list.row(row))?;
        list.end()?;
    }
    Ok(())
}

/// Tell what applying a profile would change, and change nothing
#[derive(Args, Debug)]
#[command(after_help = "\
Fails as apply would fail, for instance if the profile takes away what keys use.

Example:
  keycask realm diff profiles/cloudgeni.toml")]
pub(crate) struct Diff {
    #[command(flatten)]
    profile: Profile,
}

impl Diff {
    fn run(self, session: &Session) -> Result<Exit> {
        let (source, text) = self.profile.read()?;
        let change = session.read()?.compare_realm(&source, &text)?;
        print(session.output, &change)?;
        Ok(Exit::Done)
    }
}

fn print(output: Output, change: &RealmChange) -> Result<()> {
    if output.is_json() {
        output.one(&view::change(change))
    } else {
        output.line(change.to_string().trim_end())
    }
}

/// A profile in a file.
#[derive(Args, Debug)]
struct Profile {
    /// The profile, a TOML file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Profile {
    /// The name that messages give the profile, and its text.
    fn read(&self) -> Result<(String, String)> {
        let from_stdin = self.file.as_os_str() == "-";
        let source = match from_stdin {
            true => "standard input".to_owned(),
            false => self.file.display().to_string(),
        };
        let file = match from_stdin {
            true => stdin()?,
            false => File::open(&self.file).map_err(|e| failed(&source, e))?,
        };
        let mut text = Vec::new();
        file.take(PROFILE_READ).read_to_end(&mut text).map_err(|e| failed(&source, e))?;
        let text = String::from_utf8(text)
            .map_err(|e| Error::new(ErrorKind::Profile, format!("{source}: {e}")))?;
        Ok((source, text))
    }
}
