//! Random lives of a quota against a plain count, with restarts, crashes and clocks that step.
//!
//! The count knows the limit, what is left, and when it is refilled. A crash may lose a chunk;
//! what the store then says is left is taken over if it is no more than there was, and no less
//! than a chunk below.

use std::time::Duration;

use keycask::{OwnerChange, Rotation, Update};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::kit::{DAY, HOUR, Key, Scene, by, quota};

#[derive(Clone, Debug)]
enum Do {
    Pay(u32),
    Pass(Duration),
    StepBack(Duration),
    Restart,
    Crash,
    Set(u64),
    Add(u64),
    Take(u64),
    Renew(usize),
    Rotate,
    Flush,
}

/// What a store with a fault would do, done behind the count's back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    /// A refill adds to what was left.
    RefillAdds,
    /// A restart gives back what a lease had taken and was then handed out.
    RestartForgets,
    /// A request that is refused is charged what there is.
    RefusalTakes,
    /// A crash loses more than a chunk.
    CrashLoses,
}

const QUOTAS: [(&str, u64, Option<Duration>); 3] =
    [("40", 40, None), ("300 per 1h", 300, Some(HOUR)), ("700 per 1d", 700, Some(DAY))];

/// At most so many credits are leased at once.
const LEASE_MAX: u64 = 5;

fn step() -> impl Strategy<Value = Do> {
    prop_oneof![
        12 => (0_u32..60).prop_map(Do::Pay),
        3 => (1_u64..3_000).prop_map(|secs| Do::Pass(Duration::from_secs(secs))),
        1 => (1_u64..72).prop_map(|hours| Do::Pass(Duration::from_secs(hours * 3_600))),
        1 => (1_u64..9).prop_map(|hours| Do::StepBack(Duration::from_secs(hours * 3_600))),
        1 => Just(Do::Restart),
        1 => Just(Do::Crash),
        1 => (0_u64..900).prop_map(Do::Set),
        1 => (0_u64..90).prop_map(Do::Add),
        1 => (0_u64..90).prop_map(Do::Take),
        1 => (0..QUOTAS.len()).prop_map(Do::Renew),
        1 => Just(Do::Rotate),
        1 => Just(Do::Flush),
    ]
}

struct Count {
    limit: u64,
    left: u64,
    /// The next refill, in milliseconds of the present, and how far apart they are.
    refill: Option<(i64, i64)>,
    clock: i64,
    /// The latest reading of the clock.
    present: i64,
}

impl Count {
    fn renew(&mut self, which: usize) {
        let (_, limit, every) = QUOTAS[which];
        let every = every.map(ms);
        (self.limit, self.left) = (limit, limit);
        self.refill = every.map(|every| (self.present + every, every));
    }

    /// Lets time pass. True if credits are refilled.
    fn pass(&mut self, span: Duration) -> bool {
        self.clock += ms(span);
        self.present = self.present.max(self.clock);
        let Some((due, every)) = self.refill.filter(|(due, _)| self.present >= *due) else {
            return false;
        };
        self.left = self.limit;
        self.refill = Some((due + ((self.present - due) / every + 1) * every, every));
        true
    }
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap()
}

struct World {
    scene: Scene,
    key: Key,
    count: Count,
    bug: Option<Bug>,
}

impl World {
    fn new(bug: Option<Bug>) -> Self {
        let scene = Scene::leasing(LEASE_MAX);
        let key = scene.key(QUOTAS[0].0);
        let mut count = Count { limit: 0, left: 0, refill: None, clock: 0, present: 0 };
        count.renew(0);
        Self { scene, key, count, bug }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn update(&self, update: &Update) {
        self.scene.update(&self.key, update);
    }

    fn step(&mut self, step: &Do) -> Result<(), TestCaseError> {
        match *step {
            Do::Pay(cost) => {
                let paid = self.count.left.checked_sub(u64::from(cost));
                prop_assert_eq!(self.scene.pay(&self.key, cost), paid.is_some());
                if paid.is_none() && self.has(Bug::RefusalTakes) {
                    self.update(&Update::new().set_credits(0));
                }
                self.count.left = paid.unwrap_or(self.count.left);
            }
            Do::Pass(span) => {
                let left = self.count.left;
                self.scene.clock.forward(span);
                // A commit, so that the present is recorded: it never goes back behind that.
                let same = OwnerChange::new().plan("plain");
                self.scene.store().set_owner(self.scene.realm, "plain", &same, &by()).unwrap();
                self.scene.key_of("plain", None);
                if self.count.pass(span) && self.has(Bug::RefillAdds) {
                    self.update(&Update::new().add_credits(left));
                }
            }
            Do::StepBack(span) => {
                self.scene.clock.back(span);
                self.count.clock -= ms(span);
            }
            Do::Restart => {
                self.scene.restart();
                if self.has(Bug::RestartForgets) {
                    self.update(&Update::new().add_credits(LEASE_MAX));
                }
            }
            Do::Crash => {
                self.scene.crash();
                if self.has(Bug::CrashLoses) {
                    self.update(&Update::new().take_credits(LEASE_MAX + 1));
                }
                let (left, before) = (self.scene.remaining(&self.key), self.count.left);
                prop_assert!(left <= before && left + LEASE_MAX >= before, "{left} of {before}");
                self.count.left = left;
            }
            Do::Set(credits) => {
                self.update(&Update::new().set_credits(credits));
                self.count.left = credits;
            }
            Do::Add(credits) => {
                self.update(&Update::new().add_credits(credits));
                self.count.left += credits;
            }
            Do::Take(credits) => {
                self.update(&Update::new().take_credits(credits));
                self.count.left = self.count.left.saturating_sub(credits);
            }
            Do::Renew(which) => {
                self.update(&Update::new().quota(quota(QUOTAS[which].0)));
                self.count.renew(which);
            }
            Do::Rotate => self.key = self.scene.rotate(&self.key, &Rotation::regenerate()),
            Do::Flush => self.scene.store().flush().unwrap(),
        }
        prop_assert_eq!(self.scene.remaining(&self.key), self.count.left);
        Ok(())
    }
}

fn lives(cases: u32, bug: Option<Bug>) -> Result<(), String> {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let config = Config { max_shrink_iters: if bug.is_some() { 0 } else { 200 }, ..config };
    let steps = proptest::collection::vec(step(), 1..60);
    let result = TestRunner::new(config).run(&steps, |steps| {
        let mut world = World::new(bug);
        steps.iter().try_for_each(|step| world.step(step))?;
        world.scene.store().check().unwrap();
        Ok(())
    });
    result.map_err(|failure| failure.to_string())
}

#[test]
fn a_quota_does_what_a_plain_count_does() {
    lives(48, None).unwrap();
}

#[test]
fn the_count_tells_each_fault_that_a_store_could_have() {
    for bug in [Bug::RefillAdds, Bug::RestartForgets, Bug::RefusalTakes, Bug::CrashLoses] {
        assert!(lives(200, Some(bug)).is_err(), "{bug:?} went unnoticed");
    }
}
