package keycask

// #include <keycask.h>
import "C"

// Kinds is a set of kinds of one realm, a bit a kind. It stays good for the life of the file.
type Kinds uint64

// A KindNumber is a kind's number, as a grant has it.
type KindNumber uint16

// Rights say what keys of a kind may do.
type Rights uint32

const (
	// RightsKey: a key may use its own scopes.
	RightsKey Rights = C.KEYCASK_RIGHTS_KEY
	// RightsOwner: it may use the scopes that its owner has directly, as they are at the moment of
	// the decision.
	RightsOwner Rights = C.KEYCASK_RIGHTS_OWNER
	// RightsBoth: it may use what both have.
	RightsBoth Rights = C.KEYCASK_RIGHTS_BOTH
	// RightsOther: as this version has no number for.
	RightsOther Rights = C.KEYCASK_RIGHTS_OTHER
)

// Unlimited is a number of active keys that is no limit.
const Unlimited uint32 = C.KEYCASK_UNLIMITED

// A KindInfo is a kind, as its profile describes it.
type KindInfo struct {
	// A sealed copy of the token is kept, so that it can be shown again.
	Revealable bool
	// The kind alone, as a set; and its number.
	Kinds  Kinds
	Number KindNumber
	Rights Rights
	// How many active keys of it an owner can have, whatever its plan; [Unlimited].
	Active uint32
	// How long its tokens are, in bytes.
	TokenLen int
	Name     string
	// Its environment; empty if it has none.
	Environment string
	// What its tokens begin with.
	Prefix string
}

// Kind describes the kind of this name.
//
// Fails with ErrNotFound.
func (s *Store) Kind(realm Realm, name string) (info KindInfo, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_kind_info](c)
		out.struct_size = C.sizeof_keycask_kind_info
		data, size := inPlace(name)
		text, textSize := c.room(C.KEYCASK_KIND_TEXT_MAX)
		status := C.keycask_kind(to, C.uint16_t(realm), data, size, out, text, textSize, &c.err)
		info = KindInfo{
			Revealable: out.flags&C.KEYCASK_REVEALABLE != 0,
			Kinds:      Kinds(out.kinds), Number: KindNumber(out.kind), Rights: Rights(out.rights),
			Active: uint32(out.active), TokenLen: int(out.token_len), Name: goText(out.name),
			Environment: goText(out.environment), Prefix: goText(out.prefix),
		}
		return status
	})
	return info, err
}

// KindsNamed is the set of the kinds of these names, of one at least: a request that accepts the set
// of none is refused.
//
// Fails with ErrNotFound (no such realm, or a name that it does not have), ErrArgument (no name).
func (s *Store) KindsNamed(realm Realm, named ...string) (Kinds, error) {
	if len(named) == 0 {
		return 0, &Error{ErrArgument, "no kind is named"}
	}
	list, err := names(named)
	if err != nil {
		return 0, err
	}
	var kinds C.uint64_t
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		data, size := inPlace(list)
		return C.keycask_kinds_named(to, C.uint16_t(realm), data, size, &kinds, &c.err)
	})
	return Kinds(kinds), err
}

// KindName is the name of the kind of this number.
//
// Fails with ErrNotFound.
func (s *Store) KindName(realm Realm, kind KindNumber) (name string, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) (status C.keycask_status) {
		name, status = textOf(c, C.KEYCASK_NAME_MAX,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_kind_name(to, C.uint16_t(realm), C.uint16_t(kind), text, size,
					used, &c.err)
			})
		return status
	})
	return name, err
}
