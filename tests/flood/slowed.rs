//! What a flood does to the times of those who have a key. `KEYCASK_FLOOD` says how much is
//! measured, and from [`ENOUGH`] on it is judged: a slowdown by more than [`MOST`] and the noise is
//! a finding. The noise is what pairs without a flood show, measured among the others. Where it is
//! more than [`NOISE_MAX`] nothing is judged; so a slowdown by a fifth is seen, or it is said that
//! none would be.

use std::sync::{OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use keycask::{Request, Store};

use crate::beside::{Beside, End};
use crate::numbers::Numbers;
use crate::shapes::Scene;
use crate::spray::{Flood, keys};
use crate::{alone, amount, first_seed};

/// From so many on, what floods do to the times of others is judged: a run of tests alone, in a
/// build that is not optimised, has other costs.
const ENOUGH: usize = 400 * MANY;

/// By how much 99 of 100 verifies may take longer beside a flood than beside verifies.
const MOST: f64 = 0.10;

/// How much noise lets a slowdown by a fifth be seen: it is beyond the bound by as much.
const NOISE_MAX: f64 = 0.05;

/// By how much what is planted takes longer: little more than what is seen for sure.
const PLANTED: f64 = 0.25;

/// How often classes are compared: at first, and at most if there is too much noise until then.
const ROUNDS: usize = 60;
const ROUNDS_MAX: usize = 240;

/// How often what is planted in a store is measured, if there is too much noise.
const TRIES: usize = 4;

/// Verifies of a burst. Where threads have a processor for moments only, one that waits for another
/// thread has lost its own, and the rest of the burst has nobody beside it: a few of them are still
/// more than one of 100.
const BURST: usize = 25;

/// Of how many verifies the slowest is sought that is within 99 of 100, at least and at most.
const FEW: usize = 250;
const MANY: usize = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Verifies beside a thread that verifies, too: what all others are compared with.
    Quiet,
    /// The same, to see by how much two that are the same differ.
    Again,
    /// The same, to be judged as if there were something.
    Nothing,
    /// Verifies beside a thread that floods.
    Flooded,
    /// The same, and each takes longer by [`PLANTED`].
    Planted,
}

impl Class {
    fn floods(self) -> bool {
        matches!(self, Self::Flooded | Self::Planted)
    }
}

/// How often 99 of 100 verifies of a class took how many times as long at most as those of `Quiet`
/// in the same round; in order.
struct Ratios(Vec<f64>);

impl Ratios {
    fn middle(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// By how much the middle of ratios that should be 1 may be away from it by chance: once in 370
    /// times by more than those that stand one and a half times the root of their number before
    /// and behind it. A finding has to be a tenth beyond that.
    fn noise(&self) -> f64 {
        let (middle, reach) = (self.0.len() / 2, (self.0.len() as f64).sqrt() * 1.5);
        let [before, behind] = [middle - reach as usize, middle + reach as usize];
        self.0[behind].max(1.0 / self.0[before]) - 1.0
    }
}

/// What was measured: for each class but the first its ratios.
struct Times {
    rounds: usize,
    ratios: Vec<(Class, Ratios)>,
}

impl Times {
    /// Measures classes, of which the first is `Quiet` and the second `Again`: of each so many
    /// verifies a round, in bursts, those of all classes in an order of chance.
    fn measure(
        classes: &[Class],
        tokens: &[&[u8]],
        each: usize,
        verify: impl Fn(&[u8]) -> bool + Sync,
    ) -> Self {
        let mut rounds: Vec<Vec<f64>> = Vec::new();
        let (beside, look) = (Beside::default(), look());
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut flood, mut tokens) = (Flood::new(first_seed()), tokens.iter().cycle());
                beside.work(|floods| match floods {
                    true => assert!(!verify(flood.next().0)),
                    false => assert!(verify(tokens.next().unwrap())),
                });
            });
            let _end = End(&beside);
            let (mut numbers, mut tokens) = (Numbers::new(first_seed()), tokens.iter().cycle());
            let mut bursts: Vec<usize> = (0..each / BURST).flat_map(|_| 0..classes.len()).collect();
            let mut one_round = || {
                for place in (1..bursts.len()).rev() {
                    bursts.swap(place, numbers.below(place as u64 + 1) as usize);
                }
                let mut times = vec![Vec::with_capacity(each); classes.len()];
                for class in &bursts {
                    let (times, class) = (&mut times[*class], classes[*class]);
                    beside.burst(class.floods(), || {
                        for token in tokens.by_ref().take(BURST) {
                            let start = Instant::now();
                            assert!(verify(token));
                            if class == Class::Planted {
                                let end = start.elapsed().mul_f64(1.0 + PLANTED);
                                while start.elapsed() + look < end {}
                            }
                            times.push(start.elapsed().as_nanos() as u64);
                        }
                    });
                }
                let slowest = |mut times: Vec<u64>| {
                    let at = times.len() * 99 / 100;
                    *times.select_nth_unstable(at).1 as f64
                };
                times.into_iter().map(slowest).collect()
            };
            loop {
                rounds.push(one_round());
                let noisy = || Self::of(classes, &rounds).noise() > NOISE_MAX;
                if rounds.len() == ROUNDS_MAX || rounds.len().is_multiple_of(ROUNDS) && !noisy() {
                    break;
                }
            }
        });
        Self::of(classes, &rounds)
    }

    fn of(classes: &[Class], rounds: &[Vec<f64>]) -> Self {
        let ratios = |place: usize| {
            let mut ratios: Vec<f64> = rounds.iter().map(|round| round[place] / round[0]).collect();
            ratios.sort_by(f64::total_cmp);
            (classes[place], Ratios(ratios))
        };
        Self { rounds: rounds.len(), ratios: (1..classes.len()).map(ratios).collect() }
    }

    fn ratios(&self, wanted: Class) -> &Ratios {
        &self.ratios.iter().find(|(class, _)| *class == wanted).unwrap().1
    }

    fn noise(&self) -> f64 {
        self.ratios(Class::Again).noise()
    }

    fn is_too_noisy(&self) -> bool {
        self.noise() > NOISE_MAX
    }

    fn is_slowed(&self, class: Class) -> bool {
        self.ratios(class).middle() > 1.0 + MOST + self.noise()
    }

    fn tell(&self, of: &str) {
        print!("flood: {of}, {} rounds: noise {:.3}", self.rounds, self.noise());
        self.ratios.iter().for_each(|(class, ratios)| print!(", {class:?} {:.3}", ratios.middle()));
        println!();
    }
}

/// The first times that are not too noisy to judge by, if any of [`TRIES`] are.
fn until_quiet(measured: impl FnMut() -> Times) -> Option<Times> {
    std::iter::repeat_with(measured).take(TRIES).find(|times| !times.is_too_noisy())
}

/// How long it takes to look at the clock.
fn look() -> Duration {
    let start = Instant::now();
    let looks = (0..10_000).map(|_| start.elapsed()).collect::<Vec<_>>();
    looks.windows(2).map(|two| two[1] - two[0]).min().unwrap()
}

/// How many verifies of each class there are in a round, if there are enough to judge by.
fn each() -> Option<usize> {
    let count = usize::try_from(amount("KEYCASK_FLOOD", 100_000)).unwrap();
    if count < ENOUGH {
        println!("flood: below {ENOUGH} no times are judged, and none of a mistake");
    }
    (count >= ENOUGH).then(|| (count / 400).clamp(FEW, MANY))
}

/// What a flood does to those who have a key of a store, and what is planted.
fn times(each: usize) -> &'static Times {
    static TIMES: OnceLock<Times> = OnceLock::new();
    TIMES.get_or_init(|| {
        use Class::{Again, Flooded, Nothing, Planted, Quiet};
        let scene = Scene::with(Store::options());
        let issued = keys(&scene);
        let tokens: Vec<&[u8]> = issued.iter().map(|one| one.token.expose().as_bytes()).collect();
        let verify = |token: &[u8]| scene.store.verify(scene.acme, token, &Request::new()).is_ok();
        let times =
            Times::measure(&[Quiet, Again, Nothing, Flooded, Planted], &tokens, each, verify);
        times.tell("99 of 100 verifies take");
        times
    })
}

#[test]
fn whoever_has_a_key_is_not_slowed_by_a_flood() {
    let _alone = alone();
    let Some(each) = each() else { return };
    let times = times(each);
    if times.is_too_noisy() {
        println!("flood: 0 verifies were judged: it is too noisy");
        return;
    }
    println!("flood: {} verifies were judged", times.rounds * each);
    let by = times.ratios(Class::Flooded).middle();
    assert!(!times.is_slowed(Class::Flooded), "they take {by:.3} of their time");
}

#[test]
fn a_flood_that_slows_them_by_a_quarter_is_noticed_and_nothing_is_none() {
    let _alone = alone();
    let Some(times) = each().map(times).filter(|times| !times.is_too_noisy()) else { return };
    assert!(times.is_slowed(Class::Planted), "it is not seen");
    assert!(!times.is_slowed(Class::Nothing), "what is not there is seen");
}

/// The same of times that are drawn, so that it is known what is there.
#[test]
fn a_slowdown_by_a_quarter_is_noticed_in_times_with_a_little_noise_and_much_is_told() {
    let classes = [Class::Quiet, Class::Again, Class::Nothing, Class::Planted];
    let drawn = |spread: f64| {
        let mut numbers = Numbers::new(first_seed());
        let mut round = || {
            let time = |class| if class == Class::Planted { 1.0 + PLANTED } else { 1.0 };
            let mut noisy = |class| time(class) * (1.0 + spread * numbers.share());
            classes.map(&mut noisy).to_vec()
        };
        Times::of(&classes, &(0..ROUNDS).map(|_| round()).collect::<Vec<_>>())
    };
    let [little, much] = [0.1, 1.0].map(drawn);
    assert!(!little.is_too_noisy() && much.is_too_noisy());
    assert!(little.is_slowed(Class::Planted) && !little.is_slowed(Class::Nothing));
    assert!(!much.is_slowed(Class::Nothing));
    let quiet_at = |at: usize| {
        let mut spreads = (0..).map(|try_| if try_ == at { 0.1 } else { 1.0 });
        until_quiet(|| drawn(spreads.next().unwrap()))
    };
    assert!(quiet_at(0).is_some() && quiet_at(TRIES - 1).is_some());
    assert!(quiet_at(TRIES).is_none(), "what is too noisy was judged");
}

#[test]
fn a_store_in_which_what_is_unknown_holds_up_those_who_have_a_key_is_noticed() {
    let _alone = alone();
    let Some(each) = each() else { return };
    let scene = Scene::with(Store::options());
    let issued = keys(&scene);
    let tokens: Vec<&[u8]> = issued.iter().map(|one| one.token.expose().as_bytes()).collect();
    // As one that remembers what is unknown in a table that it looks into for everybody.
    let table = RwLock::new(());
    let wait = || {
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(20) {}
    };
    let verify = |token: &[u8]| {
        let is_known = {
            let _reading = table.read().unwrap();
            scene.store.verify(scene.acme, token, &Request::new()).is_ok()
        };
        if !is_known {
            let writing = table.write().unwrap();
            wait();
            drop(writing);
            wait();
        }
        is_known
    };
    let classes = [Class::Quiet, Class::Again, Class::Flooded];
    let measured = || {
        let times = Times::measure(&classes, &tokens, each, verify);
        times.tell("with a mistake, they take");
        times
    };
    // A mistake that nobody could have seen was not noticed.
    let quiet = until_quiet(measured).expect("it was too noisy each time to see the mistake");
    assert!(quiet.is_slowed(Class::Flooded), "it is not seen");
}
