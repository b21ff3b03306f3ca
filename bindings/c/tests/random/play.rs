//! Plays an input in this process, for the fuzz target `calls`.

// It has the functions that are called.
extern crate keycask_calls as _;

use std::ffi::{CString, c_char};
use std::os::unix::ffi::OsStringExt;

unsafe extern "C" {
    fn keycask_play(directory: *const c_char, input: *const u8, len: usize) -> usize;
}

/// Makes the calls that `input` chooses, and ends the process if one is not as it should be. Gives
/// how many there were.
///
/// # Panics
///
/// If there can be no directory for its files.
pub fn play(input: &[u8]) -> usize {
    let memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let directory = memory.expect("a directory is made");
    let path = CString::new(directory.path().to_owned().into_os_string().into_vec());
    let path = path.expect("no path has a zero in it");
    // SAFETY: the path ends with a zero, and the input is as long as is said; both live longer than
    // the call, which keeps neither.
    unsafe { keycask_play(path.as_ptr(), input.as_ptr(), input.len()) }
}
