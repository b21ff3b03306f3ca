package keycask

// #include <keycask.h>
import "C"

import (
	"net/netip"
	"time"
)

// Free is a cost that charges nothing.
const Free uint32 = C.KEYCASK_FREE

// A Request is what a decision is asked. The zero Request asks for any kind, no scope, now, at a
// cost of one, from no address.
type Request struct {
	// The scopes that are needed, all of them.
	Scopes Scopes
	// The kinds that are accepted; nil for any. A token of another is unknown. The set of none is
	// refused.
	Kinds *Kinds
	// What is charged to rates, and taken from the key's quota: 0 for 1, or [Free].
	Cost uint32
	// The present; zero for the store's clock.
	Now time.Time
	// Where the request comes from: the peer's address of the connection, or what a proxy of your
	// own vouches for. Without one, a key that has networks is denied.
	Address netip.Addr
}

func (r *Request) c() (to C.keycask_request) {
	to.struct_size = C.sizeof_keycask_request
	to.cost = 1
	if r.Cost != 0 {
		to.cost = C.uint32_t(r.Cost)
	}
	to.scopes = r.Scopes.c()
	to.kinds = C.KEYCASK_ANY_KIND
	if r.Kinds != nil {
		to.kinds = C.uint64_t(*r.Kinds)
	}
	to.now_ms = instant(r.Now, C.KEYCASK_NOW)
	switch {
	case r.Address.Is4():
		bytes := r.Address.As4()
		for i, b := range bytes {
			to.address[i] = C.uint8_t(b)
		}
		to.address_len = 4
	case r.Address.Is6():
		bytes := r.Address.As16()
		for i, b := range bytes {
			to.address[i] = C.uint8_t(b)
		}
		to.address_len = 16
	}
	return to
}
