//! Whether a shell text gates: one of its commands is `aegis gate`, or another command of Aegis
//! that is told when to fail.

/// Words that run the command behind them.
const RUNNERS: [&str; 27] = [
    "!", "(", "cargo", "command", "do", "env", "exec", "hatch", "if", "nice", "npx", "pdm", "pipx",
    "poetry", "run", "rye", "sudo", "then", "time", "timeout", "tool", "uv", "uvx", "{", "python",
    "python3", "pixi",
];

/// Whether a text gates. What is commented out, echoed, or may fail does not.
pub(super) fn gates(text: &str) -> bool {
    let joined = text
        .replace("\\\r\n", " ")
        .replace("\\\n", " ")
        .replace("`\n", " ");
    let pipes_fail = joined.contains("pipefail");
    joined.lines().any(|text| line(text, pipes_fail))
}

fn line(line: &str, pipes_fail: bool) -> bool {
    let line = uncommented(line);
    // What comes after `||` decides, so a command before it does not.
    let mut rest = line;
    loop {
        let (command, tail) = match rest.find([';', '&', '|']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let forgiven = tail.starts_with("||")
            || tail.starts_with('|') && !pipes_fail
            || tail.starts_with('&') && !tail.starts_with("&&");
        if !forgiven && command_gates(command) {
            return true;
        }
        let next = tail.trim_start_matches([';', '&', '|']);
        if tail.is_empty() || next.len() == rest.len() {
            return false;
        }
        rest = next;
    }
}

/// The line without its comment.
fn uncommented(line: &str) -> &str {
    let mut before = ' ';
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return &line[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    line
}

fn command_gates(command: &str) -> bool {
    let words: Vec<&str> = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']))
        .collect();
    let own = words.iter().position(|word| is_aegis(word));
    let Some((before, [_, own @ ..])) = own.map(|at| words.split_at(at)) else {
        return false;
    };
    // A condition takes the failure away, unless it asks for the failure.
    let inverted = before.contains(&"!");
    if !before.iter().all(|word| runs(word)) || before.contains(&"if") != inverted {
        return false;
    }
    let has = |flag: &str| {
        own.iter()
            .any(|word| *word == flag || word.split_once('=').is_some_and(|(name, _)| name == flag))
    };
    if has("--help") || has("-h") {
        return false;
    }
    match own.iter().find(|word| !word.starts_with('-')).copied() {
        Some("gate") => true,
        Some("score") => has("--fail-under"),
        _ => false,
    }
}

/// A word that may stand before the command: a runner, its option, a number, or an assignment.
fn runs(word: &str) -> bool {
    let assigns = word
        .split_once('=')
        .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    RUNNERS.contains(&word)
        || word.starts_with('-')
        || assigns
        || word.bytes().all(|b| b.is_ascii_digit() || b == b's')
}

/// The program itself, by any path, in any of its packages.
fn is_aegis(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.split('@').next().unwrap_or(name);
    matches!(name, "aegis" | "aegis.exe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_the_job_gates() {
        for text in [
            "aegis gate",
            "  aegis gate --base origin/main",
            "./bin/aegis gate && echo fine",
            "set -e\npip install agent-aegis\naegis score src --policy p.yaml --fail-under 80\n",
            "aegis score . --fail-under=80",
            "AEGIS_COLOR=never uvx aegis gate",
            "if ! aegis gate; then exit 1; fi",
            "timeout 60 aegis \\\n  gate \\\n  --fail-under 80",
            "aegis --version; aegis gate # the gate",
            "echo '#' && aegis gate",
            "set -euo pipefail\naegis gate | tee report.txt",
        ] {
            assert!(gates(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_fail_the_job_does_not() {
        for text in [
            "",
            "# aegis gate",
            "echo fine # aegis gate",
            "echo aegis gate",
            "aegis score .",
            "aegis scan . --fail-on high",
            "aegis gate || true",
            "if aegis gate; then echo fine; fi",
            "! aegis gate",
            "aegis gate | tee report.txt",
            "aegis gate &",
            "aegis gate --help",
            "cat docs/aegis gate",
            "aegis explain gate",
            "pegis gate",
        ] {
            assert!(!gates(text), "{text}");
        }
    }
}
