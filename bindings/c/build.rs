//! How the shared library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Other systems name libraries otherwise, and keep them in memory by themselves.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    // The number is KEYCASK_ABI; tests/install.rs compares them.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libkeycask.so.0");
    // The handler of forks stays, so the code must: unloading leaves it in memory.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
