package keycask_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycask.invalid/go"
)

func TestAStoreIsOpenedAgain(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	if _, err := keycask.Open(ctx, p.path, options()); !errors.Is(err, keycask.ErrLocked) {
		t.Fatal(err)
	}
	ok(t, p.Close())
	var steps atomic.Int64
	with := options()
	with.Progress = func(step keycask.Step, done, total uint64) {
		if step == keycask.StepOpen && done <= total {
			steps.Add(1)
		}
	}
	again, err := keycask.Open(ctx, p.path, with)
	ok(t, err)
	if steps.Load() == 0 {
		t.Fatal("nothing was told of the opening")
	}
	_, err = again.Verify(p.realm, issued.Token.Expose(), keycask.Request{})
	ok(t, err)
	ok(t, again.Close())
	with = options()
	with.Pepper.Expose()[0] ^= 1
	if _, err := keycask.Open(ctx, p.path, with); !errors.Is(err, keycask.ErrPepper) {
		t.Fatal(err)
	}
	with = options()
	with.ReadOnly = true
	reader, err := keycask.Open(ctx, p.path, with)
	ok(t, err)
	if err := reader.Revoke(ctx, issued.Key, tester); !errors.Is(err, keycask.ErrReadOnly) {
		t.Fatal(err)
	}
	ok(t, reader.Close())
}

func TestAFailureSaysWhatIsWrong(t *testing.T) {
	p := newPlace(t)
	_, err := p.Realm("nowhere")
	var failure *keycask.Error
	if !errors.As(err, &failure) || !strings.Contains(failure.Message, "nowhere") {
		t.Fatal(err)
	}
	same(t, failure.Status, keycask.ErrNotFound)
	if errors.Is(err, keycask.Denied) || errors.Is(err, keycask.ErrConflict) {
		t.Fatal("it is something else, too")
	}
	same(t, keycask.ErrNotFound.Error(), "keycask: not_found")
	same(t, keycask.DenyRevoked.String(), "revoked")
}

func TestACallWhoseContextIsOverDoesNotBegin(t *testing.T) {
	p := newPlace(t)
	issued := p.issue(t)
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := p.Revoke(over, issued.Key, tester); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	_, err := p.Verify(p.realm, issued.Token.Expose(), keycask.Request{})
	ok(t, err)
	_, err = keycask.Create(over, filepath.Join(t.TempDir(), "x"), nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestClosingWaitsForCallsAndRefusesLaterOnes(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	token := p.issue(t).Token.Expose()
	before := runtime.NumGoroutine()
	var running sync.WaitGroup
	var granted atomic.Int64
	for range 8 {
		running.Go(func() {
			for {
				_, err := p.Verify(p.realm, token, keycask.Request{Cost: keycask.Free})
				if errors.Is(err, keycask.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				granted.Add(1)
			}
		})
	}
	running.Go(func() {
		for {
			issued, err := p.Issue(ctx, p.spec(), tester)
			if err == nil {
				err = p.Revoke(ctx, issued.Key, tester)
			}
			if err != nil {
				if !errors.Is(err, keycask.ErrClosed) {
					t.Error(err)
				}
				return
			}
		}
	})
	for granted.Load() < 1000 {
		time.Sleep(time.Millisecond)
	}
	ok(t, p.Close())
	ok(t, p.Close())
	running.Wait()
	same(t, p.Check(p.realm, token, keycask.Request{}).Status, keycask.ErrClosed)
	if _, err := p.Issue(ctx, p.spec(), tester); !errors.Is(err, keycask.ErrClosed) {
		t.Fatal(err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("a goroutine was left behind")
}

// stuckReader is at its end once it is let go.
type stuckReader struct{ read, let chan struct{} }

func (r *stuckReader) Read([]byte) (int, error) {
	close(r.read)
	<-r.let
	return 0, io.EOF
}

// Once the second of two that close returned at once, so that it could open the file no more.
func TestWhoClosesWaitsForWhoIsClosing(t *testing.T) {
	p := newPlace(t)
	text := &stuckReader{make(chan struct{}), make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := p.Leaked(text, func(keycask.Leak) error { return nil }); err != nil {
			t.Error(err)
		}
	})
	<-text.read
	closed := make(chan error, 2)
	running.Go(func() { closed <- p.Close() })
	for !errors.Is(p.Check(p.realm, "", keycask.Request{}).Status, keycask.ErrClosed) {
		time.Sleep(time.Millisecond)
	}
	running.Go(func() { closed <- p.Close() })
	select {
	case <-closed:
		t.Error("a close returned while a call was going on")
	case <-time.After(100 * time.Millisecond):
	}
	close(text.let)
	running.Wait()
	ok(t, p.Close())
	again, err := keycask.Open(ctx, p.path, options())
	ok(t, err)
	ok(t, again.Close())
}

// Whoever loses a store does not keep its file locked for ever.
func TestALostStoreIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	func() {
		_, err := keycask.Create(ctx, path, options())
		ok(t, err)
	}()
	for range 500 {
		runtime.GC()
		store, err := keycask.Open(ctx, path, options())
		if err == nil {
			ok(t, store.Close())
			return
		}
		if !errors.Is(err, keycask.ErrLocked) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nobody closed it")
}

func TestEveryCallSurvivesACollection(t *testing.T) {
	p := newPlace(t)
	p.large(t)
	token := p.issue(t).Token.Expose()
	stop := make(chan struct{})
	var collecting sync.WaitGroup
	collecting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for range 50 {
		issued := p.issue(t)
		ok(t, p.Update(ctx, issued.Key, keycask.KeyChange{Name: &token}, tester))
		key, err := p.Key(ctx, issued.Key)
		ok(t, err)
		same(t, key.Name, token)
		_, err = p.Verify(p.realm, string([]byte(token)), keycask.Request{Cost: keycask.Free})
		ok(t, err)
	}
	close(stop)
	collecting.Wait()
}

func TestWithoutCgoThereIsASentence(t *testing.T) {
	build := exec.Command("go", "build", ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "set_CGO_ENABLED_to_1") {
		t.Fatalf("%v: %s", err, said)
	}
	if strings.Count(string(said), "undefined") != 1 {
		t.Fatalf("it says more than that: %s", said)
	}
}
