#![no_main]

#[path = "../planted.rs"]
mod planted;
#[path = "../properties/time.rs"]
mod time;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, time::check, |input| {
    time::check_with(input, time::Engine { instant: |_| None, ..time::ENGINE });
}));
