//! Texts of any length, which a function of the caller's gives in pieces.

use std::ffi::{c_char, c_void};
use std::io::{Error, Read, Result};

/// A function of yours that gives the next bytes of a text: it writes up to `cap` of them, which
/// is never 0, to `buffer`, and returns how many these are; 0 at the end of the text, and less
/// than 0 if it cannot be read. `context` is what was given beside it.
pub type Reader =
    Option<unsafe extern "C" fn(context: *mut c_void, buffer: *mut c_char, cap: usize) -> i64>;

/// The text that a function gives.
pub(crate) struct Source {
    read: unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> i64,
    context: *mut c_void,
}

impl Source {
    /// # Safety
    ///
    /// `read` can be called with `context` for as long as the result lives, and keeps to what the
    /// header says of it.
    pub(crate) unsafe fn new(
        read: unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> i64,
        context: *mut c_void,
    ) -> Self {
        Self { read, context }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // SAFETY: the pair is as was promised to `new`; the buffer is as long as is said.
        let read = unsafe { (self.read)(self.context, buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(read) {
            Ok(len) if len <= buffer.len() => Ok(len),
            Ok(_) => Err(Error::other("the function says that it gave more than fits")),
            Err(_) => Err(Error::other("the function that gives the text failed")),
        }
    }
}
