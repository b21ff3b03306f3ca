//! The text behind a grant.

use std::ffi::c_char;

use crate::failure::Failure;
use crate::grant::Grant;
use crate::guard;
use crate::ptr::{self, Place, Room};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Room that is always enough for the text of a keycask_description.
pub const KEYCASK_DESCRIPTION_TEXT_MAX: usize = 9216;

/// The text behind a grant. It stands in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Description {
    /// sizeof(keycask_description).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The realm's name.
    pub realm: Text,
    /// The owner's id in your application.
    pub owner: Text,
    /// The owner's plan; empty if it has none.
    pub plan: Text,
    /// The kind's name.
    pub kind: Text,
    /// The kind's environment; empty if the profile names none.
    pub environment: Text,
    /// The prefix of the key's token.
    pub prefix: Text,
    /// Names of the scopes that were granted, implied ones included, separated by spaces.
    pub scopes: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then fields
// of sixteen bytes, no padding.
unsafe impl Sized for Description {}

/// Gives the text behind a grant, from memory.
///
/// Writes the texts to `text` and `*out`, which points into it; KEYCASK_DESCRIPTION_TEXT_MAX
/// bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND (a grant of another store), SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_describe(
    store: *const Store,
    grant: *const Grant,
    out: *mut Description,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let found = open.engine.describe(&ptr::read(grant)?.numbers()?)?;
            let (plan, scopes) = (found.plan.unwrap_or_default(), found.scopes.join(" "));
            let texts = Text::all(
                &mut room,
                [
                    &found.realm,
                    &found.owner,
                    &plan,
                    &found.kind,
                    &found.environment,
                    &found.prefix,
                    &scopes,
                ],
            );
            let [realm, owner, plan, kind, environment, prefix, scopes] =
                texts.ok_or_else(ptr::space)?;
            out.put(Description {
                struct_size: 0,
                zero: 0,
                realm,
                owner,
                plan,
                kind,
                environment,
                prefix,
                scopes,
            });
            Ok(())
        })
    }
}
