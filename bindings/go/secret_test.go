package keycask_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
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
