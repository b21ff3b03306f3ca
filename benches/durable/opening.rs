//! From opening a file to the first decision.

use std::path::Path;

pub const CHILD: &str = "child";
pub fn run() {}
pub fn child(_path: &Path, _count: usize) {}
