//! Lists the data files, so that adding one needs no Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let here = env!("CARGO_MANIFEST_DIR").to_owned();
    let mut code = String::new();
    for (name, folder) in [("FRAMEWORKS", "frameworks"), ("GOVERNORS", "governors")] {
        println!("cargo:rerun-if-changed={folder}");
        let dir = Path::new(&here).join(folder);
        let mut files: Vec<String> = fs::read_dir(&dir)
            .into_iter()
            .flatten()
            .filter_map(|e| e.ok()?.file_name().into_string().ok())
            .filter(|f| f.ends_with(".yaml"))
            .collect();
        files.sort();
        let _ = writeln!(
            code,
            "/// `(path in the repository, text)` of every file in `queries/{folder}/`, sorted by path."
        );
        let _ = writeln!(code, "pub static {name}: &[(&str, &str)] = &[");
        for f in files {
            let path = dir.join(&f);
            let _ = writeln!(
                code,
                "    (\"queries/{folder}/{f}\", include_str!({:?})),",
                path.display().to_string()
            );
            println!("cargo:rerun-if-changed={}", path.display());
        }
        let _ = writeln!(code, "];");
    }
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("files.rs");
    if let Err(e) = fs::write(&out, code) {
        println!("cargo:error=cannot write {}: {e}", out.display());
    }
}
