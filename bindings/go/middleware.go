//go:build cgo

package keycask

import (
	"context"
	"net/http"
	"net/netip"
)

// An Option says how requests are asked about.
type Option func(*middleware)

type middleware struct {
	store     *Store
	realm     Realm
	request   Request
	address   func(*http.Request) netip.Addr
	requestID func(*http.Request) string
	log       func(*http.Request, *Verdict)
}

// With makes requests need what this one asks for, and not what was asked for before. Its address
// is not used.
func With(request Request) Option { return func(m *middleware) { m.request = request } }

// WithAddress says where requests come from: what a proxy of your own vouches for. Without it, it
// is the peer's address of the connection.
func WithAddress(address func(*http.Request) netip.Addr) Option {
	return func(m *middleware) { m.address = address }
}

// WithRequestID gives your id of a request, for answers that quote it.
func WithRequestID(id func(*http.Request) string) Option {
	return func(m *middleware) { m.requestID = id }
}

// WithLog is told what each request came to. The client is not told more than the profile says.
func WithLog(log func(*http.Request, *Verdict)) Option {
	return func(m *middleware) { m.log = log }
}

// Middleware lets requests through that present a token of the realm which may do what they need.
// Others are answered as the profile says: status, header fields and body come from the library,
// and are the same in every language. The fields of a grant's answer are set on the response.
//
// A request that could not be decided about is answered with 431 if it has more header fields than
// [HeadersMax], else with 500.
func Middleware(store *Store, realm Realm, options ...Option) func(http.Handler) http.Handler {
	m := &middleware{
		store: store, realm: realm, address: peer,
		requestID: func(*http.Request) string { return "" },
		log:       func(*http.Request, *Verdict) {},
	}
	for _, option := range options {
		option(m)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if grant, ok := m.decide(w, r, m.request); ok {
				next.ServeHTTP(w, r.WithContext(visited(r.Context(), &visit{m, grant})))
			}
		})
	}
}

// RequireScopes, inside [Middleware], lets requests through whose grant has the scopes. Others are
// answered as the profile says. It asks nothing of the store for those whose grant has them, and
// charges nothing for the others; [Middleware] has charged them by then. One whose key was given the
// scopes meanwhile goes on with a new grant. A Middleware of the route that is made [With] the scopes
// charges only those that have them.
//
// It panics if there is no scope: every key would go through.
func RequireScopes(scopes Scopes) func(http.Handler) http.Handler {
	if scopes.IsEmpty() {
		panic("keycask: RequireScopes of no scope")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v, ok := r.Context().Value(visitKey{}).(*visit)
			if !ok {
				http.Error(w, "keycask: RequireScopes is not inside Middleware",
					http.StatusInternalServerError)
				return
			}
			if !v.grant.Scopes.Contain(scopes) {
				request := v.middleware.request
				request.Scopes = request.Scopes.Union(scopes)
				request.Cost = Free
				grant, ok := v.middleware.decide(w, r, request)
				if !ok {
					return
				}
				r = r.WithContext(visited(r.Context(), &visit{v.middleware, grant}))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// FromContext is the grant of the request whose context this is; false if it did not come through
// [Middleware].
func FromContext(ctx context.Context) (Grant, bool) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.grant, true
	}
	return Grant{}, false
}

type visitKey struct{}

// A visit is a request that was let through.
type visit struct {
	middleware *middleware
	grant      Grant
}

func visited(ctx context.Context, v *visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

// decide is false if the request was answered.
func (m *middleware) decide(w http.ResponseWriter, r *http.Request, ask Request) (Grant, bool) {
	ask.Address = m.address(r)
	head := Head{Method: r.Method, Header: r.Header, RequestID: m.requestID(r)}
	answer, verdict := m.store.Present(m.realm, head, ask)
	m.log(r, &verdict)
	if verdict.Status < 0 {
		status := http.StatusInternalServerError
		if _, fields := head.size(); fields > HeadersMax {
			status = http.StatusRequestHeaderFieldsTooLarge
		}
		w.WriteHeader(status)
		return Grant{}, false
	}
	set := map[string]bool{}
	for _, field := range answer.Fields {
		name := http.CanonicalHeaderKey(field.Name)
		if set[name] {
			w.Header().Add(name, field.Value)
		} else {
			w.Header().Set(name, field.Value)
		}
		set[name] = true
	}
	if verdict.Granted() {
		return verdict.Grant, true
	}
	if !set["Content-Type"] {
		// Else net/http makes one up from the body.
		w.Header()["Content-Type"] = nil
	}
	w.WriteHeader(answer.Status)
	// A client that does not wait for its answer is no concern of the decision.
	_, _ = w.Write(answer.Body)
	return Grant{}, false
}

// peer is the address of the connection.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
