//! Reads the catalog when Aegis is built: a bad entry stops the build with file, line and reason,
//! and start-up costs no YAML.

use std::path::Path;
use std::{env, fs, process};

#[path = "src/catalog/governors.rs"]
mod governors;
#[expect(
    unreachable_pub,
    reason = "shared with the library, which exports its error"
)]
#[path = "src/catalog/load.rs"]
mod load;
#[path = "src/catalog/model.rs"]
mod model;
#[path = "src/catalog/schema.rs"]
mod schema;
#[path = "src/catalog/types.rs"]
mod types;

fn main() {
    println!("cargo:rerun-if-changed=src/catalog");
    let data = match load::load(aegis_queries::FRAMEWORKS, aegis_queries::GOVERNORS) {
        Ok(data) => data,
        Err(errors) => {
            for e in &errors {
                println!("cargo:error={e}");
            }
            process::exit(1);
        }
    };
    let bytes = postcard::to_allocvec(&data).unwrap_or_default();
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("catalog.bin");
    if let Err(e) = fs::write(&out, bytes) {
        println!("cargo:error=cannot write {}: {e}", out.display());
        process::exit(1);
    }
}
