//! The C ABI of keycask: what `include/keycask.h` declares.
//!
//! Each file is one noun of the header, in the order of the header, which is generated from
//! them. All `unsafe` code of the project is in this crate. What a C program promises stands
//! at the top of the header; what it can break nevertheless (NULL, lengths, sizes, numbers) is
//! checked, in `ptr` for memory and where it is used for values.
//!
//! The invariant: a call that does not return `KEYCASK_OK` has granted nothing, and has
//! written nothing but what the header says it writes in that case.
#![allow(
    clippy::missing_safety_doc,
    reason = "what all callers owe stands at the top of the header"
)]
#![allow(clippy::too_many_arguments, reason = "C has no slices: a text takes two arguments")]

// One paragraph each, so that they stay in the order of the header.

pub mod time;

pub mod text;

pub mod status;

pub mod failure;

pub mod options;

pub mod store;

pub mod realm;

pub mod scopes;

pub mod kinds;

pub mod plans;

pub mod policy;

pub mod actor;

pub mod owner;

pub mod issue;

pub mod credits;

pub mod request;

pub mod grant;

pub mod denial;

pub mod verify;

pub mod present;

pub mod describe;

pub mod explain;

pub mod key;

pub mod filter;

pub mod cursor;

pub mod list;

pub mod count;

pub mod life;

pub mod ending;

pub mod holder;

pub mod update;

pub mod rotate;

pub mod reveal;

pub mod audit_filter;
pub mod operation;

pub mod audit;

pub mod trail;

pub mod feed;

pub mod decisions;

pub mod findings;

pub mod stats;

pub mod tend;

pub mod pepper;

pub mod backup;

pub mod restore;

pub mod reader;

pub mod import;

pub mod leak;

pub mod version;

mod clock;
mod fork;
mod guard;
#[cfg(planted)]
mod planted;
mod ptr;
mod sized;
