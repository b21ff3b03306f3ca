package keycask

// #include <keycask.h>
import "C"

import "context"

// A FeedCursor says how far somebody who follows a store has come: the last commit that it knows,
// of which store. Keep it as it is: a seq of one store means nothing in another.
type FeedCursor struct {
	Seq     uint64
	StoreID [16]byte
}

func (f FeedCursor) c(c *call) *C.keycask_feed_cursor {
	to := one[C.keycask_feed_cursor](c)
	to.struct_size = C.sizeof_keycask_feed_cursor
	to.seq = C.uint64_t(f.Seq)
	for i, b := range f.StoreID {
		to.store_id[i] = C.uint8_t(b)
	}
	return to
}

func goFeedCursor(from *C.keycask_feed_cursor) FeedCursor {
	return FeedCursor{uint64(from.seq), goID(from.store_id)}
}

// A ChangedWhat says what sort of thing was changed.
type ChangedWhat uint32

const (
	// ChangedKey: a key is new or is not as it was.
	ChangedKey ChangedWhat = C.KEYCASK_CHANGED_KEY
	// ChangedSwept: a key was swept.
	ChangedSwept ChangedWhat = C.KEYCASK_CHANGED_SWEPT
	// ChangedOwner: an owner is new or is not as it was.
	ChangedOwner ChangedWhat = C.KEYCASK_CHANGED_OWNER
	// ChangedRealm: a realm is new or is not as it was.
	ChangedRealm ChangedWhat = C.KEYCASK_CHANGED_REALM
	// ChangedOther: something that this version has no number for.
	ChangedOther ChangedWhat = C.KEYCASK_CHANGED_OTHER
)

// A Changed is one thing that a commit changed. What it is now is to be looked up.
type Changed struct {
	What ChangedWhat
	// The number of the commit.
	Seq uint64
	// The key, the owner's number or the realm's number.
	Number uint64
}

// Feed says where the feed of changes begins and ends now. Who follows from the oldest is given
// every commit that the log still has; who has just read the whole store follows from the newest.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) Feed(ctx context.Context) (oldest, newest FeedCursor, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		first, last := FeedCursor{}.c(c), FeedCursor{}.c(c)
		status := C.keycask_feed(to, first, last, &c.err)
		oldest, newest = goFeedCursor(first), goFeedCursor(last)
		return status
	})
	return oldest, newest, err
}

// Changes reads the log: what the commits after `since` changed, in order and without a gap, a few
// thousand at a time, and from where to go on. If there is none after `since`, that is `since`.
// Nobody is woken: ask again after a while.
//
// Fails with ErrGone (read everything anew, and follow from the newest of [Store.Feed]), ErrMoved
// (open the store again, and go on from `since`), ErrIO, ErrCorrupt.
func (s *Store) Changes(
	ctx context.Context, since FeedCursor,
) (changes []Changed, reached FeedCursor, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		from, next, count := since.c(c), FeedCursor{}.c(c), one[C.size_t](c)
		*count = 4096
		var found []C.keycask_changed
		status := C.keycask_status(C.KEYCASK_ERR_SPACE)
		for range 2 {
			if status != C.KEYCASK_ERR_SPACE {
				break
			}
			found = alloc[C.keycask_changed](c, int(*count))
			for i := range found {
				found[i].struct_size = C.sizeof_keycask_changed
			}
			status = C.keycask_changes(to, from, &found[0], C.size_t(len(found)), count, next,
				&c.err)
		}
		if status == C.KEYCASK_OK {
			for _, change := range found[:*count] {
				changes = append(changes,
					Changed{ChangedWhat(change.what), uint64(change.seq), uint64(change.number)})
			}
			reached = goFeedCursor(next)
		}
		return status
	})
	return changes, reached, err
}
