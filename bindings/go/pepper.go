package keycask

// #include <keycask.h>
import "C"

import "context"

// A PepperStatus says where a store is with the rotation of its pepper.
type PepperStatus struct {
	// Whether the present generation has a pepper.
	Peppered bool
	// The present generation, from 1. New keys are of it.
	Generation uint32
	// The generation before, until it is retired; 0 if there is none.
	Previous uint32
	// Keys of the generation before that are not revoked: so many would be by retiring it now.
	Left uint64
}

// RotatePepper makes this the store's pepper. The one that was is kept beside it until
// [Store.RetirePepper]: from now on the store opens with both.
//
// Each key comes over with the first [Store.Flush] after it was next verified, and nobody who holds
// a token sees a difference. A store without a pepper is given one so.
//
// Fails with ErrArgument (also if the actor names an operation), ErrConflict (the pepper before is
// not retired), and as a write does.
func (s *Store) RotatePepper(ctx context.Context, pepper Secret, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		secret, size := c.secret(pepper)
		return C.keycask_rotate_pepper(to, secret, size, c.actor(by), &c.err)
	})
}

// Pepper says where the store is with the rotation of its pepper. While there is one before the
// present one, every key is read.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) Pepper(ctx context.Context) (is PepperStatus, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_pepper_info](c)
		out.struct_size = C.sizeof_keycask_pepper_info
		status := C.keycask_pepper(to, out, &c.err)
		is = PepperStatus{
			out.flags&C.KEYCASK_PEPPERED != 0, uint32(out.generation), uint32(out.previous),
			uint64(out.left),
		}
		return status
	})
	return is, err
}

// RetirePepper ends the pepper before the present one, and revokes the keys that are left on it:
// those that were not verified since the rotation. Returns how many. If it is cut off, call again.
//
// Fails with ErrArgument (also if the actor names an operation), ErrConflict (there is no pepper
// before the present one), and as a write does.
func (s *Store) RetirePepper(ctx context.Context, by Actor) (uint64, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_retire_pepper(to, c.actor(by), &count, &c.err)
	})
	return uint64(count), err
}
