package keycask

// #include <keycask.h>
import "C"

import (
	"strings"
	"time"
	"unsafe"
)

// A Rate is one rate window as it stands after a decision.
type Rate struct {
	// Requests that the window admits, and would still admit.
	Limit, Remaining uint32
	reset            int64
	period           uint64
}

// Reset is when the window ends.
func (r Rate) Reset() time.Time { return goTime(C.int64_t(r.reset)) }

// Period is the window's length.
func (r Rate) Period() time.Duration { return goSpan(C.int64_t(r.period)) }

// Credits are those of a quota. Their JSON does not say when they are refilled.
type Credits struct {
	// Credits that there are after a refill, and that are left. These can be more than the limit,
	// if some were added.
	Limit, Remaining uint64
	reset            int64
}

// Reset is when they are refilled; zero if they are not.
func (c Credits) Reset() time.Time { return goTime(C.int64_t(c.reset)) }

// A Grant says whose a token is and what it may do. [Store.Describe] gives the text behind the
// numbers.
//
// The zero Grant is nobody's: no key, owner, realm or kind has the number 0, and it has no scope.
//
// It is a keycask_grant, field by field.
type Grant struct {
	// 0 but for a grant that a decision gave.
	size  uint32
	flags uint32
	// The key's id. It is public and may be logged.
	Key KeyID
	// The number of the owner.
	Owner OwnerNumber
	// The number of the realm.
	Realm Realm
	// The number of the key's kind.
	Kind KindNumber
	// What the token may do, implied scopes included.
	Scopes  Scopes
	end     int64
	rate    Rate
	credits Credits
}

// given is whether a decision gave it.
func (g *Grant) given() bool { return g.size != 0 }

// End is when the key ends; zero if it does not.
func (g *Grant) End() time.Time { return goTime(C.int64_t(g.end)) }

// InGrace is whether the key was rotated and lives on only for its grace.
func (g *Grant) InGrace() bool { return g.flags&C.KEYCASK_IN_GRACE != 0 }

// Rate is the rate window that is nearest to its limit; false if there is none.
func (g *Grant) Rate() (Rate, bool) { return g.rate, g.rate.Limit != 0 }

// Credits are those of the key's quota; false if it has none.
func (g *Grant) Credits() (Credits, bool) { return g.credits, g.credits != Credits{} }

// A Malformation says in what a malformed token is not shaped like one of the realm.
type Malformation uint32

const (
	// MalformedPrefix: no kind has a prefix that the token begins with.
	MalformedPrefix Malformation = C.KEYCASK_MALFORMED_PREFIX
	// MalformedLength: the token is not as long as its kind's are.
	MalformedLength Malformation = C.KEYCASK_MALFORMED_LENGTH
	// MalformedCharacter: a character that no token has.
	MalformedCharacter Malformation = C.KEYCASK_MALFORMED_CHARACTER
	// MalformedChecksum: the checksum does not match.
	MalformedChecksum Malformation = C.KEYCASK_MALFORMED_CHECKSUM
)

// A Denial is what there is to say of a denial, for your program and its log. Fields that do not
// belong to the reason are zero.
//
// It is a keycask_denial, field by field.
type Denial struct {
	size uint32
	// Of DenyMalformed.
	Malformed Malformation
	// The key, where the token is one's; else 0.
	Key KeyID
	// Of DenyScope: what the request needs.
	Required Scopes
	// Of DenyScope: what the key may do.
	Present Scopes
	retry   int64
	rate    Rate
	credits Credits
}

// RetryAfter is how long it takes until the request would be admitted, of DenyRateLimited and
// DenyQuotaExhausted; [Forever] if it never would.
func (d *Denial) RetryAfter() time.Duration { return goSpan(C.int64_t(d.retry)) }

// Rate is the window that admits again last, of DenyRateLimited.
func (d *Denial) Rate() (Rate, bool) { return d.rate, d.rate.Limit != 0 }

// Credits are what is left of the key's quota, of DenyQuotaExhausted.
func (d *Denial) Credits() (Credits, bool) { return d.credits, d.credits != Credits{} }

// A Description is the text behind a grant.
type Description struct {
	// The realm's name.
	Realm string
	// The owner's id in your application.
	Owner string
	// The owner's plan; empty if it has none.
	Plan string
	// The kind's name.
	Kind string
	// The kind's environment; empty if the profile names none.
	Environment string
	// The prefix of the key's token.
	Prefix string
	// Names of the scopes that were granted, implied ones included.
	Scopes []string
}

// Describe gives the text behind a grant, from memory.
//
// Fails with ErrNotFound for a grant of another store, ErrArgument for one that no decision gave.
func (s *Store) Describe(grant Grant) (Description, error) {
	var is Description
	err := s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		from := one[Grant](c)
		*from = grant
		out := one[C.keycask_description](c)
		out.struct_size = C.sizeof_keycask_description
		text, size := c.room(C.KEYCASK_DESCRIPTION_TEXT_MAX)
		status := C.keycask_describe(to, (*C.keycask_grant)(unsafe.Pointer(from)), out, text, size,
			&c.err)
		if status == C.KEYCASK_OK {
			is = Description{
				Realm: goText(out.realm), Owner: goText(out.owner), Plan: goText(out.plan),
				Kind: goText(out.kind), Environment: goText(out.environment),
				Prefix: goText(out.prefix), Scopes: strings.Fields(goText(out.scopes)),
			}
		}
		return status
	})
	return is, err
}
