//! The report: what it says, what it does not say, and how it looks.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../../tests/common/hands.rs"]
mod hands;
mod sample;

use sample::sample;

#[test]
fn scratch() {
    let sample = sample();
    std::fs::create_dir_all("/tmp/report-look").unwrap();
    let decisions: String = (0..30)
        .map(|n| {
            format!(
                "{{\"at\":\"2026-11-{:02}T00:00:00Z\",\"outcome\":\"granted\",\"key_id\":\"{}\",\"needed\":[\"read\"]}}\n",
                n % 28 + 1, sample.wide
            )
        })
        .collect();
    let decisions = sample.place.file("d.jsonl", decisions.as_bytes());
    let ran = sample
        .place
        .run(&[
            "report",
            "--decisions",
            decisions.to_str().unwrap(),
            "--out",
            "/tmp/report-look/r.html",
        ])
        .expect(0);
    println!("{ran:?}");
    let ran = sample.place.run(&["report", "--json", "--out", "/tmp/report-look/r.json"]).expect(0);
}
