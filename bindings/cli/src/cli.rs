//! The command line: its grammar, and one run of it.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use keycask::{Error, ErrorKind, Result};

use crate::commands;
use crate::exit::{self, Exit};
use crate::output::Output;
use crate::redact::redacted;
use crate::session::{Global, Session};

/// An API-key store at the command line: issue, verify, limit, rotate and revoke keys.
#[derive(Parser, Debug)]
#[command(name = "keycask", version, after_help = exit::HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(commands::Init),
    #[command(subcommand)]
    Realm(commands::Realm),
    #[command(subcommand)]
    Owner(commands::Owner),
    Issue(commands::Issue),
    Import(commands::Import),
    Verify(commands::Verify),
    Present(commands::Present),
    Explain(commands::Explain),
    Rotate(commands::Rotate),
    Suspend(commands::Suspend),
    Resume(commands::Resume),
    Revoke(commands::Revoke),
    RevokePresented(commands::RevokePresented),
    EndGrace(commands::EndGrace),
    Update(commands::Update),
    List(commands::List),
    Find(commands::Find),
    Show(commands::Show),
    Reveal(commands::Reveal),
    Leaked(commands::Leaked),
    Rules(commands::Rules),
    Operation(commands::Operation),
    #[command(subcommand)]
    Export(commands::Export),
    Audit(commands::Audit),
    Changes(commands::Follow),
    Report(commands::Report),
    Stat(commands::Stat),
    Check(commands::Check),
    Anchor(commands::AnchorOf),
    Backup(commands::Backup),
    Restore(commands::Restore),
    ConfirmRestore(commands::ConfirmRestore),
    Sweep(commands::Sweep),
    Compact(commands::Compact),
    #[command(subcommand)]
    Pepper(commands::Pepper),
    Bench(commands::Bench),
    Demo(commands::Demo),
    Completions(commands::Completions),
    Man(commands::Man),
}

impl Command {
    fn run(self, session: &Session) -> Result<Exit> {
        match self {
            Self::Init(command) => command.run(session),
            Self::Realm(command) => command.run(session),
            Self::Owner(command) => command.run(session),
            Self::Issue(command) => command.run(session),
            Self::Import(command) => command.run(session),
            Self::Verify(command) => command.run(session),
            Self::Present(command) => command.run(session),
            Self::Explain(command) => command.run(session),
            Self::Rotate(command) => command.run(session),
            Self::Suspend(command) => command.run(session),
            Self::Resume(command) => command.run(session),
            Self::Revoke(command) => command.run(session),
            Self::RevokePresented(command) => command.run(session),
            Self::EndGrace(command) => command.run(session),
            Self::Update(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Find(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Reveal(command) => command.run(session),
            Self::Leaked(command) => command.run(session),
            Self::Rules(command) => command.run(session),
            Self::Operation(command) => command.run(session),
            Self::Export(command) => command.run(session),
            Self::Audit(command) => command.run(session),
            Self::Changes(command) => command.run(session),
            Self::Report(command) => command.run(session),
            Self::Stat(command) => command.run(session),
            Self::Check(command) => command.run(session),
            Self::Anchor(command) => command.run(session),
            Self::Backup(command) => command.run(session),
            Self::Restore(command) => command.run(session),
            Self::ConfirmRestore(command) => command.run(session),
            Self::Sweep(command) => command.run(session),
            Self::Compact(command) => command.run(session),
            Self::Pepper(command) => command.run(session),
            Self::Bench(command) => command.run(session),
            Self::Demo(command) => command.run(session),
            Self::Completions(command) => command.run(Cli::command()),
            Self::Man(command) => command.run(Cli::command()),
        }
    }
}

/// Runs the command that this process's arguments ask for, and gives its exit status.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => {
            let session = Session::new(cli.global);
            let result = cli.command.run(&session);
            result.unwrap_or_else(|error| report(session.output, &error)).into()
        }
        Err(error) => refuse(&error).into(),
    }
}

/// Tells of `error`; gives the exit status for it.
fn report(output: Output, error: &Error) -> Exit {
    if !is_closed_pipe(error) {
        let mut message = redacted(&error.to_string());
        if let Some(hint) = hint(error) {
            message.push_str(hint);
        }
        output.error(error.kind().name(), &message);
    }
    Exit::from(error)
}

/// What to do about an error, where the command knows more than the engine says.
fn hint(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::Argument if error.message().starts_with("sealing key") => {
            Some("; give --sealing-key-file FILE or set KEYCASK_SEALING_KEY_FILE")
        }
        ErrorKind::NotFound if error.message().starts_with("owner ") => {
            Some("; keycask owner set makes one")
        }
        ErrorKind::RolledBack => Some("; see keycask restore"),
        ErrorKind::Unconfirmed => Some("; see keycask confirm-restore"),
        ErrorKind::Pepper => Some(
            "; see --pepper-file, --previous-pepper-file, --import-secret and --sealing-key-file",
        ),
        _ => None,
    }
}

/// Whether the reader of standard output went away, as `head` does, and needs no message.
fn is_closed_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Tells of arguments that are not understood, or prints the help that was asked for.
fn refuse(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        return if error.print().is_ok() { Exit::Done } else { Exit::Failed };
    }
    if std::env::args_os().any(|arg| arg == OsStr::new("--json")) {
        let text = error.to_string();
        // The usage that follows after an empty line is for people.
        let message = text.split("\n\n").next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        Output::new(true).error(ErrorKind::Argument.name(), &redacted(message));
    } else {
        // Without standard error there is nobody to tell.
        let _ = write!(anstream::stderr(), "{}", redacted(&error.render().ansi().to_string()));
    }
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_one_sentence_and_an_example() {
        fn check(command: &clap::Command) {
            let name = command.get_name().to_owned();
            if !command.has_subcommands() {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(!about.is_empty() && !about.contains('\n'), "{name}: {about:?}");
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.contains("Example") && after.contains("keycask "), "{name}");
            }
            command.get_subcommands().filter(|c| c.get_name() != "help").for_each(check);
        }
        check(&Cli::command());
    }
}
