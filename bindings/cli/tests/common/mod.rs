//! A store in a temporary directory, and the real command run on it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A realm with what the tests need: kinds, scopes that contain each other, a small plan.
pub const PROFILE: &str = r#"
realm = "shop"

[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]

[[kind]]
name = "live"
prefix = "sh_live_"
environment = "production"
body = 32

[[kind]]
name = "test"
prefix = "sh_test_"
body = 32

[[kind]]
name = "shown"
prefix = "sh_shown_"
body = 32
reveal = true

[[scope]]
name = "read"
methods = ["GET", "HEAD"]

[[scope]]
name = "write"
implies = ["read"]
methods = ["POST"]

[[set]]
name = "all"
scopes = ["read", "write"]

[[plan]]
name = "small"
active = 2
rates = ["3 per 1h"]

[[plan]]
name = "big"

[policy]
default_plan = "big"
default_grace = "1d"
"#;

/// What a run of the command gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The run, which must have ended with `code`.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The one object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// The objects on standard output, one a line.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {self:#?}"));
        self.out.lines().map(parse).collect()
    }

    /// The error on standard error.
    pub fn error(&self) -> Value {
        serde_json::from_str(&self.err).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

/// A directory with a store, or without one yet.
pub struct Place {
    dir: TempDir,
}

impl Place {
    /// A directory with a pepper and a sealing key, and no store.
    pub fn empty() -> Self {
        let place = Self { dir: TempDir::new().unwrap() };
        place.secret("pepper.key", &[7; 32]);
        place.secret("sealing.key", "0f".repeat(32).as_bytes());
        place.file("shop.toml", PROFILE.as_bytes());
        place
    }

    /// A directory with a store that has the realm `shop` and its owner `ann`.
    pub fn with_owner() -> Self {
        let place = Self::empty();
        place.run(&["init"]).expect(0);
        place.run(&["realm", "apply", &place.text("shop.toml")]).expect(0);
        place.run(&["owner", "set", "--realm", "shop", "ann"]).expect(0);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn store(&self) -> PathBuf {
        self.path("keys.keycask")
    }

    /// Writes a file that anybody may read.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o644);
        path
    }

    /// Writes a file that only its owner may read.
    pub fn secret(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.file(name, bytes);
        set_mode(&path, 0o600);
        path
    }

    /// The command with the store and its secrets in the environment.
    pub fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keycask"));
        command
            .env_clear()
            .env("KEYCASK_STORE", self.store())
            .env("KEYCASK_PEPPER_FILE", self.path("pepper.key"))
            .env("KEYCASK_SEALING_KEY_FILE", self.path("sealing.key"))
            .args(args);
        command
    }

    /// Runs the command with nothing on standard input.
    pub fn run(&self, args: &[impl AsRef<OsStr>]) -> Ran {
        run(self.command(args), b"")
    }

    /// Runs the command with `input` on standard input.
    pub fn feed(&self, args: &[impl AsRef<OsStr>], input: impl AsRef<[u8]>) -> Ran {
        run(self.command(args), input.as_ref())
    }

    /// Runs `script` where the store is, up to the first command that fails.
    pub fn shell(&self, script: &str) -> Output {
        let command = Path::new(env!("CARGO_BIN_EXE_keycask"));
        let path = format!("{}:/usr/bin:/bin", command.parent().unwrap().display());
        Command::new("bash")
            .args(["-Eeuo", "pipefail", "-c", script])
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", path)
            .env("KEYCASK_STORE", "keys.keycask")
            .env("KEYCASK_PEPPER_FILE", "pepper.key")
            .output()
            .unwrap()
    }

    /// Issues a key of `shop` for `ann`; gives its id and its token.
    pub fn issue(&self, args: &[&str]) -> (String, String) {
        let all = ["issue", "--json", "--realm", "shop", "ann"];
        let issued = self.run(&[&all, args].concat()).expect(0).json();
        let text = |name: &str| issued[name].as_str().unwrap().to_owned();
        (text("key_id"), text("token"))
    }
}

/// Runs `command` with `input` on standard input.
pub fn run(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Every command, as words, as the help lists them: first the command itself, which has none.
pub fn commands(place: &Place) -> Vec<Vec<String>> {
    let (mut found, mut open) = (Vec::new(), vec![Vec::new()]);
    while let Some(command) = open.pop() {
        let help = place.run(&[&command[..], &["--help".to_owned()]].concat()).expect(0).out;
        let listed = help.split_once("\nCommands:\n").map_or("", |(_, listed)| listed);
        let lines = listed.lines().take_while(|line| !line.is_empty());
        let named = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        // A line that goes on begins with more blanks, and so with no name.
        for name in named.filter(|name| !name.is_empty() && *name != "help") {
            open.push([&command[..], &[name.to_owned()]].concat());
        }
        found.push(command);
    }
    found
}

/// The commands that do something: of a group, its commands do.
pub fn leaves(place: &Place) -> Vec<Vec<String>> {
    let does = |command: &Vec<String>| {
        let help = place.run(&[&command[..], &["--help".to_owned()]].concat()).expect(0).out;
        let usage = help.lines().find(|line| line.starts_with("Usage:")).unwrap();
        !usage.ends_with("<COMMAND>")
    };
    commands(place).into_iter().filter(does).collect()
}
