#![no_main]

#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(
    input,
    keycask::rows::check,
    keycask::rows::check_wrong
));
