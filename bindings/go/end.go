package keycask

// #include <keycask.h>
import "C"

import "context"

// An Ending says how several keys end.
type Ending uint32

const (
	// EndRevoke: revoke every key that is selected. Those that are revoked already are left out.
	EndRevoke Ending = C.KEYCASK_END_REVOKE
	// EndGrace: end the grace of every rotated key that is selected, now. It is revoked, as by a
	// rotation without grace; its successor is not touched.
	EndGrace Ending = C.KEYCASK_END_GRACE
)

// EndMany revokes the keys that the filter selects, any number of them, as one operation, and
// returns how many. The filter has a condition, a realm if nothing else, and no hint.
//
// All of them are refused before the first is on its way to the disk, and stay so. They are then
// written a thousand a commit, and other writers have their turn between any two. If it fails
// half-way, the message says how many keys were revoked; asking again goes on with the others.
//
// Fails with ErrArgument, ErrNotFound (realm, kind, owner, key or lineage), and as a write does.
func (s *Store) EndMany(
	ctx context.Context, how Ending, filter Filter, by Actor,
) (uint64, error) {
	var count C.uint64_t
	err := selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_filter) C.keycask_status {
			return C.keycask_end_many(to, C.uint32_t(how), asked, c.actor(by), &count, &c.err)
		})
	return uint64(count), err
}

// DryRun says how many keys [Store.EndMany] would revoke at this moment, and which are the first of
// them by key id, ten at most. It changes nothing. A store that is read-only may be asked, too.
//
// Fails with ErrArgument, ErrNotFound (realm, kind, owner, key or lineage), ErrIO, ErrCorrupt.
func (s *Store) DryRun(
	ctx context.Context, how Ending, filter Filter,
) (count uint64, first []KeyID, err error) {
	var found C.uint64_t
	err = selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_filter) C.keycask_status {
			keys := alloc[C.uint64_t](c, C.KEYCASK_DRY_RUN_MAX)
			status := C.keycask_dry_run(to, C.uint32_t(how), asked, &found, &keys[0],
				C.size_t(len(keys)), &c.err)
			for _, key := range keys {
				if key != 0 {
					first = append(first, KeyID(key))
				}
			}
			return status
		})
	return uint64(found), first, err
}
