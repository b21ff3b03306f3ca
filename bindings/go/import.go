package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"io"
	"time"
	"unsafe"
)

// An ImportRule changes how keys are imported. Several may be set at once.
type ImportRule uint32

const (
	// ImportDryRun: import nothing, and say what would become of each key.
	ImportDryRun ImportRule = C.KEYCASK_IMPORT_DRY_RUN
	// ImportSkipRefused: leave refused keys out and import the others. Else it is all or none.
	ImportSkipRefused ImportRule = C.KEYCASK_IMPORT_SKIP_REFUSED
	// ImportMakeOwners: make owners that the realm does not have, without a plan of their own.
	ImportMakeOwners ImportRule = C.KEYCASK_IMPORT_MAKE_OWNERS
	// ImportIgnoreCaps: import keys also beyond their owners' caps. They take places all the same.
	ImportIgnoreCaps ImportRule = C.KEYCASK_IMPORT_IGNORE_CAPS
)

// An Import is a key whose token another system made. A spec, and a token or a digest with its
// scheme, have to be set.
type Import struct {
	// What the key shall be. Its end may have passed, and its start if the key was issued
	// before that.
	Spec Spec
	// The state that it has in the other system; nil for [Active].
	State *State
	// The token, if it is known: 4 to [ImportedTokenMax] bytes of visible ASCII without commas, of
	// any shape.
	Token Token
	// Else what the other system keeps of it, in hex or base64; and how that was made:
	// ALGORITHM[:PART][:PLACE=SECRET], such as "sha256", "sanctum" or "hmac-sha256:key=NAME". The
	// secret is named as in Options.ImportSecrets.
	Digest Secret
	Scheme string
	// What stands in the token before the part that the scheme hashes, such as "17|".
	Lead string
	// The last four characters of a token that is not known, for people.
	LastFour string
	// When the other system issued it: zero for now, or a time that has passed.
	Issued time.Time
}

// An Outcome is what became of one key of an import.
type Outcome struct {
	// The key: the one that was made, or in a dry run would be, under another id; or the one that
	// the store has of this token already. 0 if it was refused.
	Key KeyID
	// 0, or why it was refused.
	Status Status
	// Whether the store has the key already.
	Known bool
}

// A Refused is a key that an import refuses.
type Refused struct {
	// Its line from 1 or, of [Store.Import], its place from 0.
	Number uint64
	Why    *Error
}

// Import takes in keys, 1 to [ManyMax], whose tokens another system made, in one commit: all of
// them or, if one is refused and the rules do not have ImportSkipRefused, none. Their holders keep
// their tokens. Importing the same keys again changes nothing. `refused`, which may be nil, is told
// why a key was left out. It returns or panics: it does not end its goroutine, as [runtime.Goexit]
// and FailNow of a test do, for the library would not go on behind it.
//
// Fails, for the first that is refused and with its place from 0 in the message, with ErrNotFound
// (realm, kind, owner, scope or secret), ErrArgument, ErrCap, ErrConflict (its token is another
// key's); with ErrArgument also if the actor names an operation; and as a write does.
func (s *Store) Import(
	ctx context.Context, imports []Import, rules ImportRule, by Actor, refused func(Refused),
) (outcomes []Outcome, err error) {
	if len(imports) > ManyMax {
		return nil, &Error{ErrArgument, "there are more imports than one call may have"}
	}
	b := &callbacks{refused: refused}
	err = b.during(func(context unsafe.Pointer) error {
		return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
			asked := alloc[C.keycask_import_spec](c, len(imports))
			specs := alloc[C.keycask_spec](c, len(imports))
			out := alloc[C.keycask_outcome](c, len(imports))
			for i := range imports {
				from, a := &imports[i], &asked[i]
				from.Spec.c(c, &specs[i])
				a.struct_size = C.sizeof_keycask_import_spec
				a.state = C.KEYCASK_ACTIVE
				if from.State != nil {
					a.state = C.uint32_t(*from.State)
				}
				a.spec = &specs[i]
				if from.Token.behind != nil {
					a.token = c.given(from.Token.Expose())
				}
				digest, size := c.secret(from.Digest)
				a.digest = C.keycask_text{data: (*C.char)(unsafe.Pointer(digest)), len: size}
				a.scheme = c.text(from.Scheme)
				a.lead = c.text(from.Lead)
				a.last_four = c.text(from.LastFour)
				a.issued_ms = instant(from.Issued, C.KEYCASK_NOW)
			}
			status := C.keycask_import(to, &asked[0], C.size_t(len(imports)), C.uint32_t(rules),
				c.actor(by), &out[0], b.refuses(), context, &c.err)
			if status == C.KEYCASK_OK {
				outcomes = make([]Outcome, len(imports))
				for i := range outcomes {
					outcomes[i] = Outcome{
						KeyID(out[i].key), Status(out[i].status), out[i].known != 0,
					}
				}
			}
			return status
		})
	})
	return outcomes, err
}

// Lines is what is the same for all lines of an import.
type Lines struct {
	Realm Realm
	// The kind of keys whose line names none; may be empty.
	Kind string
	// The scheme of digests whose line names none; may be empty.
	Scheme string
}

// An ImportReport is what became of the lines of an import.
type ImportReport struct {
	// Lines that were read, empty ones left out.
	Lines uint64
	// Keys that were imported, or in a dry run would be; and that the store had already.
	Imported, Known uint64
	// Lines that were refused.
	Refused uint64
}

// ImportLines imports the key of each line of the text: a JSON object such as {"owner": "ann",
// "digest": "2cf2...", "scheme": "sha256"}; docs/import.md has all its members.
//
// Up to [ManyMax] lines, or 4 MiB of them, are one commit, and no more are in memory. `refused`,
// which may be nil, is told of each line that is refused. If the rules do not have
// ImportSkipRefused, the lines of the first commit with such a one are not imported, and nothing
// after them; what was imported before stays, and the same lines can be given again. Neither the
// reader nor `refused` ends its goroutine, as [runtime.Goexit] and FailNow of a test do, for the
// library would not go on behind it.
//
// Fails as [Store.Import] does, with the number of the line in the message; with an error that is
// both ErrIO and the reader's own if the reader failed. If keys of earlier lines were imported, the
// message says how many; the report is empty.
func (s *Store) ImportLines(
	ctx context.Context, text io.Reader, lines Lines, rules ImportRule, by Actor,
	refused func(Refused),
) (report ImportReport, err error) {
	b := &callbacks{from: text, refused: refused, imports: true}
	err = b.during(func(context unsafe.Pointer) error {
		return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
			asked, out := one[C.keycask_lines](c), one[C.keycask_import_report](c)
			asked.struct_size = C.sizeof_keycask_lines
			asked.realm = C.uint16_t(lines.Realm)
			asked.kind = c.text(lines.Kind)
			asked.scheme = c.text(lines.Scheme)
			out.struct_size = C.sizeof_keycask_import_report
			status := C.keycask_import_lines(to, asked, b.reads(), C.uint32_t(rules), c.actor(by),
				b.refuses(), context, out, &c.err)
			report = ImportReport{
				uint64(out.lines), uint64(out.imported), uint64(out.known), uint64(out.refused),
			}
			return status
		})
	})
	return report, err
}

// Imported says how many keys of a realm came from another system, by the scheme by which they are
// still found; under the empty scheme those that are found as other keys are. Once no key is left
// on a scheme that has a secret, the store opens without that secret.
//
// Fails with ErrNotFound.
func (s *Store) Imported(realm Realm) (keys map[string]uint64, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		rows := alloc[C.keycask_imports_info](c, C.KEYCASK_IMPORTS_MAX)
		for i := range rows {
			rows[i].struct_size = C.sizeof_keycask_imports_info
		}
		count := one[C.size_t](c)
		text, size := c.room(C.KEYCASK_IMPORTS_TEXT_MAX)
		status := C.keycask_imports(to, C.uint16_t(realm), &rows[0], C.size_t(len(rows)), count,
			text, size, &c.err)
		if status == C.KEYCASK_OK {
			keys = map[string]uint64{}
			for i := range rows[:*count] {
				keys[goText(rows[i].scheme)] = uint64(rows[i].keys)
			}
		}
		return status
	})
	return keys, err
}
