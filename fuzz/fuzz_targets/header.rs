#![no_main]

#[path = "../properties/header.rs"]
mod header;
#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, header::check, |input| {
    header::check_with(input, |store, realm, _| header::present(store, realm, &[]));
}));
