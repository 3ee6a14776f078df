//! YAML text -> [`Tree`]. The only module that knows the YAML parser.
//!
//! Policies are a small part of YAML: one document, mappings with text keys, sequences, scalars,
//! anchors with aliases and the merge key `<<`. Everything whose meaning depends on the reader is
//! refused here: tags, directives, keys that stand twice, characters that do not show. Every bound
//! is a constant of this file, so no text can take more than it may. What is plain enough is read
//! by [`simple`] without the parser.

mod simple;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};
use granit_parser::{Event, Parser, ScalarStyle};

use crate::problem::{Problem, shown};
use crate::tree::{Kind, Node, NodeId, Style, Tree, View};

/// The longest text, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep nodes may nest, aliases read in full.
const MAX_DEPTH: u32 = 64;
/// How many nodes aliases may stand for in all.
const MAX_ALIASED_NODES: u64 = 100_000;
/// How many bytes of text aliases may stand for in all.
const MAX_ALIASED_BYTES: u64 = 4 << 20;
/// How many forbidden characters are reported one by one.
const MAX_CHARACTERS: usize = 20;

/// Bytes as they lie in a file -> text.
///
/// # Errors
/// If they are more than [`MAX_BYTES`] or not UTF-8. A byte order mark at the start is left out.
pub(crate) fn source(name: &str, bytes: &[u8]) -> Result<Arc<SourceFile>, Box<Problem>> {
    if bytes.len() > MAX_BYTES {
        return Err(too_large(name, bytes));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let [0, _, 0, _, ..] | [_, 0, _, 0, ..] = text {
        let file = Arc::new(SourceFile::new(name, "", None));
        return Err(Box::new(
            Problem::error(
                "not-utf8",
                Span::new(file, 0..0),
                "the file is not UTF-8 text",
            )
            .help("it looks like UTF-16: save it as UTF-8"),
        ));
    }
    match std::str::from_utf8(text) {
        Ok(text) => Ok(Arc::new(SourceFile::new(name, text, None))),
        Err(e) => {
            let lossy = String::from_utf8_lossy(text);
            let file = Arc::new(SourceFile::new(name, lossy, None));
            let start = e.valid_up_to();
            let at = Span::new(file, start..start + char::REPLACEMENT_CHARACTER.len_utf8());
            let mut problem = Problem::error("not-utf8", at, "the file is not UTF-8 text")
                .label("this is not a character");
            problem = match text {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                    problem.help("it looks like UTF-16: save it as UTF-8")
                }
                _ => problem.help("save it as UTF-8"),
            };
            Err(Box::new(problem))
        }
    }
}

fn too_large(name: &str, bytes: &[u8]) -> Box<Problem> {
    let head: Vec<u8> = bytes.iter().copied().take(200).collect();
    let head = String::from_utf8_lossy(&head);
    let line = head.lines().next().unwrap_or_default();
    let end = line.len();
    let file = Arc::new(SourceFile::new(name, line, None));
    let message = format!("the file has {} bytes; {MAX_BYTES} are read", bytes.len());
    Box::new(
        Problem::error("too-large", Span::new(file, 0..end), message)
            .help("split it: several policies are merged into one"),
    )
}

/// Text -> tree. Mistakes that leave a tree behind are collected in `problems`; `None` is a text of
/// which no tree can be made, and the reason is among them.
pub(crate) fn parse(file: &Arc<SourceFile>, problems: &mut Vec<Problem>) -> Option<Tree> {
    if file.text.len() > MAX_BYTES {
        problems.push(*too_large(&file.path, file.text.as_bytes()));
        return None;
    }
    if !characters(file, problems) {
        return None;
    }
    if let Some((tree, found)) = simple(file) {
        problems.extend(found);
        return Some(tree);
    }
    full(file, problems)
}

/// The tree of a text that the reader of simple YAML knows, and the mistakes in it.
fn simple(file: &Arc<SourceFile>) -> Option<(Tree, Vec<Problem>)> {
    let mut problems = Vec::new();
    let mut build = Build::new(file, &mut problems);
    simple::read(&file.text, &mut build).ok()?;
    let tree = build.tree;
    Some((tree, problems))
}

/// The tree of any text.
fn full(file: &Arc<SourceFile>, problems: &mut Vec<Problem>) -> Option<Tree> {
    let mut build = Build::new(file, problems);
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_comments: false,
    };
    for next in Parser::new_from_str_with_options(&file.text, options) {
        let step = match next {
            Ok((event, span)) => build.event(event, &span),
            Err(e) => Err(syntax::problem(file, &e)),
        };
        if let Err(problem) = step {
            build.problems.push(*problem);
            return None;
        }
    }
    Some(build.tree)
}

/// Refuses characters that do not show, or that YAML readers disagree about. Escapes in quotes
/// remain possible, and are seen.
fn characters(file: &Arc<SourceFile>, problems: &mut Vec<Problem>) -> bool {
    let bad = |i: usize, c: char| match c {
        '\t' | '\n' | '\r' => None,
        '\u{feff}' if i == 0 => None,
        '\u{feff}' => Some("a byte order mark in the middle of the text"),
        '\u{85}' | '\u{2028}' | '\u{2029}' => {
            Some("a line separator that YAML readers disagree about")
        }
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
            Some("a direction mark, which can make a line look like another one")
        }
        '\0' => Some("a NUL character"),
        c if c.is_control() => Some("a control character"),
        _ => None,
    };
    let before = problems.len();
    let shows = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    if file.text.bytes().all(shows) {
        return true;
    }
    for (i, c) in file.text.char_indices() {
        let Some(what) = bad(i, c) else { continue };
        if problems.len() - before == MAX_CHARACTERS {
            break;
        }
        let at = Span::new(Arc::clone(file), i..i + c.len_utf8());
        let escape = format!("\\u{:04X}", u32::from(c));
        problems.push(
            Problem::error("forbidden-character", at, format!("the text has {what}"))
                .label(format!("this is U+{:04X}", u32::from(c)))
                .help(format!(
                    "if it is meant, write \"{escape}\" in double quotes"
                )),
        );
    }
    problems.len() == before
}

type Step = Result<(), Box<Problem>>;

struct Build<'a> {
    file: &'a Arc<SourceFile>,
    problems: &'a mut Vec<Problem>,
    tree: Tree,
    open: Vec<Open>,
    /// Finished anchored nodes, by the parser's numbers.
    anchors: HashMap<usize, NodeId>,
    /// Nodes and bytes that aliases stand for so far.
    aliased: (u64, u64),
    documents: usize,
}

/// A collection that is being read.
struct Open {
    map: bool,
    /// Whether it has a tag, so that nothing is known of what it holds.
    refused: bool,
    start: usize,
    anchor: usize,
    items: Vec<NodeId>,
}

impl<'a> Build<'a> {
    fn new(file: &'a Arc<SourceFile>, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            file,
            problems,
            tree: Tree::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: (0, 0),
            documents: 0,
        }
    }

    fn span(&self, at: Range<usize>) -> Span {
        Span::new(Arc::clone(self.file), at)
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Step {
        let at = span.byte_range().unwrap_or_default();
        let tag = event.tag().is_some();
        if tag {
            self.tagged(span, &at);
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.second_document(at));
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    _ => Style::Text,
                };
                // The parser calls an absent value `~`.
                let absent = style == Style::Plain && at.is_empty();
                let text = if absent { "" } else { &*text };
                let kind = match tag {
                    true => Kind::Refused,
                    false => Kind::Scalar(text.into(), style),
                };
                let id = self.tree.push(kind, at);
                self.done(id, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.start(false, tag, at.start, anchor)?,
            Event::MappingStart(_, anchor, _) => self.start(true, tag, at.start, anchor)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            Event::Alias(anchor) => self.alias(anchor, at)?,
            Event::UnresolvedAlias(name) => {
                let problem = unknown_alias(self.span(at.clone()), &name);
                self.problems.push(problem);
                let id = self.tree.push(Kind::Refused, at);
                self.done(id, 0);
            }
            // Stream and document ends say nothing; comments and anchor events are not asked for.
            _ => {}
        }
        Ok(())
    }

    /// A node is complete: it goes into the collection around it.
    fn done(&mut self, id: NodeId, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(id),
            None => self.tree.set_root(id),
        }
    }

    fn start(&mut self, map: bool, refused: bool, start: usize, anchor: usize) -> Step {
        if self.open.len() >= MAX_DEPTH as usize {
            return Err(too_deep(self.span(start..start + 1)));
        }
        let items = Vec::new();
        self.open.push(Open {
            map,
            refused,
            start,
            anchor,
            items,
        });
        Ok(())
    }

    fn end(&mut self, at: Range<usize>) {
        let Some(open) = self.open.pop() else { return };
        // A block collection ends where its last item does, not where the next token begins.
        let end = match at.is_empty() {
            true => open
                .items
                .last()
                .map_or(at.end, |i| self.tree.node(*i).at().end),
            false => at.end,
        };
        let kind = match open.map {
            _ if open.refused => Kind::Refused,
            false => Kind::List(open.items),
            true => Kind::Map(self.entries(&open.items)),
        };
        let id = self.tree.push(kind, open.start..end.max(open.start));
        self.done(id, open.anchor);
    }

    fn alias(&mut self, anchor: usize, at: Range<usize>) -> Step {
        let Some(&target) = self.anchors.get(&anchor) else {
            return Err(Box::new(
                Problem::error(
                    "alias-loop",
                    self.span(at),
                    "an alias stands inside the part it stands for",
                )
                .label("this would never end"),
            ));
        };
        let cost = self.tree.cost(target);
        self.aliased.0 = self.aliased.0.saturating_add(cost.nodes);
        self.aliased.1 = self.aliased.1.saturating_add(cost.bytes);
        if self.aliased.0 > MAX_ALIASED_NODES || self.aliased.1 > MAX_ALIASED_BYTES {
            let message = format!(
                "aliases stand for more than {MAX_ALIASED_NODES} nodes or {MAX_ALIASED_BYTES} bytes"
            );
            return Err(Box::new(
                Problem::error("alias-bomb", self.span(at), message)
                    .label("the limit is passed here"),
            ));
        }
        if self.open.len() + cost.depth as usize > MAX_DEPTH as usize {
            return Err(too_deep(self.span(at)));
        }
        let id = self.tree.push_alias(target, at);
        self.done(id, 0);
        Ok(())
    }

    fn tagged(&mut self, span: &granit_parser::Span, at: &Range<usize>) {
        let tag = span.tag_span().and_then(|s| s.byte_range());
        let span = self.span(tag.unwrap_or_else(|| at.clone()));
        let tag = span.text().to_owned();
        let help = match tag.strip_prefix('!') {
            Some(rest) if !rest.starts_with(['!', '<']) && !rest.is_empty() => {
                format!("a text that starts with `!` is quoted: \"{}\"", shown(&tag))
            }
            _ => "leave it out, and quote what must stay a text".into(),
        };
        self.problems.push(
            Problem::error("tag", span, format!("`{}` is a YAML tag", shown(&tag)))
                .label("tags are not part of the language")
                .help(help),
        );
    }

    fn second_document(&self, at: Range<usize>) -> Box<Problem> {
        Box::new(
            Problem::error(
                "several-documents",
                self.span(at),
                "a second document starts here",
            )
            .label("a file holds one document")
            .help("put it into a file of its own: several files are merged into one policy"),
        )
    }

    /// Keys and values in turn -> entries with unique keys, merged mappings included.
    fn entries(&mut self, items: &[NodeId]) -> Vec<(NodeId, NodeId)> {
        let mut entries = Vec::with_capacity(items.len() / 2);
        let mut seen = Seen::default();
        let mut merges: Vec<(NodeId, NodeId)> = Vec::new();
        for pair in items.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            let node = self.tree.node(key);
            let (at, name, plain) = match node.view() {
                View::Scalar(text, style) => (node.at(), text, style == Style::Plain),
                View::Refused => {
                    entries.push((key, value));
                    continue;
                }
                View::List(_) | View::Map(_) => {
                    let problem = Problem::error(
                        "key-not-text",
                        self.span(node.at()),
                        "a key is a text, not a list or a mapping",
                    )
                    .help("quote a text that starts with a bracket or a brace");
                    let at = node.at();
                    self.problems.push(problem);
                    let refused = self.tree.push(Kind::Refused, at);
                    entries.push((refused, value));
                    continue;
                }
            };
            if let Some(first) = seen.get(&self.tree, name) {
                let problem = self.duplicate(name, at, first);
                self.problems.push(problem);
                continue;
            }
            seen.insert(&self.tree, key);
            match plain && name == "<<" {
                true => merges.push((key, value)),
                false => entries.push((key, value)),
            }
        }
        for (key, value) in merges {
            self.merge(key, value, &mut entries, &mut seen);
        }
        entries
    }

    fn duplicate(&self, name: &str, at: Range<usize>, first: NodeId) -> Problem {
        let first = self.span(self.tree.node(first).at());
        let message = format!("`{}` is written twice", shown(name));
        Problem::error("duplicate-key", self.span(at), message)
            .label("written again here")
            .because(first, "first written here")
    }

    /// `<<: *a` and `<<: [*a, *b]`: the keys of other mappings that are not there yet.
    fn merge(
        &mut self,
        key: NodeId,
        value: NodeId,
        entries: &mut Vec<(NodeId, NodeId)>,
        seen: &mut Seen,
    ) {
        let mut found: Vec<(NodeId, NodeId)> = Vec::new();
        let mut wrong = None;
        let mut take = |node: Node<'_>| match node.view() {
            View::Map(map) => found.extend(map.iter().map(|(k, v)| (k.id, v.id))),
            View::Refused => {}
            View::Scalar(..) | View::List(_) => wrong = Some(node.at()),
        };
        let node = self.tree.node(value);
        match node.view() {
            View::List(list) => list.iter().for_each(&mut take),
            _ => take(node),
        }
        if let Some(at) = wrong {
            let key = self.span(self.tree.node(key).at());
            let problem = Problem::error(
                "merge-not-mapping",
                self.span(at),
                "`<<` merges mappings, and this is none",
            )
            .because(key, "merged by this key")
            .help("write the alias of a mapping, or a list of such aliases");
            self.problems.push(problem);
        }
        for (k, v) in found {
            let Some(name) = self.tree.node(k).text() else {
                continue;
            };
            if seen.get(&self.tree, name).is_none() {
                seen.insert(&self.tree, k);
                entries.push((k, v));
            }
        }
    }
}

/// The keys of a mapping so far. Most have few, which are found faster by looking at each.
#[derive(Default)]
struct Seen {
    few: Vec<NodeId>,
    many: HashMap<Box<str>, NodeId>,
}

impl Seen {
    const FEW: usize = 16;

    fn get(&self, tree: &Tree, name: &str) -> Option<NodeId> {
        let is = |key: &&NodeId| tree.node(**key).text() == Some(name);
        let few = self.few.iter().find(is);
        few.or_else(|| self.many.get(name)).copied()
    }

    fn insert(&mut self, tree: &Tree, key: NodeId) {
        if self.few.len() < Self::FEW {
            self.few.push(key);
        } else if let Some(name) = tree.node(key).text() {
            self.many.insert(name.into(), key);
        }
    }
}

fn too_deep(at: Span) -> Box<Problem> {
    let message = format!("the text nests more than {MAX_DEPTH} levels deep");
    Box::new(Problem::error("too-deep", at, message).label("the limit is passed here"))
}

fn unknown_alias(at: Span, name: &str) -> Problem {
    let written = at.text().to_owned();
    let message = format!(
        "`{}` is an alias, and no anchor `&{}` stands before it",
        shown(&written),
        shown(name)
    );
    Problem::error("unknown-alias", at, message).help(format!(
        "a pattern that starts with `*` is quoted: \"{}\"",
        shown(&written)
    ))
}
