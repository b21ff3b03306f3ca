//! What only some keys have: the end of a key's record.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::fields::Fields;
use super::imported::Imported;
use super::key::Form;
use crate::entry::Idle;
use crate::error::{Error, ErrorKind, Result};
use crate::network::{Network, Networks};
use crate::quota::{Quota, Refill};
use crate::time::Timestamp;

/// What only some keys have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// From where the key may be used; from anywhere if there is none.
    pub networks: Option<Networks>,
    /// For how long the key may stay unused, at least one millisecond, whatever its realm says.
    pub idle: Option<Idle>,
    /// How many credits the lineage has; as many as it likes if there is none.
    pub quota: Option<Quota>,
    /// That another system made the token.
    pub imported: Option<Imported>,
}

// The parts of a key's record. Integers are little-endian.
//
// ```text
// offset size name
//      0    1 count    of parts
//      1      parts, in ascending order of their tags, none twice:
//           1 tag      1 networks, 2 idle, 3 quota, 4 imported
//           2 length   of the bytes
//             bytes
//
// networks
//      0    1 count    from 1 to 64
//      1      networks, in ascending order of family, address and bits, none twice:
//           1 family   4 or 6
//           1 bits     of the prefix: to 32, or to 128
//             address  4 bytes or 16, in network order; no bit after the prefix is set, and
//                      never IPv4-mapped with 96 bits or more
//
// idle
//      0    8 span     milliseconds, at least 1
//      8    8 since    when that was said
//
// quota
//      0    8 limit    credits, from 1 to 10^12
//      8    1 refill   0 never, 1 every span, 2 daily, 3 on a day of the month
//      9    8 when     1: the span, milliseconds; 3: the day, from 1 to 31; else 0
// ```
const NETWORKS: u8 = 1;
const IDLE: u8 = 2;
const QUOTA: u8 = 3;
const IMPORTED: u8 = 4;

impl Parts {
    /// What goes over to another key in the place of this one, whose token is our own.
    pub(crate) fn for_successor(&self) -> Self {
        Self { imported: None, ..self.clone() }
    }

    /// Appends the parts to a record.
    ///
    /// # Errors
    ///
    /// `Argument` if a part is over its limit.
    pub(super) fn put(&self, out: &mut Vec<u8>, form: Form) -> Result<()> {
        let parts = [
            (NETWORKS, self.networks.as_ref().map(networks_bytes).transpose()?),
            (IDLE, self.idle.map(idle_bytes).transpose()?),
            (QUOTA, self.quota.map(quota_bytes)),
            (IMPORTED, self.imported.as_ref().map(|imported| imported.to_bytes(form))),
        ];
        let parts = parts.iter().filter_map(|(tag, bytes)| Some((tag, bytes.as_ref()?)));
        out.push(u8::try_from(parts.clone().count()).map_err(|_| over("parts"))?);
        for (tag, bytes) in parts {
            out.push(*tag);
            let len = u16::try_from(bytes.len()).map_err(|_| over("part"))?;
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Takes the parts off a record.
    ///
    /// # Errors
    ///
    /// `Newer` if a later version wrote one of them, `Corrupt` if none did.
    pub(super) fn take(fields: &mut Fields<'_>, form: Form) -> Result<Self> {
        let mut parts = Self::default();
        let mut before = 0;
        for _ in 0..fields.u8()? {
            let tag = fields.u8()?;
            if tag <= before {
                return Err(fields.corrupt("its parts are out of order"));
            }
            before = tag;
            let len = usize::from(fields.u16()?);
            let mut part = fields.part(len)?;
            match tag {
                NETWORKS => parts.networks = Some(take_networks(&mut part)?),
                IDLE => parts.idle = Some(take_idle(&mut part)?),
                QUOTA => parts.quota = Some(take_quota(&mut part)?),
                IMPORTED => parts.imported = Some(Imported::take(&mut part, form)?),
                _ => return Err(part.newer(&format!("part {tag}"))),
            }
            part.end()?;
        }
        Ok(parts)
    }
}

fn networks_bytes(networks: &Networks) -> Result<Vec<u8>> {
    let networks = networks.as_slice();
    let mut out = vec![u8::try_from(networks.len()).map_err(|_| over("networks"))?];
    for network in networks {
        match network.address() {
            IpAddr::V4(v4) => {
                out.extend_from_slice(&[4, network.bits()]);
                out.extend_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                out.extend_from_slice(&[6, network.bits()]);
                out.extend_from_slice(&v6.octets());
            }
        }
    }
    Ok(out)
}

fn take_networks(part: &mut Fields<'_>) -> Result<Networks> {
    let count = part.u8()?;
    let mut networks = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (family, bits) = (part.u8()?, part.u8()?);
        let address = match family {
            4 => IpAddr::V4(Ipv4Addr::from(part.array::<4>()?)),
            6 => IpAddr::V6(Ipv6Addr::from(part.array::<16>()?)),
            _ => return Err(part.corrupt(&format!("no addresses have family {family}"))),
        };
        let network = Network::new(address, bits).map_err(|error| part.corrupt(error.message()))?;
        if network.address() != address {
            return Err(part.corrupt("a network of IPv4 addresses is written as one of IPv6"));
        }
        networks.push(network);
    }
    let sorted = Networks::new(networks.iter().copied());
    let sorted = sorted.map_err(|error| part.corrupt(error.message()))?;
    if sorted.as_slice() != networks {
        return Err(part.corrupt("its networks are out of order"));
    }
    Ok(sorted)
}

fn idle_bytes(idle: Idle) -> Result<Vec<u8>> {
    let span = u64::try_from(idle.span.as_millis()).ok().filter(|&span| span > 0);
    let span = span.ok_or_else(|| over("idle"))?;
    Ok([span.to_le_bytes(), idle.since.as_ms().to_le_bytes()].concat())
}

fn take_idle(part: &mut Fields<'_>) -> Result<Idle> {
    match part.u64()? {
        0 => Err(part.corrupt("its idle span is nothing")),
        span => {
            let since = Timestamp::from_ms(part.i64()?);
            Ok(Idle { span: Duration::from_millis(span), since })
        }
    }
}

fn quota_bytes(quota: Quota) -> Vec<u8> {
    let (refill, when) = match quota.refill() {
        Refill::Never => (0, 0),
        Refill::Every(span) => (1, u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        Refill::Daily => (2, 0),
        Refill::Monthly(day) => (3, u64::from(day)),
    };
    let mut out = quota.limit().to_le_bytes().to_vec();
    out.push(refill);
    out.extend_from_slice(&when.to_le_bytes());
    out
}

fn take_quota(part: &mut Fields<'_>) -> Result<Quota> {
    let (limit, refill, when) = (part.u64()?, part.u8()?, part.u64()?);
    let refill = match (refill, when) {
        (0, 0) => Refill::Never,
        (1, span) => Refill::Every(Duration::from_millis(span)),
        (2, 0) => Refill::Daily,
        (3, day) => Refill::Monthly(u8::try_from(day).unwrap_or(u8::MAX)),
        _ => return Err(part.corrupt("no quota is refilled so")),
    };
    Quota::new(limit, refill).map_err(|error| part.corrupt(error.message()))
}

fn over(what: &str) -> Error {
    Error::new(ErrorKind::Argument, format!("{what}: out of its limits"))
}
