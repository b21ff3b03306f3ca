//! Verify a token, and many.

use std::ffi::c_char;
use std::ptr::null_mut;

use engine::{RealmRef, VerifyError};

use crate::denial::Denial;
use crate::failure::Stop;
use crate::grant::Grant;
use crate::guard;
use crate::ptr::{self, Out, Outs};
use crate::request::Request;
use crate::status::Status;
use crate::store::{Open, Store};
use crate::text::Text;

/// Whether `token` may do what `request` needs in `realm`.
///
/// Decides from memory: it reads no file, allocates nothing, does not wait for a writer and
/// keeps nothing of `token`. Once a call that revokes, suspends or narrows a key has returned,
/// no verify that begins after it grants what was taken away. Rates are charged last, so a
/// denial charges nothing.
///
/// Writes `*grant` on OK and `*denial` on a denial. Both may be NULL.
///
/// Denies with any reason from MALFORMED to OTHER. Fails with ARGUMENT, NOT_FOUND (no such
/// realm), FORKED, PANIC, CLOSED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_verify(
    store: *const Store,
    realm: u16,
    token: *const c_char,
    token_len: usize,
    request: *const Request,
    grant: *mut Grant,
    denial: *mut Denial,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, null_mut(), |open| {
            let token = ptr::bytes(token, token_len)?;
            let request = Request::read(request)?;
            let (grant, denial) = (Out::optional(grant)?, Out::optional(denial)?);
            one(open, RealmRef::new(realm), token, &request, grant, denial)
        })
    }
}

/// One decision, written where it belongs.
#[inline]
fn one(
    open: &Open,
    realm: RealmRef,
    token: &[u8],
    request: &engine::Request,
    grant: Option<Out<Grant>>,
    denial: Option<Out<Denial>>,
) -> Result<(), Stop> {
    match open.engine.verify(realm, token, request) {
        Ok(granted) => {
            if let Some(out) = grant {
                out.put(Grant::of(&granted));
            }
            Ok(())
        }
        Err(VerifyError::Denied(denied)) => {
            if let Some(out) = denial {
                out.put(Denial::of(&denied));
            }
            Err(Status::of_reason(denied.reason).into())
        }
        Err(VerifyError::Failed(error)) => Err(error.into()),
    }
}

/// Decides about `count` tokens, each as keycask_verify() does, with the same request.
///
/// Writes the status of token i to `statuses[i]` and, if it is granted, its grant to
/// `grants[i]`; `grants` may be NULL. All grants have the struct_size of the first.
///
/// Returns OK only if every token is granted, or else the status of the first that is not.
/// On a failure (below 0) nothing was written.
///
/// Denies with any reason from MALFORMED to OTHER. Fails with ARGUMENT, NOT_FOUND (no such
/// realm), FORKED, PANIC, CLOSED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_verify_batch(
    store: *const Store,
    realm: u16,
    tokens: *const Text,
    count: usize,
    request: *const Request,
    statuses: *mut i32,
    grants: *mut Grant,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, null_mut(), |open| {
            let request = Request::read(request)?;
            let statuses = Outs::new(statuses, count)?;
            let grants = match grants.is_null() || count == 0 {
                true => None,
                false => Some(Outs::sized(grants, count)?),
            };
            // Whatever would be a failure is one before the first decision is written.
            for token in ptr::array(tokens, count)? {
                token.bytes()?;
            }
            let realm = RealmRef::new(realm);
            open.engine.profile(realm)?;
            let mut first = Status::Ok;
            for (at, token) in ptr::array(tokens, count)?.enumerate() {
                let status = match open.engine.verify(realm, token.bytes()?, &request) {
                    Ok(granted) => {
                        if let Some(grants) = &grants {
                            grants.put(at, Grant::of(&granted));
                        }
                        Status::Ok
                    }
                    Err(VerifyError::Denied(denied)) => Status::of_reason(denied.reason),
                    Err(VerifyError::Failed(error)) => return Err(error.into()),
                };
                statuses.put(at, status as i32);
                if first == Status::Ok {
                    first = status;
                }
            }
            if first == Status::Ok { Ok(()) } else { Err(first.into()) }
        })
    }
}
