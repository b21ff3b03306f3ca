//! What a call returns.

use std::ffi::{CStr, c_char};

use engine::{ErrorKind, Reason, Unpresented};

/// What a call returns: 0 if it is done or the token is granted, above 0 if the token is
/// denied, below 0 if there is no answer for a reason of ours.
///
/// Numbers are never used again for something else. There may be more of them in a later
/// version: what is above 0 and not known is a denial, what is below 0 is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// Done; of a token: granted.
    Ok = 0,

    /// Denied: not shaped like a token of the realm. It was not looked up.
    DenyMalformed = 1,
    /// Denied: no key of this realm and of the accepted kinds.
    DenyUnknown = 2,
    /// Denied: the key was ended for good.
    DenyRevoked = 3,
    /// Denied: the key is paused.
    DenySuspended = 4,
    /// Denied: the key's owner is paused.
    DenyOwnerSuspended = 5,
    /// Denied: the key's start is still to come.
    DenyNotYetValid = 6,
    /// Denied: the key's end has passed.
    DenyExpired = 7,
    /// Denied: the key was not used for longer than its realm allows.
    DenyIdle = 8,
    /// Denied: the request came from an address that the key does not allow.
    DenyNetwork = 9,
    /// Denied: the key lacks a scope.
    DenyScope = 10,
    /// Denied: a rate window is used up.
    DenyRateLimited = 11,
    /// Denied: the key's quota is used up.
    DenyQuotaExhausted = 12,
    /// Denied for a reason that this version of the library has no number for.
    DenyOther = 13,

    /// Denied: there was no token, for one of the reasons that follow. In a keycask_decision
    /// alone.
    DenyUnpresented = 31,
    /// Denied: no header carries a token.
    DenyMissing = 32,
    /// Denied: the header that should carry the token is empty.
    DenyEmpty = 33,
    /// Denied: there is more than one credential.
    DenyRepeated = 34,
    /// Denied: there is a credential in another header only.
    DenyWrongHeader = 35,
    /// Denied: the header begins with another scheme.
    DenyWrongScheme = 36,
    /// Denied: there are spaces or tabs in or before the token.
    DenySpaces = 37,
    /// Denied: the header holds a byte that is not ASCII.
    DenyNotAscii = 38,

    /// An argument is not possible: NULL, a length, a size, a number, a time, a flag.
    ErrArgument = -1,
    /// A profile is not valid. The message gives its line and field.
    ErrProfile = -2,
    /// The file, realm, kind, owner, scope, plan or key that was named is not there.
    ErrNotFound = -3,
    /// What is there forbids the change.
    ErrConflict = -4,
    /// The owner has as many active keys as its plan allows.
    ErrCap = -5,
    /// Another handle or process has the file open for writing.
    ErrLocked = -6,
    /// The store was opened read-only, or the file is a backup.
    ErrReadOnly = -7,
    /// The system refused, or the file's mode, owner or type is not safe.
    ErrPermission = -8,
    /// The file is not a keycask store.
    ErrForeign = -9,
    /// The file has a newer format than this version reads.
    ErrNewer = -10,
    /// The pepper or sealing key is not the one that the file was made with.
    ErrPepper = -11,
    /// The file is damaged.
    ErrCorrupt = -12,
    /// No space is left on the device.
    ErrFull = -13,
    /// Input or output failed.
    ErrIo = -14,
    /// An earlier write ended with unknown outcome. Open the store again to write.
    ErrPoisoned = -15,
    /// This write may or may not have become durable. Opening the store again tells.
    ErrIndeterminate = -16,
    /// The source of randomness failed.
    ErrRandom = -17,
    /// A defect in keycask.
    ErrInternal = -18,
    /// The store was opened before this process was forked. Open it again here.
    ErrForked = -19,
    /// A defect in keycask ended this or an earlier call half-way. Open the store again.
    ErrPanic = -20,
    /// A buffer or an array is too small for what has to go in.
    ErrSpace = -21,
    /// The handle was closed.
    ErrClosed = -22,
    /// The log no longer reaches back that far: read everything anew.
    ErrGone = -23,
    /// The file is older than the store is known to be.
    ErrRolledBack = -24,
    /// The store was restored from a backup and takes no changes until that is confirmed.
    ErrUnconfirmed = -25,
    /// The store was opened read-only, and is in another file by now. Open it again.
    ErrMoved = -26,
}

impl Status {
    /// The status of an error of the engine.
    pub(crate) const fn of_error(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Argument => Self::ErrArgument,
            ErrorKind::Profile => Self::ErrProfile,
            ErrorKind::NotFound => Self::ErrNotFound,
            ErrorKind::Conflict => Self::ErrConflict,
            ErrorKind::Cap => Self::ErrCap,
            ErrorKind::Locked => Self::ErrLocked,
            ErrorKind::ReadOnly => Self::ErrReadOnly,
            ErrorKind::Permission => Self::ErrPermission,
            ErrorKind::Foreign => Self::ErrForeign,
            ErrorKind::Newer => Self::ErrNewer,
            ErrorKind::Pepper => Self::ErrPepper,
            ErrorKind::Corrupt => Self::ErrCorrupt,
            ErrorKind::Full => Self::ErrFull,
            ErrorKind::Io => Self::ErrIo,
            ErrorKind::Poisoned => Self::ErrPoisoned,
            ErrorKind::Indeterminate => Self::ErrIndeterminate,
            ErrorKind::Random => Self::ErrRandom,
            ErrorKind::Forked => Self::ErrForked,
            ErrorKind::RolledBack => Self::ErrRolledBack,
            ErrorKind::Unconfirmed => Self::ErrUnconfirmed,
            // Kinds that have no number yet are no less failures.
            _ => Self::ErrInternal,
        }
    }

    /// The status of a denial.
    pub(crate) const fn of_reason(reason: Reason) -> Self {
        match reason {
            Reason::Malformed(_) => Self::DenyMalformed,
            Reason::Unknown => Self::DenyUnknown,
            Reason::Revoked => Self::DenyRevoked,
            Reason::Suspended => Self::DenySuspended,
            Reason::OwnerSuspended => Self::DenyOwnerSuspended,
            Reason::NotYetValid => Self::DenyNotYetValid,
            Reason::Expired => Self::DenyExpired,
            Reason::Idle => Self::DenyIdle,
            Reason::Network => Self::DenyNetwork,
            Reason::Scope { .. } => Self::DenyScope,
            Reason::RateLimited { .. } => Self::DenyRateLimited,
            Reason::QuotaExhausted { .. } => Self::DenyQuotaExhausted,
            _ => Self::DenyOther,
        }
    }

    /// The status of an outcome that the engine names.
    pub(crate) fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "granted" => Self::Ok,
            "unpresented" => Self::DenyUnpresented,
            "malformed" => Self::DenyMalformed,
            "unknown" => Self::DenyUnknown,
            "revoked" => Self::DenyRevoked,
            "suspended" => Self::DenySuspended,
            "owner_suspended" => Self::DenyOwnerSuspended,
            "not_yet_valid" => Self::DenyNotYetValid,
            "expired" => Self::DenyExpired,
            "idle" => Self::DenyIdle,
            "network" => Self::DenyNetwork,
            "scope" => Self::DenyScope,
            "rate_limited" => Self::DenyRateLimited,
            "quota_exhausted" => Self::DenyQuotaExhausted,
            _ => Self::DenyOther,
        }
    }

    /// The status of a request that presents no token.
    pub(crate) const fn of_unpresented(why: Unpresented) -> Self {
        match why {
            Unpresented::Missing => Self::DenyMissing,
            Unpresented::Empty => Self::DenyEmpty,
            Unpresented::Repeated => Self::DenyRepeated,
            Unpresented::WrongHeader => Self::DenyWrongHeader,
            Unpresented::WrongScheme => Self::DenyWrongScheme,
            Unpresented::Spaces => Self::DenySpaces,
            Unpresented::NotAscii => Self::DenyNotAscii,
            _ => Self::DenyOther,
        }
    }
}

const fn name(status: i32) -> &'static CStr {
    match status {
        0 => c"ok",
        1 => c"malformed",
        2 => c"unknown",
        3 => c"revoked",
        4 => c"suspended",
        5 => c"owner_suspended",
        6 => c"not_yet_valid",
        7 => c"expired",
        8 => c"idle",
        9 => c"network",
        10 => c"scope",
        11 => c"rate_limited",
        12 => c"quota_exhausted",
        13 => c"other",
        31 => c"unpresented",
        32 => c"missing",
        33 => c"empty",
        34 => c"repeated",
        35 => c"wrong_header",
        36 => c"wrong_scheme",
        37 => c"spaces",
        38 => c"not_ascii",
        -1 => c"argument",
        -2 => c"profile",
        -3 => c"not_found",
        -4 => c"conflict",
        -5 => c"cap",
        -6 => c"locked",
        -7 => c"read_only",
        -8 => c"permission",
        -9 => c"foreign",
        -10 => c"newer",
        -11 => c"pepper",
        -12 => c"corrupt",
        -13 => c"full",
        -14 => c"io",
        -15 => c"poisoned",
        -16 => c"indeterminate",
        -17 => c"random",
        -18 => c"internal",
        -19 => c"forked",
        -20 => c"panic",
        -21 => c"space",
        -22 => c"closed",
        -23 => c"gone",
        -24 => c"rolled_back",
        -25 => c"unconfirmed",
        -26 => c"moved",
        _ if status > 0 => c"denied",
        _ => c"failed",
    }
}

/// The name of a status in lower case, as every language has it: "ok", "revoked", "not_found".
/// A number that this version does not know is "denied" above 0 and "failed" below.
///
/// Static text that ends in a zero byte. It is for logs: to clients every denial but scope and
/// rate_limited should look alike.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_status_name(status: i32) -> *const c_char {
    name(status).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_engine() {
        let reasons = [Reason::Unknown, Reason::Revoked, Reason::Suspended, Reason::OwnerSuspended];
        let more = [Reason::NotYetValid, Reason::Expired, Reason::Idle, Reason::Network];
        for reason in reasons.into_iter().chain(more) {
            assert_eq!(name(Status::of_reason(reason) as i32).to_str(), Ok(reason.name()));
        }
        assert_eq!(name(Status::DenyQuotaExhausted as i32).to_str(), Ok("quota_exhausted"));
        for kind in [
            ErrorKind::Argument,
            ErrorKind::Profile,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::Cap,
            ErrorKind::Locked,
            ErrorKind::ReadOnly,
            ErrorKind::Permission,
            ErrorKind::Foreign,
            ErrorKind::Newer,
            ErrorKind::Pepper,
            ErrorKind::Corrupt,
            ErrorKind::Full,
            ErrorKind::Io,
            ErrorKind::Poisoned,
            ErrorKind::Indeterminate,
            ErrorKind::Random,
            ErrorKind::Internal,
            ErrorKind::Forked,
            ErrorKind::RolledBack,
            ErrorKind::Unconfirmed,
        ] {
            assert_eq!(name(Status::of_error(kind) as i32).to_str(), Ok(kind.name()));
        }
        for why in [Unpresented::Missing, Unpresented::Repeated, Unpresented::NotAscii] {
            assert_eq!(name(Status::of_unpresented(why) as i32).to_str(), Ok(why.name()));
        }
    }

    #[test]
    fn every_outcome_has_the_status_of_its_name() {
        for (outcome, _) in engine::DecisionCounts::default().by_name() {
            let status = Status::of_outcome(outcome);
            assert_ne!(status, Status::DenyOther, "{outcome}");
            let want = if status == Status::Ok { "ok" } else { outcome };
            assert_eq!(name(status as i32).to_str(), Ok(want));
        }
    }

    #[test]
    fn numbers_that_are_not_known_keep_their_sign() {
        assert_eq!(name(500), c"denied");
        assert_eq!(name(i32::MIN), c"failed");
    }
}
