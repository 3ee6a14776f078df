//! Text -> [`Suite`].

use std::collections::HashMap;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::action::{Action, Hints};
use crate::document::{parse, source};
use crate::keys::SUITE;
use crate::model::{Approval, Effect, Located, Risk};
use crate::problem::{Problem, Problems, shown};
use crate::read::{Field, Fields, Read, Reader};

use super::{Case, Expect, Suite};

impl Suite {
    /// Reads a suite. `name` is the path that problems show.
    ///
    /// # Errors
    /// Everything that is wrong with the text, at once.
    pub fn load(name: &str, text: &str) -> Result<Self, Problems> {
        Self::read(source(name, text.as_bytes())?)
    }

    /// Reads a suite from a text that lies in memory already.
    ///
    /// # Errors
    /// Everything that is wrong with the text, at once.
    pub fn read(file: Arc<SourceFile>) -> Result<Self, Problems> {
        let document = parse(file)?;
        let file = Arc::clone(&document.file);
        let mut reader = Reader::new(&file, &SUITE, document.problems);
        let root = document.tree.root();
        let fields = root.and_then(|root| reader.root(&SUITE, root));
        let suite = fields.map(|fields| suite(&mut reader, &file, fields));
        let problems = Problems::sorted(reader.into_problems());
        match suite {
            Some(suite) if !problems.has_errors() => Ok(suite),
            _ => Err(problems),
        }
    }
}

fn suite(reader: &mut Reader<'_>, file: &Arc<SourceFile>, mut fields: Fields) -> Suite {
    let policy = fields.take("policy").and_then(|f| text(reader, f));
    let cases = fields.take("cases");
    if let Some(field) = &cases {
        let at = reader.span(field.at.clone());
        let inside = at.text().strip_prefix('[').map(str::trim_start);
        if inside.is_some_and(|rest| rest.starts_with(']')) {
            reader.push(Problem::error("empty-list", at, "the suite has no cases"));
        }
    }
    let items = match cases.map(|f| f.read) {
        Some(Read::List(items)) => items,
        _ => Vec::new(),
    };
    let cases: Vec<Case> = items
        .into_iter()
        .enumerate()
        .map(|(i, fields)| case(reader, i, fields))
        .collect();
    unique_names(reader, &cases);
    Suite {
        file: Arc::clone(file),
        policy,
        cases,
    }
}

fn case(reader: &Reader<'_>, i: usize, mut fields: Fields) -> Case {
    let name = fields.take("name").and_then(|f| text(reader, f));
    let action = match fields.take("action").map(|f| f.read) {
        Some(Read::Fields(fields)) => action(fields),
        _ => Action::new(""),
    };
    let expect = match fields.take("expect").map(|f| f.read) {
        Some(Read::Fields(fields)) => expect(reader, fields),
        _ => Expect::default(),
    };
    let at = match fields.take("at").map(|f| f.read) {
        Some(Read::Moment(moment)) => Some(moment),
        _ => None,
    };
    Case {
        name: name.unwrap_or_else(|| Located {
            value: format!("case-{}", i + 1).into(),
            span: None,
        }),
        span: reader.span(fields.at),
        action,
        at,
        expect,
    }
}

fn action(mut fields: Fields) -> Action {
    let mut text = |key: &str| match fields.take(key)?.read {
        Read::Text(text) => Some(text),
        _ => None,
    };
    let mut action = Action::new(&text("type").unwrap_or_default());
    if let Some(target) = text("target") {
        action = action.target(&target);
    }
    if let Some(agent) = text("agent") {
        action = action.agent(&agent);
    }
    if let Some(session) = text("session") {
        action = action.session(session);
    }
    if let Some(Read::Object(params)) = fields.take("params").map(|f| f.read) {
        for (name, value) in params {
            action = action.param(name, value);
        }
    }
    if let Some(Read::Word(word)) = fields.take("effect").map(|f| f.read)
        && let Some(effect) = Effect::ALL.get(word)
    {
        action = action.effect(*effect);
    }
    if let Some(Read::Fields(mut hints)) = fields.take("hints").map(|f| f.read) {
        let mut flag = |key: &str| match hints.take(key)?.read {
            Read::Flag(flag) => Some(flag),
            _ => None,
        };
        action = action.hints(Hints {
            read_only: flag("read_only"),
            destructive: flag("destructive"),
        });
    }
    action
}

fn expect(reader: &Reader<'_>, mut fields: Fields) -> Expect {
    let place = |field: &Field| Some(reader.span(field.at.clone()));
    let mut word = |key: &str| {
        let field = fields.take(key)?;
        match field.read {
            Read::Word(word) => Some((word, place(&field))),
            _ => None,
        }
    };
    let approval = word("approval").and_then(|(word, span)| {
        let value = *Approval::ALL.get(word)?;
        Some(Located { value, span })
    });
    let risk = word("risk").and_then(|(word, span)| {
        let value = *Risk::ALL.get(word)?;
        Some(Located { value, span })
    });
    let rule = fields.take("rule").and_then(|field| {
        let span = place(&field);
        let value = match field.read {
            Read::Null => None,
            Read::Text(name) => Some(name),
            _ => return None,
        };
        Some(Located { value, span })
    });
    Expect {
        approval,
        risk,
        rule,
    }
}

fn text(reader: &Reader<'_>, field: Field) -> Option<Located<Box<str>>> {
    let span = Some(reader.span(field.at));
    match field.read {
        Read::Text(value) => Some(Located { value, span }),
        _ => None,
    }
}

fn unique_names(reader: &mut Reader<'_>, cases: &[Case]) {
    let mut first: HashMap<&str, &Case> = HashMap::new();
    let place = |case: &Case| -> Span { case.name.span.clone().unwrap_or(case.span.clone()) };
    for case in cases {
        if let Some(before) = first.get(&*case.name.value) {
            let message = format!("two cases are called `{}`", shown(&case.name.value));
            reader.push(
                Problem::error("duplicate-case", place(case), message)
                    .label("called so again here")
                    .because(place(before), "first called so here"),
            );
        } else {
            first.insert(&case.name.value, case);
        }
    }
}
