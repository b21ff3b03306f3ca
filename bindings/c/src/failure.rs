//! What a failure says to people.

use std::borrow::Cow;
use std::ffi::c_char;

use crate::ptr::Place;
use crate::sized::Sized;
use crate::status::Status;

/// Longest message of a failure, in bytes.
pub const KEYCASK_MESSAGE_MAX: usize = 512;

/// What a failure says to people. Every call that takes one also takes NULL. It is written on
/// a failure only, and names the argument at fault; it never holds a token or another secret.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Failure {
    /// sizeof(keycask_error).
    pub struct_size: u32,
    /// Bytes of the message.
    pub message_len: u32,
    /// UTF-8, without a terminator; cut off if it is longer.
    pub message: [c_char; KEYCASK_MESSAGE_MAX],
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 512 bytes, no padding.
unsafe impl Sized for Failure {}

/// Why a call stops: a status, and for people a sentence.
pub(crate) enum Stop {
    /// A status that needs no sentence.
    Status(Status),
    /// A status with the sentence that explains it.
    Because(Status, Cow<'static, str>),
    /// What the engine says.
    Error(engine::Error),
}

/// An argument that cannot be.
#[cold]
pub(crate) fn argument(why: impl Into<Cow<'static, str>>) -> Stop {
    Stop::Because(Status::ErrArgument, why.into())
}

impl Stop {
    pub(crate) const fn because(status: Status, why: &'static str) -> Self {
        Self::Because(status, Cow::Borrowed(why))
    }

    /// Whether it is about what was asked for, and not about the store.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.status(), Status::ErrArgument | Status::ErrNotFound)
    }

    /// The same, said of one of several: "spec 3: ...".
    pub(crate) fn of(self, what: &str, place: usize) -> Self {
        let status = self.status();
        Self::Because(status, format!("{what} {place}: {}", self.why()).into())
    }

    fn why(&self) -> Cow<'_, str> {
        match self {
            Self::Status(_) => Cow::Borrowed(""),
            Self::Because(_, why) => Cow::Borrowed(why),
            Self::Error(error) => error.to_string().into(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Status(status) | Self::Because(status, _) => *status,
            Self::Error(error) => Status::of_error(error.kind()),
        }
    }

    /// Writes the sentence of a failure, if there is a place for it.
    #[cold]
    pub(crate) fn tell(&self, out: Option<&Place<Failure>>) {
        if let Some(out) = out.filter(|_| (self.status() as i32) < 0) {
            out.put(self.failure());
        }
    }

    /// The sentence as C has it.
    pub(crate) fn failure(&self) -> Failure {
        let text = self.why();
        let cut = (0..=text.len().min(KEYCASK_MESSAGE_MAX)).rev();
        let len = cut.into_iter().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let mut message = [0; KEYCASK_MESSAGE_MAX];
        for (to, from) in message.iter_mut().zip(text.as_bytes().iter().take(len)) {
            *to = *from as c_char;
        }
        let message_len = u32::try_from(len).unwrap_or(0);
        let struct_size = u32::try_from(size_of::<Failure>()).unwrap_or(0);
        Failure { struct_size, message_len, message }
    }
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<engine::Error> for Stop {
    fn from(error: engine::Error) -> Self {
        Self::Error(error)
    }
}
