package keycask

// #cgo noescape keycask_go_present
// #cgo nocallback keycask_go_present
//
// #include <keycask.h>
//
// // A keycask_answer by places in its text.
// typedef struct {
//     size_t text_len;
//     size_t headers_at, headers_len;
//     size_t body_at, body_len;
//     uint32_t http_status;
// } keycask_go_answer;
//
// // As keycask_present(), of texts that stand one after another: the method, the id of the
// // request, then names and values of the header fields in turn.
// static keycask_status keycask_go_present(
//     const keycask_store *store, uint16_t realm, const char *packed, const uint32_t *lens,
//     size_t fields, const keycask_request *request, char *text, size_t text_cap,
//     keycask_go_answer *out, keycask_grant *grant, keycask_denial *denial) {
//     keycask_http http = KEYCASK_HTTP_INIT;
//     keycask_answer answer = KEYCASK_ANSWER_INIT;
//     keycask_header headers[KEYCASK_HEADERS_MAX];
//     keycask_status status;
//     size_t i;
//     if (fields > KEYCASK_HEADERS_MAX) return KEYCASK_ERR_ARGUMENT;
//     http.method.data = packed;
//     http.method.len = *lens;
//     packed += *lens++;
//     if (*lens) {
//         http.request_id.data = packed;
//         http.request_id.len = *lens;
//     }
//     packed += *lens++;
//     for (i = 0; i < fields; i++) {
//         headers[i].name.data = packed;
//         headers[i].name.len = *lens;
//         packed += *lens++;
//         headers[i].value.data = packed;
//         headers[i].value.len = *lens;
//         packed += *lens++;
//     }
//     http.headers = headers;
//     http.headers_len = fields;
//     status = keycask_present(store, realm, &http, request, &answer, text, text_cap,
//                              &out->text_len, grant, denial);
//     if (status < 0) return status;
//     out->http_status = answer.http_status;
//     out->headers_len = answer.headers.len;
//     out->headers_at = answer.headers.len ? (size_t)(answer.headers.data - text) : 0;
//     out->body_len = answer.body.len;
//     out->body_at = answer.body.len ? (size_t)(answer.body.data - text) : 0;
//     return status;
// }
import "C"

import (
	"bytes"
	"net/http"
	"sync"
	"unsafe"
)

// HeadersMax is the most header fields of a request.
const HeadersMax = C.KEYCASK_HEADERS_MAX

// A Head is the head of a request, as far as it bears on a decision.
type Head struct {
	// The method, in capitals as HTTP has it.
	Method string
	// All header fields.
	Header http.Header
	// Your id of the request, for answers that quote it; empty for none. It may come from the client:
	// U+FFFD stands for what is not UTF-8.
	RequestID string
}

// A Field is a header field of an answer.
type Field struct {
	Name, Value string
}

// An Answer is what to answer.
type Answer struct {
	// The HTTP status: 200 for a grant, else 400 to 599.
	Status int
	// Of a grant: to be added to your own.
	Fields []Field
	// Of a grant it is empty: the body is yours.
	Body []byte
}

// A desk is where heads are packed and answers are written.
type desk struct {
	packed []byte
	lens   []C.uint32_t
	text   []byte
}

var desks = sync.Pool{New: func() any { return &desk{text: make([]byte, 32<<10)} }}

func (d *desk) put(s string) {
	d.packed = append(d.packed, s...)
	d.lens = append(d.lens, C.uint32_t(len(s)))
}

// wipe takes the token away.
func (d *desk) wipe() {
	clear(d.packed)
	d.packed, d.lens = d.packed[:0], d.lens[:0]
	desks.Put(d)
}

// size is how long the packed text will be, so that no copy of a token is left behind by growing.
func (h *Head) size() (bytes, fields int) {
	bytes = len(h.Method) + len(h.RequestID)
	for name, values := range h.Header {
		for _, value := range values {
			bytes += len(name) + len(value)
			fields++
		}
	}
	return bytes, fields
}

// Present decides about a request from its method and header fields, and renders the profile's
// answer.
//
// The token is taken from where the profile says it is presented. The request needs what is asked
// for and the scope that the profile has for its method.
//
// There is an answer unless the verdict is a failure: ErrArgument (also of more header fields than
// [HeadersMax]), ErrNotFound (no such realm), ErrSpace (the profile makes it longer than 32 KiB, and
// eight bytes more for each of the method and the id), ErrForked, ErrPanic, ErrClosed.
func (s *Store) Present(realm Realm, head Head, request Request) (answer Answer, verdict Verdict) {
	inside := s.handle.enter()
	if inside == nil {
		verdict.Status = ErrClosed
		return answer, verdict
	}
	defer inside.Add(-1)
	size, fields := head.size()
	if fields > HeadersMax || size > 1<<30 {
		verdict.Status = ErrArgument
		return answer, verdict
	}
	d := desks.Get().(*desk)
	defer d.wipe()
	if cap(d.packed) <= size {
		d.packed = make([]byte, 0, size+1)
	}
	d.put(head.Method)
	d.put(head.RequestID)
	for name, values := range head.Header {
		for _, value := range values {
			d.put(name)
			d.put(value)
		}
	}
	asked := request.c()
	verdict.Grant.size = C.sizeof_keycask_grant
	verdict.Denial.size = C.sizeof_keycask_denial
	var out C.keycask_go_answer
	// What is quoted of the method and the id, each byte as six at most, has its place beside the
	// rest.
	if least := 32<<10 + 8*(len(head.Method)+len(head.RequestID)); len(d.text) < least {
		d.text = make([]byte, least)
	}
	verdict.Status = Status(C.keycask_go_present(s.handle.store, C.uint16_t(realm),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(d.packed))), &d.lens[0], C.size_t(fields), &asked,
		(*C.char)(unsafe.Pointer(&d.text[0])), C.size_t(len(d.text)), &out,
		(*C.keycask_grant)(unsafe.Pointer(&verdict.Grant)),
		(*C.keycask_denial)(unsafe.Pointer(&verdict.Denial))))
	if verdict.Status != 0 {
		verdict.Grant.size = 0
	}
	if verdict.Status < 0 {
		return answer, verdict
	}
	answer.Status = int(out.http_status)
	answer.Body = bytes.Clone(d.text[out.body_at : out.body_at+out.body_len])
	lines := d.text[out.headers_at : out.headers_at+out.headers_len]
	for len(lines) != 0 {
		line, rest, _ := bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(": "))
		answer.Fields = append(answer.Fields, Field{string(name), string(value)})
		lines = rest
	}
	return answer, verdict
}
