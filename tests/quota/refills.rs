//! When credits are refilled.

use std::time::Duration;

use keycask::{Clock, Reason, Request};

use crate::kit::{DAY, HOUR, Key, Scene, by};

#[test]
fn a_refill_replaces_what_was_left() {
    let scene = Scene::new();
    let key = scene.key("10 per 1h");
    assert!(scene.pay(&key, 4));
    assert_eq!(scene.remaining(&key), 6);
    scene.clock.forward(HOUR);
    assert_eq!(scene.remaining(&key), 10);
    assert_eq!(scene.drain(&key), 10);
    scene.clock.forward(10 * HOUR);
    assert_eq!(scene.drain(&key), 10, "refills that nobody used have added up");
}

#[test]
fn a_request_that_would_be_paid_for_after_a_refill_is_told_when() {
    let scene = Scene::new();
    let key = scene.key("10 per 1h");
    assert!(scene.pay(&key, 10));
    scene.clock.forward(Duration::from_secs(600));
    let refused = scene.ask(&key, &Request::new()).unwrap_err();
    let Reason::QuotaExhausted { credits, retry_ms } = refused else { panic!("{refused:?}") };
    assert_eq!(retry_ms, 3_000_000);
    assert_eq!(credits.reset.to_string(), "2026-01-15T13:00:00Z");
    let refused = scene.ask(&key, &Request::new().cost(11)).unwrap_err();
    let Reason::QuotaExhausted { retry_ms, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(retry_ms, u64::MAX, "no refill ever pays for more than the limit");
}

/// Windows of peers began anew with the last request, or counted a request twice: a steady rate
/// under the limit was refused after some days.
#[test]
fn p18_a_steady_use_under_the_limit_is_never_refused_over_a_week() {
    let mut scene = Scene::new();
    let key = scene.key("99 per 1h");
    // 97 or 98 an hour, and never on the same minute.
    let pause = Duration::from_millis(36_900);
    let week = 7 * DAY.as_millis() / pause.as_millis();
    for step in 0..week {
        assert!(scene.pay(&key, 1), "request {step} was refused");
        scene.clock.forward(pause);
        if step % 5_000 == 4_999 {
            scene.restart();
        }
    }
}

/// Peers counted a month in the server's time zone, as 30 days, or had no day for the 31st.
#[test]
fn p49_a_month_ends_with_its_last_day_in_utc_and_a_clock_that_steps_back_refills_nothing() {
    let scene = Scene::new();
    scene.clock.until("2027-12-31T12:00:00Z");
    let key = scene.key("3 per month on day 31");
    let reset = || scene.quota(&key).unwrap().reset.to_string();
    assert_eq!(reset(), "2028-01-31T00:00:00Z");
    assert_eq!(scene.drain(&key), 3);
    for (eve, refill, next) in [
        ("2028-01-30T23:59:59.999Z", "2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("2028-02-28T23:59:59.999Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"),
        ("2028-03-30T23:59:59.999Z", "2028-03-31T00:00:00Z", "2028-04-30T00:00:00Z"),
    ] {
        scene.clock.until(eve);
        assert_eq!(scene.drain(&key), 0, "{eve}");
        scene.clock.until(refill);
        assert_eq!(scene.drain(&key), 3, "{refill}");
        scene.clock.set(eve);
        assert_eq!(scene.drain(&key), 0, "the clock stepped back to {eve}");
        scene.clock.set(refill);
        assert_eq!(scene.drain(&key), 0, "{refill} came twice");
        assert_eq!(reset(), next);
    }
}

#[test]
fn one_wild_reading_of_the_clock_does_not_put_off_refills_for_years() {
    let scene = Scene::new();
    let key = scene.key("3 per day");
    assert_eq!(scene.drain(&key), 3);
    scene.clock.set("2090-01-01T00:00:00Z");
    // The day that the present moves at most has a midnight in it.
    assert_eq!(scene.drain(&key), 3);
    assert_eq!(scene.drain(&key), 0, "each reading refilled");
    scene.clock.set("2026-01-15T12:00:01Z");
    assert_eq!(scene.drain(&key), 0);
    scene.clock.until("2026-01-17T00:00:00Z");
    assert_eq!(scene.drain(&key), 3);
}

#[test]
fn what_was_leased_before_a_refill_is_not_handed_out_after_it() {
    let mut scene = Scene::new();
    let key = scene.key("1000 per day");
    assert!(scene.pay(&key, 1));
    scene.clock.forward(DAY);
    assert_eq!(scene.drain(&key), 1000);
    scene.clock.forward(DAY);
    assert!(scene.pay(&key, 1));
    scene.clock.forward(DAY);
    scene.restart();
    assert_eq!(scene.remaining(&key), 1000);
    assert_eq!(scene.drain(&key), 1000);
}

/// What a refusal tells: when credits are refilled, and milliseconds until then.
fn told(scene: &Scene, key: &Key) -> (String, u64) {
    let refused = scene.ask(key, &Request::new()).unwrap_err();
    let Reason::QuotaExhausted { credits, retry_ms } = refused else { panic!("{refused:?}") };
    assert_eq!(credits.reset.since(scene.clock.now()).as_millis(), u128::from(retry_ms));
    assert_eq!(scene.quota(key).unwrap().reset, credits.reset);
    (credits.reset.to_string(), retry_ms)
}

/// How long a store was closed was never made up: one that had been closed for weeks refused for
/// as many weeks after the refill, and told of one in the past, to be tried again in 0 ms.
#[test]
fn a_refill_that_was_due_while_the_store_was_closed_comes_within_an_hour_and_says_when() {
    let mut scene = Scene::new();
    let key = scene.key("3 per month");
    assert_eq!(scene.drain(&key), 3);
    scene.close_until("2026-02-20T12:00:00Z");
    assert_eq!(told(&scene, &key), ("2026-02-20T13:00:00Z".to_owned(), 3_600_000));
    scene.clock.until("2026-02-20T12:59:59Z");
    assert_eq!(told(&scene, &key), ("2026-02-20T13:00:00Z".to_owned(), 1_000));
    scene.clock.until("2026-02-20T13:00:00Z");
    assert_eq!(scene.drain(&key), 3);
    assert_eq!(told(&scene, &key).0, "2026-03-01T00:00:00Z");
}

/// It was told to come when it was due.
#[test]
fn a_refill_that_is_due_soon_after_a_store_was_opened_is_told_to_come_when_the_clock_is_believed() {
    for opened in ["2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"] {
        let mut scene = Scene::new();
        let key = scene.key("3 per month");
        assert_eq!(scene.drain(&key), 3);
        scene.close_until(opened);
        let (reset, retry_ms) = told(&scene, &key);
        assert_eq!(retry_ms, 3_600_000, "{opened}");
        scene.clock.until(&reset);
        assert_eq!(scene.drain(&key), 3, "{opened}");
    }
}

/// The same, of every refill after it: a quota per day was refilled at another time of the day.
#[test]
fn refills_are_on_time_again_an_hour_after_a_store_that_was_closed_was_opened() {
    let mut scene = Scene::new();
    let key = scene.key("3 per day");
    assert_eq!(scene.drain(&key), 3);
    scene.close_until("2026-01-25T18:00:00Z");
    // The day that the present moves at most has a midnight in it.
    assert_eq!(scene.drain(&key), 3);
    scene.clock.forward(HOUR);
    assert_eq!(scene.drain(&key), 3);
    for day in ["2026-01-26T00:00:00Z", "2026-01-27T00:00:00Z"] {
        scene.clock.until(day);
        assert_eq!(scene.drain(&key), 3, "{day}");
        assert_eq!(scene.drain(&key), 0, "{day}");
    }
}

/// The same, of a machine that slept, whose uptime stood still meanwhile.
#[test]
fn a_refill_that_was_due_while_the_machine_slept_comes_within_an_hour() {
    let scene = Scene::new();
    let key = scene.key("3 per month");
    assert_eq!(scene.drain(&key), 3);
    scene.clock.set("2026-02-20T12:00:00Z");
    assert_eq!(told(&scene, &key).0, "2026-02-20T13:00:00Z");
    scene.clock.forward(HOUR);
    assert_eq!(scene.drain(&key), 3);
}

/// A refill by a clock that was a month ahead put the next one off by a month, for good.
#[test]
fn who_sets_the_clock_right_has_credits_refilled_when_they_would_be_from_now_on() {
    let scene = Scene::new();
    let [daily, spent, never] = ["3 per day", "3 per 12h", "3"].map(|text| scene.key(text));
    assert_eq!([&daily, &never].map(|key| scene.drain(key)), [3, 3]);
    scene.clock.set("2026-02-15T12:00:00Z");
    // The step is seen, and an hour later the clock is believed.
    assert_eq!(scene.remaining(&daily), 3);
    scene.clock.forward(HOUR);
    assert_eq!([&daily, &spent].map(|key| scene.drain(key)), [3, 3]);
    assert_eq!(scene.quota(&daily).unwrap().reset.to_string(), "2026-02-16T00:00:00Z");
    scene.clock.set("2026-01-15T14:00:00Z");
    scene.store().reset_clock(&by()).unwrap();
    let reset = |key| scene.quota(key).unwrap().reset.to_string();
    assert_eq!(reset(&daily), "2026-01-16T00:00:00Z");
    assert_eq!(reset(&spent), "2026-01-16T02:00:00Z");
    assert_eq!([&daily, &spent, &never].map(|key| scene.remaining(key)), [0, 0, 0]);
    scene.clock.until("2026-01-16T02:00:00Z");
    assert_eq!([&daily, &spent, &never].map(|key| scene.drain(key)), [3, 3, 0]);
    scene.store().check().unwrap();
}
