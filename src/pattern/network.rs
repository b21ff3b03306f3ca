//! The neighbourhood of an address, in one word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that an address is told from: /24 of IPv4, /48 of IPv6. An IPv4-mapped address is
/// the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Near(u64);

/// Set for IPv6, whose first 48 bits stand below; for IPv4 the first 24 bits do.
const IPV6: u64 = 1 << 48;

impl Near {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(address.to_bits() >> 8)),
            IpAddr::V6(address) => Self(IPV6 | u64::try_from(address.to_bits() >> 80).unwrap_or(0)),
        }
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// The network as it is written: `192.0.2.0/24`, `2001:db8::/48`.
    pub(super) fn text(self) -> String {
        match self.0 & IPV6 {
            0 => {
                let bits = u32::try_from(self.0 << 8).unwrap_or(0);
                format!("{}/24", Ipv4Addr::from_bits(bits))
            }
            _ => {
                let bits = u128::from(self.0 & (IPV6 - 1)) << 80;
                format!("{}/48", Ipv6Addr::from_bits(bits))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_neighbourhood_are_one_and_families_never_meet() {
        let near = |text: &str| Near::of(text.parse().unwrap());
        assert_eq!(near("192.0.2.1"), near("192.0.2.254"));
        assert_eq!(near("192.0.2.1"), near("::ffff:192.0.2.9"));
        assert_ne!(near("192.0.2.1"), near("192.0.3.1"));
        assert_eq!(near("2001:db8:1::1"), near("2001:db8:1:ffff::2"));
        assert_ne!(near("2001:db8:1::1"), near("2001:db8:2::1"));
        assert_ne!(near("0.0.1.0"), near("::1:0:0:0:0:0"));
        assert_eq!(near("192.0.2.77").text(), "192.0.2.0/24");
        assert_eq!(near("2001:db8:1:2::3").text(), "2001:db8:1::/48");
    }
}
