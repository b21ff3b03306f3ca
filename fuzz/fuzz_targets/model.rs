#![no_main]

#[path = "../../tests/model/main.rs"]
#[allow(dead_code, unused_imports, reason = "what the tests need")]
mod model;

libfuzzer_sys::fuzz_target!(|input: &[u8]| model::check(input));
