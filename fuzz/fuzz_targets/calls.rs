#![no_main]

#[path = "../../bindings/c/tests/random/play.rs"]
mod play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| play::play(input));
