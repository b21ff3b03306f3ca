package keycask

// #include <keycask.h>
import "C"

import "unsafe"

// Grants and denials are those of C, field by field, so that a decision copies nothing. This does
// not compile if one is elsewhere.
type (
	cGrant   = C.keycask_grant
	cDenial  = C.keycask_denial
	cRate    = C.keycask_rate
	cCredits = C.keycask_credits
	at       = struct{}
)

var (
	_ [C.sizeof_keycask_grant]at                = [unsafe.Sizeof(Grant{})]at{}
	_ [unsafe.Offsetof(cGrant{}.flags)]at       = [unsafe.Offsetof(Grant{}.flags)]at{}
	_ [unsafe.Offsetof(cGrant{}.key)]at         = [unsafe.Offsetof(Grant{}.Key)]at{}
	_ [unsafe.Offsetof(cGrant{}.owner)]at       = [unsafe.Offsetof(Grant{}.Owner)]at{}
	_ [unsafe.Offsetof(cGrant{}.realm)]at       = [unsafe.Offsetof(Grant{}.Realm)]at{}
	_ [unsafe.Offsetof(cGrant{}.kind)]at        = [unsafe.Offsetof(Grant{}.Kind)]at{}
	_ [unsafe.Offsetof(cGrant{}.scopes)]at      = [unsafe.Offsetof(Grant{}.Scopes)]at{}
	_ [unsafe.Offsetof(cGrant{}.end_ms)]at      = [unsafe.Offsetof(Grant{}.end)]at{}
	_ [unsafe.Offsetof(cGrant{}.rate)]at        = [unsafe.Offsetof(Grant{}.rate)]at{}
	_ [unsafe.Offsetof(cGrant{}.credits)]at     = [unsafe.Offsetof(Grant{}.credits)]at{}
	_ [C.sizeof_keycask_denial]at               = [unsafe.Sizeof(Denial{})]at{}
	_ [unsafe.Offsetof(cDenial{}.detail)]at     = [unsafe.Offsetof(Denial{}.Malformed)]at{}
	_ [unsafe.Offsetof(cDenial{}.key)]at        = [unsafe.Offsetof(Denial{}.Key)]at{}
	_ [unsafe.Offsetof(cDenial{}.required)]at   = [unsafe.Offsetof(Denial{}.Required)]at{}
	_ [unsafe.Offsetof(cDenial{}.present)]at    = [unsafe.Offsetof(Denial{}.Present)]at{}
	_ [unsafe.Offsetof(cDenial{}.retry_ms)]at   = [unsafe.Offsetof(Denial{}.retry)]at{}
	_ [unsafe.Offsetof(cDenial{}.rate)]at       = [unsafe.Offsetof(Denial{}.rate)]at{}
	_ [unsafe.Offsetof(cDenial{}.credits)]at    = [unsafe.Offsetof(Denial{}.credits)]at{}
	_ [unsafe.Offsetof(cRate{}.limit)]at        = [unsafe.Offsetof(Rate{}.Limit)]at{}
	_ [unsafe.Offsetof(cRate{}.remaining)]at    = [unsafe.Offsetof(Rate{}.Remaining)]at{}
	_ [unsafe.Offsetof(cRate{}.reset_ms)]at     = [unsafe.Offsetof(Rate{}.reset)]at{}
	_ [unsafe.Offsetof(cRate{}.period_ms)]at    = [unsafe.Offsetof(Rate{}.period)]at{}
	_ [unsafe.Offsetof(cCredits{}.limit)]at     = [unsafe.Offsetof(Credits{}.Limit)]at{}
	_ [unsafe.Offsetof(cCredits{}.remaining)]at = [unsafe.Offsetof(Credits{}.Remaining)]at{}
	_ [unsafe.Offsetof(cCredits{}.reset_ms)]at  = [unsafe.Offsetof(Credits{}.reset)]at{}
)
