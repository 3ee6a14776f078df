//! The catalog files as they are written: the one definition that reads and refuses them.
//! The meaning of every key is in `docs/catalog.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file in `queries/frameworks/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameworkFile {
    pub(super) framework: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) provider: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) packages: Vec<PackageEntry>,
    #[serde(default)]
    pub(super) classes: BTreeMap<String, ClassEntry>,
    #[serde(default)]
    pub(super) functions: BTreeMap<String, MemberShort>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, TypeShort>,
    #[serde(default)]
    pub(super) hosts: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) tool_dicts: BTreeMap<String, String>,
}

/// Where paths live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageEntry {
    pub(super) pypi: String,
    pub(super) imports: Vec<String>,
    #[serde(default)]
    pub(super) verify: Vec<String>,
    #[serde(default)]
    pub(super) stdlib: bool,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// A class.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassEntry {
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) extends: Vec<String>,
    #[serde(default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) tools: Vec<ArgWord>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) tool: Option<ToolEntry>,
    #[serde(default)]
    pub(super) members: BTreeMap<String, MemberShort>,
    #[serde(default)]
    pub(super) call: Option<MemberShort>,
    #[serde(default)]
    pub(super) pipe: Option<String>,
    #[serde(default)]
    pub(super) enter: Option<String>,
    #[serde(default)]
    pub(super) iter: Option<String>,
    #[serde(default)]
    pub(super) item: Option<String>,
    #[serde(default)]
    pub(super) subclass: Option<String>,
    #[serde(default)]
    pub(super) operation: Option<String>,
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) exec: Args,
    #[serde(default)]
    pub(super) calls: Args,
    #[serde(default)]
    pub(super) http: Option<HttpEntry>,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// A member or function: a kind alone, or the whole entry.
#[derive(Debug)]
pub(super) enum MemberShort {
    Kind(String),
    Full(Box<MemberEntry>),
}

// Not `untagged`, which would lose the place and the reason of a mistake inside the entry.
impl<'de> Deserialize<'de> for MemberShort {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = MemberShort;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a kind or a mapping")
            }

            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(MemberShort::Kind(v.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                let entry =
                    MemberEntry::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(MemberShort::Full(Box::new(entry)))
            }
        }

        d.deserialize_any(Visitor)
    }
}

/// A member or function in full.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberEntry {
    #[serde(default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) returns: Option<TypeShort>,
    #[serde(default, rename = "type")]
    pub(super) ty: Option<TypeShort>,
    #[serde(default)]
    pub(super) decorator: Option<String>,
    #[serde(default)]
    pub(super) tools: Vec<ArgWord>,
    #[serde(default)]
    pub(super) tool: Option<ToolEntry>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) calls: Args,
    #[serde(default)]
    pub(super) http: Option<HttpEntry>,
    #[serde(default)]
    pub(super) exec: Args,
    #[serde(default)]
    pub(super) signature: Vec<String>,
    #[serde(default)]
    pub(super) operation: Option<String>,
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// A type, or a choice by a literal argument.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum TypeShort {
    Text(String),
    Select(SelectEntry),
}

/// `{select: [service_name, 0], cases: {...}, otherwise: T}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SelectEntry {
    pub(super) select: Vec<ArgWord>,
    pub(super) cases: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) otherwise: Option<String>,
}

/// Which parameters of a tool constructor or decorator carry what.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolEntry {
    #[serde(default)]
    pub(super) name: Args,
    #[serde(default)]
    pub(super) description: Args,
    #[serde(default)]
    pub(super) function: Args,
}

/// Parameters of an HTTP request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpEntry {
    pub(super) url: Args,
    #[serde(default)]
    pub(super) body: Args,
}

/// One parameter or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Args {
    One(ArgWord),
    Many(Vec<ArgWord>),
}

impl Default for Args {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// A parameter by name or by 0-based position.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum ArgWord {
    At(u32),
    Named(String),
}

/// A file in `queries/governors/`. The meaning of every key is in `docs/governors.md`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GovernorFile {
    pub(super) governors: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) packages: Vec<PackageEntry>,
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) targets: BTreeMap<String, TargetEntry>,
    #[serde(default)]
    pub(super) ambient: Vec<AmbientEntry>,
    #[serde(default)]
    pub(super) off: Vec<OffEntry>,
    #[serde(default)]
    pub(super) wrapping: Vec<WrappingEntry>,
    #[serde(default)]
    pub(super) environment: Vec<EnvironmentEntry>,
    #[serde(default)]
    pub(super) families: Vec<FamilyEntry>,
}

/// One of several families of governors in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FamilyEntry {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) packages: Vec<PackageEntry>,
    #[serde(default)]
    pub(super) ambient: Vec<AmbientEntry>,
    #[serde(default)]
    pub(super) off: Vec<OffEntry>,
    #[serde(default)]
    pub(super) wrapping: Vec<WrappingEntry>,
}

/// What an instrumentation target intercepts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetEntry {
    #[serde(default)]
    pub(super) operations: Vec<String>,
    #[serde(default)]
    pub(super) through: Vec<String>,
    #[serde(default)]
    pub(super) tools: Vec<String>,
    #[serde(default)]
    pub(super) except: Vec<String>,
    #[serde(default)]
    pub(super) includes: Vec<String>,
    #[serde(default = "yes")]
    pub(super) selectable: bool,
}

fn yes() -> bool {
    true
}

/// `all` or a list of targets.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum TargetsEntry {
    Word(String),
    List(Vec<String>),
}

/// A call that switches instrumentation on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AmbientEntry {
    pub(super) path: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) announced: Vec<String>,
    #[serde(default)]
    pub(super) methods: Vec<String>,
    #[serde(default)]
    pub(super) targets: Option<TargetsEntry>,
    #[serde(default)]
    pub(super) operations: Vec<String>,
    #[serde(default)]
    pub(super) tools: Vec<String>,
    #[serde(default)]
    pub(super) select: Option<String>,
    #[serde(default)]
    pub(super) always: Vec<String>,
    #[serde(default)]
    pub(super) unless: BTreeMap<String, bool>,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// A call that switches it off again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OffEntry {
    pub(super) path: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) announced: Vec<String>,
    #[serde(default)]
    pub(super) methods: Vec<String>,
    #[serde(default)]
    pub(super) targets: Option<TargetsEntry>,
    #[serde(default)]
    pub(super) after: Vec<String>,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// A construct that wraps what it is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrappingEntry {
    pub(super) path: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) announced: Vec<String>,
    #[serde(rename = "as")]
    pub(super) role: Words,
    #[serde(default)]
    pub(super) arg: Args,
    #[serde(default)]
    pub(super) methods: Vec<String>,
    #[serde(default)]
    pub(super) calls: Vec<String>,
    #[serde(default)]
    pub(super) builders: Vec<String>,
    #[serde(default)]
    pub(super) of: Vec<String>,
    #[serde(default, rename = "in")]
    pub(super) within: Vec<String>,
    #[serde(default)]
    pub(super) governs: Vec<String>,
    #[serde(default)]
    pub(super) unverified: Option<String>,
}

/// One word or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Words {
    One(String),
    Many(Vec<String>),
}

/// An environment variable that switches instrumentation on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentEntry {
    pub(super) variable: String,
    pub(super) values: Vec<String>,
    pub(super) targets: TargetsEntry,
    #[serde(default)]
    pub(super) on_import: Vec<String>,
}
