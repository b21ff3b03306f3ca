//! Charts as SVG that stands in the page: no script, no style of its own.
//!
//! A chart is 360 units wide, so that its text can be read on a phone, and its colours are classes
//! of the page's style sheet, so that they follow light, dark and paper. A number that is not zero
//! is never nothing: it is one unit at least.

use keycask::Timestamp;
use maud::{Markup, html};

use super::figure::Row;
use super::text::plain;
use crate::report::rows::{day, number};

const WIDTH: u64 = 360;

/// Bars: where they begin, how long the longest is, how high a row is.
const LABEL: u64 = 104;
const LONGEST: u64 = 196;
const ROW: u64 = 24;

/// Columns: where the plot begins and ends.
const LEFT: u64 = 34;
const TOP: u64 = 14;
const BOTTOM: u64 = 140;

/// Units between two labels below columns, at least.
const APART: u64 = 34;

/// One of several things that are counted: its name, and the class of its colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
}

/// `count` on a scale on which `most` is `length`.
fn scaled(count: u64, most: u64, length: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(length) / u128::from(most.max(1));
    let scaled = u64::try_from(scaled).unwrap_or(length).min(length);
    if count > 0 { scaled.max(1) } else { 0 }
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// What the colours mean; nothing for one series.
fn legend(series: &[Series]) -> Markup {
    html! {
        @if series.len() > 1 {
            ul.legend { @for one in series {
                li { svg viewBox="0 0 12 12" aria-hidden="true" {
                    rect class=(one.class) width="12" height="12" rx="2" {}
                } (one.name) }
            } }
        }
    }
}

/// A bar a row, made of one part for each series.
pub(super) fn bars(title: &str, series: &[Series], rows: &[Row]) -> Markup {
    let most = rows.iter().map(|(_, counts)| sum(counts)).max().unwrap_or(0);
    let height = ROW * rows.len() as u64 + 4;
    html! {
        (legend(series))
        svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(title) {
            line.axis x1=(LABEL) x2=(LABEL) y1="0" y2=(height) {}
            @for (n, (name, counts)) in rows.iter().enumerate() {
                @let y = ROW * n as u64 + 4;
                text.name x=(LABEL - 8) y=(y + 12) { (plain(name, 18)) }
                @let mut x = LABEL;
                @for (one, count) in series.iter().zip(counts) {
                    @let length = scaled(*count, most, LONGEST);
                    @if length > 0 {
                        rect class=(one.class) x=(x) y=(y) width=(length) height="16" {
                            title { (plain(name, 64)) ", " (one.name) ": " (number(*count)) }
                        }
                    }
                    @let () = x += length + u64::from(length > 0);
                }
                text.value x=(x + 5) y=(y + 12) { (number(sum(counts))) }
            }
        }
    }
}

/// A column for each part of time: the series on each other, or beside each other.
pub(super) fn columns<const N: usize>(
    title: &str,
    series: [Series; N],
    stacked: bool,
    parts: &[(Timestamp, [u64; N])],
) -> Markup {
    let high = |counts: &[u64; N]| match stacked {
        true => sum(counts),
        false => counts.iter().copied().max().unwrap_or(0),
    };
    let most = parts.iter().map(|(_, counts)| high(counts)).max().unwrap_or(0);
    let part = (WIDTH - LEFT) / (parts.len() as u64).max(1);
    let wide = match stacked {
        true => part.saturating_sub(2).max(1),
        false => (part.saturating_sub(3) / (N as u64).max(1)).max(1),
    };
    let labels = labels(parts.iter().map(|(begin, _)| *begin), part);
    html! {
        (legend(&series))
        svg.chart viewBox={ "0 0 " (WIDTH) " " (BOTTOM + 22) } role="img" aria-label=(title) {
            @for (y, count) in [(TOP, most), ((TOP + BOTTOM) / 2, most / 2)] {
                @if count > 0 && (y == TOP || most.is_multiple_of(2)) {
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                    text.name x=(LEFT - 5) y=(y + 4) { (number(count)) }
                }
            }
            line.axis x1=(LEFT) x2=(WIDTH) y1=(BOTTOM) y2=(BOTTOM) {}
            text.name x=(LEFT - 5) y=(BOTTOM + 4) { "0" }
            @for (n, (begin, counts)) in parts.iter().enumerate() {
                @let mut x = LEFT + part * n as u64 + 1;
                @let mut y = BOTTOM;
                @for (one, count) in series.iter().zip(counts) {
                    @let length = scaled(*count, most, BOTTOM - TOP);
                    @if length > 0 {
                        rect class=(one.class) x=(x) y=(y - length) width=(wide) height=(length) {
                            title { "from " (day(*begin)) ", " (one.name) ": " (number(*count)) }
                        }
                    }
                    @let () = if stacked { y -= length } else { x += wide };
                }
            }
            @for (x, label) in labels { text.below x=(x) y=(BOTTOM + 15) { (label) } }
        }
    }
}

/// The months below columns: where each begins, as far apart as they can be read. A January is its
/// year.
fn labels(begins: impl Iterator<Item = Timestamp>, part: u64) -> Vec<(u64, String)> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut labels: Vec<(u64, String)> = Vec::new();
    let mut last = String::new();
    for (n, begin) in begins.enumerate() {
        let day = day(begin);
        let x = LEFT + part * n as u64;
        let (Some(year), Some(month)) = (day.get(..4), day.get(5..7)) else { continue };
        let number = month.parse::<usize>().unwrap_or(1).saturating_sub(1);
        let room = labels.last().is_none_or(|(before, _)| x >= before + APART);
        if last != month && room && x + APART <= WIDTH {
            let name = MONTHS.get(number).copied().unwrap_or_default();
            let label = if number == 0 { year } else { name };
            labels.push((x, label.to_owned()));
        }
        last = month.to_owned();
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_seen_and_what_is_not_is_not() {
        assert_eq!((scaled(0, 10, 100), scaled(1, 1_000_000, 100), scaled(5, 10, 100)), (0, 1, 50));
        assert_eq!(
            (scaled(u64::MAX, u64::MAX, 196), scaled(0, 0, 196), scaled(7, 0, 9)),
            (196, 0, 9)
        );
    }

    #[test]
    fn months_are_named_where_they_begin() {
        let from = Timestamp::parse("2026-11-26T00:00:00Z").unwrap();
        let week = std::time::Duration::from_secs(7 * 86_400);
        let labels = labels((0..26).map(|n| from.plus(week * n)), 12);
        let names: Vec<&str> = labels.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(names, ["Nov", "2027", "Feb", "Mar", "Apr", "May"]);
    }
}
