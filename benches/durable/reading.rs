//! Verifying while others write, and while the disk hangs.
pub fn run() {}
