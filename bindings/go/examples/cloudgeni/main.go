// Cloudgeni is the service of Cloudgeni's page "API Authentication", in net/http.
//
//	CLOUDGENI_STORE=keys.keycask cloudgeni 127.0.0.1:8080
//
// The store that CLOUDGENI_STORE names has the realm of profiles/cloudgeni.toml. What the page
// answers to a key is the application's; all that has to do with keys is keycask's.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"keycask.invalid/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		log.Fatal("cloudgeni ADDRESS")
	}
	if err := serve(ctx, os.Getenv("CLOUDGENI_STORE"), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// serve has the store open until the context is over.
func serve(ctx context.Context, path, address string) (err error) {
	store, err := keycask.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	handler, err := routes(store)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Print("listening on ", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	// Requests that are being answered are, before the store is closed.
	over := make(chan error, 1)
	go func() {
		<-ctx.Done()
		over <- server.Shutdown(context.WithoutCancel(ctx))
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-over
}

// routes look up their scopes once.
func routes(store *keycask.Store) (http.Handler, error) {
	realm, err := store.Realm("cloudgeni")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	refused := keycask.WithLog(func(r *http.Request, verdict *keycask.Verdict) {
		if err := verdict.Err(); err != nil {
			log.Print(r.Method, " ", r.URL.Path, ": ", err)
		}
	})
	for _, route := range []struct {
		pattern, scope string
		handler        http.HandlerFunc
	}{
		{"GET /api/v1/organizations", "read-only", organizations(store)},
		{"POST /api/v1/scans", "read-write", scan},
	} {
		scopes, err := store.ScopesNamed(realm, route.scope)
		if err != nil {
			return nil, err
		}
		need := keycask.With(keycask.Request{Scopes: scopes})
		mux.Handle(route.pattern, keycask.Middleware(store, realm, need, refused)(route.handler))
	}
	return mux, nil
}

// organizations tells whose the key is.
func organizations(store *keycask.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		grant, _ := keycask.FromContext(r.Context())
		owner, _, err := store.OwnerID(grant.Owner)
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		answer(w, []map[string]string{{"id": owner}})
	}
}

func scan(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]string{"status": "queued"})
}

func answer(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}
