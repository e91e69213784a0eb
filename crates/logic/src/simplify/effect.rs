//! What computing an expression can do besides giving a value: the ground on which every rewriting stands.

use crate::tree::{Access, Args, CompareOp, Const, Expr, ExprKind, FunctionId, GlobalId, Slot};
use crate::walk;

/// What computing an expression can do, least first. Each kind includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// Names a value that exists already and never changes its identity: cannot raise, cheap, the same whenever read.
    Atom,
    /// Cannot raise and changes nothing; what it gives may depend on the contents of mutable values.
    Total,
    /// Changes nothing but may raise.
    Pure,
    /// May change something: a call of unknown effect, an assignment, the use of an iterator.
    Any,
}

/// What is known of a function of the module that has been simplified already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FunctionFacts {
    /// Calling it changes nothing.
    pub(super) pure: bool,
    /// Whatever it returns is `True` or `False`.
    pub(super) returns_bool: bool,
}

/// What is known of the module around a function.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Module-level names that are bound before any function runs and never again.
    pub(super) fixed_globals: Vec<bool>,
    /// By function; a function that is not simplified yet has the least facts.
    pub(super) functions: Vec<FunctionFacts>,
    /// Whether `StopIteration` can appear anywhere: within a generator it would turn into `RuntimeError`.
    pub(super) may_stop: bool,
    /// Whether the module has a name of its own that hides the builtin `bool`.
    pub(super) bool_is_hidden: bool,
    /// Whether the input is a resource rather than an event.
    pub(super) judges_resources: bool,
}

impl Known {
    fn function(&self, id: FunctionId) -> FunctionFacts {
        self.functions.get(id.0 as usize).copied().unwrap_or_default()
    }

    fn global_is_fixed(&self, id: GlobalId) -> bool {
        self.fixed_globals.get(id.0 as usize).copied().unwrap_or_default()
    }
}

/// What is known where an expression stands.
pub(super) struct Frame<'a> {
    pub(super) known: &'a Known,
    /// Slots that are bound wherever they are read, and hold one value as long as what reads them can run.
    pub(super) fixed: &'a [bool],
}

/// Callables that change nothing but what an iterator given to them holds, and call nothing given to them.
const PURE_CALLABLES: [&str; 33] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "callable",
    "chr",
    "divmod",
    "enumerate",
    "format",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "oct",
    "ord",
    "pow",
    "range",
    "repr",
    "reversed",
    "round",
    "sum",
    "type",
    "zip",
    "json.loads",
    "json.dumps",
    "fnmatch.fnmatch",
    "fnmatch.fnmatchcase",
    "datetime.timezone.utc",
];

/// Callables that may call what is given to them.
const HIGHER_CALLABLES: [&str; 7] = ["filter", "functools.reduce", "map", "max", "min", "re.sub", "sorted"];

/// Library modules without effects.
const PURE_MODULES: [&str; 6] = ["base64.", "binascii.", "datetime.", "ipaddress.", "re.", "urllib.parse."];

/// Methods that change nothing.
const PURE_METHODS: [&str; 69] = [
    "capitalize",
    "casefold",
    "center",
    "copy",
    "count",
    "date",
    "decode",
    "deep_get",
    "deep_walk",
    "difference",
    "encode",
    "end",
    "endswith",
    "expandtabs",
    "find",
    "findall",
    "finditer",
    "format",
    "fullmatch",
    "get",
    "group",
    "groupdict",
    "groups",
    "index",
    "intersection",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isdisjoint",
    "isidentifier",
    "islower",
    "isnumeric",
    "isoformat",
    "isprintable",
    "isspace",
    "issubset",
    "issuperset",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "match",
    "overlaps",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rstrip",
    "search",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "subnet_of",
    "title",
    "total_seconds",
    "union",
    "upper",
    "values",
    "zfill",
];

/// Methods that return `True` or `False` on every class that has them.
const BOOL_METHODS: [&str; 18] = [
    "endswith",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isdisjoint",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "issubset",
    "issuperset",
    "istitle",
    "isupper",
    "overlaps",
    "startswith",
];

/// Callables that return `True` or `False`.
const BOOL_CALLABLES: [&str; 8] =
    ["all", "any", "callable", "fnmatch.fnmatch", "fnmatch.fnmatchcase", "hasattr", "isinstance", "issubclass"];

impl Frame<'_> {
    pub(super) fn is_fixed(&self, slot: Slot) -> bool {
        self.fixed.get(slot.0 as usize).copied().unwrap_or_default()
    }

    /// What computing the expression can do.
    pub(super) fn effect(&self, expr: &Expr) -> Effect {
        match &expr.kind {
            ExprKind::Const(_)
            | ExprKind::Function(_)
            | ExprKind::Callable(_)
            | ExprKind::Class(_)
            | ExprKind::Input
            // The input of an entry function never changes, and neither `get` nor `in` can fail on it.
            | ExprKind::Field { access: Access::Get(None) | Access::Contains, .. } => Effect::Atom,
            ExprKind::Local(slot) if self.is_fixed(*slot) => Effect::Atom,
            ExprKind::Global(id) if self.known.global_is_fixed(*id) => Effect::Atom,
            ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Field { access: Access::Subscript, .. } => Effect::Pure,
            ExprKind::Field { access: Access::Get(Some(default)), .. } => match default.kind {
                ExprKind::Const(_) => Effect::Atom,
                _ => self.effect(default).max(Effect::Total),
            },
            // The truth of a value, and whether two are equal or the same, can always be told.
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::IfElse { .. } => {
                self.of_children(expr, Effect::Total)
            }
            ExprKind::Compare { first, rest } => self.of_children(expr, compare_effect(first, rest)),
            ExprKind::List(_) | ExprKind::Tuple(_) => self.of_children(expr, Effect::Total),
            ExprKind::Set(items) => self.of_children(expr, hashing(items.iter())),
            ExprKind::Dict(entries) => {
                let keys = entries.iter().map(|(key, _)| key.as_ref());
                let spread = keys.clone().any(|key| key.is_none());
                self.of_children(expr, if spread { Effect::Pure } else { hashing(keys.flatten()) })
            }
            ExprKind::Call { callee, args } => self.of_children(expr, self.call(callee, args)),
            ExprKind::Method { receiver, name, args } => self.of_children(expr, self.method(receiver, name, args)),
            ExprKind::Walrus { .. } => Effect::Any,
            ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Attribute { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Star(_)
            | ExprKind::Comprehension { .. }
            | ExprKind::Format(_)
            | ExprKind::Lambda { .. } => self.of_children(expr, Effect::Pure),
        }
    }

    fn of_children(&self, expr: &Expr, own: Effect) -> Effect {
        let mut most = own;
        walk::children(expr, &mut |child| most = most.max(self.effect(child)));
        most
    }

    fn call(&self, callee: &Expr, args: &Args) -> Effect {
        match &callee.kind {
            ExprKind::Function(id) if self.known.function(*id).pure => Effect::Pure,
            ExprKind::Class(name) if name == "bool" && is_one(args) => Effect::Total,
            // A class only takes its arguments apart or keeps them.
            ExprKind::Class(_) => Effect::Pure,
            ExprKind::Callable(name) => self.callable(name, args),
            _ => Effect::Any,
        }
    }

    fn method(&self, receiver: &Expr, name: &str, args: &Args) -> Effect {
        if matches!(receiver.kind, ExprKind::Input) && always_gives(name, args, self.known.judges_resources) {
            return Effect::Total;
        }
        if PURE_METHODS.contains(&name) { Effect::Pure } else { Effect::Any }
    }

    fn callable(&self, name: &str, args: &Args) -> Effect {
        if name == "isinstance" && matches!(args.positional.as_slice(), [_, kinds] if is_class_or_classes(kinds)) {
            return Effect::Total;
        }
        if HIGHER_CALLABLES.contains(&name) {
            return if self.is_pure_callee(called_by(name, args)) { Effect::Pure } else { Effect::Any };
        }
        let pure = PURE_CALLABLES.contains(&name) || PURE_MODULES.iter().any(|module| name.starts_with(module));
        if pure { Effect::Pure } else { Effect::Any }
    }

    /// Whether what a callable gets to call changes nothing; a lambda's body counts as a part of the call anyway.
    fn is_pure_callee(&self, callee: Option<&Expr>) -> bool {
        match callee.map(|callee| &callee.kind) {
            None | Some(ExprKind::Const(_) | ExprKind::Lambda { .. } | ExprKind::Class(_) | ExprKind::Format(_)) => {
                true
            }
            Some(ExprKind::Function(id)) => self.known.function(*id).pure,
            Some(ExprKind::Callable(name)) => PURE_CALLABLES.contains(&name.as_str()),
            _ => false,
        }
    }

    /// Whether the expression gives the same each time it is computed with the same input, and its value needs no
    /// identity of its own: it is made of the input's fields and constants alone.
    pub(super) fn is_stable(&self, expr: &Expr) -> bool {
        let own = match &expr.kind {
            ExprKind::Const(_)
            | ExprKind::Class(_)
            | ExprKind::Callable(_)
            | ExprKind::Field { .. }
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::IfElse { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Tuple(_) => true,
            ExprKind::Subscript { value, .. } => matches!(value.kind, ExprKind::Input),
            ExprKind::Method { receiver, name, .. } => {
                matches!(receiver.kind, ExprKind::Input) && ["deep_get", "get", "udm"].contains(&name.as_str())
            }
            ExprKind::Input => true,
            ExprKind::List(_) | ExprKind::Set(_) => false,
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Class(name) => name == "bool",
                ExprKind::Callable(name) => name == "isinstance" || name == "len",
                _ => false,
            },
            _ => false,
        };
        let mut stable = own;
        walk::children(expr, &mut |child| stable &= self.is_stable_part(child));
        stable
    }

    /// As [`Self::is_stable`], but a literal list or set is as good as a tuple where it is only looked into.
    fn is_stable_part(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::List(items) | ExprKind::Set(items) => {
                items.iter().all(|item| matches!(item.kind, ExprKind::Const(_)))
            }
            _ => self.is_stable(expr),
        }
    }

    /// Whether the value, if there is one, is certainly `True` or `False`.
    pub(super) fn is_bool(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Const(Const::Bool(_))
            | ExprKind::Not(_)
            // Only classes of other people's making compare to anything but a truth value.
            | ExprKind::Compare { .. }
            | ExprKind::Field { access: Access::Contains, .. } => true,
            ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter().all(|operand| self.is_bool(operand)),
            ExprKind::IfElse { then, otherwise, .. } => self.is_bool(then) && self.is_bool(otherwise),
            ExprKind::Walrus { value, .. } => self.is_bool(value),
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Class(name) => name == "bool",
                ExprKind::Callable(name) => BOOL_CALLABLES.contains(&name.as_str()),
                ExprKind::Function(id) => self.known.function(*id).returns_bool,
                _ => false,
            },
            ExprKind::Method { name, .. } => BOOL_METHODS.contains(&name.as_str()),
            _ => false,
        }
    }
}

fn is_one(args: &Args) -> bool {
    matches!(args.positional.as_slice(), [only] if !matches!(only.kind, ExprKind::Star(_))) && args.keyword.is_empty()
}

/// The argument that a callable of [`HIGHER_CALLABLES`] calls.
fn called_by<'a>(name: &str, args: &'a Args) -> Option<&'a Expr> {
    let (position, keyword) = match name {
        "filter" | "functools.reduce" | "map" => (Some(0), "function"),
        "re.sub" => (Some(1), "repl"),
        _ => (None, "key"),
    };
    let by_name = args.keyword.iter().find(|(name, _)| name.as_deref() == Some(keyword)).map(|(_, value)| value);
    by_name.or_else(|| args.positional.get(position?))
}

fn is_class_or_classes(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Class(_) => true,
        ExprKind::Tuple(items) => items.iter().all(|item| matches!(item.kind, ExprKind::Class(_))),
        _ => false,
    }
}

/// Equality and identity of any two values can be told; membership in a literal list or tuple is equality.
fn compare_effect(first: &Expr, rest: &[(CompareOp, Expr)]) -> Effect {
    let total = |(op, operand): &(CompareOp, Expr)| match op {
        CompareOp::Eq | CompareOp::NotEq | CompareOp::Is | CompareOp::IsNot => true,
        CompareOp::In | CompareOp::NotIn => match &operand.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                items.iter().all(|item| !matches!(item.kind, ExprKind::Star(_)))
            }
            // A constant can be looked up in a set; another value need not be hashable.
            ExprKind::Set(_) => rest.len() == 1 && matches!(first.kind, ExprKind::Const(_)),
            _ => false,
        },
        CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => false,
    };
    if rest.iter().all(total) { Effect::Total } else { Effect::Pure }
}

fn hashing<'a>(mut keys: impl Iterator<Item = &'a Expr>) -> Effect {
    if keys.all(|key| matches!(key.kind, ExprKind::Const(_))) { Effect::Total } else { Effect::Pure }
}

/// Whether a call of `get` or `deep_get` on the input itself only ever gives its default where it finds nothing. The `get`
/// of a resource, which is a dictionary, takes its default by position alone; that of an event by name too.
fn always_gives(name: &str, args: &Args, judges_resources: bool) -> bool {
    let constant = |arg: &Expr| matches!(arg.kind, ExprKind::Const(_));
    let by_name = args.keyword.iter().map(|(name, value)| name.as_deref() == Some("default") && constant(value));
    let constants = args.positional.iter().all(constant) && by_name.clone().all(|fits| fits);
    match name {
        "get" if judges_resources => constants && args.keyword.is_empty() && (1..=2).contains(&args.positional.len()),
        "get" => {
            constants && (1..=2).contains(&(args.positional.len() + args.keyword.len())) && !args.positional.is_empty()
        }
        "deep_get" => constants && !judges_resources && !args.positional.is_empty() && args.keyword.len() <= 1,
        _ => false,
    }
}

/// The number of nodes of an expression.
pub(super) fn size(expr: &Expr) -> usize {
    let mut nodes = 0;
    walk::expressions(expr, &mut |_| nodes += 1);
    nodes
}

/// How deep an expression nests.
pub(super) fn depth(expr: &Expr) -> usize {
    let mut deepest = 0;
    walk::children(expr, &mut |child| deepest = deepest.max(depth(child)));
    deepest + 1
}

/// Whether any expression within, or the expression itself, is such.
pub(super) fn any_within(expr: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    let mut found = false;
    walk::expressions(expr, &mut |inner| found = found || test(inner));
    found
}

/// How often the slot is read within.
pub(super) fn reads(expr: &Expr, slot: Slot) -> usize {
    let mut count = 0;
    walk::expressions(expr, &mut |inner| count += usize::from(matches!(inner.kind, ExprKind::Local(s) if s == slot)));
    count
}

/// A text that two expressions share exactly if they are equal.
pub(super) fn shape(expr: &Expr) -> String {
    let mut placeless = expr.clone();
    walk::expressions_mut(&mut placeless, &mut |inner| inner.at = crate::tree::At::default());
    format!("{placeless:?}")
}
