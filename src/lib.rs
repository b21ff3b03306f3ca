//! An embedded API-key store: issue, verify, limit, rotate and revoke keys in one file.
//!
//! The way in is [`Store`]. A [realm](Realm) says where keys are valid, what their tokens look
//! like and which scopes and plans there are; it is one TOML profile, applied with
//! [`Store::apply_realm`]. A key is issued for an owner and verified from memory.
//!
//! # Features
//!
//! None is on by default, and none brings a network or an executor.
//!
//! - `tower`: `KeyLayer` and `RequireScopes` answer requests that may not go on, and give those
//!   that may their [`Grant`].
//! - `axum`: `tower`, and the [`Grant`] as an argument of handlers.
//! - `tracing`: events, with the target `keycask`: of changes at INFO, of refusals at DEBUG.
//! - `metrics`: `record_metrics` gives what a store counts to the facade, when it is called.
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod actor;
mod anchor;
mod answer;
mod audit;
mod calendar;
mod chunks;
mod counts;
mod decision;
mod digest;
mod entry;
mod error;
#[cfg(feature = "tracing")]
mod events;
mod feed_cursor;
#[cfg(any(test, fuzzing))]
mod fuzzed;
mod halves;
mod ids;
mod index;
mod info;
mod json_text;
mod key_id;
mod leak;
mod limit;
mod mark;
#[cfg(feature = "metrics")]
mod measure;
mod mix;
mod network;
mod options;
mod pattern;
mod policy;
mod process;
mod progress;
mod query;
mod quota;
mod quote;
mod random;
mod realm;
mod record;
mod request;
mod scope;
mod seal;
mod secret;
mod span;
mod spec;
mod stack;
mod storage;
mod store;
#[allow(unsafe_code, reason = "the one module for what safe code cannot ask for")]
mod sys;
mod text;
mod time;
mod token;
mod verdict;
#[cfg(feature = "tower")]
mod web;

pub use actor::Actor;
pub use anchor::Anchor;
pub use answer::Answer;
pub use audit::{AuditEntry, AuditFilter, Event};
pub use counts::DecisionCounts;
pub use decision::{Decision, Decisions};
pub use digest::{Pepper, Scheme};
pub use entry::State;
pub use error::{Error, ErrorKind, Result};
pub use feed_cursor::FeedCursor;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use fuzzed::{limits, planted, rows};
pub use ids::{KindRef, OwnerRef, RealmRef};
pub use info::{Check, Description, Explanation, Issued, KeyInfo, KeyQuota, OwnerInfo, Stats};
pub use key_id::KeyId;
pub use leak::{Alert, Alerts, Candidate, Leak, Leaks, Place, RuleFormat, Scanner};
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub use measure::{describe_metrics, record_metrics};
pub use network::Network;
pub use options::Options;
pub use pattern::{Finding, Pattern, Patterns};
pub use process::forked;
pub use progress::{Progress, Step};
pub use query::{Cursor, DryRun, Ended, Ending, Filter, Order, Page};
pub use quota::{Quota, Refill};
pub use realm::{
    Buckets, Effect, IDLE_LEAST, Kind, KindChange, KindSet, MethodNeed, NamedSet, Plan, Policy,
    Realm, RealmChange, Rights, Scope, ScopeChange, Window,
};
pub use record::Cause;
pub use request::Request;
pub use scope::ScopeSet;
pub use seal::SealingKey;
pub use span::parse_span;
pub use spec::{Import, ImportLines, OwnerChange, Rotation, Spec, Update};
pub use store::{
    AuditCheck, AuditPage, Backup, Changed, Changes, Commit, Compacted, Decided, Feed, Findings,
    Gone, HttpRequest, ISSUE_MAX, ImportOutcome, ImportReport, ImportRules, KindCount, Operation,
    Outcome, PAGE_MAX, PepperStatus, Restore, Restored, Store, Swept, Trim, Trimmed,
};
pub use time::{Clock, SystemClock, Timestamp};
pub use token::{Checksum, Grammar, Malformed, Shape, Token, Unpresented};
pub use verdict::{Credits, Denial, Grant, Rate, Reason, Refusal, VerifyError};
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use web::NoGrant;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use web::{AnswerFuture, Guarded, KeyLayer, RequireScopes};

/// The examples of the pages.
#[cfg(doctest)]
mod pages {
    macro_rules! pages {
        ($($name:ident $page:literal)*) => {
            $(#[doc = include_str!($page)] struct $name;)*
        };
    }

    pages! {
        Backup "../docs/backup.md"
        Disk "../docs/disk.md"
        Import "../docs/import.md"
        Observe "../docs/observe.md"
        Patterns "../docs/patterns.md"
        Pepper "../docs/pepper.md"
        Processes "../docs/processes.md"
        Product "../docs/product.md"
        Readme "../README.md"
        Report "../docs/report.md"
        Rotate "../docs/rotate.md"
    }
}
