//! What a durable issue costs, beside its floors: the digest of its token, and the least that
//! can be made durable on the same disk.
#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]
#![allow(missing_docs, reason = "criterion's macro makes an item without")]

mod common;

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

fn issue(c: &mut Criterion) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (store, realm) = common::store(directory.path());
    let file = File::create(directory.path().join("page")).unwrap();
    let (token, page) = ([b'a'; 40], [0u8; 4096]);

    let mut group = c.benchmark_group("issue");
    group.bench_function("floor: keyed BLAKE3 of 40 bytes", |b| {
        b.iter(|| blake3::keyed_hash(&common::PEPPER, black_box(&token)));
    });
    group.sample_size(20).sampling_mode(SamplingMode::Flat);
    group.bench_function("floor: write and fdatasync of 4 KiB", |b| {
        b.iter(|| {
            file.write_all_at(&page, 0).unwrap();
            file.sync_data().unwrap();
        });
    });
    let (spec, actor) = (common::spec(realm), common::actor());
    group.bench_function("durable", |b| {
        b.iter(|| store.issue(&spec, &actor).unwrap());
    });
    group.finish();
}

criterion_group!(benches, issue);
criterion_main!(benches);
