//! Merges, instances and cells.

use aegis_policy::condition::Compiled;
use aegis_policy::glob::Glob;
use aegis_policy::model::Truth;

use super::generate::{self, Random, Shape};
use crate::exact::alphabet::Alphabet;
use crate::exact::cells::{self, Sample};
use crate::exact::merge;
use crate::exact::words::{self, pieces};

const SHAPE: Shape = Shape {
    tokens: generate::ALL,
    longest: 4,
    conditional: 0,
    rich: false,
};

#[test]
fn merges_match_what_both_match() {
    let mut random = Random::new(3);
    let names = generate::words(&['a', 'b', 'c'], 6);
    let mut count = 0;
    for _ in 0..1_500 {
        let (p, q) = (
            generate::glob(&mut random, SHAPE),
            generate::glob(&mut random, SHAPE),
        );
        let (p, q) = (
            Glob::parse(&p).expect("glob"),
            Glob::parse(&q).expect("glob"),
        );
        let (Some(p), Some(q)) = (p.alternatives().first(), q.alternatives().first()) else {
            continue;
        };
        let alphabet = Alphabet::new([p, q].into_iter());
        let (x, y) = (pieces(p), pieces(q));
        let merges = merge::merges(&alphabet, &x, &y);
        assert!(merges.all);
        assert_eq!(
            merge::meet(&alphabet, &x, &y),
            Some(!merges.shapes.is_empty()),
            "{p} {q}"
        );
        for name in &names {
            let both = p.matches(name) && q.matches(name);
            let merged = merges
                .shapes
                .iter()
                .any(|shape| words::matches(shape, name));
            assert_eq!(both, merged, "{p} {q} {name}");
            count += 1;
        }
    }
    assert!(count > 100_000);
}

/// For every name of a pattern there is an instance that no pattern matches which does not match
/// the name: what the whole method stands on.
#[test]
fn instances_stand_for_all_names() {
    let mut random = Random::new(11);
    let names = generate::words(&['a', 'b', 'c', 'd'], 5);
    let mut unknown = 0;
    for _ in 0..1_000 {
        let globs: Vec<Glob> = (0..5)
            .map(|_| Glob::parse(&generate::glob(&mut random, SHAPE)).expect("glob"))
            .collect();
        let alternatives: Vec<_> = globs
            .iter()
            .flat_map(|g| g.alternatives().to_vec())
            .collect();
        let alphabet = Alphabet::new(alternatives.iter());
        let p = &alternatives[0];
        let others: Vec<_> = alternatives.iter().map(pieces).collect();
        let found = words::walked(&alphabet, &pieces(p), &others, false);
        if !found.all {
            unknown += 1;
            continue;
        }
        let vector =
            |name: &str| -> Vec<bool> { alternatives.iter().map(|a| a.matches(name)).collect() };
        let instances: Vec<Vec<bool>> = found.words.iter().map(|w| vector(w)).collect();
        for (word, vector) in found.words.iter().zip(&instances) {
            assert!(vector[0], "{p} does not match its instance {word}");
        }
        for name in names.iter().filter(|name| p.matches(name)) {
            let of_name = vector(name);
            let below = |i: &Vec<bool>| i.iter().zip(&of_name).all(|(i, n)| !i || *n);
            assert!(instances.iter().any(below), "{p} {name}: {:?}", found.words);
        }
    }
    assert!(unknown < 20, "{unknown}");
}

/// Whatever value a parameter has, the truths of the conditions on it together are those of a cell.
#[test]
fn every_value_lies_in_a_cell() {
    let mut random = Random::new(5);
    let mut incomplete = 0;
    let mut checked = 0;
    for round in 0..4_000 {
        let shape = Shape {
            conditional: 1,
            rich: true,
            tokens: &["a"],
            longest: 1,
        };
        let text = generate::policy(&mut random, shape, 4);
        let policy = generate::load(&text);
        let mut by_path: std::collections::BTreeMap<String, Vec<Compiled>> = Default::default();
        for rule in 0..4 {
            for condition in policy.conditions(rule) {
                if let aegis_policy::model::Atom::Param { path, .. } = condition.atom() {
                    by_path
                        .entry(path.text.to_string())
                        .or_default()
                        .push(condition.clone());
                }
            }
        }
        for (path, atoms) in by_path.iter().filter(|(path, _)| !path.contains('*')) {
            let refs: Vec<&Compiled> = atoms.iter().collect();
            let cells = cells::build(&refs, false);
            for cell in &cells.cells {
                let value = match &cell.sample {
                    Sample::Missing => None,
                    Sample::Value(value) => Some(value),
                    _ => continue,
                };
                let truths: Vec<Truth> = refs.iter().map(|a| a.test_value(value)).collect();
                assert_eq!(truths, cell.truths);
            }
            if !cells.all {
                incomplete += 1;
                continue;
            }
            for _ in 0..40 {
                let value = generate::values(&mut random);
                let truths: Vec<Truth> =
                    refs.iter().map(|a| a.test_value(value.as_ref())).collect();
                assert!(
                    cells.cells.iter().any(|cell| cell.truths == truths),
                    "round {round}, {path} = {value:?} is {truths:?}\n{text}\n{:#?}",
                    cells.cells
                );
                checked += 1;
            }
        }
    }
    assert!(incomplete * 200 < checked, "{incomplete} of {checked}");
}
