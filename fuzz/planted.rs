//! A mistake that a target makes in its check's place, if the environment's `KEYCASK_PLANTED` names
//! one, so that a built target shows that each kind of finding would be told:
//!
//! - `panic`: the target's property asks an engine that is wrong, where there can be one;
//! - `read`: the engine reads a byte behind what it has;
//! - `memory`: `KEYCASK_PLANTED_MB` of memory are taken at once.

use std::env;
use std::hint::black_box;
use std::sync::OnceLock;

/// Whether a mistake is made, and which.
enum Planted {
    Nothing,
    Panic,
    Read,
    Memory(usize),
}

impl Planted {
    fn read() -> Self {
        match env::var("KEYCASK_PLANTED").as_deref() {
            Err(_) => Self::Nothing,
            Ok("panic") => Self::Panic,
            Ok("read") => Self::Read,
            Ok("memory") => {
                let mb = env::var("KEYCASK_PLANTED_MB").ok().and_then(|mb| mb.parse().ok());
                Self::Memory(mb.expect("a number of MB"))
            }
            Ok(other) => panic!("no mistake is named {other}"),
        }
    }
}

/// Does `check` with an input, or makes the mistake that is named: `wrong` panics for some input of
/// the corpus.
pub fn or(input: &[u8], check: fn(&[u8]), wrong: fn(&[u8])) {
    static PLANTED: OnceLock<Planted> = OnceLock::new();
    match PLANTED.get_or_init(Planted::read) {
        Planted::Nothing => check(input),
        Planted::Panic => wrong(input),
        Planted::Read => {
            black_box(keycask::planted::read_behind(&vec![1; 100]));
        }
        Planted::Memory(mb) => drop(black_box(Vec::<u8>::with_capacity(mb << 20))),
    }
}
