//! Writes the calls of a header, for what builds them without a test: emitter HEADER CALLS.

mod emit;
mod header;

use std::fs::{read_to_string, write};

fn main() {
    let [declared, calls] = [1, 2].map(|at| std::env::args().nth(at).expect("HEADER CALLS"));
    let declared = read_to_string(declared).expect("the header is read");
    write(calls, emit::emit(&header::read(&declared))).expect("the calls are written");
}
