//! Mistakes that tests plant, to see that they would find such. They are in no library but one that
//! is built with `--cfg planted`, and made only if the environment's `KEYCASK_PLANTED` names them.

use std::env;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

use crate::denial::Denial;
use crate::failure::Stop;
use crate::grant::Grant;
use crate::ptr::Place;
use crate::status::Status;

static PLANTED: LazyLock<Option<String>> = LazyLock::new(|| env::var("KEYCASK_PLANTED").ok());

pub(crate) fn is(mistake: &str) -> bool {
    PLANTED.as_deref() == Some(mistake)
}

/// What keycask_realm_name() does wrong, once it is sure that there is a place for its results.
///
/// # Errors
///
/// The status of a defect, if that is the mistake.
///
/// # Safety
///
/// The promises of the header about `text` and `text_len`, if no mistake is planted.
pub(crate) unsafe fn naming(
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
) -> Result<(), Stop> {
    if is("write") && text_cap > 0 {
        // SAFETY: none: this is the mistake.
        unsafe { text.add(text_cap).write(0) };
    }
    if is("failure") {
        // SAFETY: `text_len` is a place for a result, by the caller's promise.
        unsafe { text_len.write_unaligned(usize::MAX) };
    }
    if is("panic") {
        return Err(Status::ErrPanic.into());
    }
    if is("denies") {
        return Err(Status::DenyUnknown.into());
    }
    refusing()
}

/// What a function does wrong that does nothing, whatever it is given.
///
/// # Errors
///
/// A refusal, if that is the mistake.
pub(crate) fn refusing() -> Result<(), Stop> {
    if is("refuses") { Err(Status::ErrArgument.into()) } else { Ok(()) }
}

/// What a call does wrong with its buffer of `cap` bytes at `text` when what goes in does not fit.
///
/// # Safety
///
/// A `text` that is not NULL points to `cap` writable bytes.
pub(crate) unsafe fn short_of_room(text: *mut u8, cap: usize) {
    if is("space") && cap > 0 && !text.is_null() {
        // SAFETY: there is a byte, by the caller's promise.
        unsafe { text.write(0xA5) };
    }
}

/// What is wrong with a denial.
pub(crate) fn denying(denial: &mut Denial) {
    if is("stray") {
        denial.retry_ms = 1;
    }
}

/// What keycask_verify() does wrong, before it decides.
pub(crate) fn verifying(token: &[u8], grant: Option<&Place<Grant>>) {
    let begin = token.as_ptr();
    if is("read") && !token.is_empty() {
        // SAFETY: none: this is the mistake.
        unsafe { begin.add(token.len()).read_volatile() };
    }
    if is("unmeasured") && !token.is_empty() {
        // SAFETY: the byte is the last of the slice. The mistake is to read it before the length
        // was compared.
        unsafe { begin.add(token.len() - 1).read_volatile() };
    }
    if let Some(grant) = grant.filter(|_| is("denial")) {
        // SAFETY: any bytes are a value of a struct that is `crate::sized::Sized`.
        grant.put(unsafe { MaybeUninit::zeroed().assume_init() });
    }
}
