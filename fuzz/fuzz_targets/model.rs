#![no_main]

#[path = "../../tests/model/main.rs"]
#[allow(dead_code, unused_imports, reason = "what the tests need")]
mod model;
#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, model::check, |input| {
    assert!(!model::check_with(input, Some(&model::PARTS[0])));
}));
