package keycask

// #include <keycask.h>
import "C"

import (
	"strconv"
	"time"
)

// A Window is a rate window of a plan: so many requests in each period, no more than a burst of
// them at once.
type Window struct {
	Limit, Burst uint32
	Period       time.Duration
}

// A PlanInfo is what the owners of a plan may have.
type PlanInfo struct {
	// Most active keys, of all kinds together; [Unlimited].
	Active uint32
	// Its windows, all of which must admit a request.
	Windows []Window
	Name    string
	// Its name for people; empty if it has none.
	Title string
	// The quota of keys that are issued to an owner of the plan, if none is asked for, such as
	// "1000 per day"; empty if it has none.
	Quota string
	// Most active keys of a kind, for those kinds that it limits, by name.
	ActiveOf map[string]uint32
}

// Plan describes the plan of this name.
//
// Fails with ErrNotFound.
func (s *Store) Plan(realm Realm, name string) (info PlanInfo, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_plan_info](c)
		out.struct_size = C.sizeof_keycask_plan_info
		data, size := inPlace(name)
		text, textSize := c.room(C.KEYCASK_PLAN_TEXT_MAX)
		status := C.keycask_plan(to, C.uint16_t(realm), data, size, out, text, textSize, &c.err)
		if status != C.KEYCASK_OK {
			return status
		}
		info = PlanInfo{
			Active: uint32(out.active), Name: goText(out.name), Title: goText(out.title),
			Quota: goText(out.quota), ActiveOf: map[string]uint32{},
		}
		for _, w := range out.windows[:out.windows_len] {
			info.Windows = append(info.Windows, Window{
				uint32(w.limit), uint32(w.burst), goSpan(C.int64_t(w.period_ms)),
			})
		}
		words := goNames(out.active_of)
		for i := 0; i+1 < len(words); i += 2 {
			number, _ := strconv.ParseUint(words[i+1], 10, 32)
			info.ActiveOf[words[i]] = uint32(number)
		}
		return status
	})
	return info, err
}

// A PolicyInfo is what a realm allows over the life of a key.
type PolicyInfo struct {
	// A key can be suspended.
	Suspends bool
	// Outsiders are told that a key has expired.
	TellsExpired bool
	// The time of a key's last use is kept.
	KeepsUsage bool
	// An owner's keys share its rates; else each lineage has its own.
	SharesRates bool
	// How long a key lives if its issuer does not say, and at most; [Forever].
	DefaultLife, LongestLife time.Duration
	// How long a rotated key lives on if its rotation does not say, and at most; 0 for none.
	DefaultGrace, LongestGrace time.Duration
	// The age at which rotation is advised; 0 if it is not.
	RotateAfter time.Duration
	// How long a key may stay unused, if it has no span of its own; 0 if for ever.
	Idle time.Duration
	// How long expired and revoked keys stay before a sweep may take them.
	Retain time.Duration
	// The realm's name for people: its title, else its name.
	Title string
	// The plan of an owner that was given none; empty if there is none.
	DefaultPlan string
}

// Policy describes what the realm allows.
//
// Fails with ErrNotFound.
func (s *Store) Policy(realm Realm) (info PolicyInfo, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_policy_info](c)
		out.struct_size = C.sizeof_keycask_policy_info
		text, size := c.room(C.KEYCASK_POLICY_TEXT_MAX)
		status := C.keycask_policy(to, C.uint16_t(realm), out, text, size, &c.err)
		info = PolicyInfo{
			Suspends:     out.flags&C.KEYCASK_SUSPENDS != 0,
			TellsExpired: out.flags&C.KEYCASK_TELLS_EXPIRED != 0,
			KeepsUsage:   out.flags&C.KEYCASK_KEEPS_USAGE != 0,
			SharesRates:  out.flags&C.KEYCASK_SHARES_RATES != 0,
			DefaultLife:  goSpan(out.default_life_ms), LongestLife: goSpan(out.longest_life_ms),
			DefaultGrace: goSpan(out.default_grace_ms), LongestGrace: goSpan(out.longest_grace_ms),
			RotateAfter: goSpan(out.rotate_after_ms), Idle: goSpan(out.idle_ms),
			Retain: goSpan(out.retain_ms), Title: goText(out.title),
			DefaultPlan: goText(out.default_plan),
		}
		return status
	})
	return info, err
}
