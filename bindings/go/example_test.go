package keycask_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"keycask.invalid/go"
)

// opened is a store for examples.
func opened() (*keycask.Store, keycask.Realm, func()) {
	directory := must(os.MkdirTemp("", "keycask"))
	store := must(keycask.Create(ctx, filepath.Join(directory, "keys"), nil))
	profile := must(os.ReadFile("../../profiles/example.toml"))
	realm := must(store.ApplyRealm(ctx, "example.toml", string(profile), tester))
	if err := store.SetOwner(ctx, realm, "ann", keycask.OwnerChange{}, tester); err != nil {
		panic(err)
	}
	return store, realm, func() {
		if err := store.Close(); err != nil {
			panic(err)
		}
		os.RemoveAll(directory)
	}
}

func ExampleStore_Verify() {
	store, realm, done := opened()
	defer done()
	read, err := store.ScopesNamed(realm, "satellites:read")
	if err != nil {
		panic(err)
	}
	issued, err := store.Issue(ctx, keycask.Spec{
		Realm: realm, Kind: "eu-live", Owner: "ann", Scopes: read, Name: "ci",
	}, keycask.Actor{Name: "ann"})
	if err != nil {
		panic(err)
	}

	grant, err := store.Verify(realm, issued.Token.Expose(), keycask.Request{Scopes: read})
	fmt.Println(grant.Key == issued.Key, err)

	err = store.Revoke(ctx, issued.Key, keycask.Actor{Name: "ann", Reason: "it was in a log"})
	if err != nil {
		panic(err)
	}
	_, err = store.Verify(realm, issued.Token.Expose(), keycask.Request{Scopes: read})
	fmt.Println(errors.Is(err, keycask.Denied), errors.Is(err, keycask.DenyRevoked))
	// Output:
	// true <nil>
	// true true
}

func ExampleStore_Rotate() {
	store, realm, done := opened()
	defer done()
	issued := must(store.Issue(ctx, keycask.Spec{Realm: realm, Kind: "eu-live", Owner: "ann"},
		keycask.Actor{Name: "ann"}))

	next, err := store.Rotate(ctx, issued.Key, keycask.Rotation{}, keycask.Actor{Name: "ann"})
	if err != nil {
		panic(err)
	}
	old := must(store.Verify(realm, issued.Token.Expose(), keycask.Request{}))
	_, err = store.Verify(realm, next.Token.Expose(), keycask.Request{})
	fmt.Println(old.InGrace(), err)
	// Output: true <nil>
}

func ExampleStore_List() {
	store, realm, done := opened()
	defer done()
	for _, name := range []string{"laptop", "ci"} {
		must(store.Issue(ctx, keycask.Spec{
			Realm: realm, Kind: "eu-live", Owner: "ann", Name: name,
		}, keycask.Actor{Name: "ann"}))
	}

	ann := keycask.Filter{Realm: &realm, Owner: keycask.Given("ann")}
	for key, err := range store.List(ctx, ann) {
		if err != nil {
			panic(err)
		}
		fmt.Println(key.Name, key.State)
	}
	// Unordered output:
	// laptop active
	// ci active
}

func ExampleMiddleware() {
	store, realm, done := opened()
	defer done()
	write, err := store.ScopesNamed(realm, "satellites:write")
	if err != nil {
		panic(err)
	}

	whoami := func(w http.ResponseWriter, r *http.Request) {
		grant, _ := keycask.FromContext(r.Context())
		is, err := store.Describe(grant)
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, is.Owner)
	}
	move := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "moved") }

	mux := http.NewServeMux()
	mux.HandleFunc("GET /whoami", whoami)
	mux.Handle("POST /move", keycask.RequireScopes(write)(http.HandlerFunc(move)))
	handler := keycask.Middleware(store, realm)(mux)
	_ = handler // http.ListenAndServe(":8080", handler)
	// Output:
}
