//! Where a new token goes: standard output, once, or a file that only its owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Args;
use keycask::{Error, ErrorKind, KeyId, Result, Token};
use zeroize::Zeroizing;

use crate::output::{Fields, Output, unwritable};
use crate::secret::failed;

/// Where the token shall go.
#[derive(Args, Debug)]
pub(crate) struct TokenTo {
    /// Write the token to a new file of mode 0600, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl TokenTo {
    /// Makes the place ready, so that a key is not made for a token that cannot be kept.
    ///
    /// # Errors
    ///
    /// `Argument` if standard output keeps nothing; `Conflict` if the file exists; `Permission`,
    /// `NotFound` or `Io` if it cannot be made, or its name not be made durable.
    pub(crate) fn open(&self) -> Result<Sink> {
        let Some(path) = &self.out else {
            let why = "the token would be lost: standard output is closed or /dev/null; give --out";
            return match is_kept() {
                true => Ok(Sink { file: None }),
                false => Err(Error::new(ErrorKind::Argument, why)),
            };
        };
        let why = |e| failed(&format!("--out {path:?}"), e);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = NewFile { path: path.clone(), file: file.map_err(why)?, kept: false };
        // The name is durable before there is a token, so that the file alone can fail later.
        sync_directory(path).map_err(why)?;
        Ok(Sink { file: Some(file) })
    }
}

/// Whether what is written to standard output goes anywhere. Where it was closed, the runtime has
/// opened the null device in its place.
fn is_kept() -> bool {
    let null = fs::metadata("/dev/null").map(|null| null.rdev());
    let output = io::stdout().as_fd().try_clone_to_owned();
    let output = output.and_then(|fd| File::from(fd).metadata());
    match (null, output) {
        (Ok(null), Ok(output)) => !output.file_type().is_char_device() || output.rdev() != null,
        // What cannot be asked fails when it is written to, and says so.
        _ => true,
    }
}

/// A place that is ready for one token.
pub(crate) struct Sink {
    file: Option<NewFile>,
}

impl Sink {
    /// Writes `token`. Programs, and who keeps it in a file, get `fields` beside it, which tell
    /// of its key; people get `note`.
    ///
    /// # Errors
    ///
    /// `Io` and the like, naming `key`, whose token is lost then.
    pub(crate) fn give(
        self,
        output: Output,
        key: KeyId,
        token: &Token,
        fields: &Fields,
        note: &str,
    ) -> Result<()> {
        let lost = |error: Error| {
            let why = format!("{key} has a token that could not be written and is lost");
            Error::new(error.kind(), why).caused_by(error)
        };
        match self.file {
            Some(file) => {
                let shown = file.path.display().to_string();
                file.keep(token).map_err(lost)?;
                output.one(&fields.clone().with("out", shown))
            }
            None if output.is_json() => write_secret(&with_token(fields, token)).map_err(lost),
            None => {
                write_secret(&line(token)).map_err(lost)?;
                output.note(note);
                if io::stdout().is_terminal() {
                    output.note("It is a secret, and it is on your screen.");
                }
                Ok(())
            }
        }
    }
}

/// A file that was made for a token, and goes away again unless it gets one.
struct NewFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile {
    fn keep(mut self, token: &Token) -> Result<()> {
        let write = || {
            (&self.file).write_all(&line(token))?;
            self.file.sync_all()
        };
        write().map_err(|e| failed(&format!("--out {:?}", self.path), e))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            // A file that stays is empty and harmless.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the name of a new file durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// The token and a line end.
fn line(token: &Token) -> Zeroizing<Vec<u8>> {
    joined(&[token.expose().as_bytes(), b"\n"])
}

/// The object `fields` with the token as its last field.
fn with_token(fields: &Fields, token: &Token) -> Zeroizing<Vec<u8>> {
    let object = fields.json();
    let open = object.strip_suffix('}').unwrap_or(&object).as_bytes();
    joined(&[open, b",\"token\":\"", &escaped(token), b"\"}\n"])
}

/// The token as it stands in a string of JSON. It is visible ASCII, an imported one any.
fn escaped(token: &Token) -> Zeroizing<Vec<u8>> {
    let text = token.expose().as_bytes();
    // Room for all that can come, so that it never moves.
    let mut escaped = Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(2)));
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(byte);
    }
    escaped
}

/// The parts in one buffer that never moves, so that wiping it wipes all there is.
fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut whole = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        whole.extend_from_slice(part);
    }
    whole
}

/// Writes to standard output without the buffer that the standard library keeps and does not
/// wipe.
fn write_secret(bytes: &[u8]) -> Result<()> {
    let fd = io::stdout().as_fd().try_clone_to_owned().map_err(unwritable)?;
    File::from(fd).write_all(bytes).map_err(unwritable)
}
