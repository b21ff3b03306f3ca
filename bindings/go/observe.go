package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"net/netip"
	"time"
)

// A Decision is one as it was made.
type Decision struct {
	// What it came to: 0 for a grant; for whatever reason there was no token, DenyUnpresented.
	Outcome Status
	// When it was made, by the store's clock or as the request named it.
	At time.Time
	// The key, where the token is one's; else 0.
	Key KeyID
	// The realm that decided.
	Realm Realm
	// Where the request came from; the zero address if it named none.
	Address netip.Addr
	// Of DenyScope: what the request needs and the key has not.
	Missing Scopes
	// Of a grant: what the request needed, for itself and for its method.
	Needed Scopes
}

// decisionsMax is how many decisions wait in memory at most.
const decisionsMax = 8192

// Decisions takes decisions that were kept, the oldest first, so many at most: those that the
// options chose. They are given once. Says how many more were not kept since this was last asked:
// 8,192 wait in memory at most, and while half as many do no more of those that are of no key. No
// more than wait are given at once.
func (s *Store) Decisions(limit int) (decisions []Decision, lost uint64, err error) {
	limit = min(max(limit, 1), decisionsMax)
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		found := alloc[C.keycask_decision](c, limit)
		for i := range found {
			found[i].struct_size = C.sizeof_keycask_decision
		}
		count, more := one[C.size_t](c), one[C.uint64_t](c)
		status := C.keycask_decisions(to, &found[0], C.size_t(limit), count, more, &c.err)
		if status != C.KEYCASK_OK {
			return status
		}
		lost = uint64(*more)
		for _, d := range found[:*count] {
			from := goID(d.address)
			address, _ := netip.AddrFromSlice(from[:d.address_len])
			decisions = append(decisions, Decision{
				Status(d.outcome), goTime(d.at_ms), KeyID(d.key), Realm(d.realm), address,
				goScopes(d.missing), goScopes(d.needed),
			})
		}
		return status
	})
	return decisions, lost, err
}

// AuditDecisions takes decisions that were kept, a thousand at most, and puts them into the audit
// trail as one entry. Returns how many there were; with none there is no entry. If the commit fails
// they are gone.
//
// Fails as a write does.
func (s *Store) AuditDecisions(ctx context.Context, by Actor) (uint64, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_audit_decisions(to, c.actor(by), &count, &c.err)
	})
	return uint64(count), err
}

// DecisionCounts says how many decisions came to which outcome since the store was opened here: by
// status, 0 for grants, DenyUnpresented for requests that presented no token.
func (s *Store) DecisionCounts() (map[Status]uint64, error) {
	var counts map[Status]uint64
	err := s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_counts](c)
		out.struct_size = C.sizeof_keycask_counts
		status := C.keycask_decision_counts(to, out, &c.err)
		counts = map[Status]uint64{
			0:                  uint64(out.granted),
			DenyUnpresented:    uint64(out.unpresented),
			DenyMalformed:      uint64(out.malformed),
			DenyUnknown:        uint64(out.unknown),
			DenyRevoked:        uint64(out.revoked),
			DenySuspended:      uint64(out.suspended),
			DenyOwnerSuspended: uint64(out.owner_suspended),
			DenyNotYetValid:    uint64(out.not_yet_valid),
			DenyExpired:        uint64(out.expired),
			DenyIdle:           uint64(out.idle),
			DenyNetwork:        uint64(out.network),
			DenyScope:          uint64(out.scope),
			DenyRateLimited:    uint64(out.rate_limited),
			DenyQuotaExhausted: uint64(out.quota_exhausted),
		}
		return status
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// A Pattern is one in the use of a key.
type Pattern uint32

const (
	// PatternNewNetwork: a key that is used from other networks was granted from one that it was
	// not used from before.
	PatternNewNetwork Pattern = C.KEYCASK_PATTERN_NEW_NETWORK
	// PatternLongIdle: a key was granted after it had not been used for long.
	PatternLongIdle Pattern = C.KEYCASK_PATTERN_LONG_IDLE
	// PatternLateInGrace: a key that was rotated is still in use shortly before its grace ends.
	PatternLateInGrace Pattern = C.KEYCASK_PATTERN_LATE_IN_GRACE
	// PatternScopeDenials: a key was denied for scopes that it lacks, several times.
	PatternScopeDenials Pattern = C.KEYCASK_PATTERN_SCOPE_DENIALS
	// PatternOther: one that this version has no number for.
	PatternOther Pattern = C.KEYCASK_PATTERN_OTHER
)

// A Finding is what was found about one key.
type Finding struct {
	Pattern Pattern
	Key     KeyID
	// The realm that decided.
	Realm Realm
	// When it was first and last found.
	First, Last time.Time
	// How often, since the first: new networks, or decisions.
	Count uint64
	// All scopes that were missing in what was denied.
	Missing Scopes
	// The realm's name and the owner's id, as far as the key is still there.
	RealmName, Owner string
	// The network that it was last found from, such as 192.0.2.0/24; empty if none was named.
	Network string
}

// Findings reads what was found in the use of keys since the store was opened, the oldest first:
// one for each pattern of each key. Says how much was left out for want of room. The options say
// what is looked for.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) Findings(ctx context.Context) (findings []Finding, lost uint64, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		found := alloc[C.keycask_finding](c, C.KEYCASK_FINDINGS_MAX)
		for i := range found {
			found[i].struct_size = C.sizeof_keycask_finding
		}
		count, more := one[C.size_t](c), one[C.uint64_t](c)
		text, size := c.room(C.KEYCASK_FINDINGS_MAX * C.KEYCASK_FINDING_TEXT_MAX)
		status := C.keycask_findings(to, &found[0], C.size_t(len(found)), count, more, text, size,
			&c.err)
		if status != C.KEYCASK_OK {
			return status
		}
		lost = uint64(*more)
		for i := range found[:*count] {
			f := &found[i]
			findings = append(findings, Finding{
				Pattern(f.pattern), KeyID(f.key), Realm(f.realm), goTime(f.first_ms),
				goTime(f.last_ms), uint64(f.count), goScopes(f.missing), goText(f.realm_name),
				goText(f.owner), goText(f.network),
			})
		}
		return status
	})
	return findings, lost, err
}

// TellFindings puts what was found and not told yet into the audit trail, an entry each, and so
// into the feed. Returns how many entries there are. What goes on is told again a day later.
//
// Fails as a write does: it is told with the next call then.
func (s *Store) TellFindings(ctx context.Context, by Actor) (uint64, error) {
	var count C.uint64_t
	err := s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_tell_findings(to, c.actor(by), &count, &c.err)
	})
	return uint64(count), err
}
