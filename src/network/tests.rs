use super::*;

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

fn holds(text: &str, address: &str) -> bool {
    network(text).contains(address.parse().unwrap())
}

/// Peers compare prefixes as text, or coerce what they cannot read (P-26).
#[test]
fn p_26_a_network_is_read_in_one_spelling_and_all_else_is_refused_by_name() {
    for (text, shown) in [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/32", "192.0.2.7/32"),
        ("::/0", "::/0"),
        ("2001:DB8:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::/90", "::/90"),
    ] {
        assert_eq!(network(text).to_string(), shown, "{text}");
        assert_eq!(network(shown), network(text), "{text}");
    }
    for text in [
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/256",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/00",
        "10.0.0.0/8/8",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0/8",
        "10/8",
        "010.0.0.0/8",
        "10.0.0.1/8",
        "10.0.0.0/255.0.0.0",
        "0x0a.0.0.0/8",
        "167772160",
        "localhost",
        "fe80::1%eth0",
        "fe80::%1/10",
        "[::1]",
        "::/129",
        "2001:db8::1/32",
        ":::/0",
        "::ffff:10.0.0.1/104",
        "::ffff:0:0/90",
        "10.0.0.0/\u{ff18}",
        "any",
        "*",
    ] {
        let error = text.parse::<Network>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().starts_with(&format!("network {text:?}: ")), "{error}");
    }
    // What may be a token is not repeated; what is an address is.
    let told = |text: &str| text.parse::<Network>().unwrap_err().to_string();
    assert!(told("acme_live_0123456789abcdef").starts_with("network of 26 bytes: want "));
    assert!(told("2001:db8::1:2:3:4:5/129").starts_with("network \"2001:db8::1:2:3:4:5/129\": "));
    assert!(
        told("2001:db8:0:0:1:2:3:4/64").starts_with("network \"2001:db8:0:0:1:2:3:4/64\": has")
    );
    let error = "10.1.2.3/8".parse::<Network>().unwrap_err();
    let expected = "network \"10.1.2.3/8\": has bits after the prefix; want 10.0.0.0/8";
    assert_eq!(error.message(), expected);
}

/// A peer's `::ffff:0:0` workaround let every address in (P-26).
#[test]
fn p_26_an_address_matches_by_its_bits_and_its_family_alone() {
    for (network, address, inside) in [
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("10.0.0.0/8", "::ffff:11.1.2.3", false),
        ("10.0.0.0/8", "::10.1.2.3", false),
        ("1.0.0.0/8", "10.0.0.0", false),
        ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.6", false),
        ("192.0.2.6/31", "192.0.2.7", true),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "::ffff:1.2.3.4", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "1.2.3.4", false),
        ("::/0", "::ffff:1.2.3.4", false),
        ("::/1", "8000::", false),
        ("::/64", "::ffff:1.2.3.4", false),
        ("::ffff:0:0/96", "1.2.3.4", true),
        ("::ffff:0:0/96", "2001:db8::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false),
        ("2001:db8::1", "2001:db8::1", true),
        ("2001:db8::1", "2001:db8::2", false),
    ] {
        assert_eq!(holds(network, address), inside, "{network} {address}");
    }
}

#[test]
fn every_prefix_length_splits_its_family_where_it_says() {
    let v4 = Ipv4Addr::new(192, 168, 129, 66).to_bits();
    for bits in 0..=32_u8 {
        let of = first(Ipv4Addr::from_bits(v4).into(), bits);
        let network = Network::new(of, bits).unwrap();
        for bit in 0..32 {
            let other = Ipv4Addr::from_bits(v4 ^ 1 << (31 - bit));
            assert_eq!(network.contains(other.into()), bit >= bits, "{network} {other}");
        }
    }
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0xaaaa, 0x5555, 1, 2, 3, 4).to_bits();
    for bits in 0..=128_u8 {
        let of = first(Ipv6Addr::from_bits(v6).into(), bits);
        let network = Network::new(of, bits).unwrap();
        for bit in 0..128 {
            let other = Ipv6Addr::from_bits(v6 ^ 1 << (127 - bit));
            assert_eq!(network.contains(other.into()), bit >= bits, "{network} {other}");
        }
    }
}

#[test]
fn a_list_has_an_order_no_network_twice_and_from_1_to_64() {
    let list = Networks::new(["::/0", "10.0.0.0/8", "::ffff:10.0.0.0/104"].map(network)).unwrap();
    assert_eq!(list.as_slice(), ["10.0.0.0/8", "::/0"].map(network));
    let many = |count: u8| Networks::new((0..count).map(|n| network(&format!("10.0.0.{n}"))));
    assert!(many(64).is_ok());
    for (count, message) in [
        (0, "networks: 0; from 1 to 64 are allowed"),
        (65, "networks: 65; from 1 to 64 are allowed"),
    ] {
        assert_eq!(many(count).unwrap_err().message(), message);
    }
}

#[test]
fn what_two_lists_have_in_common_is_what_is_in_both() {
    let list =
        |texts: &[&str]| -> Vec<Network> { texts.iter().map(|text| network(text)).collect() };
    for (some, others, both) in [
        (&["10.0.0.0/8"][..], &["10.1.0.0/16", "11.0.0.0/8"][..], &["10.1.0.0/16"][..]),
        (
            &["10.0.0.0/8", "::/0"],
            &["10.0.0.0/8", "2001:db8::/32"],
            &["10.0.0.0/8", "2001:db8::/32"],
        ),
        (&["0.0.0.0/0"], &["::/0"], &[]),
        (
            &["10.0.0.0/8", "192.0.2.0/25"],
            &["10.9.0.0/16", "192.0.2.0/24"],
            &["10.9.0.0/16", "192.0.2.0/25"],
        ),
        (&[], &["::/0"], &[]),
    ] {
        assert_eq!(common(&list(some), &list(others)), list(both));
        assert_eq!(common(&list(others), &list(some)), list(both));
    }
}
