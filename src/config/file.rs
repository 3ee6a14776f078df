//! `aegis.yaml`: found, read and checked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_diag::SourceFile;
use aegis_policy::problem::Problems;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::mistake::Mistake;
use super::{Audit, Gate, Glob, Policy, Rebased, Scan, Score};

/// The name of the settings file.
pub(crate) const NAME: &str = "aegis.yaml";
/// More than any settings or catalog file needs.
const MAX_BYTES: u64 = 4 << 20;

/// A section of a later release: any mapping.
type Later = Option<BTreeMap<String, IgnoredAny>>;

/// Settings of Aegis, in `aegis.yaml`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "aegis.yaml"))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sections {
    /// What `aegis scan` looks at and what fails it.
    pub(super) scan: Option<Scan>,
    /// What `aegis score` asks for and where it looks.
    pub(super) score: Option<Score>,
    /// What `aegis gate` asks of a change.
    pub(super) gate: Option<Gate>,
    /// Which policy is meant where none is named.
    pub(super) policy: Option<Policy>,
    /// What content is let through.
    #[cfg_attr(test, schemars(with = "Option<BTreeMap<String, serde_json::Value>>"))]
    guardrails: Later,
    /// Where evidence is.
    pub(super) audit: Option<Audit>,
}

/// The JSON Schema of the file.
#[cfg(test)]
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(Sections).to_value()
}

/// The closest settings file, from `start` upwards.
pub(super) fn find(start: &Path) -> Option<PathBuf> {
    let full = start
        .canonicalize()
        .or_else(|_| std::path::absolute(start))
        .ok()?;
    let found = full
        .ancestors()
        .map(|dir| dir.join(NAME))
        .find(|file| file.symlink_metadata().is_ok())?;
    let here = Path::new(".").canonicalize().ok();
    let short = here.and_then(|here| Some(found.strip_prefix(here).ok()?.to_path_buf()));
    Some(short.unwrap_or(found))
}

/// The names of the sections.
pub(crate) const SECTIONS: [&str; 6] = ["scan", "score", "gate", "policy", "guardrails", "audit"];

/// What the file says.
pub(super) fn read(path: &Path) -> anyhow::Result<Sections> {
    let text = text(path).with_context(|| {
        format!(
            "settings file `{}` cannot be read (`--no-config` does without)",
            path.display()
        )
    })?;
    Ok(of_text(path, &text)?)
}

/// What a text says that is, or was, in a file.
pub(super) fn of_text(path: &Path, text: &str) -> Result<Sections, Mistake> {
    let shown = path.display().to_string().replace('\\', "/");
    parse(&Arc::new(SourceFile::new(shown, text, None)))
}

/// What is wrong with the text of a settings file.
pub(crate) fn check(file: &Arc<SourceFile>) -> Result<(), Problems> {
    parse(file)
        .map(|_| ())
        .map_err(|mistake| mistake.problem().into())
}

/// The text of a small file.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    if path.is_dir() {
        bail!("it is a folder; name a file");
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("it is larger than {MAX_BYTES} bytes");
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        anyhow::anyhow!("it is not UTF-8: byte {at} is not part of a character")
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}

fn parse(file: &Arc<SourceFile>) -> Result<Sections, Mistake> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    // A file without a word in it is an empty mapping.
    let sections: Option<Sections> = serde_saphyr::from_str_with_options(&file.text, options)
        .map_err(|e| Mistake::new(file, &e))?;
    Ok(sections.unwrap_or_default())
}

impl Scan {
    /// The layer of a file, with its paths as seen from where the scan runs.
    pub(super) fn rebased(mut self, file: &Path, roots: &[PathBuf]) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        for path in self.catalog.iter_mut().flatten() {
            *path = folder.join(&*path);
        }
        // Files that are named are scanned whatever the globs say, so only folders matter.
        let folders: Vec<Vec<String>> = roots
            .iter()
            .filter_map(|root| steps(folder, root))
            .collect();
        if !folders.is_empty() {
            self.exclude = self.exclude.map(|globs| rebase(&globs, &folders, None));
            self.include = self
                .include
                .map(|globs| rebase(&globs, &folders, Some("**")));
            if let Some(include) = self.include.as_mut().filter(|globs| globs.is_empty()) {
                include.extend("!**".parse::<Glob>());
            }
        }
        self
    }
}

/// The globs of a settings file as they read in folders below it; `everything` is what one that
/// takes in a whole folder becomes.
fn rebase(globs: &[Glob], folders: &[Vec<String>], everything: Option<&str>) -> Vec<Glob> {
    let pairs = globs
        .iter()
        .flat_map(|glob| folders.iter().map(move |steps| glob.rebased(steps)));
    let mut out: Vec<Glob> = Vec::new();
    for rebased in pairs {
        let glob = match rebased {
            Rebased::Glob(glob) => Some(glob),
            Rebased::Everything => everything.and_then(|e| e.parse().ok()),
            Rebased::Nothing => None,
        };
        out.extend(glob.filter(|glob| !out.contains(glob)));
    }
    out
}

/// The steps down from one folder to another; `None` if it does not lie below.
fn steps(from: &Path, to: &Path) -> Option<Vec<String>> {
    let from = if from.as_os_str().is_empty() {
        Path::new(".")
    } else {
        from
    };
    let (from, to) = (from.canonicalize().ok()?, to.canonicalize().ok()?);
    let rest = to.is_dir().then(|| to.strip_prefix(&from).ok())??;
    Some(
        rest.components()
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_schema() {
        let same = |schema: serde_json::Value, known: &[&str]| {
            let mut keys: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            let mut known = known.to_vec();
            keys.sort();
            known.sort_unstable();
            assert_eq!(keys, known);
        };
        same(schemars::schema_for!(Scan).to_value(), &Scan::KEYS);
        same(schemars::schema_for!(Policy).to_value(), &Policy::KEYS);
        same(schemars::schema_for!(Score).to_value(), &Score::KEYS);
        same(schemars::schema_for!(Gate).to_value(), &Gate::KEYS);
        same(schemars::schema_for!(Audit).to_value(), &Audit::KEYS);
        same(schema(), &SECTIONS);
    }

    fn file(text: &str) -> Arc<SourceFile> {
        Arc::new(SourceFile::new("aegis.yaml", text, None))
    }

    fn refused(text: &str) -> String {
        let mistake = parse(&file(text)).unwrap_err();
        format!("error: {mistake}")
    }

    #[test]
    fn silence_is_accepted() {
        for text in [
            "",
            "# nothing\n",
            "scan:\n",
            "scan: {}\n",
            "guardrails: {a: [1]}\npolicy: {}\nscore: {}\naudit:\n",
        ] {
            let said = parse(&file(text)).unwrap();
            assert_eq!(said.scan.unwrap_or_default(), Scan::default(), "{text:?}");
            assert_eq!(said.policy.unwrap_or_default(), Policy::default());
        }
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_nearest() {
        insta::assert_snapshot!(refused("scan:\n  exlude: [a]\n"), @"
        error: key `exlude` is not known here
         --> aegis.yaml:2:3
          |
        2 |   exlude: [a]
          |   ^^^^^^
          |
          = help: did you mean `exclude`?
        ");
        insta::assert_snapshot!(refused("audit: {pth: x}\n"), @"
        error: key `pth` is not known here
         --> aegis.yaml:1:9
          |
        1 | audit: {pth: x}
          |         ^^^
          |
          = help: did you mean `path`?
        ");
        insta::assert_snapshot!(refused("zebra: {}\n"), @"
        error: key `zebra` is not known here
         --> aegis.yaml:1:1
          |
        1 | zebra: {}
          | ^^^^^
          |
          = help: known are scan, score, gate, policy, guardrails and audit
        ");
    }

    #[test]
    fn a_wrong_value_is_answered_with_what_was_expected() {
        insta::assert_snapshot!(refused("scan:\n  fail_on: hihg # soon\n"), @"
        error: `hihg` is not known here
         --> aegis.yaml:2:12
          |
        2 |   fail_on: hihg # soon
          |            ^^^^
          |
          = help: did you mean `high`?
        ");
        insta::assert_snapshot!(refused("scan:\n  select: [AEG101, ungoverned-tol]\n"), @"
        error: `ungoverned-tol` is not a rule
         --> aegis.yaml:2:20
          |
        2 |   select: [AEG101, ungoverned-tol]
          |                    ^^^^^^^^^^^^^^
          |
          = help: did you mean `ungoverned-tool`?
        ");
        insta::assert_snapshot!(refused("audit:\n  path: ''\n"), @"
        error: `` is not the path of a file
         --> aegis.yaml:2:9
          |
        2 |   path: ''
          |         ^^
          |
          = help: expected such as `aegis_audit.db`
        ");
        insta::assert_snapshot!(refused("scan:\n  exclude:\n    - 'a['\n"), @"
        error: `a[` is not a glob: unclosed character class, missing ']'
         --> aegis.yaml:3:7
          |
        3 |     - 'a['
          |       ^^^^
        ");
        insta::assert_snapshot!(refused("scan: {threads: 0}"), @"
        error: `0` is not a number of threads
         --> aegis.yaml:1:17
          |
        1 | scan: {threads: 0}
          |                 ^
          |
          = help: expected 1 to 256
        ");
    }

    #[test]
    fn a_wrong_shape_is_answered_with_the_right_one() {
        insta::assert_snapshot!(refused("scan:\n  exclude: tests\n"), @"
        error: expected a list
         --> aegis.yaml:2:12
          |
        2 |   exclude: tests
          |            ^^^^^
          |
          = help: put it in brackets: `[one, two]`
        ");
        insta::assert_snapshot!(refused("score: 1\n"), @"
        error: expected a mapping
         --> aegis.yaml:1:8
          |
        1 | score: 1
          |        ^
          |
          = help: write `key: value` lines, further to the right
        ");
        insta::assert_snapshot!(refused("scan:\n  strict: yes\n"), @"
        error: expected `true` or `false`
         --> aegis.yaml:2:11
          |
        2 |   strict: yes
          |           ^^^
        ");
        insta::assert_snapshot!(refused("score:\n  fail_under: 101\n"), @"
        error: `101` is not a score
         --> aegis.yaml:2:15
          |
        2 |   fail_under: 101
          |               ^^^
          |
          = help: expected 0 to 100, such as `80` or `79.9`
        ");
        insta::assert_snapshot!(refused("scan:\n  threads: many\n"), @"
        error: expected a whole number
         --> aegis.yaml:2:12
          |
        2 |   threads: many
          |            ^^^^
        ");
        insta::assert_snapshot!(refused("scan:\n  strict: true\n  strict: false\n"), @"
        error: key `strict` is written twice
         --> aegis.yaml:3:3
          |
        3 |   strict: false
          |   ^^^^^^
          |
          = help: keep one of the two
        ");
    }

    #[test]
    fn what_is_no_yaml_is_shown_where_it_goes_wrong() {
        insta::assert_snapshot!(refused("scan:\n\tstrict: true\n"), @"
        error: tabs disallowed within this context (block indentation)
         --> aegis.yaml:2:2
          |
        2 |     strict: true
          |     ^^^^^^
        ");
        insta::assert_snapshot!(refused("scan: {}\n---\nscan: {}\n"), @"
        error: a second document starts here
         --> aegis.yaml:3:1
          |
        3 | scan: {}
          | ^^^^
          |
          = help: keep one document in the file
        ");
        insta::assert_snapshot!(refused("# é😀\nscan: \"abc"), @r#"
        error: unclosed quote
         --> aegis.yaml:2:7
          |
        2 | scan: "abc
          |       ^^^^
        "#);
    }
}
