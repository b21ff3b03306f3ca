package gin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	framework "github.com/gin-gonic/gin"

	"keycask.invalid/go"
	"keycask.invalid/go/gin"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestGinAnswersAsTheProfileSays(t *testing.T) {
	ctx, by := context.Background(), keycask.Actor{Name: "test"}
	store := must(keycask.Create(ctx, filepath.Join(t.TempDir(), "keys"), nil))
	defer store.Close()
	profile := must(os.ReadFile("../../../profiles/seogeo.toml"))
	realm := must(store.ApplyRealm(ctx, "seogeo.toml", string(profile), by))
	if err := store.SetOwner(ctx, realm, "user-7", keycask.OwnerChange{}, by); err != nil {
		t.Fatal(err)
	}
	read := must(store.ScopesNamed(realm, "projects:read"))
	write := must(store.ScopesNamed(realm, "projects:write"))
	spec := keycask.Spec{Realm: realm, Kind: "live", Owner: "user-7", Scopes: read}
	token := must(store.Issue(ctx, spec, by)).Token.Expose()

	framework.SetMode(framework.TestMode)
	engine := framework.New()
	engine.Use(gin.Middleware(store, realm))
	whose := func(c *framework.Context) {
		grant, _ := keycask.FromContext(c.Request.Context())
		owner, _, _ := store.OwnerID(grant.Owner)
		c.String(http.StatusOK, owner)
	}
	engine.GET("/read", whose)
	engine.GET("/write", gin.RequireScopes(write), whose)

	for _, try := range []struct {
		path, token string
		need        keycask.Scopes
		granted     bool
	}{
		{"/read", token, keycask.Scopes{}, true},
		{"/read", "nonsense", keycask.Scopes{}, false},
		{"/write", token, write, false},
	} {
		request := httptest.NewRequest("GET", try.path, nil)
		request.Header.Set("Authorization", "Bearer "+try.token)
		got := httptest.NewRecorder()
		engine.ServeHTTP(got, request)
		head := keycask.Head{Method: "GET", Header: request.Header}
		want, verdict := store.Present(realm, head, keycask.Request{Scopes: try.need})
		body := string(want.Body)
		if try.granted {
			body = "user-7"
		}
		if verdict.Granted() != try.granted || got.Code != want.Status ||
			got.Body.String() != body {
			t.Errorf("%s: got %d %s, want %d %s", try.path, got.Code, got.Body, want.Status, body)
		}
	}
}

func TestARouteThatRequiresNoScopeIsNotMade(t *testing.T) {
	defer func() {
		if why := recover(); why != "keycask: RequireScopes of no scope" {
			t.Errorf("it panicked with %v", why)
		}
	}()
	gin.RequireScopes(keycask.Scopes{})
	t.Error("it was made")
}
