//! An embedded API-key store.
#![forbid(unsafe_code)]

mod answer;
mod digest;
mod entry;
mod error;
mod ids;
mod key_id;
mod random;
mod realm;
mod record;
mod scope;
mod time;
mod token;
mod verdict;

pub use answer::Answer;
pub use digest::{Digest, Pepper};
pub use entry::State;
pub use error::{Error, ErrorKind, Result};
pub use ids::{KindRef, OwnerRef, RealmRef};
pub use key_id::KeyId;
pub use realm::{
    Buckets, Effect, Kind, KindChange, KindSet, MethodNeed, NamedSet, Plan, Policy, Realm,
    RealmChange, Rights, Scope, ScopeChange, Window,
};
pub use scope::ScopeSet;
pub use time::{Clock, SystemClock, Timestamp, parse_span};
pub use token::{Checksum, Malformed, Shape, Token, Unpresented};
pub use verdict::{Denial, Grant, Rate, Reason, Refusal, VerifyError};
