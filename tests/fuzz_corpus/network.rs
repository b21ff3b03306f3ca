use std::net::{IpAddr, Ipv4Addr};

use keycask::Network;

use crate::{catch, replay};

#[path = "../../fuzz/properties/network.rs"]
mod property;

use property::{ENGINE, Engine};

#[test]
fn the_corpus_is_read_printed_and_matched_as_described() {
    replay("network", property::check);
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    let masks_by_byte = Engine {
        contains: |network, address| match (network.address(), address) {
            (IpAddr::V4(first), IpAddr::V4(at)) => {
                let bytes = usize::from(network.bits() / 8);
                first.octets()[..bytes] == at.octets()[..bytes]
            }
            _ => network.contains(address),
        },
        ..ENGINE
    };
    let knows_no_mapped_addresses = Engine {
        contains: |network, address| {
            address.is_ipv4() == network.address().is_ipv4() && network.contains(address)
        },
        ..ENGINE
    };
    let trims = Engine { read: |text| text.trim().parse().ok(), ..ENGINE };
    let drops_bits = Engine {
        read: |text| (ENGINE.read)(text).or_else(|| text.split('/').next()?.parse().ok()),
        ..ENGINE
    };
    let prints_no_bits = Engine { print: |network| network.address().to_string(), ..ENGINE };
    let makes_no_v6 = Engine {
        make: |address, bits| (ENGINE.make)(address, bits).filter(|_| address.is_ipv4()),
        ..ENGINE
    };
    let takes_bits_after_the_prefix = Engine {
        make: |address, bits| {
            (ENGINE.make)(address, bits).or_else(|| match address {
                IpAddr::V4(v4) => {
                    let kept = !u32::MAX.checked_shr(bits.into()).unwrap_or(0);
                    Network::new((v4 & Ipv4Addr::from_bits(kept)).into(), bits).ok()
                }
                IpAddr::V6(_) => None,
            })
        },
        ..ENGINE
    };
    let takes_too_many_bits = Engine {
        make: |address, bits| {
            (ENGINE.make)(address, if address.is_ipv4() { bits.min(32) } else { bits })
        },
        ..ENGINE
    };
    for (name, planted) in [
        ("prints no bits", prints_no_bits),
        ("makes no v6", makes_no_v6),
        ("takes bits after the prefix", takes_bits_after_the_prefix),
        ("takes too many bits", takes_too_many_bits),
        ("masks by byte", masks_by_byte),
        ("knows no mapped addresses", knows_no_mapped_addresses),
        ("trims", trims),
        ("drops bits", drops_bits),
    ] {
        catch("network", name, |input| property::check_with(input, planted));
    }
}
