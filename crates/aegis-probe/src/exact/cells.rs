//! The cells of one parameter: values that stand for all values, as far as the conditions on it
//! can tell them apart.
//!
//! A cell is a combination of truths. What each condition says of a value is asked from the engine,
//! never worked out here; what is worked out here is which values to ask about, so that no
//! combination is missed. Combinations that may exist and for which no value is known are kept as
//! well: they must be covered before anything is called covered, and they never are a witness.

use std::collections::BTreeSet;

use aegis_policy::condition::{Compiled, both, either};
use aegis_policy::model::{Atom, Test, Truth};
use aegis_policy::value::{Number, Value};
use rustc_hash::FxHashMap;

use super::boxes::MOST_CELLS;
use super::numbers;
use super::texts::{self, Fit, Marks};

/// What stands for a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sample {
    /// The parameter is not there.
    Missing,
    /// This value.
    Value(Value),
    /// Several values at once, for a path with `*`.
    Many(Vec<Value>),
    /// No value is known.
    Unknown,
}

/// Values that all conditions treat alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// What each condition says, in their order.
    pub(super) truths: Vec<Truth>,
    /// A value of it.
    pub(super) sample: Sample,
}

/// The cells of one parameter.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    /// The most natural values first. No two with the same truths.
    pub(super) cells: Vec<Cell>,
    /// Whether these are all combinations there can be.
    pub(super) all: bool,
}

/// The cells of the parameter that all of these conditions look at.
pub(super) fn build(atoms: &[&Compiled], many: bool) -> Cells {
    let mut builder = Builder::new(atoms);
    let fits = builder.scalars();
    builder.lists(&fits);
    builder.objects();
    let mut out = builder.done();
    if many {
        out = closed(&out);
    }
    if out.cells.len() > MOST_CELLS - 1 {
        out.cells.truncate(MOST_CELLS - 1);
        out.all = false;
    }
    out
}

struct Builder<'a> {
    atoms: &'a [&'a Compiled],
    tests: Vec<&'a Test>,
    cells: Vec<Cell>,
    seen: FxHashMap<Vec<Truth>, usize>,
    all: bool,
    marks: Marks,
    bounds: Vec<Number>,
}

impl<'a> Builder<'a> {
    fn new(atoms: &'a [&'a Compiled]) -> Self {
        let tests = atoms.iter().filter_map(|atom| match atom.atom() {
            Atom::Param { test, .. } => Some(test),
            _ => None,
        });
        let mut builder = Self {
            atoms,
            tests: tests.collect(),
            cells: Vec::new(),
            seen: FxHashMap::default(),
            all: true,
            marks: Marks::default(),
            bounds: Vec::new(),
        };
        builder.read();
        builder
    }

    /// Gathers the bounds, needles and so on.
    fn read(&mut self) {
        let (mut needles, mut whole) = (BTreeSet::new(), BTreeSet::new());
        let mut regexes = BTreeSet::new();
        for test in &self.tests {
            match test {
                Test::Eq(Value::Text(text)) => {
                    whole.insert(text.clone());
                    // Beside a number, a numeric text counts as one.
                    match plain_number(text) {
                        Some(number) => self.bounds.push(number),
                        None => self.all &= !aegis_policy::number::is_numeric(text),
                    }
                }
                Test::Eq(Value::Number(n))
                | Test::Gt(n)
                | Test::Lt(n)
                | Test::Gte(n)
                | Test::Lte(n) => {
                    self.bounds.push(n.clone());
                    self.marks.numbers = true;
                }
                Test::Contains(operands) => {
                    for operand in operands {
                        needles.extend(text_of(operand));
                        if let Value::Number(n) = operand {
                            self.bounds.push(n.clone());
                        }
                    }
                }
                Test::Matches(regex) => {
                    regexes.insert(regex.to_string());
                }
                Test::Eq(_) | Test::Present | Test::Missing => {}
            }
        }
        if !regexes.is_empty() {
            // An element of a list is compared with what is looked for, not searched.
            whole.extend(needles.iter().cloned());
        }
        self.marks.needles = needles.into_iter().collect();
        self.marks.whole = whole.into_iter().collect();
        self.marks.regexes = regexes.into_iter().collect();
    }

    fn ask(&self, value: Option<&Value>) -> Vec<Truth> {
        self.atoms
            .iter()
            .map(|atom| atom.test_value(value))
            .collect()
    }

    fn push(&mut self, truths: Vec<Truth>, sample: Sample) {
        match self.seen.get(&truths) {
            None => {
                self.seen.insert(truths.clone(), self.cells.len());
                self.cells.push(Cell { truths, sample });
            }
            Some(&at) => {
                if let Some(cell) = self.cells.get_mut(at)
                    && cell.sample == Sample::Unknown
                {
                    cell.sample = sample;
                }
            }
        }
    }

    fn value(&mut self, value: Value) {
        let truths = self.ask(Some(&value));
        self.push(truths, Sample::Value(value));
    }

    fn scalars(&mut self) -> Vec<Fit> {
        let (numbers, all) = numbers::stand_ins(&self.bounds);
        self.all &= all;
        for test in self.tests.clone() {
            if let Test::Eq(value) = test {
                self.value(value.clone());
            }
        }
        let bounded = !self.bounds.is_empty();
        if bounded {
            self.numbers(&numbers);
        }
        let (fits, all) = texts::fits(&self.marks);
        self.all &= all;
        let texts: Vec<String> = fits.iter().filter_map(|fit| fit.text.clone()).collect();
        for text in &texts {
            self.value(Value::Text(text.clone()));
            // As a number, where it is one.
            if let Some(number) = Number::parse(text) {
                self.value(Value::Number(number));
            }
        }
        self.value(Value::Text("all".to_owned()));
        let missing = self.ask(None);
        self.push(missing, Sample::Missing);
        if !bounded {
            self.numbers(&numbers);
        }
        for number in &numbers {
            for text in spellings(number) {
                self.value(Value::Text(text));
            }
        }
        self.value(Value::Text(String::new()));
        for value in [Value::Bool(true), Value::Bool(false), Value::Null] {
            self.value(value);
        }
        self.crossed(&fits, &numbers);
        self.too_long();
        fits
    }

    fn numbers(&mut self, numbers: &[Number]) {
        for number in numbers {
            self.value(Value::Number(number.clone()));
            for text in [
                format!("{number}.0"),
                format!("{number}e0"),
                format!("{number}.5"),
            ] {
                if let Some(number) = Number::parse(&text) {
                    self.value(Value::Number(number));
                }
            }
        }
    }

    /// Numbers and numeric texts that regular expressions and needles may tell apart further than
    /// the values asked about show.
    fn crossed(&mut self, fits: &[Fit], numbers: &[Number]) {
        let (needles, whole) = (self.marks.needles.len(), self.marks.whole.len());
        if self.marks.regexes.is_empty() && needles == 0 {
            return;
        }
        for fit in fits.iter().filter(|fit| fit.number || fit.text.is_none()) {
            let fit_of = |at: usize| Truth::from(fit.fits.get(at) == Some(&true));
            let regex = |text: &str| {
                let at = self.marks.regexes.iter().position(|r| r == text);
                at.map_or(Truth::CannotTell, |at| fit_of(needles + whole + at))
            };
            let holds = |operand: &Value| {
                let text = text_of(operand);
                let at = text.and_then(|t| self.marks.needles.iter().position(|n| *n == t));
                at.map_or(Truth::CannotTell, fit_of)
            };
            let mut new = Vec::new();
            let numeric = numbers.iter().map(Some).filter(|_| fit.number);
            let plain = std::iter::once(None).filter(|_| !fit.number);
            for number in numeric.chain(plain) {
                for as_text in [true, false] {
                    if number.is_none() && !as_text {
                        continue;
                    }
                    let value = match number {
                        Some(n) if as_text => Value::Text(n.text().to_owned()),
                        Some(n) => Value::Number(n.clone()),
                        None => Value::Text("all".to_owned()),
                    };
                    let truth = |(atom, test): (&&Compiled, &&Test)| match test {
                        Test::Matches(text) => regex(text),
                        Test::Contains(operands) if as_text => {
                            operands.iter().map(holds).fold(Truth::True, both)
                        }
                        Test::Eq(Value::Text(text)) if as_text => {
                            let at = self.marks.whole.iter().position(|w| w == text);
                            at.map_or(Truth::False, |at| fit_of(needles + at))
                        }
                        _ => atom.test_value(Some(&value)),
                    };
                    new.push(self.atoms.iter().zip(&self.tests).map(truth).collect());
                }
            }
            for truths in new {
                self.push(truths, Sample::Unknown);
            }
        }
    }

    /// Text too long to look into: nothing can be told of it but that it is there. Where that is
    /// how a value of null is seen as well, null stands for it.
    fn too_long(&mut self) {
        let truths = self.tests.iter().map(|test| match test {
            Test::Present => Truth::True,
            Test::Missing | Test::Eq(Value::Null) => Truth::False,
            _ => Truth::CannotTell,
        });
        let truths = truths.collect();
        self.push(truths, Sample::Unknown);
    }

    fn lists(&mut self, fits: &[Fit]) {
        self.value(Value::List(Vec::new()));
        let looks = |test: &&Test| matches!(test, Test::Contains(_) | Test::Matches(_));
        let deep = |test: &&Test| matches!(test, Test::Eq(Value::List(_) | Value::Object(_)));
        let deeps = self.tests.iter().filter(|t| deep(t)).count();
        if deeps > 0 && (deeps > 1 || self.tests.iter().any(looks)) {
            self.all = false;
        }
        if deeps == 1 {
            for test in self.tests.clone() {
                if let Test::Eq(value) = test {
                    let mut value = value.clone();
                    if unsettle(&mut value) {
                        self.value(value);
                    }
                }
            }
        }
        if self.tests.iter().any(looks) {
            self.elements(fits);
        }
    }

    /// Lists of elements: which conditions one of them meets adds up.
    fn elements(&mut self, fits: &[Fit]) {
        let sums = Sums::new(self.atoms, &self.tests);
        if !self.marks.regexes.is_empty() && !self.bounds.is_empty() && sums.numeric() {
            self.all = false;
        }
        let mut elements: Vec<Value> = vec![Value::Null, f64::NAN.into(), Value::List(Vec::new())];
        elements.extend(self.cells.iter().filter_map(|cell| match &cell.sample {
            Sample::Value(Value::List(_)) => None,
            Sample::Value(value) => Some(value.clone()),
            _ => None,
        }));
        elements.extend(sums.operands.iter().cloned());
        elements.extend(
            fits.iter()
                .filter_map(|fit| fit.text.clone().map(Value::Text)),
        );
        let known = elements.into_iter().map(|element| {
            let state = sums.ask(&Value::List(vec![element.clone()]));
            (state, Some(element))
        });
        let unknown = fits.iter().filter(|fit| fit.text.is_none()).map(|fit| {
            let (needles, whole) = (&self.marks.needles, &self.marks.whole);
            let holds = |at: usize| Truth::from(fit.fits.get(at) == Some(&true));
            let regex = |text: &str| {
                let at = self.marks.regexes.iter().position(|r| r == text);
                at.map_or(Truth::False, |at| holds(needles.len() + whole.len() + at))
            };
            let is = |operand: &Value| match operand {
                Value::Text(text) => {
                    let at = whole.iter().position(|w| w == text);
                    at.map_or(Truth::False, |at| holds(needles.len() + at))
                }
                _ => Truth::False,
            };
            (sums.of_text(&regex, &is), None)
        });
        let mut seen: FxHashMap<Vec<Truth>, ()> = FxHashMap::default();
        let mut singles: Vec<(Vec<Truth>, Option<Value>)> = known.chain(unknown).collect();
        singles.retain(|(state, _)| seen.insert(state.clone(), ()).is_none());
        let first = singles
            .iter()
            .map(|(state, element)| (state.clone(), element.clone().map(|element| vec![element])));
        let mut states: Vec<(Vec<Truth>, Option<Vec<Value>>)> = first.collect();
        let mut at = 0;
        while let Some((state, items)) = states.get(at).cloned() {
            at += 1;
            for (single, element) in &singles {
                let sum: Vec<Truth> = state
                    .iter()
                    .zip(single)
                    .map(|(a, b)| either(*a, *b))
                    .collect();
                if states.len() >= MOST_CELLS {
                    self.all = false;
                    break;
                }
                if seen.insert(sum.clone(), ()).is_none() {
                    let items = items
                        .clone()
                        .zip(element.clone())
                        .map(|(mut items, element)| {
                            items.push(element);
                            items
                        });
                    states.push((sum, items));
                }
            }
        }
        let empty = self.ask(Some(&Value::List(Vec::new())));
        for (state, items) in states {
            match items {
                Some(items) => self.value(Value::List(items)),
                None => {
                    let truths = sums.truths(&self.tests, &state, &empty);
                    self.push(truths, Sample::Unknown);
                }
            }
        }
    }

    /// Objects: only which of the wanted keys they have can be told.
    fn objects(&mut self) {
        let take = self.marks.needles.len().min(6);
        self.all &= take == self.marks.needles.len();
        for choice in 0..1_usize << take {
            let keys = self.marks.needles.iter().take(take).enumerate();
            let keys = keys.filter(|(i, _)| choice >> i & 1 == 1);
            let entries = keys.map(|(_, key)| (key.clone(), Value::Number(1_i64.into())));
            let entries = entries.collect();
            self.value(Value::Object(entries));
        }
    }

    fn done(self) -> Cells {
        Cells {
            cells: self.cells,
            all: self.all,
        }
    }
}

/// What adds up over the elements of a list: each regular expression, and each operand of
/// `param_contains` by itself.
struct Sums {
    regexes: Vec<Compiled>,
    operands: Vec<Value>,
    contains: Vec<Compiled>,
}

impl Sums {
    fn new(atoms: &[&Compiled], tests: &[&Test]) -> Self {
        let matching = atoms
            .iter()
            .zip(tests)
            .filter(|(_, test)| matches!(test, Test::Matches(_)));
        let path = atoms.iter().find_map(|atom| match atom.atom() {
            Atom::Param { path, .. } => Some(path),
            _ => None,
        });
        let operands = tests.iter().filter_map(|test| match test {
            Test::Contains(operands) => Some(operands),
            _ => None,
        });
        let operands: Vec<Value> = operands.flatten().cloned().collect();
        let contains = operands.iter().filter_map(|operand| {
            let test = Test::Contains(vec![operand.clone()]);
            let path = path?.clone();
            Compiled::new(&Atom::Param { path, test }).ok()
        });
        Self {
            regexes: matching.map(|(atom, _)| (*atom).clone()).collect(),
            contains: contains.collect(),
            operands,
        }
    }

    fn numeric(&self) -> bool {
        let mut operands = self.operands.iter();
        operands.any(|operand| matches!(operand, Value::Number(_)))
    }

    fn ask(&self, list: &Value) -> Vec<Truth> {
        let all = self.regexes.iter().chain(&self.contains);
        all.map(|atom| atom.test_value(Some(list))).collect()
    }

    /// What one element that is some other text adds.
    fn of_text(&self, regex: &dyn Fn(&str) -> Truth, is: &dyn Fn(&Value) -> Truth) -> Vec<Truth> {
        let regexes = self.regexes.iter().map(|atom| match atom.atom() {
            Atom::Param {
                test: Test::Matches(text),
                ..
            } => regex(text),
            _ => Truth::CannotTell,
        });
        regexes.chain(self.operands.iter().map(is)).collect()
    }

    /// What all conditions say of a list with this sum; `empty` is what they say of an empty list.
    fn truths(&self, tests: &[&Test], state: &[Truth], empty: &[Truth]) -> Vec<Truth> {
        let mut regexes = state.iter().take(self.regexes.len());
        let mut operands = state.iter().skip(self.regexes.len());
        let truth = |(test, empty): (&&Test, &Truth)| match test {
            Test::Matches(_) => regexes.next().copied().unwrap_or(Truth::CannotTell),
            Test::Contains(wanted) => {
                let parts = operands.by_ref().take(wanted.len()).copied();
                parts.fold(Truth::True, both)
            }
            _ => *empty,
        };
        tests.iter().zip(empty).map(truth).collect()
    }
}

/// Puts `NaN` in the place of the first number; false if there is none.
fn unsettle(value: &mut Value) -> bool {
    match value {
        Value::List(items) => items.iter_mut().any(|item| match item {
            Value::Number(n) => {
                *n = f64::NAN.into();
                true
            }
            other => unsettle(other),
        }),
        Value::Object(entries) => entries.iter_mut().any(|(_, item)| match item {
            Value::Number(n) => {
                *n = f64::NAN.into();
                true
            }
            other => unsettle(other),
        }),
        _ => false,
    }
}

/// The number that a numeric text in ASCII is.
fn plain_number(text: &str) -> Option<Number> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let zeros = digits.bytes().take_while(|b| *b == b'0').count();
    let rest = digits.get(zeros..)?;
    let zero = if zeros > 0 && !rest.starts_with(|c: char| c.is_ascii_digit()) {
        "0"
    } else {
        ""
    };
    Number::parse(&format!("{sign}{zero}{rest}"))
}

/// What a scalar operand looks for in text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => number.is_finite().then(|| number.text().to_owned()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

/// Ways to write a number as text.
fn spellings(number: &Number) -> Vec<String> {
    let text = number.text();
    let mut out = vec![text.to_owned()];
    if number.is_finite() {
        out.push(format!("{text} "));
        match text.strip_prefix('-') {
            Some(digits) => out.push(format!("-0{digits}")),
            None => out.extend([format!("+{text}"), format!("0{text}")]),
        }
        if !text.contains(['.', 'e', 'E']) {
            out.extend([format!("{text}.0"), format!("{text}e0")]);
        }
    }
    out
}

/// All sums of cells: what a path that leads to several values can be.
fn closed(single: &Cells) -> Cells {
    let mut all = single.all;
    let mut seen: FxHashMap<Vec<Truth>, ()> = FxHashMap::default();
    let mut out: Vec<Cell> = single.cells.clone();
    for cell in &out {
        seen.insert(cell.truths.clone(), ());
    }
    let mut at = 0;
    while let Some(cell) = out.get(at).cloned() {
        at += 1;
        if cell.sample == Sample::Missing {
            continue;
        }
        for other in single.cells.iter().filter(|c| c.sample != Sample::Missing) {
            let pairs = cell.truths.iter().zip(&other.truths);
            let truths: Vec<Truth> = pairs.map(|(a, b)| either(*a, *b)).collect();
            if out.len() >= MOST_CELLS {
                all = false;
                break;
            }
            if seen.insert(truths.clone(), ()).is_none() {
                let sample = joined(&cell.sample, &other.sample);
                out.push(Cell { truths, sample });
            }
        }
    }
    Cells { cells: out, all }
}

fn joined(a: &Sample, b: &Sample) -> Sample {
    let values = |sample: &Sample| match sample {
        Sample::Value(value) => Some(vec![value.clone()]),
        Sample::Many(values) => Some(values.clone()),
        Sample::Missing | Sample::Unknown => None,
    };
    match (values(a), values(b)) {
        (Some(mut a), Some(b)) => {
            a.extend(b);
            Sample::Many(a)
        }
        _ => Sample::Unknown,
    }
}
