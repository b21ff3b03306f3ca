//! What is asked about requests, and what they are answered: a store, a realm, and what the
//! application says of its requests.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::answer::Answer;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::request::Request;
use crate::store::{HttpRequest, Outcome, Store};
use crate::verdict::Grant;

/// What the application says of a request.
pub(super) type Told<T> = Arc<dyn Fn(&Parts) -> T + Send + Sync>;

/// Who is told what requests came to.
pub(super) type Log = Arc<dyn Fn(&Parts, &Result<Outcome>) + Send + Sync>;

/// Decides about requests in one realm of a store.
#[derive(Clone)]
pub(super) struct Gate {
    pub store: Arc<Store>,
    pub realm: RealmRef,
    pub request: Request,
    pub address: Option<Told<Option<IpAddr>>>,
    pub request_id: Option<Told<String>>,
    pub log: Option<Log>,
}

/// The gate that a request came through, in its extensions.
#[derive(Clone)]
pub(super) struct Visit(pub Arc<Gate>);

/// What became of a request.
pub(super) enum Decided {
    /// It goes on; its answer gets the fields.
    Granted(Grant, HeaderMap),
    Refused(Refused),
}

/// The whole answer of a request that does not go on.
pub(super) struct Refused {
    status: StatusCode,
    fields: HeaderMap,
    body: Vec<u8>,
}

impl Gate {
    /// Decides about a request that needs what `request` asks for.
    pub(super) fn decide(&self, parts: &Parts, mut request: Request) -> Decided {
        request.address = self.address.as_ref().and_then(|address| address(parts));
        let id = self.request_id.as_ref().map(|id| id(parts)).unwrap_or_default();
        let fields = parts.headers.iter();
        let headers: Vec<_> =
            fields.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let method = parts.method.as_str();
        let http = HttpRequest { method, headers: &headers, request_id: &id };
        let outcome = self.store.present(self.realm, &http, &request);
        if let Some(log) = &self.log {
            log(parts, &outcome);
        }
        match outcome {
            Ok(Outcome { verdict, answer }) => match (fields_of(&answer), verdict) {
                (Some(fields), Ok(grant)) => Decided::Granted(grant, fields),
                (Some(fields), Err(_)) => Decided::Refused(Refused::as_answered(answer, fields)),
                // A profile is refused whose fields are none of HTTP's.
                (None, _) => Decided::Refused(Refused::failed("")),
            },
            Err(_) => Decided::Refused(Refused::failed("")),
        }
    }
}

impl Refused {
    fn as_answered(answer: Answer, fields: HeaderMap) -> Self {
        match StatusCode::from_u16(answer.status) {
            Ok(status) => Self { status, fields, body: answer.body },
            Err(_) => Self::failed(""),
        }
    }

    /// Something on our side is not as it has to be; `why` is for whoever puts services together.
    pub(super) fn failed(why: &str) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, fields: HeaderMap::new(), body: why.as_bytes().to_vec() }
    }

    /// The response that says so.
    pub(super) fn response<R: From<Vec<u8>>>(self) -> Response<R> {
        let mut response = Response::new(R::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.fields;
        response
    }
}

/// The header fields of an answer; none if one is not a field of HTTP's.
fn fields_of(answer: &Answer) -> Option<HeaderMap> {
    let mut fields = HeaderMap::with_capacity(answer.headers.len());
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        fields.append(name, HeaderValue::from_str(value).ok()?);
    }
    Some(fields)
}

/// Sets those `fields` on a response that it has not by itself.
pub(super) fn add(fields: &HeaderMap, to: &mut HeaderMap) {
    for name in fields.keys() {
        if !to.contains_key(name) {
            for value in fields.get_all(name) {
                to.append(name.clone(), value.clone());
            }
        }
    }
}
