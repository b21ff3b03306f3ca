package keycask

// #include <stdlib.h>
// #include <keycask.h>
import "C"

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"
)

// SecretLen is the length of a pepper and of a sealing key in bytes.
const SecretLen = C.KEYCASK_SECRET_LEN

// Denials is the value of Options.Decisions that keeps every denial, and no grant.
const Denials uint32 = C.KEYCASK_DENIALS

// Patterns says from where on something is a pattern. What is zero is as the library has it.
type Patterns struct {
	// So many denials for scopes within a span; 5 within an hour. Both are set, or neither.
	ScopeDenials uint32
	Within       time.Duration
	// A use after so long without one; 30 days. Of keys whose use is kept.
	Idle time.Duration
	// A use when so little of the grace is left; 6 hours.
	Late time.Duration
}

// Options say how a store is created or opened. The zero Options are the default.
type Options struct {
	// For reading alone, beside a process that writes. What that process changes later is not
	// seen until the store is opened again.
	ReadOnly bool
	// A secret of SecretLen bytes that your program keeps outside the file, and that the store was
	// or will be created with, or was last rotated to: it keys the digests of tokens.
	Pepper Secret
	// The pepper before, until [Store.RetirePepper].
	PreviousPepper Secret
	// A secret of SecretLen bytes under which tokens are sealed that can be revealed.
	SealingKey Secret
	// Secrets of the systems whose keys were or will be imported, by the names under which schemes
	// have them.
	ImportSecrets map[string]Secret
	// Zero for the machine's clock. A time: the store's clock stands there until
	// [Store.SetClock] moves it.
	Clock time.Time
	// Size of the page cache in bytes; 0 for 32 MiB. Decisions do not read through it.
	CacheBytes uint64
	// How many ops [Store.Changes] can go back at least; 0 for 100,000.
	LogLen uint64
	// Refuse, with ErrRolledBack, a file whose last commit has a lower number.
	MinSeq uint64
	// Most credits of a quota that are taken from the file at once; 0 for 1000.
	LeaseMax uint64
	// What [Store.Findings] is to look for; nil for nothing.
	Patterns *Patterns
	// Is told how far something long has come, by the goroutine that does the work. It calls
	// nothing of the store, and does not panic.
	Progress func(step Step, done, total uint64)
	// Which decisions are kept for [Store.Decisions]: 0 for none, [Denials] for every denial; any
	// other number for every denial and one grant of so many, drawn by chance.
	Decisions uint32
}

func (o *Options) c(c *call, progress *progress) *C.keycask_options {
	to := one[C.keycask_options](c)
	to.struct_size = C.sizeof_keycask_options
	if o.ReadOnly {
		to.flags = C.KEYCASK_READ_ONLY
	}
	to.pepper, to.pepper_len = c.secret(o.Pepper)
	to.previous_pepper, to.previous_pepper_len = c.secret(o.PreviousPepper)
	to.sealing_key, to.sealing_key_len = c.secret(o.SealingKey)
	if len(o.ImportSecrets) != 0 {
		secrets := alloc[C.keycask_import_secret](c, len(o.ImportSecrets))
		for i, name := range slices.Sorted(maps.Keys(o.ImportSecrets)) {
			secrets[i].name = c.given(name)
			secrets[i].secret, secrets[i].secret_len = c.secret(o.ImportSecrets[name])
		}
		to.import_secrets = &secrets[0]
		to.import_secrets_len = C.size_t(len(secrets))
	}
	to.clock_ms = instant(o.Clock, 0)
	to.cache_bytes = C.uint64_t(o.CacheBytes)
	to.log_len = C.uint64_t(o.LogLen)
	to.min_seq = C.uint64_t(o.MinSeq)
	to.lease_max = C.uint64_t(o.LeaseMax)
	if p := o.Patterns; p != nil {
		patterns := one[C.keycask_patterns](c)
		patterns.struct_size = C.sizeof_keycask_patterns
		patterns.scope_denials = C.uint32_t(p.ScopeDenials)
		patterns.within_ms = span(p.Within, C.KEYCASK_DEFAULT)
		patterns.idle_ms = span(p.Idle, C.KEYCASK_DEFAULT)
		patterns.late_ms = span(p.Late, C.KEYCASK_DEFAULT)
		to.patterns = patterns
	}
	progress.tell(to)
	to.decisions = C.uint32_t(o.Decisions)
	return to
}

// A Store is an open store. Close it.
type Store struct {
	handle *handle
}

// A handle is what a store is closed by, once.
type handle struct {
	gate
	store    *C.keycask_store
	progress *progress
	once     sync.Once
	// What closing failed with, once it is done.
	failed error
}

// close is over when the store is closed, whoever closes it.
func (h *handle) close() error {
	h.once.Do(func() {
		h.gate.close()
		status := Status(C.keycask_close(h.store))
		h.progress.end()
		h.failed = status.err()
	})
	return h.failed
}

type opening = func(
	path *C.char, size C.size_t, options *C.keycask_options, to **C.keycask_store,
	err *C.keycask_error,
) C.keycask_status

func opened(ctx context.Context, path string, options *Options, how opening) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if options == nil {
		options = &Options{}
	}
	h := &handle{progress: newProgress(options.Progress)}
	err := with(func(c *call) C.keycask_status {
		out := one[*C.keycask_store](c)
		data, size := inPlace(path)
		status := how(data, size, options.c(c, h.progress), out, &c.err)
		h.store = *out
		return status
	})
	if err != nil {
		h.progress.end()
		return nil, err
	}
	s := &Store{h}
	// A net for stores that nobody closed: whoever loses one has lost its error, too.
	runtime.AddCleanup(s, func(h *handle) { _ = h.close() }, h)
	return s, nil
}

// Create makes a new store in a file at path that must not exist yet, and opens it. The file is
// readable and writable by its owner alone, and appears complete or not at all. The options may be
// nil.
//
// Fails with ErrArgument, ErrConflict (something is at path), ErrNotFound (its directory is not
// there), ErrPermission, ErrFull, ErrIO, ErrRandom.
func Create(ctx context.Context, path string, options *Options) (*Store, error) {
	return opened(ctx, path, options, func(
		path *C.char, size C.size_t, options *C.keycask_options, to **C.keycask_store,
		err *C.keycask_error,
	) C.keycask_status {
		return C.keycask_create(path, size, options, to, err)
	})
}

// Open opens the store in the file at path. Every row is read and checked. The options may be nil.
//
// Fails with ErrArgument, ErrNotFound, ErrPermission, ErrLocked, ErrReadOnly (it is a backup, or
// must be repaired first), ErrForeign, ErrNewer, ErrPepper, ErrRolledBack, ErrCorrupt, ErrIO.
// Whichever it is, the file was not written to.
func Open(ctx context.Context, path string, options *Options) (*Store, error) {
	return opened(ctx, path, options, func(
		path *C.char, size C.size_t, options *C.keycask_options, to **C.keycask_store,
		err *C.keycask_error,
	) C.keycask_status {
		return C.keycask_open(path, size, options, to, err)
	})
}

// Close waits for the calls that are going on, writes what usage was noted and closes the file.
// Calls that come later return ErrClosed. Another Close waits until the store is closed and returns
// the same. It must not be called by a function that a call of the store calls.
//
// Fails with ErrFull, ErrIO, ErrPoisoned, ErrIndeterminate if the usage could not be written. The
// store is closed all the same.
func (s *Store) Close() error {
	// Else the net could wait here for as long as this closes, and all other nets for it.
	defer runtime.KeepAlive(s)
	return s.handle.close()
}

// SetClock moves the clock of a store that was opened with a clock of its own. Time does not go
// back by it: a key that has expired stays so.
//
// Fails with ErrArgument if the store goes by the machine's clock.
func (s *Store) SetClock(now time.Time) error {
	return s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_set_clock(to, millis(now), &c.err)
	})
}

// Version is the library's version, such as "1.2.3".
func Version() string { return C.GoString(C.keycask_version()) }

// textOf calls f with room for a text, and with as much as it takes while that is not enough. Of f
// that changes something, `enough` always is.
func textOf(
	c *call, enough int, f func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status,
) (string, C.keycask_status) {
	used := one[C.size_t](c)
	text, size := c.room(enough)
	status := f(text, size, used)
	for status == C.KEYCASK_ERR_SPACE {
		text, size = c.room(int(*used))
		status = f(text, size, used)
	}
	if status != C.KEYCASK_OK {
		return "", status
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(text)), int(*used))), status
}

func init() {
	if C.keycask_abi() != C.KEYCASK_ABI {
		panic("keycask: the library that was linked has another ABI than its header")
	}
}
