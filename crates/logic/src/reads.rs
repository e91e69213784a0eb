//! Which top-level fields of the input a function reads, with all it calls, and what kinds of value it takes them for.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::tree::{
    Access, Args, Clause, CompareOp, Const, Expr, ExprKind, FunctionId, Module, ParamKind, Slot, Stmt, Target,
};
use crate::walk;

/// What a function reads of its input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The fields named by a constant, by name.
    pub fields: Vec<FieldRead>,
    /// Whether the input is used in other ways too: passed to a function that may look at all of it, gone through, kept.
    pub whole: bool,
}

/// How one field is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRead {
    /// Its name.
    pub name: SmolStr,
    /// The kinds of value that it is compared with or used as, in the order of [`FieldKind`].
    pub kinds: Vec<FieldKind>,
    /// Whether it is read somewhere by `[…]`, which raises where it is missing.
    pub required: bool,
}

/// A kind of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "JSON's own kinds")]
pub enum FieldKind {
    Boolean,
    Number,
    String,
    List,
    Object,
    Null,
}

impl FieldKind {
    /// The name in a JSON Schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::List => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }
}

/// Methods that only strings have.
const STRING_METHODS: [&str; 20] = [
    "casefold",
    "endswith",
    "isalnum",
    "isalpha",
    "isdigit",
    "isnumeric",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "upper",
];

/// Methods that only dictionaries have.
const OBJECT_METHODS: [&str; 4] = ["get", "items", "keys", "values"];

/// Ways to follow a path from the input by its keys; helpers of that name are taken for what they are.
const PATH_METHODS: [&str; 4] = ["deep_get", "deep_walk", "get", "udm"];

/// What these functions read.
#[must_use]
pub fn of(module: &Module, entries: &[FunctionId]) -> Reads {
    let mut finder = Finder { module, names: BTreeMap::new(), found: BTreeMap::new(), whole: false };
    let mut reached: BTreeSet<usize> = entries.iter().map(|id| id.0 as usize).collect();
    // A function called with the input, or with a field, may give its callees more to know them by: go on until nothing new.
    loop {
        let before = (finder.names.clone(), reached.len());
        for index in reached.clone() {
            finder.function(index, &mut reached);
        }
        if before == (finder.names.clone(), reached.len()) {
            break;
        }
    }
    let field = |(name, how): (SmolStr, How)| FieldRead {
        name,
        kinds: how.kinds.into_iter().collect(),
        required: how.required,
    };
    Reads { fields: finder.found.into_iter().map(field).collect(), whole: finder.whole }
}

#[derive(Default)]
struct How {
    kinds: BTreeSet<FieldKind>,
    required: bool,
}

/// What an expression is, as far as the input goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    Input,
    Field(SmolStr),
}

struct Finder<'a> {
    module: &'a Module,
    /// What the slots of functions hold.
    names: BTreeMap<(usize, Slot), Held>,
    found: BTreeMap<SmolStr, How>,
    whole: bool,
}

impl Finder<'_> {
    fn function(&mut self, index: usize, reached: &mut BTreeSet<usize>) {
        let Some(function) = self.module.functions.get(index) else { return };
        walk::statements(&function.body, &mut |stmt| {
            if let Stmt::Assign { targets, value } = stmt
                && let [Target::Local(slot)] = targets.as_slice()
                && let Some(held) = self.held(index, value)
            {
                // Another name for the input is not yet a use of it.
                let used = held != Held::Input;
                self.names.insert((index, *slot), held);
                self.expression(index, value, used);
                return;
            }
            if let Stmt::For { iter, .. } = stmt {
                self.is_kind(index, iter, FieldKind::List);
            }
            walk::statement_exprs(stmt, &mut |expr| self.expression(index, expr, true));
        });
        walk::block_expressions(&function.body, &mut |expr| {
            if let ExprKind::Function(id) = expr.kind {
                reached.insert(id.0 as usize);
            }
        });
    }

    /// The input, or the field of it, that an expression gives.
    fn held(&self, function: usize, expr: &Expr) -> Option<Held> {
        match &expr.kind {
            ExprKind::Input => Some(Held::Input),
            ExprKind::Local(slot) => self.names.get(&(function, *slot)).cloned(),
            ExprKind::Field { name, access: Access::Subscript | Access::Get(_) } => Some(Held::Field(name.clone())),
            ExprKind::Subscript { value, index } => self.step(function, value, index),
            ExprKind::Method { receiver, name, args } if PATH_METHODS.contains(&name.as_str()) => {
                // Of a longer path the first key is the field, but what the path leads to is not.
                let keys = if name == "get" { 1 } else { args.positional.len() };
                (keys == 1).then(|| self.step(function, receiver, args.positional.first()?)).flatten()
            }
            // `field or default`.
            ExprKind::Or(operands) => match self.held(function, operands.first()?)? {
                Held::Field(name) => Some(Held::Field(name)),
                Held::Input => None,
            },
            _ => None,
        }
    }

    fn step(&self, function: usize, value: &Expr, key: &Expr) -> Option<Held> {
        match (self.held(function, value)?, &key.kind) {
            (Held::Input, ExprKind::Const(Const::Str(name))) => Some(Held::Field(name.clone())),
            _ => None,
        }
    }

    fn field(&mut self, name: &SmolStr) -> &mut How {
        self.found.entry(name.clone()).or_default()
    }

    fn is_kind(&mut self, function: usize, expr: &Expr, kind: FieldKind) {
        if let Some(Held::Field(name)) = self.held(function, expr) {
            self.field(&name).kinds.insert(kind);
        }
    }

    /// Notes what an expression reads; `used` is whether its own value is used for something that is not looked into here.
    fn expression(&mut self, function: usize, expr: &Expr, used: bool) {
        match (&expr.kind, self.held(function, expr)) {
            (_, Some(Held::Input)) => {
                self.whole |= used;
                return;
            }
            (_, Some(Held::Field(name))) => {
                self.field(&name);
            }
            _ => {}
        }
        match &expr.kind {
            ExprKind::Field { name, access } => self.access(function, name, access),
            ExprKind::Subscript { value, index } => self.subscript(function, value, index),
            ExprKind::Method { receiver, name, args } => self.method(function, receiver, name, args),
            ExprKind::Call { callee, args } => self.call(function, callee, args),
            ExprKind::Compare { first, rest } => self.compare(function, first, rest),
            ExprKind::Or(operands) => {
                if let [value, default] = operands.as_slice() {
                    self.default(function, value, default);
                }
                walk::children(expr, &mut |child| self.expression(function, child, true));
            }
            ExprKind::Comprehension { clauses, .. } => {
                for Clause { iter, .. } in clauses {
                    self.is_kind(function, iter, FieldKind::List);
                }
                walk::children(expr, &mut |child| self.expression(function, child, true));
            }
            _ => walk::children(expr, &mut |child| self.expression(function, child, true)),
        }
    }

    fn access(&mut self, function: usize, name: &SmolStr, access: &Access) {
        match access {
            Access::Subscript => self.field(name).required = true,
            Access::Contains => {
                self.field(name);
            }
            Access::Get(default) => {
                self.field(name);
                if let Some(default) = default {
                    self.kind_of_default(name, default);
                    self.expression(function, default, true);
                }
            }
        }
    }

    fn default(&mut self, function: usize, value: &Expr, default: &Expr) {
        if let Some(Held::Field(name)) = self.held(function, value) {
            self.kind_of_default(&name, default);
        }
    }

    fn kind_of_default(&mut self, name: &SmolStr, default: &Expr) {
        if let Some(kind) = kind_of(default) {
            self.field(name).kinds.insert(kind);
        }
    }

    fn subscript(&mut self, function: usize, value: &Expr, index: &Expr) {
        let kind = match &index.kind {
            ExprKind::Const(Const::Str(_)) => Some(FieldKind::Object),
            ExprKind::Const(Const::Int(_)) => Some(FieldKind::List),
            _ => None,
        };
        let input = self.held(function, value) == Some(Held::Input);
        match (&index.kind, kind) {
            (ExprKind::Const(Const::Str(name)), _) if input => self.field(name).required = true,
            (_, Some(kind)) => self.is_kind(function, value, kind),
            _ => {}
        }
        self.expression(function, value, !(input && kind.is_some()));
        self.expression(function, index, true);
    }

    fn method(&mut self, function: usize, receiver: &Expr, name: &str, args: &Args) {
        let by_path = PATH_METHODS.contains(&name) && self.path(function, receiver, name, &args.positional);
        if STRING_METHODS.contains(&name) {
            self.is_kind(function, receiver, FieldKind::String);
        } else if OBJECT_METHODS.contains(&name) {
            self.is_kind(function, receiver, FieldKind::Object);
        }
        if let ("get", [_, default], Some(Held::Field(field))) =
            (name, args.positional.as_slice(), self.held_by_get(function, receiver, args))
        {
            self.kind_of_default(&field, default);
        }
        self.expression(function, receiver, !by_path);
        self.arguments(function, args);
    }

    fn held_by_get(&self, function: usize, receiver: &Expr, args: &Args) -> Option<Held> {
        self.step(function, receiver, args.positional.first()?)
    }

    /// A path from the input by constant keys; whether it is one.
    fn path(&mut self, function: usize, receiver: &Expr, method: &str, keys: &[Expr]) -> bool {
        let Some((first, rest)) = keys.split_first() else { return false };
        let Some(Held::Field(name)) = self.step(function, receiver, first) else { return false };
        let goes_on = method != "get" && !rest.is_empty();
        let how = self.field(&name);
        if goes_on {
            how.kinds.insert(FieldKind::Object);
        }
        true
    }

    fn arguments(&mut self, function: usize, args: &Args) {
        let given = args.positional.iter().chain(args.keyword.iter().map(|(_, value)| value));
        given.for_each(|arg| self.expression(function, arg, true));
    }

    fn call(&mut self, function: usize, callee: &Expr, args: &Args) {
        match &callee.kind {
            ExprKind::Function(id) => self.call_of(function, *id, args),
            ExprKind::Callable(name) => {
                let first = args.positional.first();
                match (name.as_str(), first, args.positional.get(1)) {
                    ("json.loads", Some(text), _) => self.is_kind(function, text, FieldKind::String),
                    ("re.match" | "re.search" | "re.fullmatch" | "re.findall", _, Some(text)) => {
                        self.is_kind(function, text, FieldKind::String);
                    }
                    ("isinstance", Some(value), Some(class)) => self.instance(function, value, class),
                    ("fnmatch.fnmatch" | "fnmatch.fnmatchcase", Some(text), _) => {
                        self.is_kind(function, text, FieldKind::String);
                    }
                    _ => {}
                }
                self.arguments(function, args);
            }
            _ => {
                self.expression(function, callee, true);
                self.arguments(function, args);
            }
        }
    }

    fn instance(&mut self, function: usize, value: &Expr, class: &Expr) {
        let classes = match &class.kind {
            ExprKind::Tuple(classes) => classes.as_slice(),
            _ => std::slice::from_ref(class),
        };
        for class in classes {
            let kind = match &class.kind {
                ExprKind::Class(name) => kind_of_class(name),
                _ => None,
            };
            if let Some(kind) = kind {
                self.is_kind(function, value, kind);
            }
        }
    }

    /// A call of a function of the module: its parameters hold what it is given.
    fn call_of(&mut self, function: usize, id: FunctionId, args: &Args) {
        let index = id.0 as usize;
        let Some(callee) = self.module.functions.get(index) else { return };
        let name = callee.name.rsplit('.').next().unwrap_or_default();
        if PATH_METHODS.contains(&name)
            && let Some((receiver, keys)) = args.positional.split_first()
            && self.path(function, receiver, name, keys)
        {
            keys.iter().chain(args.keyword.iter().map(|(_, v)| v)).for_each(|arg| self.expression(function, arg, true));
            return;
        }
        let params = &callee.params;
        let by_position = args.positional.iter().enumerate().map(|(position, arg)| {
            let normal = params.get(position).is_some_and(|param| param.kind == ParamKind::Normal);
            (normal.then_some(position), arg)
        });
        let by_name = args
            .keyword
            .iter()
            .map(|(name, arg)| (params.iter().position(|param| Some(&param.name) == name.as_ref()), arg));
        for (position, arg) in by_position.chain(by_name) {
            let slot = position.and_then(|position| u32::try_from(position).ok()).map(Slot);
            match (slot, self.held(function, arg)) {
                (Some(slot), Some(held)) => {
                    // The input of an entry function is its first parameter whatever its slot is said to hold.
                    self.names.insert((index, slot), held.clone());
                    self.expression(function, arg, held != Held::Input);
                }
                _ => self.expression(function, arg, true),
            }
        }
    }

    fn compare(&mut self, function: usize, first: &Expr, rest: &[(CompareOp, Expr)]) {
        let mut left = first;
        for (op, right) in rest {
            self.comparison(function, left, *op, right);
            left = right;
        }
        let key = matches!(first.kind, ExprKind::Const(Const::Str(_)));
        self.expression(function, first, true);
        for (op, right) in rest {
            let membership = key && matches!(op, CompareOp::In | CompareOp::NotIn);
            self.expression(function, right, !membership);
        }
    }

    fn comparison(&mut self, function: usize, left: &Expr, op: CompareOp, right: &Expr) {
        if matches!(op, CompareOp::In | CompareOp::NotIn) {
            match (&left.kind, self.held(function, right)) {
                (ExprKind::Const(Const::Str(name)), Some(Held::Input)) => {
                    self.field(name);
                }
                _ => {
                    for kind in kinds_of_items(right) {
                        self.is_kind(function, left, kind);
                    }
                }
            }
            return;
        }
        for (value, other) in [(left, right), (right, left)] {
            if let Some(kind) = kind_of(other) {
                self.is_kind(function, value, kind);
            }
        }
    }
}

/// The kind of a literal.
fn kind_of(expr: &Expr) -> Option<FieldKind> {
    Some(match &expr.kind {
        ExprKind::Const(Const::None) => FieldKind::Null,
        ExprKind::Const(Const::Bool(_)) => FieldKind::Boolean,
        ExprKind::Const(Const::Int(_) | Const::Float(_)) => FieldKind::Number,
        ExprKind::Const(Const::Str(_)) => FieldKind::String,
        ExprKind::List(_) | ExprKind::Tuple(_) => FieldKind::List,
        ExprKind::Dict(_) => FieldKind::Object,
        _ => return None,
    })
}

fn kinds_of_items(expr: &Expr) -> Vec<FieldKind> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().filter_map(kind_of).collect()
        }
        _ => Vec::new(),
    }
}

fn kind_of_class(name: &str) -> Option<FieldKind> {
    Some(match name {
        "bool" => FieldKind::Boolean,
        "int" | "float" => FieldKind::Number,
        "str" => FieldKind::String,
        "list" | "collections.abc.Sequence" => FieldKind::List,
        "dict" | "collections.abc.Mapping" => FieldKind::Object,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::*;

    fn reads(functions: Vec<crate::tree::Function>) -> Reads {
        of(&Module { functions, ..Module::default() }, &[FunctionId(0)])
    }

    fn shown(reads: &Reads) -> Vec<String> {
        let field = |field: &FieldRead| {
            let kinds: Vec<_> = field.kinds.iter().map(|kind| kind.name()).collect();
            format!("{}: {}{}", field.name, kinds.join("|"), if field.required { "!" } else { "" })
        };
        reads.fields.iter().map(field).collect()
    }

    #[test]
    fn fields_take_their_kind_from_what_they_are_compared_with() {
        let body = vec![ret(and([
            eq(field("KeyState"), string_const("Enabled")),
            compare(field("KeyRotationEnabled"), CompareOp::Is, boolean(true)),
            compare(get("RotationPeriodInDays"), CompareOp::LtE, int(365)),
            method(or([get("Description"), string_const("")]), "startswith", [string_const("x")]),
            subscript(or([get("MultiRegionConfiguration"), expr(ExprKind::Dict(vec![]))]), string_const("PrimaryKey")),
            compare(
                get("Origin"),
                CompareOp::In,
                expr(ExprKind::Tuple(vec![string_const("AWS_KMS"), constant(Const::None)])),
            ),
            contains("Tags"),
        ]))];
        let reads = reads(vec![entry(&["resource"], body)]);
        assert!(!reads.whole);
        assert_eq!(
            shown(&reads),
            [
                "Description: string",
                "KeyRotationEnabled: boolean!",
                "KeyState: string!",
                "MultiRegionConfiguration: object",
                "Origin: string|null",
                "RotationPeriodInDays: number",
                "Tags: ",
            ]
        );
    }

    #[test]
    fn a_helper_given_the_input_reads_fields_too() {
        let helper = crate::tree::Function {
            name: "helpers.is_customers".into(),
            params: vec![param("key")],
            locals: vec!["key".into()],
            body: vec![ret(eq(subscript(local(0), string_const("KeyManager")), string_const("CUSTOMER")))],
            at: crate::tree::At::default(),
        };
        let callee = || expr(ExprKind::Function(FunctionId(1)));
        let input = || expr(ExprKind::Input);
        let reads_field = reads(vec![entry(&["resource"], vec![ret(call(callee(), [input()]))]), helper.clone()]);
        assert_eq!((shown(&reads_field), reads_field.whole), (vec!["KeyManager: string!".to_owned()], false));
        let kept = reads(vec![entry(&["resource"], vec![ret(call(callable("json.dumps"), [input()]))]), helper]);
        assert!(kept.whole);
        let renamed = vec![assign(1, input()), ret(subscript(local(1), string_const("Arn")))];
        assert_eq!(shown(&reads(vec![entry(&["resource", "key"], renamed)])), ["Arn: !"]);
        let gone_through = vec![assign(1, input()), ret(call(callable("len"), [local(1)]))];
        assert!(reads(vec![entry(&["resource", "key"], gone_through)]).whole);
    }

    #[test]
    fn a_path_is_read_by_its_first_key() {
        let input = || expr(ExprKind::Input);
        let keys = [string_const("userIdentity"), string_const("type")];
        let reads = reads(vec![entry(&["event"], vec![ret(method(input(), "deep_get", keys))])]);
        assert_eq!((shown(&reads), reads.whole), (vec!["userIdentity: object".to_owned()], false));
    }
}
