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

/// The directory that holds libkeycask.so, libkeycask.so.0 and libkeycask.a, as they are now, built
/// as this test was.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let (built, profile) = profile();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--package", "keycask-c", "--profile", &profile]);
        succeed(cargo.current_dir(CRATE));
        let soname = built.join("libkeycask.so.0");
        if std::fs::read_link(&soname).is_err() {
            // Another test may have made it meanwhile.
            let _ = std::os::unix::fs::symlink("libkeycask.so", &soname);
        }
        assert!(soname.exists(), "{soname:?} leads nowhere");
        built
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
    dir: tempfile::TempDir,
}

impl Program {
    pub fn build(compiler_name: &str, sources: &[&str], flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("program");
        let mut compile = compiler(compiler_name);
        compile.args(["-std=c11", "-g", "-D_POSIX_C_SOURCE=200809L"]).args(flags);
        compile.args(sources.iter().map(|source| Path::new(CRATE).join(source)));
        compile.arg("-o").arg(&binary);
        compile.arg("-L").arg(library()).args(["-lkeycask", "-lpthread"]);
        succeed(&mut compile);
        Self { binary, dir }
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
        command.env("LD_LIBRARY_PATH", library());
        command
    }
}
