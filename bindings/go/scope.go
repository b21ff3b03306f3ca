package keycask

// #include <keycask.h>
import "C"

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// Scopes is a set of scopes of one realm: a bit a scope. A bit is given to a name once and for
// ever, so a set that was looked up stays good.
type Scopes struct {
	low, high uint64
}

func (s Scopes) c() C.keycask_scopes {
	return C.keycask_scopes{low: C.uint64_t(s.low), high: C.uint64_t(s.high)}
}

func goScopes(from C.keycask_scopes) Scopes { return Scopes{uint64(from.low), uint64(from.high)} }

// Union has the scopes of both.
func (s Scopes) Union(other Scopes) Scopes { return Scopes{s.low | other.low, s.high | other.high} }

// Contain is whether the others are all among these.
func (s Scopes) Contain(others Scopes) bool { return s.Union(others) == s }

// IsEmpty is whether there is none.
func (s Scopes) IsEmpty() bool { return s == Scopes{} }

// MarshalText is the bits in 32 hexadecimal digits, the last one that of bits 0 to 3.
func (s Scopes) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%016x%016x", s.high, s.low), nil
}

// UnmarshalText reads what [Scopes.MarshalText] gives.
//
// Fails with ErrArgument.
func (s *Scopes) UnmarshalText(text []byte) error {
	var bits [16]byte
	if _, err := hex.Decode(bits[:], text[:min(len(text), 32)]); err != nil || len(text) != 32 {
		given := fmt.Sprintf("%d bytes", len(text))
		if len(text) <= 20 {
			given = fmt.Sprintf("%q", text)
		}
		return &Error{ErrArgument, "scopes " + given + ": want 32 hexadecimal digits"}
	}
	s.high, s.low = binary.BigEndian.Uint64(bits[:8]), binary.BigEndian.Uint64(bits[8:])
	return nil
}

// ScopesNamed is the set of the scopes of these names, of one at least: a request that needs the set
// of none is granted to any key. Look names up once, when your program starts.
//
// Fails with ErrNotFound (no such realm, or a name that it does not have), ErrArgument (no name).
func (s *Store) ScopesNamed(realm Realm, named ...string) (Scopes, error) {
	if len(named) == 0 {
		return Scopes{}, &Error{ErrArgument, "no scope is named"}
	}
	list, err := names(named)
	if err != nil {
		return Scopes{}, err
	}
	var scopes C.keycask_scopes
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		data, size := inPlace(list)
		return C.keycask_scopes_named(to, C.uint16_t(realm), data, size, &scopes, &c.err)
	})
	return goScopes(scopes), err
}

// NamesOf are the names of the scopes, in the order of their bits. Names that the profile no longer
// has are among them.
//
// Fails with ErrNotFound.
func (s *Store) NamesOf(realm Realm, scopes Scopes) (names []string, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		text, status := textOf(c, C.KEYCASK_SCOPES_TEXT_MAX,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_scopes_text(to, C.uint16_t(realm), scopes.c(), text, size, used,
					&c.err)
			})
		names = strings.Fields(text)
		return status
	})
	return names, err
}

// A ScopeInfo is one scope, as its profile describes it.
type ScopeInfo struct {
	// The scope itself; and with all that it implies, directly and through others.
	Scopes, Expanded Scopes
	Name             string
	// Its name for people; empty if it has none.
	Title string
	// Its tier; empty if it has none.
	Tier string
	// The names of the scopes that it implies directly.
	Implies []string
	// The HTTP methods that it permits; `*` permits all.
	Methods []string
}

// Scope describes the scope of this name.
//
// Fails with ErrNotFound.
func (s *Store) Scope(realm Realm, name string) (info ScopeInfo, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_scope_info](c)
		out.struct_size = C.sizeof_keycask_scope_info
		data, size := inPlace(name)
		text, textSize := c.room(C.KEYCASK_SCOPE_TEXT_MAX)
		status := C.keycask_scope(to, C.uint16_t(realm), data, size, out, text, textSize, &c.err)
		info = ScopeInfo{
			Scopes: goScopes(out.scopes), Expanded: goScopes(out.expanded),
			Name: goText(out.name), Title: goText(out.title), Tier: goText(out.tier),
			Implies: goNames(out.implies), Methods: goNames(out.methods),
		}
		return status
	})
	return info, err
}

// A SetInfo is a named set of scopes, as its profile has it.
type SetInfo struct {
	// The scopes, without what they imply.
	Scopes Scopes
	Name   string
	// Its name for people; empty if it has none.
	Title string
}

// Set describes the set of scopes of this name.
//
// Fails with ErrNotFound.
func (s *Store) Set(realm Realm, name string) (info SetInfo, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_set_info](c)
		out.struct_size = C.sizeof_keycask_set_info
		data, size := inPlace(name)
		text, textSize := c.room(C.KEYCASK_SET_TEXT_MAX)
		status := C.keycask_set(to, C.uint16_t(realm), data, size, out, text, textSize, &c.err)
		info = SetInfo{goScopes(out.scopes), goText(out.name), goText(out.title)}
		return status
	})
	return info, err
}
