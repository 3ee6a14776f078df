//! Reads `queries/<language>/structure.scm`: which node kinds of a grammar play which role.

use tree_sitter::{Language, Node};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What a node kind is to the analysis.
    Role {
        Block = "block", ExpressionStatement = "expression_statement", Assignment = "assignment",
        AugmentedAssignment = "augmented_assignment", Return = "return", If = "if", Elif = "elif",
        Else = "else", For = "for", While = "while", Try = "try", Except = "except",
        Finally = "finally", With = "with", WithClause = "with_clause", WithItem = "with_item",
        Match = "match", Case = "case", Raise = "raise", Skip = "skip", Break = "break",
        Global = "global", Nonlocal = "nonlocal", Import = "import", ImportFrom = "import_from",
        Wildcard = "wildcard", Aliased = "aliased", Dotted = "dotted", Relative = "relative",
        RelativeDots = "relative_dots", Function = "function", Class = "class",
        Decorated = "decorated", Decorator = "decorator", Lambda = "lambda",
        Parameter = "parameter", TypedParameter = "typed_parameter",
        KeywordSeparator = "keyword_separator", Identifier = "identifier", Call = "call",
        Keyword = "keyword", Splat = "splat", DoubleSplat = "double_splat",
        Attribute = "attribute", Subscript = "subscript", String = "string",
        StringContent = "string_content", Interpolation = "interpolation",
        Concatenated = "concatenated", None = "none", False = "false", True = "true",
        Constant = "constant", List = "list", Tuple = "tuple", Dictionary = "dictionary",
        Pair = "pair", Comprehension = "comprehension", ForIn = "for_in", IfClause = "if_clause",
        Conditional = "conditional", Choice = "choice", Binary = "binary", Named = "named",
        Transparent = "transparent", Yield = "yield", AsPattern = "as_pattern",
        Comment = "comment", Other = "other",
    }
}

words! {
    /// A part of a node that a field of the grammar carries.
    Part {
        Target = "target", Value = "value", Annotation = "annotation", Condition = "condition",
        Body = "body", Alternative = "alternative", Name = "name", Module = "module",
        Alias = "alias", Parameters = "parameters", Arguments = "arguments", Callee = "callee",
        Object = "object", Index = "index", Key = "key", Left = "left", Right = "right",
        Operator = "operator",
    }
}

const PARTS: usize = 18;

/// Why a structure file was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RolesError {
    #[error("the grammar has no node kind `{0}`")]
    Kind(String),
    #[error("the grammar has no field `{0}`")]
    Field(String),
    #[error("`@{0}` is not a role or part")]
    Word(String),
    #[error("pattern `{0}` is not `(kind field: (_) @part ...) @role`")]
    Pattern(String),
}

/// The roles of one grammar.
#[derive(Debug)]
pub(crate) struct Roles {
    /// Role by node kind id.
    roles: Vec<Role>,
    /// Field ids by node kind id and part; 0 is none.
    fields: Vec<[u16; PARTS]>,
}

impl Roles {
    /// No roles at all: every file is searched and nothing is found in it.
    pub(crate) fn empty() -> Self {
        Self {
            roles: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Reads a structure file for `language`.
    pub(crate) fn read(language: &Language, text: &str) -> Result<Self, RolesError> {
        let kinds = language.node_kind_count();
        let mut out = Self {
            roles: vec![Role::Other; kinds],
            fields: vec![[0; PARTS]; kinds],
        };
        let code: String = text
            .lines()
            .map(|l| l.split(';').next().unwrap_or(""))
            .collect::<Vec<_>>()
            .join(" ");
        let words: Vec<&str> = code.split_whitespace().collect();
        let mut at = 0;
        while at < words.len() {
            at = out.pattern(language, &words, at)?;
        }
        Ok(out)
    }

    /// One pattern; returns where the next one starts.
    fn pattern(
        &mut self,
        language: &Language,
        words: &[&str],
        start: usize,
    ) -> Result<usize, RolesError> {
        let word = |i: usize| words.get(i).copied().unwrap_or("");
        let bad = || {
            RolesError::Pattern(
                words
                    .iter()
                    .skip(start)
                    .take(4)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        let kind = word(start)
            .strip_prefix('(')
            .ok_or_else(bad)?
            .trim_end_matches(')');
        let mut fields = [0u16; PARTS];
        let mut at = start + 1;
        let mut open = !word(start).ends_with(')');
        while open {
            let field = word(at).strip_suffix(':').ok_or_else(bad)?;
            let id = language
                .field_id_for_name(field)
                .ok_or_else(|| RolesError::Field(field.to_owned()))?;
            if word(at + 1) != "(_)" {
                return Err(bad());
            }
            let capture = word(at + 2);
            open = !capture.ends_with(')');
            let name = capture
                .trim_end_matches(')')
                .strip_prefix('@')
                .ok_or_else(bad)?;
            let part = Part::from_word(name).ok_or_else(|| RolesError::Word(name.to_owned()))?;
            if let Some(slot) = fields.get_mut(part as usize) {
                *slot = id.get();
            }
            at += 3;
        }
        let name = word(at).strip_prefix('@').ok_or_else(bad)?;
        let role = Role::from_word(name).ok_or_else(|| RolesError::Word(name.to_owned()))?;
        let mut found = false;
        for id in 0..self.roles.len() {
            let id16 = u16::try_from(id).unwrap_or(u16::MAX);
            if language.node_kind_is_named(id16) && language.node_kind_for_id(id16) == Some(kind) {
                found = true;
                if let Some(slot) = self.roles.get_mut(id) {
                    *slot = role;
                }
                if let Some(slot) = self.fields.get_mut(id) {
                    *slot = fields;
                }
            }
        }
        if found {
            Ok(at + 1)
        } else {
            Err(RolesError::Kind(kind.to_owned()))
        }
    }

    /// The role of a node.
    pub(crate) fn role(&self, node: Node<'_>) -> Role {
        self.roles
            .get(node.kind_id() as usize)
            .copied()
            .unwrap_or(Role::Other)
    }

    /// The part of a node that a field carries.
    pub(crate) fn part<'t>(&self, node: Node<'t>, part: Part) -> Option<Node<'t>> {
        let id = self
            .fields
            .get(node.kind_id() as usize)?
            .get(part as usize)
            .copied()?;
        if id == 0 {
            None
        } else {
            node.child_by_field_id(id)
        }
    }

    /// The field id that carries a part of this node, for nodes that repeat the field.
    pub(crate) fn field(&self, node: Node<'_>, part: Part) -> u16 {
        self.fields
            .get(node.kind_id() as usize)
            .and_then(|f| f.get(part as usize))
            .copied()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_structure_file_fits_the_grammar_and_is_a_valid_query() {
        let language: Language = tree_sitter_python::LANGUAGE.into();
        Roles::read(&language, aegis_queries::PYTHON_STRUCTURE).unwrap();
    }

    #[test]
    fn mistakes_are_named() {
        let language: Language = tree_sitter_python::LANGUAGE.into();
        for (text, says) in [
            ("(cal) @call", "no node kind `cal`"),
            ("(call func: (_) @callee) @call", "no field `func`"),
            ("(call function: (_) @caller) @call", "`@caller`"),
            ("call @call", "pattern `call @call`"),
        ] {
            let e = Roles::read(&language, text).unwrap_err().to_string();
            assert!(e.contains(says), "{e}");
        }
    }
}
