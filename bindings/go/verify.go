package keycask

// #cgo noescape keycask_verify
// #cgo nocallback keycask_verify
// #cgo noescape keycask_go_verify_many
// #cgo nocallback keycask_go_verify_many
//
// #include <keycask.h>
//
// enum { KEYCASK_GO_BATCH = 64 };
//
// // As keycask_verify_many(), of tokens that stand one after another.
// static keycask_status keycask_go_verify_many(
//     const keycask_store *store, uint16_t realm, const char *packed, const uint32_t *lens,
//     size_t count, const keycask_request *request, int32_t *statuses, keycask_grant *grants,
//     keycask_denial *denials) {
//     keycask_text tokens[KEYCASK_GO_BATCH];
//     size_t i;
//     for (i = 0; i < count; i++) {
//         tokens[i].data = packed;
//         tokens[i].len = lens[i];
//         packed += lens[i];
//     }
//     return keycask_verify_many(store, realm, tokens, count, request, statuses, grants, denials);
// }
import "C"

import (
	"sync"
	"unsafe"
)

const (
	// TokenMax is the length of the longest token that is issued, in bytes.
	TokenMax = C.KEYCASK_TOKEN_MAX
	// ImportedTokenMax is that of the longest token, whoever made it.
	ImportedTokenMax = C.KEYCASK_IMPORTED_TOKEN_MAX
)

// Verify decides whether the token may do what the request needs in the realm, and returns the
// grant, or why there is none as an error: a denial is [Denied], and its reason a [Status].
//
// It decides from memory: it reads no file, allocates nothing, does not wait for a writer and
// keeps nothing of the token; but for a key with a quota, which waits for a commit when too few
// credits are in memory. Once a call that revokes, suspends or narrows a key has returned, no
// verify that begins after it grants what was taken away.
//
// Fails with ErrArgument, ErrNotFound (no such realm), ErrForked, ErrPanic, ErrClosed.
func (s *Store) Verify(realm Realm, token string, request Request) (Grant, error) {
	var grant Grant
	inside := s.handle.enter()
	if inside == nil {
		return grant, ErrClosed
	}
	asked := request.c()
	grant.size = C.sizeof_keycask_grant
	data, size := inPlace(token)
	status := C.keycask_verify(s.handle.store, C.uint16_t(realm), data, size, &asked,
		(*C.keycask_grant)(unsafe.Pointer(&grant)), nil)
	inside.Add(-1)
	if status != C.KEYCASK_OK {
		return Grant{}, Status(status)
	}
	return grant, nil
}

// A Verdict is what a decision came to: a grant, a denial, or a failure. One that no decision made is
// no grant: the zero Verdict, or one that was decoded.
type Verdict struct {
	// 0 for a grant, above 0 for a denial, below 0 for a failure. It is 0 before a decision, too: ask
	// [Verdict.Granted].
	Status Status
	// With a status of 0.
	Grant Grant
	// With a status above 0.
	Denial Denial
}

// Granted is whether the token may. Only of a verdict that a decision made.
func (v *Verdict) Granted() bool { return v.Status == 0 && v.Grant.given() }

// Err is nil for a grant, else the status; ErrArgument of a verdict that no decision made.
func (v *Verdict) Err() error {
	if v.Status == 0 && !v.Grant.given() {
		return ErrArgument
	}
	return v.Status.err()
}

// Check decides as [Store.Verify] does, and says of a denial all that there is to say.
func (s *Store) Check(realm Realm, token string, request Request) (verdict Verdict) {
	inside := s.handle.enter()
	if inside == nil {
		verdict.Status = ErrClosed
		return verdict
	}
	asked := request.c()
	verdict.Grant.size = C.sizeof_keycask_grant
	verdict.Denial.size = C.sizeof_keycask_denial
	data, size := inPlace(token)
	verdict.Status = Status(C.keycask_verify(s.handle.store, C.uint16_t(realm), data, size, &asked,
		(*C.keycask_grant)(unsafe.Pointer(&verdict.Grant)),
		(*C.keycask_denial)(unsafe.Pointer(&verdict.Denial))))
	inside.Add(-1)
	if verdict.Status != 0 {
		verdict.Grant.size = 0
	}
	return verdict
}

// A pack holds tokens one after another, where C may read them.
type pack struct {
	text [C.KEYCASK_GO_BATCH * (ImportedTokenMax + 1)]byte
	lens [C.KEYCASK_GO_BATCH]C.uint32_t
}

var packs = sync.Pool{New: func() any { return new(pack) }}

// CheckMany decides about tokens, each as [Store.Check] does, with the same request. Faster a
// token: while one waits for memory, others are hashed.
//
// Writes the status of token i to statuses[i], its grant, or the zero Grant of a denial, to
// grants[i], and its denial to denials[i], which is as it was of a grant. Each has a place for each
// token; grants and denials may be nil. Places behind those of the tokens stay as they are: a status
// of 0 there, as in a slice that was just made, is no grant.
//
// Returns nil only if every token is granted, or else the status of the first that is not. A failure
// is the status of every token, of those that were decided before it, too: no grant and no denial is
// left of the call, nor of one that was given the same places.
func (s *Store) CheckMany(
	realm Realm, tokens []string, request Request,
	statuses []Status, grants []Grant, denials []Denial,
) error {
	if len(statuses) < len(tokens) ||
		(grants != nil && len(grants) < len(tokens)) ||
		(denials != nil && len(denials) < len(tokens)) {
		failed(ErrArgument, len(tokens), statuses, grants, denials)
		return &Error{ErrArgument, "there are fewer places than tokens"}
	}
	status := s.checkMany(realm, tokens, request, statuses, grants, denials)
	if status < 0 {
		failed(status, len(tokens), statuses, grants, denials)
	}
	return status.err()
}

// failed makes the status that of every token, as far as there are places.
func failed(status Status, tokens int, statuses []Status, grants []Grant, denials []Denial) {
	for i := range statuses[:min(tokens, len(statuses))] {
		statuses[i] = status
	}
	clear(grants[:min(tokens, len(grants))])
	clear(denials[:min(tokens, len(denials))])
}

// checkMany may have written a part when it fails.
func (s *Store) checkMany(
	realm Realm, tokens []string, request Request,
	statuses []Status, grants []Grant, denials []Denial,
) Status {
	inside := s.handle.enter()
	if inside == nil {
		return ErrClosed
	}
	defer inside.Add(-1)
	asked := request.c()
	to := packs.Get().(*pack)
	defer packs.Put(to)
	var first Status
	for begin := 0; begin < len(tokens); begin += C.KEYCASK_GO_BATCH {
		batch := tokens[begin:min(begin+C.KEYCASK_GO_BATCH, len(tokens))]
		used := 0
		for i, token := range batch {
			// What is longer than any token stays so.
			n := copy(to.text[used:used+ImportedTokenMax+1], token)
			to.lens[i] = C.uint32_t(n)
			used += n
		}
		var granted *C.keycask_grant
		if grants != nil {
			for i := range batch {
				grants[begin+i].size = C.sizeof_keycask_grant
			}
			granted = (*C.keycask_grant)(unsafe.Pointer(&grants[begin]))
		}
		var refused *C.keycask_denial
		if denials != nil {
			for i := range batch {
				denials[begin+i].size = C.sizeof_keycask_denial
			}
			refused = (*C.keycask_denial)(unsafe.Pointer(&denials[begin]))
		}
		status := C.keycask_go_verify_many(s.handle.store, C.uint16_t(realm),
			(*C.char)(unsafe.Pointer(&to.text[0])), &to.lens[0], C.size_t(len(batch)), &asked,
			(*C.int32_t)(unsafe.Pointer(&statuses[begin])), granted, refused)
		clear(to.text[:used])
		if status < 0 {
			return Status(status)
		}
		if status != 0 && grants != nil {
			for i := range batch {
				if statuses[begin+i] != 0 {
					grants[begin+i] = Grant{}
				}
			}
		}
		if first == 0 {
			first = Status(status)
		}
	}
	return first
}
