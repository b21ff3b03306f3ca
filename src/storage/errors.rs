//! The one place where a failure of redb or of the operating system becomes an [`Error`].
//!
//! No redb type goes further than this: its sentence is copied, since the `Debug` of some
//! of its types prints rows.

use std::error::Error as _;
use std::io;

use crate::error::{Error, ErrorKind, Result};

/// Turns a failure of redb into an error that says what was being done.
pub(super) trait OrFail<T> {
    /// `doing` completes "could not".
    fn or_fail(self, doing: &str) -> Result<T>;
}

impl<T, E: Into<redb::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, doing: &str) -> Result<T> {
        self.map_err(|e| from_redb(doing, e.into()))
    }
}

#[cold]
fn from_redb(doing: &str, error: redb::Error) -> Error {
    use redb::Error as Redb;
    let kind = match error {
        Redb::Io(error) => return from_io(doing, error),
        Redb::DatabaseAlreadyOpen | Redb::LockProtocolMismatch => {
            let why = "another handle or process has it open for writing";
            return Error::new(ErrorKind::Locked, format!("could not {doing}: {why}"));
        }
        Redb::RepairAborted => {
            let why = "it was not closed in order; open it for writing once, which repairs it";
            return Error::new(ErrorKind::ReadOnly, format!("could not {doing}: {why}"));
        }
        Redb::PreviousIo | Redb::LockPoisoned(_) => {
            let why = "input or output failed before; reopen the store";
            return Error::new(ErrorKind::Poisoned, format!("could not {doing}: {why}"));
        }
        Redb::Corrupted(_) => ErrorKind::Corrupt,
        Redb::UpgradeRequired(_)
        | Redb::TableTypeMismatch { .. }
        | Redb::TableIsMultimap(_)
        | Redb::TableIsNotMultimap(_)
        | Redb::TypeDefinitionChanged { .. }
        | Redb::TableDoesNotExist(_) => ErrorKind::Foreign,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, format!("could not {doing}: {error}"))
}

/// Turns a failure of the operating system into an error that says what was being done.
#[cold]
pub(super) fn from_io(doing: &str, error: io::Error) -> Error {
    use io::ErrorKind as Io;
    let kind = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::Full,
        Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::IsADirectory => ErrorKind::Permission,
        Io::NotFound | Io::NotADirectory => ErrorKind::NotFound,
        Io::AlreadyExists => ErrorKind::Conflict,
        Io::InvalidData | Io::UnexpectedEof => ErrorKind::Corrupt,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("could not {doing}")).caused_by(error)
}

/// The same error, whose message begins with what could not be done.
pub(super) fn naming(doing: &str, error: Error) -> Error {
    let prefix = format!("could not {doing}");
    if error.message().starts_with(&prefix) {
        return error;
    }
    Error::new(error.kind(), format!("{prefix}: {error}"))
}

/// [`naming`] for a new file that is given up, of which nothing is in doubt: a commit to it whose
/// outcome is unknown is one that failed.
pub(super) fn giving_up(doing: &str, error: Error) -> Error {
    if error.kind() != ErrorKind::Indeterminate {
        return naming(doing, error);
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref::<Error>());
    let kind = cause.map_or(ErrorKind::Io, Error::kind);
    naming(doing, Error::new(kind, "the new file could not be written").caused_by(error))
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn each_failure_of_the_system_has_its_kind() {
        for (errno, kind) in [
            (Errno::NOSPC, ErrorKind::Full),
            (Errno::DQUOT, ErrorKind::Full),
            (Errno::FBIG, ErrorKind::Full),
            (Errno::ACCESS, ErrorKind::Permission),
            (Errno::PERM, ErrorKind::Permission),
            (Errno::ROFS, ErrorKind::Permission),
            (Errno::NOENT, ErrorKind::NotFound),
            (Errno::NOTDIR, ErrorKind::NotFound),
            (Errno::EXIST, ErrorKind::Conflict),
            (Errno::IO, ErrorKind::Io),
        ] {
            let error = from_io("open \"x\"", errno.into());
            assert_eq!(error.kind(), kind, "{errno}");
            assert!(error.to_string().starts_with("could not open \"x\": "), "{error}");
        }
    }

    #[test]
    fn a_failure_of_redb_keeps_its_sentence_and_loses_its_type() {
        let corrupted = redb::StorageError::Corrupted("bad page".to_owned());
        let error = Err::<(), _>(corrupted).or_fail("read keys").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(format!("{error:?}"), "Corrupt: could not read keys: DB corrupted: bad page");
        let poisoned = Err::<(), _>(redb::StorageError::PreviousIo).or_fail("write").unwrap_err();
        assert_eq!(poisoned.kind(), ErrorKind::Poisoned);
    }
}
