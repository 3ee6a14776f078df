//! What a text may import, found without parsing it.
//!
//! Every place that says `import` is looked at, also in strings and comments: finding too much does
//! no harm here, missing an import would.

use memchr::memmem;

use super::cursor::{Cursor, back, is_name};

/// The functions of Python that import.
const IMPORTERS: [&str; 2] = ["import_module", "__import__"];

/// Something a text may import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportLine {
    /// The number of leading dots.
    pub(crate) level: u8,
    /// The dotted name after them.
    pub(crate) module: String,
    /// `None` for `import a.b`; the name taken from the module otherwise, `*` for all.
    pub(crate) item: Option<String>,
}

/// Everything a text may import, one entry per imported name, in the order of the text.
pub(crate) fn imports(text: &str) -> Vec<ImportLine> {
    let mut found = Finder {
        text,
        out: Vec::new(),
        done: 0,
        aliases: Vec::new(),
    };
    for at in memmem::find_iter(text.as_bytes(), "import") {
        if at >= found.done {
            found.hit(at);
        }
    }
    found.through_aliases();
    found.out
}

struct Finder<'a> {
    text: &'a str,
    out: Vec<ImportLine>,
    /// Up to here everything has been seen.
    done: usize,
    /// Other names of functions that import.
    aliases: Vec<&'a str>,
}

impl<'a> Finder<'a> {
    fn hit(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        let start = back(bytes, at, is_name);
        let mut cursor = Cursor {
            text: self.text,
            pos: start,
        };
        let word = cursor.name();
        self.done = cursor.pos;
        if word == "import" {
            match module_before(self.text, start) {
                Some((level, module)) => self.names_from(cursor, level, &module),
                None => self.modules(cursor),
            }
        } else {
            if IMPORTERS.contains(&word) {
                self.alias(cursor, start);
            }
            self.call(cursor);
        }
    }

    /// `import a.b as c, d`
    fn modules(&mut self, mut cursor: Cursor<'a>) {
        loop {
            cursor.blanks();
            let module = cursor.dotted();
            if module.is_empty() {
                break;
            }
            self.out.push(ImportLine {
                level: 0,
                module,
                item: None,
            });
            cursor.renamed(Cursor::blanks);
            if !cursor.eat(b',') {
                break;
            }
        }
        self.done = self.done.max(cursor.pos);
    }

    /// What follows `from .a import`.
    fn names_from(&mut self, mut cursor: Cursor<'a>, level: u8, module: &str) {
        cursor.blanks();
        let space = if cursor.eat(b'(') {
            Cursor::space
        } else {
            Cursor::blanks
        };
        loop {
            space(&mut cursor);
            let item = if cursor.eat(b'*') {
                "*"
            } else {
                cursor.other_name()
            };
            if item.is_empty() {
                break;
            }
            if IMPORTERS.contains(&item) {
                self.alias(cursor, 0);
            }
            let (module, item) = (module.to_owned(), Some(item.to_owned()));
            self.out.push(ImportLine {
                level,
                module,
                item,
            });
            cursor.renamed(space);
            if !cursor.eat(b',') {
                break;
            }
        }
        self.done = self.done.max(cursor.pos);
    }

    /// What follows the name of a function that imports: `("a.b")`, `(name=".b", package="a")`.
    fn call(&mut self, mut cursor: Cursor<'a>) {
        cursor.blanks();
        if !cursor.eat(b'(') {
            return;
        }
        cursor.space();
        cursor.keyword();
        self.done = self.done.max(cursor.pos);
        let Some(name) = cursor.literal() else { return };
        let dots = name.bytes().take_while(|&b| b == b'.').count();
        let module = name.trim_matches('.').to_owned();
        let level = u8::try_from(dots).unwrap_or(u8::MAX);
        cursor.gap();
        if level > 0 && cursor.eat(b',') {
            cursor.gap();
            cursor.keyword();
            if let Some(package) = cursor.literal().filter(|p| !p.is_empty()) {
                let module = absolute(&package, level, &module);
                return self.out.push(ImportLine {
                    level: 0,
                    module,
                    item: None,
                });
            }
        }
        if level > 0 || !module.is_empty() {
            self.out.push(ImportLine {
                level,
                module,
                item: None,
            });
        }
    }

    /// Takes note of `import_module as x` and `x = importlib.import_module`.
    fn alias(&mut self, mut cursor: Cursor<'a>, start: usize) {
        cursor.blanks();
        let next = self.text.as_bytes().get(cursor.pos);
        let name = if cursor.word("as") {
            cursor.blanks();
            cursor.name()
        } else if matches!(next, None | Some(b'\n' | b'\r' | b';' | b'#')) {
            self.assigned(start)
        } else {
            ""
        };
        // Names with `import` in them are found anyway; more than a few aliases are no code.
        let known = name.is_empty() || name.contains("import") || self.aliases.contains(&name);
        if !known && self.aliases.len() < 8 {
            self.aliases.push(name);
        }
    }

    /// The name that is assigned an attribute whose last part starts at an offset.
    fn assigned(&self, attribute: usize) -> &'a str {
        let bytes = self.text.as_bytes();
        let blank = |b| matches!(b, b' ' | b'\t');
        let value = back(bytes, attribute, |b| is_name(b) || b == b'.');
        let after = back(bytes, value, blank);
        let Some(equals) = after
            .checked_sub(1)
            .filter(|&i| bytes.get(i) == Some(&b'='))
        else {
            return "";
        };
        let end = back(bytes, equals, blank);
        self.text.get(back(bytes, end, is_name)..end).unwrap_or("")
    }

    fn through_aliases(&mut self) {
        let bytes = self.text.as_bytes();
        for alias in std::mem::take(&mut self.aliases) {
            self.done = 0;
            for at in memmem::find_iter(bytes, alias) {
                let before = at.checked_sub(1).and_then(|i| bytes.get(i));
                if at < self.done || before.is_some_and(|&b| is_name(b)) {
                    continue;
                }
                let mut cursor = Cursor {
                    text: self.text,
                    pos: at,
                };
                if cursor.name() == alias {
                    self.call(cursor);
                }
            }
        }
    }
}

/// A relative name as seen from a package.
fn absolute(package: &str, level: u8, module: &str) -> String {
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    let dot = if base.is_empty() || module.is_empty() {
        ""
    } else {
        "."
    };
    format!("{base}{dot}{module}")
}

/// If `from` and a module come before an `import`: the number of dots and the name.
fn module_before(text: &str, import: usize) -> Option<(u8, String)> {
    let bytes = text.as_bytes();
    let mut pos = import;
    let mut after_name = false;
    loop {
        let end = back_blanks(bytes, pos);
        let start = back(bytes, end, is_name);
        let name = text.get(start..end)?;
        match name {
            "" if bytes.get(end.checked_sub(1)?) == Some(&b'.') => {
                pos = end - 1;
                after_name = false;
            }
            "from" if pos < import => return Some(split(text.get(end..import)?)),
            "" | "import" => return None,
            _ if after_name => return None,
            _ => {
                pos = start;
                after_name = true;
            }
        }
    }
}

/// Goes back over blanks and continued lines.
fn back_blanks(bytes: &[u8], from: usize) -> usize {
    let mut pos = from;
    loop {
        pos = back(bytes, pos, |b| matches!(b, b' ' | b'\t' | b'\x0c'));
        let before = bytes.get(..pos).unwrap_or_default();
        let ends: [&[u8]; 3] = [b"\\\r\n", b"\\\n", b"\\\r"];
        match ends.iter().find(|e| before.ends_with(e)) {
            Some(end) => pos -= end.len(),
            None => return pos,
        }
    }
}

/// The dots and the name of a module, as written.
fn split(written: &str) -> (u8, String) {
    let name: String = written
        .chars()
        .filter(|c| !c.is_ascii_whitespace() && *c != '\\')
        .collect();
    let module = name.trim_start_matches('.');
    let level = u8::try_from(name.len() - module.len()).unwrap_or(u8::MAX);
    (level, module.to_owned())
}
