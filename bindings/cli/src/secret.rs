//! Secrets that come in: keys from files, tokens from standard input or a file.
//!
//! They are read without a buffer in between into memory that is wiped, and never appear in
//! a message.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use keycask::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

use crate::prompt;

/// Bytes of a pepper or a sealing key.
const KEY_LEN: usize = 32;

/// Bytes of a key's file that are read: 64 hex digits, a line end, and one more to see that
/// there is more.
const KEY_FILE_READ: usize = 2 * KEY_LEN + 3;

/// Bytes of another secret that are read: one more than there may be.
const SECRET_READ: usize = 1025;

/// Bytes of a token that are read. No token is as long; a longer text is cut and stays
/// malformed.
const TOKEN_READ: usize = 4096;

/// Permission bits of a file for those who do not own it.
const OTHERS: u32 = 0o077;

/// Where the token comes from.
#[derive(Args, Debug)]
pub(crate) struct TokenFrom {
    /// File with the token [default: standard input]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenFrom {
    /// The token, without the line end after it if there is one, and otherwise byte for byte.
    ///
    /// At a terminal it is asked for and not echoed.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>> {
        let path = self.token_file.as_deref().filter(|path| *path != Path::new("-"));
        if let Some(path) = path {
            let what = format!("token file {path:?}");
            let file = File::open(path).map_err(|e| failed(&what, e))?;
            return read_up_to(TOKEN_READ, file)
                .map(without_line_end)
                .map_err(|e| failed(&what, e));
        }
        if io::stdin().is_terminal() {
            return prompt::ask("Token: ").map(without_line_end).map_err(|e| failed("terminal", e));
        }
        let input = stdin()?;
        let token = read_up_to(TOKEN_READ, input).map_err(|e| failed("standard input", e))?;
        Ok(without_line_end(token))
    }
}

/// Standard input without the buffer that the standard library keeps and does not wipe.
pub(crate) fn stdin() -> Result<File> {
    let fd = io::stdin().as_fd().try_clone_to_owned();
    fd.map(File::from).map_err(|e| failed("standard input", e))
}

/// Reads the key in the file at `path`: 32 bytes, or 64 hex digits and at most a line end.
///
/// # Errors
///
/// `Permission` if others than the file's owner may read or write it; `Argument` if the file
/// holds something else; `NotFound` or `Io` if it cannot be read. `what` names the key.
pub(crate) fn read_key(what: &str, path: &Path) -> Result<Box<Zeroizing<[u8; KEY_LEN]>>> {
    let (what, file) = open_secret(what, path)?;
    let bytes = read_up_to(KEY_FILE_READ, file).map_err(|e| failed(&what, e))?;
    key(bytes).ok_or_else(|| {
        Error::new(ErrorKind::Argument, format!("{what}: want 32 bytes or 64 hex digits"))
    })
}

/// Reads the secret in the file at `path`, byte for byte.
///
/// # Errors
///
/// As [`read_key`], for whatever the file holds. `what` names the secret.
pub(crate) fn read_secret(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let (what, file) = open_secret(what, path)?;
    read_up_to(SECRET_READ, file).map_err(|e| failed(&what, e))
}

/// Opens a file that its owner alone may read, and says what it is.
fn open_secret(what: &str, path: &Path) -> Result<(String, File)> {
    let what = format!("{what} file {path:?}");
    let file = File::open(path).map_err(|e| failed(&what, e))?;
    let mode = file.metadata().map_err(|e| failed(&what, e))?.mode();
    if mode & OTHERS != 0 {
        let why = format!(
            "{what}: has mode {:04o}, so others may read or change it; run: chmod 600 {}",
            mode & 0o7777,
            quoted(path)
        );
        return Err(Error::new(ErrorKind::Permission, why));
    }
    Ok((what, file))
}

/// The key that `bytes` are.
fn key(bytes: Zeroizing<Vec<u8>>) -> Option<Box<Zeroizing<[u8; KEY_LEN]>>> {
    // It never moves.
    let mut key = Box::new(Zeroizing::new([0; KEY_LEN]));
    if bytes.len() == KEY_LEN {
        key.copy_from_slice(&bytes);
        return Some(key);
    }
    let digits = without_line_end(bytes);
    if digits.len() != 2 * KEY_LEN {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = hex(high)? << 4 | hex(low)?;
    }
    Some(key)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Reads to the end of `input`, or `limit` bytes of it, into one buffer that never moves.
fn read_up_to(limit: usize, mut input: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; limit]);
    let mut len = 0;
    while let Some(free) = buffer.get_mut(len..).filter(|free| !free.is_empty()) {
        match input.read(free) {
            Ok(0) => break,
            Ok(n) => len = len.saturating_add(n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    buffer.truncate(len);
    Ok(buffer)
}

fn without_line_end(mut text: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if text.last() == Some(&b'\n') {
        text.pop();
        if text.last() == Some(&b'\r') {
            text.pop();
        }
    }
    text
}

/// The error for a file or stream, called `what`, that could not be opened, read or written.
pub(crate) fn failed(what: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::Permission,
        io::ErrorKind::AlreadyExists => ErrorKind::Conflict,
        io::ErrorKind::StorageFull => ErrorKind::Full,
        _ => ErrorKind::Io,
    };
    Error::new(kind, what).caused_by(error)
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(bytes: &[u8]) -> Option<[u8; KEY_LEN]> {
        key(Zeroizing::new(bytes.to_vec())).map(|key| **key)
    }

    #[test]
    fn a_key_is_32_bytes_or_64_hex_digits_with_or_without_a_line_end() {
        let hex = "0123456789abcdefABCDEF00112233445566778899aabbccddeeff0011223344";
        let key = key_of(hex.as_bytes()).unwrap();
        assert_eq!(key[..9], [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xAB]);
        assert_eq!(key_of(format!("{hex}\n").as_bytes()), Some(key));
        assert_eq!(key_of(format!("{hex}\r\n").as_bytes()), Some(key));
        assert_eq!(key_of(&[b'\n'; 32]), Some([b'\n'; 32]));
        for bad in [&b""[..], &[0; 31], &[0; 33], &[b'g'; 64], &[b'0'; 63], &[b'0'; 67]] {
            assert_eq!(key_of(bad), None, "{} bytes", bad.len());
        }
        assert_eq!(key_of(format!("{hex}\n\n").as_bytes()), None);
    }

    #[test]
    fn one_line_end_after_a_token_is_not_part_of_it_and_nothing_else_is_taken_off() {
        for (given, want) in [("t\n", "t"), ("t\r\n", "t"), ("t", "t"), (" t \n\n", " t \n")] {
            let token = without_line_end(Zeroizing::new(given.into()));
            assert_eq!(*token, want.as_bytes());
        }
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        assert_eq!(*read_up_to(3, &b"12345"[..]).unwrap(), b"123");
        assert_eq!(*read_up_to(9, &b"12345"[..]).unwrap(), b"12345");
    }
}
