//! The tools in a code base, from a scan.

use std::collections::BTreeMap;
use std::path::Path;

use aegis_diag::{CallKind, CallSite};
use aegis_policy::action::Action;
use aegis_policy::model::EffectFound;
use aegis_scan::Input;

use crate::cli::ConfigArgs;
use crate::config::{Env, Scan, Settings};
use crate::output;

/// A longer name is none that a model could be given.
const LONGEST_NAME: usize = 128;

/// What a scan tells about tools.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The tools whose names are known, sorted by name.
    pub(super) tools: Vec<Tool>,
    /// How many tools have a name that only shows when the program runs.
    pub(super) unnamed: usize,
    /// How many times an MCP server is attached, whose tools the code does not name.
    pub(super) servers: usize,
    /// How many files were looked at.
    pub(super) files: usize,
}

/// A tool that a model can call.
#[derive(Debug)]
pub(super) struct Tool {
    /// The name the model calls it by.
    pub(super) name: String,
    /// What it does, as far as its name tells.
    pub(super) effect: EffectFound,
    /// The parameters of its first definition.
    pub(super) params: Vec<String>,
    /// Where it is defined or handed out: path below the folder, and line.
    pub(super) places: Vec<(String, u32)>,
}

/// Scans the code below a folder. The settings count as they do for `aegis scan`.
pub(super) fn find(folder: &Path, env: &Env) -> anyhow::Result<Found> {
    let roots = vec![folder.to_path_buf()];
    let args = ConfigArgs {
        config: None,
        no_config: false,
    };
    let settings = Settings::resolve(Scan::default(), &args, env, &roots)?;
    let report = aegis_scan::scan(&Input::Paths(roots), &settings.scan)?;
    let below = output::shown(folder);
    let mut found = Found {
        files: report.files.analysed,
        ..Found::default()
    };
    let mut tools: BTreeMap<String, Tool> = BTreeMap::new();
    for site in &report.sites {
        match site.kind {
            CallKind::ToolDef => add(&mut tools, &mut found.unnamed, site, &below),
            CallKind::McpClient => found.servers += 1,
            _ => {}
        }
    }
    found.tools = tools.into_values().collect();
    Ok(found)
}

/// Tools of one name are one tool: a policy sees the name only.
fn add(tools: &mut BTreeMap<String, Tool>, unnamed: &mut usize, site: &CallSite, below: &str) {
    let named = site.tool.as_ref().and_then(|t| Some((t, t.name.as_ref()?)));
    let action = named.map(|(tool, name)| (tool, Action::new(name)));
    let usable = |action: &Action| {
        let length = action.kind_name().canonical().chars().count();
        (1..=LONGEST_NAME).contains(&length)
    };
    let Some((tool, action)) = action.filter(|(_, action)| usable(action)) else {
        *unnamed += 1;
        return;
    };
    let path = site.span.file.path.as_str();
    let rest = path.strip_prefix(below).and_then(|p| p.strip_prefix('/'));
    let place = (rest.unwrap_or(path).to_owned(), site.span.start().raw_line);
    let known = tools.entry(action.kind_name().canonical().to_owned());
    let known = known.or_insert_with(|| Tool {
        name: action.kind_name().original().trim().to_owned(),
        effect: action.effect_found(),
        params: tool.params.iter().map(|p| p.name.clone()).collect(),
        places: Vec::new(),
    });
    if !known.places.contains(&place) {
        known.places.push(place);
    }
}
