//go:build keycask_pkgconfig

package keycask

// The C library that is installed, by `make install` for instance.

// #cgo pkg-config: keycask
import "C"
