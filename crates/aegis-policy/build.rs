//! Makes the tables of `src/effect/tables.rs` from the reference data on tool names when Aegis is
//! built: a bad entry stops the build, and a start costs no JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use serde::Deserialize;

#[path = "src/effect/endings.rs"]
mod endings;
#[path = "src/effect/hash.rs"]
mod hash;
#[path = "build/inflect.rs"]
mod inflect;

/// Effects from the one easiest to take back to the one hardest, as `effect::worse` ranks them.
const BY_HARM: [&str; 9] = [
    "read",
    "write",
    "send",
    "deploy",
    "execute",
    "exfiltrate",
    "privilege",
    "pay",
    "delete",
];

/// The uses of words that are verbs often enough to be found inside longer ones.
const SURE: [&str; 2] = ["Verb", "Both"];

#[derive(Deserialize)]
struct Vocabulary {
    verbs: Vec<Verb>,
    nominal: BTreeMap<String, String>,
    object_raise: BTreeMap<String, Vec<String>>,
    making: Vec<String>,
    words: Words,
}

#[derive(Deserialize)]
struct Verb {
    verb: String,
    effect: String,
    #[serde(rename = "use", default = "verb")]
    used: String,
}

fn verb() -> String {
    "verb".to_owned()
}

/// Words that are no verbs, by what they do in a name.
#[derive(Deserialize)]
struct Words {
    skip: Vec<String>,
    cut: Vec<String>,
    join: Vec<String>,
    state: Vec<String>,
    listing: Vec<String>,
    compound: Vec<String>,
    plain: Vec<String>,
}

#[derive(Deserialize)]
struct Catalogue {
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    tool: String,
    effect: String,
    basis: String,
}

/// One row of the word table.
#[derive(Default, Clone, Debug)]
struct Row {
    verb: Option<(String, &'static str)>,
    raises: Option<String>,
    role: Option<&'static str>,
    compound: bool,
    makes: bool,
}

type Rows = BTreeMap<String, Row>;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=src/effect/hash.rs");
    println!("cargo:rerun-if-changed=src/effect/endings.rs");
    println!("cargo:rerun-if-changed=build");
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("effect_tables.rs");
    let written = tables().and_then(|text| {
        fs::write(&out, text).map_err(|e| format!("cannot write {}: {e}", out.display()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            println!("cargo:error={e}");
            ExitCode::FAILURE
        }
    }
}

fn tables() -> Result<String, String> {
    let vocabulary: Vocabulary = serde_json::from_str(aegis_policies::VOCABULARY)
        .map_err(|e| format!("policies/reference/vocabulary.json: {e}"))?;
    let catalogue: Catalogue = serde_json::from_str(aegis_policies::REAL_TOOLS)
        .map_err(|e| format!("policies/reference/real-tools.json: {e}"))?;
    let mut rows = Rows::new();
    add_verbs(&mut rows, &vocabulary)?;
    add_words(&mut rows, &vocabulary)?;
    inflect_verbs(&mut rows);
    prefix_verbs(&mut rows);
    add_catalogue_nouns(&mut rows, &catalogue);
    let mut text = String::new();
    write_words(&mut text, &rows);
    write_tools(&mut text, &tools(&catalogue)?);
    Ok(text)
}

/// A word as it is looked up, and whether it is several words in one.
fn squeezed(word: &str) -> (String, bool) {
    let text: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    (text.to_ascii_lowercase(), word.contains([' ', '_']))
}

fn sureness(used: &str) -> usize {
    ["First", "Noun", "Both", "Verb"]
        .iter()
        .position(|u| *u == used)
        .unwrap_or(0)
}

fn known_effect(effect: &str, of: &str) -> Result<(), String> {
    if BY_HARM.contains(&effect) {
        Ok(())
    } else {
        Err(format!("`{effect}` of `{of}` is not an effect"))
    }
}

fn add_verbs(rows: &mut Rows, vocabulary: &Vocabulary) -> Result<(), String> {
    for verb in &vocabulary.verbs {
        known_effect(&verb.effect, &verb.verb)?;
        let used = match verb.used.as_str() {
            "verb" => "Verb",
            "both" => "Both",
            "noun" => "Noun",
            "first" => "First",
            // It is known, but as often reads as not: its names stay unknown.
            "unsure" => continue,
            other => return Err(format!("`{other}` of `{}` is not a use", verb.verb)),
        };
        let (text, compound) = squeezed(&verb.verb);
        let row = rows.entry(text).or_default();
        // `log_in` and `login` are one word here; the spelling that is surer of itself counts.
        match &mut row.verb {
            Some((effect, _)) if *effect != verb.effect => {
                return Err(format!("verb `{}` is listed twice and differs", verb.verb));
            }
            Some((_, before)) if sureness(before) >= sureness(used) => {}
            other => *other = Some((verb.effect.clone(), used)),
        }
        row.compound |= compound;
    }
    for (word, effect) in &vocabulary.nominal {
        known_effect(effect, word)?;
        let row = rows.entry(squeezed(word).0).or_default();
        if row.verb.is_some() {
            return Err(format!("nominal `{word}` is a verb as well"));
        }
        row.verb = Some((effect.clone(), "Noun"));
    }
    Ok(())
}

fn add_words(rows: &mut Rows, vocabulary: &Vocabulary) -> Result<(), String> {
    for word in &vocabulary.making {
        match rows.get_mut(word) {
            Some(row) if row.verb.is_some() => row.makes = true,
            _ => return Err(format!("`{word}` makes something and is no verb")),
        }
    }
    for (effect, nouns) in &vocabulary.object_raise {
        known_effect(effect, "object_raise")?;
        for noun in nouns {
            let (text, compound) = squeezed(noun);
            let row = rows.entry(text.clone()).or_default();
            row.raises = Some(effect.clone());
            row.compound |= compound;
            if !rows.contains_key(&inflect::third(&text)) {
                let plural = rows.entry(inflect::third(&text)).or_default();
                plural.raises = Some(effect.clone());
                plural.compound = compound;
            }
        }
    }
    let words = &vocabulary.words;
    for (role, list) in [
        ("Skip", &words.skip),
        ("Cut", &words.cut),
        ("Join", &words.join),
        ("State", &words.state),
        ("Listing", &words.listing),
    ] {
        for word in list {
            let (text, compound) = squeezed(word);
            let row = rows.entry(text).or_default();
            row.compound |= compound;
            if row.role.replace(role).is_some() {
                return Err(format!("`{word}` has two roles"));
            }
        }
    }
    for word in &words.compound {
        let (text, _) = squeezed(word);
        rows.entry(inflect::third(&text)).or_default().compound = true;
        rows.entry(text).or_default().compound = true;
    }
    for word in &words.plain {
        rows.entry(squeezed(word).0).or_default();
    }
    Ok(())
}

/// Adds `rerun` and `unpin`: doing it again does the same, and undoing it writes at least.
fn prefix_verbs(rows: &mut Rows) {
    let deeds: Vec<(String, String, &'static str)> = verbs(rows)
        .into_iter()
        .filter(|(text, effect, used)| {
            effect != "read" && SURE.contains(used) && !text.ends_with('s')
        })
        .collect();
    for (text, effect, used) in deeds {
        let undone = if effect == "delete" {
            "write".to_owned()
        } else {
            effect.clone()
        };
        for (prefix, effect) in [("re", effect), ("un", undone)] {
            rows.entry(format!("{prefix}{text}"))
                .or_insert_with(|| Row {
                    verb: Some((effect, used)),
                    ..Row::default()
                });
        }
    }
}

/// The verbs of one word, with their effect and use.
fn verbs(rows: &Rows) -> Vec<(String, String, &'static str)> {
    rows.iter()
        .filter(|(_, row)| !row.compound)
        .filter_map(|(text, row)| {
            let (effect, used) = row.verb.clone()?;
            Some((text.clone(), effect, used))
        })
        .collect()
}

/// Adds the forms of the verbs: `deletes` is a verb, `deleted` is not (`list_deleted_items`), and
/// `deleting` may be one. A form that is a word of its own stays what it is.
fn inflect_verbs(rows: &mut Rows) {
    for (text, effect, used) in verbs(rows) {
        let sure = used == "Verb";
        let third = sure.then(|| (effect.clone(), "Both"));
        rows.entry(inflect::third(&text)).or_insert_with(|| Row {
            verb: third,
            ..Row::default()
        });
        for past in inflect::past(&text) {
            rows.entry(past).or_default();
        }
        let during = (sure && effect != "read").then(|| (effect.clone(), "Noun"));
        for ing in inflect::ing(&text) {
            rows.entry(ing).or_insert_with(|| Row {
                verb: during.clone(),
                ..Row::default()
            });
        }
    }
}

/// The words of published names that are nothing else are things. Knowing them, words written
/// together can be told apart (`listkeyspaces`). One that may be a verb and a thing written
/// together is left out.
fn add_catalogue_nouns(rows: &mut Rows, catalogue: &Catalogue) {
    let deeds: Vec<String> = verbs(rows)
        .into_iter()
        .filter(|(text, effect, used)| text.len() >= 5 && effect != "read" && *used == "Verb")
        .map(|(text, ..)| text)
        .collect();
    let hides = |word: &str| {
        deeds.iter().any(|deed| {
            let before = word.strip_suffix(deed.as_str());
            let after = word.strip_prefix(deed.as_str());
            before.is_some_and(|rest| rest.len() >= 3)
                || after.is_some_and(|rest| rest.len() >= 3 && !endings::is_ending(rest.as_bytes()))
        })
    };
    for tool in &catalogue.tools {
        for word in split(&tool.tool) {
            if word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) && !hides(&word) {
                rows.entry(word).or_default();
            }
        }
    }
}

/// The words of a name as published, by case and separators.
fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let next_lower = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let starts = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && next_lower));
        if starts || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Published names and their worst effect. What was only supposed to read is left to its words.
fn tools(catalogue: &Catalogue) -> Result<BTreeMap<String, usize>, String> {
    let mut found = BTreeMap::new();
    for tool in catalogue.tools.iter().filter(|t| t.basis != "default_read") {
        known_effect(&tool.effect, &tool.tool)?;
        let harm = BY_HARM.iter().position(|e| *e == tool.effect).unwrap_or(0);
        let worst = found.entry(squeezed(&tool.tool).0).or_insert(harm);
        *worst = harm.max(*worst);
    }
    Ok(found)
}

fn variant(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    format!("Effect::{}{rest}", first.to_ascii_uppercase())
}

fn write_words(text: &mut String, rows: &Rows) {
    let _ = writeln!(text, "static WORDS: [Entry; {}] = [", rows.len());
    let mut at = 0;
    for (word, row) in rows {
        let verb = row.verb.as_ref().map_or_else(
            || "None".to_owned(),
            |(effect, used)| format!("Some(({}, Use::{used}))", variant(effect)),
        );
        let raises = row
            .raises
            .as_ref()
            .map_or_else(|| "None".to_owned(), |e| format!("Some({})", variant(e)));
        let role = row.role.unwrap_or("Plain");
        let (makes, compound) = (row.makes, row.compound);
        let _ = writeln!(
            text,
            "w({at}, {}, {verb}, {raises}, Role::{role}, ({makes}, {compound})),",
            word.len()
        );
        at += word.len();
    }
    text.push_str("];\n");
    write_longest(text, rows.keys());
    write_texts(text, "WORD", rows.keys());
}

fn write_tools(text: &mut String, tools: &BTreeMap<String, usize>) {
    let _ = writeln!(text, "static TOOLS: [Tool; {}] = [", tools.len());
    let mut at = 0;
    for (name, harm) in tools {
        let effect = variant(BY_HARM[*harm]);
        let _ = writeln!(text, "t({at}, {}, {effect}),", name.len());
        at += name.len();
    }
    text.push_str("];\n");
    write_texts(text, "TOOL", tools.keys());
}

/// The letters of the longest word by its first three.
fn write_longest<'a>(text: &mut String, words: impl Iterator<Item = &'a String>) {
    let mut longest = vec![0; 26 * 26 * 26];
    for word in words.filter(|w| w.bytes().all(|b| b.is_ascii_lowercase())) {
        if let Some(start) = word.as_bytes().get(..3) {
            let index = start.iter().fold(0, |i, b| i * 26 + usize::from(b - b'a'));
            longest[index] = word.len().max(longest[index]);
        }
    }
    let _ = writeln!(
        text,
        "static LONGEST: [u8; {}] = {longest:?};",
        longest.len()
    );
}

/// The texts in one string, and an open-addressing table of their numbers, at most half full.
fn write_texts<'a>(
    text: &mut String,
    name: &str,
    keys: impl ExactSizeIterator<Item = &'a String> + Clone,
) {
    let all: String = keys.clone().map(String::as_str).collect();
    let _ = writeln!(text, "static {name}_TEXT: &str = {all:?};");
    let size = (keys.len() * 2).next_power_of_two();
    let mut slots = vec![(0usize, 0u16); size];
    for (number, key) in keys.enumerate() {
        let state = hash::of(key.as_bytes());
        let mut slot = hash::slot(state, size);
        while slots[slot].0 != 0 {
            slot = (slot + 1) & (size - 1);
        }
        slots[slot] = (number + 1, hash::check(state));
    }
    let _ = writeln!(text, "static {name}_SLOTS: [Slot; {size}] = [");
    for (number, check) in slots {
        let _ = writeln!(text, "s({number}, {check}),");
    }
    text.push_str("];\n");
}
