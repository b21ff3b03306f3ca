package keycask_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"keycask.invalid/go"
)

// What no script of a system does, each once: the library's own tests try the rest.

func TestARealmIsDescribed(t *testing.T) {
	p := newPlace(t)
	same(t, must(p.RealmName(p.realm)), "orbit")
	same(t, must(p.Realm("orbit")), p.realm)
	same(t, fmt.Sprint(must(p.Realms())), fmt.Sprint([]keycask.Realm{p.realm}))
	same(t, must(p.KindNames(p.realm))[0], "eu-live")
	same(t, must(p.ScopeNames(p.realm))[0], "satellites:read")
	same(t, strings.Join(must(p.PlanNames(p.realm)), " "), "cubesat constellation")
	for _, name := range must(p.SetNames(p.realm)) {
		same(t, must(p.Set(p.realm, name)).Name, name)
	}
	kind := must(p.Kind(p.realm, "eu-test"))
	same(t, kind.Prefix, "orb_eu_test_")
	same(t, kind.Active, 3)
	same(t, kind.Rights, keycask.RightsKey)
	plan := must(p.Plan(p.realm, "cubesat"))
	same(t, plan.ActiveOf["eu-test"], 2)
	same(t, plan.Windows[1], keycask.Window{Limit: 100, Burst: 20, Period: time.Minute})
	policy := must(p.Policy(p.realm))
	same(t, policy.DefaultPlan, "cubesat")
	same(t, policy.DefaultLife, 180*24*time.Hour)
	lines := must(p.CompareRealm(ctx, "x.toml", read(t, "profiles/example.toml")))
	same(t, strings.Join(lines, "; "), "realm orbit: unchanged")
	changed := strings.Replace(read(t, "profiles/example.toml"), "active = 100", "active = 99", 1)
	lines = must(p.CompareRealm(ctx, "x.toml", changed))
	same(t, strings.Join(lines, "; ") != "realm orbit: unchanged", true)
	_, err := p.ApplyRealm(ctx, "wrong.toml", "realm = 7", tester)
	if !errors.Is(err, keycask.ErrProfile) || !strings.Contains(err.Error(), "wrong.toml") {
		t.Fatal(err)
	}
}

func TestOwnersAreListed(t *testing.T) {
	p := newPlace(t)
	for _, id := range []string{"bob", "cid"} {
		ok(t, p.SetOwner(ctx, p.realm, id, keycask.OwnerChange{}, tester))
	}
	var ids []string
	for owner, err := range p.Owners(ctx, p.realm) {
		ok(t, err)
		ids = append(ids, owner.ID)
	}
	same(t, strings.Join(ids, " "), "ann bob cid")
	page := must(p.OwnersPage(ctx, p.realm, "ann", 1))
	same(t, page[0].ID, "bob")
	same(t, len(page), 1)
}

func TestManyKeysEnd(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	issued := must(p.IssueMany(ctx, make5(p.spec()), tester))
	ok(t, p.RevokeMany(ctx, []keycask.KeyID{issued[0].Key, issued[1].Key}, tester))
	ok(t, p.RevokeMany(ctx, nil, tester))
	filter := keycask.Filter{Realm: &p.realm, Owner: keycask.Given("ann")}
	same(t, must(p.Count(ctx, filter)), 5)
	count, first, err := p.DryRun(ctx, keycask.EndRevoke, filter)
	ok(t, err)
	same(t, count, 3)
	same(t, first[0], issued[2].Key)
	key, err := p.RevokePresented(ctx, p.realm, issued[2].Token.Expose(), "found in a log")
	ok(t, err)
	same(t, key, issued[2].Key)
	_, err = p.RevokePresented(ctx, p.realm, "nonsense", "")
	same(t, errors.Is(err, keycask.DenyMalformed), true)
	same(t, must(p.EndMany(ctx, keycask.EndRevoke, filter, tester)), 2)
	filter.State = keycask.Given(keycask.Revoked)
	same(t, must(p.Count(ctx, filter)), 5)
	last := p.issue(t).Key
	ok(t, p.Suspend(ctx, last, tester))
	live := must(p.CountByKind(ctx))[0]
	same(t, live, keycask.KindCount{
		Realm: p.realm, Kind: live.Kind, Suspended: 1, Revoked: 5,
	})
	same(t, must(p.KindName(live.Realm, live.Kind)), "eu-live")
	parsed := must(keycask.ParseKeyID(key.String()))
	same(t, parsed, key)
}

func make5(spec keycask.Spec) []keycask.Spec {
	return []keycask.Spec{spec, spec, spec, spec, spec}
}

func TestAnOperationIsDoneOnce(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	by := keycask.Actor{Name: "test", Operation: "op-1"}
	ok(t, p.Suspend(ctx, issued.Key, by))
	ok(t, p.Suspend(ctx, issued.Key, by))
	same(t, must(p.Operation(ctx, "op-1")).Key, issued.Key)
	same(t, errors.Is(p.Revoke(ctx, issued.Key, by), keycask.ErrConflict), true)
	_, err := p.Operation(ctx, "op-2")
	same(t, errors.Is(err, keycask.ErrNotFound), true)
}

func TestCreditsAreChanged(t *testing.T) {
	p := newPlace(t)
	spec, quota := p.spec(), "10 per day"
	spec.Quota = &quota
	issued := must(p.Issue(ctx, spec, tester))
	change := keycask.KeyChange{Credits: keycask.AddCredits(5)}
	ok(t, p.Update(ctx, issued.Key, change, tester))
	key := must(p.Key(ctx, issued.Key))
	same(t, key.Credits.Remaining, 15)
	same(t, key.Credits.Limit, 10)
	grant := must(p.Verify(p.realm, issued.Token.Expose(), keycask.Request{Cost: 3}))
	credits, there := grant.Credits()
	same(t, there, true)
	same(t, credits.Remaining, 12)
	ok(t, p.Update(ctx, issued.Key, keycask.KeyChange{Credits: keycask.SetCredits(1)}, tester))
	verdict := p.Check(p.realm, issued.Token.Expose(), keycask.Request{Cost: 2})
	same(t, verdict.Status, keycask.DenyQuotaExhausted)
	same(t, verdict.Denial.RetryAfter() > 0, true)
	ok(t, p.Update(ctx, issued.Key, keycask.KeyChange{Credits: keycask.TakeCredits(1)}, tester))
}

// An empty text never lifts a limit: what does has a name.
func TestALimitIsLiftedByNameAlone(t *testing.T) {
	p := newPlace(t)
	spec, networks, quota, none := p.spec(), "192.0.2.0/24", "1", ""
	spec.Networks, spec.Quota = &networks, &quota
	issued := must(p.Issue(ctx, spec, tester))
	for want, change := range map[string]keycask.KeyChange{
		"networks: 0; from 1 to 64 are allowed":         {Networks: &none},
		"networks: set, and KEYCASK_ANY_NETWORK is too": {Networks: &networks, AnyNetwork: true},
		"quota \"\": want one":                          {Quota: &none},
		"quota: set, and KEYCASK_NO_QUOTA is too":       {Quota: &quota, NoQuota: true},
	} {
		err := p.Update(ctx, issued.Key, change, tester)
		same(t, errors.Is(err, keycask.ErrArgument), true)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and not %s", err, want)
		}
	}
	key := must(p.Key(ctx, issued.Key))
	same(t, strings.Join(key.Networks, " "), networks)
	same(t, key.Quota, quota)
	change := keycask.KeyChange{AnyNetwork: true, NoQuota: true}
	ok(t, p.Update(ctx, issued.Key, change, tester))
	key = must(p.Key(ctx, issued.Key))
	same(t, len(key.Networks), 0)
	same(t, key.Quota, "")
}

func TestTheTrailIsReadExportedCheckedAndTrimmed(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	because := keycask.Actor{Name: "bob", Reason: "because"}
	ok(t, p.Revoke(ctx, issued.Key, because))
	var events []string
	for entry, err := range p.Audit(ctx, keycask.AuditFilter{Key: &issued.Key}, 0) {
		ok(t, err)
		events = append(events, entry.Event+" by "+entry.Actor)
	}
	same(t, strings.Join(events, ", "), "key_issued by test, key_revoked by bob")
	one, page, err := p.AuditPage(ctx, keycask.AuditFilter{Actor: &because.Name}, 0, 1)
	ok(t, err)
	same(t, one[0].Reason, "because")
	same(t, page.First, 1)
	lines, _, err := p.ExportAudit(ctx, keycask.AuditFilter{Events: []string{"key_revoked"}}, 0,
		keycask.AuditJSON)
	ok(t, err)
	same(t, strings.Count(lines, "\n"), 1)
	span := must(p.CheckAudit(ctx))
	same(t, span.Entries, span.Last)
	count, more, err := p.TrimAudit(ctx, keycask.TrimThrough(2), tester)
	ok(t, err)
	same(t, count, 2)
	same(t, more, false)
	same(t, must(p.CheckAudit(ctx)).First, 3)
}

func TestTheFeedTellsWhatChanged(t *testing.T) {
	p := newPlace(t)
	_, newest, err := p.Feed(ctx)
	ok(t, err)
	issued := p.issue(t)
	changes, reached, err := p.Changes(ctx, newest)
	ok(t, err)
	same(t, len(changes), 1)
	same(t, changes[0].What, keycask.ChangedKey)
	same(t, keycask.KeyID(changes[0].Number), issued.Key)
	changes, again, err := p.Changes(ctx, reached)
	ok(t, err)
	same(t, len(changes), 0)
	same(t, again, reached)
	reached.StoreID[0] ^= 1
	_, _, err = p.Changes(ctx, reached)
	same(t, errors.Is(err, keycask.ErrGone), true)
}

func TestDecisionsAreKeptCountedAndLookedInto(t *testing.T) {
	p := newPlace(t, func(o *keycask.Options) {
		o.Decisions = keycask.Denials
		o.Patterns = &keycask.Patterns{ScopeDenials: 2, Within: time.Hour}
	})
	token := p.issue(t).Token.Expose()
	for range 3 {
		_, err := p.Verify(p.realm, token, keycask.Request{Scopes: p.write})
		same(t, errors.Is(err, keycask.DenyScope), true)
	}
	same(t, must(p.DecisionCounts())[keycask.DenyScope], 3)
	decisions, lost, err := p.Decisions(2)
	ok(t, err)
	same(t, len(decisions), 2)
	same(t, lost, 0)
	same(t, decisions[0].Outcome, keycask.DenyScope)
	same(t, decisions[0].Missing.IsEmpty(), false)
	same(t, decisions[0].Needed.IsEmpty(), true)
	same(t, must(p.AuditDecisions(ctx, tester)), 1)
	findings, _, err := p.Findings(ctx)
	ok(t, err)
	same(t, findings[0].Pattern, keycask.PatternScopeDenials)
	same(t, findings[0].Owner, "ann")
	same(t, must(p.TellFindings(ctx, tester)), 1)
}

func TestAGrantThatIsKeptSaysWhatItsRequestNeeded(t *testing.T) {
	p := newPlace(t, func(o *keycask.Options) { o.Decisions = 1 })
	_ = must(p.Verify(p.realm, p.issue(t).Token.Expose(), keycask.Request{Scopes: p.read}))
	decisions, _, err := p.Decisions(2)
	ok(t, err)
	same(t, len(decisions), 1)
	same(t, decisions[0].Needed, p.read)
	same(t, decisions[0].Missing.IsEmpty(), true)
}

func TestAStoreIsKeptInOrder(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	ok(t, p.Revoke(ctx, issued.Key, tester))
	ok(t, p.SetClock(monday.AddDate(2, 0, 0)))
	count, more, err := p.Sweep(ctx, 10, tester)
	ok(t, err)
	same(t, count, 1)
	same(t, more, false)
	same(t, must(p.SweepAll(ctx, tester)), 0)
	before, after, err := p.Compact(ctx)
	ok(t, err)
	same(t, after <= before, true)
	ok(t, p.Flush(ctx))
	same(t, must(p.ResetClock(ctx, tester)), monday.AddDate(2, 0, 0))
	stats := must(p.Stats(ctx))
	same(t, stats.Keys, 0)
	same(t, stats.Peppered, true)
	same(t, stats.LogCommits, stats.Seq)
	same(t, stats.AuditEntries, stats.AuditLast)
	same(t, stats.AuditLast > 4, true)
	ok(t, p.CheckFile(ctx))
}

func TestThePepperIsRotated(t *testing.T) {
	p := newPlace(t)
	token := p.issue(t).Token.Expose()
	other := p.issue(t)
	ok(t, p.RotatePepper(ctx, secret(0x51), tester))
	_ = must(p.Verify(p.realm, token, keycask.Request{}))
	same(t, must(p.Rehash(ctx)), 1)
	status := must(p.Pepper(ctx))
	same(t, status.Left, 1)
	same(t, status.Generation, 2)
	same(t, must(p.RetirePepper(ctx, tester)), 1)
	same(t, must(p.Key(ctx, other.Key)).State, keycask.Revoked)
	same(t, must(p.ChangeSealingKey(ctx, secret(1), tester)), 0)
}

func TestABackupIsRestored(t *testing.T) {
	p := newPlace(t)
	token := p.issue(t).Token.Expose()
	backup, path := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
	info := must(p.Backup(ctx, backup))
	same(t, info.Keys, 1)
	ok(t, p.SetOwner(ctx, p.realm, "bob", keycask.OwnerChange{}, tester))
	anchor := must(p.Anchor(ctx))
	restored := must(keycask.Restore(ctx, backup, path, options(),
		keycask.Restoring{Anchor: &anchor}, tester))
	same(t, restored.MissingKnown, true)
	same(t, restored.Missing, 1)
	same(t, restored.Backup, info.Anchor)
	store := must(keycask.Open(ctx, path, options()))
	defer store.Close()
	grant := must(store.Verify(p.realm, token, keycask.Request{}))
	err := store.Revoke(ctx, grant.Key, tester)
	same(t, errors.Is(err, keycask.ErrUnconfirmed), true)
	ok(t, store.ConfirmRestore(ctx, tester))
	ok(t, store.Revoke(ctx, grant.Key, tester))
}

func TestKeysOfAnotherSystemAreImported(t *testing.T) {
	p := newPlace(t)
	digest := sha256.Sum256([]byte("old_token_of_ann"))
	kept := keycask.NewSecret(hex.EncodeToString(digest[:]))
	one := keycask.Import{Spec: p.spec(), Digest: kept, Scheme: "sha256"}
	bad := one
	bad.Spec.Owner, bad.Digest = "nobody", keycask.NewSecret(strings.Repeat("ab", 32))
	var refused []string
	outcomes, err := p.Import(ctx, []keycask.Import{one, bad}, keycask.ImportSkipRefused, tester,
		func(r keycask.Refused) { refused = append(refused, r.Why.Status.String()) })
	ok(t, err)
	same(t, outcomes[0].Status, 0)
	same(t, outcomes[1].Status, keycask.ErrNotFound)
	same(t, strings.Join(refused, " "), "not_found")
	same(t, must(p.Imported(p.realm))["sha256"], 1)
	grant := must(p.Verify(p.realm, "old_token_of_ann", keycask.Request{Scopes: p.read}))
	same(t, grant.Key, outcomes[0].Key)
	same(t, must(p.Key(ctx, grant.Key)).Imported, true)

	second := sha256.Sum256([]byte("another_old_token"))
	line := fmt.Sprintf("{\"owner\": \"bob\", \"digest\": %q}\n", hex.EncodeToString(second[:]))
	lines := keycask.Lines{Realm: p.realm, Kind: "eu-live", Scheme: "sha256"}
	report := must(p.ImportLines(ctx, iotest.OneByteReader(strings.NewReader(line)), lines,
		keycask.ImportMakeOwners, tester, nil))
	same(t, report, keycask.ImportReport{Lines: 1, Imported: 1})
	_, err = p.ImportLines(ctx, iotest.ErrReader(io.ErrClosedPipe), lines, 0, tester, nil)
	same(t, errors.Is(err, io.ErrClosedPipe), true)
}

func TestLeakedTokensAreFound(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	text := "first line\nkey = " + issued.Token.Expose() + "\n"
	var found []keycask.Leak
	leaks := must(p.Leaked(strings.NewReader(text), func(leak keycask.Leak) error {
		found = append(found, leak)
		return nil
	}))
	same(t, leaks, keycask.Leaks{Bytes: uint64(len(text)), Found: 1, Keys: 1})
	same(t, found[0].Key, issued.Key)
	same(t, found[0].ToRevoke, true)
	same(t, found[0].Line, 2)
	same(t, found[0].Column, 7)
	message := fmt.Sprintf(`[{"token": %q, "type": "orbit", "url": "https://x/y", "source": "c"}]`,
		issued.Token.Expose())
	leaks = must(p.LeakedAlerts(strings.NewReader(message), func(leak keycask.Leak) error {
		same(t, leak.Alert.Kind, "orbit")
		return nil
	}))
	same(t, leaks.Found, 1)
	enough := errors.New("enough")
	_, err := p.Leaked(strings.NewReader(text), func(keycask.Leak) error { return enough })
	same(t, err, enough)
	same(t, strings.Contains(must(p.Rules(p.realm, keycask.Gitleaks)), "orb_eu_live_"), true)
}

// A function that panics does so for whoever made the call, and the store goes on.
func TestAPanicOfAFunctionIsTheCallers(t *testing.T) {
	p := newPlace(t)
	text := p.issue(t).Token.Expose()
	func() {
		defer func() { same(t, recover(), any("ouch")) }()
		_, _ = p.Leaked(strings.NewReader(text), func(keycask.Leak) error { panic("ouch") })
		t.Error("it went on")
	}()
	_ = must(p.Verify(p.realm, text, keycask.Request{}))
}
