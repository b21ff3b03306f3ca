#![no_main]

#[path = "../planted.rs"]
mod planted;
#[path = "../../bindings/c/tests/random/play.rs"]
mod play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, play::play, |_| panic!("planted")));
