#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use std::io::BufRead;
fn main() {
    for l in std::io::stdin().lock().lines() {
        let l = l.unwrap();
        let f = aegis_policy::effect::find(&l, None, Default::default());
        println!("{l}\t{:?}\t{:?}", f.effect, f.source);
    }
}
