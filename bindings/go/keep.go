package keycask

// #include <stdlib.h>
import "C"

import "unsafe"

// keep puts a number into memory of C, where a context may point. unkeep gives it back.
func keep(number uint64) unsafe.Pointer {
	at := C.calloc(1, C.size_t(unsafe.Sizeof(number)))
	*(*uint64)(at) = number
	return at
}

func unkeep(at unsafe.Pointer) { C.free(at) }
