//! The tools in a code base, from a scan.

use std::collections::BTreeMap;
use std::path::Path;

use aegis_diag::{CallKind, CallSite, Span, ToolRuns};
use aegis_policy::action::Action;
use aegis_policy::model::{Effect, EffectFound};
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
    pub(super) named: EffectFound,
    /// A call in its code that runs what the model chooses.
    pub(super) runs: Option<Runs>,
    /// The parameters of its first definition.
    pub(super) params: Vec<String>,
    /// Where it is defined or handed out: path below the folder, and line.
    pub(super) places: Vec<(String, u32)>,
}

/// A call that runs code or commands.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    /// As the catalog names it, such as `subprocess.run`.
    pub(super) api: String,
    /// Path below the folder, and line.
    pub(super) place: (String, u32),
}

impl Tool {
    /// What it does: what its name says, raised by what its code runs, never lowered.
    pub(super) fn effect(&self) -> Option<Effect> {
        match (self.named.effect, &self.runs) {
            (
                None | Some(Effect::Read | Effect::Write | Effect::Send | Effect::Deploy),
                Some(_),
            ) => Some(Effect::Execute),
            (named, _) => named,
        }
    }

    /// How that is known: a source of an effect, or `code`.
    pub(super) fn effect_source(&self) -> &'static str {
        match self.effect() == self.named.effect {
            true => self.named.source.as_str(),
            false => "code",
        }
    }
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
            CallKind::ToolDef => {
                let runs = report.tool_runs.iter().find(|r| r.tool == site.span);
                match add(&mut tools, site, &below) {
                    Some(tool) => tool.note(runs, &below),
                    None => found.unnamed += 1,
                }
            }
            CallKind::McpClient => found.servers += 1,
            _ => {}
        }
    }
    found.tools = tools.into_values().collect();
    Ok(found)
}

/// Tools of one name are one tool: a policy sees the name only. `None` if the name is not known.
fn add<'t>(
    tools: &'t mut BTreeMap<String, Tool>,
    site: &CallSite,
    below: &str,
) -> Option<&'t mut Tool> {
    let tool = site.tool.as_ref()?;
    let action = Action::new(tool.name.as_ref()?);
    let length = action.kind_name().canonical().chars().count();
    if !(1..=LONGEST_NAME).contains(&length) {
        return None;
    }
    let place = place(&site.span, below);
    let known = tools.entry(action.kind_name().canonical().to_owned());
    let known = known.or_insert_with(|| Tool {
        name: action.kind_name().original().trim().to_owned(),
        named: action.effect_found(),
        runs: None,
        params: tool.params.iter().map(|p| p.name.clone()).collect(),
        places: Vec::new(),
    });
    if !known.places.contains(&place) {
        known.places.push(place);
    }
    Some(known)
}

impl Tool {
    /// Notes what one of its definitions runs; the first counts.
    fn note(&mut self, runs: Option<&ToolRuns>, below: &str) {
        if let (None, Some(runs)) = (&self.runs, runs) {
            self.runs = Some(Runs {
                api: runs.api.clone(),
                place: place(&runs.call, below),
            });
        }
    }
}

/// The path below the folder, and the line.
fn place(span: &Span, below: &str) -> (String, u32) {
    let path = span.file.path.as_str();
    let rest = path.strip_prefix(below).and_then(|p| p.strip_prefix('/'));
    (rest.unwrap_or(path).to_owned(), span.start().raw_line)
}
