//! Text in structs.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

use crate::failure::Stop;
use crate::ptr::{self as pointer, Room};

/// Text in a struct: UTF-8 and its length, without a terminator. As an input, a NULL means that
/// it is not given; a length of 0 with another pointer is the empty text.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    /// Where it begins.
    pub data: *const c_char,
    /// Its length in bytes.
    pub len: usize,
}

impl Text {
    /// No text.
    pub(crate) const NONE: Self = Self { data: ptr::null(), len: 0 };

    /// The text, if it is given.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a NULL with a length, an impossible length, or no UTF-8.
    ///
    /// # Safety
    ///
    /// If it is not NULL, `data` points to `len` bytes that stay readable and unchanged while
    /// the result is in use.
    pub(crate) unsafe fn given<'a>(self) -> Result<Option<&'a str>, Stop> {
        // SAFETY: the caller's promise is the same.
        let text = unsafe { pointer::text(self.data, self.len) }?;
        Ok((!self.data.is_null()).then_some(text))
    }

    /// The text, empty if it is not given.
    ///
    /// # Errors
    ///
    /// Those of [`given`](Self::given).
    ///
    /// # Safety
    ///
    /// That of [`given`](Self::given).
    pub(crate) unsafe fn or_empty<'a>(self) -> Result<&'a str, Stop> {
        // SAFETY: the caller's promise is the same.
        Ok(unsafe { self.given() }?.unwrap_or_default())
    }

    /// The text, empty if it is not given; U+FFFD stands for what is not UTF-8 in it.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    ///
    /// # Safety
    ///
    /// That of [`given`](Self::given).
    pub(crate) unsafe fn lossy<'a>(self) -> Result<Cow<'a, str>, Stop> {
        // SAFETY: the caller's promise is the same.
        Ok(String::from_utf8_lossy(unsafe { self.bytes() }?))
    }

    /// The bytes, which need not be UTF-8.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a NULL with a length, or an impossible length.
    ///
    /// # Safety
    ///
    /// That of [`given`](Self::given).
    #[inline]
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], Stop> {
        // SAFETY: the caller's promise is the same.
        unsafe { pointer::bytes(self.data, self.len) }
    }

    /// Puts `texts` into `room`, all or none; none of them if there is no room at all.
    pub(crate) fn all<const N: usize>(room: &mut Room, texts: [&str; N]) -> Option<[Self; N]> {
        let mut out = [Self::NONE; N];
        if room.is_absent() {
            return Some(out);
        }
        let len = texts.iter().map(|text| text.len()).fold(0_usize, usize::saturating_add);
        if !room.fits(len) {
            return None;
        }
        for (out, text) in out.iter_mut().zip(texts) {
            *out = Self { data: room.put(text.as_bytes())?, len: text.len() };
        }
        Some(out)
    }
}
