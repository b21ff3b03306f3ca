//go:build keycask_bench

package keycask_test

import (
	"strings"
	"testing"

	"keycask.dev/go"
)

// What the library takes alone.

func BenchmarkFloorOfVerify(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	b.ResetTimer()
	ok(b, p.Floor(p.realm, token, ask, b.N))
}

func BenchmarkFloorOfCheckMany(b *testing.B) {
	p := newPlace(b)
	p.large(b)
	var tokens strings.Builder
	for range 64 {
		tokens.WriteString(p.issue(b).Token.Expose())
	}
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	b.ResetTimer()
	ok(b, p.FloorMany(p.realm, tokens.String(), ask, b.N))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/token")
}
