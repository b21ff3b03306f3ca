//! The `keycask` command.
fn main() {}
