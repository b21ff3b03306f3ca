//! Answer HTTP requests.

use clap::Args;
use keycask::{HttpRequest, Realm, RealmRef, Request, Result, Store};
use serde_json::json;

use crate::args::Ask;
use crate::exit::Exit;
use crate::http::{self, BadHead, Head, Heads};
use crate::output::{Fields, Output, write_data};
use crate::secret::{failed, stdin};
use crate::session::Session;
use crate::view;

/// The header that gives a request its id.
const ID_HEADER: &str = "X-Request-Id";

/// Longest id of a request that is taken from its header.
const ID_MAX: usize = 128;

/// Answer each of the HTTP request heads on standard input as the realm's profile says
#[derive(Args, Debug)]
#[command(after_help = "\
Heads follow one another with an empty line between them, and no bodies. Each is answered as
soon as its empty line is read: by the profile's answer to a refusal, or by 200 and the
headers that a grant adds. What is not a head is answered by 400. With --json each answer is
a line that tells the reason too. A request's id is its X-Request-Id, else req-1, req-2 ...

Opens the store read-only and decides by what it held when the run began. Rates are counted in
each process for itself: over the heads of this run. No credit of a quota is taken: each head
is answered by the credits that the file has.

Example:
  printf 'GET / HTTP/1.1\\r\\nX-CLOUDGENI-API-KEY: %s\\r\\n\\r\\n' \"$TOKEN\" |
    keycask present --realm cloudgeni")]
pub(crate) struct Present {
    #[command(flatten)]
    ask: Ask,
}

impl Present {
    pub(crate) fn run(self, session: &Session) -> Result<Exit> {
        let store = session.read()?;
        let (realm, request) = self.ask.resolve(&store)?;
        let profile = store.profile(realm)?;
        let desk = Desk { store: &store, realm, profile: &profile, request };
        let mut heads = Heads::new(stdin()?);
        let mut number = 0_u64;
        while let Some(head) = heads.next().map_err(|e| failed("standard input", e))? {
            number = number.saturating_add(1);
            match head {
                Ok(head) => desk.answer(session.output, &head, number)?,
                Err(bad) => refuse(session.output, bad)?,
            }
        }
        Ok(Exit::Done)
    }
}

/// What all requests of a run have in common.
struct Desk<'a> {
    store: &'a Store,
    realm: RealmRef,
    profile: &'a Realm,
    request: Request,
}

impl Desk<'_> {
    fn answer(&self, output: Output, head: &Head<'_>, number: u64) -> Result<()> {
        let id = request_id(head, number);
        let http = HttpRequest { method: head.method, headers: &head.headers, request_id: &id };
        let outcome = self.store.present(self.realm, &http, &self.request)?;
        if !output.is_json() {
            return write_data(&http::wire(&outcome.answer, head.method));
        }
        let verdict = match &outcome.verdict {
            Ok(grant) => view::grant(grant, &self.store.describe(grant)?),
            Err(refusal) => view::refusal(self.profile, refusal),
        };
        let answer = &outcome.answer;
        let headers: Vec<_> = answer.headers.iter().map(|(n, v)| json!([n, v])).collect();
        let told = Fields::new()
            .with("request_id", id.as_str())
            .with("method", head.method)
            .with("status", answer.status)
            .with("headers", headers)
            .with("body", String::from_utf8_lossy(&answer.body).as_ref());
        output.line(&verdict.and(told).json())
    }
}

fn refuse(output: Output, bad: BadHead) -> Result<()> {
    if !output.is_json() {
        return write_data(&http::bad_request(bad));
    }
    let detail = format!("line {}: {}", bad.line, bad.why);
    let fields = view::refused("bad_request").with("detail", detail).with("status", 400);
    output.line(&fields.json())
}

/// The id of a request: what its header says, if that is short visible ASCII, else its place
/// on the stream.
fn request_id(head: &Head<'_>, number: u64) -> String {
    let header = head.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(ID_HEADER));
    let value = header.map(|(_, value)| *value).filter(|value| {
        (1..=ID_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic)
    });
    match value.and_then(|value| std::str::from_utf8(value).ok()) {
        Some(id) => id.to_owned(),
        None => format!("req-{number}"),
    }
}
