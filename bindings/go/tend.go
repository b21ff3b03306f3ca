package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// Stats are figures of an open store.
type Stats struct {
	// A pepper keys digests and seals.
	Peppered bool
	// The store was restored from a backup and takes no changes until that is confirmed.
	Unconfirmed bool
	// The store's own id, which a copy that was restored does not share.
	StoreID [16]byte
	// The number of the last commit.
	Seq uint64
	// In the file, in whatever state.
	Keys, Owners, Realms uint64
	// Bytes of the table in memory, and how many of them are on huge pages.
	IndexBytes, IndexHugeBytes uint64
	// Commits that the log has, the last ones.
	LogCommits uint64
	// Entries of the audit trail that were not taken out, and the number of the last one: how many
	// were ever made.
	AuditEntries, AuditLast uint64
}

// Stats are figures of the store.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) Stats(ctx context.Context) (stats Stats, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_stats_info](c)
		out.struct_size = C.sizeof_keycask_stats_info
		status := C.keycask_stats(to, out, &c.err)
		stats = Stats{
			Peppered:    out.flags&C.KEYCASK_PEPPERED != 0,
			Unconfirmed: out.flags&C.KEYCASK_UNCONFIRMED != 0,
			StoreID:     goID(out.store_id), Seq: uint64(out.seq), Keys: uint64(out.keys),
			Owners: uint64(out.owners), Realms: uint64(out.realms),
			IndexBytes: uint64(out.index_bytes), IndexHugeBytes: uint64(out.index_huge_bytes),
			LogCommits: uint64(out.log_commits), AuditEntries: uint64(out.audit_entries),
			AuditLast: uint64(out.audit_last),
		}
		return status
	})
	return stats, err
}

func goID(from [16]C.uint8_t) (id [16]byte) {
	for i, b := range from {
		id[i] = byte(b)
	}
	return id
}

// CheckFile checks the whole file: every row, each index against the rows, the log, and the chain
// of the audit trail. Takes as long as reading the file does.
//
// Fails with ErrCorrupt or ErrNewer, naming the first row that is wrong; ErrIO.
func (s *Store) CheckFile(ctx context.Context) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_check(to, &c.err)
	})
}

// Sweep takes out keys that expired or were revoked longer ago than their profile retains them, so
// many at most (1 to 10,000), in one commit. Returns how many, and whether there may be more.
// Decisions do not depend on it.
//
// Fails with ErrArgument, and as a write does.
func (s *Store) Sweep(ctx context.Context, limit int, by Actor) (count int, more bool, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		swept, left := one[C.uint64_t](c), one[C.uint32_t](c)
		status := C.keycask_sweep(to, C.size_t(max(limit, 0)), c.actor(by), swept, left, &c.err)
		count, more = int(*swept), *left != 0
		return status
	})
	return count, more, err
}

// SweepAll sweeps until nothing is left to take out, a thousand keys a commit, and returns how many
// keys it took out. Other writers have their turn between any two commits.
//
// Fails with ErrArgument (also if the actor names an operation), and as a write does: what was
// taken out before stays so.
func (s *Store) SweepAll(ctx context.Context, by Actor) (uint64, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_sweep_all(to, c.actor(by), &count, &c.err)
	})
	return uint64(count), err
}

// Compact writes the file anew in the order of its keys, so that it is as short as it can be, and
// puts it in the place of the old one in one step. Returns the lengths of the old file and of the
// new one in bytes. It needs room for both. Deciding and reading go on; writers wait.
//
// Fails with ErrConflict (another file has the store's name by now), ErrPermission, ErrCorrupt, and
// as a write does.
func (s *Store) Compact(ctx context.Context) (before, after uint64, err error) {
	var was, is C.uint64_t
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_compact(to, &was, &is, &c.err)
	})
	return uint64(was), uint64(is), err
}

// Flush writes when keys were last used, as far as it is not written; takes more credits from the
// file where they are low; and does what [Store.Rehash] does. A service that seldom writes calls it
// now and then.
//
// Fails as a write does.
func (s *Store) Flush(ctx context.Context) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_flush(to, &c.err)
	})
}

// Rehash writes, for each key that was verified by an older digest of its token, the digest that
// new keys have, and returns how many there were.
//
// Fails as a write does.
func (s *Store) Rehash(ctx context.Context) (uint64, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_rehash(to, &count, &c.err)
	})
	return uint64(count), err
}

// ResetClock makes the clock's reading the present, though a commit has recorded a later one, and
// returns the present. For the operator of a machine whose clock was wrong and has been set right.
// If the reading is earlier, a key that gave up its place under a cap as it seemed to have expired
// takes one again, also beyond the cap, and credits are refilled no later than if their quota was
// given now: for that all keys are read, while other writers wait.
//
// Fails as a write does.
func (s *Store) ResetClock(ctx context.Context, by Actor) (time.Time, error) {
	var now C.int64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_reset_clock(to, c.actor(by), &now, &c.err)
	})
	return goTime(now), err
}
