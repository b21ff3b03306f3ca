//! A line of an import: one key as a JSON object.
//!
//! ```text
//! {"kind": "live", "owner": "acme",            whose it is; the kind may be given for all lines
//!  "token": "...",                             or
//!  "digest": "...", "scheme": "sanctum",       in hex or base64; may be given for all lines
//!  "lead": "17|", "last_four": "x9Qk",         what the scheme does not hash; for people
//!  "scopes": ["read"], "sets": [], "name": "CI", "metadata": {...},
//!  "issued": "2024-05-01T00:00:00Z", "start": ..., "end": "2027-01-01T00:00:00Z",
//!  "state": "active"}                          or suspended, revoked
//! ```
//!
//! Times are as RFC 3339 has them, or `never`. What is left out is as by default; a member that is
//! not known is refused.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::import::Import;
use super::issue::Spec;
use super::parsed::Names;
use crate::digest::Scheme;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::json_text::text_of;
use crate::time::Timestamp;

/// Longest line in bytes.
pub(crate) const LINE_MAX: usize = 16 << 10;

/// What is the same for all lines of an import.
#[derive(Clone, Debug)]
pub struct ImportLines {
    pub(crate) realm: RealmRef,
    kind: Option<String>,
    scheme: Option<Scheme>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    owner: Cow<'a, str>,
    /// As it stands in the line: the parser would keep a copy of what has escapes.
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    digest: Option<Cow<'a, str>>,
    #[serde(borrow)]
    scheme: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lead: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_four: Option<Cow<'a, str>>,
    #[serde(default)]
    scopes: Names,
    #[serde(default)]
    sets: Names,
    #[serde(default)]
    name: String,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    issued: Option<Cow<'a, str>>,
    #[serde(borrow)]
    start: Option<Cow<'a, str>>,
    #[serde(borrow)]
    end: Option<Cow<'a, str>>,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
}

impl ImportLines {
    /// Lines that are keys of `realm`.
    #[must_use]
    pub const fn new(realm: RealmRef) -> Self {
        Self { realm, kind: None, scheme: None }
    }

    /// The kind of keys whose line names none.
    #[must_use]
    pub fn kind(mut self, name: impl Into<String>) -> Self {
        self.kind = Some(name.into());
        self
    }

    /// The scheme of digests whose line names none.
    #[must_use]
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// The key that `line` describes.
    ///
    /// # Errors
    ///
    /// `Argument`, naming the member that is wrong. Nothing that stands in the line is in it: that
    /// may be a token which stands where it should not.
    pub fn read(&self, line: &str) -> Result<Import> {
        let refuse = |why: String| Error::new(ErrorKind::Argument, why);
        let line: Line<'_> = serde_json::from_str(line).map_err(|e| refuse(fault(&e)))?;
        let kind = line.kind.as_deref().or(self.kind.as_deref());
        let kind = kind.ok_or_else(|| refuse("kind: is missing".to_owned()))?;
        let mut spec = Spec::new(self.realm, kind, line.owner).name(line.name);
        for set in line.sets.0 {
            spec = spec.set(set);
        }
        spec = spec.scopes(line.scopes.0);
        if let Some(metadata) = line.metadata {
            spec = spec.metadata(metadata.get());
        }
        if let Some(start) = time("start", line.start)? {
            spec = spec.start(start);
        }
        if let Some(end) = time("end", line.end)? {
            spec = spec.end(end);
        }
        let named = line.scheme.as_deref().map(str::parse::<Scheme>).transpose();
        let named = named.map_err(|error| told(&error))?;
        let mut import = match (line.token, line.digest) {
            (Some(token), None) if named.is_none() && line.lead.is_none() => {
                let text = text_of(token.get());
                let text = text.ok_or_else(|| refuse("token: is not a text".to_owned()))?;
                Import::token(spec, &text)?
            }
            (None, Some(digest)) => {
                let scheme = named.or_else(|| self.scheme.clone());
                let scheme = scheme.ok_or_else(|| refuse("scheme: is missing".to_owned()))?;
                Import::digest(spec, scheme, &digest)?.lead(line.lead.unwrap_or_default())
            }
            (Some(_), None) => {
                return Err(refuse("token: a scheme and a lead are for digests".to_owned()));
            }
            _ => return Err(refuse("want either a token or a digest".to_owned())),
        };
        if let Some(four) = line.last_four {
            import = import.last_four(four);
        }
        if let Some(issued) = time("issued", line.issued)? {
            import = import.issued(issued);
        }
        if let Some(name) = line.state {
            let states = [State::Active, State::Suspended, State::Revoked];
            let state = states.into_iter().find(|state| state.name() == name);
            let why = "state: want active, suspended or revoked";
            import = import.state(state.ok_or_else(|| refuse(why.to_owned()))?);
        }
        Ok(import)
    }
}

fn time(what: &str, text: Option<Cow<'_, str>>) -> Result<Option<Timestamp>> {
    text.map(|text| match &*text {
        "never" => Ok(Timestamp::NEVER),
        text => Timestamp::parse(text)
            .map_err(|e| told(&Error::new(e.kind(), format!("{what}: {}", e.message())))),
    })
    .transpose()
}

/// What is wrong with a key that came in a line, without what stands in that: texts in quotes,
/// but for the name of its realm, which no line has.
pub(crate) fn told(error: &Error) -> Error {
    let (mut told, mut quoted, mut escaped) = (String::new(), false, false);
    let mut kept = false;
    for c in error.message().chars() {
        match c {
            '"' if !escaped => {
                quoted = !quoted;
                kept = if quoted { told.ends_with("realm ") } else { kept };
                if kept {
                    told.push(c);
                } else {
                    told.truncate(told.trim_end().len());
                }
            }
            _ if quoted && kept => told.push(c),
            _ if quoted => escaped = c == '\\' && !escaped,
            _ => told.push(c),
        }
    }
    Error::new(error.kind(), told)
}

/// What is wrong with the JSON of a line, without what stands in it.
fn fault(error: &serde_json::Error) -> String {
    let (text, at) = (error.to_string(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Data => {
            // Names of ours are told; of an unknown one, where it stands.
            let ours = text.split('`').nth(1).unwrap_or_default();
            match &*text {
                t if t.starts_with("unknown field") => "unknown field".to_owned(),
                t if t.starts_with("missing field") => format!("missing field {ours:?}"),
                t if t.starts_with("duplicate field") => format!("duplicate field {ours:?}"),
                t if t.starts_with(Names::TOO_MANY) => Names::TOO_MANY.to_owned(),
                _ => "a value of another type".to_owned(),
            }
        }
        _ => "is not JSON".to_owned(),
    };
    format!("column {at}: {what}")
}
