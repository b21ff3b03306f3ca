package keycask_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycask.invalid/go"
)

// twoOwners has a key of ann's and one of bob's.
func twoOwners(t *testing.T) (p *place, tokens []string) {
	p = newPlace(t)
	ok(t, p.SetOwner(ctx, p.realm, "bob", keycask.OwnerChange{}, tester))
	for _, owner := range []string{"ann", "bob"} {
		spec := p.spec()
		spec.Owner = owner
		tokens = append(tokens, must(p.Issue(ctx, spec, tester)).Token.Expose())
	}
	return p, tokens
}

// Once a condition with an empty text or a zero, as of a setting that was left out, was none, so that
// all keys of a realm were ended.
func TestAConditionThatIsGivenIsNotDropped(t *testing.T) {
	p, tokens := twoOwners(t)
	type filter = keycask.Filter
	empty, realm := keycask.Given(""), &p.realm
	for name, of := range map[string]struct {
		filter keycask.Filter
		want   keycask.Status
	}{
		"owner":    {filter{Realm: realm, Owner: empty}, keycask.ErrNotFound},
		"kind":     {filter{Realm: realm, Kind: empty}, keycask.ErrNotFound},
		"hint":     {filter{Realm: realm, Hint: empty}, keycask.ErrArgument},
		"realm":    {filter{Realm: new(keycask.Realm)}, keycask.ErrNotFound},
		"state":    {filter{Realm: realm, State: new(keycask.State)}, keycask.ErrArgument},
		"lineage":  {filter{Realm: realm, Lineage: new(keycask.KeyID)}, keycask.ErrArgument},
		"from":     {filter{Realm: realm, IssuedFrom: new(time.Time)}, keycask.ErrArgument},
		"before":   {filter{Realm: realm, IssuedBefore: new(time.Time)}, keycask.ErrArgument},
		"expiring": {filter{Realm: realm, Expiring: new(time.Duration)}, keycask.ErrArgument},
		"due":      {filter{Realm: realm, Due: new(time.Duration)}, keycask.ErrArgument},
		"idle":     {filter{Realm: realm, Idle: new(time.Duration)}, keycask.ErrArgument},
	} {
		calls := map[string]error{}
		_, calls["end"] = p.EndMany(ctx, keycask.EndRevoke, of.filter, tester)
		_, _, calls["dry run"] = p.DryRun(ctx, keycask.EndRevoke, of.filter)
		_, calls["count"] = p.Count(ctx, of.filter)
		_, _, calls["page"] = p.ListPage(ctx, of.filter, "", 0)
		for _, err := range p.List(ctx, of.filter) {
			calls["list"] = err
		}
		for call, err := range calls {
			// A hint ends nothing, whatever it is.
			if !errors.Is(err, of.want) && (name != "hint" || !errors.Is(err, keycask.ErrArgument)) {
				t.Errorf("%s by %s: %v", call, name, err)
			}
			// What the library has for any is refused by its name.
			named := name == "realm" || name == "state" || name == "lineage"
			if named && !strings.HasPrefix(err.Error(), of.want.Error()+": "+name+": ") {
				t.Errorf("%s by %s: %v", call, name, err)
			}
		}
		same(t, len(calls), 5)
	}
	for _, token := range tokens {
		_, err := p.Verify(p.realm, token, keycask.Request{})
		ok(t, err)
	}
	same(t, must(p.Count(ctx, keycask.Filter{})), 2)
	due := keycask.Filter{Realm: realm, Due: keycask.Given(keycask.AsProfile)}
	same(t, must(p.Count(ctx, due)), 0)
	before := keycask.Filter{Realm: realm, IssuedBefore: keycask.Given(monday.Add(time.Second))}
	same(t, must(p.Count(ctx, before)), 2)
	from := keycask.Filter{Realm: realm, IssuedFrom: keycask.Given(monday.Add(time.Second))}
	same(t, must(p.Count(ctx, from)), 0)
	bob := keycask.Filter{Realm: realm, Owner: keycask.Given("bob")}
	same(t, must(p.EndMany(ctx, keycask.EndRevoke, bob, tester)), 1)
	_, err := p.Verify(p.realm, tokens[0], keycask.Request{})
	ok(t, err)
}

// Likewise the whole trail was read, to whom a part was to be shown.
func TestAConditionOfTheTrailIsNotDropped(t *testing.T) {
	p, _ := twoOwners(t)
	type filter = keycask.AuditFilter
	empty := keycask.Given("")
	for name, of := range map[string]struct {
		filter keycask.AuditFilter
		want   keycask.Status
	}{
		"realm":    {filter{Realm: empty}, 0},
		"owner":    {filter{Owner: empty}, 0},
		"actor":    {filter{Actor: empty}, 0},
		"key":      {filter{Key: new(keycask.KeyID)}, keycask.ErrArgument},
		"events":   {filter{Events: []string{}}, keycask.ErrArgument},
		"from":     {filter{From: new(time.Time)}, keycask.ErrArgument},
		"until":    {filter{Until: new(time.Time)}, keycask.ErrArgument},
		"no owner": {filter{Realm: keycask.Given("orbit"), Owner: empty}, 0},
	} {
		entries, _, err := p.AuditPage(ctx, of.filter, 0, 0)
		lines, _, exported := p.ExportAudit(ctx, of.filter, 0, keycask.AuditJSON)
		if len(entries) != 0 || lines != "" {
			t.Errorf("%s: %d entries", name, len(entries))
		}
		for _, err := range []error{err, exported} {
			if of.want == 0 && err != nil || of.want != 0 && !errors.Is(err, of.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	all, _, err := p.AuditPage(ctx, keycask.AuditFilter{Operation: empty}, 0, 0)
	ok(t, err)
	bob, _, err := p.AuditPage(ctx, keycask.AuditFilter{Owner: keycask.Given("bob")}, 0, 0)
	ok(t, err)
	same(t, len(bob), 2)
	same(t, len(all) > 2, true)
}

// Likewise a request whose set of kinds came out empty accepted any, an owner of no plan's name had the
// limits of none, a key of no state was imported as an active one, and a backup was restored without
// what the original denies.
func TestWhatNarrowsIsNotDropped(t *testing.T) {
	p, tokens := twoOwners(t)
	none := keycask.Request{Kinds: new(keycask.Kinds)}
	_, err := p.Verify(p.realm, tokens[0], none)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	head := keycask.Head{Header: map[string][]string{"Authorization": {"Bearer " + tokens[0]}}}
	_, verdict := p.Present(p.realm, head, none)
	same(t, verdict.Status, keycask.ErrArgument)

	change := keycask.OwnerChange{Plan: keycask.Given("")}
	same(t, errors.Is(p.SetOwner(ctx, p.realm, "cid", change, tester), keycask.ErrNotFound), true)
	_, err = p.Owner(ctx, p.realm, "cid")
	same(t, errors.Is(err, keycask.ErrNotFound), true)

	imported := keycask.Import{
		Spec: p.spec(), Token: keycask.NewToken("a_token_of_another_system"), State: new(keycask.State),
	}
	_, err = p.Import(ctx, []keycask.Import{imported}, 0, tester, nil)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	imported.State = keycask.Given(keycask.Revoked)
	_, err = p.Import(ctx, []keycask.Import{imported}, 0, tester, nil)
	ok(t, err)
	_, err = p.Verify(p.realm, imported.Token.Expose(), keycask.Request{})
	same(t, errors.Is(err, keycask.DenyRevoked), true)

	backup := filepath.Join(t.TempDir(), "backup")
	must(p.Backup(ctx, backup))
	for name, known := range map[string]keycask.Restoring{
		"anchor": {Anchor: new(keycask.Anchor)}, "denials": {DenialsOf: keycask.Given("")},
	} {
		path := filepath.Join(t.TempDir(), "restored")
		_, err := keycask.Restore(ctx, backup, path, options(), known, tester)
		if !errors.Is(err, keycask.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Once the milliseconds of a time were passed on whatever they were, and those of the year 292278994
// were what the library has for never, for now, or for no condition.
func TestATimeIsNoOtherMeaning(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	key := p.issue(t).Key
	times := []time.Time{time.UnixMilli(0), time.UnixMilli(-1)}
	for back := int64(0); back < 8; back++ {
		times = append(times, time.UnixMilli(math.MaxInt64-back))
	}
	// Their milliseconds wrap: one's to 384, the other's to those of a Monday.
	for _, seconds := range []int64{18_446_744_073_709_552, 18_446_745_841_313_152} {
		times = append(times, time.Unix(seconds, 0))
	}
	for _, at := range times {
		spec, late, imported := p.spec(), p.spec(), keycask.Import{Spec: p.spec()}
		spec.End, late.Start = keycask.At(at), at
		imported.Token, imported.Issued = keycask.NewToken("a-token-of-another-system"), at
		calls := map[string]error{}
		_, calls["end_ms"] = p.Issue(ctx, spec, tester)
		_, calls["start_ms"] = p.Issue(ctx, late, tester)
		_, calls["issued_ms"] = p.Import(ctx, []keycask.Import{imported}, 0, tester, nil)
		calls["end_ms of a change"] =
			p.Update(ctx, key, keycask.KeyChange{End: keycask.At(at)}, tester)
		_, calls["issued_from_ms"] = p.Count(ctx, keycask.Filter{IssuedFrom: &at})
		_, calls["issued_before_ms"] = p.Count(ctx, keycask.Filter{IssuedBefore: &at})
		_, _, calls["from_ms"] = p.AuditPage(ctx, keycask.AuditFilter{From: &at}, 0, 0)
		_, _, calls["until_ms"] = p.AuditPage(ctx, keycask.AuditFilter{Until: &at}, 0, 0)
		_, _, calls["bound"] = p.TrimAudit(ctx, keycask.TrimBefore(at), tester)
		calls["now_ms"] = p.SetClock(at)
		_, err := p.Verify(p.realm, "x", keycask.Request{Now: at})
		if !errors.Is(err, keycask.ErrArgument) {
			t.Errorf("a request of %d s, %d ms: %v", at.Unix(), at.UnixMilli(), err)
		}
		with := options()
		with.Clock = at
		_, calls["clock_ms"] = keycask.Create(ctx, filepath.Join(t.TempDir(), "other"), with)
		for field, err := range calls {
			field, _, _ = strings.Cut(field, " of ")
			if !errors.Is(err, keycask.ErrArgument) || !strings.Contains(err.Error(), field+": ") {
				t.Errorf("%s of %d s, %d ms: %v", field, at.Unix(), at.UnixMilli(), err)
			}
		}
	}
}

// Once a text of more bytes than a cursor has was refused in other words than a shorter one.
func TestWhatIsNoCursorIsRefusedInOneWay(t *testing.T) {
	p := newPlace(t)
	for _, size := range []int{21, keycask.TokenMax, 64, 65, 5000} {
		_, _, err := p.ListPage(ctx, keycask.Filter{}, keycask.Cursor(strings.Repeat("x", size)), 0)
		want := fmt.Sprintf("cursor of %d bytes: want one as a list gave it, or a key id", size)
		if !errors.Is(err, keycask.ErrArgument) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

// Once a token that was given and empty, as of a setting that was left out, was none, so that a key
// was imported by its digest alone.
func TestATokenThatIsGivenIsNotDropped(t *testing.T) {
	p := newPlace(t)
	digest := keycask.NewSecret(strings.Repeat("ab", 32))
	for name, from := range map[string]keycask.Import{
		"with a digest": {Token: keycask.NewToken(""), Digest: digest, Scheme: "sha256"},
		"alone":         {Token: keycask.NewToken("")},
	} {
		from.Spec = p.spec()
		_, err := p.Import(ctx, []keycask.Import{from}, 0, tester, nil)
		if !errors.Is(err, keycask.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	from := keycask.Import{Spec: p.spec(), Digest: digest, Scheme: "sha256"}
	must(p.Import(ctx, []keycask.Import{from}, 0, tester, nil))
}
