//! What the same decision costs without Python around it.

use std::time::Instant;

use pyo3::prelude::*;

use crate::request::{Named, Request, asked};
use crate::stop::Stop;
use crate::store::Store;

/// Nanoseconds of `rounds` verifies of `token`.
#[pyfunction]
pub(crate) fn rust_verify(
    store: &Bound<'_, Store>,
    token: &str,
    request: &Bound<'_, Request>,
    rounds: u32,
) -> Result<u128, Stop> {
    let of = store.get();
    of.memory(|engine| {
        let asked = asked(of, engine, Some(request), Named::default(), None, None)?;
        let begun = Instant::now();
        for _ in 0..rounds {
            let token = std::hint::black_box(token.as_bytes());
            let _ = std::hint::black_box(engine.verify(asked.realm, token, &asked.request));
        }
        Ok(begun.elapsed().as_nanos())
    })?
}
