//! What the command's exit status says.

use std::process::ExitCode;

use keycask::{Error, ErrorKind};

/// The exit status of a run. The numbers are part of the command's interface. One that is
/// interrupted has none: it dies of its signal, which shells tell as 130.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or granted.
    Done = 0,
    /// Not done, for a reason that no other status has.
    Failed = 1,
    /// What was asked for cannot be asked: the arguments or a value in them.
    Usage = 2,
    /// `verify` refused the token.
    Refused = 3,
    /// What was named does not exist.
    NotFound = 4,
    /// Another process has the store open for writing.
    Locked = 5,
    /// The store is damaged, or older than it is known to be.
    Corrupt = 6,
}

/// What the help of the whole command ends with: how to begin, and the statuses.
pub(crate) const HELP: &str = "\
Example:
  export KEYCASK_STORE=keys.keycask
  keycask init
  keycask realm apply shop.toml
  keycask owner set --realm shop user-7
  keycask issue --realm shop --kind live --out token user-7
  keycask verify --realm shop < token

Exit status:
  0    done, or granted
  1    failure
  2    usage: an argument is missing, unknown or out of its limits
  3    verify refused the token (present and explain exit with 0 once they have answered)
  4    a realm, kind, owner, scope, plan, key, operation or file that was named does not exist
  5    another process has the store open for writing
  6    the store is damaged, or older than it is known to be (--min-seq)
  130  interrupted, as shells tell it: what was committed before is there";

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Argument => Self::Usage,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::Corrupt | ErrorKind::RolledBack => Self::Corrupt,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
