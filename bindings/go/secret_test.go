package keycask_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycask.invalid/go"
)

// printed is what a program may print of a value, in every way that it has.
func printed(value any) string {
	var text bytes.Buffer
	for _, verb := range "vsdxXqcobUeEfgGtp" {
		for _, flag := range []string{"", "+", "#", " ", "0", "-"} {
			fmt.Fprintf(&text, "%"+flag+string(verb)+"\n", value)
		}
	}
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil),
	} {
		slog.New(handler).Info("it is", "value", value)
	}
	if made, err := json.Marshal(value); err == nil {
		text.Write(made)
	}
	return text.String()
}

// shows fails if a part of the secret is in the text, however it is written.
func shows(t *testing.T, text, secret string) {
	t.Helper()
	const size = 12 // so that no address looks like one
	for i := range len(secret) - size {
		part := secret[i : i+size]
		for _, verb := range []string{"%s", "%x", "%X", "% x", "% X", "%d", "%o", "%b", "%c", "%#v"} {
			written := strings.Trim(fmt.Sprintf(verb, []byte(part)), "[]")
			if strings.Contains(text, written) {
				t.Fatalf("%s, a part of the secret, is in what is printed as %s", written, verb)
			}
		}
	}
}

// Once what was not printed by itself was printed of a struct in whose own field it stood, since fmt
// asks no method there; and of options and imports it was printed always.
func TestASecretDoesNotShowItself(t *testing.T) {
	type own struct {
		token  keycask.Token
		issued keycask.Issued
		given  keycask.Import
		with   keycask.Options
	}
	p := newPlace(t)
	issued := p.issue(t)
	const pepper, salt, digest = "a pepper of thirty-two bytes, yes", "the salt of before", "a digest of another system"
	with := keycask.Options{
		Pepper: keycask.NewSecret(pepper), PreviousPepper: keycask.NewSecret([]byte(pepper)),
		SealingKey:    keycask.NewSecret(pepper),
		ImportSecrets: map[string]keycask.Secret{"old": keycask.NewSecret(salt)},
	}
	given := keycask.Import{Token: issued.Token, Digest: keycask.NewSecret(digest)}
	it := own{issued.Token, issued, given, with}
	for _, value := range []any{
		issued, &issued, issued.Token, &issued.Token, given, with, with.Pepper, with.ImportSecrets,
		it, &it, []any{it}, map[string]any{"it": it},
	} {
		text := printed(value)
		for _, secret := range []string{issued.Token.Expose()[len("orb_eu_live_"):], pepper, salt, digest} {
			shows(t, text, secret)
		}
	}
	same(t, fmt.Sprintf("%v %#v %d", issued.Token, with.Pepper, issued.Token), "[hidden] [hidden] [hidden]")
	same(t, string(must(json.Marshal(issued.Token))), `"[hidden]"`)
	same(t, (keycask.Token{}).Expose(), "")
	same(t, string(given.Digest.Expose()), digest)
	// What is looked for is found where it is.
	plain := printed(struct{ token string }{issued.Token.Expose()})
	same(t, strings.Contains(plain, issued.Token.Expose()), true)
}

// Once a secret of no bytes, as of a variable that was not set, was none: a store was made that had no
// pepper.
func TestASecretOfNoBytesIsRefused(t *testing.T) {
	p := newPlace(t)
	none := keycask.NewSecret("")
	for name, with := range map[string]keycask.Options{
		"pepper": {Pepper: none}, "no bytes": {Pepper: keycask.NewSecret([]byte(nil))},
		"previous": {Pepper: secret(1), PreviousPepper: none}, "sealing": {SealingKey: none},
	} {
		path := filepath.Join(t.TempDir(), "store")
		_, err := keycask.Create(ctx, path, &with)
		if !errors.Is(err, keycask.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there is a file: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "store")
	ok(t, must(keycask.Create(ctx, path, &keycask.Options{Pepper: keycask.Secret{}})).Close())
	_, err := keycask.Open(ctx, path, &keycask.Options{Pepper: none})
	same(t, errors.Is(err, keycask.ErrArgument), true)
	ok(t, must(keycask.Open(ctx, path, nil)).Close())

	same(t, errors.Is(p.RotatePepper(ctx, none, tester), keycask.ErrArgument), true)
	_, err = p.ChangeSealingKey(ctx, none, tester)
	same(t, errors.Is(err, keycask.ErrArgument), true)
	token := keycask.NewToken("a_token_of_another_system")
	for _, one := range []keycask.Import{
		{Spec: p.spec(), Token: token, Digest: none},
		{Spec: p.spec(), Digest: none, Scheme: "sha256"},
	} {
		_, err = p.Import(ctx, []keycask.Import{one}, 0, tester, nil)
		same(t, errors.Is(err, keycask.ErrArgument), true)
	}
}
