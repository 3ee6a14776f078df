//! The exact part held against the engine, action by action.

mod change;
mod generate;
mod parts;
mod reach;
mod scenarios;
mod speed;

/// Letters in the longest names that are tried: with optimisation one more.
fn longest() -> usize {
    if cfg!(debug_assertions) { 3 } else { 4 }
}

/// Agents that are tried with each pair of names.
fn agents(random: &mut generate::Random) -> Vec<&'static str> {
    let all = ["", "a", "b", "ab", "ж"];
    if cfg!(debug_assertions) {
        vec![*random.pick(&all)]
    } else {
        all.to_vec()
    }
}
