package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// An Operation is one that was done.
type Operation struct {
	// The commit that it was done with. Entries of the audit trail with this seq say what it
	// changed; there are none if there was nothing to change.
	Seq uint64
	At  time.Time
	// The key that it made or changed, if it was about one alone; else 0.
	Key KeyID
}

// Operation says whether the call that named its operation so was done. After ErrIndeterminate,
// once the store is opened again, that tells; so does making the call again. Operations are known
// as long as their commits are in the log.
//
// Fails with ErrNotFound (none of this name was done, as far as is known), ErrConflict (it is
// several commits, and some are missing: make the call again), ErrIO, ErrCorrupt.
func (s *Store) Operation(ctx context.Context, name string) (is Operation, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_operation_info](c)
		out.struct_size = C.sizeof_keycask_operation_info
		data, size := inPlace(name)
		status := C.keycask_operation(to, data, size, out, &c.err)
		if status == C.KEYCASK_OK {
			is = Operation{uint64(out.seq), goTime(out.at_ms), KeyID(out.key)}
		}
		return status
	})
	return is, err
}
