use std::net::IpAddr;

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
    for (name, planted) in [
        ("masks by byte", masks_by_byte),
        ("knows no mapped addresses", knows_no_mapped_addresses),
        ("trims", trims),
        ("drops bits", drops_bits),
    ] {
        catch("network", name, |input| property::check_with(input, planted));
    }
}
