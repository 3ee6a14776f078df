//! The Governance Score for people at a terminal: the number, what is said about the run, what it was
//! computed from, and the cheapest ways to raise it.

use aegis_diag::{ScoreGain, ScoreInput, ScorePart, Scorecard, Tenths};

use crate::paint::{Ink, Paint};
use crate::table::{Cell, Table};
use crate::{Options, clean};

/// The score with everything it was computed from. The text ends with a line ending.
#[must_use]
pub fn render(card: &Scorecard, options: &Options) -> String {
    let paint = Paint { on: options.color };
    let mut parts = vec![head(card, paint), breakdown(card, paint)];
    if !card.gains.is_empty() {
        parts.push(gains(&card.gains, paint));
    }
    parts.join("\n\n") + "\n"
}

/// The first lines alone: the number and what is said about the run. Without a line ending.
#[must_use]
pub fn summary(card: &Scorecard, options: &Options) -> String {
    head(card, Paint { on: options.color })
}

/// `84/100`, or `n/a`.
#[must_use]
pub fn headline(card: &Scorecard) -> String {
    let points = card.points();
    points.map_or_else(|| "n/a".to_owned(), |points| format!("{points}/100"))
}

/// Tenths as `84.3`.
#[must_use]
pub fn decimal(tenths: Tenths) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn head(card: &Scorecard, paint: Paint) -> String {
    let headline = format!("Governance Score: {}", headline(card));
    let mut lines = vec![paint.ink(ink(card.score), &headline)];
    if let Some(cap) = &card.cap {
        let line = format!("Held at {}: {}", decimal(cap.at), clean::line(&cap.because));
        lines.push(paint.ink(Ink::Bad, &line));
    }
    for (heading, text) in &card.facts {
        lines.push(format!("{heading}: {}", clean::line(text)));
    }
    lines.join("\n")
}

fn ink(score: Option<Tenths>) -> Ink {
    match score {
        None => Ink::Bold,
        Some(800..) => Ink::Good,
        Some(600..) => Ink::Doubtful,
        Some(_) => Ink::Bad,
    }
}

/// A table of the parts and their inputs: weight, what is reached of what, points.
fn breakdown(card: &Scorecard, paint: Paint) -> String {
    let mut table = Table::default();
    let dim = |text: &str| Cell::new(text).ink(Ink::Dim);
    table.row(vec![
        dim("input"),
        dim("weight").right(),
        dim("reached").right(),
        dim("points").right(),
        dim("where"),
    ]);
    for part in &card.parts {
        table.row(vec![
            Cell::new(part.title).ink(Ink::Bold),
            Cell::new(format!("{}%", part.weight)).right(),
            Cell::new(format!("{}%", decimal(part.score))).right(),
            Cell::new(format!("{:.1}", part_points(part))).right(),
        ]);
        let of = weighed(&part.inputs);
        table_of_inputs(&mut table, part, of);
    }
    let heading = paint.bold(&format!("Breakdown ({})", card.formula));
    let mut lines = vec![heading];
    lines.extend(table.lines(paint));
    lines.join("\n")
}

fn table_of_inputs(table: &mut Table, part: &ScorePart, of: f64) {
    for input in &part.inputs {
        let share = if of > 0.0 {
            input.weight * input.got / of
        } else {
            0.0
        };
        table.row(vec![
            Cell::new(format!("  {}", clean::line(&input.title))),
            Cell::new(number(input.weight)).right(),
            Cell::new(format!("{}/{}", number(input.got), number(input.of))).right(),
            Cell::new(format!("{:.1}", f64::from(part.weight) * share)).right(),
            Cell::new(clean::line(input.note.as_deref().unwrap_or_default())).ink(Ink::Dim),
        ]);
    }
}

fn part_points(part: &ScorePart) -> f64 {
    f64::from(part.weight) * f64::from(part.score) / 1000.0
}

fn weighed(inputs: &[ScoreInput]) -> f64 {
    inputs.iter().map(|input| input.weight * input.of).sum()
}

/// A number with a decimal only if it has one.
fn number(n: f64) -> String {
    if n.fract() == 0.0 {
        format!("{n:.0}")
    } else {
        format!("{n:.1}")
    }
}

fn gains(gains: &[ScoreGain], paint: Paint) -> String {
    let mut lines = vec![paint.bold("Cheapest ways to gain points")];
    for gain in gains {
        let points = format!("+{}", decimal(gain.gain));
        let action = clean::line(&gain.action);
        lines.push(format!(
            "  {} {action}",
            paint.ink(Ink::Good, &format!("{points:>5}"))
        ));
        if let Some(help) = &gain.help {
            lines.push(format!(
                "        {}",
                paint.ink(Ink::Dim, &clean::line(help))
            ));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use aegis_diag::ScoreCap;

    use super::*;

    fn input(title: &str, weight: f64, got: f64, of: f64, note: Option<&str>) -> ScoreInput {
        ScoreInput {
            id: title.to_lowercase(),
            title: title.to_owned(),
            weight,
            got,
            of,
            note: note.map(str::to_owned),
        }
    }

    fn card() -> Scorecard {
        let part = |id, title, weight, score, inputs| ScorePart {
            id,
            title,
            weight,
            score,
            inputs,
        };
        Scorecard {
            formula: "aegis-score/1",
            score: Some(790),
            cap: Some(ScoreCap {
                at: 790,
                because: "a critical finding is open: AEG201 at p\u{1b}.yaml:3".to_owned(),
            }),
            parts: vec![
                part(
                    "coverage",
                    "Governed calls",
                    50,
                    900,
                    vec![
                        input("Code execution", 5.0, 1.0, 1.0, None),
                        input("Model calls", 1.0, 3.5, 5.0, Some("1 partly governed")),
                    ],
                ),
                part(
                    "robustness",
                    "Policy robustness",
                    35,
                    969,
                    vec![input(
                        "Robustness score",
                        1.0,
                        96.9,
                        100.0,
                        Some("policy.yaml"),
                    )],
                ),
            ],
            gains: vec![ScoreGain {
                gain: 50,
                action: "run `aegis gate` in CI".to_owned(),
                help: Some("docs/score.md".to_owned()),
            }],
            facts: vec![("Governed calls".to_owned(), "5/6 (83%)".to_owned())],
        }
    }

    #[test]
    fn everything_that_went_in_is_shown() {
        insta::assert_snapshot!(render(&card(), &Options::default()), @"
        Governance Score: 79/100
        Held at 79.0: a critical finding is open: AEG201 at p␛.yaml:3
        Governed calls: 5/6 (83%)

        Breakdown (aegis-score/1)
          input               weight   reached  points  where
          Governed calls         50%     90.0%    45.0
            Code execution         5       1/1    25.0
            Model calls            1     3.5/5    17.5  1 partly governed
          Policy robustness      35%     96.9%    33.9
            Robustness score       1  96.9/100    33.9  policy.yaml

        Cheapest ways to gain points
           +5.0 run `aegis gate` in CI
                docs/score.md
        ");
    }

    #[test]
    fn nothing_to_govern_has_no_number() {
        let card = Scorecard {
            score: None,
            cap: None,
            parts: Vec::new(),
            gains: Vec::new(),
            facts: Vec::new(),
            ..card()
        };
        insta::assert_snapshot!(summary(&card, &Options::default()), @"Governance Score: n/a");
    }

    #[test]
    fn colours_follow_the_score() {
        let options = Options {
            color: true,
            ..Options::default()
        };
        let with = |score| {
            let card = Scorecard { score, ..card() };
            summary(&card, &options).lines().next().unwrap().to_owned()
        };
        assert!(with(Some(1000)).starts_with("\u{1b}[32m"));
        assert!(with(Some(799)).starts_with("\u{1b}[33m"));
        assert!(with(Some(599)).starts_with("\u{1b}[1;91m"));
    }
}
