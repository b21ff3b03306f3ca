//! What can go wrong on our side of a call.
//!
//! A refused token is not an error: that is a [`Denial`](crate::Denial). An error says
//! what could not be done, names the input that was at fault, and carries a
//! [kind](ErrorKind) that a program can match.

use std::error::Error as StdError;
use std::fmt;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an [`Error`], stable for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value that the caller gave is not possible: out of range, malformed, too long.
    Argument,
    /// A profile is not valid. The message gives its line and field.
    Profile,
    /// The realm, kind, owner, scope, plan, key or file that was named does not exist.
    NotFound,
    /// What exists forbids the change: a revoked key cannot be resumed, a scope that keys
    /// hold cannot be taken away, a file is already there.
    Conflict,
    /// The owner has as many active keys as the plan allows.
    Cap,
    /// Another handle or process has the file open for writing.
    Locked,
    /// The store was opened read-only, or the file is a backup.
    ReadOnly,
    /// The operating system refused, or the file's mode, owner or type is not safe.
    Permission,
    /// The file is not a keycask store.
    Foreign,
    /// The file has a newer format than this version reads. It was not written to.
    Newer,
    /// The pepper or sealing key is not the one that the file was made with.
    Pepper,
    /// The file is damaged: a check over stored bytes failed.
    Corrupt,
    /// No space is left on the device.
    Full,
    /// Input or output failed.
    Io,
    /// An earlier write ended with unknown outcome; reopen the store to write again.
    Poisoned,
    /// This write may or may not have become durable. Reopening tells.
    Indeterminate,
    /// The source of randomness failed.
    Random,
    /// The store was opened before this process was forked from the one that opened it.
    Forked,
    /// The file is older than the store is known to be: a later commit is missing from it.
    RolledBack,
    /// The store was restored from a backup and takes no changes until that is confirmed.
    Unconfirmed,
    /// A defect in keycask.
    Internal,
}

impl ErrorKind {
    /// The kind's stable name in lower case, as programs in every language see it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::Profile => "profile",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Cap => "cap",
            Self::Locked => "locked",
            Self::ReadOnly => "read_only",
            Self::Permission => "permission",
            Self::Foreign => "foreign",
            Self::Newer => "newer",
            Self::Pepper => "pepper",
            Self::Corrupt => "corrupt",
            Self::Full => "full",
            Self::Io => "io",
            Self::Poisoned => "poisoned",
            Self::Indeterminate => "indeterminate",
            Self::Random => "random",
            Self::Forked => "forked",
            Self::RolledBack => "rolled_back",
            Self::Unconfirmed => "unconfirmed",
            Self::Internal => "internal",
        }
    }
}

/// Why a call failed: a [kind](ErrorKind) for programs and a sentence for people.
///
/// The sentence names the input at fault and never holds a token, a digest or a pepper. It has 4096
/// bytes at most: what it quotes may be of any length, and is cut there.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Longest sentence in bytes.
const MESSAGE_MAX: usize = 4096;

impl Error {
    /// Makes an error of `kind` that says `message`, or as much of it as a sentence may have.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MESSAGE_MAX {
            let end = (0..=MESSAGE_MAX).rev().find(|end| message.is_char_boundary(*end));
            message.truncate(end.unwrap_or(0));
            message.shrink_to_fit();
        }
        Self { inner: Box::new(Inner { kind, message, source: None }) }
    }

    /// The same error, with what caused it.
    #[cold]
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// The same error, whose sentence says this, too.
    #[cold]
    pub(crate) fn adding(self, more: impl fmt::Display) -> Self {
        let Inner { kind, message, source } = *self.inner;
        let mut error = Self::new(kind, format!("{message}; {more}"));
        error.inner.source = source;
        error
    }

    /// The class of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The sentence alone, without its cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        match &self.inner.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.inner.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}
