//! Opening the store that a run works on.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use keycask::{Error, ErrorKind, Options, Pepper, Result, SealingKey, Store};

use crate::bar::Bar;
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

    /// File with the pepper before it, until that is retired
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KEYCASK_PREVIOUS_PEPPER_FILE",
        hide_env_values = true
    )]
    previous_pepper_file: Option<PathBuf>,

    /// File with a secret that another system hashed with its tokens, and its name in schemes
    #[arg(
        long,
        global = true,
        value_name = "NAME=FILE",
        env = "KEYCASK_IMPORT_SECRET",
        hide_env_values = true
    )]
    import_secret: Vec<ImportSecret>,

    /// File with the sealing key, for kinds that can be revealed, 32 bytes or 64 hex digits
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KEYCASK_SEALING_KEY_FILE",
        hide_env_values = true
    )]
    sealing_key_file: Option<PathBuf>,

    /// Refuse a store whose last change has a lower number: an older file was put in its place
    #[arg(
        long,
        global = true,
        value_name = "SEQ",
        env = "KEYCASK_MIN_SEQ",
        hide_env_values = true
    )]
    min_seq: Option<u64>,

    /// Print JSON, for lists an object a line, and errors as JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The name of a secret, and the file that it is in.
#[derive(Clone, Debug)]
struct ImportSecret {
    name: String,
    path: PathBuf,
}

impl FromStr for ImportSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, path) = text.split_once('=').ok_or("want NAME=FILE")?;
        Ok(Self { name: name.to_owned(), path: path.into() })
    }
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

    /// The least seq that the store may have; 0 if none was given.
    pub(crate) fn min_seq(&self) -> u64 {
        self.global.min_seq.unwrap_or_default()
    }

    /// Makes the store, which must not exist.
    pub(crate) fn create(&self) -> Result<Store> {
        let path = self.path()?;
        self.options()?.create(path)
    }

    /// Opens the store to change it.
    pub(crate) fn write(&self) -> Result<Store> {
        let path = self.path()?;
        self.opening()?.open(path)
    }

    /// Opens the store to read it, beside a process that may have it open for writing.
    pub(crate) fn read(&self) -> Result<Store> {
        let path = self.path()?;
        self.opening()?.read_only(true).open(path)
    }

    /// How a store is restored.
    pub(crate) fn restoring(&self) -> Result<Options> {
        Ok(self.telling(self.options()?))
    }

    fn opening(&self) -> Result<Options> {
        Ok(self.telling(self.options()?.min_seq(self.min_seq())))
    }

    /// These options, with a bar for what takes long.
    fn telling(&self, options: Options) -> Options {
        let bar = if self.output.is_json() { None } else { Bar::new() };
        match bar {
            Some(bar) => options.progress(move |progress| bar.tell(progress)),
            None => options,
        }
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
        if let Some(path) = given(&self.global.previous_pepper_file) {
            let pepper = secret::read_key("previous pepper", path)?;
            options = options.previous_pepper(Pepper::new(&pepper));
        }
        for ImportSecret { name, path } in &self.global.import_secret {
            options = options.import_secret(name, &secret::read_secret("import secret", path)?);
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
