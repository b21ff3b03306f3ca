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
use zeroize::Zeroize;

use super::import::Import;
use super::issue::Spec;
use crate::digest::Scheme;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
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
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    digest: Option<Cow<'a, str>>,
    #[serde(borrow)]
    scheme: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lead: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_four: Option<Cow<'a, str>>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    sets: Vec<String>,
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
    /// `Argument`, naming the member that is wrong. Neither token nor digest is in it.
    pub fn read(&self, line: &str) -> Result<Import> {
        let refuse = |why: String| Error::new(ErrorKind::Argument, why);
        let line: Line<'_> = serde_json::from_str(line).map_err(|e| refuse(fault(&e)))?;
        let kind = line.kind.as_deref().or(self.kind.as_deref());
        let kind = kind.ok_or_else(|| refuse("kind: is missing".to_owned()))?;
        let mut spec = Spec::new(self.realm, kind, line.owner).name(line.name);
        for set in line.sets {
            spec = spec.set(set);
        }
        spec = spec.scopes(line.scopes);
        if let Some(metadata) = line.metadata {
            spec = spec.metadata(metadata.get());
        }
        if let Some(start) = time("start", line.start)? {
            spec = spec.start(start);
        }
        if let Some(end) = time("end", line.end)? {
            spec = spec.end(end);
        }
        let named = line.scheme.as_deref().map(str::parse).transpose()?;
        let mut import = match (line.token, line.digest) {
            (Some(token), None) if named.is_none() && line.lead.is_none() => {
                let import = Import::token(spec, &token);
                if let Cow::Owned(mut unescaped) = token {
                    unescaped.zeroize();
                }
                import?
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
            import = import.state(state.ok_or_else(|| {
                refuse(format!("state {name:?}: want active, suspended or revoked"))
            })?);
        }
        Ok(import)
    }
}

fn time(what: &str, text: Option<Cow<'_, str>>) -> Result<Option<Timestamp>> {
    text.map(|text| match &*text {
        "never" => Ok(Timestamp::NEVER),
        text => Timestamp::parse(text)
            .map_err(|e| Error::new(e.kind(), format!("{what}: {}", e.message()))),
    })
    .transpose()
}

/// What is wrong with a line, without what stands in it: that may be a token.
fn fault(error: &serde_json::Error) -> String {
    let known = ["unknown field", "missing field", "duplicate field"];
    let text = error.to_string();
    let at = error.column();
    match error.classify() {
        serde_json::error::Category::Data if known.iter().any(|k| text.starts_with(k)) => {
            let field = text.split('`').nth(1).unwrap_or_default();
            let what = text.split('`').next().unwrap_or_default().trim();
            // A name of ours, or one that is short: nobody's token.
            let field = if field.len() <= 24 { field } else { "..." };
            format!("column {at}: {what} {field:?}")
        }
        serde_json::error::Category::Data => format!("column {at}: a value of another type"),
        _ => format!("column {at}: is not JSON"),
    }
}
