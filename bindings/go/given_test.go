package keycask_test

import (
	"errors"
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
