//! Opening the store that a run works on.

use std::path::{Path, PathBuf};

use clap::Args;
use keycask::{Error, ErrorKind, Options, Pepper, Result, SealingKey, Store};

use crate::output::Output;
use crate::secret;

/// The options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The store's file
    #[arg(long, global = true, value_name = "PATH", env = "KEYCASK_STORE", hide_env_values = true)]
    store: Option<PathBuf>,

    /// File with the pepper, 32 bytes or 64 hex digits
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KEYCASK_PEPPER_FILE",
        hide_env_values = true
    )]
    pepper_file: Option<PathBuf>,

    /// File with the sealing key, for kinds that can be revealed, 32 bytes or 64 hex digits
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KEYCASK_SEALING_KEY_FILE",
        hide_env_values = true
    )]
    sealing_key_file: Option<PathBuf>,

    /// Print JSON, for lists an object a line, and errors as JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// One run: how to open its store, and where it prints.
#[derive(Debug)]
pub(crate) struct Session {
    global: Global,
    pub(crate) output: Output,
}

impl Session {
    /// A run with these options.
    pub(crate) fn new(global: Global) -> Self {
        let output = Output::new(global.json);
        Self { global, output }
    }

    /// The store's path.
    ///
    /// # Errors
    ///
    /// `Argument` if none was given.
    pub(crate) fn path(&self) -> Result<&Path> {
        let path = self.global.store.as_deref().filter(|path| !path.as_os_str().is_empty());
        path.ok_or_else(|| {
            Error::new(ErrorKind::Argument, "no store: give --store PATH or set KEYCASK_STORE")
        })
    }

    /// Makes the store, which must not exist.
    pub(crate) fn create(&self) -> Result<Store> {
        let path = self.path()?;
        self.options()?.create(path)
    }

    /// Opens the store to change it.
    pub(crate) fn write(&self) -> Result<Store> {
        let path = self.path()?;
        self.options()?.open(path)
    }

    /// Opens the store to read it, beside a process that may have it open for writing.
    pub(crate) fn read(&self) -> Result<Store> {
        let path = self.path()?;
        self.options()?.read_only(true).open(path)
    }

    /// Whether a pepper was given.
    pub(crate) fn is_peppered(&self) -> bool {
        given(&self.global.pepper_file).is_some()
    }

    fn options(&self) -> Result<Options> {
        let mut options = Store::options();
        if let Some(path) = given(&self.global.pepper_file) {
            options = options.pepper(Pepper::new(&*secret::read_key("pepper", path)?));
        }
        if let Some(path) = given(&self.global.sealing_key_file) {
            options =
                options.sealing_key(SealingKey::new(&*secret::read_key("sealing key", path)?));
        }
        Ok(options)
    }
}

fn given(path: &Option<PathBuf>) -> Option<&Path> {
    path.as_deref().filter(|path| !path.as_os_str().is_empty())
}
