//! Other spellings of a target: `eu-prod` beside `prod*`, `/workspace/../etc` inside of
//! `/workspace/*`, `https://example.com.evil.net` after `https://example.com*`.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::glob::{Alternative, Glob, Token};
use aegis_policy::model::{Approval, Effect};
use aegis_policy::name::canonical;

use super::rules::RuleView;
use super::words::Shape;
use super::{Search, Watched, decider, rules, say, setting, vocabulary};
use crate::rules::TARGET_GAP;
use crate::suspect::{Field, Idea, Subject, Suspect};

/// How many alternatives of one rule are looked at.
const ALTERNATIVES: usize = 16;

/// Names of one thing: whoever protects one of them means the others.
const ALIASES: &[&[&str]] = &[
    &["prod", "production", "prd", "live"],
    &["main", "master", "trunk"],
];

/// A target that a restriction misses.
struct Gap {
    target: String,
    by: Decider,
    action: Action,
    at: Moment,
}

/// Looks at every rule that restricts some targets.
pub(crate) fn restricted(search: &mut Search<'_>) {
    for number in 0..search.rules.len() {
        let rule = &search.rules[number];
        let limited = rule.targets.is_some() && !rules::speaks_of_all(rule.targets.as_deref());
        if rule.is_auto() || !limited {
            continue;
        }
        let mut found: Vec<Gap> = Vec::new();
        if let Some(watched) = search.watch(number, &names(search, number)) {
            gaps(search, number, &watched, &mut found);
        }
        for name in rivals(search, number) {
            if let Some(watched) = search.watch(number, &[name]) {
                gaps(search, number, &watched, &mut found);
            }
        }
        search.found.extend(suspects(search, number, found));
    }
}

/// How many names of one rule's rivals are tried.
const RIVALS: usize = 6;

/// Names that automatic rules speak of and this rule restricts on its targets, where these are
/// things that are known to have several spellings.
fn rivals(search: &Search<'_>, number: usize) -> Vec<String> {
    let rule = &search.rules[number];
    let targets = rule.targets.iter().flatten().flat_map(Glob::alternatives);
    let files = is_about_files(rule);
    let spelled = |core: &str| {
        is_path(core, files)
            || core.contains("://")
            || ALIASES.iter().any(|names| names.contains(&core))
    };
    if !targets.filter_map(core).any(spelled) {
        return Vec::new();
    }
    let autos = search.rules.iter().filter(|other| other.is_auto());
    let kinds = autos.flat_map(|other| other.kinds.iter().flatten());
    let mut names: Vec<String> = Vec::new();
    for shape in kinds.flat_map(Glob::alternatives).map(Shape::of) {
        let name = shape.filled("record", false);
        if names.len() < RIVALS && rule.speaks_of(&canonical(&name)) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Names that the rule may be watched with.
fn names(search: &Search<'_>, number: usize) -> Vec<String> {
    let rule = &search.rules[number];
    let effects = rule.rule.matches.effect.iter().flatten().map(|e| e.value);
    let mut names: Vec<String> = effects
        .map(|effect| format!("{}_record", vocabulary::usual(effect)))
        .collect();
    let globs = rule.kinds.iter().flatten();
    for shape in globs
        .flat_map(Glob::alternatives)
        .take(ALTERNATIVES)
        .map(Shape::of)
    {
        names.extend(shape.instances());
    }
    names.push("delete_record".to_owned());
    names
}

/// Adds the spellings of the rule's targets for which the watched action is automatic.
fn gaps(search: &Search<'_>, number: usize, watched: &Watched, gaps: &mut Vec<Gap>) {
    let globs = search.rules[number].targets.as_deref().unwrap_or_default();
    let alternatives = globs.iter().flat_map(Glob::alternatives).take(ALTERNATIVES);
    let files = is_about_files(&search.rules[number]);
    for target in alternatives.flat_map(|one| others(one, files)) {
        let key = canonical(&target);
        if globs.iter().any(|glob| glob.matches(&key)) || gaps.iter().any(|g| g.target == target) {
            continue;
        }
        let action = Action::new(watched.action.kind_name().original())
            .target(&target)
            .agent(watched.action.agent_name().original());
        let action = setting::with_params(action, &watched.params);
        let decision = search.board.decide(&action, watched.at);
        if decision.approval == Approval::Auto && !spells_target(search, decision.by, &key) {
            gaps.push(Gap {
                target,
                by: decision.by,
                action,
                at: watched.at,
            });
        }
    }
}

/// Whether the decider names this very target: then it was meant.
fn spells_target(search: &Search<'_>, by: Decider, target: &str) -> bool {
    let Decider::Rule(number) = by else {
        return false;
    };
    let globs = search
        .rules
        .get(number as usize)
        .and_then(|r| r.targets.as_deref());
    let mut alternatives = globs
        .unwrap_or_default()
        .iter()
        .flat_map(Glob::alternatives);
    alternatives.any(|a| matches!(a.tokens(), [Token::Literal(text)] if **text == *target))
}

/// The text that a pattern on targets is about: its longest literal, without separators.
fn core(alternative: &Alternative) -> Option<&str> {
    let core = alternative.longest_literal()?;
    let core = core.trim_matches(|c: char| matches!(c, '-' | '_' | '.' | ':' | ' '));
    (core.chars().count() >= 2).then_some(core)
}

/// Whether a target is a path: `/etc/` always, `docs/` only where it is about files, because
/// repositories and things in clusters are named like that as well.
fn is_path(text: &str, files: bool) -> bool {
    let rooted = text.starts_with(['/', '~']) || text.starts_with("./") || text.contains('\\');
    (rooted || files && text.contains('/')) && !text.contains("://")
}

/// Whether all names that a rule speaks of are about files.
fn is_about_files(rule: &RuleView<'_>) -> bool {
    const WORDS: [&str; 8] = [
        "file",
        "files",
        "path",
        "dir",
        "directory",
        "folder",
        "folders",
        "fs",
    ];
    const ALONE: [&str; 6] = ["read", "write", "edit", "view", "open", "create"];
    let kinds = rule.kinds.as_deref().unwrap_or_default();
    let mut kinds = kinds.iter().flat_map(Glob::alternatives).peekable();
    kinds.peek().is_some()
        && kinds.map(Shape::of).all(|shape| {
            let words: Vec<&str> = shape.words().collect();
            words.iter().any(|word| WORDS.contains(word))
                || matches!(words.as_slice(), [word] if ALONE.contains(word))
        })
}

/// Other spellings of what an alternative is about.
fn others(alternative: &Alternative, files: bool) -> Vec<String> {
    let Some(core) = core(alternative) else {
        return Vec::new();
    };
    if is_path(core, files) {
        let path = rules::shortest(alternative.tokens());
        let mut names = vec![format!("/tmp/..{}", with_slash(&path))];
        if path.starts_with('/') {
            names.push(format!("/{path}"));
            names.push(format!("/.{path}"));
        }
        return names;
    }
    if let Some((_, address)) = core.split_once("://") {
        return addresses(address);
    }
    // Mail addresses, endings of files and things inside of others have no such spellings.
    if core.contains(['@', '/'])
        || alternative
            .longest_literal()
            .is_some_and(|l| l.starts_with('.'))
    {
        return Vec::new();
    }
    let mut names = vec![
        format!("eu-{core}"),
        format!("{core}-eu"),
        format!("eu-{core}-1"),
        format!("db.{core}"),
        format!("{core}/db"),
    ];
    let aliases = ALIASES.iter().find(|names| names.contains(&core));
    let aliases = aliases.copied().unwrap_or_default().iter();
    names.extend(
        aliases
            .filter(|name| **name != core)
            .map(|name| (*name).to_owned()),
    );
    names
}

/// Other ways to write an address without its scheme.
fn addresses(address: &str) -> Vec<String> {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    if host.is_empty() {
        return Vec::new();
    }
    vec![
        format!("http://{host}/{path}"),
        format!("https://{host}"),
        format!("https://{host}:443/{path}"),
        format!("https://x@{host}/{path}"),
        format!("https://{host}./{path}"),
    ]
}

fn with_slash(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

fn suspects(search: &Search<'_>, number: usize, gaps: Vec<Gap>) -> Vec<Suspect> {
    let rule = &search.rules[number];
    let mut suspects: Vec<Suspect> = Vec::new();
    for gap in gaps {
        if let Some(known) = suspects.iter_mut().find(|s| s.decider == gap.by) {
            known.affected.0 += 1;
            known.affected.1.push(gap.target);
            known.severity = known.severity.max(severity(rule, &gap.action));
            if known.witnesses.len() < 4 {
                known.witnesses.push((gap.action, gap.at));
            }
            continue;
        }
        let severity = severity(rule, &gap.action);
        suspects.push(Suspect {
            rule: &TARGET_GAP,
            subject: Subject::Pattern(number, Field::Target, 0),
            decider: gap.by,
            operator: "target",
            severity,
            certainty: Certainty::Heuristic,
            assumes: Vec::new(),
            message: String::new(),
            expected: Some(format!("`{}` at least", rule.approval())),
            witnesses: vec![(gap.action, gap.at)],
            affected: (1, vec![gap.target]),
            ideas: widen(search, number),
        });
    }
    for suspect in &mut suspects {
        let by = match suspect.decider {
            Decider::Rule(by) => search
                .rules
                .get(by as usize)
                .map(|r| format!("rule `{}` allows it", r.name())),
            _ => None,
        };
        let name = suspect
            .witnesses
            .first()
            .map_or("", |(a, _)| a.kind_name().original());
        suspect.message = format!(
            "rule `{}` restricts some targets and misses {}, where `{name}` runs unattended: {}",
            rule.name(),
            say::some(&suspect.affected, ["target", "targets"]),
            by.unwrap_or_else(|| "no rule speaks of it and the default is auto".to_owned())
        );
        suspect.affected.1.truncate(say::EXAMPLES);
    }
    suspects
}

/// How bad it is that an action runs where a rule means to restrict it.
fn severity(rule: &RuleView<'_>, action: &Action) -> Severity {
    let effect = action.effect_found().effect;
    let critical = effect.is_some_and(vocabulary::is_critical);
    match (rule.approval() == Approval::Block, critical, effect) {
        (true, true, _) => Severity::High,
        (false, false, Some(Effect::Read | Effect::Write)) => Severity::Low,
        _ => Severity::Medium,
    }
}

/// Patterns that match the words of a rule's targets wherever they stand in a name.
fn widen(search: &Search<'_>, number: usize) -> Vec<Idea> {
    let globs = search.rules[number].targets.as_deref().unwrap_or_default();
    let mut add: Vec<String> = Vec::new();
    for alternative in globs.iter().flat_map(Glob::alternatives).take(ALTERNATIVES) {
        let Some(core) = core(alternative) else {
            continue;
        };
        let aliases = ALIASES.iter().find(|names| names.contains(&core));
        let mut words = vec![core];
        words.extend(
            aliases
                .copied()
                .unwrap_or_default()
                .iter()
                .filter(|a| **a != core),
        );
        for word in words {
            let patterns = if is_path(word, is_about_files(&search.rules[number])) {
                vec!["*/../*".to_owned(), "*//*".to_owned(), "*/./*".to_owned()]
            } else if let Some((_, address)) = word.split_once("://") {
                let host = address.split('/').next().unwrap_or(address);
                vec![format!("*{host}*")]
            } else if word.len() > 5 {
                vec![format!("*{word}*")]
            } else {
                // `*prod*` would match a product.
                vec![
                    word.to_owned(),
                    format!("{word}[-_/.:]*"),
                    format!("*[-_/.:]{word}"),
                    format!("*[-_/.:]{word}[-_/.:]*"),
                ]
            };
            for pattern in patterns {
                let known = globs.iter().any(|glob| glob.text() == pattern);
                if !known && !add.contains(&pattern) {
                    add.push(pattern);
                }
            }
        }
    }
    vec![Idea::Widen {
        rule: number,
        field: Field::Target,
        add,
    }]
}

/// Looks at every automatic rule that holds for some targets only, by their start or end.
pub(crate) fn allowed(search: &mut Search<'_>) {
    for number in 0..search.rules.len() {
        let rule = &search.rules[number];
        if !rule.is_auto() {
            continue;
        }
        let Some(globs) = rule.targets.as_deref() else {
            continue;
        };
        for (at, glob) in globs.iter().enumerate() {
            let found = glob
                .alternatives()
                .iter()
                .find_map(|a| beyond(search, number, globs, a));
            if let Some(beyond) = found {
                let suspect = leak(search, number, at, beyond);
                search.found.push(suspect);
                break; // one cause, one suspect
            }
        }
    }
}

/// A target that a pattern lets in and its author did not mean.
struct Beyond {
    action: Action,
    at: Moment,
    target: String,
    /// Why it is somewhere else.
    because: &'static str,
    idea: Option<Idea>,
}

fn beyond(
    search: &Search<'_>,
    number: usize,
    globs: &[Glob],
    alternative: &Alternative,
) -> Option<Beyond> {
    let climb = |start: &str| format!("{}/../../etc/passwd", start.trim_end_matches(['/', '\\']));
    let no_climbing = Idea::Insert {
        yaml: "- name: no_climbing_out\n  match: { target: [\"*/../*\", \"*/..\"] }\n  risk_level: critical\n  approval: block\n".to_owned(),
        before: Some(number),
    };
    let replace = |pattern: &str, with: String| {
        let at = globs.iter().position(|glob| glob.text() == pattern)?;
        Some(Idea::Replace {
            rule: number,
            field: Field::Target,
            at,
            with,
        })
    };
    let files = is_about_files(&search.rules[number]);
    let (target, because, idea) = match alternative.tokens() {
        [Token::Literal(start), Token::Any]
            if is_path(start, files) && start.ends_with(['/', '\\']) =>
        {
            (
                climb(start),
                "it climbs out of the folder",
                Some(no_climbing),
            )
        }
        [Token::Literal(start), Token::Any] if is_path(start, files) => {
            let beside = format!("{start}-other/x");
            let idea = replace(&format!("{start}*"), format!("{{{start},{start}/*}}"));
            (beside, "it is another folder with the same beginning", idea)
        }
        [Token::Any, Token::Literal(end)] if is_domain(end) => {
            let idea = replace(&format!("*{end}"), format!("{{{end},*.{end}}}"));
            (format!("evil{end}"), "it is another domain", idea)
        }
        tokens => {
            let (target, idea) =
                other_host(tokens, replace).or_else(|| word_in_address(search, number, tokens))?;
            (target, "it is another host", idea)
        }
    };
    let watched = search.watch(number, &names(search, number))?;
    let action = Action::new(watched.action.kind_name().original())
        .target(&target)
        .agent(watched.action.agent_name().original());
    let action = setting::with_params(action, &watched.params);
    let decision = search.board.decide(&action, watched.at);
    let runs = decision.approval == Approval::Auto && decision.by == decider(number);
    runs.then_some(Beyond {
        action,
        at: watched.at,
        target,
        because,
        idea,
    })
}

/// An address elsewhere that a pattern about a host matches: `https://example.com.evil.example/`
/// where `*` follows the name of the host, `https://evil.example/example.com/` where it stands
/// before it. The idea is what to write instead, if patterns can say it.
fn other_host(
    tokens: &[Token],
    replace: impl Fn(&str, String) -> Option<Idea>,
) -> Option<(String, Option<Idea>)> {
    let [before @ .., Token::Literal(last), Token::Any] = tokens else {
        return None;
    };
    let host = last.rsplit(['/', '@']).next();
    let host = host.map(|host| host.trim_start_matches('.'));
    if let Some(host) = host.filter(|host| is_domain(host)) {
        let filled: String = before
            .iter()
            .enumerate()
            .map(|(i, token)| match token {
                Token::Any if i > 0 => "www".to_owned(),
                Token::Any if last.starts_with('@') => "someone".to_owned(),
                Token::Any if last.starts_with('.') => "https://www".to_owned(),
                Token::Any => "https://".to_owned(),
                other => rules::shortest(std::slice::from_ref(other)),
            })
            .collect();
        let written = format!("*{last}*");
        let idea = match before {
            [] => replace(&format!("{last}*"), format!("{{{last},{last}/*}}")),
            [Token::Any] if last.starts_with('@') => replace(&written, format!("*{last}")),
            [Token::Any] if *host == **last => {
                let with = format!("{{{host},{host}/*,https://{host},https://{host}/*}}");
                replace(&written, with)
            }
            _ => None,
        };
        return Some((format!("{filled}{last}.evil.example/"), idea));
    }
    // `*` takes slashes as well, so that the name of the host may stand in a path.
    let scheme = match before {
        [Token::Any] => "https://",
        [Token::Literal(scheme), Token::Any] if scheme.ends_with("://") => scheme,
        _ => return None,
    };
    let (host, path) = last.split_once('/')?;
    let host = host.trim_start_matches('.');
    if !is_domain(host) {
        return None;
    }
    let idea = replace(
        &format!("*{last}*"),
        format!("{{{host}/{path}*,https://{host}/{path}*}}"),
    );
    let inside = if last.starts_with('.') { "x" } else { "" };
    Some((format!("{scheme}evil.example/{inside}{last}"), idea))
}

/// Words of tools that go to an address.
const NETWORK: &[&str] = &[
    "http", "https", "fetch", "navigate", "browse", "browser", "request", "curl", "webhook", "url",
    "download", "crawl", "scrape", "goto",
];

/// The same for a pattern that asks for nothing but a word somewhere in an address.
fn word_in_address(
    search: &Search<'_>,
    number: usize,
    tokens: &[Token],
) -> Option<(String, Option<Idea>)> {
    let [Token::Any, Token::Literal(word), Token::Any] = tokens else {
        return None;
    };
    let kinds = search.rules[number].kinds.iter().flatten();
    let goes_out = kinds.flat_map(Glob::alternatives).any(|kind| {
        let name = rules::shortest(kind.tokens());
        name.split(|c: char| !c.is_alphanumeric())
            .any(|part| NETWORK.contains(&part))
    });
    let is_word = word.chars().any(char::is_alphanumeric)
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
    (goes_out && is_word).then(|| {
        let host = word.trim_matches(['-', '.']);
        (format!("https://{host}.evil.example/{word}"), None)
    })
}

/// `example.com`: letters, dots and hyphens, not starting with a dot.
fn is_domain(text: &str) -> bool {
    const ENDS: [&str; 10] = [
        ".com",
        ".org",
        ".net",
        ".io",
        ".dev",
        ".example",
        ".internal",
        ".local",
        ".eu",
        ".de",
    ];
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    !text.starts_with('.')
        && text.chars().all(letters)
        && ENDS.iter().any(|end| text.ends_with(end))
}

fn leak(search: &Search<'_>, number: usize, at: usize, beyond: Beyond) -> Suspect {
    let rule = &search.rules[number];
    let effect = beyond.action.effect_found().effect;
    let written = rule
        .targets
        .as_deref()
        .and_then(|globs| globs.get(at))
        .map_or("", Glob::text);
    let name = beyond.action.kind_name().original();
    Suspect {
        rule: &TARGET_GAP,
        subject: Subject::Pattern(number, Field::Target, at),
        decider: decider(number),
        operator: "target-allow",
        severity: if effect == Some(Effect::Read) {
            Severity::Medium
        } else {
            Severity::High
        },
        certainty: Certainty::Heuristic,
        assumes: vec!["whoever acts reads the target as a path or an address".to_owned()],
        message: format!(
            "`{written}` of rule `{}` also allows `{name}` on `{}`: {}",
            rule.name(),
            beyond.target.escape_debug(),
            beyond.because
        ),
        expected: Some("only what lies inside is automatic".to_owned()),
        affected: (1, vec![beyond.target]),
        witnesses: vec![(beyond.action, beyond.at)],
        ideas: beyond.idea.into_iter().collect(),
    }
}
