//! Present a request: find its token, decide about it, and render the answer.

use std::fmt;

use super::Store;
use super::find::Text;
use crate::answer::{self, Answer};
use crate::error::Result;
use crate::ids::RealmRef;
use crate::request::Request;
use crate::verdict::{Grant, Refusal};

/// The head of an HTTP request, as far as it bears on a decision.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/shop.rs"));
/// # fn main() -> keycask::Result<()> {
/// # let Shop { store, realm, me, .. } = &shop()?;
/// # let (realm, me) = (*realm, me);
/// use keycask::{HttpRequest, Request};
///
/// let headers: &[(&str, &[u8])] = &[("Authorization", b"Bearer sg_live_none")];
/// let http = HttpRequest { method: "GET", headers, request_id: "r-1" };
/// let outcome = store.present(realm, &http, &Request::new())?;
/// assert!(outcome.verdict.is_err());
/// assert_eq!(outcome.answer.status, 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The method, in capitals as HTTP has it.
    pub method: &'a str,
    /// The header fields in order: names, and values as bytes.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The application's id of the request, for answers that quote it; may be empty.
    pub request_id: &'a str,
}

impl fmt::Debug for HttpRequest<'_> {
    /// Names the header fields; a value may be a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("headers", &names)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// What became of a presented request: the verdict, and the answer to give.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The grant, or why there is none. The reason is for the application and its log.
    pub verdict: Result<Grant, Refusal>,
    /// For a refusal the whole answer. For a grant its status is 200, its body empty, and its
    /// headers are to be added to the application's own.
    pub answer: Answer,
}

impl Store {
    /// Decides about a request from its method and headers, and renders the profile's answer.
    ///
    /// The token is taken from where the profile says it is presented. The request needs what
    /// `request` asks for and the scope that the profile has for its method.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such realm. A refusal is no error: it is in the outcome.
    pub fn present(
        &self,
        realm: RealmRef,
        http: &HttpRequest<'_>,
        request: &Request,
    ) -> Result<Outcome> {
        self.storage.at_home()?;
        let realms = self.realms.load();
        let (bound, ways) = (realms.get(realm)?, self.routes.load());
        let realm = &*bound.realm;
        let now = request.at.unwrap_or_else(|| self.mark.now());
        let token = realm.carriers().extract(http.headers.iter().copied());
        let verdict = match token {
            Ok(token) => {
                let required = bound.required(request.required, Some(http.method));
                let text = Text { bound, ways, token };
                self.decide(text, request, required, Some(now))
            }
            Err(unpresented) => {
                self.counts.unpresented();
                #[cfg(feature = "tracing")]
                crate::events::refused(None, realm.name(), unpresented.name());
                Err(Refusal::Unpresented(unpresented))
            }
        };
        if let (Some(observer), Err(refusal @ Refusal::Unpresented(_))) = (&self.observer, &verdict)
        {
            observer.refused(refusal, realm.reference(), request, now);
        }
        let facts = answer::Facts { method: http.method, request_id: http.request_id, now };
        let answer = answer::render(realm, verdict.as_ref(), &facts);
        Ok(Outcome { verdict, answer })
    }
}
