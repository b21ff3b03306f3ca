package keycask

// #include <keycask.h>
//
// int64_t keycaskGoRead(void *context, char *buffer, size_t cap);
// void keycaskGoRefused(void *context, uint64_t number, int32_t status, keycask_error *why);
// int32_t keycaskGoFound(void *context, keycask_leak *leak);
import "C"

import (
	"fmt"
	"io"
	"runtime/cgo"
	"unsafe"
)

// callbacks are functions of Go that C calls during one call.
type callbacks struct {
	from    io.Reader
	refused func(Refused)
	found   func(Leak) error
	// Whether the call imports.
	imports bool
	// What the reader failed with beside the bytes that it gave last, or io.EOF: a reader need not
	// say it again.
	pending error
	// What a function failed with: the call is then given it back.
	err error
	// What a function panicked with: C is not unwound, and the call panics once it is back.
	panicked any
}

// during makes a call with a context by which C names these. A function's error goes before what
// the call says of it; of an import, which may have come half-way, beside it.
func (b *callbacks) during(f func(context unsafe.Pointer) error) error {
	handle := cgo.NewHandle(b)
	context := keep(uint64(handle))
	// Also if a function ends its goroutine.
	defer func() {
		unkeep(context)
		handle.Delete()
	}()
	err := f(context)
	if b.panicked != nil {
		panic(b.panicked)
	}
	switch {
	case b.err == nil:
		return err
	case b.imports && err != nil:
		return fmt.Errorf("%w: %w", err, b.err)
	}
	return b.err
}

func callbacksOf(context unsafe.Pointer) *callbacks {
	return cgo.Handle(*(*uint64)(context)).Value().(*callbacks)
}

// guarded keeps what f panics with.
func (b *callbacks) guarded(f func()) {
	defer func() {
		if r := recover(); r != nil {
			b.panicked = r
		}
	}()
	if b.panicked == nil {
		f()
	}
}

func (b *callbacks) reads() C.keycask_read { return C.keycask_read(C.keycaskGoRead) }

func (b *callbacks) finds() C.keycask_found { return C.keycask_found(C.keycaskGoFound) }

func (b *callbacks) refuses() C.keycask_refused {
	if b.refused == nil {
		return nil
	}
	return C.keycask_refused(C.keycaskGoRefused)
}

// emptyReads is after how many reads without a byte a reader counts as stuck.
const emptyReads = 100

//export keycaskGoRead
func keycaskGoRead(context unsafe.Pointer, buffer *C.char, size C.size_t) C.int64_t {
	b, got := callbacksOf(context), C.int64_t(-1)
	b.guarded(func() {
		to := unsafe.Slice((*byte)(unsafe.Pointer(buffer)), int(size))
		for range emptyReads {
			n, err := 0, b.pending
			if err == nil {
				n, err = b.from.Read(to)
			}
			switch {
			case n > 0:
				got, b.pending = C.int64_t(n), err
				return
			case err == io.EOF:
				got = 0
				return
			case err != nil:
				b.err = err
				return
			}
		}
		b.err = io.ErrNoProgress
	})
	return got
}

//export keycaskGoRefused
func keycaskGoRefused(
	context unsafe.Pointer, number C.uint64_t, status C.int32_t, why *C.keycask_error,
) {
	b := callbacksOf(context)
	b.guarded(func() {
		message := C.GoStringN(&why.message[0], C.int(why.message_len))
		b.refused(Refused{uint64(number), &Error{Status(status), message}})
	})
}

//export keycaskGoFound
func keycaskGoFound(context unsafe.Pointer, leak *C.keycask_leak) C.int32_t {
	b, stop := callbacksOf(context), C.int32_t(1)
	b.guarded(func() {
		if b.err = b.found(goLeak(leak)); b.err == nil {
			stop = 0
		}
	})
	return stop
}
