//! Every check of a decision.

use std::ffi::c_char;

use engine::{KeyId, RealmRef};

use crate::failure::Failure;
use crate::guard;
use crate::ptr::{self, Out, Place, Places, Room};
use crate::request::Request;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Places that are always enough for the checks of a decision.
pub const KEYCASK_CHECKS_MAX: usize = 32;
/// Room that is always enough for the text of all checks of a decision.
pub const KEYCASK_EXPLANATION_TEXT_MAX: usize = 32768;
/// In passed of keycask_check_info: it refuses.
pub const KEYCASK_REFUSED: u32 = 0;
/// In passed of keycask_check_info: it does not refuse.
pub const KEYCASK_PASSED: u32 = 1;
/// In passed of keycask_check_info: there was no key to check.
pub const KEYCASK_UNREACHED: u32 = 2;

/// One check of a decision. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CheckInfo {
    /// sizeof(keycask_check_info).
    pub struct_size: u32,
    /// KEYCASK_REFUSED, KEYCASK_PASSED or KEYCASK_UNREACHED.
    pub passed: u32,
    /// Its name: that of the status with which it denies.
    pub name: Text,
    /// What it found, for people.
    pub detail: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16
// bytes, no padding.
unsafe impl Sized for CheckInfo {}

/// What a decision rests on.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Explanation {
    /// sizeof(keycask_explanation).
    pub struct_size: u32,
    /// Place of the first check that refuses, from 0; their number if none does.
    pub refused_at: u32,
    /// The key, if the token is one's; else 0.
    pub key: u64,
    /// What the request needs.
    pub required: Scopes,
    /// What the key may do.
    pub present: Scopes,
    /// What is needed and not present.
    pub missing: Scopes,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8, three times 16 bytes,
// no padding.
unsafe impl Sized for Explanation {}

/// Says what keycask_verify() would decide, or, if `method` has a length, keycask_present() for
/// a request of that method, and every check on the way, passed or not. It charges nothing. It
/// is for people who look into a refusal; OK does not mean granted.
///
/// Writes the checks, in the order in which they decide, to `checks`, their number to `*count`,
/// their texts to `text`, and `*out`. KEYCASK_CHECKS_MAX places and
/// KEYCASK_EXPLANATION_TEXT_MAX bytes are always enough. All checks have the struct_size of
/// the first.
///
/// Fails with ARGUMENT, NOT_FOUND (no such realm), SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_explain(
    store: *const Store,
    realm: u16,
    token: *const c_char,
    token_len: usize,
    method: *const c_char,
    method_len: usize,
    request: *const Request,
    out: *mut Explanation,
    checks: *mut CheckInfo,
    checks_cap: usize,
    count: *mut usize,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (token, request) = (ptr::bytes(token, token_len)?, Request::read(request)?);
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let (checks, count) = (Places::new(checks, checks_cap)?, Out::new(count)?);
            let method = ptr::text(method, method_len)?;
            let method = (!method.is_empty()).then_some(method);
            let found = open.engine.explain(RealmRef::new(realm), token, method, &request)?;
            if found.checks.len() > checks.len() {
                return Err(ptr::space());
            }
            let len = |check: &engine::Check| check.name.len().saturating_add(check.detail.len());
            let len = found.checks.iter().map(len).fold(0_usize, usize::saturating_add);
            if !room.is_absent() && !room.fits(len) {
                return Err(ptr::space());
            }
            for (at, check) in found.checks.iter().enumerate() {
                let passed = match check.passed {
                    Some(false) => KEYCASK_REFUSED,
                    Some(true) => KEYCASK_PASSED,
                    None => KEYCASK_UNREACHED,
                };
                let texts = Text::all(&mut room, [check.name, &check.detail]);
                let [name, detail] = texts.ok_or_else(ptr::space)?;
                checks.put(at, CheckInfo { struct_size: 0, passed, name, detail });
            }
            let total = found.checks.len();
            let refused = found.checks.iter().position(|check| check.passed == Some(false));
            count.put(total);
            out.put(Explanation {
                struct_size: 0,
                refused_at: u32::try_from(refused.unwrap_or(total)).unwrap_or(u32::MAX),
                key: found.key.map_or(0, |key| KeyId::bits(key.key_id)),
                required: Scopes::of(found.required),
                present: Scopes::of(found.present),
                missing: Scopes::of(found.missing),
            });
            Ok(())
        })
    }
}
