//! Verify a token, and many.

use std::ffi::c_char;
use std::ptr::null_mut;

use engine::{RealmRef, VerifyError};

use crate::denial::Denial;
use crate::failure::Stop;
use crate::grant::Grant;
use crate::guard;
use crate::ptr::{self, Outs, Place, Places};
use crate::request::Request;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::{Open, Store};
use crate::text::Text;

/// Whether `token` may do what `request` needs in `realm`.
///
/// Decides from memory: it reads no file, allocates nothing, does not wait for a writer and
/// keeps nothing of `token`; but for a key with a quota, which waits for a commit that takes
/// credits from the file when too few of them are in memory. Once a call that revokes, suspends
/// or narrows a key has returned, no verify that begins after it grants what was taken away.
/// Rates and the quota are charged last, so a denial charges nothing.
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
            let (grant, denial) = (Place::optional(grant)?, Place::optional(denial)?);
            #[cfg(planted)]
            crate::planted::verifying(token, grant.as_ref());
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
    grant: Option<Place<Grant>>,
    denial: Option<Place<Denial>>,
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

/// How many tokens are given to the engine at once: as many as it reads the clock once for.
const GROUP: usize = 64;

/// Where the answers of a batch are written, one after another.
struct Answers {
    statuses: Outs<i32>,
    grants: Option<Places<Grant>>,
    denials: Option<Places<Denial>>,
    at: usize,
    /// The status of the first token that is not granted.
    first: Status,
    /// What ends the batch before its end; none once it is whole.
    ended: Option<Status>,
}

/// A batch that ends half-way grants nothing, whatever was written before.
impl Drop for Answers {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.filter(|_| self.at > 0) {
            (0..self.statuses.len()).for_each(|at| self.statuses.put(at, ended as i32));
        }
    }
}

impl Extend<Result<engine::Grant, engine::Denial>> for Answers {
    fn extend<I>(&mut self, verdicts: I)
    where
        I: IntoIterator<Item = Result<engine::Grant, engine::Denial>>,
    {
        for verdict in verdicts {
            let status = match verdict {
                Ok(granted) => {
                    if let Some(grants) = &self.grants {
                        grants.put(self.at, Grant::of(&granted));
                    }
                    Status::Ok
                }
                Err(denied) => {
                    if let Some(denials) = &self.denials {
                        denials.put(self.at, Denial::of(&denied));
                    }
                    Status::of_reason(denied.reason)
                }
            };
            self.statuses.put(self.at, status as i32);
            self.at = self.at.saturating_add(1);
            #[cfg(planted)]
            if crate::planted::is("first") {
                self.first = Status::Ok;
            }
            if self.first == Status::Ok {
                self.first = status;
            }
        }
    }
}

/// Decides about `count` tokens, each as keycask_verify() does, with the same request. Of 0 it is
/// OK. Faster a token: while one waits for memory, others are hashed.
///
/// Writes the status of token i to `statuses[i]` and its grant to `grants[i]` or its denial to
/// `denials[i]`, of which the other stays as it is. Both may be NULL. All grants have the
/// struct_size of the first, and all denials that of theirs.
///
/// Returns OK only if every token is granted, or else the status of the first that is not.
/// On a failure (below 0) nothing was written; or, where it came after tokens that were decided
/// already, it is the status of every token, and no grant and no denial is to be used.
///
/// Denies with any reason from MALFORMED to OTHER. Fails with ARGUMENT, NOT_FOUND (no such
/// realm), FORKED, PANIC, CLOSED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_verify_many(
    store: *const Store,
    realm: u16,
    tokens: *const Text,
    count: usize,
    request: *const Request,
    statuses: *mut i32,
    grants: *mut Grant,
    denials: *mut Denial,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, null_mut(), |open| {
            let request = Request::read(request)?;
            let statuses = Outs::new(statuses, count)?;
            let (grants, denials) = (some(grants, count)?, some(denials, count)?);
            let (at, first, ended) = (0, Status::Ok, Some(Status::ErrPanic));
            let mut answers = Answers { statuses, grants, denials, at, first, ended };
            // Whatever would be a failure is one before the first decision is written: those of
            // the first group are found as it is put together.
            for token in ptr::array(tokens, count)?.skip(GROUP) {
                token.bytes()?;
            }
            let (realm, mut tokens) = (RealmRef::new(realm), ptr::array(tokens, count)?);
            loop {
                let mut group: [&[u8]; GROUP] = [&[]; GROUP];
                let mut len = 0;
                for (place, token) in group.iter_mut().zip(tokens.by_ref()) {
                    (*place, len) = (token.bytes()?, len + 1);
                }
                let group = group.get(..len).unwrap_or_default();
                if let Err(error) = open.engine.verify_many(realm, group, &request, &mut answers) {
                    let stop = Stop::from(error);
                    answers.ended = Some(stop.status());
                    return Err(stop);
                }
                if len < GROUP {
                    break;
                }
            }
            answers.ended = None;
            if answers.first == Status::Ok { Ok(()) } else { Err(answers.first.into()) }
        })
    }
}

/// The places for `count` structs at `p`; none if it is NULL, or there is nothing to write.
///
/// # Safety
///
/// That of `Places::new`.
unsafe fn some<T: Sized>(p: *mut T, count: usize) -> Result<Option<Places<T>>, Stop> {
    if p.is_null() || count == 0 {
        return Ok(None);
    }
    // SAFETY: the caller's promise is the same.
    unsafe { Places::new(p, count) }.map(Some)
}
