package keycask_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"keycask.invalid/go"
)

func TestAGrantSaysWhoseTheTokenIs(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	grant, err := p.Verify(p.realm, issued.Token.Expose(), keycask.Request{Scopes: p.read})
	ok(t, err)
	same(t, grant.Key, issued.Key)
	same(t, grant.Realm, p.realm)
	same(t, grant.Scopes.Contain(p.read), true)
	same(t, grant.InGrace(), false)
	is, err := p.Describe(grant)
	ok(t, err)
	same(t, is.Owner, "ann")
	same(t, is.Kind, "eu-live")
	id, realm, err := p.OwnerID(grant.Owner)
	ok(t, err)
	same(t, id, "ann")
	same(t, realm, p.realm)
	name, err := p.KindName(p.realm, grant.Kind)
	ok(t, err)
	same(t, name, "eu-live")
}

func TestADenialIsAnErrorWithItsReason(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	token := issued.Token.Expose()
	denied := func(token string, ask keycask.Request, want keycask.Status) {
		t.Helper()
		grant, err := p.Verify(p.realm, token, ask)
		if !errors.Is(err, want) || !errors.Is(err, keycask.Denied) {
			t.Fatalf("got %v, want %v", err, want)
		}
		same(t, grant, keycask.Grant{})
		same(t, p.Check(p.realm, token, ask).Status, want)
	}
	denied("", keycask.Request{}, keycask.DenyMalformed)
	denied(token+"x", keycask.Request{}, keycask.DenyMalformed)
	denied(token, keycask.Request{Scopes: p.write}, keycask.DenyScope)
	verdict := p.Check(p.realm, token, keycask.Request{Scopes: p.write})
	same(t, verdict.Granted(), false)
	same(t, verdict.Denial.Key, issued.Key)
	same(t, verdict.Denial.Required.Contain(p.write), true)
	same(t, verdict.Denial.Present.Contain(p.write), false)
	kinds := must(p.KindsNamed(p.realm, "operator"))
	denied(token, keycask.Request{Kinds: &kinds}, keycask.DenyUnknown)
	ok(t, p.Revoke(ctx, issued.Key, tester))
	denied(token, keycask.Request{}, keycask.DenyRevoked)

	_, err := p.Verify(p.realm+9, token, keycask.Request{})
	if !errors.Is(err, keycask.ErrNotFound) || errors.Is(err, keycask.Denied) {
		t.Fatal(err)
	}
}

func TestARequestIsAskedAsItIs(t *testing.T) {
	p := newPlace(t)
	spec := p.spec()
	networks := ""
	spec.Networks = &networks
	_, err := p.Issue(ctx, spec, tester)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	spec.Networks, spec.Quota = nil, &networks
	_, err = p.Issue(ctx, spec, tester)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	spec.Networks, spec.Quota = &networks, nil
	networks = "192.0.2.0/24 2001:db8::/32"
	spec.End = keycask.After(time.Hour)
	issued, err := p.Issue(ctx, spec, tester)
	ok(t, err)
	for address, want := range map[string]keycask.Status{
		"192.0.2.7": 0, "2001:db8::1": 0, "198.51.100.1": keycask.DenyNetwork,
		"2001:db9::1": keycask.DenyNetwork,
	} {
		ask := keycask.Request{Address: netip.MustParseAddr(address)}
		same(t, p.Check(p.realm, issued.Token.Expose(), ask).Status, want)
		ask.Now = monday.Add(2 * time.Hour)
		same(t, p.Check(p.realm, issued.Token.Expose(), ask).Status, keycask.DenyExpired)
	}
	same(t, p.Check(p.realm, issued.Token.Expose(), keycask.Request{}).Status, keycask.DenyNetwork)
}

func TestManyAreDecidedAsOneIs(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	specs := make([]keycask.Spec, 70)
	for i := range specs {
		specs[i] = p.spec()
	}
	issued, err := p.IssueMany(ctx, specs, tester)
	ok(t, err)
	tokens := []string{"", string(make([]byte, 5000))}
	for _, key := range issued {
		tokens = append(tokens, key.Token.Expose())
	}
	ok(t, p.Revoke(ctx, issued[3].Key, tester))
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	statuses := make([]keycask.Status, len(tokens))
	grants, denials := make([]keycask.Grant, len(tokens)), make([]keycask.Denial, len(tokens))
	err = p.CheckMany(p.realm, tokens, ask, statuses, grants, denials)
	if !errors.Is(err, keycask.DenyMalformed) {
		t.Fatal(err)
	}
	for i, token := range tokens {
		alone := p.Check(p.realm, token, ask)
		same(t, statuses[i], alone.Status)
		if alone.Granted() {
			same(t, grants[i], alone.Grant)
		} else {
			same(t, denials[i], alone.Denial)
		}
	}
	ok(t, p.CheckMany(p.realm, tokens[6:], ask, statuses, nil, nil))
	ok(t, p.CheckMany(p.realm, nil, ask, nil, nil, nil))
	if err := p.CheckMany(p.realm, tokens, ask, statuses[1:], nil, nil); !errors.Is(err,
		keycask.ErrArgument) {
		t.Fatal(err)
	}
}

func TestADecisionAllocatesNothing(t *testing.T) {
	p := newPlace(t)
	token := p.issue(t).Token.Expose()
	tokens := []string{token, token, token}
	statuses, grants := make([]keycask.Status, 3), make([]keycask.Grant, 3)
	free := keycask.Request{Cost: keycask.Free}
	for name, f := range map[string]func(){
		"granted": func() { _, _ = p.Verify(p.realm, token, free) },
		"scope": func() {
			_, _ = p.Verify(p.realm, token, keycask.Request{Scopes: p.write})
		},
		"malformed": func() { _, _ = p.Verify(p.realm, "nonsense", free) },
		"checked":   func() { _ = p.Check(p.realm, token, free) },
		"many":      func() { _ = p.CheckMany(p.realm, tokens, free, statuses, grants, nil) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Once no name, as of a setting that was left out, was the set of none, and a request with it accepted
// any kind; and a name that is empty was left out.
func TestNoNameIsNoSet(t *testing.T) {
	p := newPlace(t)
	kinds, err := p.KindsNamed(p.realm)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	same(t, kinds, 0)
	for _, names := range [][]string{
		{""}, {" "}, {"", "eu-live"}, {"eu-live", ""}, {"eu-live us-live"}, {"eu-live\n"},
	} {
		kinds, err := p.KindsNamed(p.realm, names...)
		same(t, errors.Is(err, keycask.ErrNotFound), true)
		same(t, kinds, 0)
	}
	for _, names := range [][]string{{""}, {"satellites:read", ""}, {"satellites:read passes:read"}} {
		_, err := p.ScopesNamed(p.realm, names...)
		same(t, errors.Is(err, keycask.ErrNotFound), true)
	}
	scopes, err := p.ScopesNamed(p.realm)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	same(t, scopes, keycask.Scopes{})
	_, _, err = p.AuditPage(ctx, keycask.AuditFilter{Events: []string{""}}, 0, 1)
	same(t, errors.Is(err, keycask.ErrArgument), true)
}

// Once a verdict that no decision made, as of a key that a map does not have, was a grant.
func TestAVerdictThatNoDecisionMadeIsNoGrant(t *testing.T) {
	p := newPlace(t)
	token := p.issue(t).Token.Expose()
	undecided := func(verdict keycask.Verdict) {
		t.Helper()
		same(t, verdict.Granted(), false)
		same(t, errors.Is(verdict.Err(), keycask.ErrArgument), true)
		same(t, errors.Is(verdict.Err(), keycask.Denied), false)
	}
	granted := func(verdict keycask.Verdict) {
		t.Helper()
		same(t, verdict.Granted(), true)
		ok(t, verdict.Err())
	}
	undecided(keycask.Verdict{})
	undecided(map[string]keycask.Verdict{}[token])
	undecided(struct{ verdict keycask.Verdict }{}.verdict)
	undecided(keycask.Verdict{Denial: p.Check(p.realm, "", keycask.Request{}).Denial})
	granted(p.Check(p.realm, token, keycask.Request{}))
	head := keycask.Head{Method: "GET", Header: bearer(token)}
	_, verdict := p.Present(p.realm, head, keycask.Request{})
	granted(verdict)

	// A grant that was not given is none, whatever status it is put beside.
	for _, ask := range []struct {
		realm keycask.Realm
		token string
	}{{p.realm, ""}, {p.realm + 9, token}} {
		verdict := p.Check(ask.realm, ask.token, keycask.Request{})
		same(t, verdict.Granted(), false)
		undecided(keycask.Verdict{Grant: verdict.Grant})
		head.Header = bearer(ask.token)
		_, verdict = p.Present(ask.realm, head, keycask.Request{})
		same(t, verdict.Granted(), false)
		undecided(keycask.Verdict{Grant: verdict.Grant})
		grant, err := p.Verify(ask.realm, ask.token, keycask.Request{})
		same(t, err != nil, true)
		undecided(keycask.Verdict{Grant: grant})
	}
	grant, err := p.Verify(p.realm, token, keycask.Request{})
	ok(t, err)
	granted(keycask.Verdict{Grant: grant})

	statuses, grants := make([]keycask.Status, 3), make([]keycask.Grant, 3)
	for range 2 {
		err = p.CheckMany(p.realm, []string{token, ""}, keycask.Request{}, statuses, grants, nil)
		same(t, errors.Is(err, keycask.DenyMalformed), true)
		granted(keycask.Verdict{Status: statuses[0], Grant: grants[0]})
		// A status alone is what it was before: 0 where there was no token.
		undecided(keycask.Verdict{Status: statuses[2], Grant: grants[2]})
		// Where there was a grant before.
		undecided(keycask.Verdict{Grant: grants[1]})
		grants[1] = grants[0]
	}
}

// The numbers of a grant that was not given are those of nobody.
func TestTheZeroGrantIsNobodys(t *testing.T) {
	p := newPlace(t)
	p.issue(t)
	grant, there := keycask.FromContext(ctx)
	same(t, there, false)
	same(t, grant, keycask.Grant{})
	_, err := p.Describe(grant)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	_, _, err = p.OwnerID(grant.Owner)
	same(t, errors.Is(err, keycask.ErrNotFound), true)
	_, err = p.KindName(grant.Realm, grant.Kind)
	same(t, errors.Is(err, keycask.ErrNotFound), true)
	_, err = p.Key(ctx, grant.Key)
	same(t, err != nil, true)
	same(t, grant.Scopes.IsEmpty(), true)
}

// Once the places of a call that failed stayed as they were: 0, which is a grant, or what the call before
// had written there.
func TestAFailureIsTheStatusOfEveryToken(t *testing.T) {
	p := newPlace(t)
	tokens := p.many(t, 70)
	tokens = append(tokens, tokens[:60]...)
	const beyond = 5
	statuses := make([]keycask.Status, len(tokens)+beyond)
	grants := make([]keycask.Grant, len(statuses))
	denials := make([]keycask.Denial, len(statuses))
	free := keycask.Request{Cost: keycask.Free}
	fails := func(realm keycask.Realm, ask keycask.Request, places int, want keycask.Status) {
		t.Helper()
		err := p.CheckMany(realm, tokens, ask, statuses[:places], grants, denials)
		same(t, errors.Is(err, want), true)
		for i := range statuses[:min(places, len(tokens))] {
			same(t, statuses[i], want)
		}
		for i := range tokens {
			same(t, grants[i], keycask.Grant{})
			same(t, denials[i], keycask.Denial{})
		}
		for i := len(tokens); i < len(statuses); i++ {
			same(t, statuses[i], keycask.DenyOther)
		}
		same(t, errors.Is(p.CheckMany(realm, tokens, ask, statuses[:places], nil, nil), want), true)
	}
	for i := len(tokens); i < len(statuses); i++ {
		statuses[i] = keycask.DenyOther
	}
	granted := func() {
		t.Helper()
		denied := p.CheckMany(p.realm, make([]string, len(tokens)), free, statuses, nil, denials)
		same(t, errors.Is(denied, keycask.DenyMalformed), true)
		ok(t, p.CheckMany(p.realm, tokens, free, statuses, grants, denials))
	}
	fails(p.realm+9, free, len(statuses), keycask.ErrNotFound)
	granted()
	fails(p.realm+9, free, len(statuses), keycask.ErrNotFound)
	granted()
	fails(p.realm, keycask.Request{Now: time.UnixMilli(-1)}, len(statuses), keycask.ErrArgument)
	granted()
	fails(p.realm, free, len(tokens)-1, keycask.ErrArgument)
	granted()
	ok(t, p.Close())
	fails(p.realm, free, len(statuses), keycask.ErrClosed)
	fresh := make([]keycask.Status, 70)
	err := p.CheckMany(p.realm, make([]string, 70), free, fresh, nil, nil)
	same(t, errors.Is(err, keycask.ErrClosed), true)
	for _, status := range fresh {
		same(t, status, keycask.ErrClosed)
	}
}
