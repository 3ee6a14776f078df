//! From the files of the gate to all surfaces, in a fixed order, and to a verdict.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::api::{ApiError, Client, Patience};
use crate::event::{Kind, Run};
use crate::notice::{Level, say};
use crate::report::Report;
use crate::runner::Runner;
use crate::surfaces::comment::{Key, When};
use crate::surfaces::{
    Done, SurfaceError, annotations, check_run, comment, outputs, sarif, status, summary,
};

/// How a gate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check holds.
    Success,
    /// A check does not hold.
    Failure,
    /// There was nothing to judge, which is no success.
    NothingAnalysed,
    /// The gate could not judge, which is no success either.
    Error,
}

impl Verdict {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::NothingAnalysed => "nothing-analysed",
            Self::Error => "error",
        }
    }

    /// From the exit code of the gate and its report: both must say that all is well.
    #[must_use]
    pub fn of(exit: u8, report: Option<&Report>) -> Self {
        match (exit, report) {
            (0, Some(report)) if report.change.is_none() => Self::Error,
            (0, Some(report)) if report.failed().next().is_some() => Self::Failure,
            (0, Some(_)) => Self::Success,
            (1, _) => Self::Failure,
            (3, _) => Self::NothingAnalysed,
            _ => Self::Error,
        }
    }
}

/// What the gate left behind.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// Its exit code.
    pub exit: u8,
    /// Its report; `None` if it wrote none.
    pub report: Option<Report>,
    /// The report as Markdown.
    pub markdown: Option<String>,
    /// The report as SARIF.
    pub sarif: Option<Vec<u8>>,
    /// What it said on stderr, for the case that it wrote no report.
    pub said: String,
    /// Files for the steps after this one, by the name of the output.
    pub files: Vec<(&'static str, PathBuf)>,
}

/// What is to be shown where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The way from the root of the repository to where the gate ran.
    pub root: String,
    /// Whether lines are annotated.
    pub annotations: bool,
    /// Whether the SARIF file is uploaded.
    pub upload: bool,
    /// When there is a comment.
    pub comment: When,
    /// Which comment it is.
    pub key: Key,
    /// The name of the check run; `None` for none.
    pub check_run: Option<String>,
    /// The context of the commit status; `None` for none.
    pub status: Option<String>,
    /// How long to wait for GitHub.
    pub patience: Patience,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The verdict, which no surface changes.
    pub verdict: Verdict,
}

/// Shows the outcome of a gate on every surface that is wanted. A surface that fails says so and
/// stops nothing.
///
/// # Errors
///
/// If the log cannot be written to.
pub fn publish(
    gate: &Gate,
    run: &Run,
    runner: &Runner,
    settings: &Settings,
    out: &mut dyn Write,
) -> io::Result<Published> {
    let verdict = Verdict::of(gate.exit, gate.report.as_ref());
    let title = title(verdict, gate);
    let markdown = markdown(verdict, gate, &title);
    let notes = gate
        .report
        .as_ref()
        .map(|report| annotations::ranked(report, &settings.root));
    let notes = notes.unwrap_or_default();
    let mut client = Lazy::new(runner, settings.patience.clone());

    let done = summary::show(runner.step_summary.as_deref(), &markdown);
    tell("step summary", done, out)?;
    if settings.annotations {
        let done = annotations::write(&notes, out)?;
        tell("annotations", Ok(done), out)?;
    }
    if settings.upload {
        let done = code_scanning(gate, run, runner, &mut client);
        tell("code scanning", done, out)?;
    }
    if settings.comment != When::Never && (run.pull.is_some() || settings.comment == When::Always) {
        let wanted = comment::Wanted {
            when: settings.comment,
            key: &settings.key,
            markdown: &markdown,
            news: gate.report.as_ref().is_none_or(Report::has_news) || verdict != Verdict::Success,
        };
        let done = client.unless(run.read_only, |c| comment::show(&wanted, run, runner, c));
        tell("comment", done, out)?;
    }
    if let Some(name) = &settings.check_run {
        let wanted = check_run::Wanted {
            name,
            verdict,
            title: &title,
            markdown: &markdown,
            annotations: &notes,
        };
        let done = client.unless(run.read_only, |c| check_run::show(&wanted, run, runner, c));
        tell("check run", done, out)?;
    }
    if let Some(context) = &settings.status {
        let done = client.unless(run.read_only, |c| {
            status::show(context, verdict, &title, run, runner, c)
        });
        tell("commit status", done, out)?;
    }
    let done = outputs::show(runner.output.as_deref(), &values(verdict, gate));
    tell("outputs", done, out)?;
    let level = if verdict == Verdict::Success {
        Level::Notice
    } else {
        Level::Error
    };
    say(out, level, "Aegis", &title)?;
    Ok(Published { verdict })
}

fn code_scanning(
    gate: &Gate,
    run: &Run,
    runner: &Runner,
    client: &mut Lazy<'_>,
) -> Result<Done, SurfaceError> {
    let Some(file) = &gate.sarif else {
        return Ok(Done::Skipped("the gate wrote no SARIF file".to_owned()));
    };
    if let Some(why) = sarif::obstacle(run) {
        return Ok(Done::Skipped(why));
    }
    client.unless(None, |client| sarif::upload(file, run, runner, client))
}

/// A client that is made when it is first needed.
struct Lazy<'a> {
    runner: &'a Runner,
    patience: Patience,
    client: Option<Client>,
}

impl<'a> Lazy<'a> {
    fn new(runner: &'a Runner, patience: Patience) -> Self {
        Self {
            runner,
            patience,
            client: None,
        }
    }

    /// Does something with the client, unless the token is known to be of no use for it.
    fn unless(
        &mut self,
        obstacle: Option<&str>,
        show: impl FnOnce(&mut Client) -> Result<Done, SurfaceError>,
    ) -> Result<Done, SurfaceError> {
        if let Some(why) = obstacle {
            return Ok(Done::Skipped(why.to_owned()));
        }
        if self.client.is_none() {
            let api = |error| SurfaceError::Api(error, "");
            let token = self
                .runner
                .token
                .clone()
                .ok_or(ApiError::NoToken)
                .map_err(api)?;
            let client = Client::new(&self.runner.api_url, token, self.patience.clone());
            self.client = Some(client.map_err(api)?);
        }
        match &mut self.client {
            Some(client) => show(client),
            None => Err(SurfaceError::Api(ApiError::NoToken, "")),
        }
    }
}

/// Says how a surface ended, if that is worth a line.
fn tell(surface: &str, done: Result<Done, SurfaceError>, out: &mut dyn Write) -> io::Result<()> {
    let (what, why) = match done {
        Ok(Done::Shown(None)) => return Ok(()),
        Ok(Done::Shown(Some(said))) => (surface.to_owned(), said),
        Ok(Done::Skipped(why)) => (format!("no {surface}"), why),
        Err(error) => (format!("no {surface}"), error.to_string()),
    };
    say(out, Level::Notice, &format!("Aegis: {what}"), &why)
}

/// The outcome in one line.
fn title(verdict: Verdict, gate: &Gate) -> String {
    let said = || aegis_report::clean::short(last_error(&gate.said), 300);
    let Some(report) = &gate.report else {
        return match verdict {
            Verdict::NothingAnalysed => format!("Nothing could be analysed: {}", said()),
            _ => format!("The gate could not judge: {}", said()),
        };
    };
    let points = |points: Option<u16>| points.map_or("n/a".to_owned(), |p| p.to_string());
    let score = match report.change.as_ref().map(|change| change.base.is_some()) {
        Some(true) => format!(
            "{} → {}",
            points(report.points_before()),
            points(report.points())
        ),
        _ => points(report.points()),
    };
    let failed: Vec<&str> = report
        .failed()
        .map(|check| check.message.as_str())
        .collect();
    let verdict = match verdict {
        Verdict::Success => "passed".to_owned(),
        Verdict::Failure if !failed.is_empty() => format!("failed: {}", failed.join("; ")),
        Verdict::Failure => "failed".to_owned(),
        Verdict::NothingAnalysed => "nothing could be analysed".to_owned(),
        Verdict::Error => format!("could not judge: {}", said()),
    };
    aegis_report::clean::line(&format!("Governance score {score}, gate {verdict}")).into_owned()
}

/// The last error that the gate reported, else the last line it wrote.
fn last_error(said: &str) -> &str {
    let lines = || said.lines().rev().filter(|line| !line.trim().is_empty());
    let error = lines().find_map(|line| line.strip_prefix("error: "));
    error
        .or_else(|| lines().next())
        .unwrap_or("it says nothing about why")
}

/// What people read: the gate's own Markdown, or why there is none.
fn markdown(verdict: Verdict, gate: &Gate, title: &str) -> String {
    if let Some(markdown) = gate.markdown.as_ref().filter(|_| gate.report.is_some()) {
        return markdown.clone();
    }
    let head = if verdict == Verdict::Success {
        "passed"
    } else {
        "failed"
    };
    let fence = "`".repeat(3.max(longest_run(&gate.said, '`') + 1));
    let said: String = gate
        .said
        .lines()
        .map(|line| aegis_report::clean::line(line) + "\n")
        .collect();
    let log = match said.trim().is_empty() {
        true => String::new(),
        false => format!("\n{fence}text\n{said}{fence}\n"),
    };
    // The title may quote scanned text, so it goes into code.
    format!("## Aegis gate {head}\n\n{}\n{log}", in_code(title))
}

/// A text as inline code, whatever it holds.
fn in_code(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text, '`') + 1);
    format!("{ticks} {text} {ticks}")
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut now) = (0, 0);
    for c in text.chars() {
        now = if c == of { now + 1 } else { 0 };
        longest = longest.max(now);
    }
    longest
}

/// The outputs of the step.
fn values(verdict: Verdict, gate: &Gate) -> Vec<(&'static str, String)> {
    let mut values = vec![("conclusion", verdict.as_str().to_owned())];
    let number = |n: Option<u16>| n.map_or("n/a".to_owned(), |n| n.to_string());
    let report = gate.report.as_ref();
    let change = report.and_then(|report| report.change.as_ref());
    values.push(("score", number(report.and_then(Report::points))));
    values.push((
        "previous-score",
        number(report.and_then(Report::points_before)),
    ));
    let grade = report.and_then(Report::grade);
    values.push(("grade", grade.map_or("n/a".to_owned(), String::from)));
    let count = |count: Option<usize>| count.map_or(String::new(), |n| n.to_string());
    values.push(("findings", count(report.map(|r| r.summary.findings))));
    values.push((
        "new-findings",
        count(report.map(|r| r.new_findings().count())),
    ));
    values.push(("fixed-findings", count(change.map(|c| c.fixed.len()))));
    values.push((
        "suppressed-findings",
        count(report.map(|r| r.summary.suppressed)),
    ));
    values.push((
        "call-sites",
        count(report.map(|r| r.summary.call_sites.total)),
    ));
    values.push((
        "governed-call-sites",
        count(report.map(|r| r.summary.call_sites.governed)),
    ));
    let files = gate.files.iter().filter(|(_, path)| path.is_file());
    values.extend(files.map(|(name, path)| (*name, shown(path))));
    values
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether the run judges the base branch instead of the pull request, which deserves a word.
#[must_use]
pub fn judges_base(run: &Run, runner: &Runner, head: Option<&crate::event::Head>) -> bool {
    run.kind == Kind::PullRequestTarget && run.is_base(runner, head)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::tests::{document, finding, report};
    use crate::runner::tests::runner;

    fn settings() -> Settings {
        Settings {
            root: String::new(),
            annotations: true,
            upload: true,
            comment: When::Changes,
            key: Key::parse("aegis").unwrap(),
            check_run: None,
            status: None,
            patience: Patience::default(),
        }
    }

    fn published(gate: &Gate) -> (Verdict, String) {
        let runner = runner("schedule", json!({}));
        let run = Run::read(&runner, None).unwrap();
        let mut out = Vec::new();
        let done = publish(gate, &run, &runner, &settings(), &mut out).unwrap();
        (done.verdict, String::from_utf8(out).unwrap())
    }

    #[test]
    fn surfaces_that_fail_say_so_and_the_verdict_stands() {
        let gate = Gate {
            report: Some(report(&document(&[finding("low", "a.py", 2, false)]))),
            sarif: Some(b"{}".to_vec()),
            ..Gate::default()
        };
        let (verdict, log) = published(&gate);
        assert_eq!(verdict, Verdict::Success);
        insta::assert_snapshot!(log, @"
        ::notice title=Aegis%3A no step summary::there is no step summary: GITHUB_STEP_SUMMARY is not set
        ::notice file=a.py,line=2,endLine=2,col=5,endColumn=9,title=AEG101 ungoverned-llm-call::OpenAI call is not governed%0Aknown before this change%0Ahelp: call `aegis.auto_instrument()` first
        ::notice title=Aegis%3A no code scanning::there is no token: give the step `GITHUB_TOKEN`
        ::notice title=Aegis%3A no outputs::there is no place for outputs: GITHUB_OUTPUT is not set
        ::notice title=Aegis::Governance score 84 → 84, gate passed
        ");
    }

    #[test]
    fn a_gate_that_could_not_judge_never_passes() {
        let broken = Gate {
            exit: 2,
            said: "note\nerror: no `policy.yaml`\n".into(),
            ..Gate::default()
        };
        let (verdict, log) = published(&broken);
        assert_eq!(verdict, Verdict::Error);
        assert!(
            log.contains("::error title=Aegis::The gate could not judge: no `policy.yaml`"),
            "{log}"
        );
        assert_eq!(Verdict::of(0, None), Verdict::Error, "no report");
        assert_eq!(Verdict::of(3, None), Verdict::NothingAnalysed);
        assert_eq!(Verdict::of(101, None), Verdict::Error);
        let failing = report(&document(&[finding("high", "a.py", 1, true)]));
        assert_eq!(
            Verdict::of(0, Some(&failing)),
            Verdict::Failure,
            "a check that fails"
        );
        let mut scan = document(&[]);
        scan["change"] = serde_json::Value::Null;
        assert_eq!(
            Verdict::of(0, Some(&report(&scan))),
            Verdict::Error,
            "no gate ran"
        );
    }

    #[test]
    fn text_of_the_gate_cannot_leave_its_block() {
        let gate = Gate {
            exit: 2,
            said: "error: ````\n# Passed\n".into(),
            ..Gate::default()
        };
        let text = markdown(Verdict::Error, &gate, "a ``b");
        insta::assert_snapshot!(text, @"
        ## Aegis gate failed

        ``` a ``b ```

        `````text
        error: ````
        # Passed
        `````
        ");
    }
}
