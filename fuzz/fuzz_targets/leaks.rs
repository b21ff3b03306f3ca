#![no_main]

#[path = "../properties/leaks.rs"]
mod leaks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| leaks::check(input));
