//! What fuzz targets ask of what is not public: a property each, which the target calls, and with
//! each input of its corpus the tests here. It is no part of a library that is used.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

pub mod limits;
pub mod rows;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::limit::Charge;
    use crate::quota::Quota;
    use crate::time::Timestamp;

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/").to_owned() + target;
        let paths = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// For an input of the corpus the check of a planted mistake panics.
    fn is_caught(target: &str, check: impl Fn(&[u8])) -> bool {
        let fails = |input: &Vec<u8>| catch_unwind(AssertUnwindSafe(|| check(input))).is_err();
        corpus(target).iter().any(fails)
    }

    #[test]
    fn the_rows_of_the_corpus_have_one_spelling_or_are_refused() {
        corpus("rows").iter().for_each(|input| rows::check(input));
    }

    #[test]
    fn a_planted_reader_of_rows_is_caught() {
        let ignores_the_end = |table: u8, row: &[u8]| {
            let cut = row.get(..row.len().saturating_sub(1));
            rows::reread(table, row).or_else(|| rows::reread(table, cut?))
        };
        let ignores_the_version = |table: u8, row: &[u8]| {
            let mut row = row.to_vec();
            *row.first_mut()? = 1;
            rows::reread(table, &row)
        };
        let ignores_the_end_of_a_header = |table: u8, row: &[u8]| match table {
            rows::HEADER => rows::reread(table, row.get(..77)?),
            _ => rows::reread(table, row),
        };
        let loses_a_count_of_the_state = |table: u8, row: &[u8]| {
            let mut again = rows::reread(table, row)?;
            if table == rows::STATE {
                again.get_mut(50..58)?.fill(0);
            }
            Some(again)
        };
        let writes_what_is_no_entry = |table: u8, row: &[u8]| {
            let mut again = rows::reread(table, row)?;
            if table == rows::AUDIT {
                again.push(b'x');
            }
            Some(again)
        };
        for planted in
            [ignores_the_end_of_a_header, loses_a_count_of_the_state, writes_what_is_no_entry]
        {
            assert!(is_caught("rows", |input| rows::check_with(input, planted)));
        }
        assert!(is_caught("rows", |input| rows::check_with(input, ignores_the_end)));
        assert!(is_caught("rows", |input| rows::check_with(input, ignores_the_version)));
    }

    #[test]
    fn the_charges_and_refills_of_the_corpus_are_as_exact_sums_say() {
        corpus("limits").iter().for_each(|input| limits::check(input));
    }

    #[test]
    fn a_planted_meter_and_calendar_are_caught() {
        let lets_one_more_in = limits::Engine {
            charge: |cells, charge| {
                let less = charge.cost.saturating_sub(1);
                (limits::ENGINE.charge)(cells, &Charge { cost: less, ..*charge })
            },
            ..limits::ENGINE
        };
        let rounds_up = limits::Engine {
            charge: |cells, charge| {
                (limits::ENGINE.charge)(cells, charge).map_err(|wait| wait.saturating_add(1))
            },
            ..limits::ENGINE
        };
        let has_no_leap_days = limits::Engine {
            refill: |quota: &Quota, at: Timestamp| {
                let due = (limits::ENGINE.refill)(quota, at);
                let is_leap_day = due.to_string().contains("-02-29T");
                if is_leap_day { Timestamp::from_ms(due.as_ms() - 86_400_000) } else { due }
            },
            ..limits::ENGINE
        };
        assert!(is_caught("limits", |input| limits::check_with(input, lets_one_more_in)));
        assert!(is_caught("limits", |input| limits::check_with(input, rounds_up)));
        assert!(is_caught("limits", |input| limits::check_with(input, has_no_leap_days)));
    }
}
