//go:build keycask_bench

package keycask

// #include <keycask.h>
//
// static keycask_status keycask_go_floor(const keycask_store *store, uint16_t realm,
//                                        const char *token, size_t len,
//                                        const keycask_request *request, size_t times) {
//     keycask_grant grant = KEYCASK_GRANT_INIT;
//     keycask_status status = KEYCASK_OK;
//     while (times-- && status == KEYCASK_OK) {
//         status = keycask_verify(store, realm, token, len, request, &grant, NULL);
//     }
//     return status;
// }
//
// static keycask_status keycask_go_floor_many(const keycask_store *store, uint16_t realm,
//                                             const char *token, size_t len,
//                                             const keycask_request *request, size_t times) {
//     keycask_text tokens[64];
//     int32_t statuses[64];
//     keycask_grant grants[64] = {KEYCASK_GRANT_INIT};
//     keycask_status status = KEYCASK_OK;
//     size_t i;
//     for (i = 0; i < 64; i++) {
//         tokens[i].data = token + i * len;
//         tokens[i].len = len;
//     }
//     while (times-- && status == KEYCASK_OK) {
//         status = keycask_verify_many(store, realm, tokens, 64, request, statuses, grants, NULL);
//     }
//     return status;
// }
import "C"

// Floor decides about a token so many times without coming back to Go, for benchmarks to compare
// with.
func (s *Store) Floor(realm Realm, token string, request Request, times int) error {
	asked := request.c()
	data, size := inPlace(token)
	return Status(C.keycask_go_floor(s.handle.store, C.uint16_t(realm), data, size, &asked,
		C.size_t(times))).err()
}

// FloorMany does so with 64 tokens of one length, which stand one after another.
func (s *Store) FloorMany(realm Realm, tokens string, request Request, times int) error {
	asked := request.c()
	data, size := inPlace(tokens)
	return Status(C.keycask_go_floor_many(s.handle.store, C.uint16_t(realm), data, size/64, &asked,
		C.size_t(times))).err()
}
