//! What holds of every text for a network, and of every address.
//!
//! An input is the text, a line end, then addresses, one a line. Other addresses are made of the
//! network's own, one bit of which is another. The fuzz target and the replay of its corpus in
//! `tests/` both include this file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use keycask::Network;

/// No more addresses are read from an input.
const ADDRESSES_MAX: usize = 32;

/// What is asked: to read a text, to make a network of an address and a number of bits, to print
/// it, and whether an address is in it.
#[derive(Clone, Copy)]
pub struct Engine {
    pub read: fn(&str) -> Option<Network>,
    pub make: fn(IpAddr, u8) -> Option<Network>,
    pub print: fn(&Network) -> String,
    pub contains: fn(&Network, IpAddr) -> bool,
}

/// keycask itself.
pub const ENGINE: Engine = Engine {
    read: |text| text.parse().ok(),
    make: |address, bits| Network::new(address, bits).ok(),
    print: |network| network.to_string(),
    contains: |network, at| network.contains(at),
};

/// A network as a number of 128 bits, of which the first are given: one of IPv4 is one of
/// mapped addresses.
struct Described {
    first: u128,
    bits: u32,
    is_v4: bool,
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// Panics if `engine` does with `input` what it should not.
pub fn check_with(input: &[u8], engine: Engine) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (text, addresses) = input.split_once('\n').unwrap_or((input, ""));
    let (read, described) = ((engine.read)(text), describe(text));
    assert_eq!(read.is_some(), described.is_some(), "{text:?} is read as {read:?}");
    let (Some(network), Some(described)) = (read, described) else { return };

    let printed = print(&described);
    assert_eq!((engine.print)(&network), printed, "{text:?}");
    assert_eq!((engine.read)(&printed), Some(network), "{printed:?} is read as another");
    let again = (engine.make)(network.address(), network.bits());
    assert_eq!(again, Some(network), "{text:?}");

    let neighbours = (0..128).map(|bit| described.first ^ 1 << bit).chain([described.first]);
    let neighbours = neighbours.flat_map(|number| {
        let v6 = Ipv6Addr::from_bits(number);
        [Some(IpAddr::V6(v6)), v6.to_ipv4_mapped().map(IpAddr::V4)]
    });
    let given = addresses.lines().take(ADDRESSES_MAX).map(|line| line.parse().ok());
    for address in neighbours.chain(given).flatten() {
        let is_in = holds(&described, address);
        assert_eq!((engine.contains)(&network, address), is_in, "{address} in {text:?}");
        // Of some of these addresses bits are set after the prefix, or there are not as many.
        for bits in [network.bits(), 33] {
            let made = (engine.make)(address, bits).map(|made| (engine.print)(&made));
            let described = of(address, bits.into()).map(|described| print(&described));
            assert_eq!(made, described, "{address} with {bits} bits");
        }
    }
}

/// The network that a text is by the description: an address, or an address, a slash, and a decimal
/// number without zeros before it; no bit is set after those that are given.
fn describe(text: &str) -> Option<Described> {
    let (address, number) = match text.find('/') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = match number {
        None => width,
        Some(digits) => (0..=width).find(|bits| bits.to_string() == digits)?,
    };
    of(address, bits)
}

/// The network of the addresses that share the first bits of one, which has as many and no other
/// that is set.
fn of(address: IpAddr, bits: u32) -> Option<Described> {
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits + 128 - width;
    if bits > 128 {
        return None;
    }
    let first = bits_of(address);
    let is_bare = (bits..128).all(|bit| first >> (127 - bit) & 1 == 0);
    let is_mapped = first >> 32 == 0xFFFF;
    is_bare.then_some(Described { first, bits, is_v4: is_mapped && bits >= 96 })
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => 0xFFFF << 32 | u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn print(network: &Described) -> String {
    let Described { first, bits, is_v4 } = *network;
    match is_v4 {
        true => format!("{}/{}", Ipv4Addr::from_bits(first as u32), bits - 96),
        false => format!("{}/{bits}", Ipv6Addr::from_bits(first)),
    }
}

/// Whether an address is of the network's family and begins with its bits.
fn holds(network: &Described, address: IpAddr) -> bool {
    let bits = bits_of(address);
    let bit = |number: u128, at: u32| number >> (127 - at) & 1;
    (bits >> 32 == 0xFFFF) == network.is_v4
        && (0..network.bits).all(|at| bit(bits, at) == bit(network.first, at))
}
