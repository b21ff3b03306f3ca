//! Networks from which alone some keys may be used.

use keycask::{Request, Update};

use super::Part;
use super::dice::Dice;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "network",
    steps: &[(4, update)],
    agrees: |world, dice| {
        for key in world.keys.iter().filter(|key| !key.swept) {
            let shown = world.store().key(key.id).unwrap().networks;
            let shown: Vec<_> = shown.iter().map(ToString::to_string).collect();
            assert_eq!(shown, key.networks.map_or(&[][..], |some| NETWORKS[some]), "{}", key.id);
        }
        let Some(at) = world.pick(dice) else { return };
        ADDRESSES.iter().for_each(|address| world.ask(at, 0, address, 0));
    },
    plant: |world| {
        // As a store would that let a key be used from anywhere.
        let any = Update::new().any_network();
        let mut fenced = world.keys.iter().filter(|key| key.networks.is_some() && !key.swept);
        fenced.any(|key| world.store().update(key.id, &any, &by()).is_ok())
    },
};

/// Allow-lists, as they are shown.
const NETWORKS: [&[&str]; 2] = [&["10.0.0.0/8", "2001:db8::/32"], &["10.1.2.0/24"]];

/// An address from which a request comes, if the caller tells it.
#[derive(Clone, Copy)]
pub struct Address {
    text: Option<&'static str>,
    /// Which of `NETWORKS` have it.
    within: [bool; NETWORKS.len()],
}

pub const ADDRESSES: [Address; 6] = [
    Address { text: None, within: [false, false] },
    Address { text: Some("10.1.2.3"), within: [true, true] },
    Address { text: Some("::ffff:10.1.2.255"), within: [true, true] },
    Address { text: Some("10.1.3.0"), within: [true, false] },
    Address { text: Some("2001:db8::1"), within: [true, false] },
    Address { text: Some("11.0.0.1"), within: [false, false] },
];

impl Address {
    pub fn is_in(&self, networks: Option<usize>) -> bool {
        networks.is_none_or(|some| self.within[some])
    }

    /// The request, from here.
    pub fn named(&self, request: Request) -> Request {
        match self.text {
            Some(text) => request.address(text.parse().unwrap()),
            None => request,
        }
    }
}

fn update(world: &mut World, dice: &mut Dice) {
    let Some(at) = world.pick_living(dice) else { return };
    let networks = dice.pick(&[None, Some(0), Some(1)]);
    let update = match networks {
        Some(some) => Update::new().networks(NETWORKS[some].iter().copied()),
        None => Update::new().any_network(),
    };
    let changes = world.keys[at].networks != networks;
    if world.update(at, &update, changes) {
        world.keys[at].networks = networks;
    }
}
