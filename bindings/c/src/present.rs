//! Decide about an HTTP request, and answer it.

use std::ffi::c_char;
use std::ptr::null_mut;

use engine::{HttpRequest, RealmRef, Refusal};

use crate::denial::Denial;
use crate::failure::argument;
use crate::grant::Grant;
use crate::guard;
use crate::ptr::{self, Out, Place, Room};
use crate::request::Request;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Most header fields of a request.
pub const KEYCASK_HEADERS_MAX: usize = 1024;

/// One header field, as it came: name and value may be any bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Header {
    /// The name, without the colon.
    pub name: Text,
    /// The value.
    pub value: Text,
}

/// The head of an HTTP request, as far as it bears on a decision. All of it may come from the
/// client, so it may be any bytes: in what is quoted, U+FFFD stands for what is not UTF-8.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Http {
    /// sizeof(keycask_http).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The method, in capitals as HTTP has it.
    pub method: Text,
    /// Your id of the request, for answers that quote it. May be left out.
    pub request_id: Text,
    /// All header fields, in order.
    pub headers: *const Header,
    /// How many there are; KEYCASK_HEADERS_MAX at most.
    pub headers_len: usize,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16 + 8
// + 8 bytes, no padding.
unsafe impl Sized for Http {}

/// What to answer. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Answer {
    /// sizeof(keycask_answer).
    pub struct_size: u32,
    /// The HTTP status: 200 for a grant, else 400 to 599.
    pub http_status: u32,
    /// Header lines, each with a CR and LF at its end. Of a grant: to be added to your own.
    pub headers: Text,
    /// The body. Of a grant it is empty: the body is yours.
    pub body: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16
// bytes, no padding.
unsafe impl Sized for Answer {}

/// Decides about a request from its method and header fields, and renders the profile's answer.
///
/// The token is taken from where the profile says it is presented. The request needs what
/// `request` asks for and the scope that the profile has for its method.
///
/// Writes `*answer`, whose texts point into `text`, and the length of the texts to `*text_len`,
/// on OK and on a denial. Writes `*grant` on OK and `*denial` on a denial; both may be NULL.
/// On SPACE it writes `*text_len` alone: nothing was granted, though rates were charged. 32 KiB
/// are enough for most profiles, with eight bytes more for each of `method` and `request_id`, which
/// an answer may quote.
///
/// Denies with any reason. Fails with ARGUMENT, NOT_FOUND (no such realm), SPACE, FORKED, PANIC,
/// CLOSED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_present(
    store: *const Store,
    realm: u16,
    http: *const Http,
    request: *const Request,
    answer: *mut Answer,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    grant: *mut Grant,
    denial: *mut Denial,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, null_mut(), |open| {
            let (http, request) = (ptr::read(http)?, Request::read(request)?);
            let (answer, text_len) = (Place::new(answer)?, Out::new(text_len)?);
            let (grant, denial) = (Place::optional(grant)?, Place::optional(denial)?);
            let mut room = Room::new(text, text_cap)?;
            ptr::zero(http.zero)?;
            if http.headers_len > KEYCASK_HEADERS_MAX {
                return Err(argument("more than KEYCASK_HEADERS_MAX header fields"));
            }
            let mut headers = Vec::with_capacity(http.headers_len);
            for header in ptr::array(http.headers, http.headers_len)? {
                let (name, value) = (header.name.bytes()?, header.value.bytes()?);
                // No profile has a name that is not UTF-8.
                if let Ok(name) = std::str::from_utf8(name) {
                    headers.push((name, value));
                }
            }
            let (method, request_id) = (http.method.lossy()?, http.request_id.lossy()?);
            let http = HttpRequest { method: &method, headers: &headers, request_id: &request_id };
            let outcome = open.engine.present(RealmRef::new(realm), &http, &request)?;
            let mut lines = String::new();
            for (name, value) in &outcome.answer.headers {
                lines.extend([name, ": ", value, "\r\n"]);
            }
            let body = &outcome.answer.body;
            let len = lines.len().saturating_add(body.len());
            if !room.fits(len) {
                text_len.put(len);
                return Err(ptr::short());
            }
            let headers = room.put(lines.as_bytes()).ok_or_else(ptr::space)?;
            let headers = Text { data: headers, len: lines.len() };
            let body = Text { data: room.put(body).ok_or_else(ptr::space)?, len: body.len() };
            text_len.put(len);
            let http_status = u32::from(outcome.answer.status);
            answer.put(Answer { struct_size: 0, http_status, headers, body });
            let status = match &outcome.verdict {
                Ok(granted) => {
                    if let Some(out) = grant {
                        out.put(Grant::of(granted));
                    }
                    return Ok(());
                }
                Err(Refusal::Denied(denied)) => {
                    if let Some(out) = denial {
                        out.put(Denial::of(denied));
                    }
                    Status::of_reason(denied.reason)
                }
                Err(Refusal::Unpresented(why)) => {
                    if let Some(out) = denial {
                        out.put(Denial::NONE);
                    }
                    Status::of_unpresented(*why)
                }
                Err(_) => Status::DenyOther,
            };
            Err(status.into())
        })
    }
}
