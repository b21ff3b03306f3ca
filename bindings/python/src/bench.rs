//! What the same decision costs without Python around it.

use std::time::Instant;

use pyo3::prelude::*;

use crate::request::{Given, Request, ask};
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
    ask(store.get(), Some(request), Given::default(), |store, asked| {
        let begun = Instant::now();
        for _ in 0..rounds {
            let token = std::hint::black_box(token.as_bytes());
            let _ = std::hint::black_box(store.verify(asked.realm, token, &asked.request));
        }
        Ok(begun.elapsed().as_nanos())
    })
}
