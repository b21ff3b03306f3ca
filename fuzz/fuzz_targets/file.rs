#![no_main]

#[path = "../properties/file.rs"]
mod file;
#[path = "../planted.rs"]
mod planted;

libfuzzer_sys::fuzz_target!(
    // The engine contains the panics of what reads a forged page; only what gets out is a finding.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |input: &[u8]| planted::or(input, file::check, |input| {
        // It begins anew where it should refuse.
        file::check_with(input, |way, files| {
            let new = files.damaged().with_extension("new");
            file::read(way, files).or_else(|_| keycask::Store::create(new))
        });
    })
);
