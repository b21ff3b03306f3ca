#![no_main]

#[path = "../planted.rs"]
mod planted;
#[path = "../properties/profile.rs"]
mod profile;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, profile::check, |input| {
    profile::check_with(input, profile::Engine { apply: |_, _, _| {}, ..profile::ENGINE });
}));
