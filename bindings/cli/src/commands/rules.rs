//! Rules for other scanners.

use clap::{Args, ValueEnum};
use keycask::{Result, RuleFormat};

use crate::exit::Exit;
use crate::output::{Fields, write_data};
use crate::session::Session;

/// Write rules by which another scanner finds tokens of this store
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  keycask rules --format gitleaks shop > .gitleaks.toml")]
pub(crate) struct Rules {
    /// The scanner
    #[arg(long, value_name = "SCANNER")]
    format: Scanner,

    /// Rules for this realm only [default: all realms]
    #[arg(value_name = "REALM")]
    realm: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Scanner {
    /// A configuration of gitleaks 8, beside its own rules
    Gitleaks,
    /// Custom detectors of trufflehog 3
    Trufflehog,
    /// Custom patterns of GitHub's secret scanning
    Github,
}

impl From<Scanner> for RuleFormat {
    fn from(scanner: Scanner) -> Self {
        match scanner {
            Scanner::Gitleaks => Self::Gitleaks,
            Scanner::Trufflehog => Self::Trufflehog,
            Scanner::Github => Self::Github,
        }
    }
}

impl Rules {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let realms = match self.realm {
            Some(name) => vec![store.profile(store.realm(&name)?)?],
            None => store.realms(),
        };
        let format = RuleFormat::from(self.format);
        let rules = format.rules(realms.iter().map(|realm| &**realm));
        if session.output.is_json() {
            session
                .output
                .one(&Fields::new().with("format", format.name()).with("rules", rules))?;
        } else {
            write_data(rules.as_bytes())?;
        }
        Ok(Exit::Done)
    }
}
