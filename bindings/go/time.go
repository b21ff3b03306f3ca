package keycask

// #include <keycask.h>
import "C"

import (
	"math"
	"time"
)

// Forever is a span without end, in results.
const Forever time.Duration = math.MaxInt64

// goTime is zero if there is no such instant.
func goTime(ms C.int64_t) time.Time {
	if ms == C.KEYCASK_NEVER || ms == C.KEYCASK_NONE {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// goSpan is zero if there is no such span.
func goSpan(ms C.int64_t) time.Duration {
	switch {
	case ms == C.KEYCASK_NONE || ms == C.KEYCASK_AT_ONCE:
		return 0
	case ms > math.MaxInt64/int64Ms:
		return Forever
	}
	return time.Duration(ms) * time.Millisecond
}

const int64Ms = C.int64_t(time.Millisecond)

// millis is the time in milliseconds, or -1, which the library refuses wherever it wants a time: for
// 0, for the numbers that it has another meaning for, and for what has no such count.
func millis(t time.Time) C.int64_t {
	const last = C.KEYCASK_NONE / 1000 // the sentinels are KEYCASK_NONE and above
	if s := t.Unix(); s <= -last || s >= last || t.UnixMilli() == 0 {
		return -1
	}
	return C.int64_t(t.UnixMilli())
}

// instant is what a zero time means, or the time.
func instant(t time.Time, zero C.int64_t) C.int64_t {
	if t.IsZero() {
		return zero
	}
	return millis(t)
}

// span is what no span means, or the span.
func span(d time.Duration, zero C.int64_t) C.int64_t {
	if d == 0 {
		return zero
	}
	return C.int64_t(d.Milliseconds())
}

// optionalInstant is the time, also if it is zero, which the library refuses; none for nil.
func optionalInstant(t *time.Time) C.int64_t {
	if t == nil {
		return C.KEYCASK_NONE
	}
	return millis(*t)
}

// optionalSpan is the span, also if it is zero, which the library refuses; none for nil.
func optionalSpan(d *time.Duration) C.int64_t {
	if d == nil {
		return C.KEYCASK_NONE
	}
	return C.int64_t(d.Milliseconds())
}

// An End says when a key ends. The zero End is as the profile has it or, of a change, as it is.
type End struct {
	how endHow
	at  time.Time
	in  time.Duration
}

type endHow uint8

const (
	endDefault endHow = iota
	endNever
	endAt
	endAfter
)

// Never is the end of a key that does not end.
var Never = End{how: endNever}

// At is the end at an instant.
func At(t time.Time) End { return End{how: endAt, at: t} }

// After is the end so long after the key's start.
func After(d time.Duration) End { return End{how: endAfter, in: d} }

// ms has end_ms and life_ms.
func (e End) ms(zero C.int64_t) (end, life C.int64_t) {
	switch e.how {
	case endNever:
		return C.KEYCASK_NEVER, 0
	case endAt:
		return millis(e.at), 0
	case endAfter:
		return C.KEYCASK_AFTER, C.int64_t(e.in.Milliseconds())
	}
	return zero, 0
}
