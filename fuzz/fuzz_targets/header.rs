#![no_main]

#[path = "../properties/header.rs"]
mod header;

libfuzzer_sys::fuzz_target!(|input: &[u8]| header::check(input));
