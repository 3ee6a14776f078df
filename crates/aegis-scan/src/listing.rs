//! What the catalog knows, for `aegis catalog`.

use crate::catalog::{Catalog, Data, Kind, Member};

/// A framework and how much of it is known.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FrameworkInfo {
    /// Catalog id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// PyPI packages.
    pub packages: Vec<String>,
    /// Releases in which the paths are verified.
    pub verified: Vec<String>,
    /// Known classes.
    pub classes: usize,
    /// Entries per kind: llm_call, agent_run, tool_def, mcp_client, agent_exec.
    pub kinds: [usize; 5],
    /// Entries some instrumentation of Aegis intercepts.
    pub instrumented: usize,
}

/// One entry of a framework.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CatalogEntry {
    /// Canonical path.
    pub path: String,
    /// Kind of call site.
    pub kind: String,
    /// Whether instrumentation of Aegis intercepts it.
    pub instrumented: bool,
}

fn kind_of(m: &Member) -> Option<Kind> {
    m.kind.or(m.decorator)
}

fn word(k: Kind) -> &'static str {
    [
        "llm_call",
        "agent_run",
        "tool_def",
        "mcp_client",
        "agent_exec",
    ]
    .get(k as usize)
    .copied()
    .unwrap_or("")
}

/// Every framework of the catalog, sorted by id.
///
/// # Errors
/// As [`crate::scan`] for the catalog.
pub fn list_frameworks(config: &crate::Config) -> Result<Vec<FrameworkInfo>, crate::ScanError> {
    let catalog = Catalog::new(config)?;
    let data: &Data = &catalog.data;
    let mut out: Vec<FrameworkInfo> = data
        .frameworks
        .iter()
        .enumerate()
        .map(|(i, f)| {
            let of = |framework: u16| usize::from(framework) == i;
            let mut kinds = [0; 5];
            let mut instrumented = 0;
            for m in data.members.iter().filter(|m| of(m.framework)) {
                if let Some(slot) = kind_of(m).and_then(|k| kinds.get_mut(k as usize)) {
                    *slot += 1;
                    instrumented += usize::from(catalog.targets_of(&m.path) != 0);
                }
            }
            for c in data.classes.iter().filter(|c| of(c.framework)) {
                if let Some(slot) = c.subclass.and_then(|k| kinds.get_mut(k as usize)) {
                    *slot += 1;
                    instrumented += usize::from(catalog.targets_of(&c.path) != 0);
                }
            }
            FrameworkInfo {
                id: f.id.clone(),
                name: f.name.clone(),
                packages: f
                    .packages
                    .iter()
                    .map(|p| p.pypi.clone())
                    .filter(|p| p != "-")
                    .collect(),
                verified: f
                    .packages
                    .iter()
                    .flat_map(|p| p.verify.iter().map(|v| format!("{} {v}", p.pypi)))
                    .collect(),
                classes: data.classes.iter().filter(|c| of(c.framework)).count(),
                kinds,
                instrumented,
            }
        })
        .collect();
    out.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

/// The entries of one framework, sorted by path; `None` if there is no such framework.
///
/// # Errors
/// As [`crate::scan`] for the catalog.
pub fn show_framework(
    config: &crate::Config,
    id: &str,
) -> Result<Option<Vec<CatalogEntry>>, crate::ScanError> {
    let catalog = Catalog::new(config)?;
    let data: &Data = &catalog.data;
    let Some(ix) = data.frameworks.iter().position(|f| f.id == id) else {
        return Ok(None);
    };
    let of = |framework: u16| usize::from(framework) == ix;
    let members = data
        .members
        .iter()
        .filter(|m| of(m.framework))
        .filter_map(|m| Some((m.path.clone(), kind_of(m)?)));
    let classes = data
        .classes
        .iter()
        .filter(|c| of(c.framework))
        .filter_map(|c| Some((format!("{} (subclasses)", c.path), c.subclass?)));
    let mut out: Vec<CatalogEntry> = members
        .chain(classes)
        .map(|(path, kind)| CatalogEntry {
            instrumented: catalog.targets_of(path.trim_end_matches(" (subclasses)")) != 0,
            kind: word(kind).to_owned(),
            path,
        })
        .collect();
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out.dedup();
    Ok(Some(out))
}

/// Import paths and the PyPI package that each comes from, sorted; without those of the standard
/// library.
///
/// # Errors
/// As [`crate::scan`] for the catalog.
pub fn list_packages(config: &crate::Config) -> Result<Vec<(String, String)>, crate::ScanError> {
    let catalog = Catalog::new(config)?;
    let packages = catalog.data.frameworks.iter().flat_map(|f| &f.packages);
    let mut out: Vec<(String, String)> = packages
        .filter(|p| p.pypi != "-" && !p.stdlib)
        .flat_map(|p| p.imports.iter().map(|i| (i.clone(), p.pypi.clone())))
        .collect();
    out.sort();
    out.dedup_by(|a, b| a.0 == b.0);
    Ok(out)
}
