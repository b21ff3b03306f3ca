//! How many calls of each function were made, and how many of them did something: what a program
//! that refuses all is found out by.

use std::collections::BTreeMap;

/// From so many calls on a function is judged. One in fifty is done of those that are done least,
/// so that chance alone leaves none of these once in ten million times.
pub const JUDGED_FROM: u64 = 800;

/// Of so many calls one has to be done.
const DONE_OF: u64 = 1000;

/// What was done of the calls of each function, and how many were made.
#[derive(Default)]
pub struct Amounts(BTreeMap<String, (u64, u64)>);

impl Amounts {
    /// Adds what a run said.
    pub fn add(&mut self, said: &str) {
        for line in said.lines().filter_map(|line| line.strip_prefix("random: of ")) {
            let (name, numbers) = line.split_once(": ").unwrap();
            let (done, rest) = numbers.split_once(" of ").unwrap();
            let made = rest.strip_suffix(" done").unwrap();
            let sum = self.0.entry(name.to_owned()).or_default();
            *sum = (sum.0 + done.parse::<u64>().unwrap(), sum.1 + made.parse::<u64>().unwrap());
        }
    }

    /// The functions of which too little is done.
    pub fn idle(&self) -> Vec<&str> {
        let is_idle = |&(done, made): &(u64, u64)| made >= JUDGED_FROM && done * DONE_OF < made;
        self.0.iter().filter(|(_, sum)| is_idle(sum)).map(|(name, _)| name.as_str()).collect()
    }

    /// What is told of those that were called too seldom to be judged, if none of it is done.
    pub fn untried(&self) -> Vec<String> {
        let is_untried = |&(done, made): &(u64, u64)| made < JUDGED_FROM && done == 0;
        let untried = self.0.iter().filter(|(_, sum)| is_untried(sum));
        untried.map(|(name, (_, made))| format!("{name}: none of {made} done")).collect()
    }
}

#[test]
fn a_function_of_which_less_than_one_call_in_a_thousand_is_done_is_idle() {
    let mut amounts = Amounts::default();
    amounts.add("random: of a: 0 of 799 done\nrandom: calls: 9, 8 of them done\n");
    amounts.add("random: of b: 1 of 1000 done\nrandom: of c: 1 of 800 done");
    assert!(amounts.idle().is_empty());
    assert_eq!(amounts.untried(), ["a: none of 799 done"]);
    amounts.add("random: of a: 0 of 1 done\nrandom: of b: 0 of 1 done\nrandom: of d: 5 of 9 done");
    assert_eq!(amounts.idle(), ["a", "b"]);
    assert!(amounts.untried().is_empty());
}
