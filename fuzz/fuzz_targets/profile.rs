#![no_main]

#[path = "../properties/profile.rs"]
mod profile;

libfuzzer_sys::fuzz_target!(|input: &[u8]| profile::check(input));
