//! `docs/policy-commands.md`: every command in it is run, and prints what the page says.
//!
//! A block below a line that is a file name in backticks and a colon is that file. A `console` block
//! holds commands and what they print; `# exits with N` behind a command is its exit code. The
//! blocks below one heading share a folder. `AEGIS_BLESS=1` refreshes what is printed.

use std::fmt::Write;
use std::fs;

use crate::harness::{Tree, repository};

const PAGE: &str = "docs/policy-commands.md";

/// A page as it would be if all of it were true.
fn played(page: &str) -> (String, usize) {
    let mut out = String::new();
    let mut tree = Tree::new(&[]);
    let mut file = None;
    let mut commands = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line.starts_with("## ") {
            tree = Tree::new(&[]);
        }
        let name = line.strip_prefix('`').and_then(|l| l.strip_suffix("`:"));
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            if language == "console" {
                for line in block.iter().filter(|l| l.starts_with("$ ")) {
                    let _ = writeln!(out, "{line}\n{}", printed(&tree, line).trim_end());
                    commands += 1;
                }
            } else {
                let text: String = block.iter().map(|l| format!("{l}\n")).collect();
                if let Some(name) = file.take() {
                    tree.write(name, &text);
                }
                out += &text;
            }
            out += "```\n";
        } else if !line.is_empty() {
            file = name;
        }
    }
    (out, commands)
}

/// What a command line prints, both streams.
fn printed(tree: &Tree, line: &str) -> String {
    let (command, comment) = line.split_once("  # ").unwrap_or((line, ""));
    let words = split(command.trim_start_matches("$ "));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = match words.as_slice() {
        ["aegis", words @ ..] => tree.words(words),
        ["cat", name] => return tree.read(name),
        other => panic!("{other:?} is no command of the page"),
    };
    let code = comment
        .strip_prefix("exits with ")
        .map_or(0, |code| code.parse().unwrap());
    assert_eq!(run.code, code, "{line}\n{}", run.all());
    format!("{}{}", run.out, run.err)
}

/// The words of a command line; single quotes hold one together.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (i, part) in line.split('\'').enumerate() {
        let mut pieces = part.split(' ').filter(|_| i % 2 == 0);
        match pieces.next() {
            Some(first) => words.last_mut().unwrap().push_str(first),
            None => words.last_mut().unwrap().push_str(part),
        }
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_prints_what_the_page_says() {
    let path = repository().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (want, commands) = played(&page);
    assert!(commands > 12, "only {commands} commands were found");
    if std::env::vars_os().any(|(name, _)| name == "AEGIS_BLESS") {
        fs::write(&path, &want).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap();
    for (have, want) in page.lines().zip(want.lines()) {
        assert_eq!(
            have, want,
            "{PAGE} is stale: run `AEGIS_BLESS=1 cargo test`"
        );
    }
    assert_eq!(
        page, want,
        "{PAGE} is stale: run `AEGIS_BLESS=1 cargo test`"
    );
}

#[test]
fn quotes_hold_words_together() {
    assert_eq!(
        split("aegis x 'a b' c='d e'f"),
        ["aegis", "x", "a b", "c=d ef"]
    );
}
