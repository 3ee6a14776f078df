//! What one file says, in language-neutral form: scopes, statements and expressions, without
//! comments, layout and everything no value can flow through.
//!
//! Facts are made once per parsed file ([`lower`]) and never change. Names are indices into a
//! per-file table, so files can be lowered in parallel and still give the same bytes.

pub(crate) mod lower;
mod quiet;
pub(crate) mod roles;

/// Index of an expression in [`Facts::exprs`].
pub(crate) type ExprId = u32;
/// Index of a scope in [`Facts::units`]. Unit 0 is the module.
pub(crate) type UnitId = u32;
/// Index of a name in [`Facts::names`].
pub(crate) type Name = u32;
/// A range in one of the pools.
pub(crate) type Pool = std::ops::Range<u32>;

/// The facts of one file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) names: Vec<Box<str>>,
    pub(crate) exprs: Vec<Expr>,
    /// Byte ranges of `exprs`.
    pub(crate) spans: Vec<(u32, u32)>,
    pub(crate) units: Vec<Unit>,
    /// Elements of tuples, lists, joins, choices and groups.
    pub(crate) items: Vec<ExprId>,
    pub(crate) args: Vec<Arg>,
    pub(crate) pairs: Vec<(Option<ExprId>, ExprId)>,
    pub(crate) loops: Vec<Loop>,
    pub(crate) comps: Vec<Comp>,
    /// Comments that mention Aegis: byte offset of the comment and its text.
    pub(crate) comments: Vec<(u32, Box<str>)>,
    /// 1-based line of the first syntax error.
    pub(crate) syntax_error: Option<u32>,
    /// 1-based line of the first expression nested beyond the limit.
    pub(crate) too_deep: Option<u32>,
    /// `__all__`, if it is a literal.
    pub(crate) exports: Option<Vec<Name>>,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    /// Nothing flows through it.
    Opaque,
    None,
    False,
    Name(Name),
    Attr(ExprId, Name),
    Call(ExprId, Pool),
    /// A literal text.
    Str(Name),
    /// A text made of parts: f-string, concatenation, formatting.
    Join(Pool),
    Index(ExprId, ExprId),
    Tuple(Pool),
    List(Pool),
    Dict(Pool),
    /// One of several: `a or b`, `x if c else y`.
    Choice(Pool),
    /// Evaluated for its parts only.
    Group(Pool),
    /// `a | b`.
    Pipe(ExprId, ExprId),
    Lambda(UnitId),
    /// A comprehension, in [`Facts::comps`].
    Comp(u32),
    Walrus(Name, ExprId),
    Star(ExprId),
    Yield(ExprId),
}

/// An argument of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arg {
    pub(crate) name: Option<Name>,
    pub(crate) star: Star,
    pub(crate) value: ExprId,
}

/// `*` or `**` before an argument or parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Star {
    #[default]
    No,
    One,
    Two,
}

/// A comprehension.
#[derive(Debug, Clone)]
pub(crate) struct Comp {
    pub(crate) element: ExprId,
    /// For dictionaries.
    pub(crate) key: Option<ExprId>,
    /// In [`Facts::loops`].
    pub(crate) loops: Pool,
}

/// A loop of a comprehension: target and iterated value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loop {
    pub(crate) target: ExprId,
    pub(crate) iter: ExprId,
}

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum UnitKind {
    #[default]
    Module,
    Function,
    Lambda,
    Class,
}

/// A scope: module, function, lambda or class.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) kind: UnitKind,
    pub(crate) name: Name,
    pub(crate) parent: UnitId,
    pub(crate) params: Vec<Param>,
    pub(crate) decorators: Vec<ExprId>,
    /// Base classes and class keywords.
    pub(crate) bases: Vec<Arg>,
    pub(crate) returns: Option<ExprId>,
    pub(crate) body: Block,
    /// Byte range of the name.
    pub(crate) span: (u32, u32),
    /// Names bound here, sorted.
    pub(crate) locals: Vec<Name>,
    /// Names declared `global`, sorted.
    pub(crate) globals: Vec<Name>,
    pub(crate) nonlocals: Vec<Name>,
    pub(crate) is_generator: bool,
    /// Whether something is imported in it.
    pub(crate) has_import: bool,
    /// Names and attributes it mentions, sorted; those of scopes inside it are theirs.
    pub(crate) mentions: Vec<Name>,
    /// Byte range of the text of the docstring.
    pub(crate) doc: Option<(u32, u32)>,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) name: Name,
    pub(crate) annotation: Option<ExprId>,
    /// The annotation as written, for tools.
    pub(crate) written: Option<Name>,
    pub(crate) default: Option<ExprId>,
    pub(crate) star: Star,
    pub(crate) keyword_only: bool,
}

/// Statements in a row, without room for more: there are very many of them.
pub(crate) type Block = Box<[Stmt]>;

/// A statement.
#[derive(Debug)]
pub(crate) enum Stmt {
    Expr(ExprId),
    Assign {
        /// In [`Facts::items`].
        targets: Pool,
        value: ExprId,
    },
    /// `x: T = v`
    Annotated {
        target: ExprId,
        annotation: ExprId,
        value: Option<ExprId>,
    },
    Augmented {
        target: ExprId,
        value: ExprId,
    },
    Return(Option<ExprId>),
    Raise(Option<ExprId>),
    Break,
    If {
        condition: ExprId,
        then: Block,
        otherwise: Block,
    },
    Loop {
        target: Option<ExprId>,
        value: ExprId,
        body: Block,
        otherwise: Block,
    },
    With {
        items: Box<[(ExprId, Option<ExprId>)]>,
        body: Block,
    },
    Try(Box<Try>),
    Match {
        value: ExprId,
        cases: Box<[Block]>,
    },
    Def(UnitId),
    Import {
        span: u32,
        items: Box<[Import]>,
    },
}

/// A `try` statement.
#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) body: Block,
    pub(crate) handlers: Box<[Block]>,
    pub(crate) otherwise: Block,
    pub(crate) finally: Block,
}

/// One bound name of an import statement.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// Leading dots of a relative import.
    pub(crate) level: u8,
    /// `a.b` of `import a.b` and `from a.b import c`.
    pub(crate) module: Name,
    /// `c` of `from a.b import c`; `None` for `import a.b`; `Some("*")` for star imports.
    pub(crate) item: Option<Name>,
    /// The name it is bound to.
    pub(crate) bound: Name,
    /// `import a.b as c` binds the whole path; `import a.b` binds `a`.
    pub(crate) renamed: bool,
    pub(crate) star: bool,
}

impl Facts {
    pub(crate) fn name(&self, n: Name) -> &str {
        self.names.get(n as usize).map_or("", |s| s)
    }

    pub(crate) fn expr(&self, e: ExprId) -> &Expr {
        self.exprs.get(e as usize).unwrap_or(&Expr::Opaque)
    }

    pub(crate) fn span(&self, e: ExprId) -> (u32, u32) {
        self.spans.get(e as usize).copied().unwrap_or((0, 0))
    }

    pub(crate) fn unit(&self, u: UnitId) -> Option<&Unit> {
        self.units.get(u as usize)
    }

    pub(crate) fn items(&self, p: &Pool) -> &[ExprId] {
        self.items
            .get(p.start as usize..p.end as usize)
            .unwrap_or(&[])
    }

    pub(crate) fn args(&self, p: &Pool) -> &[Arg] {
        self.args
            .get(p.start as usize..p.end as usize)
            .unwrap_or(&[])
    }

    pub(crate) fn pairs(&self, p: &Pool) -> &[(Option<ExprId>, ExprId)] {
        self.pairs
            .get(p.start as usize..p.end as usize)
            .unwrap_or(&[])
    }

    /// The value under a literal key of a literal dictionary.
    pub(crate) fn entry(&self, dict: ExprId, key: &str) -> Option<ExprId> {
        let Expr::Dict(p) = self.expr(dict) else {
            return None;
        };
        self.pairs(p)
            .iter()
            .find_map(|(k, v)| match self.expr((*k)?) {
                Expr::Str(n) if self.name(*n) == key => Some(*v),
                _ => None,
            })
    }

    pub(crate) fn comp(&self, ix: u32) -> Option<&Comp> {
        self.comps.get(ix as usize)
    }

    /// Gives back what was set aside for more: facts live as long as the scan.
    fn shrink(&mut self) {
        self.names.shrink_to_fit();
        self.exprs.shrink_to_fit();
        self.spans.shrink_to_fit();
        self.units.shrink_to_fit();
        self.items.shrink_to_fit();
        self.args.shrink_to_fit();
        self.pairs.shrink_to_fit();
        self.loops.shrink_to_fit();
        self.comps.shrink_to_fit();
        for unit in &mut self.units {
            unit.params.shrink_to_fit();
            unit.locals.shrink_to_fit();
            unit.mentions.shrink_to_fit();
        }
    }

    pub(crate) fn loops(&self, p: &Pool) -> &[Loop] {
        self.loops
            .get(p.start as usize..p.end as usize)
            .unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There are millions of them, so that what they take is what a scan takes.
    #[test]
    fn statements_and_expressions_stay_small() {
        assert_eq!(size_of::<Expr>(), 16);
        assert!(size_of::<Stmt>() <= 48);
    }
}
