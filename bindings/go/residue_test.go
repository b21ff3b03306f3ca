package keycask_test

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"keycask.invalid/go"
)

// Of a token, the part that no other has. Over the 16 bytes before it an allocator writes when it takes
// the buffer of a token back.
const (
	partFrom = 16
	partTo   = 32
	mask     = 0xA5
)

const (
	// Calls between two looks. After them a token is refused that is not looked for: of the last
	// token that a thread decided about, a copy may be on its stack until it decides about another.
	callsToLook = 3
	// Looks at a kind of call. One that left something is looked at more often, to tell chance from a
	// mistake: what leaves something by a mistake does it mistaken times at least.
	firstLooks = 3
	moreLooks  = 8
	mistaken   = 3
)

var masks = bytes.Repeat([]byte{mask}, 1<<18)

const residueProfile = `
realm = "acme"
[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]
[[kind]]
name = "live"
prefix = "acme_"
body = 32
checksum = "crc32"
[[kind]]
name = "shown"
prefix = "show_"
body = 32
reveal = true
`

// wipe overwrites a text where it stands. Go wipes nothing that it frees, so what Go itself has of a
// token is wiped by hand here: what is then left is a copy that keycask made.
func wipe(text string) {
	clear(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// masked is what is known of a token, so that it is not found where it is kept.
func masked(token string) []byte {
	part := make([]byte, 0, partTo-partFrom)
	for at := partFrom; at < partTo; at++ {
		part = append(part, token[at]^mask)
	}
	return part
}

// findIn is whether one of the parts stands in a text, which it wipes.
func findIn(text []byte, parts [][]byte) bool {
	// What was read is not to be found where it was read to; and where the parts are kept, the mask
	// takes their mask off.
	defer clear(text)
	for rest := text; len(rest) > 0; rest = rest[min(len(rest), len(masks)):] {
		subtle.XORBytes(rest, rest, masks)
	}
	return slices.ContainsFunc(parts, func(part []byte) bool { return bytes.Contains(text, part) })
}

// findInMemory is the same for all memory of this process.
func findInMemory(parts [][]byte) (found bool) {
	const chunk, longest = 1 << 18, 1 << 30
	maps := must(os.ReadFile("/proc/self/maps"))
	memory := must(os.Open("/proc/self/mem"))
	defer memory.Close()
	room, zeros := make([]byte, chunk), make([]byte, chunk)
	lines := bufio.NewScanner(bytes.NewReader(maps))
	for lines.Scan() {
		var begin, end uint64
		var rights string
		must(fmt.Sscanf(lines.Text(), "%x-%x %s", &begin, &end, &rights))
		// What is longer is reserved, as for the race detector's shadow.
		if !strings.HasPrefix(rights, "rw") || end-begin > longest {
			continue
		}
		for at := begin; at < end; at += chunk - 64 {
			n, err := memory.ReadAt(room[:min(chunk, end-at)], int64(at))
			if err != nil {
				break
			}
			// Most memory is.
			if !bytes.Equal(room[:n], zeros[:n]) {
				found = findIn(room[:n], parts) || found
			}
		}
	}
	return found
}

// A living is a store whose tokens are known, one that has nothing to do with it, and what the
// application has of tokens and logs.
type living struct {
	here, elsewhere *place
	// Masked, of the kind of call that is made.
	parts [][]byte
	// What Go itself has of tokens, to be wiped.
	texts []string
	log   bytes.Buffer
}

func newLiving(t *testing.T) *living {
	one := func(name string) *place {
		p := &place{path: filepath.Join(t.TempDir(), name)}
		p.Store = must(keycask.Create(ctx, p.path, options()))
		t.Cleanup(func() { ok(t, p.Close()) })
		p.realm = must(p.ApplyRealm(ctx, "acme.toml", residueProfile, tester))
		ok(t, p.SetOwner(ctx, p.realm, "ann", keycask.OwnerChange{}, tester))
		return p
	}
	return &living{here: one("here"), elsewhere: one("elsewhere")}
}

// say logs what the application was told, in every form.
func (l *living) say(what ...any) {
	slog.New(slog.NewTextHandler(&l.log, nil)).Info("said", "what", what)
	fmt.Fprintf(&l.log, "%v %+v %#v\n", what, what, what)
}

// text is of tokens, and wiped after the call.
func (l *living) text(pieces ...string) string {
	made := strings.Join(pieces, "")
	l.texts = append(l.texts, made)
	return made
}

// learn knows the token, which is wiped after the call.
func (l *living) learn(token keycask.Token) string {
	text := token.Expose()
	l.parts, l.texts = append(l.parts, masked(text)), append(l.texts, text)
	return text
}

func (l *living) spec(p *place, kind string) keycask.Spec {
	return keycask.Spec{Realm: p.realm, Kind: kind, Owner: "ann"}
}

// issue makes a key and gives its token.
func (l *living) issue(p *place, kind string) (string, keycask.KeyID) {
	issued := must(p.Issue(ctx, l.spec(p, kind), tester))
	l.say(issued, issued.Token)
	return l.learn(issued.Token), issued.Key
}

func (l *living) verify(token string) {
	grant, err := l.here.Verify(l.here.realm, token, keycask.Request{})
	l.say(grant, err, l.here.Check(l.here.realm, token, keycask.Request{}))
}

func (l *living) present(values ...string) {
	head := keycask.Head{Method: "GET", Header: http.Header{"Authorization": values}}
	answer, verdict := l.here.Present(l.here.realm, head, keycask.Request{})
	l.say(answer, verdict)
}

func (l *living) importLine(end string) {
	token, _ := l.issue(l.elsewhere, "live")
	line := l.text(`{"owner": "ann", "token": "`, token, `"`, end, "}\n")
	lines := keycask.Lines{Realm: l.here.realm, Kind: "live"}
	refused := func(refused keycask.Refused) { l.say(refused, refused.Why.Error()) }
	report, err := l.here.ImportLines(ctx, strings.NewReader(line), lines,
		keycask.ImportSkipRefused, tester, refused)
	l.say(report, err)
}

// Kinds of calls, each with tokens of its own.
var kindsOfCalls = []struct {
	name string
	call func(l *living)
}{
	{"issue", func(l *living) { l.issue(l.here, "live") }},
	{"issue, sealed", func(l *living) { l.issue(l.here, "shown") }},
	{"issue many", func(l *living) {
		specs := []keycask.Spec{l.spec(l.here, "live"), l.spec(l.here, "shown")}
		for _, issued := range must(l.here.IssueMany(ctx, specs, tester)) {
			l.learn(issued.Token)
			l.say(issued)
		}
	}},
	{"verify, granted", func(l *living) {
		token, _ := l.issue(l.here, "live")
		l.verify(token)
	}},
	{"verify, cut short", func(l *living) {
		token, _ := l.issue(l.here, "live")
		l.verify(l.text(token[:len(token)-1]))
	}},
	{"verify, unknown", func(l *living) {
		token, _ := l.issue(l.elsewhere, "live")
		l.verify(token)
	}},
	{"verify, revoked", func(l *living) {
		token, key := l.issue(l.here, "live")
		l.say(l.here.Revoke(ctx, key, tester))
		l.verify(token)
	}},
	{"check many", func(l *living) {
		token, _ := l.issue(l.here, "live")
		other, _ := l.issue(l.elsewhere, "live")
		tokens := []string{token, other, token, other, token}
		statuses := make([]keycask.Status, len(tokens))
		l.say(l.here.CheckMany(l.here.realm, tokens, keycask.Request{}, statuses, nil, nil), statuses)
	}},
	{"explain", func(l *living) {
		token, _ := l.issue(l.here, "live")
		is, err := l.here.Explain(ctx, l.here.realm, token, "", keycask.Request{})
		l.say(is, err)
	}},
	{"present", func(l *living) {
		token, _ := l.issue(l.here, "live")
		l.present(l.text("Bearer ", token))
	}},
	{"present, refused", func(l *living) {
		token, _ := l.issue(l.here, "live")
		value := l.text("Bearer ", token)
		l.present(value, value)
		l.present(l.text(value, ","))
	}},
	{"reveal", func(l *living) {
		_, key := l.issue(l.here, "shown")
		token := must(l.here.Reveal(ctx, key, tester))
		l.texts = append(l.texts, token.Expose())
		l.verify(token.Expose())
		l.say(token)
	}},
	{"reveal, refused", func(l *living) {
		_, key := l.issue(l.here, "live")
		token, err := l.here.Reveal(ctx, key, tester)
		l.say(token, err)
	}},
	{"rotate", func(l *living) {
		_, key := l.issue(l.here, "shown")
		issued := must(l.here.Rotate(ctx, key, keycask.Rotation{}, tester))
		l.verify(l.learn(issued.Token))
		l.say(issued)
	}},
	{"revoke presented", func(l *living) {
		token, _ := l.issue(l.here, "live")
		_, err := l.here.RevokePresented(ctx, l.here.realm, token, "leaked")
		l.say(err)
	}},
	{"import", func(l *living) {
		token, _ := l.issue(l.elsewhere, "live")
		spec := l.spec(l.here, "live")
		for range 2 {
			outcomes, err := l.here.Import(ctx, []keycask.Import{{Spec: spec, Token: keycask.NewToken(token)}}, 0, tester,
				func(refused keycask.Refused) { l.say(refused, refused.Why.Error()) })
			l.say(outcomes, err)
			spec.Kind = "absent"
		}
		l.verify(token)
	}},
	{"import of a line", func(l *living) { l.importLine("") }},
	{"import of a line, refused", func(l *living) { l.importLine(`, "tokan": 1`) }},
	{"leaked", func(l *living) {
		token, _ := l.issue(l.here, "live")
		found := func(leak keycask.Leak) error {
			l.say(leak)
			return errors.New("stop")
		}
		leaks, err := l.here.Leaked(strings.NewReader(token), found)
		l.say(leaks, err)
	}},
	{"leaked alerts", func(l *living) {
		token, _ := l.issue(l.here, "live")
		message := l.text(`[{"token": "`, token, `", "type": "acme"}]`)
		found := func(leak keycask.Leak) error {
			l.say(leak)
			return nil
		}
		leaks, err := l.here.LeakedAlerts(strings.NewReader(message), found)
		l.say(leaks, err)
	}},
	{"panic of who is told of a leak", func(l *living) {
		token, _ := l.issue(l.here, "live")
		defer func() { l.say("panic: ", recover()) }()
		l.here.Leaked(strings.NewReader(token), func(leak keycask.Leak) error { panic(leak) })
	}},
}

// Mistakes of an application: before which kind of call, and how a token is left.
var planted = map[string]func(l *living, call int){
	// Each other time.
	"explain": func(l *living, call int) {
		if call%2 == 0 {
			token, _ := l.issue(l.here, "live")
			kept = append(kept, strings.Clone(token))
		}
	},
	// Pages of the file that are in memory have it, too.
	"reveal": func(l *living, _ int) {
		token, key := l.issue(l.here, "live")
		err := l.here.Update(ctx, key, keycask.KeyChange{Name: &token}, tester)
		l.say(err)
	},
	// What logs has it in memory, too.
	"rotate": func(l *living, _ int) {
		token, _ := l.issue(l.here, "live")
		l.say(token)
	},
}

var kept []string

// live makes calls of every kind, and gives where which left tokens by a mistake.
func live(t *testing.T, plants map[string]func(*living, int)) (found []string) {
	// What a call leaves on the stack of its thread is on that of one thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, calls := newLiving(t), 0
	decoy := must(l.elsewhere.Issue(ctx, l.spec(l.elsewhere, "live"), tester)).Token.Expose()
	var all [][][]byte
	for _, kind := range kindsOfCalls {
		var inLog bool
		var ofKind [][]byte
		leaves := func(looks int) (times int) {
			for range looks {
				l.parts = nil
				for range callsToLook {
					if plant := plants[kind.name]; plant != nil {
						plant(l, calls)
					}
					kind.call(l)
					calls++
					for _, text := range l.texts {
						wipe(text)
					}
					l.texts = nil
				}
				l.here.Check(l.here.realm, decoy, keycask.Request{})
				inLog = findIn(l.log.Bytes(), l.parts) || inLog
				l.log.Reset()
				if findInMemory(l.parts) {
					times++
				}
				ofKind = append(ofKind, l.parts...)
			}
			return times
		}
		if leaves(firstLooks) > 0 && leaves(moreLooks) >= mistaken {
			found = append(found, kind.name+": memory")
		}
		if inLog {
			found = append(found, kind.name+": log")
		}
		all = append(all, ofKind)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	must(l.here.Backup(ctx, backup))
	for name, path := range map[string]string{"file": l.here.path, "backup": backup} {
		for i, kind := range kindsOfCalls {
			if findIn(must(os.ReadFile(path)), all[i]) {
				found = append(found, kind.name+": "+name)
			}
		}
	}
	slices.Sort(found)
	t.Logf("residue: %d calls", calls)
	return found
}

// apart runs the test in a process of its own, in which the runtime interrupts no thread: the signal
// by which it does leaves what the thread's registers had, of a copied token too, where it keeps
// stacks for signals. True in that process.
func apart(t *testing.T) bool {
	const child = "KEYCASK_RESIDUE_PROCESS"
	if os.Getenv(child) != "" {
		return true
	}
	process := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	process.Env = append(os.Environ(), child+"=1", "GODEBUG=asyncpreemptoff=1")
	said, err := process.CombinedOutput()
	if err != nil || !bytes.Contains(said, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Logf("%s", said)
	return false
}

func TestNoTokenIsLeftInMemoryFileBackupOrLog(t *testing.T) {
	if !apart(t) {
		return
	}
	if found := live(t, nil); len(found) > 0 {
		t.Fatal(strings.Join(found, "\n"))
	}
}

func TestATokenThatOneKindOfCallLeavesIsFoundOutAndTheKindNamed(t *testing.T) {
	if !apart(t) {
		return
	}
	found := strings.Join(live(t, planted), "\n")
	same(t, found, strings.Join([]string{
		"explain: memory", "reveal: backup", "reveal: file", "reveal: memory", "rotate: log",
		"rotate: memory",
	}, "\n"))
	clear(kept)
}
