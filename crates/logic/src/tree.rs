//! The tree that a Python module is lowered to: what is evaluated is what is printed and compared.
//!
//! A [`Module`] is a closed program: every name is resolved to a slot, a global, a function of the module, a
//! builtin or a library function that [`crate::library`] implements. Nothing in it can reach a file, a socket or a clock.

use smol_str::SmolStr;

/// Where in its source file a node stands: a byte range. Two nodes that differ only in place are equal.
#[derive(Debug, Clone, Copy, Default, Eq)]
pub struct At {
    /// Index into [`Module::files`].
    pub file: u16,
    /// Byte offset of the first character.
    pub start: u32,
    /// Byte offset past the last character.
    pub end: u32,
}

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One detection's code with all it calls.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Module {
    /// The files the code came from, the detection's own first.
    pub files: Vec<String>,
    /// Module-level names in the order in which their values are computed.
    pub globals: Vec<Global>,
    /// Functions, the module's own and those of helper modules.
    pub functions: Vec<Function>,
}

/// Index into [`Module::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// Index into [`Module::globals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// Index into [`Function::locals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// A module-level name.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// Its name, prefixed with the helper module's (`panther_base_helpers.X`) unless it is the detection's own.
    pub name: SmolStr,
    /// How its value is computed. `None`: bound later, by a `global` statement or in [`Module::globals`]' own order.
    pub value: Option<Expr>,
}

/// A function of the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name, prefixed like [`Global::name`].
    pub name: SmolStr,
    /// Parameters in order; the first [`Slot`]s are theirs.
    pub params: Vec<Param>,
    /// The names of all slots: parameters, then locals, then comprehension and lambda variables (each its own slot).
    pub locals: Vec<SmolStr>,
    /// The body. A function that is one expression has the single statement `Return`.
    pub body: Vec<Stmt>,
    /// The place of the `def`.
    pub at: At,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, for keyword arguments.
    pub name: SmolStr,
    /// Its default, computed once with the module's globals as Python does.
    pub default: Option<Expr>,
    /// How arguments reach it.
    pub kind: ParamKind,
}

/// How arguments reach a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// By position or by name.
    Normal,
    /// By name only (after `*` or `*args`).
    KeywordOnly,
    /// `*args`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence names its fields")]
pub enum Stmt {
    /// Computed for its effect (`seen.add(x)`) or its exception.
    Expr(Expr),
    /// `target = value`; several targets for `a = b = value`.
    Assign { targets: Vec<Target>, value: Expr },
    /// `target op= value`.
    Augment { target: Target, op: BinaryOp, value: Expr, at: At },
    /// `if test: then else: otherwise` (an `elif` is an `If` in `otherwise`).
    If { test: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `for target in iter: body else: otherwise`.
    For { target: Target, iter: Expr, body: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `while test: body else: otherwise`, bounded by the evaluator's step limit.
    While { test: Expr, body: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `return value`.
    Return(Expr),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `pass`.
    Pass,
    /// `try: body except …: … else: otherwise finally: finally`.
    Try { body: Vec<Stmt>, handlers: Vec<Handler>, otherwise: Vec<Stmt>, finally: Vec<Stmt> },
    /// `raise exception`; `None` raises again what is being handled.
    Raise { exception: Option<Expr>, at: At },
    /// `assert test, message`.
    Assert { test: Expr, message: Option<Expr>, at: At },
    /// `del target[...]` or `del name`.
    Delete(Vec<Target>),
}

/// An `except` clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// The names of the exception classes caught; empty catches all of `Exception`'s kind (`except:`).
    pub classes: Vec<SmolStr>,
    /// `as name`.
    pub name: Option<Slot>,
    /// What is done.
    pub body: Vec<Stmt>,
}

/// What an assignment binds.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence names its fields")]
pub enum Target {
    /// A local name.
    Local(Slot),
    /// A module-level name, under a `global` statement.
    Global(GlobalId),
    /// `container[index] = …`.
    Item { container: Expr, index: Expr, at: At },
    /// `a, b = …`; at most one [`Target::Star`] within.
    Tuple(Vec<Target>, At),
    /// `*rest` within a tuple.
    Star(Box<Target>),
}

/// An expression with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub at: At,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence names its fields")]
pub enum ExprKind {
    /// A constant.
    Const(Const),
    /// A local name; unbound raises `UnboundLocalError`.
    Local(Slot),
    /// A module-level name; unbound raises `NameError`.
    Global(GlobalId),
    /// A function of the module as a value.
    Function(FunctionId),
    /// A builtin (`len`) or library (`json.loads`) callable as a value, by its canonical name.
    Callable(SmolStr),
    /// A class as a value: `str`, `dict`, `ValueError`, `datetime.datetime` …, by its canonical name.
    Class(SmolStr),
    /// The whole input (the `resource` or `event`), in an entry function that never rebinds or changes it.
    Input,
    /// A top-level field of the input named by a constant, in an entry function that never rebinds or changes it.
    Field { name: SmolStr, access: Access },
    /// `a and b and c`: the first falsy operand, else the last.
    And(Vec<Expr>),
    /// `a or b or c`: the first truthy operand, else the last.
    Or(Vec<Expr>),
    /// `not a`.
    Not(Box<Expr>),
    /// `first op a op b …`, each operand computed once, stopping at the first false.
    Compare { first: Box<Expr>, rest: Vec<(CompareOp, Expr)> },
    /// `left op right`.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `-a`, `+a`, `~a`.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// `then if test else otherwise`.
    IfElse { test: Box<Expr>, then: Box<Expr>, otherwise: Box<Expr> },
    /// `callee(args)`. The callee is any expression: `Function`, `Callable`, `Class`, a lambda in a local …
    Call { callee: Box<Expr>, args: Args },
    /// `receiver.method(args)`.
    Method { receiver: Box<Expr>, name: SmolStr, args: Args },
    /// `value.name`.
    Attribute { value: Box<Expr>, name: SmolStr },
    /// `value[index]`.
    Subscript { value: Box<Expr>, index: Box<Expr> },
    /// `lower:upper:step`, only as an index.
    Slice { lower: Option<Box<Expr>>, upper: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `[a, *b]`.
    List(Vec<Expr>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `{a, b}`.
    Set(Vec<Expr>),
    /// `{k: v, **other}`; a `None` key stands for `**`.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// `*a` within a list, tuple, set or call.
    Star(Box<Expr>),
    /// A comprehension or generator expression.
    Comprehension { kind: ComprehensionKind, element: Box<Expr>, clauses: Vec<Clause> },
    /// `f"…"`.
    Format(Vec<FormatPart>),
    /// `lambda params: body`; runs in its definer's frame, so it must not outlive it.
    Lambda { params: Vec<(Slot, Option<Expr>)>, body: Box<Expr> },
    /// `(name := value)`.
    Walrus { slot: Slot, value: Box<Expr> },
}

/// How a field of the input is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// `resource["X"]`: a missing key raises `KeyError`.
    Subscript,
    /// `resource.get("X", default)`; the default is `None` where not given.
    Get(Option<Box<Expr>>),
    /// `"X" in resource`.
    Contains,
}

/// What a call passes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args {
    /// By position; an [`ExprKind::Star`] spreads.
    pub positional: Vec<Expr>,
    /// By name; a `None` name stands for `**`.
    pub keyword: Vec<(Option<SmolStr>, Expr)>,
}

/// One `for target in iter if a if b` of a comprehension.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What each item is bound to.
    pub target: Target,
    /// What is gone through.
    pub iter: Expr,
    /// The filters.
    pub conditions: Vec<Expr>,
}

/// What a comprehension makes.
#[derive(Debug, Clone, PartialEq)]
pub enum ComprehensionKind {
    /// `[…]`.
    List,
    /// `{…}`.
    Set,
    /// `{k: v …}`: the element is the key, this is the value.
    Dict(Box<Expr>),
    /// `(…)`, computed lazily: `any(f(x) for x in y)` stops at the first truthy.
    Generator,
}

/// A piece of an f-string.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence names its fields")]
pub enum FormatPart {
    /// Text as it is.
    Text(SmolStr),
    /// `{value!conversion:spec}`.
    Value { value: Expr, conversion: Option<char>, spec: Vec<FormatPart> },
}

/// A constant. Floats compare by bits, so that a tree equals itself.
#[derive(Debug, Clone)]
pub enum Const {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer of at most 128 bits.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text.
    Str(SmolStr),
    /// `b"…"`.
    Bytes(Vec<u8>),
}

impl PartialEq for Const {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            _ => false,
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Python's own operators")]
pub enum CompareOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

/// An arithmetic or set operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Python's own operators")]
pub enum BinaryOp {
    Add,
    Sub,
    Mult,
    Div,
    FloorDiv,
    Mod,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    LShift,
    RShift,
}

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Python's own operators")]
pub enum UnaryOp {
    Minus,
    Plus,
    Invert,
}
