package keycask

import (
	"fmt"
	"io"
)

// A Token is the secret that a client presents. It does not show itself: Expose gives the text.
// Tokens are not compared with ==.
type Token struct{ veil[string] }

// NewToken is a token of another system.
func NewToken(text string) Token { return Token{veiled(text)} }

// A Secret is bytes that do not show themselves, such as a pepper: Expose gives them. The zero Secret
// is none; one of no bytes, as of a setting that was left out, is given, and refused.
type Secret struct{ veil[[]byte] }

// NewSecret is a secret of this text or these bytes. Bytes are not copied: they can be wiped once the
// calls that are given the secret have returned.
func NewSecret[T string | []byte](of T) Secret { return Secret{veiled([]byte(of))} }

// A veil is before a value that is not shown. The value is behind a function, because fmt asks no
// method of what stands in an unexported field, and others that print look into all values: none
// of them looks into a function.
type veil[T string | []byte] struct{ behind func() T }

func veiled[T string | []byte](value T) veil[T] { return veil[T]{func() T { return value }} }

// Expose is the value. Hand it to whom it is for, and keep it nowhere.
func (v veil[T]) Expose() (value T) {
	if v.behind != nil {
		value = v.behind()
	}
	return value
}

const hidden = "[hidden]"

// Format says that there is something hidden, whatever the verb.
func (v veil[T]) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, hidden) }

// MarshalText says so, to JSON and to slog.
func (v veil[T]) MarshalText() ([]byte, error) { return []byte(hidden), nil }
