//! The `keycask` command, as a library that its binary and its tests call.
//!
//! Data goes to standard output and everything else to standard error. Secrets come from
//! files and standard input and never from arguments; a token is written once, from a buffer
//! that is wiped. A command that only reads opens the store read-only, so that it works
//! beside a process that has it open.

#![forbid(unsafe_code)]

mod args;
mod bar;
mod bench;
mod cli;
mod commands;
mod confirm;
mod csv;
pub mod demo;
mod exit;
mod exposition;
mod http;
mod lines;
mod output;
mod prompt;
mod redact;
mod report;
pub mod script;
mod secret;
mod select;
mod session;
mod sink;
mod unseen;
mod view;
mod when;

pub use cli::run;
