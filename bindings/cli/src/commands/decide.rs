//! Decide about a token: verify it, or explain what verify would say.

use clap::Args;
use keycask::{Result, VerifyError};

use crate::args::Ask;
use crate::exit::Exit;
use crate::output::Fields;
use crate::secret::TokenFrom;
use crate::session::Session;
use crate::view;

/// Decide about the token on standard input, and exit with 3 if it is refused
#[derive(Args, Debug)]
#[command(after_help = "\
Opens the store read-only, so it works beside a running service and counts as no use of the
key. Rates are counted in each process for itself: those of this run begin afresh. A quota is
charged by the process that writes alone: here it is told what would be decided, by the credits
that the file has, and none is taken.

Example:
  keycask verify --realm cloudgeni --needs read-only < token.txt")]
pub(crate) struct Verify {
    #[command(flatten)]
    ask: Ask,

    #[command(flatten)]
    from: TokenFrom,
}

impl Verify {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let (realm, request) = self.ask.resolve(&store)?;
        let token = self.from.read()?;
        match store.verify(realm, &token, &request) {
            Ok(grant) => {
                if grant.credits.is_some() {
                    session.output.note("No credit was taken: the store is open read-only");
                }
                session.output.one(&view::grant(&grant, &store.describe(&grant)?))?;
                Ok(Exit::Done)
            }
            Err(VerifyError::Denied(denial)) => {
                session.output.one(&view::denial(&*store.profile(realm)?, &denial))?;
                Ok(Exit::Refused)
            }
            Err(VerifyError::Failed(error)) => Err(error),
        }
    }
}

/// Show every check of the decision about the token on standard input
#[derive(Args, Debug)]
#[command(after_help = "\
Charges no rate and no quota. Exits with 0 whatever the checks say.

Example:
  keycask explain --realm cloudgeni --needs read-write --token-file token.txt")]
pub(crate) struct Explain {
    #[command(flatten)]
    ask: Ask,

    /// The HTTP method of the request, as `present` would take it from its head
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    #[command(flatten)]
    from: TokenFrom,
}

impl Explain {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let (realm, request) = self.ask.resolve(&store)?;
        let token = self.from.read()?;
        let found = store.explain(realm, &token, self.method.as_deref(), &request)?;
        let fields = view::explanation(&*store.profile(realm)?, &found);
        if session.output.is_json() {
            let checks: Vec<_> = found.checks.iter().map(view::check).collect();
            session.output.one(&fields.with("checks", checks))?;
        } else {
            session.output.one(&fields)?;
            session.output.line("")?;
            let mut list = session.output.list(&["check", "verdict", "detail"]);
            for check in &found.checks {
                let verdict = match check.passed {
                    Some(true) => "passed",
                    Some(false) => "refused",
                    None => "not reached",
                };
                let row = Fields::new()
                    .with("check", check.name)
                    .with("verdict", verdict)
                    .with("detail", check.detail.as_str());
                list.row(&row)?;
            }
            list.end()?;
        }
        Ok(Exit::Done)
    }
}
