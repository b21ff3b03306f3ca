#![no_main]

#[path = "../planted.rs"]
mod planted;
#[path = "../../bindings/c/tests/random/play.rs"]
mod play;

fn check(input: &[u8]) {
    play::play(input);
}

/// For the calls it is that some are made.
fn wrong(input: &[u8]) {
    assert_eq!(play::play(input), 0, "planted");
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, check, wrong));
