//! Lists the templates, so that adding one needs no Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    println!("cargo:rerun-if-changed={}", dir.display());
    let mut names: Vec<String> = fs::read_dir(&dir)
        .into_iter()
        .flatten()
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter_map(|f| Some(f.strip_suffix(".yaml")?.to_owned()))
        .filter(|f| !f.ends_with(".test"))
        .collect();
    names.sort();
    let mut code = String::from("/// Every template, sorted by name.\n");
    let _ = writeln!(code, "pub static TEMPLATES: &[Template] = &[");
    for name in names {
        let policy = dir.join(format!("{name}.yaml"));
        let suite = dir.join(format!("{name}.test.yaml"));
        for file in [&policy, &suite] {
            println!("cargo:rerun-if-changed={}", file.display());
        }
        if !suite.exists() {
            println!("cargo:error={} has no suite beside it", policy.display());
        }
        let text = fs::read_to_string(&policy).unwrap_or_default();
        let _ = writeln!(
            code,
            "    Template {{ name: {name:?}, summary: {:?}, policy: include_str!({:?}), suite: include_str!({:?}) }},",
            summary(&text),
            policy.display().to_string(),
            suite.display().to_string()
        );
    }
    let _ = writeln!(code, "];");
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("templates.rs");
    if let Err(e) = fs::write(&out, code) {
        println!("cargo:error=cannot write {}: {e}", out.display());
    }
}

/// The first sentence of the comment a policy begins with.
fn summary(policy: &str) -> String {
    let comment: Vec<&str> = policy
        .lines()
        .map_while(|l| l.strip_prefix('#'))
        .map(str::trim)
        .collect();
    let comment = comment.join(" ");
    let end = comment.find(". ").unwrap_or(comment.len());
    comment[..end].trim_end_matches('.').to_owned()
}
