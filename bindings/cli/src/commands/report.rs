//! Write a report for a security review.

use std::fs::{self, FileType, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::TypedValueParser;
use keycask::{Error, ErrorKind, Result, parse_span};
use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::output::write_data;
use crate::report::{Ask, Report as Made};
use crate::secret::failed;
use crate::session::Session;

/// Write one HTML page for a security review: findings, figures, what expires, who did what
#[derive(Args, Debug)]
#[command(after_help = "\
The page is one file without scripts, and loads nothing. It has key ids, owners and names, and never
a token. With --json its figures are written instead, as one object. All keys, the trail and the
file are read: 200,000 keys took 39 s of one core and 107 MB of memory in a debug build. It exits
with 6 if the file or the trail does not hold, once the report is written.

Example:
  keycask report --out report.html
  keycask report --period 30d --decisions decisions.jsonl --out report.html
  keycask report --json")]
pub(crate) struct Report {
    /// Write to this file of mode 0600, in place of the regular file that is there [default:
    /// standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How far to look back: keys that were not used for so long are unused
    #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = period)]
    period: Duration,

    /// Rows of a list at most; how many there are is said in any case
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = row_count())]
    rows: u16,

    /// Decisions that the serving process wrote, a JSON object a line, to find scopes that no
    /// request needed; docs/report.md has their form
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
}

/// How many rows there may be.
fn row_count() -> impl TypedValueParser<Value = u16> {
    clap::value_parser!(u16).range(1..=1000)
}

/// A span to look back: a day at least, as each of its thirteen parts is counted.
fn period(text: &str) -> Result<Duration, String> {
    let span = parse_span(text).map_err(|error| error.message().to_owned())?;
    let day = Duration::from_secs(86_400);
    if span < day { Err("want 1d at least".to_owned()) } else { Ok(span) }
}

impl Report {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        // Gathering takes long: what cannot be written is refused before.
        self.out.as_deref().map_or(Ok(()), replaceable)?;
        let store = session.read()?;
        let name = session.path()?.file_name().unwrap_or_default().display().to_string();
        let ask = Ask {
            period: self.period,
            rows: usize::from(self.rows),
            decisions: self.decisions.as_deref(),
            name,
            min_seq: session.min_seq(),
        };
        let report = Made::gather(&store, &ask)?;
        drop(store);
        let text = match session.output.is_json() {
            true => report.json().json() + "\n",
            false => report.html(),
        };
        match &self.out {
            Some(path) => {
                write(path, text.as_bytes())?;
                session.output.note(&format!("{}: {}", path.display(), report.verdict()));
            }
            None => write_data(text.as_bytes())?,
        }
        Ok(if report.is_whole() { Exit::Done } else { Exit::Corrupt })
    }
}

/// Refuses a path at which there is something else than a regular file: a new file would take the
/// place of a device or of a link itself, and leave what it stands for as it is.
fn replaceable(path: &Path) -> Result<()> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there.file_type(),
        // Where the directory is missing, making the file says so.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(&format!("--out {path:?}"), e)),
    };
    if there.is_file() {
        return Ok(());
    }
    let what = kind(there);
    let why = format!("--out {path:?} is {what}, and only a regular file is replaced");
    Err(Error::new(ErrorKind::Conflict, why))
}

fn kind(there: FileType) -> &'static str {
    match there {
        t if t.is_symlink() => "a symbolic link",
        t if t.is_dir() => "a directory",
        t if t.is_fifo() => "a FIFO",
        t if t.is_socket() => "a socket",
        _ => "a device",
    }
}

/// Puts `text` into the file at `path`: all of it, or what was there stays.
fn write(path: &Path, text: &[u8]) -> Result<()> {
    replaceable(path)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let put = || {
        let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        file.write_all(text)?;
        file.as_file().set_permissions(Permissions::from_mode(0o600))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)
    };
    put().map(drop).map_err(|e| failed(&format!("--out {path:?}"), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_not_replaced() {
        for device in ["/dev/null", "/dev/zero"] {
            let error = replaceable(Path::new(device)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert!(error.message().contains(&format!("{device:?} is a device")), "{error}");
        }
        replaceable(Path::new("/dev/none")).unwrap();
    }
}
