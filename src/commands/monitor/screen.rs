//! What the screen of `aegis monitor` looks like.

use aegis_audit::sqlite::Record;
use aegis_report::clean;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table};

/// Most events that are fetched: more than any screen has lines.
pub(super) const ROWS: u64 = 200;

/// A value and how often it stands in events.
type Count = (Option<String>, u64);

/// What is to be seen.
pub(super) struct View {
    /// How many events the store holds.
    pub(super) size: u64,
    /// Events by what happened, most often first.
    pub(super) outcomes: Vec<Count>,
    /// Events by rule.
    pub(super) rules: Vec<Count>,
    /// The newest events, newest first.
    pub(super) newest: Vec<Record>,
}

/// Draws everything. Text that agents chose is neutralised.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View) {
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(9),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(top);
    counts(frame, left, "Outcomes", &view.outcomes);
    let rules: Vec<Count> = view
        .rules
        .iter()
        .filter(|(rule, _)| rule.is_some())
        .cloned()
        .collect();
    counts(frame, right, "Rules", &rules);
    events(frame, middle, view);
    let line = format!(" {} events   q: quit", view.size);
    frame.render_widget(Paragraph::new(line).dim(), bottom);
}

fn counts(frame: &mut Frame<'_>, area: Rect, title: &str, counts: &[Count]) {
    let line = |(value, n): &Count| {
        let name = match value.as_deref() {
            Some("") => "(defaults)".to_owned(),
            Some(value) => clean::short(value, 32),
            None => "-".to_owned(),
        };
        Line::from(format!("{n:>9}  {name}")).style(ink(value.as_deref().unwrap_or_default()))
    };
    let lines: Vec<Line<'_>> = counts.iter().map(line).collect();
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(title)),
        area,
    );
}

fn events(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let head = [
        "ID", "Session", "Action", "Target", "Risk", "Decision", "Result",
    ];
    let widths = [8, 16, 22, 28, 8, 10, 16].map(Constraint::Max);
    let rows = view.newest.iter().map(|record| {
        let columns = &record.columns;
        let cell = |text: &Option<String>| clean::short(text.as_deref().unwrap_or("-"), 40);
        let action = columns.action.as_ref().unwrap_or(&columns.event_type);
        Row::new([
            record.sequence.to_string(),
            cell(&columns.session),
            clean::short(action, 40),
            cell(&columns.target),
            cell(&columns.risk).to_lowercase(),
            cell(&columns.decision),
            clean::short(&columns.outcome, 16),
        ])
        .style(ink(&columns.outcome))
    });
    let table = Table::new(rows, widths)
        .header(Row::new(head).bold())
        .block(Block::bordered().title("Events"));
    frame.render_widget(table, area);
}

/// The colour of an outcome.
fn ink(outcome: &str) -> Style {
    match outcome {
        "blocked" | "denied" | "failed" | "panicked" | "rollback_failed" | "over_budget"
        | "sink_failed" => Color::Red.into(),
        "escalated" | "timed_out" | "rate_limited" | "looping" | "warned" | "rolled_back" => {
            Color::Yellow.into()
        }
        "allowed" | "approved" | "succeeded" => Color::Green.into(),
        _ => Style::default(),
    }
}

#[cfg(test)]
mod tests {
    use aegis_audit::event::{Action, Decision, DecisionOutcome, Risk};
    use aegis_audit::sqlite::{By, Filter};
    use aegis_audit::{Event, Options, SqliteStore, Store};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn view() -> View {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("a.db"), Options::new().unwrap()).unwrap();
        for (kind, outcome) in [
            ("read_file", DecisionOutcome::Allowed),
            ("x\u{1b}[31m\u{202e}", DecisionOutcome::Blocked),
        ] {
            let action = Action::new(kind, "notes.md", serde_json::Map::new());
            let decision = Decision::new(outcome, Risk::Low, "reads");
            store
                .record(Event::policy_decision(action, decision).session("s-1"))
                .unwrap();
        }
        let reader = store.reader().unwrap();
        let all = Filter::default();
        View {
            size: reader.size().unwrap(),
            outcomes: reader.count(&all, By::Outcome).unwrap(),
            rules: reader.count(&all, By::Rule).unwrap(),
            newest: reader.newest(&all, ROWS).unwrap(),
        }
    }

    fn screen(width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &view())).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_screen_shows_counts_and_events() {
        let screen = screen(100, 16);
        for part in [
            "Outcomes",
            "Rules",
            "Events",
            "read_file",
            "notes.md",
            "low",
            " 3 events",
        ] {
            assert!(screen.contains(part), "{part}\n{screen}");
        }
        assert!(screen.contains("x␛[31m\u{fffd}"), "{screen}");
        assert!(!screen.contains('\u{1b}'), "{screen}");
    }

    #[test]
    fn a_tiny_screen_is_no_failure() {
        for (width, height) in [(1, 1), (10, 3), (200, 2)] {
            screen(width, height);
        }
    }
}
