//! `aegis schema`.

use aegis_policy::schema;

use crate::cli::{Schema, SchemaArgs};
use crate::exit::Exit;
use crate::output::{Streams, json};

/// A test keeps it in step with the types that read the file.
const CONFIG: &str = include_str!("../../docs/aegis.schema.json");

/// Prints a JSON Schema.
pub(crate) fn run(args: &SchemaArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let text = match args.of {
        Schema::Policy => json(&schema::policy())?,
        Schema::Suite => json(&schema::suite())?,
        Schema::Config => CONFIG.to_owned(),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}
