//! Asking back before what cannot be undone.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use keycask::{Error, ErrorKind, Result};

/// Whether somebody is to be asked back.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Confirm {
    /// Do not ask back
    #[arg(long)]
    yes: bool,
}

impl Confirm {
    /// Whether it is wanted: by `--yes`, or by the person at the terminal, who is asked
    /// `question`.
    ///
    /// # Errors
    ///
    /// `Argument` with `otherwise` if nobody can be asked; those of `question`.
    pub(crate) fn is_given(
        self,
        otherwise: &str,
        question: impl FnOnce() -> Result<String>,
    ) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(Error::new(ErrorKind::Argument, otherwise));
        }
        let failed = |error: io::Error| Error::new(ErrorKind::Io, "terminal").caused_by(error);
        write!(io::stderr(), "{} [y/N] ", question()?).map_err(failed)?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(failed)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}
