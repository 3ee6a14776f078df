//! scratch
use aegis_policy::action::Hints;
use aegis_policy::effect;
use aegis_policy::model::Effect;
fn main() {
    let mode = std::env::args().nth(1).unwrap();
    let quiet = std::env::args().nth(2).as_deref() == Some("quiet");
    let (mut tot, mut right, mut unk, mut w, mut wr, mut ro, mut strict) = (0, 0, 0, 0, 0, 0, 0);
    for f in std::env::args().skip(3) {
        let v: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&f).unwrap()).unwrap();
        let (mut t1, mut r1, mut u1, mut wr1, mut s1) = (0, 0, 0, 0, 0);
        for t in v["tools"].as_array().unwrap() {
            let name = t["tool"].as_str().unwrap();
            let decl = t["ro"].as_bool().unwrap();
            let e = if mode == "name" {
                effect::by_words(name)
            } else {
                effect::find(name, None, Hints::default()).effect
            };
            t1 += 1;
            let ok = match e {
                None => {
                    u1 += 1;
                    false
                }
                Some(Effect::Read) => decl,
                Some(_) => !decl,
            };
            if ok {
                r1 += 1
            }
            if decl {
                ro += 1;
                if !matches!(e, None | Some(Effect::Read)) {
                    s1 += 1
                }
            } else {
                w += 1;
                if e == Some(Effect::Read) {
                    wr1 += 1
                }
            }
            if !ok && !quiet {
                println!(
                    "{}\t{}\t{}\t{}",
                    if decl { "R" } else { "W" },
                    e.map_or("unknown", Effect::as_str),
                    name,
                    v["repo"].as_str().unwrap_or("")
                );
            }
        }
        println!(
            "# {:45} n={:4} right {:5.1}% unknown {:5.1}% reads-called-more {} writes-called-read {}",
            v["repo"].as_str().unwrap_or(""),
            t1,
            100.0 * r1 as f64 / t1 as f64,
            100.0 * u1 as f64 / t1 as f64,
            s1,
            wr1
        );
        tot += t1;
        right += r1;
        unk += u1;
        wr += wr1;
        strict += s1;
    }
    println!(
        "TOTAL {tot}: right {:.2}% unknown {:.2}% ; reads {ro} called more {strict} ; writes {w} called read {wr} = {:.2}%",
        100.0 * right as f64 / tot as f64,
        100.0 * unk as f64 / tot as f64,
        100.0 * wr as f64 / w as f64
    );
}
