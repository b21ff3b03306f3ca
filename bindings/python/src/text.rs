//! What a client presents, as Python has it.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The bytes of `text`, which is `str` or `bytes`. Text that UTF-8 has no bytes for (half of a
/// pair of surrogates) is given bytes that no token has.
#[inline]
pub(crate) fn bytes<'a>(text: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(text) = text.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Err(_) => surrogates(text).map(Cow::Owned),
        };
    }
    match text.cast::<PyBytes>() {
        Ok(bytes) => Ok(Cow::Borrowed(bytes.as_bytes())),
        Err(_) => Err(PyTypeError::new_err("want str or bytes")),
    }
}

#[cold]
fn surrogates(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    let py = text.py();
    text.call_method1(intern!(py, "encode"), ("utf-8", "surrogatepass"))?.extract()
}

/// The bytes of a header's name or value, which WSGI has as `str` of one byte a character.
pub(crate) fn latin<'a>(text: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    let Ok(text) = text.cast::<PyString>() else {
        return Err(PyTypeError::new_err("want str or bytes"));
    };
    match text.to_str() {
        Ok(text) if text.is_ascii() => Ok(Cow::Borrowed(text.as_bytes())),
        _ => latin_1(text).map(Cow::Owned),
    }
}

/// What is not of one byte a character is no header's value, and is given bytes that no token
/// has.
#[cold]
fn latin_1(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    let py = text.py();
    let encode = intern!(py, "encode");
    match text.call_method1(encode, ("latin-1",)) {
        Ok(bytes) => bytes.extract(),
        Err(_) => surrogates(text),
    }
}
