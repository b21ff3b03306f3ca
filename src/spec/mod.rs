//! What a caller asks for, made valid.
//!
//! Each type here is filled by the caller without a check and turned into terms by the
//! store, against the realm it is for. A value that cannot be is refused by an error that
//! names it and its limit.

mod import;
mod issue;
mod line;
mod owner;
mod parsed;
mod rotation;
mod update;
mod window;

pub(crate) use import::Credential;
pub use import::Import;
pub use issue::Spec;
pub use line::ImportLines;
pub(crate) use line::{LINE_MAX, told};
pub use owner::OwnerChange;
pub use rotation::Rotation;
pub use update::Update;
