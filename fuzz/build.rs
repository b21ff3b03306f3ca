//! Builds the C that calls every function of the header, for the target `calls`.

#[path = "../bindings/c/tests/random/emit.rs"]
mod emit;
#[path = "../bindings/c/tests/random/header.rs"]
mod header;

use std::path::Path;

fn main() {
    let calls = "../bindings/c/tests/random";
    let header_h = "../include/keycask.h";
    println!("cargo:rerun-if-changed={calls}");
    println!("cargo:rerun-if-changed={header_h}");
    let declared = std::fs::read_to_string(header_h).expect("the header is read");
    let directory = std::env::var("OUT_DIR").expect("cargo says where");
    let calls_c = Path::new(&directory).join("calls.c");
    std::fs::write(&calls_c, emit::emit(&header::read(&declared))).expect("it is written");
    let sources = ["random.c", "renew.c", "judge.c", "play.c"];
    let sources = sources.map(|name| Path::new(calls).join(name));
    cc::Build::new()
        .files(sources)
        .file(calls_c)
        .includes([calls, "../include"])
        .std("c11")
        .define("_POSIX_C_SOURCE", "200809L")
        .opt_level(1)
        .compile("calls");
}
