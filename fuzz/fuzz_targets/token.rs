#![no_main]

// What the reference names beside it.
use keycask::{Checksum, Malformed, Shape};

#[path = "../../src/token/reference.rs"]
mod reference;
#[path = "../properties/token.rs"]
mod token;

libfuzzer_sys::fuzz_target!(|input: &[u8]| token::check(input));
