//! `aegis catalog`.

use std::collections::BTreeMap;

use aegis_diag::CallKind;
use aegis_scan::{Config, FrameworkInfo, list_frameworks, show_framework};
use anyhow::anyhow;
use serde::Serialize;

use crate::cli::{
    CatalogArgs, CatalogCommand, CatalogListArgs, CatalogShowArgs, ConfigArgs, Listing,
};
use crate::config::{Env, Scan, Settings};
use crate::exit::Exit;
use crate::output::{Streams, json, table};
use crate::words;

/// Longest list of packages in a table, in characters.
const PACKAGES: usize = 44;

/// Prints what is known: of all frameworks, or of one.
pub(crate) fn run(
    args: &CatalogArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let text = match &args.command {
        CatalogCommand::List(args) => list(args, env)?,
        CatalogCommand::Show(args) => show(args, env)?,
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

/// The settings count here too: they may name further catalog files.
fn config(args: &ConfigArgs, env: &Env) -> anyhow::Result<Config> {
    Ok(Settings::resolve(Scan::default(), args, env, &[])?.scan)
}

fn list(args: &CatalogListArgs, env: &Env) -> anyhow::Result<String> {
    let frameworks = list_frameworks(&config(&args.config, env)?)?;
    if args.format == Listing::Json {
        return json(&frameworks.iter().map(Framework::new).collect::<Vec<_>>());
    }
    let rows: Vec<[String; 9]> = frameworks.iter().map(row).collect();
    let [a, b, c, d, e] = CallKind::ALL.map(CallKind::as_str);
    let head = [
        "Framework",
        "Packages",
        "Verified",
        a,
        b,
        c,
        d,
        e,
        "instrumented",
    ];
    let entries: usize = frameworks.iter().flat_map(|f| f.kinds).sum();
    let instrumented: usize = frameworks.iter().map(|f| f.instrumented).sum();
    let total = format!(
        "{}, {}, of which Aegis instruments {instrumented}",
        words::count(frameworks.len(), "framework", "frameworks"),
        words::count(entries, "entry", "entries"),
    );
    Ok(format!(
        "{}\n{total}\n",
        table(head, &rows, &[3, 4, 5, 6, 7, 8])
    ))
}

fn row(f: &FrameworkInfo) -> [String; 9] {
    let [a, b, c, d, e] = f.kinds.map(|n| {
        if n == 0 {
            "-".to_owned()
        } else {
            n.to_string()
        }
    });
    let versions = |package: &String| {
        let of = f
            .verified
            .iter()
            .filter_map(|v| v.strip_prefix(package.as_str())?.strip_prefix(' '));
        of.collect::<Vec<_>>().join(" ")
    };
    let verified: Vec<String> = f
        .packages
        .iter()
        .map(versions)
        .filter(|v| !v.is_empty())
        .collect();
    [
        f.id.clone(),
        shortened(&f.packages),
        shortened(&verified),
        a,
        b,
        c,
        d,
        e,
        f.instrumented.to_string(),
    ]
}

/// As many items as fit, and how many more there are.
fn shortened(items: &[String]) -> String {
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 && out.len() + item.len() > PACKAGES {
            return format!("{out} and {} more", items.len() - i);
        }
        out = if i == 0 {
            item.clone()
        } else {
            format!("{out}, {item}")
        };
    }
    if out.is_empty() { "-".to_owned() } else { out }
}

fn show(args: &CatalogShowArgs, env: &Env) -> anyhow::Result<String> {
    let config = config(&args.config, env)?;
    let frameworks = list_frameworks(&config)?;
    let id = args.framework.as_str();
    let unknown = || {
        let known = frameworks.iter().map(|f| f.id.as_str());
        let advice = words::did_you_mean(id, known, "`aegis catalog list` lists all");
        anyhow!("`{id}` is not a framework of the catalog; {advice}")
    };
    let info = frameworks.iter().find(|f| f.id == id).ok_or_else(unknown)?;
    let entries = show_framework(&config, id)?.ok_or_else(unknown)?;
    if args.format == Listing::Json {
        let entries: Vec<Entry> = entries
            .iter()
            .map(|e| Entry {
                path: &e.path,
                kind: &e.kind,
                instrumented: e.instrumented,
            })
            .collect();
        return json(&Shown {
            framework: Framework::new(info),
            entries,
        });
    }
    let or_dash = |list: &[String]| {
        if list.is_empty() {
            "-".to_owned()
        } else {
            list.join(", ")
        }
    };
    let rows: Vec<[String; 3]> = entries
        .iter()
        .map(|e| {
            [
                e.path.clone(),
                e.kind.clone(),
                if e.instrumented { "yes" } else { "no" }.to_owned(),
            ]
        })
        .collect();
    Ok(format!(
        "{} ({})\n\nPackages: {}\nVerified: {}\n\n{}",
        info.name,
        info.id,
        or_dash(&info.packages),
        or_dash(&info.verified),
        table(["API", "Kind", "Instrumented"], &rows, &[]),
    ))
}

/// A framework for programs.
#[derive(Serialize)]
struct Framework<'a> {
    id: &'a str,
    name: &'a str,
    packages: &'a [String],
    verified: &'a [String],
    classes: usize,
    entries: BTreeMap<&'static str, usize>,
    instrumented: usize,
}

impl<'a> Framework<'a> {
    fn new(f: &'a FrameworkInfo) -> Self {
        Self {
            id: &f.id,
            name: &f.name,
            packages: &f.packages,
            verified: &f.verified,
            classes: f.classes,
            entries: CallKind::ALL
                .map(CallKind::as_str)
                .into_iter()
                .zip(f.kinds)
                .collect(),
            instrumented: f.instrumented,
        }
    }
}

/// An entry for programs.
#[derive(Serialize)]
struct Entry<'a> {
    path: &'a str,
    kind: &'a str,
    instrumented: bool,
}

/// A framework and its entries.
#[derive(Serialize)]
struct Shown<'a> {
    framework: Framework<'a>,
    entries: Vec<Entry<'a>>,
}
