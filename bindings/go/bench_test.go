package keycask_test

import (
	"crypto/sha256"
	"sync"
	"testing"

	"keycask.invalid/go"
)

// What a decision costs, beside the usual way: a map of digests behind a lock.

func BenchmarkVerify(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Verify(p.realm, token, ask); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	b.ReportAllocs()
	for b.Loop() {
		if verdict := p.Check(p.realm, token, ask); !verdict.Granted() {
			b.Fatal(verdict.Status)
		}
	}
}

func BenchmarkVerifyParallel(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := p.Verify(p.realm, token, ask); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// A batch of 64; ns/token is what to look at.
func BenchmarkCheckMany(b *testing.B) {
	p := newPlace(b)
	tokens := p.many(b, 64)
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	statuses, grants := make([]keycask.Status, 64), make([]keycask.Grant, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.CheckMany(p.realm, tokens, ask, statuses, grants, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/token")
}

func BenchmarkMapOfDigests(b *testing.B) {
	p := newPlace(b)
	token := p.issue(b).Token.Expose()
	var lock sync.RWMutex
	owners := map[[32]byte]string{sha256.Sum256([]byte(token)): "ann"}
	b.ReportAllocs()
	for b.Loop() {
		digest := sha256.Sum256([]byte(token))
		lock.RLock()
		_, there := owners[digest]
		lock.RUnlock()
		if !there {
			b.Fatal("it is not there")
		}
	}
}
