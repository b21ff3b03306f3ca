#![no_main]

#[path = "../properties/file.rs"]
mod file;

libfuzzer_sys::fuzz_target!(
    // The engine contains the panics of what reads a forged page; only what gets out is a finding.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |input: &[u8]| file::check(input)
);
