//! Which library this is.

use std::ffi::{CStr, c_char};

/// Number of the ABI. It changes only when a program that was built before would break.
pub const KEYCASK_ABI: u32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// The number of the library's ABI. A program that loads the library by itself compares it
/// with the KEYCASK_ABI that it was built with, and goes on only if they are equal.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_abi() -> u32 {
    KEYCASK_ABI
}

/// The library's version, such as "1.2.3". Static text that ends in a zero byte.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_version() -> *const c_char {
    VERSION.as_ptr()
}
