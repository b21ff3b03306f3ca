//! Who asks for a change, and why.

use keycask::Actor;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// `by=`: a name, or a `keycask.Actor` with the reason and the operation.
pub(crate) struct By(pub Actor);

#[derive(FromPyObject)]
struct Fields {
    name: String,
    because: String,
    operation: Option<String>,
}

impl<'py> FromPyObject<'_, 'py> for By {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return Ok(Self(Actor::new(object.extract::<String>()?)));
        }
        let fields: Fields = object.extract()?;
        let actor = Actor::new(fields.name).because(fields.because);
        Ok(Self(match fields.operation {
            Some(id) => actor.operation(id),
            None => actor,
        }))
    }
}
