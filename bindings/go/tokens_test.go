package keycask_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"keycask.invalid/go"
)

// The token vectors that all languages share, through a realm each.
func TestEveryVectorHasTheResultThatItNames(t *testing.T) {
	var vectors []struct {
		About, Prefix, Checksum, Text, Result string
		BodyLen                               int `json:"body_len"`
	}
	ok(t, json.Unmarshal([]byte(read(t, "tests/vectors/tokens.json")), &vectors))
	p := newPlace(t)
	shapes := map[keycask.Malformation]string{
		keycask.MalformedPrefix: "prefix", keycask.MalformedLength: "length",
		keycask.MalformedCharacter: "character", keycask.MalformedChecksum: "checksum",
	}
	seen := map[string]bool{}
	for i, v := range vectors {
		profile := fmt.Sprintf("realm = \"vector%d\"\n[[kind]]\nname = \"it\"\nprefix = %q\n"+
			"body = %d\nchecksum = %q\n", i, v.Prefix, v.BodyLen, v.Checksum)
		realm, err := p.ApplyRealm(ctx, "vector.toml", profile, tester)
		ok(t, err)
		got := "accepted" // what is shaped right was looked up, and is nobody's
		verdict := p.Check(realm, v.Text, keycask.Request{})
		if verdict.Status != keycask.DenyUnknown {
			same(t, verdict.Status, keycask.DenyMalformed)
			got = shapes[verdict.Denial.Malformed]
		}
		if got != v.Result {
			t.Errorf("%s: got %s, want %s", v.About, got, v.Result)
		}
		statuses, denials := make([]keycask.Status, 1), make([]keycask.Denial, 1)
		_ = p.CheckMany(realm, []string{v.Text}, keycask.Request{}, statuses, nil, denials)
		same(t, statuses[0], verdict.Status)
		same(t, denials[0], verdict.Denial)
		seen[v.Result] = true
	}
	same(t, len(seen), 5)
}
