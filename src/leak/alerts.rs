//! What GitHub tells of tokens that its secret scanning found.
//!
//! Three forms are read, alone or as an array of them:
//!
//! - the message to a partner: `{"token", "type", "url", "source"}`
//!   (docs.github.com, "Secret scanning partner program");
//! - an alert of the REST API: `{"secret", "secret_type", "html_url", ...}`
//!   (docs.github.com, "REST API endpoints for secret scanning");
//! - `{"alert": {...}, ...}` with such an alert. GitHub's own webhooks look so, but leave the
//!   secret out: they are refused, and the alert is to be asked of the REST API.

use std::borrow::Cow;
use std::io::{self, Read};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::json_text::text_of;

/// One alert, without what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// Its place in the message, from 1.
    pub number: usize,
    /// What GitHub calls the kind of secret; may be empty.
    pub kind: String,
    /// Where GitHub found it, or shows it; may be empty.
    pub url: String,
    /// What it was found in, such as `content` or `commit`; may be empty.
    pub source: String,
}

/// Alerts as GitHub sends them, and what was found.
pub struct Alerts {
    alerts: Vec<(Alert, Zeroizing<String>)>,
}

/// What of an object matters. All else in it is skipped, and so is an alert within an alert.
#[derive(Deserialize)]
struct Object<'a, A> {
    /// As it stands in the message: the parser would keep a copy.
    #[serde(borrow, alias = "secret")]
    token: Option<&'a RawValue>,
    #[serde(borrow, rename = "type", alias = "secret_type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    html_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    /// Whether GitHub shows the secret in base64.
    #[serde(default)]
    is_base64_encoded: Option<bool>,
    alert: Option<A>,
}

/// An object of the message. What reads it calls itself once for the alert within, so no message
/// takes more of the stack than another.
type Outer<'a> = Object<'a, Object<'a, IgnoredAny>>;

impl Alerts {
    /// Most bytes of a message: 32 MiB. GitHub's own end at 25 MB.
    pub const LEN_MAX: usize = 32 << 20;

    /// Reads a message.
    ///
    /// # Errors
    ///
    /// `Argument` if it is longer than [`LEN_MAX`](Self::LEN_MAX), is none of the forms that are
    /// known, has an alert whose secret is in base64, or one without its secret, as GitHub
    /// leaves it out in webhooks and with `hide_secret`; `Io` if it cannot be read.
    pub fn read(message: impl Read) -> Result<Self> {
        let text = read_all(message)
            .map_err(|e| Error::new(ErrorKind::Io, "the alerts to read").caused_by(e))?;
        if text.len() > Self::LEN_MAX {
            return Err(bad(format!("alerts: over {} bytes", Self::LEN_MAX)));
        }
        let is_array = text.trim_ascii_start().first() == Some(&b'[');
        let objects = match is_array {
            true => serde_json::from_slice(&text),
            false => serde_json::from_slice(&text).map(|object| vec![object]),
        };
        // What serde says quotes the text.
        let objects: Vec<Outer<'_>> = objects.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            bad(format!("alerts: at line {line}, column {column}: not JSON as GitHub sends it"))
        })?;
        let alert = |(number, mut object): (usize, Outer<'_>)| {
            let number = number.saturating_add(1);
            match object.alert.take() {
                Some(alert) => alert.told(number),
                None => object.told(number),
            }
        };
        let alerts = objects.into_iter().enumerate().map(alert).collect::<Result<_>>()?;
        Ok(Self { alerts })
    }

    /// Each alert with what was found, in the message's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Alert, &str)> {
        self.alerts.iter().map(|(alert, secret)| (alert, secret.as_str()))
    }
}

impl<A> Object<'_, A> {
    /// What the object itself tells, which is alert `number`.
    fn told(self, number: usize) -> Result<(Alert, Zeroizing<String>)> {
        let secret = self.token.ok_or_else(|| {
            let why = "has neither a \"token\" nor a \"secret\"; GitHub's webhooks leave it out, \
                       and its REST API tells it";
            bad(format!("alert {number}: {why}"))
        })?;
        let secret = text_of(secret.get())
            .ok_or_else(|| bad(format!("alert {number}: its secret is not a text")))?;
        if self.is_base64_encoded == Some(true) {
            let why =
                "its secret is in base64 (\"is_base64_encoded\"): give the text it stands for";
            return Err(bad(format!("alert {number}: {why}")));
        }
        let text = |field: Option<Cow<'_, str>>| field.unwrap_or_default().into_owned();
        let (kind, source) = (text(self.kind), text(self.source));
        let alert = Alert { number, kind, url: text(self.html_url.or(self.url)), source };
        Ok((alert, secret))
    }
}

/// The whole message, or one byte more than it may have. No copy stays behind as it grows.
fn read_all(mut message: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    const FIRST: usize = 64 * 1024;
    let mut text = Zeroizing::new(vec![0; FIRST]);
    let mut len = 0;
    while len <= Alerts::LEN_MAX {
        if len == text.len() {
            let mut longer = Zeroizing::new(vec![0; len.saturating_mul(2)]);
            if let Some(begin) = longer.get_mut(..len) {
                begin.copy_from_slice(&text);
            }
            text = longer;
        }
        match message.read(text.get_mut(len..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => len = len.saturating_add(n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    text.truncate(len);
    Ok(text)
}

fn bad(why: String) -> Error {
    Error::new(ErrorKind::Argument, why)
}

impl std::fmt::Debug for Alerts {
    /// Shows no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.alerts.iter().map(|(alert, _)| alert)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, String, String, String, String)> {
        let alerts = Alerts::read(text.as_bytes()).unwrap();
        let own = |(alert, secret): (&Alert, &str)| {
            let Alert { number, kind, url, source } = alert.clone();
            (number, secret.to_owned(), kind, url, source)
        };
        alerts.iter().map(own).collect()
    }

    fn row(number: usize, texts: [&str; 4]) -> (usize, String, String, String, String) {
        let [secret, kind, url, source] = texts.map(str::to_owned);
        (number, secret, kind, url, source)
    }

    #[test]
    fn a_message_to_a_partner_is_read() {
        let text = r#"[{"token": "a\u005fb", "type": "shop_live", "url": "https://x/1",
            "source": "content"}, {"token": "c", "type": "t", "url": ""}]"#;
        let want =
            [row(1, ["a_b", "shop_live", "https://x/1", "content"]), row(2, ["c", "t", "", ""])];
        assert_eq!(read(text), want);
        assert!(read("[]").is_empty());
    }

    #[test]
    fn alerts_of_the_api_are_read_alone_and_in_another_object() {
        let alert = r#"{"number": 42, "created_at": "2020-11-06T18:18:30Z", "locations_url": "l",
            "url": "https://api/42", "is_base64_encoded": false,
            "html_url": "https://x/42", "state": "open",
            "resolution": null, "secret_type": "shop_live", "secret": "s", "push_protection": {}}"#;
        let want = row(1, ["s", "shop_live", "https://x/42", ""]);
        let within = format!(r#"{{"action": "created", "alert": {alert}, "repository": {{}}}}"#);
        for text in [alert, &format!("[{alert}]"), &within] {
            assert_eq!(read(text), std::slice::from_ref(&want));
        }
    }

    #[test]
    fn what_is_no_alert_is_refused_and_not_quoted() {
        for (text, why) in [
            (r#"[{"token": "a"}, {"type": "b"}]"#, "alert 2: has neither"),
            (r#"{"action": "created", "alert": {"number": 1}}"#, "alert 1: has neither"),
            (r#"{"secret": null}"#, "alert 1: has neither"),
            (r#"{"alert": {"alert": {"secret": "s3cret"}}}"#, "alert 1: has neither"),
            // It was searched as it stands, and nothing was found.
            (
                r#"{"secret": "czNjcmV0", "is_base64_encoded": true}"#,
                "alert 1: its secret is in base64",
            ),
            (r#"[{"token": "a"}, {"token": ["s3cret"]}]"#, "alert 2: its secret is not a text"),
            (r#"{"secret": 7}"#, "alert 1: its secret is not a text"),
            (r#"["s3cret"]"#, "alerts: at line 1, column"),
            (r#"{"secret": "s3cret""#, "alerts: at line 1, column"),
            ("s3cret", "alerts: at line 1, column"),
            ("", "alerts: at line 1, column"),
        ] {
            let error = Alerts::read(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().starts_with(why), "{text}: {error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        assert!(Alerts::read(&[b' '; Alerts::LEN_MAX + 1][..]).is_err());
        let shown = format!("{:?}", Alerts::read(&br#"{"secret": "s3cret"}"#[..]).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
