package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"time"
)

// An Anchor says where a store stood after one commit, as text. It is no secret. Kept where who
// writes to the file cannot change it, it tells later what a backup lacks.
type Anchor string

func goAnchor(from *C.keycask_anchor_text) Anchor {
	return Anchor(C.GoStringN(&from.text[0], C.int(from.len)))
}

// Anchor says where the store stands.
//
// Fails with ErrIO, ErrCorrupt.
func (s *Store) Anchor(ctx context.Context) (anchor Anchor, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_anchor_text](c)
		status := C.keycask_anchor(to, out, &c.err)
		anchor = goAnchor(out)
		return status
	})
	return anchor, err
}

// A BackupInfo is a backup that was written, read back and checked.
type BackupInfo struct {
	// Keys in it, in whatever state.
	Keys uint64
	// Length of its file.
	Bytes uint64
	// Where the store stood, which it is of.
	Anchor Anchor
}

// Backup writes the store, as it is at one moment of the call, to a new file at path, which must
// not exist. Others go on to verify and to write meanwhile.
//
// The file is readable by its owner alone, appears complete or not at all, and was read back and
// checked. It needs the store's pepper.
//
// Fails with ErrArgument, ErrConflict (something is at path), ErrNotFound (its directory is not
// there), ErrPermission, ErrFull, ErrIO, ErrRandom, ErrCorrupt (a row of the store is damaged).
func (s *Store) Backup(ctx context.Context, path string) (info BackupInfo, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_backup_info](c)
		out.struct_size = C.sizeof_keycask_backup_info
		data, size := inPlace(path)
		status := C.keycask_backup(to, data, size, out, &c.err)
		info = BackupInfo{uint64(out.keys), uint64(out.bytes), goAnchor(&out.anchor)}
		return status
	})
	return info, err
}

// A Restoring is what is known of a store beside its backup.
type Restoring struct {
	// The last anchor of the store that was kept elsewhere; nil for none. It refuses a backup of
	// another store or another history, and tells how many commits the backup lacks if it is of a
	// later moment.
	Anchor *Anchor
	// Path of the store's own file, if that can still be read in part; nil for none. What it denies
	// is taken from it, and what it would grant is not. Nothing is written to it, and no process
	// has it open.
	DenialsOf *string
}

// A Restored is what a restoring did, and what is not known.
type Restored struct {
	// Whether something told how many commits are missing, and how many the store is known to have
	// made after the backup.
	MissingKnown bool
	Missing      uint64
	// The new store's id.
	StoreID [16]byte
	// When the last change was made that is in the backup. What was revoked later is to be revoked
	// again.
	LastChange time.Time
	// Number of the last audit entry of the backup.
	LastEntry uint64
	// How many keys and owners were denied something because the original does.
	Denied, DeniedOwners uint64
	// How many rows of the original are damaged, so that their keys and owners were suspended.
	Unreadable uint64
	// Keys in the new store, in whatever state, and the length of its file.
	Keys, Bytes uint64
	// Where the backup stands.
	Backup Anchor
}

// Restore makes a new store at path, which must not exist, from the backup in another file, and
// does not open it.
//
// The backup is checked completely before. The new store has an id of its own, the tokens of the
// old one, and its audit trail goes on. It verifies and lists; it refuses changes with
// ErrUnconfirmed until [Store.ConfirmRestore], since what was revoked after the backup was made is
// not revoked in it. The options have the pepper of the old store.
//
// Fails with ErrArgument, ErrConflict (something is at path; the anchor or the original is of
// another store than the backup, or of another history, or the original is older), and with what
// [Open] refuses a file with, for the backup and the original; ErrFull, ErrIO, ErrRandom.
func Restore(
	ctx context.Context, backup, path string, options *Options, known Restoring, by Actor,
) (restored Restored, err error) {
	if err := ctx.Err(); err != nil {
		return restored, err
	}
	if options == nil {
		options = &Options{}
	}
	tells := newProgress(options.Progress)
	defer tells.end()
	err = with(func(c *call) C.keycask_status {
		out, beside := one[C.keycask_restored](c), one[C.keycask_restoring](c)
		out.struct_size = C.sizeof_keycask_restored
		beside.struct_size = C.sizeof_keycask_restoring
		beside.anchor = c.optional((*string)(known.Anchor))
		beside.denials_of = c.optional(known.DenialsOf)
		from, fromSize := inPlace(backup)
		to, toSize := inPlace(path)
		status := C.keycask_restore(from, fromSize, to, toSize, options.c(c, tells), beside,
			c.actor(by), out, &c.err)
		if status == C.KEYCASK_OK {
			restored = Restored{
				MissingKnown: out.flags&C.KEYCASK_MISSING_KNOWN != 0, Missing: uint64(out.missing),
				StoreID: goID(out.store_id), LastChange: goTime(out.last_change_ms),
				LastEntry: uint64(out.last_entry), Denied: uint64(out.denied),
				DeniedOwners: uint64(out.denied_owners), Unreadable: uint64(out.unreadable),
				Keys: uint64(out.keys), Bytes: uint64(out.bytes), Backup: goAnchor(&out.backup),
			}
		}
		return status
	})
	return restored, err
}

// ConfirmRestore lets a store that was restored take changes: you have seen to what was revoked
// since the backup, or will.
//
// Fails with ErrConflict (the store waits for no such thing), and as a write does.
func (s *Store) ConfirmRestore(ctx context.Context, by Actor) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		return C.keycask_confirm_restore(to, c.actor(by), &c.err)
	})
}
