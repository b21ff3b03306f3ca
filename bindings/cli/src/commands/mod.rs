//! The commands, a file for each group. A command is its arguments and one run of them.

mod audit;
mod backup;
mod changes;
mod compact;
mod decide;
mod demo;
mod init;
mod issue;
mod list;
mod operation;
mod owner;
mod present;
mod realm;
mod reveal;
mod rotate;
mod state;
mod sweep;
mod update;

pub(crate) use audit::{Audit, Stat};
pub(crate) use backup::{AnchorOf, Backup, Check, ConfirmRestore, Restore};
pub(crate) use changes::Follow;
pub(crate) use compact::Compact;
pub(crate) use decide::{Explain, Verify};
pub(crate) use demo::Demo;
pub(crate) use init::Init;
pub(crate) use issue::Issue;
pub(crate) use list::{List, Show};
pub(crate) use operation::Operation;
pub(crate) use owner::Owner;
pub(crate) use present::Present;
pub(crate) use realm::Realm;
pub(crate) use reveal::Reveal;
pub(crate) use rotate::Rotate;
pub(crate) use state::{Resume, Revoke, Suspend};
pub(crate) use sweep::Sweep;
pub(crate) use update::Update;
