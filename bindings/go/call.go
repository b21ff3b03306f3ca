package keycask

// #include <stdlib.h>
// #include <keycask.h>
import "C"

import (
	"context"
	"fmt"
	"strings"
	"unsafe"
)

// A call is what one call of the library is given and gives back. All of it is memory of C, so
// that structs may hold pointers; it is wiped and freed in the end.
type call struct {
	err    C.keycask_error
	blocks []block
}

type block struct {
	begin unsafe.Pointer
	size  uintptr
}

// alloc gives n zeroed places that last as long as the call.
func alloc[T any](c *call, n int) []T {
	var one T
	n = max(n, 1)
	size := unsafe.Sizeof(one) * uintptr(n)
	begin := C.calloc(1, C.size_t(size))
	c.blocks = append(c.blocks, block{begin, size})
	return unsafe.Slice((*T)(begin), n)
}

// one gives one zeroed place.
func one[T any](c *call) *T {
	return &alloc[T](c, 1)[0]
}

func (c *call) end() {
	for _, b := range c.blocks {
		clear(unsafe.Slice((*byte)(b.begin), b.size))
		C.free(b.begin)
	}
	c.blocks = nil
}

// given is the text, also if it is empty.
func (c *call) given(s string) C.keycask_text {
	to := alloc[byte](c, len(s))
	copy(to, s)
	return C.keycask_text{data: (*C.char)(unsafe.Pointer(&to[0])), len: C.size_t(len(s))}
}

// text is the text, or none if it is empty.
func (c *call) text(s string) C.keycask_text {
	if s == "" {
		return C.keycask_text{}
	}
	return c.given(s)
}

// optional is the text, or none if there is none.
func (c *call) optional(s *string) C.keycask_text {
	if s == nil {
		return C.keycask_text{}
	}
	return c.given(*s)
}

// secret is a secret and its length; nil for none. One that is given and empty has a place, so that
// the library refuses it.
func (c *call) secret(s Secret) (*C.uint8_t, C.size_t) {
	if s.behind == nil {
		return nil, 0
	}
	b := s.Expose()
	to := alloc[byte](c, len(b))
	copy(to, b)
	return (*C.uint8_t)(unsafe.Pointer(&to[0])), C.size_t(len(b))
}

// room is a buffer for text.
func (c *call) room(size int) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(&alloc[byte](c, size)[0])), C.size_t(size)
}

func (c *call) actor(by Actor) *C.keycask_actor {
	to := one[C.keycask_actor](c)
	to.struct_size = C.sizeof_keycask_actor
	to.name = c.text(by.Name)
	to.reason = c.text(by.Reason)
	to.operation = c.text(by.Operation)
	return to
}

// done makes an error of what a call returned.
func (c *call) done(status C.keycask_status) error {
	if status >= 0 {
		return Status(status).err()
	}
	message := C.GoStringN(&c.err.message[0], C.int(c.err.message_len))
	return &Error{Status: Status(status), Message: message}
}

// with makes a call that has no store.
func with(f func(c *call) C.keycask_status) error {
	c := &call{}
	c.err.struct_size = C.sizeof_keycask_error
	defer c.end()
	return c.done(f(c))
}

// memory makes a call that is answered from memory.
func (s *Store) memory(f func(c *call, to *C.keycask_store) C.keycask_status) error {
	inside := s.handle.enter()
	if inside == nil {
		return ErrClosed
	}
	defer inside.Add(-1)
	return with(func(c *call) C.keycask_status { return f(c, s.handle.store) })
}

// disk makes a call that may wait for the disk, unless the context is over.
func (s *Store) disk(
	ctx context.Context, f func(c *call, to *C.keycask_store) C.keycask_status,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.memory(f)
}

// A selection is a filter in Go that C has a T for.
type selection[T any] interface {
	// wrong is why the filter cannot be.
	wrong() error
	c(*call) *T
}

// selecting makes a call with a filter that may wait for the disk, unless the filter cannot be.
func selecting[T any](
	ctx context.Context, s *Store, filter selection[T],
	f func(c *call, to *C.keycask_store, filter *T) C.keycask_status,
) error {
	if err := filter.wrong(); err != nil {
		return err
	}
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return f(c, to, filter.c(c))
	})
}

// An Actor says who asks for a change, why, and as which operation. All go to the audit trail in
// the same commit. Each may be empty.
type Actor struct {
	// Its name: 128 bytes at most, without control characters.
	Name string
	// Its reason: 256 bytes at most, without control characters.
	Reason string
	// A name of your own for this call: 128 bytes at most, without control characters. A call that
	// was done under it before is not done again and reports what was done; one that makes a token
	// revokes the key whose token was lost and makes another. Another call under the same name
	// fails with ErrConflict.
	Operation string
}

func goText(text C.keycask_text) string {
	if text.len == 0 {
		return ""
	}
	return C.GoStringN(text.data, C.int(text.len))
}

// names is the names as C has them, separated by spaces. One that is empty, or has a space, is no
// name of the store's: it would be none there, or two.
func names(of []string) (string, error) {
	for _, name := range of {
		if name == "" || strings.ContainsAny(name, " \t\n\f\r") {
			return "", &Error{ErrNotFound, fmt.Sprintf("nothing is called %q", name)}
		}
	}
	return strings.Join(of, " "), nil
}

func goNames(text C.keycask_text) []string { return strings.Fields(goText(text)) }

// inPlace is the text where it stands, for a call that keeps nothing of it.
func inPlace(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}
