//! HTTP/1.1 on two streams: heads of requests in, answers out.
//!
//! As much of RFC 9112 as a head needs: a request line and header fields up to an empty line,
//! each line ended by LF or CRLF. Bodies are not read. A head carries a token, so the buffer
//! is wiped and no message quotes from it.

use std::io::{self, Read};

use keycask::Answer;
use zeroize::Zeroizing;

/// Longest head in bytes.
const HEAD_MAX: usize = 64 * 1024;

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub method: &'a str,
    /// Names, and values without blanks around them.
    pub headers: Vec<(&'a str, &'a [u8])>,
}

/// Why a head cannot be answered but by status 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadHead {
    /// The line of the head, from 1; the last if it is the whole that is wrong.
    pub line: usize,
    pub why: &'static str,
}

/// The heads that stand one after another on a stream, with empty lines between them.
pub(crate) struct Heads<R> {
    input: R,
    buffer: Zeroizing<Vec<u8>>,
    /// Where the heads begin that were not given yet.
    start: usize,
    /// Where what was read ends.
    end: usize,
}

impl<R: Read> Heads<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Zeroizing::new(vec![0; HEAD_MAX]), start: 0, end: 0 }
    }

    /// The next head, as soon as the empty line after it is there; none at the end.
    ///
    /// # Errors
    ///
    /// Of reading.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<Head<'_>, BadHead>>> {
        let mut overlong = false;
        loop {
            self.skip_empty_lines();
            let held = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(len) = head_len(held) {
                let head = self.take(len);
                return Ok(Some(if overlong { Err(too_long()) } else { parse(head) }));
            }
            if held.len() == HEAD_MAX {
                overlong = true;
                self.keep_tail();
            }
            if self.fill()? == 0 {
                let rest = self.end.saturating_sub(self.start);
                let head = self.take(rest);
                return Ok(match (overlong, head.is_empty()) {
                    (true, _) => Some(Err(too_long())),
                    (false, true) => None,
                    (false, false) => Some(parse(head)),
                });
            }
        }
    }

    fn skip_empty_lines(&mut self) {
        loop {
            let held = self.buffer.get(self.start..self.end).unwrap_or_default();
            let skip = match held {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => return,
            };
            self.start = self.start.saturating_add(skip);
        }
    }

    /// Forgets all but the last bytes, which may begin the empty line that ends the head. What
    /// stands before them shall not look like a line's beginning.
    fn keep_tail(&mut self) {
        self.start = self.end.saturating_sub(4);
        if let Some(byte) = self.buffer.get_mut(self.start) {
            *byte = b'x';
        }
    }

    fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        self.start = from.saturating_add(len);
        self.buffer.get(from..self.start).unwrap_or_default()
    }

    /// Reads more; gives how much.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end = self.end.saturating_sub(self.start);
        self.start = 0;
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(free) {
                Ok(n) => {
                    self.end = self.end.saturating_add(n);
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

const fn too_long() -> BadHead {
    BadHead { line: 1, why: "the head is longer than 65536 bytes" }
}

/// Length of the head that `bytes` begin with, up to its empty line and with it; none if that
/// is not there.
fn head_len(bytes: &[u8]) -> Option<usize> {
    let mut len = 0_usize;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        len = len.saturating_add(line.len());
        if matches!(line, b"\n" | b"\r\n") {
            return Some(len);
        }
    }
    None
}

/// Reads one head.
fn parse(head: &[u8]) -> Result<Head<'_>, BadHead> {
    let mut lines = head.split(|&byte| byte == b'\n').map(without_cr).zip(1_usize..);
    let method = match lines.next() {
        Some((line, number)) => request_line(line).ok_or(BadHead {
            line: number,
            why: "want a method, a target and HTTP/1.0 or HTTP/1.1, a space between each",
        })?,
        None => return Err(BadHead { line: 1, why: "the head is empty" }),
    };
    let mut headers = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
        let header = field(line).map_err(|why| BadHead { line: number, why })?;
        headers.push(header);
    }
    Ok(Head { method, headers })
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The method of a request line.
fn request_line(line: &[u8]) -> Option<&str> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let target_is_text = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    let known = matches!(version, b"HTTP/1.1" | b"HTTP/1.0");
    if parts.next().is_some() || !target_is_text || !known {
        return None;
    }
    name(method)
}

/// The name and value of a header line.
fn field(line: &[u8]) -> Result<(&str, &[u8]), &'static str> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err("a header field is folded over two lines");
    }
    let mut parts = line.splitn(2, |&byte| byte == b':');
    let (Some(before), Some(after)) = (parts.next(), parts.next()) else {
        return Err("a header field has no colon");
    };
    let name = name(before).ok_or("a header name is empty or holds what no name does")?;
    if after.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
        return Err("a header value holds a control character");
    }
    Ok((name, without_blanks(after)))
}

/// The token of RFC 9110 section 5.6.2 that `bytes` are.
fn name(bytes: &[u8]) -> Option<&str> {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let name = std::str::from_utf8(bytes).ok()?;
    (!bytes.is_empty() && bytes.iter().all(legal)).then_some(name)
}

fn without_blanks(value: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
    let to = value.iter().rposition(|byte| !is_blank(byte)).map_or(from, |at| at.saturating_add(1));
    value.get(from..to).unwrap_or_default()
}

/// The answer as it goes over a wire. To HEAD the body is left out, as RFC 9110 9.3.2 says.
pub(crate) fn wire(answer: &Answer, method: &str) -> Vec<u8> {
    message(answer.status, &answer.headers, &answer.body, method)
}

/// The answer to a head that is none.
pub(crate) fn bad_request(bad: BadHead) -> Vec<u8> {
    let headers = [("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    message(400, &headers, format!("line {}: {}\n", bad.line, bad.why).as_bytes(), "")
}

fn message(status: u16, headers: &[(String, String)], body: &[u8], method: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", phrase(status));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Length")) {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut message = head.into_bytes();
    if method != "HEAD" {
        message.extend_from_slice(body);
    }
    message
}

/// The reason phrase of a status (RFC 9110 section 15, RFC 6585), or none.
const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
