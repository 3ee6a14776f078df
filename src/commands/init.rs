//! `aegis init`.

mod propose;
mod show;
mod tools;

use std::path::{Path, PathBuf};

use aegis_policies::{TEMPLATES, Template, template};
use aegis_policy::policy::Policy;
use aegis_policy::suite::Suite;
use anyhow::{Context, anyhow, bail};
use serde::Serialize;

use self::tools::Found;
use crate::cli::{ConfigArgs, InitArgs, Listing};
use crate::config::{self, Env};
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::words;

/// The files that are written.
const POLICY: &str = "policy.yaml";
const SUITE: &str = "policy.test.yaml";

/// What is written where nothing else is asked for and no tool is found.
const STARTER: &str = "starter";

/// The settings that lead to the policy.
const SETTINGS: &str = "\
# Settings of Aegis. `aegis schema config` prints everything that can be set.
policy:
  path: policy.yaml
";

/// From a folder to a policy for it, one stage per line.
pub(crate) fn run(args: &InitArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if args.list_templates {
        return list(args, streams);
    }
    let place = place(args)?; //                             arguments -> where it goes
    let made = make(args, env)?; //                          code, or a template -> policy, suite    aegis-scan
    write(&place, &made)?; //                                policy, suite -> files
    let report = show::report(args, &place, &made)?; //      what was done, and what is next
    streams.out.write_all(report.text.as_bytes())?;
    for note in &report.notes {
        writeln!(streams.err, "note: {}", printable(note, &[]))?;
    }
    Ok(Exit::Fine)
}

/// Where the files go.
struct Place {
    folder: PathBuf,
    policy: PathBuf,
    suite: PathBuf,
    settings: PathBuf,
    becomes: Becomes,
}

/// What becomes of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Becomes {
    /// There are none yet: they will lead to the policy.
    Written,
    /// They are there, and stay as they are; the policy they lead to, if they do.
    Kept(Option<PathBuf>),
}

impl Becomes {
    /// Whether the policy need not be named, in its folder.
    fn lead_to(&self, policy: &Path) -> bool {
        match self {
            Self::Written => true,
            Self::Kept(path) => path.as_deref() == Some(policy),
        }
    }
}

/// Nothing that is there is overwritten unasked, and nothing is written if anything would be.
fn place(args: &InitArgs) -> anyhow::Result<Place> {
    let folder = args.path.clone();
    if !folder.is_dir() {
        let why = if folder.exists() {
            "it is no folder; name the folder that the policy is for"
        } else {
            "there is no such folder; make it first"
        };
        bail!("`{}` cannot be initialised: {why}", folder.display());
    }
    let settings = folder.join(config::NAME);
    let place = Place {
        policy: folder.join(POLICY),
        suite: folder.join(SUITE),
        becomes: becomes(&settings)?,
        settings,
        folder,
    };
    let there: Vec<String> = [&place.policy, &place.suite]
        .into_iter()
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("`{}`", output::shown(path)))
        .collect();
    if !args.force && !there.is_empty() {
        let (are, them) = if there.len() == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        bail!(
            "{} {are} there already; `--force` replaces {them}",
            there.join(" and ")
        );
    }
    for path in [&place.policy, &place.suite] {
        output::free(path, true)
            .with_context(|| format!("`{}` cannot be written", output::shown(path)))?;
    }
    Ok(place)
}

/// Settings that are there are read before anything is written: they must be sound.
fn becomes(settings: &Path) -> anyhow::Result<Becomes> {
    if settings.symlink_metadata().is_err() {
        return Ok(Becomes::Written);
    }
    let args = ConfigArgs {
        config: Some(settings.to_path_buf()),
        no_config: false,
    };
    Ok(Becomes::Kept(config::policy(&args, &Env::default())?))
}

/// A policy and its suite, and where they come from.
struct Made {
    policy: String,
    suite: String,
    compiled: Policy,
    cases: usize,
    template: Option<&'static Template>,
    /// What the scan found; nothing if it was not asked.
    found: Option<Found>,
}

fn make(args: &InitArgs, env: &Env) -> anyhow::Result<Made> {
    if let Some(name) = &args.template {
        return from_template(find_template(name)?, None);
    }
    let found = tools::find(&args.path, env)?;
    if found.tools.is_empty() {
        return from_template(find_template(STARTER)?, Some(found));
    }
    let proposal = propose::propose(&found)?;
    Ok(Made {
        policy: proposal.text,
        suite: proposal.suite,
        compiled: proposal.policy,
        cases: proposal.cases,
        template: None,
        found: Some(found),
    })
}

fn find_template(name: &str) -> anyhow::Result<&'static Template> {
    template(name).ok_or_else(|| {
        let known = TEMPLATES.iter().map(|t| t.name);
        let advice = words::did_you_mean(name, known, "`aegis init --list-templates` lists all");
        anyhow!("`{name}` is not a template; {advice}")
    })
}

fn from_template(template: &'static Template, found: Option<Found>) -> anyhow::Result<Made> {
    let broken = |e| anyhow!("template `{}` is not well formed: {e}", template.name);
    Ok(Made {
        policy: template.policy.to_owned(),
        suite: template.suite.to_owned(),
        compiled: Policy::load(POLICY, template.policy).map_err(broken)?,
        cases: Suite::load(SUITE, template.suite)
            .map_err(broken)?
            .cases
            .len(),
        template: Some(template),
        found,
    })
}

fn write(place: &Place, made: &Made) -> anyhow::Result<()> {
    output::write_file("policy", &place.policy, &made.policy)?;
    output::write_file("test suite", &place.suite, &made.suite)?;
    if place.becomes == Becomes::Written {
        output::write_file("settings file", &place.settings, SETTINGS)?;
    }
    Ok(())
}

/// The templates that there are.
fn list(args: &InitArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let text = match args.format {
        Listing::Json => output::json(&Templates {
            head: output::Head::new("aegis/templates"),
            templates: TEMPLATES
                .iter()
                .map(|t| TemplateRecord {
                    name: t.name,
                    summary: t.summary,
                })
                .collect(),
        })?,
        Listing::Text => {
            let rows: Vec<[String; 2]> = TEMPLATES
                .iter()
                .map(|t| [t.name, t.summary].map(str::to_owned))
                .collect();
            output::table(["Template", "For"], &rows, &[])
        }
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Templates {
    #[serde(flatten)]
    head: output::Head,
    templates: Vec<TemplateRecord>,
}

#[derive(Serialize)]
struct TemplateRecord {
    name: &'static str,
    summary: &'static str,
}
