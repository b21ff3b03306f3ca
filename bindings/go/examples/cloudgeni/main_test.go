package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"keycask.invalid/go"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newStore has one key; its token.
func newStore(t *testing.T, path string) string {
	ctx, by := context.Background(), keycask.Actor{Name: "test"}
	store, err := keycask.Create(ctx, path, nil)
	ok(t, err)
	defer func() { ok(t, store.Close()) }()
	profile, err := os.ReadFile("../../../../profiles/cloudgeni.toml")
	ok(t, err)
	realm, err := store.ApplyRealm(ctx, "cloudgeni.toml", string(profile), by)
	ok(t, err)
	plan := keycask.OwnerChange{Plan: keycask.Given("pro")}
	ok(t, store.SetOwner(ctx, realm, "acme", plan, by))
	read, err := store.ScopesNamed(realm, "read-only")
	ok(t, err)
	spec := keycask.Spec{Realm: realm, Kind: "live", Owner: "acme", Scopes: read, Name: "CI/CD"}
	issued, err := store.Issue(ctx, spec, by)
	ok(t, err)
	return issued.Token.Expose()
}

// The service, started for real, answers the page's curl as the page says.
func TestThePagesCurlIsAnsweredAsThePageSays(t *testing.T) {
	directory := t.TempDir()
	path, program := filepath.Join(directory, "keys"), filepath.Join(directory, "cloudgeni")
	token := newStore(t, path)
	said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	service := exec.Command(program, "127.0.0.1:0")
	service.Env = append(os.Environ(), "CLOUDGENI_STORE="+path)
	log, err := service.StderrPipe()
	ok(t, err)
	ok(t, service.Start())
	t.Cleanup(func() { _ = service.Process.Kill() })
	line, err := bufio.NewReader(log).ReadString('\n')
	ok(t, err)
	_, address, _ := strings.Cut(strings.TrimSpace(line), "listening on ")

	curl := func(method, path string, more ...string) string {
		t.Helper()
		words := append([]string{"-s", "-i", "-X", method, "http://" + address + path}, more...)
		said, err := exec.Command("curl", words...).Output()
		ok(t, err)
		return strings.ReplaceAll(string(said), "\r", "")
	}
	wants := func(got, status, body string, fields ...string) {
		t.Helper()
		head, rest, _ := strings.Cut(got, "\n\n")
		if !strings.HasPrefix(head, "HTTP/1.1 "+status) || strings.TrimSpace(rest) != body {
			t.Fatalf("got %s", got)
		}
		for _, field := range fields {
			if !regexp.MustCompile(`(?mi)^` + field + `$`).MatchString(head) {
				t.Fatalf("no %s in %s", field, head)
			}
		}
	}
	kind := []string{"-H", "Content-Type: application/json"}
	key := append([]string{"-H", "X-CLOUDGENI-API-KEY: " + token}, kind...)
	unauthorized := `{"error":"unauthorized","message":"Invalid API key provided"}`

	wants(curl("GET", "/api/v1/organizations", key...), "200", `{"data":[{"id":"acme"}]}`,
		"X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 299", "X-RateLimit-Reset: [0-9]+")
	wants(curl("GET", "/api/v1/organizations", "-H",
		"X-CLOUDGENI-API-KEY: cg_live_xxxxxxxxxxxxxxxxxxxx"), "401", unauthorized)
	wants(curl("GET", "/api/v1/organizations", "-H", "Authorization: Bearer "+token), "401",
		unauthorized, "Content-Type: application/json", "Cache-Control: no-store")
	wants(curl("GET", "/api/v1/organizations", kind...), "401", unauthorized)
	wants(curl("POST", "/api/v1/scans", key...), "403",
		`{"error":"forbidden","message":"API key does not have permission for this action"}`)
	// What was refused for its scope was charged to nobody.
	wants(curl("GET", "/api/v1/organizations", key...), "200", `{"data":[{"id":"acme"}]}`,
		"X-RateLimit-Remaining: 298")

	ok(t, service.Process.Signal(syscall.SIGTERM))
	ok(t, service.Wait())
	store, err := keycask.Open(context.Background(), path, nil)
	ok(t, err)
	ok(t, store.Close())
}
