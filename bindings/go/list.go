package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"iter"
	"math"
	"time"
)

// An Only is a condition that keys meet or not.
type Only uint32

const (
	// OnlyExpired: only keys whose end has come, whatever their state.
	OnlyExpired Only = C.KEYCASK_ONLY_EXPIRED
	// OnlyUnexpired: only keys whose end has not come, whatever their state.
	OnlyUnexpired Only = C.KEYCASK_ONLY_UNEXPIRED
	// OnlyInGrace: only keys that were rotated and live on for their grace.
	OnlyInGrace Only = C.KEYCASK_ONLY_IN_GRACE
	// OnlyNeverUsed: only keys that were never granted, as far as is known. Of keys whose use is
	// kept.
	OnlyNeverUsed Only = C.KEYCASK_ONLY_NEVER_USED
)

// An Order is that of a list.
type Order uint32

const (
	// ByKey: by key id, and so by time of issue. A key never changes its place.
	ByKey Order = C.KEYCASK_BY_KEY
	// ByEnd: by when a key ceases to be of use, the earliest first.
	ByEnd Order = C.KEYCASK_BY_END
)

// A Filter says which keys are asked for: those that meet every condition. What is nil is no
// condition, and the zero Filter selects all keys. What is given is one, whatever it is: an empty text
// or a zero is refused, and does not select more. [Given] makes a pointer. Spans count from the
// present.
type Filter struct {
	// Several may be set at once.
	Only Only
	// Only keys in this state.
	State *State
	// For a list.
	Order Order
	Realm *Realm
	// Only keys of the lineage of this key: of any key in it, or of its first if that was swept. That
	// there is no such lineage is an error where its keys are to be ended.
	Lineage *KeyID
	// Only keys of the kind of this name; of this owner. Both with a realm.
	Kind, Owner *string
	// Only keys with this hint: the prefix, three dots and the last four characters, or the latter
	// two for any prefix.
	Hint *string
	// Only keys that were issued then or later; earlier than then.
	IssuedFrom, IssuedBefore *time.Time
	// Only keys that are neither revoked nor expired, and will have expired once this span has
	// passed.
	Expiring *time.Duration
	// Only keys that are to be rotated: neither revoked, expired nor rotated, and as old as this,
	// or with [AsProfile] as their profile says.
	Due *time.Duration
	// Only keys that were not granted for this span, or if never, issued or imported that long ago.
	Idle *time.Duration
}

// Given is a pointer to the value, for a field that may be left out.
func Given[T any](value T) *T { return &value }

// AsProfile is the span that the profile has.
const AsProfile time.Duration = -1

// wrong is why the filter cannot be: the library has a realm, a state and a key id of 0 for any.
func (f *Filter) wrong() error {
	switch {
	case f.Realm != nil && *f.Realm == 0:
		return &Error{ErrNotFound, "realm: none has the number 0"}
	case f.State != nil && *f.State == 0:
		return &Error{ErrArgument, "state: none has the number 0"}
	}
	return noKey("lineage", f.Lineage)
}

// noKey is why the key of the field of this name cannot be.
func noKey(field string, key *KeyID) error {
	if key != nil && *key == 0 {
		return &Error{ErrArgument, field + ": 0 is no key id"}
	}
	return nil
}

func (f *Filter) c(c *call) *C.keycask_filter {
	to := one[C.keycask_filter](c)
	to.struct_size = C.sizeof_keycask_filter
	to.flags = C.uint32_t(f.Only)
	if f.State != nil {
		to.state = C.uint32_t(*f.State)
	}
	to.order = C.uint32_t(f.Order)
	if f.Realm != nil {
		to.realm = C.uint16_t(*f.Realm)
	}
	if f.Lineage != nil {
		to.lineage = C.uint64_t(*f.Lineage)
	}
	to.kind = c.optional(f.Kind)
	to.owner = c.optional(f.Owner)
	to.hint = c.optional(f.Hint)
	to.issued_from_ms = optionalInstant(f.IssuedFrom)
	to.issued_before_ms = optionalInstant(f.IssuedBefore)
	to.expiring_ms = optionalSpan(f.Expiring)
	to.due_ms = optionalSpan(f.Due)
	if f.Due != nil && *f.Due == AsProfile {
		to.due_ms = C.KEYCASK_DEFAULT
	}
	to.idle_ms = optionalSpan(f.Idle)
	return to
}

// A Cursor is where a list of keys goes on; the empty one is its beginning. It is never too old,
// may be kept and handed out, and is no secret.
type Cursor string

// ListPage lists the keys that the filter selects, in its order, from a cursor on, at most so many;
// 0 for [PageMax]. The list is over when the next cursor is empty, and not before, though a page
// may have no key.
//
// Pages are stable: a key that the filter selects all the while, and whose place does not change,
// is on exactly one.
//
// Fails with ErrArgument, ErrNotFound (realm, kind or owner), ErrIO, ErrCorrupt.
func (s *Store) ListPage(
	ctx context.Context, filter Filter, from Cursor, limit int,
) (keys []Key, next Cursor, err error) {
	if limit <= 0 || limit > PageMax {
		limit = PageMax
	}
	err = selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_filter) C.keycask_status {
			after, reached := one[C.keycask_cursor](c), one[C.keycask_cursor](c)
			after.struct_size = C.sizeof_keycask_cursor
			reached.struct_size = C.sizeof_keycask_cursor
			// One that is too long is refused by its length.
			after.len = C.uint32_t(min(uint64(len(from)), math.MaxUint32))
			for i := range min(len(from), C.KEYCASK_CURSOR_MAX) {
				after.text[i] = C.char(from[i])
			}
			found := alloc[C.keycask_key_info](c, limit)
			for i := range found {
				found[i].struct_size = C.sizeof_keycask_key_info
			}
			count := one[C.size_t](c)
			// A few hundred bytes are the text of most keys; if they are not enough, a page is shorter.
			text, size := c.room(C.KEYCASK_KEY_TEXT_MAX + limit*512)
			status := C.keycask_list(to, asked, after, &found[0], C.size_t(limit), count, reached,
				text, size, &c.err)
			if status == C.KEYCASK_OK {
				for i := range found[:*count] {
					keys = append(keys, goKey(&found[i]))
				}
				next = Cursor(C.GoStringN(&reached.text[0], C.int(reached.len)))
			}
			return status
		})
	return keys, next, err
}

// List is all keys that the filter selects, in its order, read a page at a time. The last one may
// come with an error.
func (s *Store) List(ctx context.Context, filter Filter) iter.Seq2[Key, error] {
	return func(yield func(Key, error) bool) {
		for from := Cursor(""); ; {
			page, next, err := s.ListPage(ctx, filter, from, 0)
			if err != nil {
				yield(Key{}, err)
				return
			}
			for _, key := range page {
				if !yield(key, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			from = next
		}
	}
}

// Count counts the keys that the filter selects, as of one moment. It reads the row of every key
// that may be selected: of a million, for seconds.
//
// Fails with ErrArgument, ErrNotFound (realm, kind or owner), ErrIO, ErrCorrupt.
func (s *Store) Count(ctx context.Context, filter Filter) (uint64, error) {
	var count C.uint64_t
	err := selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_filter) C.keycask_status {
			return C.keycask_count(to, asked, &count, &c.err)
		})
	return uint64(count), err
}

// A KindCount says how many keys of one kind there are, by state.
type KindCount struct {
	// The kind's realm.
	Realm Realm
	// The kind, as a grant has it; [Store.KindName] has its name.
	Kind KindNumber
	// Keys that are active, suspended, revoked; the first two with those that have expired, since
	// that is a fact of time.
	Active, Suspended, Revoked uint64
	// How many of the active and suspended ones have expired.
	Expired uint64
}

// CountByKind counts the keys of each kind, as of one moment: one for every kind of every realm,
// also if it has no key, in the order in which kinds were made. It reads the row of every key: of a
// million, for seconds.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) CountByKind(ctx context.Context) (counts []KindCount, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		count := one[C.size_t](c)
		found := kindCounts(c, 64)
		status := C.keycask_count_by_kind(to, &found[0], C.size_t(len(found)), count, &c.err)
		for status == C.KEYCASK_ERR_SPACE {
			found = kindCounts(c, int(*count))
			status = C.keycask_count_by_kind(to, &found[0], C.size_t(len(found)), count, &c.err)
		}
		if status == C.KEYCASK_OK {
			for _, of := range found[:*count] {
				counts = append(counts, KindCount{
					Realm(of.realm), KindNumber(of.kind), uint64(of.active), uint64(of.suspended),
					uint64(of.revoked), uint64(of.expired),
				})
			}
		}
		return status
	})
	return counts, err
}

// kindCounts gives n places for counts.
func kindCounts(c *call, n int) []C.keycask_kind_count {
	places := alloc[C.keycask_kind_count](c, n)
	places[0].struct_size = C.sizeof_keycask_kind_count
	return places
}
