//go:build cgo

package keycask

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// A gate counts who is inside, so that closing can wait for them. Counts are spread over cache
// lines, since every decision of every processor changes one.
type gate struct {
	counts [16]struct {
		inside atomic.Int64
		_      [56]byte
	}
	closed atomic.Bool
}

// enter returns the count to leave by, or nil once the gate is closed.
//
// Either close sees the count, or this sees that it is closed: both write before they read.
func (g *gate) enter() *atomic.Int64 {
	var here byte
	// Goroutines have stacks of 2 KiB and more, so this is another line for most of them.
	place := uintptr(unsafe.Pointer(&here)) >> 11
	inside := &g.counts[place%uintptr(len(g.counts))].inside
	inside.Add(1)
	if g.closed.Load() {
		inside.Add(-1)
		return nil
	}
	return inside
}

// close lets nobody in any more and waits until nobody is inside.
func (g *gate) close() {
	g.closed.Store(true)
	for i := range g.counts {
		for wait := time.Microsecond; g.counts[i].inside.Load() != 0; {
			time.Sleep(wait)
			wait = min(2*wait, time.Millisecond)
		}
	}
}
