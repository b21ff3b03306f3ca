//! Whether two classes of times have the same mean: Welch's t-test, over all times and over those
//! below percentiles of both together, since what a machine does beside makes long times noisy
//! (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2017).
//!
//! Times are counted by their nanoseconds, so that any number of them takes the same room, and
//! what is made of them is exact.

/// Longer times, in nanoseconds, are no decision's but an interruption's, and are left out.
const LONGEST: usize = 1 << 16;

/// Shares of all times below which they are compared, in thousandths.
const SHARES: [u64; 12] = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 990, 1000];

/// Times of two classes.
pub struct Times {
    counts: [Vec<u64>; 2],
}

/// What is known of the times of one class up to some length.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, nanoseconds: f64, count: f64) {
        self.count += count;
        self.sum += nanoseconds * count;
        self.squares += nanoseconds * nanoseconds * count;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The square of the standard error of the mean.
    fn error(&self) -> f64 {
        let variance = self.squares / self.count - self.mean() * self.mean();
        // A clock that ticks in nanoseconds knows none more exactly than one in twelve of them.
        variance.max(1.0 / 12.0) / self.count
    }

    fn t(&self, other: &Self) -> f64 {
        (other.mean() - self.mean()) / (self.error() + other.error()).sqrt()
    }
}

impl Times {
    pub fn new() -> Self {
        Self { counts: [vec![0; LONGEST], vec![0; LONGEST]] }
    }

    pub fn add(&mut self, class: usize, nanoseconds: u128) {
        let at = usize::try_from(nanoseconds).unwrap_or(LONGEST);
        if let Some(count) = self.counts[class].get_mut(at) {
            *count += 1;
        }
    }

    /// The t of the share in which the classes differ most: above 0 if the second takes longer.
    /// Without a difference it is seldom beyond 4.5 either way.
    pub fn t(&self) -> f64 {
        let [first, second] = &self.counts;
        let all: u64 = first.iter().chain(second).sum();
        let (mut sums, mut seen, mut most) = ([Sums::default(); 2], 0, 0.0_f64);
        let mut shares = SHARES.iter().map(|share| all * share / 1000).peekable();
        for (at, (one, other)) in first.iter().zip(second).enumerate() {
            sums[0].add(at as f64, *one as f64);
            sums[1].add(at as f64, *other as f64);
            seen += one + other;
            while shares.next_if(|share| seen >= *share).is_some() {
                let [one, other] = &sums;
                if one.count > 1.0 && other.count > 1.0 {
                    let t = one.t(other);
                    most = if t.abs() > most.abs() { t } else { most };
                }
            }
        }
        most
    }

    /// How many nanoseconds longer the second class takes, of the nine tenths that take least.
    pub fn difference(&self) -> f64 {
        let [first, second] = &self.counts;
        let mean = |counts: &[u64]| {
            let (all, mut sums) = (counts.iter().sum::<u64>(), Sums::default());
            for (at, count) in counts.iter().enumerate() {
                sums.add(at as f64, *count as f64);
                if sums.count >= all as f64 * 0.9 {
                    break;
                }
            }
            sums.mean()
        };
        mean(second) - mean(first)
    }
}

#[test]
fn the_t_of_times_is_that_of_the_book() {
    let mut classes = [Sums::default(); 2];
    // Means of 20 and 22 and variances of 4, of a hundred times each.
    for (class, nanoseconds) in [(0, 18.0), (0, 22.0), (1, 20.0), (1, 24.0)] {
        classes[class].add(nanoseconds, 50.0);
    }
    let [one, other] = &classes;
    assert!((one.t(other) - 2.0 / (4.0_f64 / 100.0 + 4.0 / 100.0).sqrt()).abs() < 1e-9);
}

#[test]
fn one_distribution_differs_little_and_a_shift_of_a_tenth_of_its_width_much() {
    for (shift, least, most) in [(0, 0.0, 4.5), (2, 40.0, f64::MAX)] {
        let mut numbers = crate::numbers::Numbers::new(1);
        let mut times = Times::new();
        for _ in 0..400_000 {
            let class = (numbers.next() & 1) as usize;
            let noise = (0..4).map(|_| u128::from(numbers.next() % 20)).sum::<u128>();
            times.add(class, 200 + noise + if class == 1 { shift } else { 0 });
            // Now and then the machine does something else.
            if numbers.next().is_multiple_of(100) {
                times.add(class, 20_000 + u128::from(numbers.next() % 1_000_000));
            }
        }
        let t = times.t();
        assert!(t.abs() >= least && t.abs() < most, "a shift of {shift}: {t}");
    }
}
