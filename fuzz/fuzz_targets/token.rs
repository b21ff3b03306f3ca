#![no_main]

// What the reference names beside it.
use keycask::{Checksum, Malformed, Shape};

#[path = "../planted.rs"]
mod planted;
#[path = "../../src/token/reference.rs"]
mod reference;
#[path = "../properties/token.rs"]
mod token;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, token::check, |input| {
    token::check_with(input, token::Engine { make: |_| None, ..token::ENGINE });
}));
