//go:build !keycask_pkgconfig

package keycask

// The archive that `bindings/go/archive` makes of this workspace.

// #cgo CFLAGS: -I${SRCDIR}/../../include
// #cgo LDFLAGS: ${SRCDIR}/../../target/go/lib/libkeycask.a
// #cgo LDFLAGS: -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
import "C"
