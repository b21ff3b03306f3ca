//! Networks: ranges of addresses from which a key may be used.
//!
//! An address has one form here: an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4
//! address, and a network of mapped addresses is the IPv4 network. So nothing depends on how a
//! socket shows its peer.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::quote::no_such_if;

/// Addresses that begin with the same bits, such as `10.0.0.0/8` or `2001:db8::/32`.
///
/// An IPv4 network holds IPv4 addresses alone, and an IPv6 network IPv6 addresses alone:
/// `0.0.0.0/0` and `::/0` are all of one family each.
///
/// ```
/// # fn main() -> keycask::Result<()> {
/// use keycask::Network;
///
/// let network: Network = "10.0.0.0/8".parse()?;
/// assert_eq!(network.to_string(), "10.0.0.0/8");
/// assert!("10.0.0.1/8".parse::<Network>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// Its first address; never an IPv4-mapped one.
    address: IpAddr,
    /// How many leading bits its addresses share with it.
    bits: u8,
}

impl Network {
    /// The addresses that share the first `bits` of `address`. An IPv4-mapped address with 96
    /// bits or more is the IPv4 network.
    ///
    /// # Errors
    ///
    /// `Argument` if the family has fewer bits, or one of `address` after the first `bits` is
    /// set.
    pub fn new(address: IpAddr, bits: u8) -> Result<Self> {
        Self::canonical(address, bits).map_err(|why| refuse(&format!("{address}/{bits}"), &why))
    }

    fn canonical(address: IpAddr, bits: u8) -> Result<Self, String> {
        let width = width(address);
        if bits > width {
            return Err(format!("{bits} bits, at most {width}"));
        }
        let first = first(address, bits);
        if first != address {
            return Err(format!("has bits after the prefix; want {first}/{bits}"));
        }
        Ok(match (address, address.to_canonical(), bits.checked_sub(96)) {
            (IpAddr::V6(_), mapped @ IpAddr::V4(_), Some(bits)) => Self { address: mapped, bits },
            _ => Self { address, bits },
        })
    }

    /// Its first address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits its addresses share: the number after the slash.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether every address of `other` is in it.
    fn covers(&self, other: &Self) -> bool {
        self.bits <= other.bits && self.contains(other.address)
    }

    /// Whether `address` is in it. An IPv4-mapped IPv6 address is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        first(address.to_canonical(), self.bits) == self.address
    }
}

impl FromStr for Network {
    type Err = Error;

    /// Reads an address, a slash and a number of bits; an address alone is that address alone.
    /// A zone (`fe80::1%eth0`) and leading zeros of decimal numbers are refused.
    ///
    /// # Errors
    ///
    /// `Argument` for any other text, and as [`new`](Network::new).
    fn from_str(text: &str) -> Result<Self> {
        let want = "want an address and bits, such as 10.0.0.0/8 or 2001:db8::/32";
        let number = |bits: &str| {
            let plain = bits.bytes().all(|c| c.is_ascii_digit());
            let padded = bits.len() > 1 && bits.starts_with('0');
            bits.parse().ok().filter(|_| plain && !padded)
        };
        let read = |address: &str, bits: Option<&str>| {
            let address: IpAddr = address.parse().ok()?;
            Some((address, bits.map_or(Some(width(address)), number)?))
        };
        let read = match text.split_once('/') {
            Some((address, bits)) => read(address, Some(bits)),
            None => read(text, None),
        };
        let (address, bits) = read.ok_or_else(|| {
            let parts = text.split_once('/');
            let is_like = parts.is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok());
            refuse(&no_such_if("network", text, is_like), want)
        })?;
        Self::canonical(address, bits).map_err(|why| refuse(&format!("network {text:?}"), &why))
    }
}

impl fmt::Display for Network {
    /// As [`FromStr`] reads it; IPv6 addresses as in RFC 5952.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Bits of an address of this family.
const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address with all but its first `bits` cleared.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(v4) => {
            let mask = !u32::MAX.checked_shr(bits).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = !u128::MAX.checked_shr(bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

#[cold]
fn refuse(what: &str, why: &str) -> Error {
    Error::new(ErrorKind::Argument, format!("{what}: {why}"))
}

/// The networks from which a key may be used: at least one, in ascending order, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Networks(Box<[Network]>);

impl Networks {
    /// Most networks of a key.
    pub(crate) const MAX: usize = 64;

    /// These networks, in whatever order; one that is there twice counts once.
    ///
    /// # Errors
    ///
    /// `Argument` if there are none, or more than 64.
    pub(crate) fn new(networks: impl IntoIterator<Item = Network>) -> Result<Self> {
        let mut networks: Vec<_> = networks.into_iter().collect();
        networks.sort_unstable();
        networks.dedup();
        if networks.is_empty() || networks.len() > Self::MAX {
            let why = format!("networks: {}; from 1 to {} are allowed", networks.len(), Self::MAX);
            return Err(Error::new(ErrorKind::Argument, why));
        }
        Ok(Self(networks.into()))
    }

    /// The networks that these texts name.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and `Argument` for the first text that names none.
    pub(crate) fn parse(texts: &[String]) -> Result<Self> {
        let networks: Vec<Network> =
            texts.iter().map(|text| text.parse()).collect::<Result<_>>()?;
        Self::new(networks)
    }

    /// The networks, in ascending order.
    pub(crate) fn as_slice(&self) -> &[Network] {
        &self.0
    }
}

/// The networks of the addresses that are in one of `some` and in one of `others`: none if
/// there is no such address.
pub(crate) fn common(some: &[Network], others: &[Network]) -> Vec<Network> {
    let within = |some: &[Network], others: &[Network]| -> Vec<Network> {
        let inside = |network: &&Network| others.iter().any(|other| other.covers(network));
        some.iter().filter(inside).copied().collect()
    };
    let mut common = [within(some, others), within(others, some)].concat();
    common.sort_unstable();
    common.dedup();
    common
}

#[cfg(test)]
mod tests;
