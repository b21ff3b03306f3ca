package keycask

// #include <keycask.h>
import "C"

// A Status says why a token is denied (above 0) or why there is no answer (below 0). It is an
// error for [errors.Is]; the numbers are those of the C ABI.
type Status int32

// Why a token is denied. Log it, and answer every denial alike: whoever guesses learns nothing
// from which it was.
const (
	// DenyMalformed: not shaped like a token of the realm. It was not looked up.
	DenyMalformed Status = C.KEYCASK_DENY_MALFORMED
	// DenyUnknown: no key of this realm and of the accepted kinds.
	DenyUnknown Status = C.KEYCASK_DENY_UNKNOWN
	// DenyRevoked: the key was ended for good.
	DenyRevoked Status = C.KEYCASK_DENY_REVOKED
	// DenySuspended: the key is paused.
	DenySuspended Status = C.KEYCASK_DENY_SUSPENDED
	// DenyOwnerSuspended: the key's owner is paused.
	DenyOwnerSuspended Status = C.KEYCASK_DENY_OWNER_SUSPENDED
	// DenyNotYetValid: the key's start is still to come.
	DenyNotYetValid Status = C.KEYCASK_DENY_NOT_YET_VALID
	// DenyExpired: the key's end has passed.
	DenyExpired Status = C.KEYCASK_DENY_EXPIRED
	// DenyIdle: the key was not used for longer than its realm allows.
	DenyIdle Status = C.KEYCASK_DENY_IDLE
	// DenyNetwork: the request came from an address that the key does not allow.
	DenyNetwork Status = C.KEYCASK_DENY_NETWORK
	// DenyScope: the key lacks a scope.
	DenyScope Status = C.KEYCASK_DENY_SCOPE
	// DenyRateLimited: a rate window is used up.
	DenyRateLimited Status = C.KEYCASK_DENY_RATE_LIMITED
	// DenyQuotaExhausted: the key's quota is used up.
	DenyQuotaExhausted Status = C.KEYCASK_DENY_QUOTA_EXHAUSTED
	// DenyOther: for a reason that this version has no number for.
	DenyOther Status = C.KEYCASK_DENY_OTHER
	// DenyUnpresented: there was no token. In a [Decision] alone.
	DenyUnpresented Status = C.KEYCASK_DENY_UNPRESENTED
	// DenyMissing: no header carries a token.
	DenyMissing Status = C.KEYCASK_DENY_MISSING
	// DenyEmpty: the header that should carry the token is empty.
	DenyEmpty Status = C.KEYCASK_DENY_EMPTY
	// DenyRepeated: there is more than one credential.
	DenyRepeated Status = C.KEYCASK_DENY_REPEATED
	// DenyWrongHeader: there is a credential in another header only.
	DenyWrongHeader Status = C.KEYCASK_DENY_WRONG_HEADER
	// DenyWrongScheme: the header begins with another scheme.
	DenyWrongScheme Status = C.KEYCASK_DENY_WRONG_SCHEME
	// DenySpaces: there are spaces or tabs in or before the token.
	DenySpaces Status = C.KEYCASK_DENY_SPACES
	// DenyNotASCII: the header holds a byte that is not ASCII.
	DenyNotASCII Status = C.KEYCASK_DENY_NOT_ASCII
)

// Why there is no answer.
const (
	// ErrArgument: an argument is not possible: a length, a number, a time.
	ErrArgument Status = C.KEYCASK_ERR_ARGUMENT
	// ErrProfile: a profile is not valid. The message gives its line and field.
	ErrProfile Status = C.KEYCASK_ERR_PROFILE
	// ErrNotFound: the file, realm, kind, owner, scope, plan or key that was named is not there.
	ErrNotFound Status = C.KEYCASK_ERR_NOT_FOUND
	// ErrConflict: what is there forbids the change.
	ErrConflict Status = C.KEYCASK_ERR_CONFLICT
	// ErrCap: the owner has as many active keys as its plan allows.
	ErrCap Status = C.KEYCASK_ERR_CAP
	// ErrLocked: another handle or process has the file open for writing.
	ErrLocked Status = C.KEYCASK_ERR_LOCKED
	// ErrReadOnly: the store was opened read-only, or the file is a backup.
	ErrReadOnly Status = C.KEYCASK_ERR_READ_ONLY
	// ErrPermission: the system refused, or the file's mode, owner or type is not safe.
	ErrPermission Status = C.KEYCASK_ERR_PERMISSION
	// ErrForeign: the file is not a keycask store.
	ErrForeign Status = C.KEYCASK_ERR_FOREIGN
	// ErrNewer: the file has a newer format than this version reads.
	ErrNewer Status = C.KEYCASK_ERR_NEWER
	// ErrPepper: the pepper or sealing key is not the one that the file was made with.
	ErrPepper Status = C.KEYCASK_ERR_PEPPER
	// ErrCorrupt: the file is damaged.
	ErrCorrupt Status = C.KEYCASK_ERR_CORRUPT
	// ErrFull: no space is left on the device.
	ErrFull Status = C.KEYCASK_ERR_FULL
	// ErrIO: input or output failed.
	ErrIO Status = C.KEYCASK_ERR_IO
	// ErrPoisoned: an earlier write ended with unknown outcome. Open the store again to write.
	ErrPoisoned Status = C.KEYCASK_ERR_POISONED
	// ErrIndeterminate: this write may or may not have become durable. Opening the store again
	// tells.
	ErrIndeterminate Status = C.KEYCASK_ERR_INDETERMINATE
	// ErrRandom: the source of randomness failed.
	ErrRandom Status = C.KEYCASK_ERR_RANDOM
	// ErrInternal: a defect in keycask.
	ErrInternal Status = C.KEYCASK_ERR_INTERNAL
	// ErrForked: the store was opened before this process was forked. Open it again here.
	ErrForked Status = C.KEYCASK_ERR_FORKED
	// ErrPanic: a defect in keycask ended a call half-way. Open the store again.
	ErrPanic Status = C.KEYCASK_ERR_PANIC
	// ErrSpace: an answer is longer than there is room for.
	ErrSpace Status = C.KEYCASK_ERR_SPACE
	// ErrClosed: the store was closed.
	ErrClosed Status = C.KEYCASK_ERR_CLOSED
	// ErrGone: the log no longer reaches back that far: read everything anew.
	ErrGone Status = C.KEYCASK_ERR_GONE
	// ErrRolledBack: the file is older than the store is known to be.
	ErrRolledBack Status = C.KEYCASK_ERR_ROLLED_BACK
	// ErrUnconfirmed: the store was restored and takes no changes until that is confirmed.
	ErrUnconfirmed Status = C.KEYCASK_ERR_UNCONFIRMED
	// ErrMoved: the store was opened read-only, and is in another file by now. Open it again.
	ErrMoved Status = C.KEYCASK_ERR_MOVED
)

// denied is what every denial is.
type denied struct{}

func (denied) Error() string { return "keycask: denied" }

// Denied is every denial, for [errors.Is].
var Denied error = denied{}

// String is its name in lower case, as every language has it: "ok", "revoked", "not_found".
func (s Status) String() string { return C.GoString(C.keycask_status_name(C.int32_t(s))) }

// Error is for logs.
func (s Status) Error() string { return "keycask: " + s.String() }

// Is makes every denial [Denied].
func (s Status) Is(target error) bool { return s > 0 && target == Denied }

// err is nil for a grant. Numbers of denials are below 256, which become an error without a place
// in memory of their own.
func (s Status) err() error {
	if s == 0 {
		return nil
	}
	return s
}

// An Error is a failure with what it says to people. For [errors.Is] it is its status.
type Error struct {
	Status Status
	// Names the argument at fault. It never holds a token or another secret.
	Message string
}

func (e *Error) Error() string { return e.Status.Error() + ": " + e.Message }

// Unwrap is its status.
func (e *Error) Unwrap() error { return e.Status }
