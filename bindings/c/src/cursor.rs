//! Where a list goes on.

use std::ffi::c_char;
use std::str::FromStr;

use crate::failure::{Stop, argument};
use crate::ptr;
use crate::sized::Sized;

/// Longest text of a cursor, in bytes.
pub const KEYCASK_CURSOR_MAX: usize = 64;

/// Where a list of keys goes on. KEYCASK_CURSOR_INIT is its beginning.
///
/// It is never too old: the next page may be asked for a year later, or by another process. The
/// text may be kept and handed out, and is no secret; that of a key id is the cursor after that
/// key in a list by key.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Cursor {
    /// sizeof(keycask_cursor).
    pub struct_size: u32,
    /// Bytes of the text; 0 for the beginning and, as a result, at the end.
    pub len: u32,
    /// ASCII without spaces, and without a terminator.
    pub text: [c_char; KEYCASK_CURSOR_MAX],
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 64 bytes, no padding.
unsafe impl Sized for Cursor {}

impl Cursor {
    /// The cursor at `p`; none for the beginning.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what no list gave.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`.
    pub(crate) unsafe fn read(p: *const Self) -> Result<Option<engine::Cursor>, Stop> {
        // SAFETY: the caller's promise is the same.
        let cursor = unsafe { ptr::read(p) }?;
        let len = usize::try_from(cursor.len).unwrap_or(usize::MAX);
        let text = cursor.text.get(..len).ok_or_else(|| {
            argument(format!("cursor of {len} bytes: want one as a list gave it, or a key id"))
        })?;
        let text: Vec<u8> = text.iter().map(|c| *c as u8).collect();
        let text = str::from_utf8(&text).map_err(|_| argument("cursor: its text is not UTF-8"))?;
        Ok(if text.is_empty() { None } else { Some(engine::Cursor::from_str(text)?) })
    }

    /// The cursor as a result.
    pub(crate) fn of(cursor: Option<engine::Cursor>) -> Self {
        let text = cursor.map(|cursor| cursor.to_string()).unwrap_or_default();
        let mut out = Self { struct_size: 0, len: 0, text: [0; KEYCASK_CURSOR_MAX] };
        for (to, from) in out.text.iter_mut().zip(text.bytes()) {
            (*to, out.len) = (from as c_char, out.len.saturating_add(1));
        }
        out
    }
}
