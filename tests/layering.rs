//! Which crate may use which. Layers: 0 words and data, 1 policy and reports, 2 analyses, 3 what
//! publishes them, 4 the command line. A crate uses lower layers only.

use std::process::Command;

use crate::harness::repository;

/// Every crate of the workspace with its layer.
const LAYERS: [(&str, u8); 13] = [
    ("aegis-audit", 0),
    ("aegis-diag", 0),
    ("aegis-policies", 0),
    ("aegis-queries", 0),
    ("aegis-policy", 1),
    ("aegis-report", 1),
    ("aegis-probe", 2),
    ("aegis-runtime", 2),
    ("aegis-scan", 2),
    ("aegis-remote", 3),
    ("aegis-github", 3),
    ("aegis-gate", 3),
    ("aegis-cli", 4),
];

/// What a crate must not pull in, so that it stays light for those who embed it.
const FORBIDDEN: [(&str, &[&str]); 10] = [
    (
        "aegis-audit",
        &[
            "tree-sitter",
            "clap",
            "anyhow",
            "rayon",
            "tokio",
            "schemars",
        ],
    ),
    (
        "aegis-diag",
        &[
            "tree-sitter",
            "serde_json",
            "clap",
            "anyhow",
            "rayon",
            "annotate-snippets",
        ],
    ),
    (
        "aegis-report",
        &[
            "tree-sitter",
            "tree-sitter-python",
            "clap",
            "anyhow",
            "rayon",
            "ignore",
            "serde-saphyr",
        ],
    ),
    (
        "aegis-policy",
        &[
            "tree-sitter",
            "clap",
            "anyhow",
            "rayon",
            "tokio",
            "schemars",
        ],
    ),
    (
        "aegis-probe",
        &["tree-sitter", "clap", "anyhow", "tokio", "schemars"],
    ),
    (
        "aegis-runtime",
        &[
            "tree-sitter",
            "octocrab",
            "clap",
            "anyhow",
            "axum",
            "hyper",
            "reqwest",
            "rustls",
            "serde-saphyr",
            "aegis-report",
            "aegis-queries",
        ],
    ),
    (
        "aegis-remote",
        &[
            "tree-sitter",
            "octocrab",
            "clap",
            "anyhow",
            "reqwest",
            "idna",
        ],
    ),
    ("aegis-scan", &["clap", "anyhow", "jiff", "tokio"]),
    (
        "aegis-github",
        &["clap", "anyhow", "tokio", "tree-sitter", "openssl-sys"],
    ),
    ("aegis-gate", &["clap", "anyhow", "tokio", "schemars"]),
];

/// The packages a package is made of, itself included.
fn tree(package: &str) -> Vec<String> {
    let args = [
        "tree",
        "--offline",
        "--locked",
        "-p",
        package,
        "-e",
        "normal",
        "--prefix",
        "none",
        "--all-features",
        "--no-dedupe",
    ];
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| Some(line.split(' ').next()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn crates_use_lower_layers_only() {
    for (package, layer) in LAYERS {
        for used in tree(package)
            .iter()
            .filter(|name| name.starts_with("aegis-") && *name != package)
        {
            let of_used = LAYERS
                .iter()
                .find(|(name, _)| name == used)
                .map(|(_, layer)| *layer);
            let of_used =
                of_used.unwrap_or_else(|| panic!("{used} has no layer yet: give it one in LAYERS"));
            assert!(
                of_used < layer,
                "{package} (layer {layer}) uses {used} (layer {of_used})"
            );
        }
    }
}

#[test]
fn every_crate_has_a_layer() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut names: Vec<&str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p["name"].as_str())
        .collect();
    let mut known: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn light_crates_stay_light() {
    for (package, forbidden) in FORBIDDEN {
        let names = tree(package);
        for name in forbidden {
            assert!(
                !names.iter().any(|n| n == name),
                "{package} now pulls in {name}"
            );
        }
    }
}
