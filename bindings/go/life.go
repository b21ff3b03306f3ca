package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// Suspend pauses a key: it is refused until it is resumed. It is refused before the change is on
// its way to the disk. Suspending a suspended key changes nothing.
//
// Fails with ErrNotFound, ErrConflict (it is revoked, or its profile does not allow suspending),
// and as a write does.
func (s *Store) Suspend(ctx context.Context, key KeyID, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_suspend(to, C.uint64_t(key), c.actor(by), &c.err)
	})
}

// Resume ends the pause of a suspended key. Resuming an active key changes nothing.
//
// Fails with ErrNotFound, ErrConflict (it is revoked), ErrCap, and as a write does.
func (s *Store) Resume(ctx context.Context, key KeyID, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_resume(to, C.uint64_t(key), c.actor(by), &c.err)
	})
}

// Revoke ends a key for good. Once it returns, no goroutine is granted the key again. If it fails
// with ErrIndeterminate, the key stays refused until the store is opened again, which tells whether
// it is revoked. Revoking a revoked key changes nothing.
//
// Fails with ErrNotFound, and as a write does.
func (s *Store) Revoke(ctx context.Context, key KeyID, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_revoke(to, C.uint64_t(key), c.actor(by), &c.err)
	})
}

// RevokeMany ends all of the keys for good or, if there is one that this store has not, none. They
// are [ManyMax] at most. It is [Store.EndMany] of keys that are named: all are refused before the
// change is on its way to the disk, and a thousand share a commit.
//
// Fails with ErrArgument, ErrNotFound, and as a write does.
func (s *Store) RevokeMany(ctx context.Context, keys []KeyID, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_revoke_many(to, numbers(keys), C.size_t(len(keys)), c.actor(by), &c.err)
	})
}

// RevokePresented revokes the key whose token this is, as its holder asks, who found it in a log
// perhaps. It is refused before anything is read, whether it would be granted or not. The audit
// trail names `holder` as the actor. The reason may be empty.
//
// Denies with DenyMalformed, DenyUnknown: the token is nobody's. Fails with ErrNotFound (no such
// realm), and as a write does.
func (s *Store) RevokePresented(
	ctx context.Context, realm Realm, token, reason string,
) (KeyID, error) {
	var key C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		data, size := inPlace(token)
		why, whySize := inPlace(reason)
		return C.keycask_revoke_presented(to, C.uint16_t(realm), data, size, why, whySize, &key,
			&c.err)
	})
	return KeyID(key), err
}

// A KeyChange is what shall change about a key. What is nil or zero stays. What lifts a limit has a
// field of its own, and excludes the one that sets it.
type KeyChange struct {
	Name, Metadata *string
	// A new end: [Never], or [At] a time that has not passed.
	End End
	// New scopes, in place of the old ones.
	Scopes *Scopes
	// New networks, as in [Spec]; what is given and names none is refused.
	Networks *string
	// Whether it may be used from anywhere from now on.
	AnyNetwork bool
	// How long it may stay unused from now on; [AsProfile] as its realm has it. A key that was
	// refused as idle is granted again.
	Idle time.Duration
	// A new quota for the whole lineage, with all its credits; the empty text is refused.
	Quota *string
	// Whether the lineage has no quota from now on.
	NoQuota bool
	// What becomes of the lineage's credits until the next refill.
	Credits CreditChange
}

// A CreditChange is what becomes of credits. The zero CreditChange leaves them as they are.
type CreditChange struct {
	how     C.uint32_t
	credits uint64
}

// SetCredits makes it so many.
func SetCredits(credits uint64) CreditChange {
	return CreditChange{C.KEYCASK_SET_CREDITS, credits}
}

// AddCredits makes it so many more, whatever the limit of the quota.
func AddCredits(credits uint64) CreditChange {
	return CreditChange{C.KEYCASK_ADD_CREDITS, credits}
}

// TakeCredits makes it so many less, or none.
func TakeCredits(credits uint64) CreditChange {
	return CreditChange{C.KEYCASK_TAKE_CREDITS, credits}
}

// Update changes a key's name, metadata, end, scopes, networks or idle span, or the quota and the
// credits of its lineage. What is taken away is enforced before the commit, what is added after it.
//
// Fails with ErrArgument, ErrNotFound, ErrConflict (it is revoked, was rotated and would outlive
// its grace, or has no quota whose credits could be changed), ErrCap, and as a write does.
func (s *Store) Update(ctx context.Context, key KeyID, change KeyChange, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		asked := one[C.keycask_key_change](c)
		asked.struct_size = C.sizeof_keycask_key_change
		asked.name = c.optional(change.Name)
		asked.metadata = c.optional(change.Metadata)
		// An end after a span is none of a change, which the library says.
		asked.end_ms, _ = change.End.ms(C.KEYCASK_KEEP)
		if change.Scopes != nil {
			asked.flags |= C.KEYCASK_SET_SCOPES
			asked.scopes = change.Scopes.c()
		}
		asked.networks = c.optional(change.Networks)
		if change.AnyNetwork {
			asked.flags |= C.KEYCASK_ANY_NETWORK
		}
		asked.idle_ms = span(change.Idle, C.KEYCASK_KEEP)
		if change.Idle == AsProfile {
			asked.idle_ms = C.KEYCASK_DEFAULT
		}
		asked.quota = c.optional(change.Quota)
		if change.NoQuota {
			asked.flags |= C.KEYCASK_NO_QUOTA
		}
		asked.flags |= change.Credits.how
		asked.credits = C.uint64_t(change.Credits.credits)
		return C.keycask_update(to, C.uint64_t(key), asked, c.actor(by), &c.err)
	})
}
