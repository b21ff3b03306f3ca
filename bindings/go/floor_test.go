//go:build keycask_bench

package keycask_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"keycask.invalid/go"
)

// compared takes turns with what Go does and what the library does alone, on the same keys, and
// reports the least time of each and their difference, in nanoseconds a token.
func compared(b *testing.B, tokens float64, calls int, here, alone func(calls int) error) {
	least := [2]float64{math.Inf(1), math.Inf(1)}
	for b.Loop() {
		for i, f := range [2]func(int) error{here, alone} {
			begun := time.Now()
			ok(b, f(calls))
			took := float64(time.Since(begun).Nanoseconds()) / float64(calls) / tokens
			least[i] = min(least[i], took)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(least[0], "ns/token")
	b.ReportMetric(least[1], "alone-ns/token")
	b.ReportMetric(least[0]-least[1], "over-ns/token")
}

func BenchmarkVerifyOverTheLibrary(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	compared(b, 1, 10000, func(calls int) (err error) {
		for range calls {
			if _, err = p.Verify(p.realm, token, ask); err != nil {
				return err
			}
		}
		return nil
	}, func(calls int) error { return p.Floor(p.realm, token, ask, calls) })
}

func BenchmarkCheckManyOverTheLibrary(b *testing.B) {
	p := newPlace(b)
	tokens := p.many(b, 64)
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	statuses, grants := make([]keycask.Status, 64), make([]keycask.Grant, 64)
	together := strings.Join(tokens, "")
	compared(b, 64, 200, func(calls int) (err error) {
		for range calls {
			if err = p.CheckMany(p.realm, tokens, ask, statuses, grants, nil); err != nil {
				return err
			}
		}
		return nil
	}, func(calls int) error { return p.FloorMany(p.realm, together, ask, calls) })
}
