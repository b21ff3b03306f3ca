//go:build cgo

// Package keycask is an embedded API-key store.
//
// A store is one file. Whoever has it open issues keys to owners, and decides, from memory, about
// the tokens that clients present. A realm says what tokens look like, where they are presented,
// and which scopes and plans there are; it is one TOML text, applied to the store.
//
// A key is what is stored. Its token is the text that a client presents, and the secret; its key
// id is a number, and no secret. A denial is never success: [Store.Verify] returns a grant or an
// error, and every denial is [Denied] for [errors.Is].
//
// Calls that touch the disk take a context. It is asked before they begin: what has begun is not
// cut off, since a change that is on its way to the disk has an outcome, and that is returned.
// Decisions are made from memory and take none.
//
// Any call may run in any goroutine at any time, [Store.Close] too: a call that comes later
// returns [ErrClosed].
//
// Times are kept to the millisecond, in UTC. A zero [time.Time] in a result means that there is
// no such instant; in a key's end, that it does not end.
package keycask
