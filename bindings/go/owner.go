package keycask

// #include <keycask.h>
import "C"

import (
	"context"
	"iter"
)

// PageMax is the most keys or owners in one page of a list.
const PageMax = C.KEYCASK_PAGE_MAX

// An OwnerNumber is an owner's number in the store, as a grant has it.
type OwnerNumber uint32

// An OwnerChange is what an owner shall be. What is nil stays, or is none for a new owner.
type OwnerChange struct {
	// The owner's plan, by name. An empty name is that of no plan.
	Plan *string
	// The scopes that the owner has itself. Keys of a kind with the owner's rights have these, as
	// they are at each verify.
	Direct *Scopes
	// The scopes that the owner has through groups. They are for people to see; no key inherits
	// them.
	Group *Scopes
	// True suspends the owner: all its keys are refused. False ends that.
	Suspended *bool
}

// SetOwner makes the owner that your application calls id, or changes it.
//
// An id has 1 to 128 bytes without control characters. A suspension or the loss of a direct scope
// is enforced before the commit, for all keys of the owner at once. A lower plan ends no key.
//
// Fails with ErrArgument, ErrNotFound (realm or plan), and as a write does.
func (s *Store) SetOwner(
	ctx context.Context, realm Realm, id string, change OwnerChange, by Actor,
) error {
	return s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		asked := one[C.keycask_owner_change](c)
		asked.struct_size = C.sizeof_keycask_owner_change
		asked.plan = c.optional(change.Plan)
		if change.Direct != nil {
			asked.flags |= C.KEYCASK_SET_DIRECT
			asked.direct = change.Direct.c()
		}
		if change.Group != nil {
			asked.flags |= C.KEYCASK_SET_GROUP
			asked.group = change.Group.c()
		}
		switch {
		case change.Suspended == nil:
		case *change.Suspended:
			asked.flags |= C.KEYCASK_SET_SUSPENDED
		default:
			asked.flags |= C.KEYCASK_SET_RESUMED
		}
		data, size := inPlace(id)
		return C.keycask_owner_set(to, C.uint16_t(realm), data, size, asked, c.actor(by), &c.err)
	})
}

// An Owner is an owner as it is.
type Owner struct {
	Suspended bool
	Number    OwnerNumber
	Realm     Realm
	// The scopes that it has itself, and through groups.
	Direct, Group Scopes
	// Its id in your application.
	ID string
	// Its plan; that of the profile if it has none of its own, empty if there is neither.
	Plan string
}

func goOwner(from *C.keycask_owner_info) Owner {
	return Owner{
		Suspended: from.flags&C.KEYCASK_OWNER_SUSPENDED != 0,
		Number:    OwnerNumber(from.owner), Realm: Realm(from.realm),
		Direct: goScopes(from.direct), Group: goScopes(from.group),
		ID: goText(from.id), Plan: goText(from.plan),
	}
}

// Owner describes the owner that your application calls id.
//
// Fails with ErrNotFound, ErrIO, ErrCorrupt.
func (s *Store) Owner(ctx context.Context, realm Realm, id string) (owner Owner, err error) {
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		out := one[C.keycask_owner_info](c)
		out.struct_size = C.sizeof_keycask_owner_info
		data, size := inPlace(id)
		text, textSize := c.room(C.KEYCASK_OWNER_TEXT_MAX)
		status := C.keycask_owner(to, C.uint16_t(realm), data, size, out, text, textSize, &c.err)
		owner = goOwner(out)
		return status
	})
	return owner, err
}

// OwnersPage lists owners of the realm in the byte order of their ids, after the id `after`, at
// most so many; 0 for [PageMax]. The list is over when there is none.
//
// Fails with ErrNotFound (realm), ErrIO, ErrCorrupt.
func (s *Store) OwnersPage(
	ctx context.Context, realm Realm, after string, limit int,
) (owners []Owner, err error) {
	if limit <= 0 || limit > PageMax {
		limit = PageMax
	}
	err = s.disk(ctx, func(c *call, to *C.keycask_store) C.keycask_status {
		found := alloc[C.keycask_owner_info](c, limit)
		for i := range found {
			found[i].struct_size = C.sizeof_keycask_owner_info
		}
		count := one[C.size_t](c)
		data, size := inPlace(after)
		text, textSize := c.room(limit * C.KEYCASK_OWNER_TEXT_MAX)
		status := C.keycask_owners(to, C.uint16_t(realm), data, size, &found[0], C.size_t(limit),
			count, text, textSize, &c.err)
		if status == C.KEYCASK_OK {
			for i := range found[:*count] {
				owners = append(owners, goOwner(&found[i]))
			}
		}
		return status
	})
	return owners, err
}

// Owners are all owners of the realm in the byte order of their ids, read a page at a time. The
// last one may come with an error.
func (s *Store) Owners(ctx context.Context, realm Realm) iter.Seq2[Owner, error] {
	return func(yield func(Owner, error) bool) {
		for after := ""; ; {
			page, err := s.OwnersPage(ctx, realm, after, 0)
			if err != nil {
				yield(Owner{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, owner := range page {
				if !yield(owner, nil) {
					return
				}
				after = owner.ID
			}
		}
	}
}

// OwnerID is the id that your application has for the owner of this number, as a grant or a change
// has it, and the owner's realm.
//
// Fails with ErrNotFound.
func (s *Store) OwnerID(owner OwnerNumber) (id string, realm Realm, err error) {
	err = s.memory(func(c *call, to *C.keycask_store) (status C.keycask_status) {
		of := one[C.uint16_t](c)
		id, status = textOf(c, C.KEYCASK_OWNER_MAX,
			func(text *C.char, size C.size_t, used *C.size_t) C.keycask_status {
				return C.keycask_owner_id(to, C.uint32_t(owner), of, text, size, used, &c.err)
			})
		realm = Realm(*of)
		return status
	})
	return id, realm, err
}
