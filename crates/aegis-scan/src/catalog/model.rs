//! The catalog in the form the analysis uses: checked, expanded and small. It is made when Aegis
//! is built and travels in the binary.

use serde::{Deserialize, Serialize};

/// Index of a class in [`Data::classes`].
pub(crate) type ClassIx = u32;
/// Index of a member in [`Data::members`].
pub(crate) type MemberIx = u32;
/// Index of a framework in [`Data::frameworks`].
pub(crate) type FrameworkIx = u16;

/// Everything the catalog files say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) frameworks: Vec<Framework>,
    pub(crate) classes: Vec<Class>,
    pub(crate) members: Vec<Member>,
    /// Full path -> what it is, sorted by path.
    pub(crate) paths: Vec<(String, Entry)>,
    /// `(glob on the host, provider)`.
    pub(crate) hosts: Vec<(String, String)>,
    /// `(glob on the type, kind, framework)` of tool dicts.
    pub(crate) tool_dicts: Vec<(String, Kind, FrameworkIx)>,
    pub(crate) governors: Vec<GovernorSet>,
}

/// What a full path names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Entry {
    Class(ClassIx),
    Function(MemberIx),
    Value(Type),
}

/// One framework file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Framework {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) provider: String,
    pub(crate) tags: Vec<String>,
    pub(crate) packages: Vec<Package>,
}

/// A package of a framework.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(crate) pypi: String,
    pub(crate) imports: Vec<String>,
    pub(crate) verify: Vec<String>,
    pub(crate) stdlib: bool,
}

/// The kinds of call sites, in catalog terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Kind {
    LlmCall,
    AgentRun,
    ToolDef,
    McpClient,
    AgentExec,
}

/// A class.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Class {
    pub(crate) path: String,
    pub(crate) framework: FrameworkIx,
    pub(crate) extends: Vec<ClassIx>,
    /// What constructing an instance does: kind, tools, options, tool, exec, http.
    pub(crate) new: Option<MemberIx>,
    pub(crate) members: Vec<(String, MemberIx)>,
    pub(crate) call: Option<MemberIx>,
    pub(crate) pipe: Option<Type>,
    pub(crate) enter: Option<Type>,
    pub(crate) iter: Option<Type>,
    pub(crate) item: Option<Type>,
    pub(crate) subclass: Option<Kind>,
}

/// A member of a class, a function, or what a constructor does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Canonical path, `class path.member path`.
    pub(crate) path: String,
    pub(crate) framework: FrameworkIx,
    pub(crate) operation: String,
    pub(crate) provider: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) returns: Option<Type>,
    pub(crate) ty: Option<Type>,
    pub(crate) decorator: Option<Kind>,
    pub(crate) tools: Vec<Arg>,
    pub(crate) options: Vec<(String, Kind)>,
    pub(crate) tool: Option<ToolArgs>,
    pub(crate) calls: Vec<Arg>,
    pub(crate) http: Option<HttpArgs>,
    pub(crate) exec: Vec<Arg>,
    pub(crate) signature: Vec<String>,
}

/// A parameter by name or 0-based position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Arg {
    At(u32),
    Named(String),
}

/// Which parameters carry what the model sees of a tool.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ToolArgs {
    pub(crate) name: Vec<Arg>,
    pub(crate) description: Vec<Arg>,
    pub(crate) function: Vec<Arg>,
}

/// Which parameters carry URL and body of an HTTP request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct HttpArgs {
    pub(crate) url: Vec<Arg>,
    pub(crate) body: Vec<Arg>,
}

/// A type, as in `docs/catalog.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Type {
    Class(ClassIx),
    ClassObject(ClassIx),
    Receiver,
    Arg(Vec<Arg>),
    Result(Vec<Arg>),
    List(Box<Type>),
    Dict(Box<Type>),
    Tuple(Vec<Type>),
    Union(Vec<Type>),
    Select {
        args: Vec<Arg>,
        cases: Vec<(String, Type)>,
        otherwise: Option<Box<Type>>,
    },
    /// A builtin or unknown type: nothing to follow.
    Nothing,
}

/// One file of governors.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct GovernorSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) imports: Vec<String>,
    pub(crate) targets: Vec<Target>,
    pub(crate) rules: Vec<Governor>,
    pub(crate) environment: Vec<Environment>,
}

/// Something instrumentation can be switched on for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// Globs over canonical operation paths that are intercepted.
    pub(crate) operations: Vec<String>,
    /// Globs over operations that are not, although the above match.
    pub(crate) except: Vec<String>,
    /// Targets that are switched on with it.
    pub(crate) includes: Vec<String>,
    /// Whether `all` means it, too.
    pub(crate) selectable: bool,
}

/// An environment variable that switches instrumentation on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) variable: String,
    pub(crate) values: Vec<String>,
    pub(crate) targets: Targets,
    /// Import roots that read the variable; empty if nothing needs to be imported.
    pub(crate) on_import: Vec<String>,
}

/// A construct that governs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Governor {
    /// All paths that name it, the canonical one first.
    pub(crate) paths: Vec<String>,
    pub(crate) effect: GovernorEffect,
}

/// Which instrumentation targets a construct switches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Targets {
    All,
    Some(Vec<String>),
}

/// What a governor does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum GovernorEffect {
    /// Switches instrumentation on for the rest of the process.
    On {
        targets: Targets,
        /// Parameter whose literal list restricts the targets.
        select: Option<String>,
        /// Targets that are switched on whatever was selected.
        always: Vec<String>,
        /// Parameters which, given as `False`, mean that nothing happens.
        unless_false: Vec<String>,
    },
    /// Switches instrumentation off; `after`: only what these governors switched on.
    Off {
        targets: Targets,
        after: Vec<String>,
    },
    /// The decorated function, or the argument, is governed with all that runs in it.
    Wrap { args: Vec<Arg> },
    /// What is handed over in these parameters (or to these methods) runs under governance;
    /// `calls`: methods of a project object that are entered governed.
    Executor {
        args: Vec<Arg>,
        methods: Vec<String>,
        calls: Vec<String>,
    },
    /// Passing an instance in one of the parameters `of` governs what the call constructs.
    Argument {
        of: Vec<String>,
        within: Vec<String>,
        runs: bool,
        tools: bool,
    },
    /// Asked before the deed: what follows in the same function is governed. With `methods`, it is
    /// calling one of these that counts.
    Check { methods: Vec<String> },
}
