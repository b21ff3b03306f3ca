#![no_main]

#[path = "../properties/network.rs"]
mod network;

libfuzzer_sys::fuzz_target!(|input: &[u8]| network::check(input));
