//! What a caller asks of a decision.

use std::net::IpAddr;

use engine::KindSet;

use crate::failure::{Stop, argument};
use crate::ptr;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::time;

/// As a cost: charges nothing. A quota or rate that is used up does not deny it.
pub const KEYCASK_FREE: u32 = 0xFFFF_FFFF;

/// What a decision is asked. KEYCASK_REQUEST_INIT asks for any kind, no scope, now, at a cost
/// of one, from no address.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Request {
    /// sizeof(keycask_request).
    pub struct_size: u32,
    /// What is charged to rates, and taken from the key's quota: from 1, or KEYCASK_FREE.
    pub cost: u32,
    /// The scopes that are needed, all of them.
    pub scopes: Scopes,
    /// The kinds that are accepted: KEYCASK_ANY_KIND or a mask; a token of another is UNKNOWN.
    pub kinds: u64,
    /// The present: KEYCASK_NOW for the store's clock, or a time of your own.
    pub now_ms: i64,
    /// Where the request comes from: the peer's address of the connection in network order, as
    /// an in_addr or in6_addr has it, or what a proxy of your own vouches for. No header is
    /// read for it, for whoever sends the request writes the headers.
    pub address: [u8; 16],
    /// 4 or 16, its bytes; 0 for none: then a key that has networks is denied.
    pub address_len: u32,
    /// 0.
    pub zero: u32,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 16 + 8 + 8 + 16 + 4 + 4
// bytes, no padding.
unsafe impl Sized for Request {}

impl Request {
    /// The request at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`.
    #[inline]
    pub(crate) unsafe fn read(p: *const Self) -> Result<engine::Request, Stop> {
        // SAFETY: the caller's promise is the same.
        let request = unsafe { ptr::read(p) }?;
        if request.cost == 0 || request.kinds == 0 {
            return Err(argument("a request has no cost or accepts no kind"));
        }
        ptr::zero(request.zero)?;
        let cost = if request.cost == KEYCASK_FREE { 0 } else { request.cost };
        let built = engine::Request::new()
            .needs(request.scopes.set())
            .kinds(KindSet::from_bits(request.kinds))
            .cost(cost);
        let built = match time::present("now_ms", request.now_ms)? {
            Some(at) => built.at(at),
            None => built,
        };
        if request.address_len == 0 {
            return Ok(built);
        }
        Ok(built.address(address(&request.address, request.address_len)?))
    }
}

/// The address of `len` bytes. Apart, so that requests that come from nowhere do not pay for it.
#[inline(never)]
fn address(bytes: &[u8; 16], len: u32) -> Result<IpAddr, Stop> {
    let [a, b, c, d, ..] = *bytes;
    match len {
        4 => Ok([a, b, c, d].into()),
        16 => Ok((*bytes).into()),
        _ => Err(argument("address_len: neither 0, 4 nor 16")),
    }
}

/// An address as a result: its bytes, and how many they are.
pub(crate) fn address_bytes(address: Option<IpAddr>) -> ([u8; 16], u32) {
    match address {
        None => ([0; 16], 0),
        Some(IpAddr::V6(v6)) => (v6.octets(), 16),
        Some(IpAddr::V4(v4)) => {
            let mut bytes = [0; 16];
            for (to, from) in bytes.iter_mut().zip(v4.octets()) {
                *to = from;
            }
            (bytes, 4)
        }
    }
}
