//! `keycask demo`: what each system's page promises, kept before the reader's eyes.
//!
//! It runs the systems' own scripts and shows the sections that they mark for it, so that it
//! cannot promise what the tests do not hold.

mod pace;
mod walk;

use std::io::Write;

use keycask::{Error, ErrorKind, Result};

use crate::script::{self, Failure, Script};
use walk::Walk;

/// A script that the demo shows, and the profile that it applies.
struct Show {
    file: &'static str,
    script: &'static str,
    profile: &'static str,
}

macro_rules! show {
    ($script:literal, $profile:literal) => {
        Show {
            file: concat!("tests/systems/", $script, ".txt"),
            script: include_str!(concat!("../../../tests/systems/", $script, ".txt")),
            profile: include_str!(concat!("../../../profiles/", $profile, ".toml")),
        }
    };
}

const SHOWS: [Show; 6] = [
    show!("stackguardian", "stackguardian"),
    show!("cloudgeni", "cloudgeni"),
    show!("stairoids", "stairoids"),
    show!("securecodinghub", "securecodinghub"),
    show!("seogeo", "seogeo"),
    show!("orbit", "example"),
];

const INTRODUCTION: &str = "\
What was asked, and what came back. In brackets the reason, which the client is not told.

";

/// Walks through the systems on `out`, and ends with how many decisions one core makes in a
/// second.
///
/// Titles are written with the escapes of ANSI terminals: for anything else `out` has to strip
/// them, as `anstream` does.
///
/// # Errors
///
/// `Internal` if anything is not as a script says; `Io` if `out` cannot be written, or no
/// temporary directory be had; what a store of its own fails with.
pub fn demo(out: &mut dyn Write) -> Result<()> {
    out.write_all(INTRODUCTION.as_bytes()).map_err(unwritable)?;
    for show in &SHOWS {
        show.play(out)?;
    }
    pace::measure(out)
}

impl Show {
    fn play(&self, out: &mut dyn Write) -> Result<()> {
        let script = Script::parse(self.file, self.script).map_err(|failure| defect(&[failure]))?;
        let mut walk = Walk::new(out);
        let profile = |_: &str| Some(self.profile.to_owned());
        let tally = script::run(&script, &profile, &mut |section, step, came| {
            walk.see(section, step, came);
        });
        let tally = tally.map_err(|failures| defect(&failures))?;
        walk.end(tally, self.file).map_err(unwritable)
    }
}

fn defect(failures: &[Failure]) -> Error {
    let lines: Vec<String> = failures.iter().map(Failure::to_string).collect();
    Error::new(ErrorKind::Internal, format!("not as it should be: {}", lines.join("\n")))
}

fn unwritable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "the demo could not be written").caused_by(error)
}

#[cfg(test)]
mod tests;
