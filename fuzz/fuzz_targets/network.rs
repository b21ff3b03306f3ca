#![no_main]

#[path = "../properties/network.rs"]
mod network;
#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, network::check, |input| {
    network::check_with(input, network::Engine { read: |_| None, ..network::ENGINE });
}));
