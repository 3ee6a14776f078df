//! Reads the small type language of the catalog.

use std::collections::BTreeMap;

use super::load::arg;
use super::model::{Arg, ClassIx, Type};
use super::schema::TypeShort;

/// Words that name types nothing is followed through.
const PLAIN: [&str; 10] = [
    "none", "str", "int", "float", "bool", "bytes", "dict", "list", "any", "object",
];

/// Turns type texts into types of known classes.
pub(super) struct TypeReader<'a> {
    pub(super) known: &'a BTreeMap<String, (ClassIx, String)>,
}

impl TypeReader<'_> {
    pub(super) fn short(&self, t: &TypeShort) -> Result<Type, String> {
        match t {
            TypeShort::Text(t) => self.text(t),
            TypeShort::Select(s) => Ok(Type::Select {
                args: s.select.iter().map(arg).collect(),
                cases: s
                    .cases
                    .iter()
                    .map(|(k, t)| Ok((k.clone(), self.text(t)?)))
                    .collect::<Result<_, String>>()?,
                otherwise: s
                    .otherwise
                    .as_ref()
                    .map(|t| self.text(t))
                    .transpose()?
                    .map(Box::new),
            }),
        }
    }

    pub(super) fn text(&self, t: &str) -> Result<Type, String> {
        let branches = split(t, '|');
        if branches.len() > 1 {
            return Ok(Type::Union(
                branches
                    .iter()
                    .map(|b| self.text(b))
                    .collect::<Result<_, _>>()?,
            ));
        }
        let t = t.trim();
        if let Some(inner) = inside(t, "arg(", ')') {
            return Ok(Type::Arg(arg_list(inner)));
        }
        if let Some(inner) = inside(t, "result(", ')') {
            return Ok(Type::Result(arg_list(inner)));
        }
        if let Some(inner) = inside(t, "class(", ')') {
            return self.class(inner).map(Type::ClassObject);
        }
        for word in ["list[", "iter["] {
            if let Some(inner) = inside(t, word, ']') {
                return Ok(Type::List(Box::new(self.text(inner)?)));
            }
        }
        if let Some(inner) = inside(t, "dict[", ']') {
            return Ok(Type::Dict(Box::new(self.text(inner)?)));
        }
        if let Some(inner) = inside(t, "tuple[", ']') {
            return Ok(Type::Tuple(
                split(inner, ',')
                    .iter()
                    .map(|b| self.text(b))
                    .collect::<Result<_, _>>()?,
            ));
        }
        if t == "self" {
            return Ok(Type::Receiver);
        }
        if PLAIN.contains(&t.to_ascii_lowercase().as_str()) {
            return Ok(Type::Nothing);
        }
        self.class(t).map(Type::Class)
    }

    fn class(&self, t: &str) -> Result<ClassIx, String> {
        let t = t.trim();
        if let Some(&(ix, _)) = self.known.get(t) {
            return Ok(ix);
        }
        let last = t.rsplit('.').next().unwrap_or(t);
        let near: Vec<&str> = self
            .known
            .keys()
            .filter(|k| k.rsplit('.').next() == Some(last))
            .map(String::as_str)
            .take(3)
            .collect();
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!(" (did you mean {}?)", near.join(" or "))
        };
        Err(format!("type `{t}` is not a class of the catalog{hint}"))
    }
}

fn inside<'a>(t: &'a str, open: &str, close: char) -> Option<&'a str> {
    t.strip_prefix(open)?.strip_suffix(close)
}

fn arg_list(inner: &str) -> Vec<Arg> {
    inner
        .split(',')
        .map(|a| {
            a.trim()
                .parse()
                .map_or_else(|_| Arg::Named(a.trim().to_owned()), Arg::At)
        })
        .collect()
}

/// Splits at `sep` outside brackets.
fn split(t: &str, sep: char) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0i32, 0, Vec::new());
    for (i, c) in t.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c if c == sep && depth == 0 => {
                out.push(t.get(start..i).unwrap_or("").trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(t.get(start..).unwrap_or("").trim());
    out
}
