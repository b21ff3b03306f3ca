//! The `keycask` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    keycask_cli::run()
}
