package keycask_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keycask.invalid/go"
)

// top is the project's root.
const top = "../.."

var (
	ctx    = context.Background()
	tester = keycask.Actor{Name: "test"}
	// monday is where the clocks of stores stand.
	monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
)

// secret is one of this byte alone.
func secret(of byte) keycask.Secret {
	return keycask.NewSecret(bytes.Repeat([]byte{of}, keycask.SecretLen))
}

func options() *keycask.Options {
	return &keycask.Options{
		Pepper:     secret(0x50),
		SealingKey: secret(0x53),
		Clock:      monday,
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func same[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, path))
	ok(t, err)
	return string(text)
}

// A place is a new store with the realm of profiles/example.toml and an owner.
type place struct {
	*keycask.Store
	path  string
	realm keycask.Realm
	read  keycask.Scopes
	write keycask.Scopes
}

func newPlace(t testing.TB, change ...func(*keycask.Options)) *place {
	t.Helper()
	p := &place{path: filepath.Join(t.TempDir(), "store")}
	with := options()
	for _, f := range change {
		f(with)
	}
	var err error
	p.Store, err = keycask.Create(ctx, p.path, with)
	ok(t, err)
	t.Cleanup(func() { ok(t, p.Close()) })
	p.realm, err = p.ApplyRealm(ctx, "example.toml", read(t, "profiles/example.toml"), tester)
	ok(t, err)
	ok(t, p.SetOwner(ctx, p.realm, "ann", keycask.OwnerChange{}, tester))
	p.read = must(p.ScopesNamed(p.realm, "satellites:read"))
	p.write = must(p.ScopesNamed(p.realm, "satellites:write"))
	return p
}

// large gives the owner a plan with room for a hundred keys.
func (p *place) large(t testing.TB) {
	t.Helper()
	change := keycask.OwnerChange{Plan: keycask.Given("constellation")}
	ok(t, p.SetOwner(ctx, p.realm, "ann", change, tester))
}

func (p *place) spec() keycask.Spec {
	return keycask.Spec{Realm: p.realm, Kind: "eu-live", Owner: "ann", Scopes: p.read, Name: "ci"}
}

func (p *place) issue(t testing.TB) keycask.Issued {
	t.Helper()
	issued, err := p.Issue(ctx, p.spec(), tester)
	ok(t, err)
	return issued
}

// many are tokens of so many new keys.
func (p *place) many(t testing.TB, count int) (tokens []string) {
	t.Helper()
	p.large(t)
	specs := make([]keycask.Spec, count)
	for i := range specs {
		specs[i] = p.spec()
	}
	issued, err := p.IssueMany(ctx, specs, tester)
	ok(t, err)
	for _, key := range issued {
		tokens = append(tokens, key.Token.Expose())
	}
	return tokens
}
