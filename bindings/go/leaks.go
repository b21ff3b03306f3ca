package keycask

// #include <keycask.h>
import "C"

import (
	"io"
	"unsafe"
)

// A Leak is a token of the store's kinds that stands in a text. Never the token itself.
type Leak struct {
	// It is a key's token, and the key is not revoked. It is best revoked, whatever refuses it
	// today.
	ToRevoke bool
	// The key and its owner, if it is one's; else 0.
	Key   KeyID
	Owner OwnerNumber
	// The realm of its kind, and its kind.
	Realm Realm
	Kind  KindNumber
	// What [Store.Verify] would say of a request without scopes: 0 if it is live, DenyUnknown if it
	// is nobody's.
	Status Status
	// Bytes before it, from the beginning of the text.
	Offset uint64
	// Its line, from 1, and its first byte's number in that line, from 1.
	Line, Column uint64
	// Prefix and last four characters, for people.
	Hint string
	// The alert in whose secret it stands; nil of a text.
	Alert *Alert
}

// An Alert is one of GitHub's secret scanning.
type Alert struct {
	// Its place in its message, from 1.
	Place uint64
	// What GitHub calls the kind of secret; where GitHub found it, or shows it; what it was found
	// in, such as "content". Each may be empty.
	Kind, URL, Source string
}

func goLeak(from *C.keycask_leak) Leak {
	leak := Leak{
		ToRevoke: from.flags&C.KEYCASK_TO_REVOKE != 0, Key: KeyID(from.key),
		Owner: OwnerNumber(from.owner), Realm: Realm(from.realm), Kind: KindNumber(from.kind),
		Status: Status(from.status), Offset: uint64(from.offset), Line: uint64(from.line),
		Column: uint64(from.column), Hint: goText(from.hint),
	}
	if from.alert != 0 {
		leak.Alert = &Alert{
			uint64(from.alert), goText(from.alert_kind), goText(from.alert_url),
			goText(from.alert_source),
		}
	}
	return leak
}

// Leaks is what a search came to.
type Leaks struct {
	// Bytes that were searched.
	Bytes uint64
	// Tokens that were found; one that stands there twice counts twice.
	Found uint64
	// Keys that are to be revoked, each once.
	Keys uint64
}

type searching = func(
	to *C.keycask_store, read C.keycask_read, found C.keycask_found, context unsafe.Pointer,
	out *C.keycask_leaks, err *C.keycask_error,
) C.keycask_status

func (s *Store) search(text io.Reader, found func(Leak) error, how searching) (Leaks, error) {
	var leaks Leaks
	b := &callbacks{from: text, found: found}
	err := b.during(func(context unsafe.Pointer) error {
		return s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
			out := one[C.keycask_leaks](c)
			out.struct_size = C.sizeof_keycask_leaks
			status := how(to, b.reads(), b.finds(), context, out, &c.err)
			leaks = Leaks{uint64(out.bytes), uint64(out.found), uint64(out.keys)}
			return status
		})
	})
	return leaks, err
}

// Leaked reads the text to its end, and tells `found` of each token in it that belongs to a kind of
// this store, of whatever realm, and of which key it is. [Store.RevokeMany] ends those keys.
//
// The text is not trusted and may be of any bytes and any length: the search takes 128 KiB of
// memory and a time that grows as its length. It leaves no trace. An error of `found` or of the
// reader ends it and is returned. Both return or panic: neither ends its goroutine, as
// [runtime.Goexit] and FailNow of a test do, for the library would not go on behind it.
func (s *Store) Leaked(text io.Reader, found func(Leak) error) (Leaks, error) {
	return s.search(text, found, func(
		to *C.keycask_store, read C.keycask_read, found C.keycask_found, context unsafe.Pointer,
		out *C.keycask_leaks, err *C.keycask_error,
	) C.keycask_status {
		return C.keycask_leaked(to, read, found, context, out, err)
	})
}

// LeakedAlerts does the same in the secrets of a message of GitHub's secret scanning, which is
// JSON: one to a partner, or alerts as the REST API has them. It is read to its end, 32 MiB at
// most, before anything is told. Places count within a secret. Neither function ends its goroutine.
//
// Fails with ErrArgument for what is no such message.
func (s *Store) LeakedAlerts(message io.Reader, found func(Leak) error) (Leaks, error) {
	return s.search(message, found, func(
		to *C.keycask_store, read C.keycask_read, found C.keycask_found, context unsafe.Pointer,
		out *C.keycask_leaks, err *C.keycask_error,
	) C.keycask_status {
		return C.keycask_leaked_alerts(to, read, found, context, out, err)
	})
}

// A RuleFormat says for which scanner rules are.
type RuleFormat uint32

const (
	// Gitleaks: the TOML of gitleaks 8, beside the rules that it comes with.
	Gitleaks RuleFormat = C.KEYCASK_GITLEAKS
	// Trufflehog: the YAML of trufflehog 3, a custom detector a kind.
	Trufflehog RuleFormat = C.KEYCASK_TRUFFLEHOG
	// GitHub: the fields of a custom pattern of GitHub's secret scanning, as YAML.
	GitHub RuleFormat = C.KEYCASK_GITHUB
)

// Rules are those by which another scanner finds the tokens of a realm, or with 0 of all realms.
//
// Fails with ErrArgument, ErrNotFound (realm).
func (s *Store) Rules(realm Realm, format RuleFormat) (rules string, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) (status C.keycask_status) {
		rules, status = textOf(c, 16384,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_rules(to, C.uint16_t(realm), C.uint32_t(format), text, size, used,
					&c.err)
			})
		return status
	})
	return rules, err
}
