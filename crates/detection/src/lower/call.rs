//! Calls: of functions, of methods, and reads of the input's fields.

use logic::library::Failure;
use logic::library::pattern::Pattern;
use logic::tree::{Access, Args, CompareOp, Const, Expr, ExprKind};
use smol_str::SmolStr;

use super::ENTRIES;
use super::body::{Body, Meaning};
use super::error::Lowered;
use super::known;
use super::modules::Binding;
use super::place::{self, Argument, Place};
use super::python::ast::{self, Expr as PyExpr};
use super::python::{Ranged, TextRange};

impl<'a> Body<'_, 'a> {
    /// A call.
    pub fn call(&mut self, it: &'a ast::ExprCall, place: Place) -> Lowered<Expr> {
        let range = it.range();
        if let Some(test) = self.mock_test(it)? {
            return Ok(test);
        }
        if let PyExpr::Attribute(function) = it.func.as_ref()
            && self.dotted(&function.value)?.is_none()
        {
            return self.method(it, function);
        }
        if let Some(call) = self.entry_call(it)? {
            return Ok(call);
        }
        let name = self.callable_name(&it.func);
        let callee = Box::new(self.expr(&it.func)?);
        if let Some(function) = name.as_deref().and_then(|name| name.strip_prefix("re.")) {
            self.check_pattern(function, &it.arguments)?;
        }
        let args = self.args(&it.arguments, |argument| match name.as_deref() {
            Some(name) => place::of_function(name, argument, place),
            None => Place::Value,
        })?;
        Ok(Expr { kind: ExprKind::Call { callee, args }, at: self.at(range) })
    }

    fn args(&mut self, arguments: &'a ast::Arguments, place: impl Fn(Argument<'_>) -> Place) -> Lowered<Args> {
        let mut args = Args::default();
        let count = arguments.args.len();
        for (index, argument) in arguments.args.iter().enumerate() {
            let place = place(Argument::Positional(index, count));
            args.positional.push(self.expr_at(argument, place)?);
        }
        let mut last = TextRange::default();
        for keyword in &arguments.keywords {
            let name = keyword.arg.as_ref().map(|name| SmolStr::new(name.as_str()));
            if let Some(name) = &name
                && args.keyword.iter().any(|(other, _)| other.as_ref() == Some(name))
            {
                return Err(self.refuse(format!("`{name}` given twice"), "Python refuses it", keyword.range()));
            }
            let place = place(Argument::Named(name.as_deref()));
            args.keyword.push((name, self.expr_at(&keyword.value, place)?));
            last = keyword.range();
        }
        // Python computes arguments in the order in which they are written; the tree has all positional ones first.
        if let Some(argument) = arguments.args.iter().find(|argument| argument.range().start() > first_of(arguments)) {
            let construct = "a positional argument after a named one";
            return Err(self.refuse(construct, "the order of computation differs", argument.range().cover(last)));
        }
        Ok(args)
    }

    fn method(&mut self, it: &'a ast::ExprCall, function: &'a ast::ExprAttribute) -> Lowered<Expr> {
        let name = function.attr.as_str();
        let range = it.range();
        let input = self.is_input(&function.value)?;
        if input
            && name == "get"
            && !self.unit.judges_events()
            && let Some(field) = self.field_get(it)?
        {
            return Ok(Expr { kind: field, at: self.at(range) });
        }
        let receiver = Box::new(self.expr(&function.value)?);
        if !known::method(name) {
            return Err(self.refuse(
                format!("the method `{name}`"),
                "no supported value has it",
                function.attr.range(),
            ));
        }
        if known::mutates(name) {
            self.note_change(&function.value);
        }
        let args = self.args(&it.arguments, |argument| place::of_method(name, argument))?;
        let name = SmolStr::new(name);
        Ok(Expr { kind: ExprKind::Method { receiver, name, args }, at: self.at(range) })
    }

    /// `resource.get("X")`, `resource.get("X", default)`.
    fn field_get(&mut self, it: &'a ast::ExprCall) -> Lowered<Option<ExprKind>> {
        if !it.arguments.keywords.is_empty() {
            return Ok(None);
        }
        let (name, default) = match it.arguments.args.as_ref() {
            [PyExpr::StringLiteral(name)] => (name, None),
            [PyExpr::StringLiteral(name), default] if !default.is_starred_expr() => {
                (name, Some(Box::new(self.expr(default)?)))
            }
            _ => return Ok(None),
        };
        Ok(Some(ExprKind::Field { name: SmolStr::new(name.value.to_str()), access: Access::Get(default) }))
    }

    /// An entry function called with the very input: it stays one that reads the input in place.
    fn entry_call(&mut self, it: &'a ast::ExprCall) -> Lowered<Option<Expr>> {
        let PyExpr::Name(name) = it.func.as_ref() else { return Ok(None) };
        if !ENTRIES.contains(&name.id.as_str()) || !it.arguments.keywords.is_empty() {
            return Ok(None);
        }
        let [argument] = it.arguments.args.as_ref() else { return Ok(None) };
        let Meaning::Bound(0, _, Binding::Function(position)) = self.meaning(&name.id, name.range())? else {
            return Ok(None);
        };
        if !self.is_input(argument)? {
            return Ok(None);
        }
        let id = self.unit.function(0, position);
        let callee = Box::new(Expr { kind: ExprKind::Function(id), at: self.at(name.range()) });
        let args = Args { positional: vec![self.expr(argument)?], keyword: Vec::new() };
        Ok(Some(Expr { kind: ExprKind::Call { callee, args }, at: self.at(it.range()) }))
    }

    /// `isinstance(X, MagicMock)`: false but in a unit test that replaces names.
    fn mock_test(&mut self, it: &'a ast::ExprCall) -> Lowered<Option<Expr>> {
        let [value, PyExpr::Name(class)] = it.arguments.args.as_ref() else { return Ok(None) };
        if self.callable_name(&it.func).as_deref() != Some("isinstance")
            || !it.arguments.keywords.is_empty()
            || !matches!(self.meaning(&class.id, class.range())?, Meaning::Bound(_, _, Binding::Magic))
        {
            return Ok(None);
        }
        let at = self.at(it.range());
        let value = self.expr(value)?;
        let mut tests = Vec::new();
        for index in 0..self.unit.request.mocks.len() {
            let mock = Expr { kind: ExprKind::Function(self.unit.mock_function(index)), at };
            let kind = ExprKind::Compare { first: Box::new(value.clone()), rest: vec![(CompareOp::Is, mock)] };
            tests.push(Expr { kind, at });
        }
        let kind = match (tests.pop(), value.kind) {
            (None, ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Function(_)) => {
                ExprKind::Const(Const::Bool(false))
            }
            (None, _) => {
                return Err(self.refuse("a test for mocks", "what it tests would have to be computed", it.range()));
            }
            (Some(last), _) if tests.is_empty() => return Ok(Some(last)),
            (Some(last), _) => {
                tests.push(last);
                ExprKind::Or(tests)
            }
        };
        Ok(Some(Expr { kind, at }))
    }

    /// A constant pattern must be one that the evaluator's regular expressions can hold.
    fn check_pattern(&self, function: &str, arguments: &ast::Arguments) -> Lowered<()> {
        if function == "escape" {
            return Ok(());
        }
        let Some(PyExpr::StringLiteral(pattern)) = arguments.args.first() else { return Ok(()) };
        match Pattern::new(pattern.value.to_str(), 0) {
            Err(Failure::Unsupported(what)) => {
                let why = "the evaluator's regular expressions do not have it";
                Err(self.refuse(what, why, pattern.range()))
            }
            // A pattern that is none raises when it is used, and flags may make one of it.
            _ => Ok(()),
        }
    }
}

/// The start of the first named argument that is not `**`.
fn first_of(arguments: &ast::Arguments) -> super::python::TextSize {
    let first = arguments.keywords.iter().map(|keyword| keyword.range().start()).min();
    first.unwrap_or_else(|| arguments.range().end())
}
