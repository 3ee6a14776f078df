//! The environment, read once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use aegis_report::LinkBase;
use anyhow::{anyhow, bail};

use super::{Day, Gate, Policy, Scan, Score};
use crate::cli::Color;
use crate::words;

/// Variables of settings begin with one of these: `AEGIS_SCAN_FAIL_ON` is `fail_on` of the section
/// `scan`.
const SCAN: &str = "AEGIS_SCAN_";
const POLICY: &str = "AEGIS_POLICY_";
/// What CI systems say of themselves: the parts of the address of a file at the commit in hand.
const CI: [&str; 5] = [
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_SHA",
    "CI_PROJECT_URL",
    "CI_COMMIT_SHA",
];

/// Variables that are not shown.
#[derive(Clone, Default, PartialEq, Eq)]
struct Hidden(BTreeMap<String, String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(***)")
    }
}
const SCORE: &str = "AEGIS_SCORE_";
const GATE: &str = "AEGIS_GATE_";

/// The variables that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Env {
    /// `AEGIS_*`, by name.
    aegis: BTreeMap<String, String>,
    /// Those of [`CI`], by name.
    ci: BTreeMap<String, String>,
    /// What the runner of GitHub Actions sets, by name. Holds the token, so it is never printed.
    runner: Hidden,
    /// Whether `NO_COLOR` is set and not empty, or the terminal is a dumb one.
    pub(crate) no_color: bool,
}

impl Env {
    /// Every variable with its meaning, for the documentation.
    pub(crate) const TABLE: [(&str, &str); 13] = [
        ("AEGIS_CONFIG", "the settings file, as `--config`"),
        ("AEGIS_COLOR", "when to use colours, as `--color`"),
        (
            "AEGIS_SCAN_*",
            "settings of `scan` in `aegis.yaml`, with the key in upper case: `AEGIS_SCAN_FAIL_ON=high`; lists are separated by commas",
        ),
        (
            "AEGIS_POLICY_PATH",
            "the policy that is meant where none is named, as `policy.path` in `aegis.yaml`, relative to the current folder",
        ),
        (
            "AEGIS_SCORE_*",
            "settings of `score` in `aegis.yaml`, likewise: `AEGIS_SCORE_FAIL_UNDER=80`",
        ),
        (
            "AEGIS_GATE_*",
            "settings of `gate` in `aegis.yaml`, likewise: `AEGIS_GATE_BASE=origin/main`; paths are relative to the current folder",
        ),
        (
            "AEGIS_AUDIT_DB",
            "the audit store that is meant where `--db` names none; otherwise `audit.path` in `aegis.yaml`, else `aegis_audit.db`",
        ),
        (
            "AEGIS_AUDIT_KEY",
            "the signing key of the audit store itself, where `--key-file` names none",
        ),
        (
            "AEGIS_TODAY",
            "the day that ends of suppressions are compared with, as `YYYY-MM-DD`; today in UTC otherwise",
        ),
        (
            "GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA",
            "where Markdown and HTML reports link to, unless `--link-base` says otherwise; GitHub Actions sets them",
        ),
        (
            "CI_PROJECT_URL, CI_COMMIT_SHA",
            "the same; GitLab CI sets them",
        ),
        (
            "GITHUB_*",
            "what else the runner of GitHub Actions sets; read by `aegis github` only",
        ),
        (
            "NO_COLOR",
            "if it is set and not empty, no colours unless asked for",
        ),
    ];

    /// The environment of this process.
    pub(crate) fn read() -> Self {
        let mut env = Self::default();
        for (name, value) in std::env::vars_os() {
            let (Some(name), value) = (name.to_str(), value.to_string_lossy()) else {
                continue;
            };
            if name.starts_with("AEGIS_") {
                env.aegis.insert(name.to_owned(), value.into_owned());
                continue;
            }
            if CI.contains(&name) {
                env.ci.insert(name.to_owned(), value.clone().into_owned());
            }
            if name.starts_with("GITHUB_") {
                env.runner.0.insert(name.to_owned(), value.into_owned());
            } else {
                env.no_color |=
                    name == "NO_COLOR" && !value.is_empty() || name == "TERM" && value == "dumb";
            }
        }
        env
    }

    /// A variable; one that is empty is not set.
    fn get(&self, name: &str) -> Option<&str> {
        self.aegis
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let parse = |v: &str| {
            v.trim()
                .parse()
                .map_err(|e| anyhow!("variable {name}: {e}"))
        };
        self.get(name).map(parse).transpose()
    }

    fn list<T: FromStr<Err: Display>>(&self, name: &str) -> anyhow::Result<Option<Vec<T>>> {
        let parse = |v: &str| {
            let items = items(v)
                .into_iter()
                .map(|item| item.parse().map_err(|e| anyhow!("variable {name}: {e}")));
            items.collect()
        };
        self.get(name).map(parse).transpose()
    }

    fn choice<T: clap::ValueEnum>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let parse = |v: &str| {
            T::from_str(v.trim(), false).map_err(|_| {
                let known: Vec<_> = T::value_variants()
                    .iter()
                    .filter_map(clap::ValueEnum::to_possible_value)
                    .collect();
                let known: Vec<&str> = known
                    .iter()
                    .map(clap::builder::PossibleValue::get_name)
                    .collect();
                anyhow!(
                    "variable {name}: `{v}` is not known; expected {}",
                    words::either(&known)
                )
            })
        };
        self.get(name).map(parse).transpose()
    }

    /// A variable of the runner of GitHub Actions.
    pub(crate) fn runner(&self, name: &str) -> Option<String> {
        self.runner.0.get(name).cloned()
    }

    /// `AEGIS_CONFIG`: the settings file.
    pub(crate) fn config(&self) -> Option<PathBuf> {
        self.get("AEGIS_CONFIG").map(PathBuf::from)
    }

    /// `AEGIS_COLOR`: as `--color`.
    pub(crate) fn color(&self) -> anyhow::Result<Option<Color>> {
        self.choice("AEGIS_COLOR")
    }

    /// Where the files are on the web, as far as the CI system says so. What it says is not ours, so
    /// what makes no address is as good as nothing.
    pub(crate) fn link_base(&self) -> Option<LinkBase> {
        let ci = |name: &str| self.ci.get(name).filter(|v| !v.is_empty());
        let github = || {
            let (server, repository) = (ci("GITHUB_SERVER_URL")?, ci("GITHUB_REPOSITORY")?);
            Some(format!("{server}/{repository}/blob/{}", ci("GITHUB_SHA")?))
        };
        let gitlab = || {
            let (project, commit) = (ci("CI_PROJECT_URL")?, ci("CI_COMMIT_SHA")?);
            Some(format!("{project}/-/blob/{commit}"))
        };
        github().or_else(gitlab)?.parse().ok()
    }

    /// `AEGIS_AUDIT_DB`: the audit store.
    pub(crate) fn audit_db(&self) -> Option<PathBuf> {
        self.get("AEGIS_AUDIT_DB").map(PathBuf::from)
    }

    /// `AEGIS_AUDIT_KEY`: the signing key.
    pub(crate) fn audit_key(&self) -> Option<&str> {
        self.get("AEGIS_AUDIT_KEY")
    }

    /// `AEGIS_TODAY`, else today.
    pub(crate) fn today(&self) -> anyhow::Result<Day> {
        Ok(self.parsed("AEGIS_TODAY")?.unwrap_or_else(Day::today))
    }

    /// The settings of a scan.
    pub(crate) fn scan(&self) -> anyhow::Result<Scan> {
        self.known(SCAN, &Scan::KEYS)?;
        let v = |key: &str| variable(SCAN, key);
        Ok(Scan {
            include: self.list(&v("include"))?,
            exclude: self.list(&v("exclude"))?,
            select: self.list(&v("select"))?,
            ignore: self.list(&v("ignore"))?,
            governors: self.list(&v("governors"))?,
            own_governors: self.list(&v("own_governors"))?,
            catalog: self.list(&v("catalog"))?,
            fail_on: self.choice(&v("fail_on"))?,
            strict: self.parsed(&v("strict"))?,
            require_reason: self.parsed(&v("require_reason"))?,
            threads: self.parsed(&v("threads"))?,
            max_file_bytes: self.parsed(&v("max_file_bytes"))?,
            respect_gitignore: self.parsed(&v("respect_gitignore"))?,
        })
    }

    /// The settings of the policy.
    pub(crate) fn policy(&self) -> anyhow::Result<Policy> {
        self.known(POLICY, &Policy::KEYS)?;
        let path = self.get(&variable(POLICY, "path"));
        Ok(Policy {
            path: path.map(PathBuf::from),
        })
    }

    /// The settings of the score.
    pub(crate) fn score(&self) -> anyhow::Result<Score> {
        self.known(SCORE, &Score::KEYS)?;
        Ok(Score {
            fail_under: self.parsed(&variable(SCORE, "fail_under"))?,
            root: self.get(&variable(SCORE, "root")).map(PathBuf::from),
        })
    }

    /// The settings of a gate.
    pub(crate) fn gate(&self) -> anyhow::Result<Gate> {
        self.known(GATE, &Gate::KEYS)?;
        let v = |key: &str| variable(GATE, key);
        Ok(Gate {
            base: self.get(&v("base")).map(str::to_owned),
            baseline: self.get(&v("baseline")).map(PathBuf::from),
            fail_under: self.parsed(&v("fail_under"))?,
            fail_under_new: self.parsed(&v("fail_under_new"))?,
            max_drop: self.parsed(&v("max_drop"))?,
            fail_on: self.choice(&v("fail_on"))?,
            fail_on_new: self.choice(&v("fail_on_new"))?,
            policy_looser: self.choice(&v("policy_looser"))?,
        })
    }

    /// Refuses a variable of a section that is none of its keys.
    fn known(&self, section: &str, keys: &[&str]) -> anyhow::Result<()> {
        for name in self.aegis.keys() {
            let Some(key) = name.strip_prefix(section).map(str::to_lowercase) else {
                continue;
            };
            if !keys.contains(&key.as_str()) {
                let near = words::nearest(&key, keys.iter().copied())
                    .map(|k| format!("; did you mean `{}`?", variable(section, k)));
                bail!("variable {name} is not known{}", near.unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// The variable of a key.
fn variable(section: &str, key: &str) -> String {
    format!("{section}{}", key.to_uppercase())
}

/// The items of a list: separated by commas that are not inside braces, which globs may have.
fn items(value: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let split = value.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    split
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FailOn;

    fn env(vars: &[(&str, &str)]) -> Env {
        let aegis = vars
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Env {
            aegis,
            ..Env::default()
        }
    }

    #[test]
    fn links_lead_to_where_the_ci_system_says() {
        let link = |vars: &[(&str, &str)]| {
            let ci = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let env = Env {
                ci: ci.collect(),
                ..Env::default()
            };
            env.link_base()
        };
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_SHA", "abc"),
        ];
        let parsed = |s: &str| s.parse().ok();
        assert_eq!(link(&github), parsed("https://github.com/o/r/blob/abc/"));
        assert_eq!(link(&github[..2]), None);
        assert_eq!(link(&[github[0], github[1], ("GITHUB_SHA", "a)b")]), None);
        let gitlab = [
            ("CI_PROJECT_URL", "https://gitlab.example/g/p"),
            ("CI_COMMIT_SHA", "abc"),
        ];
        assert_eq!(
            link(&gitlab),
            parsed("https://gitlab.example/g/p/-/blob/abc")
        );
    }

    #[test]
    fn every_key_has_a_variable() {
        let said = env(&[
            ("AEGIS_SCAN_EXCLUDE", "tests/, *.{pyi,py2}"),
            ("AEGIS_SCAN_FAIL_ON", "high"),
            ("AEGIS_SCAN_STRICT", "true"),
            ("AEGIS_SCAN_THREADS", ""),
            ("AEGIS_INSTRUMENT", "1"),
        ]);
        let said = said.scan().unwrap();
        let globs: Vec<String> = said.exclude.unwrap().into_iter().map(Into::into).collect();
        assert_eq!(globs, ["tests/", "*.{pyi,py2}"]);
        assert_eq!(
            (said.fail_on, said.strict, said.threads),
            (Some(FailOn::High), Some(true), None)
        );
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let message = |k, v| env(&[(k, v)]).scan().unwrap_err().to_string();
        insta::assert_snapshot!(message("AEGIS_SCAN_EXLUDE", "x"), @"variable AEGIS_SCAN_EXLUDE is not known; did you mean `AEGIS_SCAN_EXCLUDE`?");
        insta::assert_snapshot!(message("AEGIS_SCAN_FAIL_ON", "bad"), @"variable AEGIS_SCAN_FAIL_ON: `bad` is not known; expected info, low, medium, high, critical or none");
        insta::assert_snapshot!(message("AEGIS_SCAN_STRICT", "yes"), @"variable AEGIS_SCAN_STRICT: provided string was not `true` or `false`");
    }
}
