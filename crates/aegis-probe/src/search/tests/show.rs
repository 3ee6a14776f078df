use super::*;
#[test]
fn show() {
    let text = std::fs::read_to_string("show.yaml").unwrap();
    for part in text.split("\n---\n") {
        println!("=== {part}");
        for s in suspects(part) {
            println!("  {} {} {:?} {:?} {}\n     {}", s.rule.id, s.severity, s.subject, s.decider, s.operator, s.message);
            println!("     w: {:?}", s.witnesses.iter().map(|w| w.0.to_json()).collect::<Vec<_>>());
            println!("     ex: {:?}", s.affected);
            println!("     i: {:?}", s.ideas);
        }
    }
}
