#![no_main]

#[path = "../properties/time.rs"]
mod time;

libfuzzer_sys::fuzz_target!(|input: &[u8]| time::check(input));
