//! Expressions as Python text with no more parentheses than the grammar asks for.

use std::cell::Cell;

use smol_str::SmolStr;

use super::literal::{self, Allowed, Quote};
use super::names::Names;
use crate::scope;
use crate::tree::{
    Access, Args, BinaryOp, Clause, CompareOp, ComprehensionKind, Const, Expr, ExprKind, FormatPart, Function, Module,
    Slot, Target, UnaryOp,
};

/// How tightly a form binds: Python's table, loosest first.
pub(super) type Binding = u8;

pub(super) const WALRUS: Binding = 0;
const LAMBDA: Binding = 1;
const IF_ELSE: Binding = 2;
const OR: Binding = 3;
const AND: Binding = 4;
const NOT: Binding = 5;
const COMPARE: Binding = 6;
const BIT_OR: Binding = 7;
const BIT_XOR: Binding = 8;
const BIT_AND: Binding = 9;
const SHIFT: Binding = 10;
const SUM: Binding = 11;
const PRODUCT: Binding = 12;
const SIGN: Binding = 13;
const POWER: Binding = 14;
const PRIMARY: Binding = 15;
const ATOM: Binding = 16;

/// Any expression that is not a bare `name := value`.
pub(super) const ANY: Binding = LAMBDA;

/// Prints the expressions of one function.
pub(super) struct Printer<'a> {
    names: &'a Names,
    function: Option<&'a Function>,
    input: SmolStr,
    allowed: Cell<Allowed>,
    /// Set when something has no spelling under `allowed`, so that the f-string around it tries another quote.
    blocked: Cell<bool>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(module: &Module, names: &'a Names, function: Option<&'a Function>) -> Self {
        let input = function.map(|function| scope::input_name(module, function)).unwrap_or_default();
        Self { names, function, input, allowed: Cell::new(Allowed::ALL), blocked: Cell::new(false) }
    }

    pub(super) fn expression(&self, expr: &Expr) -> String {
        self.at_least(ANY, expr)
    }

    /// The expression, in parentheses if it binds less tightly than its place asks for.
    pub(super) fn at_least(&self, least: Binding, expr: &Expr) -> String {
        let (text, binding) = self.bound(expr);
        if binding < least { format!("({text})") } else { text }
    }

    pub(super) fn local(&self, slot: Slot) -> &str {
        let name = self.function.and_then(|function| function.locals.get(slot.0 as usize));
        name.map_or("_", |name| name.as_str())
    }

    pub(super) fn names(&self) -> &Names {
        self.names
    }

    fn bound(&self, expr: &Expr) -> (String, Binding) {
        match &expr.kind {
            ExprKind::Const(value) => (self.constant(value), if literal::is_signed(value) { SIGN } else { ATOM }),
            ExprKind::Local(slot) => (self.local(*slot).to_owned(), ATOM),
            ExprKind::Global(id) => (self.names.global(*id).to_owned(), ATOM),
            ExprKind::Function(id) => (self.names.function(*id).to_owned(), ATOM),
            ExprKind::Callable(path) | ExprKind::Class(path) => (self.names.library(path), ATOM),
            ExprKind::Input => (self.input.to_string(), ATOM),
            ExprKind::Field { name, access } => self.field(name, access),
            ExprKind::And(operands) => self.chain(operands, " and ", AND),
            ExprKind::Or(operands) => self.chain(operands, " or ", OR),
            ExprKind::Not(operand) => match &operand.kind {
                ExprKind::Field { name, access: Access::Contains } => {
                    (format!("{} not in {}", self.quoted(name), self.input), COMPARE)
                }
                _ => (format!("not {}", self.at_least(NOT, operand)), NOT),
            },
            ExprKind::Compare { first, rest } => (self.compare(first, rest), COMPARE),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Unary { op, operand } => (format!("{}{}", unary_sign(*op), self.at_least(SIGN, operand)), SIGN),
            ExprKind::IfElse { test, then, otherwise } => {
                let (then, test) = (self.at_least(OR, then), self.at_least(OR, test));
                (format!("{then} if {test} else {}", self.at_least(LAMBDA, otherwise)), IF_ELSE)
            }
            ExprKind::Call { callee, args } => {
                (format!("{}({})", self.at_least(PRIMARY, callee), self.arguments(args)), PRIMARY)
            }
            ExprKind::Method { receiver, name, args } => {
                (format!("{}.{name}({})", self.receiver(receiver), self.arguments(args)), PRIMARY)
            }
            ExprKind::Attribute { value, name } => (format!("{}.{name}", self.receiver(value)), PRIMARY),
            ExprKind::Subscript { value, index } => {
                (format!("{}[{}]", self.at_least(PRIMARY, value), self.index(index)), PRIMARY)
            }
            ExprKind::Slice { lower, upper, step } => (self.slice([lower, upper, step]), ATOM),
            ExprKind::List(items) => (format!("[{}]", self.list(items)), ATOM),
            ExprKind::Tuple(items) => (self.tuple(items), ATOM),
            ExprKind::Set(items) if items.is_empty() => ("{*()}".to_owned(), ATOM),
            ExprKind::Set(items) => (format!("{{{}}}", self.list(items)), ATOM),
            ExprKind::Dict(entries) => (self.dict(entries), ATOM),
            ExprKind::Star(operand) => (format!("*{}", self.at_least(BIT_OR, operand)), ATOM),
            ExprKind::Comprehension { kind, element, clauses } => self.comprehension(kind, element, clauses),
            ExprKind::Format(parts) => (self.format_string(parts), ATOM),
            ExprKind::Lambda { params, body } => (self.lambda(params, body), LAMBDA),
            ExprKind::Walrus { slot, value } => {
                (format!("{} := {}", self.local(*slot), self.expression(value)), WALRUS)
            }
        }
    }

    fn constant(&self, value: &Const) -> String {
        literal::constant(value, self.allowed.get()).unwrap_or_else(|| {
            self.blocked.set(true);
            literal::constant(value, Allowed::ALL).unwrap_or_default()
        })
    }

    fn quoted(&self, text: &str) -> String {
        self.constant(&Const::Str(text.into()))
    }

    fn field(&self, name: &str, access: &Access) -> (String, Binding) {
        let (name, input) = (self.quoted(name), &self.input);
        match access {
            Access::Subscript => (format!("{input}[{name}]"), PRIMARY),
            Access::Get(None) => (format!("{input}.get({name})"), PRIMARY),
            Access::Get(Some(default)) => (format!("{input}.get({name}, {})", self.expression(default)), PRIMARY),
            Access::Contains => (format!("{name} in {input}"), COMPARE),
        }
    }

    /// `a and b` or `a or b`; an operand of the same kind keeps its parentheses, since the tree keeps it apart.
    fn chain(&self, operands: &[Expr], word: &str, binding: Binding) -> (String, Binding) {
        match operands {
            [] => ((if binding == AND { "True" } else { "False" }).to_owned(), ATOM),
            [only] => self.bound(only),
            _ => {
                let operands: Vec<_> = operands.iter().map(|operand| self.at_least(binding + 1, operand)).collect();
                (operands.join(word), binding)
            }
        }
    }

    fn compare(&self, first: &Expr, rest: &[(CompareOp, Expr)]) -> String {
        let mut text = self.at_least(BIT_OR, first);
        for (op, operand) in rest {
            text.push_str(compare_word(*op));
            text.push_str(&self.at_least(BIT_OR, operand));
        }
        text
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> (String, Binding) {
        let (sign, binding) = binary_sign(op);
        // A power binds tighter than a sign on its left, looser than one on its right, and groups to the right.
        let (left_least, right_least) = if op == BinaryOp::Pow { (PRIMARY, SIGN) } else { (binding, binding + 1) };
        (format!("{} {sign} {}", self.at_least(left_least, left), self.at_least(right_least, right)), binding)
    }

    /// What stands before a dot: `5.real` would read as a float.
    fn receiver(&self, value: &Expr) -> String {
        match &value.kind {
            ExprKind::Const(Const::Int(_)) => format!("({})", self.expression(value)),
            _ => self.at_least(PRIMARY, value),
        }
    }

    fn arguments(&self, args: &Args) -> String {
        if let ([only], []) = (args.positional.as_slice(), args.keyword.as_slice())
            && let ExprKind::Comprehension { kind: ComprehensionKind::Generator, element, clauses } = &only.kind
        {
            return self.comprehension_body(None, element, clauses);
        }
        let positional = args.positional.iter().map(|arg| self.at_least(WALRUS, arg));
        let keyword = args.keyword.iter().map(|(name, value)| match name {
            Some(name) => format!("{name}={}", self.expression(value)),
            None => format!("**{}", self.at_least(BIT_OR, value)),
        });
        positional.chain(keyword).collect::<Vec<_>>().join(", ")
    }

    fn list(&self, items: &[Expr]) -> String {
        items.iter().map(|item| self.expression(item)).collect::<Vec<_>>().join(", ")
    }

    fn tuple(&self, items: &[Expr]) -> String {
        match items {
            [only] => format!("({},)", self.expression(only)),
            _ => format!("({})", self.list(items)),
        }
    }

    fn dict(&self, entries: &[(Option<Expr>, Expr)]) -> String {
        let entry = |(key, value): &(Option<Expr>, Expr)| match key {
            Some(key) => format!("{}: {}", self.expression(key), self.expression(value)),
            None => format!("**{}", self.at_least(BIT_OR, value)),
        };
        format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
    }

    /// An index; a tuple with a slice in it cannot stand in parentheses.
    fn index(&self, index: &Expr) -> String {
        match &index.kind {
            ExprKind::Tuple(items) if items.iter().any(|item| matches!(item.kind, ExprKind::Slice { .. })) => {
                match items.as_slice() {
                    [only] => format!("{},", self.expression(only)),
                    _ => self.list(items),
                }
            }
            _ => self.expression(index),
        }
    }

    fn slice(&self, [lower, upper, step]: [&Option<Box<Expr>>; 3]) -> String {
        let bound = |bound: &Option<Box<Expr>>| bound.as_ref().map(|b| self.expression(b)).unwrap_or_default();
        let step = if step.is_some() { format!(":{}", bound(step)) } else { String::new() };
        format!("{}:{}{step}", bound(lower), bound(upper))
    }

    fn comprehension(&self, kind: &ComprehensionKind, element: &Expr, clauses: &[Clause]) -> (String, Binding) {
        let (open, close, value) = match kind {
            ComprehensionKind::List => ("[", "]", None),
            ComprehensionKind::Set => ("{", "}", None),
            ComprehensionKind::Dict(value) => ("{", "}", Some(value.as_ref())),
            ComprehensionKind::Generator => ("(", ")", None),
        };
        (format!("{open}{}{close}", self.comprehension_body(value, element, clauses)), ATOM)
    }

    fn comprehension_body(&self, value: Option<&Expr>, element: &Expr, clauses: &[Clause]) -> String {
        let mut text = self.expression(element);
        if let Some(value) = value {
            text.push_str(": ");
            text.push_str(&self.expression(value));
        }
        for clause in clauses {
            text.push_str(&format!(" for {} in {}", self.bare_target(&clause.target), self.at_least(OR, &clause.iter)));
            for condition in &clause.conditions {
                text.push_str(&format!(" if {}", self.at_least(OR, condition)));
            }
        }
        text
    }

    fn lambda(&self, params: &[(Slot, Option<Expr>)], body: &Expr) -> String {
        let param = |(slot, default): &(Slot, Option<Expr>)| {
            let default = default.as_ref().map(|default| format!("={}", self.expression(default)));
            format!("{}{}", self.local(*slot), default.unwrap_or_default())
        };
        let params: Vec<_> = params.iter().map(param).collect();
        let space = if params.is_empty() { "" } else { " " };
        format!("lambda{space}{}: {}", params.join(", "), self.expression(body))
    }

    /// A target where a tuple needs no parentheses: before `=`, and between `for` and `in`.
    pub(super) fn bare_target(&self, target: &Target) -> String {
        match target {
            Target::Tuple(targets, _) if targets.len() > 1 => {
                targets.iter().map(|inner| self.target(inner)).collect::<Vec<_>>().join(", ")
            }
            _ => self.target(target),
        }
    }

    pub(super) fn target(&self, target: &Target) -> String {
        match target {
            Target::Local(slot) => self.local(*slot).to_owned(),
            Target::Global(id) => self.names.global(*id).to_owned(),
            Target::Item { container, index, .. } => {
                format!("{}[{}]", self.at_least(PRIMARY, container), self.index(index))
            }
            Target::Tuple(targets, _) => {
                let inner: Vec<_> = targets.iter().map(|inner| self.target(inner)).collect();
                format!("({}{})", inner.join(", "), if inner.len() == 1 { "," } else { "" })
            }
            Target::Star(inner) => format!("*{}", self.target(inner)),
        }
    }

    /// An f-string, in the first kind of quotes under which all of it can be written.
    fn format_string(&self, parts: &[FormatPart]) -> String {
        let (allowed, blocked) = (self.allowed.get(), self.blocked.get());
        for quote in Quote::ALL.into_iter().filter(|quote| allowed.contains(*quote)) {
            self.blocked.set(false);
            self.allowed.set(allowed.within(quote));
            let text = self.format_parts(parts, quote, allowed);
            self.allowed.set(allowed);
            if !self.blocked.get() {
                self.blocked.set(blocked);
                return format!("f{}{text}{}", quote.text(), quote.text());
            }
        }
        // No spelling before Python 3.12: there the braces are free of the quotes around them.
        self.allowed.set(Allowed::ALL);
        let text = self.format_parts(parts, Quote::Double, Allowed::ALL);
        self.allowed.set(allowed);
        self.blocked.set(blocked || !allowed.escapes);
        format!("f\"{text}\"")
    }

    fn format_parts(&self, parts: &[FormatPart], quote: Quote, around: Allowed) -> String {
        parts.iter().map(|part| self.format_part(part, quote, around)).collect()
    }

    fn format_part(&self, part: &FormatPart, quote: Quote, around: Allowed) -> String {
        match part {
            FormatPart::Text(text) => {
                if !around.escapes && !around.fits_unescaped(text, quote) {
                    self.blocked.set(true);
                }
                literal::escaped(text, quote).replace('{', "{{").replace('}', "}}")
            }
            FormatPart::Value { value, conversion, spec } => {
                let text = self.at_least(IF_ELSE, value);
                let space = if text.starts_with('{') { " " } else { "" };
                let conversion = conversion.map(|c| format!("!{c}")).unwrap_or_default();
                let spec = match spec.as_slice() {
                    [] => String::new(),
                    spec => format!(":{}", self.format_parts(spec, quote, around)),
                };
                format!("{{{space}{text}{conversion}{spec}}}")
            }
        }
    }
}

fn unary_sign(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Minus => "-",
        UnaryOp::Plus => "+",
        UnaryOp::Invert => "~",
    }
}

/// The operator with its spaces.
fn compare_word(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => " == ",
        CompareOp::NotEq => " != ",
        CompareOp::Lt => " < ",
        CompareOp::LtE => " <= ",
        CompareOp::Gt => " > ",
        CompareOp::GtE => " >= ",
        CompareOp::Is => " is ",
        CompareOp::IsNot => " is not ",
        CompareOp::In => " in ",
        CompareOp::NotIn => " not in ",
    }
}

/// The operator and how tightly it binds.
pub(super) fn binary_sign(op: BinaryOp) -> (&'static str, Binding) {
    match op {
        BinaryOp::Add => ("+", SUM),
        BinaryOp::Sub => ("-", SUM),
        BinaryOp::Mult => ("*", PRODUCT),
        BinaryOp::Div => ("/", PRODUCT),
        BinaryOp::FloorDiv => ("//", PRODUCT),
        BinaryOp::Mod => ("%", PRODUCT),
        BinaryOp::Pow => ("**", POWER),
        BinaryOp::BitAnd => ("&", BIT_AND),
        BinaryOp::BitOr => ("|", BIT_OR),
        BinaryOp::BitXor => ("^", BIT_XOR),
        BinaryOp::LShift => ("<<", SHIFT),
        BinaryOp::RShift => (">>", SHIFT),
    }
}
