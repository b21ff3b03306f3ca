//go:build !cgo

package keycask

// Without cgo there is no keycask, and the compiler says so.
var _ = keycask_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler
