//! The parts of the way, each by itself: `cargo bench -p sekisho-bench`; `make bench-compare` holds them against
//! `bench/baseline.json`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho_bench::items::{Items, Kind, Selection};
use sekisho_bench::{floor, way};
use sekisho_engine::item::load;

/// How many items a measurement goes over: long enough that types and sizes are mixed as in an account.
const ITEMS: usize = 256;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn items(kind: Kind) -> Vec<String> {
    Items::new(kind, Selection::All, 1).take(ITEMS).collect()
}

fn reading(criterion: &mut Criterion) {
    let items = items(Kind::Repeating);
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function("validate", |bencher| {
        bencher.iter(|| items.iter().for_each(|item| floor::validate(black_box(item.as_bytes())).unwrap()));
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            items.iter().map(|item| load::from_bytes("item", black_box(item.as_bytes())).len()).sum::<usize>()
        });
    });
    group.finish();
}

fn judging(criterion: &mut Criterion) {
    let policies = way::load(&root().join("policies")).unwrap();
    let mut group = criterion.benchmark_group("judge");
    group.sample_size(20);
    group.throughput(Throughput::Elements(ITEMS as u64));
    for (name, kind) in [("repeating", Kind::Repeating), ("distinct", Kind::Distinct)] {
        let items = items(kind);
        let lines: Vec<&[u8]> = items.iter().map(String::as_bytes).collect();
        group.bench_function(name, |bencher| {
            // A fresh one each time, so that nothing is remembered of the time before.
            bencher.iter_batched_ref(
                || way::prepare(&policies).unwrap(),
                |evaluator| {
                    let mut verdicts = 0;
                    way::judge(evaluator, black_box(&lines), &mut |outcome| {
                        verdicts += outcome.verdicts.len();
                    })
                    .unwrap();
                    verdicts
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn starting(criterion: &mut Criterion) {
    let folder = root().join("policies");
    let policies = way::load(&folder).unwrap();
    let mut group = criterion.benchmark_group("start");
    group.sample_size(20);
    group.bench_function("load the pack", |bencher| bencher.iter(|| way::load(black_box(&folder)).unwrap()));
    group.bench_function("prepare an evaluator", |bencher| {
        bencher.iter(|| way::prepare(black_box(&policies)).unwrap());
    });
    group.finish();
}

criterion_group!(parts, reading, judging, starting);
criterion_main!(parts);
