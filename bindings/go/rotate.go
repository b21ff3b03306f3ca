package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// AtOnce is a grace that is none; the old key is revoked as the new one is made.
const AtOnce time.Duration = -1

// A Rotation says how a key shall be replaced. The zero Rotation takes grace and end from the
// profile.
type Rotation struct {
	// How long the old key lives on, if its own end is not earlier: 0 as the profile has it, or
	// [AtOnce].
	Grace time.Duration
	// When the new key ends; by default the old one's lifetime again.
	End End
}

// Rotate replaces a key by a successor with the same scopes, owner, name, metadata and limits, and
// returns that.
//
// Without grace the old key is revoked in the same commit. A predecessor of it that still lived on
// in a grace of its own is revoked too, so that a lineage has two live keys at most.
//
// Fails with ErrArgument, ErrNotFound, ErrConflict (the key is not active, has expired, or was
// rotated), and as a write does.
func (s *Store) Rotate(
	ctx context.Context, key KeyID, rotation Rotation, by Actor,
) (issued Issued, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) (status C.keycask_status) {
		asked, successor := one[C.keycask_rotation](c), one[C.uint64_t](c)
		asked.struct_size = C.sizeof_keycask_rotation
		asked.grace_ms = span(rotation.Grace, C.KEYCASK_DEFAULT)
		if rotation.Grace == AtOnce {
			asked.grace_ms = C.KEYCASK_AT_ONCE
		}
		asked.end_ms, asked.life_ms = rotation.End.ms(C.KEYCASK_DEFAULT)
		actor := c.actor(by)
		issued.Token, status = tokenFrom(c, TokenMax,
			func(token *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_rotate(to, C.uint64_t(key), asked, actor, token, size, used,
					successor, &c.err)
			})
		issued.Key = KeyID(*successor)
		return status
	})
	return issued, err
}

// Reveal gives the token of a key whose kind keeps a sealed copy. The audit trail records it before
// the token is given.
//
// Fails with ErrArgument (also without a sealing key), ErrNotFound, ErrConflict (its kind keeps no
// copy, or the copy went with a revocation or rotation), ErrPepper (another key sealed it), and as
// a write does.
func (s *Store) Reveal(ctx context.Context, key KeyID, by Actor) (token Token, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) (status C.keycask_status) {
		actor := c.actor(by)
		token, status = tokenFrom(c, ImportedTokenMax,
			func(token *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_reveal(to, C.uint64_t(key), actor, token, size, used, &c.err)
			})
		return status
	})
	return token, err
}

// ChangeSealingKey seals every copy that the old key sealed under the sealing key that the store
// was opened with, in one commit, and returns how many there were.
//
// Fails with ErrArgument, ErrPepper (a copy was sealed by neither), and as a write does.
func (s *Store) ChangeSealingKey(ctx context.Context, old Secret, by Actor) (int, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		secret, size := c.secret(old)
		return C.keycask_change_sealing_key(to, secret, size, c.actor(by), &count, &c.err)
	})
	return int(count), err
}
