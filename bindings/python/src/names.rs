//! Names: any number of texts, and the one word that names a key.

use keycask::KeyId;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

/// Several names. One text is refused, also of bytes: its characters are not meant, and an empty
/// one would be no name.
#[derive(Default)]
pub(crate) struct Names(pub Vec<String>);

impl<'py> FromPyObject<'_, 'py> for Names {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let is_text = object.is_instance_of::<PyString>()
            || object.is_instance_of::<PyBytes>()
            || object.is_instance_of::<PyByteArray>()
            || object.is_instance_of::<PyMemoryView>();
        if is_text {
            return Err(PyTypeError::new_err("want several names, such as a tuple, not one text"));
        }
        let names = object.try_iter()?.map(|name| name?.extract());
        names.collect::<PyResult<_>>().map(Self)
    }
}

/// The public name of a key: text such as `key_09GBD1PSSCHNR`.
#[derive(Clone, Copy)]
pub(crate) struct Id(pub KeyId);

impl<'py> FromPyObject<'_, 'py> for Id {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?.to_cow()?.into_owned();
        let id = text.parse().map_err(|error| PyErr::from(crate::stop::Stop::Engine(error)))?;
        Ok(Self(id))
    }
}

impl<'py> IntoPyObject<'py> for Id {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(PyString::new(py, &self.0.to_string()))
    }
}
