//! How long it takes; run by hand in release mode.

use std::time::Duration;

use super::*;

fn large(rules: usize) -> String {
    let verbs = [
        "delete", "send", "refund", "run", "grant", "export", "deploy", "update", "create", "get",
    ];
    let things = [
        "user", "order", "invoice", "file", "pod", "ticket", "contact", "page", "repo", "key",
    ];
    let mut text = String::from("rules:\n");
    for i in 0..rules {
        let (verb, thing) = (verbs[i % 10], things[i / 10 % 10]);
        let kind = match i % 4 {
            0 => format!("svc{i}_{verb}_{thing}*"),
            1 => format!("*{verb}_{thing}{i}*"),
            2 => format!("{thing}{i}_*"),
            _ => format!("{verb}_{thing}_{i}"),
        };
        let approval = ["block", "approve", "auto"][i % 3];
        let target = if i % 5 == 0 { ", target: 'prod*'" } else { "" };
        let conditions = if i % 5 == 1 {
            format!("conditions: {{ param_lt: {{ amount: {i} }} }}, ")
        } else {
            String::new()
        };
        text += &format!(
            "  - {{ name: r{i}, match: {{ type: '{kind}'{target} }}, {conditions}approval: {approval} }}\n"
        );
    }
    text
}

/// Time on the processor, where the system tells it: other programs do not count.
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let nanos = text.split(' ').next().and_then(|n| n.parse().ok());
        Self(Duration::from_nanos(nanos.unwrap_or(0)))
    }

    fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}

#[test]
#[ignore = "measures"]
fn timing() {
    let starter = aegis_policies::template("starter").map_or("", |t| t.policy);
    let support = aegis_policies::template("support-agent").map_or("", |t| t.policy);
    for (name, text) in [
        ("starter", starter.to_owned()),
        ("support", support.to_owned()),
        ("20", large(20)),
        (
            "20 auto",
            format!("defaults: {{ approval: auto }}\n{}", large(20)),
        ),
        ("1000", large(1_000)),
        (
            "1000 auto",
            format!("defaults: {{ approval: auto }}\n{}", large(1_000)),
        ),
        ("10000", large(10_000)),
    ] {
        let policy = Policy::load("p.yaml", &text).unwrap_or_else(|e| panic!("{e}"));
        let input = Input {
            policy: &policy,
            tools: &[],
        };
        let options = Options::default();
        for _ in 0..2 {
            let mut found = Found::default();
            let started = Instant::now();
            let mut search = Search::new(&input, &options);
            let board = started.elapsed();
            let _ = Score::of(&search.board);
            let score = started.elapsed() - board;
            tools::own(&mut search);
            coverage::wildcards(&mut search);
            coverage::catalogue(&mut search);
            let coverage = started.elapsed() - board - score;
            near::misses(&mut search);
            let near = started.elapsed() - board - score - coverage;
            open::namespaces(&mut search);
            targets::restricted(&mut search);
            targets::allowed(&mut search);
            normalize::spellings(&mut search);
            chains::paths(&mut search);
            let rest = started.elapsed() - board - score - coverage - near;
            let hits = fuzz::run(&search, &[], &mut found.bugs);
            let all = started.elapsed();
            println!(
                "{name}: board {board:.2?} ({} groups) score {score:.2?} coverage {coverage:.2?} near {near:.2?} rest {rest:.2?} fuzz {:.2?} all {all:.2?}; {} suspects, {} hits, {} probes",
                search.board.groups.len(),
                all - board - score - coverage - near - rest,
                search.found.len(),
                hits.len(),
                search.board.probes()
            );
        }
    }
}

/// Prints what is suspected of the policies in the file that `AEGIS_PROBE_SHOW` names, parted by
/// lines of `---`.
#[test]
#[ignore = "prints"]
fn show() {
    let path = std::env::var("AEGIS_PROBE_SHOW").expect("AEGIS_PROBE_SHOW names a file");
    let text = std::fs::read_to_string(path).expect("file");
    for part in text.split("\n---\n") {
        println!("=== {part}");
        for s in suspects(part) {
            println!(
                "  {} {} {:?} {:?} {}",
                s.rule.id, s.severity, s.subject, s.decider, s.operator
            );
            println!("     {}", s.message);
            for (action, at) in &s.witnesses {
                println!("     w: {} {at}", action.to_json());
            }
            println!("     affected: {:?}\n     ideas: {:?}", s.affected, s.ideas);
        }
    }
}
