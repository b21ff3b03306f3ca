//! Manual pages, one for the command and one for each of its commands.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use keycask::{Error, ErrorKind, Result};
use roff::{Roff, bold, roman};

use crate::exit::Exit;
use crate::output::write_data;
use crate::secret::failed;

/// Write the manual page of the command, or those of all commands to a directory
#[derive(Args, Debug)]
#[command(after_help = "\
In a directory there is a page for each command: keycask.1, keycask-issue.1,
keycask-realm-apply.1 and so on; pages that are there are written anew. make install-command
installs them. Uses no store, and --json changes nothing.

Example:
  keycask man | man -l -
  keycask man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The directory, which must exist [default: the one page on standard output]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Man {
    /// `grammar` is the whole command's.
    pub(crate) fn run(self, mut grammar: Command) -> Result<Exit> {
        grammar = grammar.disable_help_subcommand(true);
        grammar.build();
        match self.directory {
            Some(directory) => write_pages(&grammar, &directory)?,
            None => write_data(&page(&grammar)?)?,
        }
        Ok(Exit::Done)
    }
}

/// Writes the page of `command` and of all below it.
fn write_pages(command: &Command, directory: &Path) -> Result<()> {
    let path = directory.join(format!("{}.1", name(command)));
    let page = page(command)?;
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path);
    file.and_then(|mut file| file.write_all(&page))
        .map_err(|e| failed(&format!("manual page {path:?}"), e))?;
    command.get_subcommands().try_for_each(|command| write_pages(command, directory))
}

/// What the page of `command` is called: its path, with a hyphen between any two words.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<Vec<u8>> {
    render(command).map_err(|e| Error::new(ErrorKind::Io, "manual page").caused_by(e))
}

fn render(command: &Command) -> io::Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone())
        .title(name(command).to_uppercase())
        .source(format!("keycask {}", env!("CARGO_PKG_VERSION")))
        .manual("keycask");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(after) = command.get_after_help() {
        sections(&after.to_string()).to_writer(&mut page)?;
    }
    see_also(command).to_writer(&mut page)?;
    Ok(page)
}

/// What the help ends with: notes, then examples and lists, each under a heading of its own. Their
/// lines stay as they are.
fn sections(after: &str) -> Roff {
    const HEADINGS: [(&str, &str); 2] = [("Example:", "EXAMPLES"), ("Exit status:", "EXIT STATUS")];
    let mut roff = Roff::new();
    let mut heading = Some("NOTES");
    for part in after.split("\n\n") {
        let named = HEADINGS.iter().find(|(begins, _)| part.starts_with(begins));
        let lines = match named {
            Some((begins, name)) => {
                heading = Some(*name);
                part.strip_prefix(begins).unwrap_or(part).trim_start_matches('\n')
            }
            None => part,
        };
        match heading.take() {
            Some(heading) => roff.control("SH", [heading]),
            None => roff.control("PP", []),
        };
        roff.control("nf", []);
        lines.lines().for_each(|line| {
            roff.text([roman(line)]);
        });
        roff.control("fi", []);
    }
    roff
}

/// The pages of those below, or of those above.
fn see_also(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let others: Vec<String> = match command.get_name() {
        "keycask" => command.get_subcommands().map(name).collect(),
        _ => vec!["keycask".to_owned()],
    };
    let mut inlines = Vec::new();
    for (at, other) in others.into_iter().enumerate() {
        if at > 0 {
            inlines.push(roman(", "));
        }
        inlines.extend([bold(other), roman("(1)")]);
    }
    roff.text(inlines);
    roff
}
