//! Records that Python gives: objects of the package's classes, read by their fields.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

use crate::stop::{Stop, argument};

/// A record, read by its fields: see [`read`].
pub(crate) struct Fields<T>(pub T);

impl<'py, T> FromPyObject<'_, 'py> for Fields<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(read(&object)?))
    }
}

/// Reads a record by its fields.
///
/// A value that a field cannot have is refused as an argument, with the field's name. The exception
/// that says why is not kept: one about a text has the text. What is of another type is a mistake
/// of the program, and raises as it does.
pub(crate) fn read<'py, T>(object: &Bound<'py, PyAny>) -> Result<T, Stop>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    object.extract().map_err(|error| refused(object.py(), error))
}

#[cold]
fn refused(py: Python<'_>, error: PyErr) -> Stop {
    let said = |error: &PyErr| {
        let text = error.value(py).to_string();
        text.strip_prefix("failed to extract field ").unwrap_or(&text).to_owned()
    };
    let (mut why, mut cause) = (said(&error), error.cause(py));
    let mut is_value = false;
    while let Some(deeper) = cause {
        why = format!("{why}: {}", said(&deeper));
        is_value = deeper.is_instance_of::<PyValueError>(py)
            || deeper.is_instance_of::<PyOverflowError>(py);
        cause = deeper.cause(py);
    }
    if is_value { argument(why) } else { Stop::Python(error) }
}
