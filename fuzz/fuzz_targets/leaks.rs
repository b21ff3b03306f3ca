#![no_main]

// What the reference names beside it.
use keycask::{Checksum, Malformed, Shape};

#[path = "../properties/leaks.rs"]
mod leaks;
#[path = "../planted.rs"]
mod planted;
#[path = "../../src/token/reference.rs"]
#[allow(dead_code, reason = "the parser is for another target")]
mod reference;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, leaks::check, |input| {
    leaks::check_with(input, |_, _| vec![])
}));
