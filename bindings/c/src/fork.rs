//! The handler of forks: all state of a process that a call goes by, with what it tells the
//! engine. That of `store` is for leak checkers.

use std::sync::OnceLock;

use crate::failure::Stop;
use crate::status::Status;

/// Sees to it that children of this process learn that they are.
///
/// # Errors
///
/// `KEYCASK_ERR_INTERNAL` if the system has no memory for a handler.
pub(crate) fn watch() -> Result<(), Stop> {
    static RESULT: OnceLock<i32> = OnceLock::new();
    // SAFETY: `child` is a function without arguments that stays in memory, because the
    // library is linked with -z nodelete or is part of the program.
    let result = RESULT.get_or_init(|| unsafe { libc::pthread_atfork(None, None, Some(child)) });
    if *result == 0 {
        return Ok(());
    }
    Err(Stop::because(Status::ErrInternal, "no handler of forks could be installed"))
}

/// Runs in a child before `fork` returns there, and does only what is safe in a signal handler.
///
/// The lock on a file goes with the last descriptor of it or with an unlock. The child's
/// descriptor would keep the lock after the parent's end, and unlocking would take it from
/// the parent; so another file is put under the descriptor's number, which does neither.
extern "C" fn child() {
    // SAFETY: a path that ends in zero, and flags that need no mode.
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
    for descriptor in engine::forked() {
        // SAFETY: both numbers are descriptors of this process that nobody here uses: every
        // store of the parent refuses its calls from now on. Without /dev/null, or where the
        // number is beyond a limit that was lowered since, it becomes free.
        unsafe {
            if null < 0 || libc::dup2(null, descriptor) < 0 {
                libc::close(descriptor);
            } else {
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
        }
    }
    if null >= 0 {
        // SAFETY: the descriptor that was opened above, and is used no more.
        unsafe { libc::close(null) };
    }
}
