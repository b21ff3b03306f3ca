//! What the tests of C programs share: the library, built once; a compiler; a place to run.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// Warnings that are errors in all C of the project.
pub const STRICT: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub fn top() -> PathBuf {
    Path::new(CRATE).join("../..").canonicalize().unwrap()
}

/// The directory of this test's profile, below which it lies itself, and the profile's name.
fn profile() -> (PathBuf, String) {
    let test = std::env::current_exe().unwrap();
    let directory = test.ancestors().nth(2).unwrap().to_owned();
    let name = match directory.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let name = name.to_owned();
    (directory, name)
}

/// What builds the library in this profile.
fn cargo(profile: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "keycask-c", "--profile", profile]);
    cargo.current_dir(CRATE);
    cargo
}

/// This directory, in which a program finds the library by its SONAME, too.
fn named(built: PathBuf) -> PathBuf {
    let soname = built.join("libkeycask.so.0");
    if std::fs::read_link(&soname).is_err() {
        // Another test may have made it meanwhile.
        let _ = std::os::unix::fs::symlink("libkeycask.so", &soname);
    }
    assert!(soname.exists(), "{soname:?} leads nowhere");
    built
}

/// The directory that holds libkeycask.so, libkeycask.so.0 and libkeycask.a, as they are now, built
/// as this test was.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let (built, profile) = profile();
        succeed(&mut cargo(&profile));
        named(built)
    })
}

/// Likewise, but with each access to memory checked by AddressSanitizer, whose runtime a program
/// brings along, and with the mistakes of src/planted.rs in it. Rust's own library and what blake3
/// has of C and assembly are as they always are.
pub fn sanitized_library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let (built, profile) = profile();
        let target = built.with_file_name("sanitized");
        let said = succeed(Command::new("rustc").arg("-vV")).stdout;
        let said = String::from_utf8(said).unwrap();
        let host = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let mut cargo = cargo(&profile);
        // With a target, nothing that runs while this is built is built so.
        cargo.args(["--target", host, "--target-dir"]).arg(&target);
        // Names of functions are enough for a report. The flag is one of a nightly compiler's.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "false").env("RUSTC_BOOTSTRAP", "1");
        cargo.env_remove("CARGO_ENCODED_RUSTFLAGS");
        succeed(cargo.env("RUSTFLAGS", "-Zsanitizer=address --cfg planted"));
        named(target.join(host).join(built.file_name().unwrap()))
    })
}

/// Runs a command that must succeed, and gives what it said.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} could not be run: {error}; `.ci/prepare c` installs what is needed")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A compiler that sees the header and the library.
pub fn compiler(name: &str) -> Command {
    let mut compiler = Command::new(name);
    compiler.args(STRICT).arg("-I").arg(top().join("include"));
    compiler
}

/// One of the project's programs, built with `flags` from files, by their paths from bindings/c.
pub struct Program {
    binary: PathBuf,
    library: &'static Path,
    dir: tempfile::TempDir,
}

impl Program {
    pub fn build(compiler_name: &str, sources: &[&str], flags: &[&str]) -> Self {
        Self::with(library(), compiler_name, sources, flags)
    }

    /// With AddressSanitizer in the program and in the library, and UndefinedBehaviorSanitizer in
    /// the program.
    pub fn sanitized(sources: &[&str], flags: &[&str]) -> Self {
        let mut all = vec!["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
        all.extend(flags);
        Self::with(sanitized_library(), "gcc", sources, &all)
    }

    fn with(library: &'static Path, compiler_name: &str, sources: &[&str], flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("program");
        let mut compile = compiler(compiler_name);
        compile.args(["-std=c11", "-g", "-D_POSIX_C_SOURCE=200809L"]).args(flags);
        compile.args(sources.iter().map(|source| Path::new(CRATE).join(source)));
        compile.arg("-o").arg(&binary);
        compile.arg("-L").arg(library).args(["-lkeycask", "-lpthread"]);
        succeed(&mut compile);
        Self { binary, library, dir }
    }

    /// The program, with the path of a store that is not there yet as its first argument. It
    /// runs under `wrapper`, if that is not empty.
    pub fn command(&self, wrapper: &[&str]) -> Command {
        let stores = tempfile::tempdir_in(self.dir.path()).unwrap().keep();
        self.command_in(&stores, wrapper)
    }

    /// Likewise, with a store in this directory.
    pub fn command_in(&self, stores: &Path, wrapper: &[&str]) -> Command {
        let mut words = wrapper.iter();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        command.arg(stores.join("keys.keycask"));
        command.env("LD_LIBRARY_PATH", self.library);
        command
    }
}
