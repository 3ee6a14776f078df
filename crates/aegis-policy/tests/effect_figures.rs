//! How often the effect of a tool is found as its vendor declares it. The figures in the comments
//! and in the documentation come from here:
//!
//! ```sh
//! cargo test -p aegis-policy --test effect_figures -- --nocapture
//! ```
//!
//! Right is: declared read-only and called reading, or declared not read-only and called anything
//! else. Unknown is not right, but safe: nothing is made automatic by it.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may fail it as the test itself may"
)]

use std::fmt;

use aegis_policy::action::Hints;
use aegis_policy::effect;
use aegis_policy::model::Effect;
use serde_json::Value;

/// A tool and what its vendor declares.
struct Declared {
    server: String,
    name: String,
    read_only: bool,
    destructive: Option<bool>,
    /// The name plainly says more than the declaration; the stricter of the two holds.
    conflict: bool,
}

/// The tools of the published catalogue whose servers declare `readOnlyHint`.
fn catalogue() -> Vec<Declared> {
    let data: Value = serde_json::from_str(aegis_policies::REAL_TOOLS).unwrap();
    let tools = data["tools"].as_array().unwrap();
    tools
        .iter()
        .filter_map(|tool| {
            Some(Declared {
                server: tool["server"].as_str()?.to_owned(),
                name: tool["tool"].as_str()?.to_owned(),
                read_only: tool["declared_read_only"].as_bool()?,
                destructive: tool["declared_destructive"].as_bool(),
                conflict: tool["hint_conflict"].as_bool().unwrap_or(false),
            })
        })
        .collect()
}

/// The tools nobody looked at while the words were chosen.
fn held_out() -> Vec<Declared> {
    declared_in(include_str!("data/held-out-tools.json"))
}

/// More of them, collected later, when those above had been printed by this test many times.
fn fresh() -> Vec<Declared> {
    declared_in(include_str!("data/fresh-tools.json"))
}

fn declared_in(text: &str) -> Vec<Declared> {
    let data: Value = serde_json::from_str(text).unwrap();
    let mut tools = Vec::new();
    for source in data["sources"].as_array().unwrap() {
        let names = |key: &str| -> Vec<String> {
            let list = source[key].as_array().cloned().unwrap_or_default();
            list.iter()
                .map(|n| n.as_str().unwrap().to_owned())
                .collect()
        };
        let conflicts = names("conflict");
        for (key, read_only, destructive) in [
            ("read_only", true, None),
            ("not_read_only", false, None),
            ("destructive", false, Some(true)),
        ] {
            tools.extend(names(key).into_iter().map(|name| Declared {
                server: source["repo"].as_str().unwrap().to_owned(),
                conflict: conflicts.contains(&name),
                name,
                read_only,
                destructive,
            }));
        }
    }
    assert_eq!(tools.len() as u64, data["count"].as_u64().unwrap());
    tools
}

/// What was found, by what is declared.
struct Table {
    title: &'static str,
    /// Read, the other effects in their order, unknown; for tools declared read-only and for others.
    rows: [[usize; 10]; 2],
    conflicts: usize,
    wrong: Vec<String>,
}

impl Table {
    fn of(
        title: &'static str,
        tools: &[Declared],
        find: impl Fn(&Declared) -> Option<Effect>,
    ) -> Self {
        let mut table = Self {
            title,
            rows: [[0; 10]; 2],
            conflicts: 0,
            wrong: Vec::new(),
        };
        for tool in tools {
            let found = find(tool);
            let column = found.map_or(9, |e| Effect::ALL.iter().position(|a| *a == e).unwrap());
            table.rows[usize::from(!tool.read_only)][column] += 1;
            let right = (found == Some(Effect::Read)) == tool.read_only && found.is_some();
            if !right && tool.conflict {
                table.conflicts += 1;
            } else if !right {
                let declared = if tool.read_only { "reads" } else { "does not" };
                let found = found.map_or("unknown", Effect::as_str);
                table.wrong.push(format!(
                    "{declared}, {found}: {} ({})",
                    tool.name, tool.server
                ));
            }
        }
        table
    }

    fn all(&self) -> usize {
        self.rows.iter().flatten().sum()
    }

    fn right(&self) -> f64 {
        let [reads, others] = &self.rows;
        percent(reads[0] + others[1..9].iter().sum::<usize>(), self.all())
    }

    fn unknown(&self) -> f64 {
        percent(self.rows[0][9] + self.rows[1][9], self.all())
    }

    /// The writes that were called reading: the mistake that costs.
    fn writes_called_read(&self) -> f64 {
        percent(self.rows[1][0], self.rows[1].iter().sum())
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{}: {} tools\n  right {:.1} %, unknown {:.1} %, writes called read {:.2} %, \
             declared read-only against their name {}",
            self.title,
            self.all(),
            self.right(),
            self.unknown(),
            self.writes_called_read(),
            self.conflicts,
        )?;
        write!(f, "  {:<18}", "declared \\ found")?;
        for effect in Effect::ALL {
            write!(f, "{:>11}", effect.as_str())?;
        }
        writeln!(f, "{:>11}", "unknown")?;
        for (declared, row) in ["read-only", "not read-only"].iter().zip(&self.rows) {
            write!(f, "  {declared:<18}")?;
            for count in row {
                write!(f, "{count:>11}")?;
            }
            writeln!(f)?;
        }
        for wrong in &self.wrong {
            writeln!(f, "    {wrong}")?;
        }
        Ok(())
    }
}

fn without_hints(tool: &Declared) -> Option<Effect> {
    effect::find(&tool.name, None, Hints::default()).effect
}

fn with_hints(tool: &Declared) -> Option<Effect> {
    let hints = Hints {
        read_only: Some(tool.read_only),
        destructive: tool.destructive,
    };
    effect::find(&tool.name, None, hints).effect
}

fn by_words(tool: &Declared) -> Option<Effect> {
    effect::by_words(&tool.name)
}

#[test]
fn the_figures() {
    let (known, fresh, fresh_later) = (catalogue(), held_out(), fresh());
    assert!(known.len() >= 946, "{} annotated tools", known.len());
    assert!(fresh.len() >= 400, "{} held-out tools", fresh.len());
    let full = Table::of("catalogue and words", &known, without_hints);
    let live = Table::of(
        "catalogue, words and the server's own hints",
        &known,
        with_hints,
    );
    let words = Table::of("words alone", &known, by_words);
    let unseen = Table::of("words alone, tools never seen", &fresh, by_words);
    let later = Table::of(
        "words alone, a later set never seen",
        &fresh_later,
        by_words,
    );
    for table in [&full, &live, &words, &unseen, &later] {
        println!("{table}");
    }
    assert!(
        full.right() >= 95.0 && full.writes_called_read() <= 2.0,
        "{full}"
    );
    assert!(
        live.right() >= 95.0 && live.writes_called_read() == 0.0,
        "{live}"
    );
    // Floors a little below what was reached, so that a change for the worse is seen.
    assert!(
        words.right() >= 91.0 && words.writes_called_read() <= 5.0,
        "{words}"
    );
    assert!(
        unseen.right() >= 92.0 && unseen.writes_called_read() <= 2.0,
        "{unseen}"
    );
    assert!(
        later.right() >= 88.0 && later.writes_called_read() <= 4.0,
        "{later}"
    );
}

#[test]
fn a_published_tool_is_never_called_less_than_its_vendor_declares() {
    for tool in catalogue() {
        if !tool.read_only {
            assert_ne!(without_hints(&tool), Some(Effect::Read), "{}", tool.name);
        }
        if let Some(effect) = without_hints(&tool) {
            // Hints never lower, whatever the server says of itself.
            let praised = Hints {
                read_only: Some(true),
                destructive: Some(false),
            };
            let found = effect::find(&tool.name, None, praised);
            assert_eq!(found.effect, Some(effect), "{}", tool.name);
        }
    }
}

#[test]
fn spelling_makes_no_difference_to_a_published_tool() {
    for tool in catalogue() {
        let found = effect::find(&tool.name, None, Hints::default());
        for variant in [
            tool.name.to_uppercase(),
            tool.name.to_lowercase(),
            tool.name.replace(['_', '-', ' '], "-"),
            tool.name.replace(['_', '-', ' '], " "),
            tool.name.replace(['_', '-', ' '], ""),
        ] {
            let other = effect::find(&variant, None, Hints::default());
            assert_eq!(other.effect, found.effect, "{variant} as {}", tool.name);
        }
    }
}
