//! Which keys are asked for, in which order, and where a list goes on.
//!
//! A [`Filter`] is what the caller says; [`Criteria`] are what it means at one instant, with
//! names replaced by numbers, and decide about one record after another. Nothing here reads.

mod contradiction;
mod criteria;
mod cursor;
mod ending;
mod filter;
mod page;

pub(crate) use criteria::Criteria;
pub use cursor::Cursor;
pub(crate) use cursor::Place;
pub(crate) use ending::What;
pub use ending::{DryRun, Ended, Ending};
pub(crate) use filter::Due;
pub use filter::Filter;
pub use page::{Order, Page};
