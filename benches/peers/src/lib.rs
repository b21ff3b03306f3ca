//! What others do in keycask's place, one peer a file.

pub mod lookup;
pub mod sqlite;
