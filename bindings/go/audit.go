package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"iter"
	"strings"
	"time"
)

// An AuditFilter says which entries of the audit trail are asked for: those that meet every
// condition. What is nil is no condition; what is given is one, whatever it is, as in a [Filter]. Texts
// are compared byte for byte: no entry has an empty realm or owner.
type AuditFilter struct {
	// Only what was done to this key, alone or among others, or made or ended it beside another.
	Key *KeyID
	// Only what was done in the realm of this name; to the owner that your application calls so,
	// or to its keys.
	Realm, Owner *string
	// Only what this actor asked for; as this operation. With the empty text, only what has no actor
	// with a name; no operation.
	Actor, Operation *string
	// Only these events, such as key_revoked.
	Events []string
	// Only what was asked for then or later; before then.
	From, Until *time.Time
}

// wrong is why the filter cannot be, as that of a Filter.
func (f *AuditFilter) wrong() error { return noKey("key", f.Key) }

func (f *AuditFilter) c(c *call) *C.keycask_audit_filter {
	to := one[C.keycask_audit_filter](c)
	to.struct_size = C.sizeof_keycask_audit_filter
	if f.Key != nil {
		to.key = C.uint64_t(*f.Key)
	}
	to.realm = c.optional(f.Realm)
	to.owner = c.optional(f.Owner)
	to.actor = c.optional(f.Actor)
	to.operation = c.optional(f.Operation)
	if f.Events != nil {
		to.events = c.given(strings.Join(f.Events, " "))
	}
	to.from_ms = optionalInstant(f.From)
	to.until_ms = optionalInstant(f.Until)
	return to
}

// An AuditEntry is one change, as the audit trail keeps it.
type AuditEntry struct {
	// Its place in the trail, from 1 without gaps.
	Number uint64
	// The commit that made the change.
	Seq uint64
	// When it was asked for.
	At time.Time
	// The key that was changed; 0 if none was. Where several were, the member `keys` of After lists
	// them.
	Key KeyID
	// What was done, such as key_revoked.
	Event string
	// Who asked for it, why, and as which operation; empty if nobody said.
	Actor, Reason, Operation string
	// The name of the realm, and the owner's id in your application; empty if it concerns none.
	Realm, Owner string
	// The fields that changed, as they were and as they are: a JSON object each.
	Before, After string
}

// An AuditPage says how far a page of the audit trail reaches.
type AuditPage struct {
	// Whether there are entries of higher numbers.
	More bool
	// The number after which to go on: every entry up to it was looked at.
	Reached uint64
	// Number of the oldest entry that was not taken out. If it is over the number after which the
	// page begins by more than one, those between are gone.
	First uint64
}

func goAuditPage(from *C.keycask_audit_page) AuditPage {
	return AuditPage{from.more != 0, uint64(from.reached), uint64(from.first)}
}

func auditPage(c *call) *C.keycask_audit_page {
	page := one[C.keycask_audit_page](c)
	page.struct_size = C.sizeof_keycask_audit_page
	return page
}

// auditText is room for the texts of a page; more is asked for if one entry does not fit.
const auditText = 1 << 18

// AuditPage reads the audit trail: the entries that the filter selects with numbers over `after`,
// in order, at most so many; 0 for [PageMax]. A page may have fewer, or none, and more to come all
// the same.
//
// Fails with ErrArgument, ErrIO, ErrCorrupt.
func (s *Store) AuditPage(
	ctx context.Context, filter AuditFilter, after uint64, limit int,
) (entries []AuditEntry, page AuditPage, err error) {
	if limit <= 0 || limit > PageMax {
		limit = PageMax
	}
	err = selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_audit_filter) C.keycask_status {
			found := alloc[C.keycask_audit_entry](c, limit)
			for i := range found {
				found[i].struct_size = C.sizeof_keycask_audit_entry
			}
			count, reached := one[C.size_t](c), auditPage(c)
			text, size := c.room(auditText)
			status := C.keycask_audit(to, asked, C.uint64_t(after), &found[0], C.size_t(limit), count,
				reached, text, size, &c.err)
			if status == C.KEYCASK_ERR_SPACE {
				text, size = c.room(int(*count))
				status = C.keycask_audit(to, asked, C.uint64_t(after), &found[0], C.size_t(limit),
					count, reached, text, size, &c.err)
			}
			if status != C.KEYCASK_OK {
				return status
			}
			page = goAuditPage(reached)
			for i := range found[:*count] {
				e := &found[i]
				entries = append(entries, AuditEntry{
					Number: uint64(e.number), Seq: uint64(e.seq), At: goTime(e.at_ms),
					Key: KeyID(e.key), Event: goText(e.event), Actor: goText(e.actor),
					Reason: goText(e.reason), Operation: goText(e.operation), Realm: goText(e.realm),
					Owner: goText(e.owner), Before: goText(e.before), After: goText(e.after),
				})
			}
			return status
		})
	return entries, page, err
}

// Audit is all entries that the filter selects with numbers over `after`, read a page at a time.
// The last one may come with an error.
func (s *Store) Audit(
	ctx context.Context, filter AuditFilter, after uint64,
) iter.Seq2[AuditEntry, error] {
	return func(yield func(AuditEntry, error) bool) {
		for after, more := after, true; more; {
			entries, page, err := s.AuditPage(ctx, filter, after, 0)
			if err != nil {
				yield(AuditEntry{}, err)
				return
			}
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
			after, more = page.Reached, page.More
		}
	}
}

// An AuditFormat is a form of entries for other programs.
type AuditFormat uint32

const (
	// AuditJSON: one JSON object a line, of one shape for ever.
	AuditJSON AuditFormat = C.KEYCASK_JSON
	// AuditOCSF: one event of OCSF 1.5.0 a line, an Entity Management event (3004).
	AuditOCSF AuditFormat = C.KEYCASK_OCSF
)

// ExportAudit gives the entries that [Store.AuditPage] would read as lines for other programs, each
// with a LF at its end.
//
// Fails with ErrArgument, ErrIO, ErrCorrupt.
func (s *Store) ExportAudit(
	ctx context.Context, filter AuditFilter, after uint64, format AuditFormat,
) (lines string, page AuditPage, err error) {
	err = selecting(ctx, s, &filter,
		func(c *call, to *C.keycask_store, asked *C.keycask_audit_filter) (status C.keycask_status) {
			reached := auditPage(c)
			lines, status = textOf(c, auditText,
				func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
					return C.keycask_audit_export(to, asked, C.uint64_t(after), C.uint32_t(format),
						text, size, used, reached, &c.err)
				})
			page = goAuditPage(reached)
			return status
		})
	return lines, page, err
}

// An AuditSpan says which entries the audit trail has.
type AuditSpan struct {
	// Number of the oldest entry that was not taken out.
	First uint64
	// Number of the last entry; 0 if there never was one.
	Last uint64
	// Entries that are in the file.
	Entries uint64
}

// CheckAudit checks the audit trail alone: that no entry is missing at either end or between,
// altered, or in another's place.
//
// Fails with ErrCorrupt or ErrNewer, naming the first entry that is wrong; ErrIO.
func (s *Store) CheckAudit(ctx context.Context) (is AuditSpan, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_audit_span](c)
		out.struct_size = C.sizeof_keycask_audit_span
		status := C.keycask_audit_check(to, out, &c.err)
		is = AuditSpan{uint64(out.first), uint64(out.last), uint64(out.entries)}
		return status
	})
	return is, err
}

// A Trim says which entries of the audit trail go.
type Trim struct {
	what  C.uint32_t
	bound uint64
}

// TrimBefore takes those that are before the first that was asked for at this time or later.
func TrimBefore(t time.Time) Trim {
	return Trim{C.KEYCASK_TRIM_BEFORE, uint64(max(millis(t), 0))}
}

// TrimThrough takes those whose numbers are up to this one.
func TrimThrough(number uint64) Trim { return Trim{C.KEYCASK_TRIM_THROUGH, number} }

// TrimKeep takes all but the last so many.
func TrimKeep(count uint64) Trim { return Trim{C.KEYCASK_TRIM_KEEP, count} }

// TrimAudit takes the oldest entries out of the audit trail, 10,000 at most, in one commit. Returns
// how many, and whether there are more to go. Numbers stay, and that it was done is an entry, too.
//
// Fails with ErrArgument, ErrCorrupt (one of them is damaged or missing), and as a write does.
func (s *Store) TrimAudit(
	ctx context.Context, trim Trim, by Actor,
) (count uint64, more bool, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		gone, left := one[C.uint64_t](c), one[C.uint32_t](c)
		status := C.keycask_audit_trim(to, trim.what, C.uint64_t(trim.bound), c.actor(by), gone,
			left, &c.err)
		count, more = uint64(*gone), *left != 0
		return status
	})
	return count, more, err
}
