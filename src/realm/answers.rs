//! What an outsider is told: a status, headers and a body for each outcome.
//!
//! Without a word of the profile an answer is problem JSON (RFC 9457) with the headers of
//! RFC 6750 and of draft-ietf-httpapi-ratelimit-headers. A profile replaces what it names:
//! the status, the body, or single headers; an empty header takes that one away.

use super::json::JsonTemplate;
use super::names;
use super::source::{Field, Section};
use super::template::TextTemplate;
use crate::error::{Error, ErrorKind, Result};

const BODY_MAX: usize = 16 * 1024;
const HEADER_MAX: usize = 1024;
const HEADERS_MAX: usize = 32;

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The request may go on; the headers are for its answer.
    Granted,
    /// No token, or one that is refused without a reason given.
    Unauthorized,
    /// The key has expired, and the realm tells.
    Expired,
    /// The key lacks a scope.
    Forbidden,
    /// A rate or quota is used up.
    Limited,
    /// Two credentials came with one request.
    Conflict,
}

impl Outcome {
    const ALL: [Self; 6] = [
        Self::Granted,
        Self::Unauthorized,
        Self::Expired,
        Self::Forbidden,
        Self::Limited,
        Self::Conflict,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Unauthorized => "unauthorized",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::Limited => "limited",
            Self::Conflict => "conflict",
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Granted => 200,
            Self::Unauthorized | Self::Expired => 401,
            Self::Forbidden => 403,
            Self::Limited => 429,
            Self::Conflict => 400,
        }
    }

    const fn headers(self) -> &'static [(&'static str, &'static str)] {
        const RATE: (&str, &str) = ("RateLimit", "{ratelimit}");
        const RATE_POLICY: (&str, &str) = ("RateLimit-Policy", "{policy}");
        const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");
        const CHALLENGE: (&str, &str) = ("WWW-Authenticate", "{challenge}");
        match self {
            Self::Granted => &[RATE_POLICY, RATE],
            Self::Limited => &[("Retry-After", "{retry_after}"), RATE_POLICY, RATE, NO_STORE],
            _ => &[CHALLENGE, NO_STORE],
        }
    }

    /// The default body's members after `type`, `title` and `status`.
    const fn members(self) -> &'static str {
        match self {
            Self::Granted => "",
            Self::Unauthorized => r#""code":"unauthorized""#,
            Self::Expired => r#""code":"expired""#,
            Self::Forbidden => r#""code":"insufficient_scope","required":"{required_list}""#,
            Self::Limited => r#""code":"rate_limited","retry_after":"{retry_after}""#,
            Self::Conflict => r#""code":"invalid_request","detail":"more than one credential""#,
        }
    }
}

/// The template of one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnswerTemplate {
    pub status: u16,
    pub headers: Vec<(String, TextTemplate)>,
    /// None: the answer has no body.
    pub body: Option<JsonTemplate>,
}

impl AnswerTemplate {
    fn default_of(outcome: Outcome, status: u16) -> Result<Self> {
        let defect = |why: String| Error::new(ErrorKind::Internal, why);
        let mut headers = Vec::new();
        for (name, text) in outcome.headers() {
            headers.push(((*name).to_owned(), TextTemplate::parse(text).map_err(defect)?));
        }
        let mut template = Self { status, headers, body: None };
        if outcome != Outcome::Granted {
            let (title, members) = (phrase(status), outcome.members());
            let body = format!(
                r#"{{"type":"about:blank","title":"{title}","status":{status},{members}}}"#
            );
            template.body = Some(JsonTemplate::parse(&body).map_err(defect)?);
            template.set("Content-Type", "application/problem+json").map_err(defect)?;
        }
        Ok(template)
    }

    fn read(outcome: Outcome, section: Option<Section<'_>>) -> Result<Self> {
        let Some(mut section) = section else {
            return Self::default_of(outcome, outcome.status());
        };
        // The status and body of a grant are the application's.
        let mut refusal_field = |name| match outcome {
            Outcome::Granted => None,
            _ => section.field(name),
        };
        let (status, body) = (refusal_field("status"), refusal_field("body"));
        let status = status.map_or(Ok(outcome.status()), |field| status_of(&field))?;
        let mut template = Self::default_of(outcome, status)?;
        if let Some(field) = body {
            template.body = body_of(&field)?;
            let media = template.body.as_ref().map_or("", |_| "application/json");
            template.set("Content-Type", media).map_err(|why| field.error(why))?;
        }
        if let Some(headers) = section.section("headers")? {
            let mut seen: Vec<String> = Vec::new();
            for (name, field) in headers.all() {
                if !names::is_http_token(name) {
                    return Err(field.error("not the name of a header"));
                }
                if seen.contains(&name.to_ascii_lowercase()) {
                    return Err(field.error("this header stands twice"));
                }
                if seen.len() == HEADERS_MAX {
                    return Err(field.error(format!("more than {HEADERS_MAX} headers")));
                }
                seen.push(name.to_ascii_lowercase());
                template.set(name, header_of(&field)?).map_err(|why| field.error(why))?;
            }
        }
        section.close()?;
        Ok(template)
    }

    /// Puts the header `name` where one of this name stands, else at the end; an empty text
    /// takes it away.
    fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let template = TextTemplate::parse(text)?;
        let place = self.headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        let kept = (!template.is_empty()).then(|| (name.to_owned(), template));
        match (place, kept) {
            (Some(at), Some(header)) => drop(self.headers.splice(at..=at, [header])),
            (Some(at), None) => drop(self.headers.remove(at)),
            (None, Some(header)) => self.headers.push(header),
            (None, None) => {}
        }
        Ok(())
    }
}

fn status_of(field: &Field<'_>) -> Result<u16> {
    // A refusal answered with success or a redirect would not be one.
    let status = field.number(400, 599)?;
    u16::try_from(status).map_err(|_| field.error("not a status"))
}

fn body_of(field: &Field<'_>) -> Result<Option<JsonTemplate>> {
    let text = field.text()?;
    if text.len() > BODY_MAX {
        return Err(field.error(format!("{} bytes; at most {BODY_MAX}", text.len())));
    }
    if text.is_empty() {
        return Ok(None);
    }
    JsonTemplate::parse(text).map(Some).map_err(|why| field.error(format!("in the body: {why}")))
}

fn header_of<'a>(field: &Field<'a>) -> Result<&'a str> {
    let text = field.text()?;
    if text.len() > HEADER_MAX {
        return Err(field.error(format!("{} bytes; at most {HEADER_MAX}", text.len())));
    }
    if !is_header_value(text) {
        return Err(field.error("a header value is visible ASCII and inner spaces"));
    }
    Ok(text)
}

/// Whether `text` can stand as the value of a header: visible ASCII, and spaces and tabs that
/// are not at its ends.
pub(crate) fn is_header_value(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_graphic());
    let legal = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t';
    edge(text.bytes().next()) && edge(text.bytes().last()) && text.bytes().all(legal)
}

/// The reason phrase of RFC 9110 for the statuses that a refusal is likely to have.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

/// The templates of a realm, one for each outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers([AnswerTemplate; 6]);

impl Answers {
    /// Reads the answers of a profile.
    pub(super) fn read(root: &mut Section<'_>, tell_expired: bool) -> Result<Self> {
        let mut section = root.section("answers")?;
        let mut of = |outcome: Outcome| {
            let own = section.as_mut().map_or(Ok(None), |s| s.section(outcome.name()))?;
            if outcome == Outcome::Expired
                && !tell_expired
                && let Some(own) = &own
            {
                return Err(own.error("never given, as policy.tell_expired is not true"));
            }
            AnswerTemplate::read(outcome, own)
        };
        let [granted, unauthorized, expired, forbidden, limited, conflict] =
            Outcome::ALL.map(&mut of);
        let all = [granted?, unauthorized?, expired?, forbidden?, limited?, conflict?];
        section.map_or(Ok(()), Section::close)?;
        Ok(Self(all))
    }

    /// The template of `outcome`.
    pub(crate) const fn of(&self, outcome: Outcome) -> &AnswerTemplate {
        let [granted, unauthorized, expired, forbidden, limited, conflict] = &self.0;
        match outcome {
            Outcome::Granted => granted,
            Outcome::Unauthorized => unauthorized,
            Outcome::Expired => expired,
            Outcome::Forbidden => forbidden,
            Outcome::Limited => limited,
            Outcome::Conflict => conflict,
        }
    }
}
