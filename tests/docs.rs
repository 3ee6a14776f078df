//! Documentation that speaks of the tree: what it names is there.

use std::fs;

use crate::harness::{at_home, repository};

/// Words in backticks that are paths of the repository: they have a `/` or are links to files.
fn paths(text: &str) -> Vec<String> {
    let mut code = false;
    let mut out = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            let quoted = line.split('`').skip(1).step_by(2).map(str::to_owned);
            out.extend(quoted.filter(|word| is_path(word)));
        }
    }
    out
}

fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let top = word.split('/').next().unwrap_or("");
    word.contains('/')
        && word.chars().all(plain)
        && !word.starts_with('/')
        && repository().join(top).exists()
}

#[test]
fn paths_named_by_the_guides_exist() {
    for guide in ["docs/development.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let Ok(text) = fs::read_to_string(repository().join(guide)) else {
            continue;
        };
        for path in paths(&text) {
            assert!(
                repository().join(&path).exists(),
                "{guide} names `{path}`, which does not exist"
            );
        }
    }
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    let pages = fs::read_dir(repository().join("docs"))
        .unwrap()
        .map(|e| e.unwrap().path());
    let tops =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| repository().join(name));
    for page in pages
        .chain(tops)
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
    {
        let Ok(text) = fs::read_to_string(&page) else {
            continue;
        };
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ', '#']).next())
        {
            let outside = link.is_empty() || link.contains("://") || link.starts_with("mailto:");
            assert!(
                outside || page.parent().unwrap().join(link).exists(),
                "{} links to {link}",
                page.display()
            );
        }
    }
}

#[test]
fn the_command_of_the_readme_works() {
    let run = at_home("scan fixtures/projects/support-desk");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.out.contains("call sites: "), "{}", run.out);
}
