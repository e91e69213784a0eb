//! Expressions.

use logic::tree::{Access, BinaryOp, CompareOp, Const, Expr, ExprKind, FormatPart, UnaryOp};
use smol_str::SmolStr;

use super::body::{Body, Meaning};
use super::error::Lowered;
use super::known::{self, Known};
use super::modules::Binding;
use super::place::Place;
use super::python::ast::{self, Expr as PyExpr};
use super::python::{Ranged, TextRange};

/// What a dotted name leads to.
pub(super) enum Dotted {
    /// A library path.
    Library(String),
    /// A helper module.
    Helper(usize),
}

impl<'a> Body<'_, 'a> {
    /// An expression whose value may be kept.
    pub fn expr(&mut self, expr: &'a PyExpr) -> Lowered<Expr> {
        self.expr_at(expr, Place::Value)
    }

    /// An expression that is gone through at once.
    pub fn consumed(&mut self, expr: &'a PyExpr) -> Lowered<Expr> {
        self.expr_at(expr, Place::Consumed)
    }

    fn boxed(&mut self, expr: &'a PyExpr) -> Lowered<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    pub fn exprs(&mut self, exprs: &'a [PyExpr]) -> Lowered<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub fn expr_at(&mut self, expr: &'a PyExpr, place: Place) -> Lowered<Expr> {
        let range = expr.range();
        let kind = match expr {
            PyExpr::Name(name) => return self.name(&name.id, range),
            PyExpr::NoneLiteral(_) => ExprKind::Const(Const::None),
            PyExpr::BooleanLiteral(it) => ExprKind::Const(Const::Bool(it.value)),
            PyExpr::StringLiteral(it) => ExprKind::Const(self.string(it)?),
            PyExpr::BytesLiteral(it) => ExprKind::Const(Const::Bytes(it.value.bytes().collect())),
            PyExpr::NumberLiteral(it) => ExprKind::Const(self.number(it, false)?),
            PyExpr::FString(it) => ExprKind::Format(self.f_string(it)?),
            PyExpr::BoolOp(it) => {
                let operands = self.exprs(&it.values)?;
                match it.op {
                    ast::BoolOp::And => ExprKind::And(operands),
                    ast::BoolOp::Or => ExprKind::Or(operands),
                }
            }
            PyExpr::UnaryOp(it) => self.unary(it)?,
            PyExpr::BinOp(it) => match binary_op(it.op) {
                Some(op) => ExprKind::Binary { op, left: self.boxed(&it.left)?, right: self.boxed(&it.right)? },
                None => return Err(self.refuse("matrix multiplication", "no value of the tree has it", range)),
            },
            PyExpr::Compare(it) => self.compare(it)?,
            PyExpr::If(it) => ExprKind::IfElse {
                test: self.boxed(&it.test)?,
                then: Box::new(self.expr_at(&it.body, place)?),
                otherwise: Box::new(self.expr_at(&it.orelse, place)?),
            },
            PyExpr::Call(it) => return self.call(it, place),
            PyExpr::Attribute(it) => return self.attribute(it),
            PyExpr::Subscript(it) => self.subscript(it)?,
            PyExpr::Slice(it) => {
                let mut bound = |bound: &'a Option<Box<PyExpr>>| bound.as_ref().map(|it| self.boxed(it)).transpose();
                ExprKind::Slice { lower: bound(&it.lower)?, upper: bound(&it.upper)?, step: bound(&it.step)? }
            }
            PyExpr::List(it) => ExprKind::List(self.exprs(&it.elts)?),
            PyExpr::Tuple(it) => ExprKind::Tuple(self.exprs(&it.elts)?),
            PyExpr::Set(it) => ExprKind::Set(self.exprs(&it.elts)?),
            PyExpr::Dict(it) => {
                let mut entries = Vec::with_capacity(it.items.len());
                for item in &it.items {
                    let key = item.key.as_ref().map(|key| self.expr(key)).transpose()?;
                    entries.push((key, self.expr(&item.value)?));
                }
                ExprKind::Dict(entries)
            }
            PyExpr::Starred(it) => ExprKind::Star(Box::new(self.consumed(&it.value)?)),
            PyExpr::ListComp(_) | PyExpr::SetComp(_) | PyExpr::DictComp(_) => self.comprehension(expr)?,
            PyExpr::Generator(_) if place == Place::Consumed => self.comprehension(expr)?,
            PyExpr::Generator(_) => {
                let why = "it reads the function's variables when it is used, not when it is made";
                return Err(self.refuse("a generator that is kept", why, range));
            }
            PyExpr::Lambda(it) => return self.lambda(it, place),
            PyExpr::Named(it) => self.walrus(it)?,
            _ => return Err(self.refuse(construct_of(expr), "the tree has no such thing", range)),
        };
        Ok(Expr { kind, at: self.at(range) })
    }

    pub fn string(&self, it: &ast::ExprStringLiteral) -> Lowered<Const> {
        // Text of the tree is UTF-8: the parser replaces a lone surrogate, which Python keeps.
        let text = it.value.to_str();
        let source = self.loaded.source.get(it.range().start().to_usize()..it.range().end().to_usize());
        if text.contains('\u{fffd}')
            && source
                .is_some_and(|source| !source.contains('\u{fffd}') && !source.to_ascii_lowercase().contains("\\ufffd"))
        {
            return Err(self.refuse("lone surrogates", "text of the tree is valid Unicode", it.range()));
        }
        Ok(Const::Str(SmolStr::new(text)))
    }

    fn number(&self, it: &ast::ExprNumberLiteral, negative: bool) -> Lowered<Const> {
        match &it.value {
            ast::Number::Float(value) => Ok(Const::Float(if negative { -value } else { *value })),
            ast::Number::Int(value) => match parse_int(&value.to_string(), negative) {
                Some(value) => Ok(Const::Int(value)),
                None => Err(self.refuse("integers beyond 128 bits", "the tree holds 128", it.range())),
            },
            ast::Number::Complex { .. } => Err(self.refuse("complex numbers", "the tree has none", it.range())),
        }
    }

    fn unary(&mut self, it: &'a ast::ExprUnaryOp) -> Lowered<ExprKind> {
        let op = match it.op {
            ast::UnaryOp::Not => return Ok(ExprKind::Not(self.boxed(&it.operand)?)),
            ast::UnaryOp::USub => UnaryOp::Minus,
            ast::UnaryOp::UAdd => UnaryOp::Plus,
            ast::UnaryOp::Invert => UnaryOp::Invert,
        };
        // A negative literal is a constant, as it is for CPython's compiler.
        if let (UnaryOp::Minus, PyExpr::NumberLiteral(number)) = (op, it.operand.as_ref()) {
            return Ok(ExprKind::Const(self.number(number, true)?));
        }
        Ok(ExprKind::Unary { op, operand: self.boxed(&it.operand)? })
    }

    fn compare(&mut self, it: &'a ast::ExprCompare) -> Lowered<ExprKind> {
        if let Some(field) = self.field_test(it)? {
            return Ok(field);
        }
        let first = self.boxed(&it.left)?;
        let mut rest = Vec::with_capacity(it.ops.len());
        for (op, operand) in it.ops.iter().zip(&it.comparators) {
            let op = compare_op(*op);
            let place = if matches!(op, CompareOp::In | CompareOp::NotIn) { Place::Consumed } else { Place::Value };
            rest.push((op, self.expr_at(operand, place)?));
        }
        Ok(ExprKind::Compare { first, rest })
    }

    /// `"X" in resource`, `"X" not in resource`.
    fn field_test(&mut self, it: &'a ast::ExprCompare) -> Lowered<Option<ExprKind>> {
        let ([op], [container]) = (it.ops.as_ref(), it.comparators.as_ref()) else { return Ok(None) };
        let PyExpr::StringLiteral(name) = it.left.as_ref() else { return Ok(None) };
        if !matches!(op, ast::CmpOp::In | ast::CmpOp::NotIn) || !self.is_resource(container)? {
            return Ok(None);
        }
        let field = ExprKind::Field { name: SmolStr::new(name.value.to_str()), access: Access::Contains };
        if *op == ast::CmpOp::In {
            return Ok(Some(field));
        }
        Ok(Some(ExprKind::Not(Box::new(Expr { kind: field, at: self.at(it.range()) }))))
    }

    /// Whether an expression is the whole input, and the input is a resource: an event's fields are not plain keys.
    pub fn is_resource(&self, expr: &PyExpr) -> Lowered<bool> {
        Ok(!self.unit.judges_events() && self.is_input(expr)?)
    }

    /// Whether an expression is the whole input.
    pub fn is_input(&self, expr: &PyExpr) -> Lowered<bool> {
        match expr {
            PyExpr::Name(name) if self.input.is_some() || self.outer.is_some() => {
                Ok(self.meaning(&name.id, name.range())? == Meaning::Input)
            }
            _ => Ok(false),
        }
    }

    fn subscript(&mut self, it: &'a ast::ExprSubscript) -> Lowered<ExprKind> {
        if let PyExpr::StringLiteral(name) = it.slice.as_ref()
            && self.is_resource(&it.value)?
        {
            return Ok(ExprKind::Field { name: SmolStr::new(name.value.to_str()), access: Access::Subscript });
        }
        Ok(ExprKind::Subscript { value: self.boxed(&it.value)?, index: self.boxed(&it.slice)? })
    }

    fn walrus(&mut self, it: &'a ast::ExprNamed) -> Lowered<ExprKind> {
        let PyExpr::Name(name) = it.target.as_ref() else {
            return Err(self.refuse("an assignment target", "it is no name", it.target.range()));
        };
        // It binds the function's variable, from within comprehensions too.
        match self.slots.get(name.id.as_str()) {
            Some(slot) if !self.module_level => {
                let slot = *slot;
                Ok(ExprKind::Walrus { slot, value: self.boxed(&it.value)? })
            }
            _ => Err(self.refuse("`:=` to a module-level name", "the tree binds variables only", it.range())),
        }
    }

    fn f_string(&mut self, it: &'a ast::ExprFString) -> Lowered<Vec<FormatPart>> {
        let mut parts = Vec::new();
        for part in it.value.as_slice() {
            match part {
                ast::FStringPart::Literal(text) => push_text(&mut parts, &text.value),
                ast::FStringPart::FString(string) => self.format_parts(&string.elements, &mut parts)?,
            }
        }
        Ok(parts)
    }

    fn format_parts(
        &mut self,
        elements: &'a [ast::InterpolatedStringElement],
        parts: &mut Vec<FormatPart>,
    ) -> Lowered<()> {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(text) => push_text(parts, &text.value),
                ast::InterpolatedStringElement::Interpolation(it) => {
                    let mut conversion = it.conversion.to_char();
                    if let Some(debug) = &it.debug_text {
                        push_text(parts, debug.as_str());
                        if conversion.is_none() && it.format_spec.is_none() {
                            conversion = Some('r');
                        }
                    }
                    let value = self.expr(&it.expression)?;
                    let mut spec = Vec::new();
                    if let Some(format) = &it.format_spec {
                        self.format_parts(&format.elements, &mut spec)?;
                    }
                    parts.push(FormatPart::Value { value, conversion, spec });
                }
            }
        }
        Ok(())
    }

    /// What a dotted name leads to, when it begins with an imported module or a class.
    pub fn dotted(&self, expr: &PyExpr) -> Lowered<Option<Dotted>> {
        match expr {
            PyExpr::Name(name) => Ok(match self.meaning(&name.id, name.range())? {
                Meaning::Bound(_, _, Binding::Library(path)) => Some(Dotted::Library(path.to_string())),
                Meaning::Bound(_, _, Binding::Module(module)) => Some(Dotted::Helper(module)),
                Meaning::Builtin(Known::Class(name)) => Some(Dotted::Library(name.to_string())),
                _ => None,
            }),
            PyExpr::Attribute(it) => match self.dotted(&it.value)? {
                Some(Dotted::Library(path)) => {
                    let path = format!("{path}.{}", it.attr.as_str());
                    let leads_on = matches!(known::library(&path), Some(Known::Module | Known::Class(_)));
                    Ok(leads_on.then_some(Dotted::Library(path)))
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    pub fn attribute(&mut self, it: &'a ast::ExprAttribute) -> Lowered<Expr> {
        let name = it.attr.as_str();
        match self.dotted(&it.value)? {
            Some(Dotted::Library(path)) => self.library_part(&path, name, it.range()),
            Some(Dotted::Helper(module)) => {
                let meaning = self.helper_meaning(module, name, it.range())?;
                self.named(&meaning, it.range())
            }
            None if known::attribute(name) => {
                let kind = ExprKind::Attribute { value: self.boxed(&it.value)?, name: SmolStr::new(name) };
                Ok(Expr { kind, at: self.at(it.range()) })
            }
            None => {
                // What is before the dot may be what is really in the way.
                self.expr(&it.value)?;
                let construct = format!("the attribute `{name}`");
                Err(self.refuse(construct, "no supported value has it outside a call", it.attr.range()))
            }
        }
    }

    fn library_part(&mut self, path: &str, name: &str, range: TextRange) -> Lowered<Expr> {
        let full = format!("{path}.{name}");
        if known::mutates(name) {
            self.unit.change_input();
        }
        if let Some(known) = known::library(&full) {
            return self.known(known, range);
        }
        // `str.lower`: a method of a class, called with its receiver.
        let class = known::builtin(path).or_else(|| known::library(path));
        if let Some(Known::Class(class)) = class
            && known::method(name)
        {
            let value = Box::new(Expr { kind: ExprKind::Class(class), at: self.at(range) });
            let kind = ExprKind::Attribute { value, name: SmolStr::new(name) };
            return Ok(Expr { kind, at: self.at(range) });
        }
        Err(self.refuse(format!("`{full}`"), "it is not among the supported library functions", range))
    }

    /// Notes that a container is changed, unless it was made in this function.
    pub fn note_change(&mut self, container: &PyExpr) {
        if self.module_level || self.unit.judges_events() {
            return;
        }
        let own = match container {
            PyExpr::Name(name) => {
                let name = name.id.as_str();
                let in_scope = self.scopes.iter().any(|scope| scope.contains_key(name));
                let local = self.slots.contains_key(name);
                // A module-level value that no function rebinds was made before there was an input.
                let global = !local
                    && !self.loaded.rebound.contains(name)
                    && matches!(self.loaded.bindings.get(name), Some(Binding::Value(_)));
                !in_scope && (global || local && self.fresh.contains(name))
            }
            _ => false,
        };
        if !own {
            self.unit.change_input();
        }
    }

    /// Whether an expression makes something that nobody else holds.
    pub fn is_fresh(&self, expr: &PyExpr) -> bool {
        match expr {
            PyExpr::List(_)
            | PyExpr::Dict(_)
            | PyExpr::Set(_)
            | PyExpr::ListComp(_)
            | PyExpr::SetComp(_)
            | PyExpr::DictComp(_)
            | PyExpr::FString(_)
            | PyExpr::Compare(_)
            | PyExpr::BinOp(_) => true,
            PyExpr::Call(call) => self.callable_name(&call.func).is_some_and(|name| known::fresh(&name)),
            PyExpr::If(it) => self.is_fresh(&it.body) && self.is_fresh(&it.orelse),
            _ => expr.is_literal_expr(),
        }
    }

    /// The canonical name of the builtin or library function that an expression names.
    pub fn callable_name(&self, callee: &PyExpr) -> Option<SmolStr> {
        match callee {
            PyExpr::Name(name) => match self.meaning(&name.id, name.range()).ok()? {
                Meaning::Builtin(Known::Callable(name) | Known::Class(name)) => Some(name),
                Meaning::Bound(_, _, Binding::Library(path)) => canonical(&path),
                _ => None,
            },
            PyExpr::Attribute(it) => match self.dotted(&it.value).ok()?? {
                Dotted::Library(path) => canonical(&format!("{path}.{}", it.attr.as_str())),
                Dotted::Helper(_) => None,
            },
            _ => None,
        }
    }
}

fn canonical(path: &str) -> Option<SmolStr> {
    match known::library(path) {
        Some(Known::Callable(name) | Known::Class(name)) => Some(name),
        _ => None,
    }
}

fn push_text(parts: &mut Vec<FormatPart>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(FormatPart::Text(last)) = parts.last_mut() {
        *last = SmolStr::new(format!("{last}{text}"));
    } else {
        parts.push(FormatPart::Text(SmolStr::new(text)));
    }
}

/// An integer as the parser keeps it: decimal digits, or the literal itself when it is long.
fn parse_int(text: &str, negative: bool) -> Option<i128> {
    let digits: String = text.chars().filter(|it| *it != '_').collect();
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ => (10, lower.as_str()),
    };
    let sign = if negative { "-" } else { "" };
    i128::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

pub(super) fn binary_op(op: ast::Operator) -> Option<BinaryOp> {
    Some(match op {
        ast::Operator::Add => BinaryOp::Add,
        ast::Operator::Sub => BinaryOp::Sub,
        ast::Operator::Mult => BinaryOp::Mult,
        ast::Operator::Div => BinaryOp::Div,
        ast::Operator::FloorDiv => BinaryOp::FloorDiv,
        ast::Operator::Mod => BinaryOp::Mod,
        ast::Operator::Pow => BinaryOp::Pow,
        ast::Operator::BitAnd => BinaryOp::BitAnd,
        ast::Operator::BitOr => BinaryOp::BitOr,
        ast::Operator::BitXor => BinaryOp::BitXor,
        ast::Operator::LShift => BinaryOp::LShift,
        ast::Operator::RShift => BinaryOp::RShift,
        ast::Operator::MatMult => return None,
    })
}

fn compare_op(op: ast::CmpOp) -> CompareOp {
    match op {
        ast::CmpOp::Eq => CompareOp::Eq,
        ast::CmpOp::NotEq => CompareOp::NotEq,
        ast::CmpOp::Lt => CompareOp::Lt,
        ast::CmpOp::LtE => CompareOp::LtE,
        ast::CmpOp::Gt => CompareOp::Gt,
        ast::CmpOp::GtE => CompareOp::GtE,
        ast::CmpOp::Is => CompareOp::Is,
        ast::CmpOp::IsNot => CompareOp::IsNot,
        ast::CmpOp::In => CompareOp::In,
        ast::CmpOp::NotIn => CompareOp::NotIn,
    }
}

/// What a refused expression is called.
fn construct_of(expr: &PyExpr) -> &'static str {
    match expr {
        PyExpr::Await(_) => "`await`",
        PyExpr::Yield(_) | PyExpr::YieldFrom(_) => "`yield`",
        PyExpr::TString(_) => "t-strings",
        PyExpr::EllipsisLiteral(_) => "`...` as a value",
        _ => "an expression",
    }
}
