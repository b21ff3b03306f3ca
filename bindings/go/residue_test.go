package keycask_test

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"keycask.invalid/go"
)

// Of a token, the part that no other has.
const (
	partFrom = 12
	partTo   = 28
	mask     = 0xA5
)

// Fewer are left by chance: now and then a move takes along what stood where a value has a gap. What
// leaves a token each time it is called leaves all.
const many = 5

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

// findIn notes the parts that stand in a text, which it wipes.
func findIn(text []byte, parts [][]byte, found map[int]bool) {
	// What was read is not to be found where it was read to; and where the parts are kept, the mask
	// takes their mask off.
	defer clear(text)
	for i := range text {
		text[i] ^= mask
	}
	for n, part := range parts {
		if bytes.Contains(text, part) {
			found[n] = true
		}
	}
}

// foundIn is how many parts stand in a text, which it wipes.
func foundIn(text []byte, parts [][]byte) int {
	found := map[int]bool{}
	findIn(text, parts, found)
	return len(found)
}

// foundInMemory is the same for all memory of this process.
func foundInMemory(t testing.TB, parts [][]byte) int {
	t.Helper()
	const chunk, longest = 1 << 20, 1 << 30
	maps := must(os.ReadFile("/proc/self/maps"))
	memory := must(os.Open("/proc/self/mem"))
	defer memory.Close()
	room, found := make([]byte, chunk), map[int]bool{}
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
			findIn(room[:n], parts, found)
		}
	}
	return len(found)
}

// lived is the masked part of the token of a key that was issued, presented in every way and revoked.
func lived(t testing.TB, p *place) []byte {
	t.Helper()
	issued := p.issue(t)
	token := issued.Token.Expose()
	part := masked(token)
	value := "Bearer " + token
	shorter := strings.Clone(token[:len(token)-1])
	var told bytes.Buffer
	log := slog.New(slog.NewTextHandler(&told, nil))
	say := func(what ...any) {
		log.Info("said", "what", what)
		fmt.Fprintf(&told, "%v %+v %#v\n", what, what, what)
	}
	say(issued, issued.Token)
	_, err := p.Verify(p.realm, shorter, keycask.Request{})
	say(err, p.Check(p.realm, token, keycask.Request{}))
	statuses := make([]keycask.Status, 2)
	say(p.CheckMany(p.realm, []string{token, shorter}, keycask.Request{}, statuses, nil, nil))
	header := http.Header{"Authorization": {value}}
	answer, verdict := p.Present(p.realm, keycask.Head{Method: "GET", Header: header}, keycask.Request{})
	say(answer, verdict)
	_, err = p.RevokePresented(ctx, p.realm, token, "leaked")
	say(err)
	for _, copy := range []string{token, value, shorter} {
		wipe(copy)
	}
	same(t, foundIn(told.Bytes(), [][]byte{part}), 0)
	return part
}

func TestNoTokenIsLeftInMemoryFileBackupOrLog(t *testing.T) {
	p := newPlace(t)
	var parts [][]byte
	for range 20 {
		parts = append(parts, lived(t, p))
	}
	// Of the token that a thread decided about last, a copy may be on its stack.
	lived(t, p)
	same(t, foundInMemory(t, parts) < many, true)
	backup := filepath.Join(t.TempDir(), "backup")
	must(p.Backup(ctx, backup))
	for _, path := range []string{p.path, backup} {
		same(t, foundIn(must(os.ReadFile(path)), parts), 0)
	}
}

func TestTokensThatAreKeptAreSeenInMemory(t *testing.T) {
	p := newPlace(t)
	kept := p.many(t, many)
	var parts [][]byte
	for _, token := range kept {
		parts = append(parts, masked(token))
	}
	same(t, foundInMemory(t, parts), many)
	runtime.KeepAlive(kept)
}
