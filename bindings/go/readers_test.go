package keycask_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"keycask.invalid/go"
)

var errOnce = errors.New("said once")

// onceReader gives its text together with an error, and then is at its end.
type onceReader struct {
	text string
	with error
}

func (r *onceReader) Read(to []byte) (int, error) {
	n := copy(to, r.text)
	r.text = r.text[n:]
	if n > 0 && r.text == "" {
		return n, r.with
	}
	return n, io.EOF
}

func TestAnErrorThatAReaderSaysOnceBesideBytesIsReturned(t *testing.T) {
	p := newPlace(t)
	lines := keycask.Lines{Realm: p.realm, Kind: "eu-live", Scheme: "sha256"}
	line := `{"owner": "ann", "digest": "` + strings.Repeat("2c", 32) + "\"}\n"
	_, err := p.ImportLines(ctx, &onceReader{line, errOnce}, lines, 0, tester, nil)
	if !errors.Is(err, errOnce) {
		t.Fatalf("an import of half a text: %v", err)
	}
	report := must(p.ImportLines(ctx, &onceReader{line, io.EOF}, lines, 0, tester, nil))
	same(t, report.Imported+report.Known, 1)

	issued := must(p.Issue(ctx, keycask.Spec{Realm: p.realm, Kind: "eu-live", Owner: "ann"}, tester))
	text, seen := "a "+issued.Token.Expose()+" b", 0
	found := func(keycask.Leak) error { seen++; return nil }
	if _, err = p.Leaked(&onceReader{text, errOnce}, found); !errors.Is(err, errOnce) {
		t.Fatalf("a search in half a text: %v", err)
	}
	seen = 0
	must(p.Leaked(&onceReader{text, io.EOF}, found))
	same(t, seen, 1)
}

// Once nobody was told that the keys of thousands of lines before are there.
func TestAReaderThatFailsHalfWayIsToldWithWhatWasImported(t *testing.T) {
	p := newPlace(t)
	var text strings.Builder
	for n := range keycask.ManyMax {
		fmt.Fprintf(&text, "{\"owner\": \"ann\", \"token\": \"line-%08d\"}\n", n)
	}
	lines := keycask.Lines{Realm: p.realm, Kind: "eu-live"}
	for _, try := range []struct {
		text string
		says bool
	}{{text.String()[:100], false}, {text.String(), true}} {
		from := io.MultiReader(strings.NewReader(try.text), iotest.ErrReader(errOnce))
		report, err := p.ImportLines(ctx, from, lines, keycask.ImportIgnoreCaps, tester, nil)
		if !errors.Is(err, errOnce) || !errors.Is(err, keycask.ErrIO) {
			t.Fatal(err)
		}
		said := strings.Contains(err.Error(), "; 10000 keys of earlier lines were imported")
		same(t, said, try.says)
		same(t, report, keycask.ImportReport{})
	}
	same(t, must(p.Imported(p.realm))[""], keycask.ManyMax)
}

// Once what a function had that ended its goroutine was kept for ever.
func TestAFunctionThatEndsItsGoroutineIsNotKept(t *testing.T) {
	p := newPlace(t)
	text := p.issue(t).Token.Expose()
	let := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		held := new([64]byte)
		runtime.AddCleanup(held, func(let chan struct{}) { close(let) }, let)
		_, _ = p.Leaked(strings.NewReader(text), func(keycask.Leak) error {
			held[0]++
			runtime.Goexit()
			return nil
		})
		t.Error("the call returned")
	})
	ended.Wait()
	for range 500 {
		runtime.GC()
		select {
		case <-let:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("what the function had is kept")
}

// roundTrip fails unless JSON gives back what it was given.
func roundTrip[T any](t *testing.T, what T) {
	t.Helper()
	var back T
	text := must(json.Marshal(what))
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if !reflect.DeepEqual(back, what) {
		t.Fatalf("%s\ncame back as\n%s", text, must(json.Marshal(back)))
	}
}

func TestWhatIsToldOfKeysComesBackFromJSON(t *testing.T) {
	p := newPlace(t, func(o *keycask.Options) { o.Decisions = 1 })
	spec := keycask.Spec{Realm: p.realm, Kind: "eu-live", Owner: "ann", Scopes: p.write}
	issued := must(p.Issue(ctx, spec, tester))
	key := must(p.Key(ctx, issued.Key))
	same(t, key.Predecessor, 0)
	same(t, key.Scopes, p.write)
	roundTrip(t, key)
	asked := tester
	asked.Operation = "of-several"
	ok(t, p.RevokeMany(ctx, []keycask.KeyID{issued.Key}, asked))
	roundTrip(t, must(p.Operation(ctx, asked.Operation)))
	roundTrip(t, keycask.Operation{Seq: 1})

	entries, _, err := p.AuditPage(ctx, keycask.AuditFilter{}, 0, 0)
	ok(t, err)
	var withoutKey int
	for _, entry := range entries {
		if entry.Key == 0 {
			withoutKey++
		}
		roundTrip(t, entry)
	}
	if withoutKey == 0 {
		t.Fatal("every entry has a key")
	}

	request := keycask.Request{Scopes: p.read, Address: netip.MustParseAddr("192.0.2.7")}
	_, _ = p.Verify(p.realm, "nothing", request)
	_, _ = p.Verify(p.realm, issued.Token.Expose(), request)
	decisions, _, err := p.Decisions(math.MaxInt)
	ok(t, err)
	same(t, len(decisions), 2)
	for _, decision := range decisions {
		roundTrip(t, decision)
	}
	roundTrip(t, keycask.Decision{Missing: p.read, Needed: p.write.Union(p.read)})

	strange := issued.Token.Expose()[:len(issued.Token.Expose())-8] + "AAAAAAAA"
	must(p.Leaked(strings.NewReader(issued.Token.Expose()+" "+strange), func(leak keycask.Leak) error {
		roundTrip(t, leak)
		return nil
	}))
	roundTrip(t, keycask.Leak{})
}

func TestTheTextOfASetOfScopesIsReadAsItIsWritten(t *testing.T) {
	p := newPlace(t)
	var back keycask.Scopes
	ok(t, back.UnmarshalText(must(p.write.MarshalText())))
	same(t, back, p.write)
	for _, wrong := range []string{"", "0", strings.Repeat("0", 31), strings.Repeat("0", 33),
		strings.Repeat("0", 34), strings.Repeat("g", 32)} {
		err := back.UnmarshalText([]byte(wrong))
		if !errors.Is(err, keycask.ErrArgument) {
			t.Fatalf("%q: %v", wrong, err)
		}
		same(t, back, p.write)
	}
	var key keycask.KeyID
	if key.UnmarshalText([]byte("key_")) == nil {
		t.Fatal("a text that names no key was read")
	}
}
