package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"strings"
)

// A Realm is a realm's number. It stays the same for the life of the file and is never 0.
type Realm uint16

// ApplyRealm makes the realm that the profile describes, or changes it, in one commit, and returns
// its number. The source names the text in messages: a file's path.
//
// What the new profile takes away is enforced before the commit. Applying the same text again
// changes nothing.
//
// Fails with ErrArgument, ErrProfile, ErrConflict (keys or owners use what the profile no longer
// has), and as a write does.
func (s *Store) ApplyRealm(ctx context.Context, source, toml string, by Actor) (Realm, error) {
	var realm C.uint16_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		name, nameLen := inPlace(source)
		text, textLen := inPlace(toml)
		return C.keycask_realm_apply(to, name, nameLen, text, textLen, c.actor(by), &realm, &c.err)
	})
	return Realm(realm), err
}

// CompareRealm says what [Store.ApplyRealm] would change, and changes nothing: one line a
// difference, for people.
func (s *Store) CompareRealm(ctx context.Context, source, toml string) (lines []string, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		name, nameLen := inPlace(source)
		profile, profileLen := inPlace(toml)
		text, status := textOf(c, 16384,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_realm_compare(to, name, nameLen, profile, profileLen, text, size,
					used, &c.err)
			})
		if text != "" {
			lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		}
		return status
	})
	return lines, err
}

// Realm is the number of the realm of this name.
//
// Fails with ErrNotFound.
func (s *Store) Realm(name string) (Realm, error) {
	var realm C.uint16_t
	err := s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		data, size := inPlace(name)
		return C.keycask_realm(to, data, size, &realm, &c.err)
	})
	return Realm(realm), err
}

// RealmName is the name of the realm.
//
// Fails with ErrNotFound.
func (s *Store) RealmName(realm Realm) (name string, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) (status C.keycask_status) {
		name, status = textOf(c, C.KEYCASK_NAME_MAX,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_realm_name(to, C.uint16_t(realm), text, size, used, &c.err)
			})
		return status
	})
	return name, err
}

// Realms are the numbers of all realms, in the order in which they were made.
func (s *Store) Realms() (realms []Realm, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		count := one[C.size_t](c)
		found := alloc[C.uint16_t](c, 64)
		status := C.keycask_realms(to, &found[0], C.size_t(len(found)), count, &c.err)
		for status == C.KEYCASK_ERR_SPACE {
			found = alloc[C.uint16_t](c, int(*count))
			status = C.keycask_realms(to, &found[0], C.size_t(len(found)), count, &c.err)
		}
		if status == C.KEYCASK_OK {
			for _, realm := range found[:*count] {
				realms = append(realms, Realm(realm))
			}
		}
		return status
	})
	return realms, err
}

func (s *Store) names(realm Realm, what C.uint32_t) (names []string, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		text, status := textOf(c, C.KEYCASK_SCOPES_TEXT_MAX,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_realm_names(to, C.uint16_t(realm), what, text, size, used, &c.err)
			})
		names = strings.Fields(text)
		return status
	})
	return names, err
}

// KindNames are the names of all kinds of the realm, in the profile's order.
func (s *Store) KindNames(realm Realm) ([]string, error) {
	return s.names(realm, C.KEYCASK_KINDS)
}

// ScopeNames are the names of all its scopes.
func (s *Store) ScopeNames(realm Realm) ([]string, error) {
	return s.names(realm, C.KEYCASK_SCOPES)
}

// SetNames are the names of all its sets of scopes.
func (s *Store) SetNames(realm Realm) ([]string, error) {
	return s.names(realm, C.KEYCASK_SETS)
}

// PlanNames are the names of all its plans.
func (s *Store) PlanNames(realm Realm) ([]string, error) {
	return s.names(realm, C.KEYCASK_PLANS)
}
