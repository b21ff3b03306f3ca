//! What a caller asks for, made valid.
//!
//! Each type here is filled by the caller without a check and turned into terms by the
//! store, against the realm it is for. A value that cannot be is refused by an error that
//! names it and its limit.

mod issue;
mod owner;
mod rotation;
mod update;
mod window;

pub use issue::Spec;
pub use owner::OwnerChange;
pub use rotation::Rotation;
pub use update::Update;
