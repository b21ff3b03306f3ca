package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// A KeyID names a key. It is no secret, may be logged and shown, and is never 0. Its text is such
// as key_01ARZ3NDEKTSV.
type KeyID uint64

// String is its text; empty for 0.
func (k KeyID) String() (text string) {
	if k == 0 {
		return ""
	}
	_ = with(func(c *call) (status C.keycask_status) {
		to, size := c.room(C.KEYCASK_KEY_ID_LEN)
		status = C.keycask_key_id_text(C.uint64_t(k), to, size, &c.err)
		if status == C.KEYCASK_OK {
			text = C.GoStringN(to, C.KEYCASK_KEY_ID_LEN)
		}
		return status
	})
	return text
}

// MarshalText is its text.
func (k KeyID) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [ParseKeyID] reads, and 0 of an empty text, which is the text of that.
func (k *KeyID) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*k = 0
		return nil
	}
	*k, err = ParseKeyID(string(text))
	return err
}

// ParseKeyID is the key id that the text spells, byte for byte. Whether there is such a key is not
// looked up.
//
// Fails with ErrArgument.
func ParseKeyID(text string) (KeyID, error) {
	var key C.uint64_t
	err := with(func(c *call) C.keycask_status {
		data, size := inPlace(text)
		return C.keycask_key_id_parse(data, size, &key, &c.err)
	})
	return KeyID(key), err
}

// A State is what a key is in.
type State uint32

const (
	// Active: the key decides by its window, scopes and limits.
	Active State = C.KEYCASK_ACTIVE
	// Suspended: it is refused until it is resumed.
	Suspended State = C.KEYCASK_SUSPENDED
	// Revoked: it is refused for good.
	Revoked State = C.KEYCASK_REVOKED
)

// String is its name.
func (s State) String() string {
	switch s {
	case Active:
		return "active"
	case Suspended:
		return "suspended"
	case Revoked:
		return "revoked"
	}
	return "unknown"
}

// A Cause is why a key is in its state.
type Cause uint32

const (
	// CauseNone: nothing happened to the key since it was issued.
	CauseNone Cause = C.KEYCASK_CAUSE_NONE
	// CauseAsked: somebody asked for its state.
	CauseAsked Cause = C.KEYCASK_CAUSE_ASKED
	// CauseRotated: it was rotated, and its grace is over or was none.
	CauseRotated Cause = C.KEYCASK_CAUSE_ROTATED
	// CauseReissued: its token was lost, and another key was issued in its place.
	CauseReissued Cause = C.KEYCASK_CAUSE_REISSUED
)

// String is its name.
func (c Cause) String() string {
	switch c {
	case CauseNone:
		return "none"
	case CauseAsked:
		return "asked"
	case CauseRotated:
		return "rotated"
	case CauseReissued:
		return "reissued"
	}
	return "unknown"
}

// A Key is a key as it may be shown: never its token.
type Key struct {
	ID KeyID
	// It was rotated and lives on only for its grace.
	InGrace bool
	// Its window is over, whatever its state.
	Expired bool
	// Another system made its token.
	Imported   bool
	State      State
	Cause      Cause
	Realm      Realm
	KindNumber KindNumber
	// Its place in its lineage, from 1; and the first key of that.
	Generation uint32
	Lineage    KeyID
	// The key that it replaced, and the key that replaced it; 0 if none.
	Predecessor, Successor KeyID
	// The scopes that it was granted, without what they imply, and their names.
	Scopes     Scopes
	ScopeNames []string
	// When it was issued, from when on it is valid, from when on it is refused.
	Issued, Start, End time.Time
	// When its state last changed.
	Changed time.Time
	// When it was last granted; zero if never, or if that is not kept. Uses within a minute of the
	// one shown are not told from it.
	LastUsed time.Time
	// When the profile advises to rotate it.
	RotationDue time.Time
	// For how long it may stay unused; 0 if for ever. And from when on it is refused as idle, if it
	// is not used before.
	Idle   time.Duration
	IdleAt time.Time
	// The credits of the quota that it shares with its lineage; nil if it has none.
	Credits *Credits
	// The owner's id in your application.
	Owner string
	// The name of its kind, and the kind's environment; empty if the profile names none.
	Kind, Environment string
	// Its name for people, and your application's data.
	Name, Metadata string
	// The reason that was given for its last change of state.
	Reason string
	// The prefix of its token; empty if another system made that. And the last four characters of
	// its token; empty if they are not known.
	Prefix, LastFour string
	// The networks from which alone it may be used; none for anywhere.
	Networks []string
	// Its quota, such as "1000 per day"; empty if it has none.
	Quota string
	// The scheme of the other system's digest that it is found by until it is verified; empty if it
	// has none.
	Scheme string
}

// Hint is prefix and last four characters, for people.
func (k *Key) Hint() string { return k.Prefix + "..." + k.LastFour }

func goKey(from *C.keycask_key_info) Key {
	key := Key{
		ID:       KeyID(from.key),
		InGrace:  from.flags&C.KEYCASK_IN_GRACE != 0,
		Expired:  from.flags&C.KEYCASK_EXPIRED != 0,
		Imported: from.flags&C.KEYCASK_IMPORTED != 0,
		State:    State(from.state), Cause: Cause(from.cause), Realm: Realm(from.realm),
		KindNumber: KindNumber(from.kind_number), Generation: uint32(from.generation),
		Lineage: KeyID(from.lineage), Predecessor: KeyID(from.predecessor),
		Successor: KeyID(from.successor), Scopes: goScopes(from.scopes),
		ScopeNames: goNames(from.scope_names),
		Issued:     goTime(from.issued_ms), Start: goTime(from.start_ms), End: goTime(from.end_ms),
		Changed: goTime(from.changed_ms), LastUsed: goTime(from.last_used_ms),
		RotationDue: goTime(from.rotation_due_ms), Idle: goSpan(from.idle_ms),
		IdleAt: goTime(from.idle_at_ms), Owner: goText(from.owner), Kind: goText(from.kind),
		Environment: goText(from.environment), Name: goText(from.name),
		Metadata: goText(from.metadata), Reason: goText(from.reason), Prefix: goText(from.prefix),
		LastFour: goText(from.last_four), Networks: goNames(from.networks),
		Quota: goText(from.quota), Scheme: goText(from.scheme),
	}
	if key.Quota != "" {
		key.Credits = &Credits{
			uint64(from.credits.limit), uint64(from.credits.remaining),
			int64(from.credits.reset_ms),
		}
	}
	return key
}

// Key describes a key.
//
// Fails with ErrNotFound, ErrIO, ErrCorrupt.
func (s *Store) Key(ctx context.Context, key KeyID) (is Key, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_key_info](c)
		out.struct_size = C.sizeof_keycask_key_info
		text, size := c.room(C.KEYCASK_KEY_TEXT_MAX)
		status := C.keycask_key(to, C.uint64_t(key), out, text, size, &c.err)
		if status == C.KEYCASK_OK {
			is = goKey(out)
		}
		return status
	})
	return is, err
}
