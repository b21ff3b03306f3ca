//! Medians, and how a figure is shown beside its target.

use std::time::Duration;

/// The value below which `share` of `values` lie.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = (values.len() - 1) as f64 * share;
    values[at.round() as usize]
}

pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// Runs `one` and `other`, each of which gives figures, `count` times, taking turns in who
/// goes first, and gives the figures of both.
pub fn alternate<T, U>(
    count: usize,
    mut one: impl FnMut() -> T,
    mut other: impl FnMut() -> U,
) -> (Vec<T>, Vec<U>) {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for round in 0..count {
        if round % 2 == 0 {
            ones.push(one());
            others.push(other());
        } else {
            others.push(other());
            ones.push(one());
        }
    }
    (ones, others)
}

/// The median of the ratios, round by round.
pub fn ratio(ones: &[f64], others: &[f64]) -> f64 {
    median(ones.iter().zip(others).map(|(one, other)| one / other).collect())
}

/// What this process has spent of the processors: the 14th and 15th field of its line, in
/// hundredths of a second.
pub fn cpu_time() -> Duration {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = line.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = [fields[11], fields[12]].map(|field| field.parse::<u64>().unwrap());
    Duration::from_millis((ticks[0] + ticks[1]) * 10)
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Prints a figure without a target.
pub fn note(what: &str, figure: &str) {
    println!("{what:<58} {figure:>14}");
}

/// Prints a figure that shall be `most` at most.
pub fn at_most(what: &str, figure: f64, most: f64) {
    show(what, figure, "<=", most, figure <= most);
}

/// Prints a figure that shall be `least` at least.
pub fn at_least(what: &str, figure: f64, least: f64) {
    show(what, figure, ">=", least, figure >= least);
}

fn show(what: &str, figure: f64, relation: &str, target: f64, met: bool) {
    let met = if met { "met" } else { "NOT met" };
    println!("{what:<58} {figure:>14.2}   target {relation} {target:<6} {met}");
}
