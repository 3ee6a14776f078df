//! From the text of a pattern to nodes, and from nodes to alternatives.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Alternative, GlobError, MOST_ALTERNATIVES, MOST_BYTES, Set, Token};
use crate::name;

/// Braces may be nested this deep.
const DEEPEST: usize = 32;

/// A piece of a pattern before its braces are expanded.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Char(char),
    Any,
    One,
    Set(Set),
    Braces(Vec<Vec<Node>>),
}

/// The places in a name that can be reached from `starts` by what the nodes match.
pub(super) fn ends(nodes: &[Node], name: &[char], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut at = starts.clone();
    for node in nodes {
        let single = |fits: &dyn Fn(char) -> bool| {
            let next = |&i: &usize| name.get(i).is_some_and(|&c| fits(c)).then_some(i + 1);
            at.iter().filter_map(next).collect()
        };
        at = match node {
            Node::Char(want) => single(&|c| c == *want),
            Node::One => single(&|_| true),
            Node::Set(set) => single(&|c| set.contains(c)),
            Node::Any => at.first().map_or(0..0, |&i| i..name.len() + 1).collect(),
            Node::Braces(branches) => branches.iter().flat_map(|b| ends(b, name, &at)).collect(),
        };
    }
    at
}

/// The nodes of a canonical pattern text.
pub(super) fn nodes(text: &str) -> Result<Vec<Node>, GlobError> {
    if text.is_empty() {
        return Err(GlobError {
            at: 0..0,
            message: "the pattern is empty".to_owned(),
            help: Some("`*` matches every name, the empty one included".to_owned()),
        });
    }
    let mut parser = Parser { text, at: 0 };
    parser.sequence(0)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Nodes up to the end of the text or, in braces, up to the `,` or `}` that ends the branch.
    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, GlobError> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            let at = self.at;
            if depth > 0 && matches!(c, ',' | '}') {
                break;
            }
            self.at += c.len_utf8();
            nodes.push(match c {
                '*' => Node::Any,
                '?' => Node::One,
                '[' => Node::Set(self.set(at)?),
                '{' => self.braces(at, depth + 1)?,
                ']' | '}' => {
                    let opening = if c == ']' { '[' } else { '{' };
                    return Err(error(
                        at..at + 1,
                        &format!("`{c}` without a `{opening}` before it"),
                        &format!("write `\\{c}` for the character itself"),
                    ));
                }
                '\\' => Node::Char(self.escaped(at)?),
                c => Node::Char(c),
            });
        }
        Ok(nodes)
    }

    fn braces(&mut self, at: usize, depth: usize) -> Result<Node, GlobError> {
        if depth > DEEPEST {
            let message = format!("braces are nested more than {DEEPEST} deep");
            return Err(error(at..at + 1, &message, "use a list of patterns"));
        }
        let mut branches = Vec::new();
        loop {
            branches.push(self.sequence(depth)?);
            match self.next() {
                Some(',') => {}
                Some(_) => break,
                None => {
                    let help = "close it with `}`, or write `\\{` for the character itself";
                    return Err(error(at..at + 1, "`{` is not closed", help));
                }
            }
        }
        if matches!(branches.as_slice(), [only] if only.is_empty()) {
            let help = "put alternatives between the braces, such as `{read,list}`";
            return Err(error(at..self.at, "`{}` has no alternatives", help));
        }
        Ok(Node::Braces(branches))
    }

    /// A set; its `[` is taken.
    fn set(&mut self, at: usize) -> Result<Set, GlobError> {
        let negated = matches!(self.peek(), Some('!' | '^'));
        if negated {
            self.at += 1;
        }
        let mut ranges = Vec::new();
        loop {
            let start = self.at;
            let low = match self.next() {
                None => {
                    let help = "close it with `]`, or write `\\[` for the character itself";
                    return Err(error(at..at + 1, "`[` is not closed", help));
                }
                Some(']') => break,
                Some('\\') => self.escaped(start)?,
                Some(c) => c,
            };
            let high = match self.range_end()? {
                Some(high) => high,
                None => low,
            };
            if high < low {
                let message = format!("the range `{low}-{high}` runs backwards");
                let help = format!("write `{high}-{low}`, or `\\-` for the character itself");
                return Err(error(start..self.at, &message, &help));
            }
            ranges.push((low, high));
        }
        if ranges.is_empty() {
            let help = "put characters between the brackets; write `[\\]]` for a closing bracket";
            return Err(error(at..self.at, "the set is empty", help));
        }
        Ok(Set {
            negated,
            ranges: merged(ranges),
        })
    }

    /// The upper end of a range, if a `-` and a member follow. A `-` before `]` is itself.
    fn range_end(&mut self) -> Result<Option<char>, GlobError> {
        let mut ahead = self.text.get(self.at..).unwrap_or_default().chars();
        if ahead.next() != Some('-') || matches!(ahead.next(), None | Some(']')) {
            return Ok(None);
        }
        self.at += 1;
        let start = self.at;
        match self.next() {
            Some('\\') => self.escaped(start).map(Some),
            other => Ok(other),
        }
    }

    /// The character after a backslash, which is taken.
    fn escaped(&mut self, at: usize) -> Result<char, GlobError> {
        self.next().ok_or_else(|| {
            let help = "write `\\\\` for a backslash";
            error(at..at + 1, "nothing follows the backslash", help)
        })
    }
}

/// Sorted ranges that neither overlap nor touch.
fn merged(mut ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    ranges.sort_unstable();
    let mut out: Vec<(char, char)> = Vec::new();
    for (low, high) in ranges {
        match out.last_mut() {
            Some(last) if u32::from(low) <= u32::from(last.1).saturating_add(1) => {
                last.1 = last.1.max(high);
            }
            _ => out.push((low, high)),
        }
    }
    out
}

/// The alternatives of a canonical pattern text.
pub(super) fn alternatives(text: &str) -> Result<Vec<Alternative>, GlobError> {
    if let Some(only) = simple(text) {
        return Ok(vec![only]);
    }
    let nodes = nodes(text)?;
    let too_much = |message: String| GlobError {
        at: 0..text.len(),
        message,
        help: Some("use a list of shorter patterns".to_owned()),
    };
    if text.len() > MOST_BYTES {
        let message = format!("the pattern is longer than {MOST_BYTES} bytes");
        return Err(too_much(message));
    }
    if count(&nodes) > MOST_ALTERNATIVES {
        let message = format!("the braces expand to more than {MOST_ALTERNATIVES} alternatives");
        return Err(too_much(message));
    }
    let mut growing = vec![Growing::default()];
    if !expand(&nodes, &mut growing) {
        let message = format!("the braces expand to more than {MOST_BYTES} bytes");
        return Err(too_much(message));
    }
    let mut seen = BTreeSet::new();
    let mut expanded: Vec<_> = growing.into_iter().map(Growing::done).collect();
    expanded.retain(|alternative| seen.insert(alternative.clone()));
    Ok(expanded)
}

/// A pattern without braces, sets and escapes, as nearly all are: its one alternative in one pass.
fn simple(text: &str) -> Option<Alternative> {
    let special = |b: u8| matches!(b, b'[' | b']' | b'{' | b'}' | b'\\');
    if text.is_empty() || text.len() > MOST_BYTES || text.bytes().any(special) {
        return None;
    }
    let mut tokens = Vec::with_capacity(3);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let literal = rest.find(['*', '?']).unwrap_or(rest.len());
        let (token, length) = match first {
            '*' => (Token::Any, 1),
            '?' => (Token::One, 1),
            _ => (Token::Literal(rest.get(..literal)?.into()), literal),
        };
        if token != Token::Any || tokens.last() != Some(&Token::Any) {
            tokens.push(token);
        }
        rest = rest.get(length..)?;
    }
    Some(Alternative { tokens })
}

/// How many alternatives the nodes expand to.
fn count(nodes: &[Node]) -> usize {
    nodes.iter().fold(1, |product: usize, node| match node {
        Node::Braces(branches) => {
            let sum = branches
                .iter()
                .fold(0, |sum: usize, b| sum.saturating_add(count(b)));
            product.saturating_mul(sum)
        }
        _ => product,
    })
}

/// An alternative that is being put together.
#[derive(Debug, Clone, Default)]
struct Growing {
    tokens: Vec<Token>,
    /// The literal at the end, which may still grow.
    literal: String,
    bytes: usize,
}

impl Growing {
    fn push(&mut self, node: &Node) {
        let token = match node {
            Node::Char(c) => {
                self.literal.push(*c);
                self.bytes += c.len_utf8();
                return;
            }
            Node::Any => Token::Any,
            Node::One => Token::One,
            Node::Set(set) => Token::Set(set.clone()),
            Node::Braces(_) => return,
        };
        self.end_literal();
        if token != Token::Any || self.tokens.last() != Some(&Token::Any) {
            self.tokens.push(token);
        }
        self.bytes += 1;
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.tokens.push(Token::Literal(literal.into()));
        }
    }

    fn done(mut self) -> Alternative {
        self.end_literal();
        Alternative {
            tokens: self.tokens,
        }
    }
}

/// Appends what the nodes mean to each alternative; false if that becomes too long.
fn expand(nodes: &[Node], growing: &mut Vec<Growing>) -> bool {
    for node in nodes {
        match node {
            Node::Braces(branches) if branches.len() > 1 => {
                let before = std::mem::take(growing);
                for branch in branches {
                    let mut taken = before.clone();
                    if !expand(branch, &mut taken) {
                        return false;
                    }
                    growing.append(&mut taken);
                }
            }
            Node::Braces(branches) => {
                if !branches.iter().all(|branch| expand(branch, growing)) {
                    return false;
                }
            }
            node => growing.iter_mut().for_each(|g| g.push(node)),
        }
        if growing.iter().map(|g| g.bytes).sum::<usize>() > MOST_BYTES {
            return false;
        }
    }
    true
}

fn error(at: Range<usize>, message: &str, help: &str) -> GlobError {
    GlobError {
        at,
        message: message.to_owned(),
        help: Some(help.to_owned()),
    }
}

/// Where bytes of the canonical text lie in the pattern as written.
///
/// ASCII is made canonical character by character, so places carry over; other text as a whole.
pub(super) fn place(pattern: &str, canonical: &str, at: Range<usize>) -> Range<usize> {
    if pattern == canonical {
        return at;
    }
    if !pattern.is_ascii() || canonical.is_empty() {
        return 0..pattern.len();
    }
    let kept = pattern
        .bytes()
        .enumerate()
        .filter(|(_, b)| !name::is_ignorable(char::from(*b)));
    let mut places = kept.skip_while(|(_, b)| *b == b' ').map(|(i, _)| i);
    let start = places.nth(at.start).unwrap_or(pattern.len());
    let last = match at.len() {
        0 | 1 => Some(start),
        n => places.nth(n - 2),
    };
    let end = last.map_or(pattern.len(), |i| i + 1).min(pattern.len());
    start..if at.is_empty() { start } else { end }
}
