//! Decide about an HTTP request, and answer it.

use keycask::HttpRequest;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::record::Many;
use crate::request::{Given, Request, ask};
use crate::stop::Stop;
use crate::store::Store;
use crate::text;
use crate::verdict::Verdict;

/// What became of a request: the verdict, and what the profile answers. It is true for a grant,
/// and for nothing else.
#[pyclass(frozen, get_all, module = "keycask")]
pub(crate) struct Outcome {
    /// The verdict.
    verdict: Py<Verdict>,
    /// The answer.
    answer: Py<Answer>,
}

/// An HTTP answer as the profile words it.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Answer(keycask::Answer);

#[pymethods]
impl Outcome {
    fn __bool__(&self) -> bool {
        self.verdict.get().__bool__()
    }
}

#[pymethods]
impl Answer {
    /// The HTTP status: 200 for a grant, else 400 to 599.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }

    /// Names and values of the header fields, in order. Of a grant: to be added to your own.
    #[getter]
    fn headers(&self) -> Many<(&str, &str)> {
        Many(self.0.headers.iter().map(|(name, value)| (&**name, &**value)).collect())
    }

    /// The body: JSON, or empty. Of a grant it is empty: the body is yours.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    fn __repr__(&self) -> String {
        format!("<keycask.Answer: {}>", self.0.status)
    }
}

#[pymethods]
impl Store {
    /// Decides about a request from its method and header fields, and renders the profile's
    /// answer. A refusal is no exception: it is in the outcome, which is true for a grant alone.
    ///
    /// `headers`: pairs of name and value, each `bytes`, or `str` of one byte a character, all of
    /// them. The token is taken from where the profile says that it is presented. The request
    /// needs what is asked, as in `verify`, and the scope that the profile has for its method.
    /// `request_id`: for answers that quote it.
    ///
    /// Raises `NotFoundError` for a name that there is none of; `ForkedError`, `ClosedError`.
    #[pyo3(signature = (method, headers, request=None, /, *, request_id="", realm=None,
                        scopes=None, kinds=None, cost=None, address=None, at=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn present(
        slf: &Bound<'_, Self>,
        method: &str,
        headers: &Bound<'_, PyAny>,
        request: Option<&Bound<'_, Request>>,
        request_id: &str,
        realm: Option<&Bound<'_, PyAny>>,
        scopes: Option<&Bound<'_, PyAny>>,
        kinds: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> Result<Outcome, Stop> {
        let given = Given { realm, scopes, kinds, cost, address, at };
        let pairs = headers.try_iter()?.map(|pair| pair?.extract());
        let pairs: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)> = pairs.collect::<PyResult<_>>()?;
        let mut fields = Vec::with_capacity(pairs.len());
        for (name, value) in &pairs {
            fields.push((text::latin(name)?, text::latin(value)?));
        }
        // A name that is not UTF-8 is none that a profile has.
        let named_fields = fields
            .iter()
            .filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, &**value)));
        let headers: Vec<(&str, &[u8])> = named_fields.collect();
        ask(slf.get(), request, given, |store, asked| {
            let http = HttpRequest { method, headers: &headers, request_id };
            let outcome = store.present(asked.realm, &http, &asked.request)?;
            let (py, of) = (slf.py(), slf.clone().unbind());
            let verdict = Py::new(py, Verdict::new(of, asked.realm, outcome.verdict))?;
            Ok(Outcome { verdict, answer: Py::new(py, Answer(outcome.answer))? })
        })
    }
}

not_pickled!(Outcome, "an outcome is not pickled: take what you need of it");
not_pickled!(Answer, "an answer is not pickled: take what you need of it");
