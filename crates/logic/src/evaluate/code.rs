//! A module made ready to run: names resolved to indices, common shapes recognised.

use smol_str::SmolStr;

use super::DataModel;
use crate::builtin::Builtin;
use crate::class::Class;
use crate::method::Method;
use crate::tree::{At, BinaryOp, CompareOp, Const, FunctionId, ParamKind, UnaryOp};

/// All of a module.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) fields: Vec<SmolStr>,
    pub(crate) globals: Vec<Global>,
    pub(crate) functions: Vec<Function>,
    pub(crate) lambdas: Vec<Lambda>,
    pub(crate) comprehensions: Vec<Comprehension>,
    /// How many slots the expressions outside of functions need.
    pub(crate) global_slots: usize,
    /// Whether a call can change what a later one sees.
    pub(crate) stateful: bool,
    /// Whether the functions get events.
    pub(crate) events: bool,
    /// The data model of the event's log type.
    pub(crate) model: Option<DataModel>,
    /// Whether calls may be answered at a glance: no call has an effect, and nothing can fail before the first.
    pub(crate) glances: bool,
}

#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) name: SmolStr,
    pub(crate) value: Option<Node>,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: SmolStr,
    pub(crate) params: Vec<Param>,
    /// Whether all parameters are plain and without default, so that arguments go straight to their slots.
    pub(crate) plain: bool,
    pub(crate) locals: Vec<SmolStr>,
    pub(crate) body: Vec<Step>,
    /// How deep its expressions and statements nest.
    pub(crate) depth: u32,
    /// Whether the first parameter is read as a local.
    pub(crate) reads_first: bool,
    /// Whether the input is used as a whole.
    pub(crate) reads_input: bool,
}

#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: SmolStr,
    pub(crate) default: Option<Node>,
    pub(crate) kind: ParamKind,
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) params: Vec<(u32, Option<Node>)>,
    /// Every slot that its body binds, the parameters first.
    pub(crate) own: Vec<u32>,
    pub(crate) body: Node,
}

#[derive(Debug)]
pub(crate) struct Comprehension {
    pub(crate) kind: ComprehensionKind,
    pub(crate) element: Node,
    pub(crate) clauses: Vec<Clause>,
    /// The slots of its targets.
    pub(crate) own: Vec<u32>,
}

#[derive(Debug)]
pub(crate) enum ComprehensionKind {
    List,
    Set,
    Dict(Node),
    Generator,
}

#[derive(Debug)]
pub(crate) struct Clause {
    pub(crate) target: Target,
    pub(crate) iter: Node,
    pub(crate) conditions: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Step {
    Expr(Node),
    /// `name = value`, by far the most common assignment.
    Let(u32, Node),
    Assign(Vec<Target>, Node),
    Augment(Target, BinaryOp, Node, At),
    /// Tests with their bodies, in order, and the `else`; an `elif` is a further arm.
    If(Vec<(Node, Vec<Self>)>, Vec<Self>),
    For(Box<For>),
    While(Node, Vec<Self>, Vec<Self>),
    Return(Node),
    Break,
    Continue,
    Pass,
    Try(Box<Try>),
    Raise(Option<Node>, At),
    Assert(Node, Option<Node>, At),
    Delete(Vec<Target>),
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iter: Node,
    pub(crate) body: Vec<Step>,
    pub(crate) otherwise: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) body: Vec<Step>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) otherwise: Vec<Step>,
    pub(crate) finally: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Handler {
    /// Empty catches everything.
    pub(crate) classes: Vec<&'static Class>,
    /// A class named that this evaluator does not know.
    pub(crate) unknown: Option<SmolStr>,
    pub(crate) name: Option<u32>,
    pub(crate) body: Vec<Step>,
}

#[derive(Debug)]
pub(crate) enum Target {
    Local(u32),
    Global(u32),
    Item { container: Node, index: Node, at: At },
    Tuple(Vec<Self>, At),
    Star(Box<Self>),
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Const(Const),
    Local(u32),
    /// A local of the function around a comprehension or lambda.
    Free(u32),
    Global(u32),
    Function(FunctionId),
    Builtin(&'static Builtin),
    Class(&'static Class),
    /// `str.lower` as a value.
    Unbound(&'static Class, Method),
    Input,
    Field(u32),
    FieldGet(u32, Option<Box<Node>>),
    FieldContains(u32),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// One comparison with a constant.
    CompareConst(Box<Node>, CompareOp, Const),
    Compare(Box<Node>, Vec<(CompareOp, Node)>),
    Binary(BinaryOp, Box<(Node, Node)>),
    Unary(UnaryOp, Box<Node>),
    IfElse(Box<(Node, Node, Node)>),
    /// A function of the module with plain arguments.
    CallFunction(FunctionId, Vec<Node>),
    Call(Box<Node>, Box<Args>),
    Method(Box<Node>, Method, Box<Args>),
    Attribute(Box<Node>, SmolStr),
    Subscript(Box<(Node, Node)>),
    Slice(Box<[Option<Node>; 3]>),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Set(Vec<Node>),
    Dict(Vec<(Option<Node>, Node)>),
    Star(Box<Node>),
    Comprehension(u32),
    Format(Vec<FormatPart>),
    Lambda(u32),
    Walrus(u32, Box<Node>),
    /// What this evaluator does not have.
    Unsupported(String),
}

#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) positional: Vec<Node>,
    pub(crate) keyword: Vec<(Option<SmolStr>, Node)>,
    /// Whether nothing is spread by `*`.
    pub(crate) plain: bool,
}

#[derive(Debug)]
pub(crate) enum FormatPart {
    Text(SmolStr),
    Value { value: Node, conversion: Option<char>, spec: Vec<Self> },
}
