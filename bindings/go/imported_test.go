package keycask_test

import (
	"strings"
	"testing"

	"keycask.invalid/go"
)

// Once of many tokens each was cut where the longest that is issued ends: the longer of another
// system were refused, and one with something behind it was granted.
func TestTokensOfAnotherSystemAreWholeAmongMany(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	var imports []keycask.Import
	var tokens []string
	for _, size := range []int{
		keycask.TokenMax + 1, keycask.TokenMax + 2, keycask.ImportedTokenMax - 1,
		keycask.ImportedTokenMax,
	} {
		// None begins as another does.
		text := strings.Repeat("~", size-1) + "."
		tokens = append(tokens, string(rune('a'+len(tokens)))+text[1:])
		token := keycask.NewToken(tokens[len(tokens)-1])
		imports = append(imports, keycask.Import{Spec: p.spec(), Token: token})
	}
	must(p.Import(ctx, imports, 0, tester, nil))
	good := len(tokens)
	for _, token := range tokens[:good] {
		tokens = append(tokens, token+"~", token[:len(token)-1], token+token)
	}
	for len(tokens) < 130 { // more than are decided at once, each as long as any place is
		tokens = append(tokens, tokens[good-1]+"~")
	}
	statuses := make([]keycask.Status, len(tokens))
	grants, denials := make([]keycask.Grant, len(tokens)), make([]keycask.Denial, len(tokens))
	ask := keycask.Request{Scopes: p.read, Cost: keycask.Free}
	_ = p.CheckMany(p.realm, tokens, ask, statuses, grants, denials)
	for i, token := range tokens {
		alone := p.Check(p.realm, token, ask)
		same(t, statuses[i], alone.Status)
		same(t, statuses[i] == 0, i < good)
		if alone.Granted() {
			same(t, grants[i], alone.Grant)
		} else {
			same(t, denials[i], alone.Denial)
		}
	}
}

// Once a token that was too long for the first room was told to the trail twice.
func TestALongTokenIsRevealedOnce(t *testing.T) {
	p := newPlace(t)
	profile := "realm = \"old\"\n[[kind]]\nname = \"shown\"\nprefix = \"old_\"\nbody = 32\nreveal = true\n"
	realm := must(p.ApplyRealm(ctx, "old.toml", profile, tester))
	ok(t, p.SetOwner(ctx, realm, "ann", keycask.OwnerChange{}, tester))
	spec := keycask.Spec{Realm: realm, Kind: "shown", Owner: "ann"}
	for i, size := range []int{4, keycask.TokenMax, keycask.TokenMax + 1, keycask.ImportedTokenMax} {
		token := keycask.NewToken(strings.Repeat("~", size))
		outcomes := must(p.Import(ctx, []keycask.Import{{Spec: spec, Token: token}}, 0, tester, nil))
		same(t, must(p.Reveal(ctx, outcomes[0].Key, tester)).Expose(), token.Expose())
		told := 0
		for entry, err := range p.Audit(ctx, keycask.AuditFilter{Events: []string{"key_revealed"}}, 0) {
			ok(t, err)
			same(t, entry.Actor, "test")
			told++
		}
		same(t, told, i+1)
	}
}
