package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
	"unsafe"
)

// ManyMax is the most keys of one call that issues or revokes several.
const ManyMax = C.KEYCASK_MANY_MAX

// A Spec is what a new key shall be. Kind and Owner have to be set. The rest is: without scopes,
// valid from now on and from anywhere, with the end, the idle span and the quota of the profile.
type Spec struct {
	Realm Realm
	// The name of the kind.
	Kind string
	// The id of the owner, which must be there.
	Owner string
	// What the key may do. None grants nothing.
	Scopes Scopes
	// A name for people: 128 bytes at most, no control characters.
	Name string
	// Your application's data: one JSON value of 4096 bytes at most.
	Metadata string
	// Before it the key is refused: zero for now, or a time that has not passed.
	Start time.Time
	// From it on the key is refused.
	End End
	// The networks from which alone it may be used, such as 10.0.0.0/8 or 2001:db8::/32, separated
	// by spaces, from 1 to 64; nil for anywhere.
	Networks *string
	// How long it may stay unused, from an hour on; 0 as the realm has it. The time of its last use
	// is kept then.
	Idle time.Duration
	// The quota that it shares with its rotations, such as "1000", "1000 per day", "1000 per month
	// on day 15" or "1000 per 12h"; nil as the owner's plan has it.
	Quota *string
	// Whether it has none, though the owner's plan has one.
	NoQuota bool
}

func (s *Spec) c(c *call, to *C.keycask_spec) {
	to.struct_size = C.sizeof_keycask_spec
	to.realm = C.uint16_t(s.Realm)
	to.kind = c.text(s.Kind)
	to.owner = c.text(s.Owner)
	to.scopes = s.Scopes.c()
	to.name = c.text(s.Name)
	to.metadata = c.text(s.Metadata)
	to.start_ms = instant(s.Start, C.KEYCASK_NOW)
	to.end_ms, to.life_ms = s.End.ms(C.KEYCASK_DEFAULT)
	to.networks = c.optional(s.Networks)
	to.idle_ms = span(s.Idle, C.KEYCASK_DEFAULT)
	to.quota = c.optional(s.Quota)
	if s.NoQuota {
		to.flags = C.KEYCASK_NO_QUOTA
	}
}

// An Issued is a new key and its token.
type Issued struct {
	Key   KeyID
	Token Token
}

// tokenFrom calls f with room for a token of so many bytes at most.
func tokenFrom(
	c *call, most int, f func(token *C.char, size C.size_t, used *C.size_t) C.keycask_status,
) (Token, C.keycask_status) {
	text, status := textOf(c, most, f)
	return NewToken(text), status
}

// Issue issues a key. When it returns, the key is durable, and every verify that begins later
// finds it.
//
// The token is the secret: unless its kind can be revealed, no later call gives it again.
//
// Fails with ErrArgument, ErrNotFound (realm, kind or owner), ErrCap, and as a write does.
func (s *Store) Issue(ctx context.Context, spec Spec, by Actor) (issued Issued, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) (status C.keycask_status) {
		asked, key := one[C.keycask_spec](c), one[C.uint64_t](c)
		spec.c(c, asked)
		actor := c.actor(by)
		issued.Token, status = tokenFrom(c, TokenMax,
			func(token *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_issue(to, asked, actor, token, size, used, key, &c.err)
			})
		issued.Key = KeyID(*key)
		return status
	})
	return issued, err
}

// IssueMany issues a key for each spec, 1 to [ManyMax], in one commit: all of them or, if one is
// refused, none. All holds as if they were issued one after another.
//
// Fails as [Store.Issue] does; the message about a spec begins with its place from 0, as in
// "spec 3: ".
func (s *Store) IssueMany(
	ctx context.Context, specs []Spec, by Actor,
) (issued []Issued, err error) {
	if len(specs) > ManyMax {
		return nil, &Error{ErrArgument, "there are more specs than one call may have"}
	}
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		asked := alloc[C.keycask_spec](c, len(specs))
		out := alloc[C.keycask_issued](c, len(specs))
		for i := range specs {
			specs[i].c(c, &asked[i])
			out[i].struct_size = C.sizeof_keycask_issued
		}
		tokens, size := c.room(len(specs) * TokenMax)
		status := C.keycask_issue_many(to, &asked[0], C.size_t(len(specs)), c.actor(by), &out[0],
			tokens, size, &c.err)
		if status == C.KEYCASK_OK {
			issued = make([]Issued, len(specs))
			for i := range issued {
				issued[i] = Issued{KeyID(out[i].key), NewToken(goText(out[i].token))}
			}
		}
		return status
	})
	return issued, err
}

// numbers is ids as C has them, which are the same numbers. There is a place even for none.
func numbers(keys []KeyID) *C.uint64_t {
	if keys == nil {
		keys = []KeyID{}
	}
	return (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(keys)))
}
