#![no_main]

// What the reference names beside it.
use keycask::{Checksum, Malformed, Shape};

#[path = "../properties/leaks.rs"]
mod leaks;
#[path = "../../src/token/reference.rs"]
#[allow(dead_code, reason = "the parser is for another target")]
mod reference;

libfuzzer_sys::fuzz_target!(|input: &[u8]| leaks::check(input));
