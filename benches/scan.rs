//! How fast a scan is: `cargo bench`. `scripts/bench.sh` measures whole programs
//! beside other tools.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use aegis_scan::{Config, Input, scan};
use criterion::{Criterion, Throughput};

/// Names of the measurements and what they scan, below the root of the repository.
const TREES: [(&str, &str); 2] = [
    ("support desk", "fixtures/projects/support-desk"),
    ("detection fixtures", "fixtures/detection"),
];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    trees(&mut criterion);
    start(&mut criterion);
    criterion.final_summary();
}

/// From a folder to a report, the files being in the cache of the system.
fn trees(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    for (name, path) in TREES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        group.throughput(Throughput::Bytes(bytes_below(&root)));
        let input = Input::Paths(vec![root]);
        group.bench_function(name, |b| b.iter(|| run(&input)));
    }
    group.finish();
}

/// What every scan pays: threads and the catalog.
fn start(criterion: &mut Criterion) {
    let input = Input::Text {
        path: "empty.py".to_owned(),
        bytes: Vec::new(),
    };
    criterion.bench_function("start", |b| b.iter(|| run(&input)));
}

/// One scan. If it failed, the time would mean nothing.
fn run(input: &Input) -> usize {
    let report = scan(black_box(input), &Config::default());
    assert!(report.is_ok(), "{report:?}");
    report.map_or(0, |r| r.sites.len())
}

/// Bytes of the Python files and notebooks below a folder.
fn bytes_below(folder: &Path) -> u64 {
    let entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    let of = |path: &PathBuf| {
        let source = path.extension().is_some_and(|e| e == "py" || e == "ipynb");
        match (path.is_dir(), source) {
            (true, _) => bytes_below(path),
            (false, true) => fs::metadata(path).map_or(0, |m| m.len()),
            (false, false) => 0,
        }
    };
    entries.iter().map(of).sum()
}
