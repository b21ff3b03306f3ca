package keycask_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"keycask.invalid/go"
)

// A service that says whose key it was asked with.
func service(t *testing.T, p *place, options ...keycask.Option) *httptest.Server {
	t.Helper()
	whose := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		grant, there := keycask.FromContext(r.Context())
		if !there {
			t.Error("there is no grant")
		}
		fmt.Fprint(w, must(p.Describe(grant)).Owner)
	})
	mux := http.NewServeMux()
	mux.Handle("/", whose)
	mux.Handle("/write", keycask.RequireScopes(p.write)(whose))
	server := httptest.NewServer(keycask.Middleware(p.Store, p.realm, options...)(mux))
	t.Cleanup(server.Close)
	return server
}

func ask(t *testing.T, url string, header http.Header) (*http.Response, string) {
	t.Helper()
	request := must(http.NewRequest("GET", url, nil))
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	ok(t, err)
	defer response.Body.Close()
	return response, string(must(io.ReadAll(response.Body)))
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

// What a client gets is what the library says, byte for byte.
func sameAnswer(t *testing.T, p *place, url string, header http.Header, need keycask.Scopes) {
	t.Helper()
	response, body := ask(t, url, header)
	want, verdict := p.Present(p.realm, keycask.Head{Method: "GET", Header: header},
		keycask.Request{Scopes: need, Cost: keycask.Free})
	same(t, verdict.Granted(), false)
	same(t, response.StatusCode, want.Status)
	same(t, body, string(want.Body))
	for _, field := range want.Fields {
		same(t, response.Header.Get(field.Name), field.Value)
	}
}

func TestMiddlewareAnswersAsTheProfileSays(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	var came []keycask.Status
	server := service(t, p, keycask.WithLog(func(_ *http.Request, v *keycask.Verdict) {
		came = append(came, v.Status)
	}))
	response, body := ask(t, server.URL, bearer(issued.Token.Expose()))
	same(t, response.StatusCode, 200)
	same(t, body, "ann")
	sameAnswer(t, p, server.URL, http.Header{}, keycask.Scopes{})
	sameAnswer(t, p, server.URL, bearer("nonsense"), keycask.Scopes{})
	sameAnswer(t, p, server.URL, http.Header{"X-Api-Key": {"nonsense"}}, keycask.Scopes{})
	sameAnswer(t, p, server.URL+"/write", bearer(issued.Token.Expose()), p.write)
	ok(t, p.Revoke(ctx, issued.Key, tester))
	sameAnswer(t, p, server.URL, bearer(issued.Token.Expose()), keycask.Scopes{})
	want := []keycask.Status{
		0, keycask.DenyMissing, keycask.DenyMalformed, keycask.DenyWrongHeader, 0,
		keycask.DenyScope, keycask.DenyRevoked,
	}
	same(t, fmt.Sprint(came), fmt.Sprint(want))
}

func TestScopesAreRequiredOfTheGrant(t *testing.T) {
	p := newPlace(t)
	server := service(t, p)
	spec := p.spec()
	spec.Scopes = p.write
	issued := must(p.Issue(ctx, spec, tester))
	response, body := ask(t, server.URL+"/write", bearer(issued.Token.Expose()))
	same(t, response.StatusCode, 200)
	same(t, body, "ann")
	weak := must(p.Issue(ctx, p.spec(), tester)).Token.Expose()
	granted, verdict := p.Present(p.realm, keycask.Head{Method: "GET", Header: bearer(weak)},
		keycask.Request{})
	same(t, verdict.Granted() && len(granted.Fields) != 0, true)
	response, _ = ask(t, server.URL+"/write", bearer(weak))
	same(t, response.StatusCode, 403)
	for _, field := range granted.Fields {
		if response.Header.Get(field.Name) == "" {
			t.Fatalf("the rates of what was charged are missing: %s", field.Name)
		}
	}
	alone := httptest.NewRecorder()
	keycask.RequireScopes(p.read)(http.NotFoundHandler()).ServeHTTP(alone,
		httptest.NewRequest("GET", "/", nil))
	same(t, alone.Code, 500)
}

// Once a route of no scope, as of a setting that was left out, let any key through.
func TestARouteThatRequiresNoScopeIsNotMade(t *testing.T) {
	defer func() { same(t, recover(), any("keycask: RequireScopes of no scope")) }()
	keycask.RequireScopes(keycask.Scopes{})
	t.Error("it was made")
}

// Once a key that was given scopes after it was let through went on with the grant that lacked them.
func TestAGrantThatHasTheScopesTakesThePlaceOfTheFirst(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	came := false
	inner := keycask.RequireScopes(p.write)(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			grant, _ := keycask.FromContext(r.Context())
			same(t, grant.Key, issued.Key)
			same(t, grant.Scopes.Contain(p.write), true)
			came = true
		}))
	handler := keycask.Middleware(p.Store, p.realm)(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			ok(t, p.Update(ctx, issued.Key, keycask.KeyChange{Scopes: &p.write}, tester))
			inner.ServeHTTP(w, r)
			grant, _ := keycask.FromContext(r.Context())
			same(t, grant.Scopes.Contain(p.write), false)
		}))
	request := httptest.NewRequest("GET", "/", nil)
	request.Header = bearer(issued.Token.Expose())
	handler.ServeHTTP(httptest.NewRecorder(), request)
	same(t, came, true)
}

func TestTheAddressIsThePeersOrWhatAProxyVouchesFor(t *testing.T) {
	p := newPlace(t)
	spec := p.spec()
	networks := "127.0.0.0/8 ::1/128"
	spec.Networks = &networks
	token := must(p.Issue(ctx, spec, tester)).Token.Expose()
	response, _ := ask(t, service(t, p).URL, bearer(token))
	same(t, response.StatusCode, 200)
	vouched := keycask.WithAddress(func(r *http.Request) netip.Addr {
		return netip.MustParseAddr("192.0.2.1")
	})
	response, _ = ask(t, service(t, p, vouched).URL, bearer(token))
	same(t, response.StatusCode >= 400, true)
}

func TestARequestThatCannotBeDecidedAboutIsAnswered(t *testing.T) {
	p := newPlace(t)
	server := service(t, p)
	many := http.Header{}
	for range keycask.HeadersMax + 1 {
		many.Add("A", "b")
	}
	response, _ := ask(t, server.URL, many)
	same(t, response.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	ok(t, p.Close())
	response, _ = ask(t, server.URL, http.Header{})
	same(t, response.StatusCode, 500)
}

func TestAnAnswerHasNoFieldThatTheProfileHasNot(t *testing.T) {
	p := newPlace(t)
	fields := "[answers.unauthorized.headers]\n"
	profile := strings.Replace(read(t, "profiles/example.toml"), fields,
		fields+"Content-Type = \"\"\n", 1)
	must(p.ApplyRealm(ctx, "example.toml", profile, tester))
	response, body := ask(t, service(t, p).URL, http.Header{})
	same(t, response.StatusCode, 401)
	same(t, len(body) > 0, true)
	same(t, len(response.Header.Values("Content-Type")), 0)
}

func TestTheMethodAndTheRequestIDAreQuoted(t *testing.T) {
	p := newPlace(t)
	quotes := "realm = \"quotes\"\n[[kind]]\nname = \"live\"\nprefix = \"q_\"\nbody = 32\n" +
		"[answers.unauthorized]\nbody = '[\"{method}\", \"{request_id}\"]'\n"
	realm := must(p.ApplyRealm(ctx, "quotes.toml", quotes, tester))
	quoted := func(method, id string) string {
		head := keycask.Head{Method: method, RequestID: id}
		answer, verdict := p.Present(realm, head, keycask.Request{})
		same(t, verdict.Status, keycask.DenyMissing)
		same(t, answer.Status, 401)
		return string(answer.Body)
	}
	same(t, quoted("GET", "req_7"), `["GET","req_7"]`)
	same(t, quoted("GET", "r\xff7\xc3"), "[\"GET\",\"r\uFFFD7\uFFFD\"]")
	same(t, quoted("\xff", ""), "[\"\uFFFD\",null]")
	// Each byte takes six.
	same(t, len(quoted("GET", strings.Repeat("\x01", 20000))), len(`["GET",""]`)+6*20000)
	same(t, len(quoted(strings.Repeat("\x01", 40000), "")), len(`["",null]`)+6*40000)
}

// Once an id that was not UTF-8, which any client can send, was answered with 500.
func TestAClientsRequestIDIsNoFailure(t *testing.T) {
	p := newPlace(t)
	server := service(t, p, keycask.WithRequestID(func(r *http.Request) string {
		return r.Header.Get("X-Request-Id")
	}))
	response, _ := ask(t, server.URL, http.Header{"X-Request-Id": {"\xff\x80"}})
	same(t, response.StatusCode, 401)
}
