#![no_main]

#[path = "../properties/import.rs"]
mod import;
#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(|input: &[u8]| planted::or(input, import::check, |input| {
    import::check_with(input, import::Engine { import: |_, _, _| vec![], ..import::ENGINE });
}));
