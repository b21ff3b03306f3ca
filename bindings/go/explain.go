package keycask

// #include <keycask.h>
import "C"

import "context"

// A Passed says what a check came to.
type Passed uint32

const (
	// CheckRefused: it refuses.
	CheckRefused Passed = C.KEYCASK_REFUSED
	// CheckPassed: it does not refuse.
	CheckPassed Passed = C.KEYCASK_PASSED
	// CheckUnreached: there was no key to check.
	CheckUnreached Passed = C.KEYCASK_UNREACHED
)

// A Check is one check of a decision.
type Check struct {
	Passed Passed
	// Its name: that of the status with which it denies.
	Name string
	// What it found, for people.
	Detail string
}

// An Explanation is what a decision rests on. One without checks says nothing of a decision.
type Explanation struct {
	// In the order in which they decide.
	Checks []Check
	// Place of the first check that refuses; their number if none does.
	RefusedAt int
	// The key, if the token is one's; else 0.
	Key KeyID
	// What the request needs; what the key may do; what is needed and not present.
	Required, Present, Missing Scopes
}

// Explain says what [Store.Verify] would decide, or, with a method, [Store.Present] for a request
// of that method, and every check on the way, passed or not. It charges nothing. It is for people
// who look into a refusal; no error does not mean granted.
//
// Fails with ErrArgument, ErrNotFound (no such realm), ErrIO, ErrCorrupt.
func (s *Store) Explain(
	ctx context.Context, realm Realm, token, method string, request Request,
) (is Explanation, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		asked, out := one[C.keycask_request](c), one[C.keycask_explanation](c)
		*asked = request.c()
		out.struct_size = C.sizeof_keycask_explanation
		checks := alloc[C.keycask_check_info](c, C.KEYCASK_CHECKS_MAX)
		for i := range checks {
			checks[i].struct_size = C.sizeof_keycask_check_info
		}
		count := one[C.size_t](c)
		data, size := inPlace(token)
		verb, verbSize := inPlace(method)
		text, textSize := c.room(C.KEYCASK_EXPLANATION_TEXT_MAX)
		status := C.keycask_explain(to, C.uint16_t(realm), data, size, verb, verbSize, asked, out,
			&checks[0], C.size_t(len(checks)), count, text, textSize, &c.err)
		if status != C.KEYCASK_OK {
			return status
		}
		is = Explanation{
			RefusedAt: int(out.refused_at), Key: KeyID(out.key), Required: goScopes(out.required),
			Present: goScopes(out.present), Missing: goScopes(out.missing),
		}
		for _, check := range checks[:*count] {
			is.Checks = append(is.Checks,
				Check{Passed(check.passed), goText(check.name), goText(check.detail)})
		}
		return status
	})
	return is, err
}
