//! Completion of the command line, in a shell's own words.

use clap::{Args, Command};
use clap_complete::{Shell, generate};
use keycask::Result;

use crate::exit::Exit;
use crate::output::write_data;

/// Write what completes the command's arguments in a shell
#[derive(Args, Debug)]
#[command(after_help = "\
make install-command puts it where bash, zsh and fish look for it. Uses no store, and --json
changes nothing.

Example:
  keycask completions bash > ~/.local/share/bash-completion/completions/keycask")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// `grammar` is the whole command's.
    pub(crate) fn run(self, mut grammar: Command) -> Result<Exit> {
        let mut script = Vec::new();
        generate(self.shell, &mut grammar, "keycask", &mut script);
        write_data(&script)?;
        Ok(Exit::Done)
    }
}
