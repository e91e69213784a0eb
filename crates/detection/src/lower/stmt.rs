//! Statements.

use logic::tree::{Expr, ExprKind, Handler, Stmt, Target};
use smol_str::SmolStr;

use super::body::{Body, Meaning};
use super::error::Lowered;
use super::expr::binary_op;
use super::known::{self, Known};
use super::modules::Binding;
use super::python::ast::{self, Expr as PyExpr, Stmt as PyStmt};
use super::python::{Ranged, TextRange};

impl<'a> Body<'_, 'a> {
    /// A block. An empty one (a doc string alone) is a `pass`.
    pub fn block(&mut self, body: &'a [PyStmt]) -> Lowered<Vec<Stmt>> {
        let mut statements = Vec::new();
        for stmt in body {
            self.stmt(stmt, &mut statements)?;
        }
        if statements.is_empty() && !body.is_empty() {
            statements.push(Stmt::Pass);
        }
        Ok(statements)
    }

    /// One statement; some come to nothing.
    pub fn stmt(&mut self, stmt: &'a PyStmt, out: &mut Vec<Stmt>) -> Lowered<()> {
        match stmt {
            PyStmt::Expr(it) => {
                if !it.value.is_literal_expr() {
                    out.push(Stmt::Expr(self.expr(&it.value)?));
                }
            }
            PyStmt::Return(it) => {
                if self.module_level {
                    return Err(self.refuse("`return` outside a function", "Python refuses it", stmt.range()));
                }
                let value = match &it.value {
                    Some(value) => self.expr(value)?,
                    None => self.none(stmt.range()),
                };
                out.push(Stmt::Return(value));
            }
            PyStmt::Assign(it) => {
                let value = self.expr(&it.value)?;
                let targets = it.targets.iter().map(|target| self.target(target)).collect::<Lowered<_>>()?;
                out.push(Stmt::Assign { targets, value });
            }
            PyStmt::AnnAssign(it) => {
                if let Some(value) = &it.value {
                    let value = self.expr(value)?;
                    out.push(Stmt::Assign { targets: vec![self.target(&it.target)?], value });
                }
            }
            PyStmt::AugAssign(it) => out.push(self.augment(it)?),
            PyStmt::If(it) => self.if_chain(it, out)?,
            PyStmt::For(it) => out.push(self.for_loop(it)?),
            PyStmt::While(it) => out.push(self.while_loop(it)?),
            PyStmt::Break(_) | PyStmt::Continue(_) if self.loops == 0 => {
                return Err(self.refuse("`break` or `continue` outside a loop", "Python refuses it", stmt.range()));
            }
            PyStmt::Break(_) => out.push(Stmt::Break),
            PyStmt::Continue(_) => out.push(Stmt::Continue),
            PyStmt::Pass(_) => out.push(Stmt::Pass),
            PyStmt::Try(it) => out.push(self.try_block(it)?),
            PyStmt::Raise(it) => out.push(self.raise(it)?),
            PyStmt::Assert(it) => {
                let test = self.expr(&it.test)?;
                let message = it.msg.as_ref().map(|message| self.expr(message)).transpose()?;
                out.push(Stmt::Assert { test, message, at: self.at(stmt.range()) });
            }
            PyStmt::Delete(it) => {
                let targets = it.targets.iter().map(|target| self.target(target)).collect::<Lowered<_>>()?;
                out.push(Stmt::Delete(targets));
            }
            PyStmt::Match(it) => self.match_chain(it, out)?,
            PyStmt::FunctionDef(it) => self.lift(it)?,
            PyStmt::Global(_) if !self.module_level => {}
            PyStmt::Global(_) => {}
            PyStmt::Import(_) | PyStmt::ImportFrom(_) if !self.module_level => {}
            _ => {
                let construct = construct_of(stmt);
                return Err(self.refuse(construct, "the tree has no such thing", head_of(stmt)));
            }
        }
        Ok(())
    }

    /// What an assignment binds.
    pub fn target(&mut self, target: &'a PyExpr) -> Lowered<Target> {
        match target {
            PyExpr::Name(name) => self.name_target(&name.id, target.range()),
            PyExpr::Subscript(it) => {
                self.note_change(&it.value);
                let container = self.expr(&it.value)?;
                let index = self.expr(&it.slice)?;
                Ok(Target::Item { container, index, at: self.at(target.range()) })
            }
            PyExpr::Tuple(ast::ExprTuple { elts, .. }) | PyExpr::List(ast::ExprList { elts, .. }) => {
                if elts.iter().filter(|element| element.is_starred_expr()).count() > 1 {
                    return Err(self.refuse("two starred targets", "Python refuses it", target.range()));
                }
                let targets = elts.iter().map(|element| self.target(element)).collect::<Lowered<_>>()?;
                Ok(Target::Tuple(targets, self.at(target.range())))
            }
            PyExpr::Starred(it) => Ok(Target::Star(Box::new(self.target(&it.value)?))),
            PyExpr::Attribute(_) => {
                Err(self.refuse("assignment to attributes", "no value of the tree has any to assign", target.range()))
            }
            _ => Err(self.refuse("an assignment target", "it is no name, index or tuple", target.range())),
        }
    }

    /// A name as a target: the innermost scope's, the function's, or the module's.
    pub fn name_target(&mut self, name: &str, range: TextRange) -> Lowered<Target> {
        if let Some(slot) = self.scopes.last().and_then(|scope| scope.get(name)) {
            return Ok(Target::Local(*slot));
        }
        if self.module_level || self.declared_global.contains(name) {
            return match self.module_meaning(self.module, name, range) {
                Ok(Meaning::Mock(index)) => Ok(Target::Global(self.unit.mocked(index))),
                _ => Ok(Target::Global(self.unit.global(self.module, name))),
            };
        }
        match self.slots.get(name) {
            Some(slot) => Ok(Target::Local(*slot)),
            None => Err(self.refuse(format!("assignment to `{name}`"), "it is not a variable of this function", range)),
        }
    }

    fn augment(&mut self, it: &'a ast::StmtAugAssign) -> Lowered<Stmt> {
        let Some(op) = binary_op(it.op) else {
            return Err(self.refuse("matrix multiplication", "no value of the tree has it", it.range()));
        };
        match it.target.as_ref() {
            // `x += 1` makes a new number; on a list, `+=` changes the list.
            PyExpr::Name(_) if !it.value.is_number_literal_expr() => self.note_change(&it.target),
            _ => {}
        }
        let target = self.target(&it.target)?;
        let value = self.expr(&it.value)?;
        Ok(Stmt::Augment { target, op, value, at: self.at(it.range()) })
    }

    fn if_chain(&mut self, it: &'a ast::StmtIf, out: &mut Vec<Stmt>) -> Lowered<()> {
        // What only a mocked module would do is no part of the detection.
        if self.unit.request.mocks.is_empty() && self.is_mock_test(&it.test)? {
            return match it.elif_else_clauses.as_slice() {
                [] => Ok(()),
                [clause] if clause.test.is_none() => {
                    for stmt in &clause.body {
                        self.stmt(stmt, out)?;
                    }
                    Ok(())
                }
                _ => Err(self.refuse("`elif` after a test for mocks", "the tree has no such thing", it.test.range())),
            };
        }
        let test = self.expr(&it.test)?;
        let then = self.block(&it.body)?;
        let otherwise = self.else_clauses(&it.elif_else_clauses)?;
        out.push(Stmt::If { test, then, otherwise });
        Ok(())
    }

    fn else_clauses(&mut self, clauses: &'a [ast::ElifElseClause]) -> Lowered<Vec<Stmt>> {
        let Some((clause, rest)) = clauses.split_first() else { return Ok(Vec::new()) };
        match &clause.test {
            None => self.block(&clause.body),
            Some(test) => {
                let test = self.expr(test)?;
                let then = self.block(&clause.body)?;
                let otherwise = self.else_clauses(rest)?;
                Ok(vec![Stmt::If { test, then, otherwise }])
            }
        }
    }

    /// `isinstance(X, MagicMock)`.
    fn is_mock_test(&self, test: &PyExpr) -> Lowered<bool> {
        let PyExpr::Call(call) = test else { return Ok(false) };
        let (PyExpr::Name(function), [PyExpr::Name(_), PyExpr::Name(class)]) =
            (call.func.as_ref(), call.arguments.args.as_ref())
        else {
            return Ok(false);
        };
        if function.id.as_str() != "isinstance" || !call.arguments.keywords.is_empty() {
            return Ok(false);
        }
        let builtin = Meaning::Builtin(Known::Callable(SmolStr::new_static("isinstance")));
        let magic = |meaning: &Meaning| matches!(meaning, Meaning::Bound(_, _, Binding::Magic));
        Ok(self.meaning(&function.id, function.range())? == builtin && magic(&self.meaning(&class.id, class.range())?))
    }

    fn for_loop(&mut self, it: &'a ast::StmtFor) -> Lowered<Stmt> {
        if it.is_async {
            return Err(self.refuse("`async`", "the tree has no coroutines", it.range()));
        }
        let iter = self.consumed(&it.iter)?;
        let target = self.target(&it.target)?;
        let body = self.loop_body(&it.body)?;
        let otherwise = self.block(&it.orelse)?;
        Ok(Stmt::For { target, iter, body, otherwise })
    }

    fn while_loop(&mut self, it: &'a ast::StmtWhile) -> Lowered<Stmt> {
        let test = self.expr(&it.test)?;
        let body = self.loop_body(&it.body)?;
        let otherwise = self.block(&it.orelse)?;
        Ok(Stmt::While { test, body, otherwise })
    }

    fn loop_body(&mut self, body: &'a [PyStmt]) -> Lowered<Vec<Stmt>> {
        self.loops += 1;
        let body = self.block(body);
        self.loops -= 1;
        body
    }

    fn try_block(&mut self, it: &'a ast::StmtTry) -> Lowered<Stmt> {
        if it.is_star {
            return Err(self.refuse("`except*`", "the tree has no exception groups", it.range()));
        }
        let body = self.block(&it.body)?;
        let mut handlers = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &it.handlers {
            handlers.push(self.handler(handler)?);
        }
        let otherwise = self.block(&it.orelse)?;
        let finally = self.block(&it.finalbody)?;
        Ok(Stmt::Try { body, handlers, otherwise, finally })
    }

    fn handler(&mut self, it: &'a ast::ExceptHandlerExceptHandler) -> Lowered<Handler> {
        let classes = match it.type_.as_deref() {
            None => Vec::new(),
            Some(class) => {
                let listed = match class {
                    PyExpr::Tuple(tuple) => tuple.elts.as_slice(),
                    class => std::slice::from_ref(class),
                };
                let mut classes = listed.iter().map(|class| self.class_name(class)).collect::<Lowered<Vec<_>>>()?;
                classes.retain(|class| !known::never_raised(class));
                if classes.is_empty() {
                    return Err(self.refuse("an `except` that catches nothing", "the tree has none", class.range()));
                }
                classes
            }
        };
        let name = match &it.name {
            None => None,
            Some(name) => match self.name_target(name, name.range())? {
                Target::Local(slot) => Some(slot),
                _ => {
                    let construct = format!("`as {name}` for a module-level name");
                    return Err(self.refuse(construct, "the tree binds exceptions to variables", name.range()));
                }
            },
        };
        Ok(Handler { classes, name, body: self.block(&it.body)? })
    }

    fn class_name(&mut self, class: &'a PyExpr) -> Lowered<SmolStr> {
        match self.expr(class)?.kind {
            ExprKind::Class(name) => Ok(name),
            _ => Err(self.refuse("a computed exception class", "the tree names classes", class.range())),
        }
    }

    fn raise(&mut self, it: &'a ast::StmtRaise) -> Lowered<Stmt> {
        // The cause changes only the traceback; computing a name or `None` changes nothing.
        if let Some(cause) = it.cause.as_deref().filter(|cause| !cause.is_name_expr() && !cause.is_none_literal_expr())
        {
            return Err(self.refuse("a computed cause of an exception", "the tree has none", cause.range()));
        }
        let exception = it.exc.as_ref().map(|exception| self.expr(exception)).transpose()?;
        Ok(Stmt::Raise { exception, at: self.at(it.range()) })
    }

    /// `None`.
    pub fn none(&self, range: TextRange) -> Expr {
        Expr { kind: ExprKind::Const(logic::tree::Const::None), at: self.at(range) }
    }
}

/// What a refused statement is called.
fn construct_of(stmt: &PyStmt) -> &'static str {
    match stmt {
        PyStmt::ClassDef(_) => "class definitions",
        PyStmt::With(_) => "`with`",
        PyStmt::Nonlocal(_) => "`nonlocal`",
        PyStmt::TypeAlias(_) => "`type`",
        PyStmt::Import(_) | PyStmt::ImportFrom(_) => "conditional imports",
        PyStmt::FunctionDef(_) => "a function defined conditionally",
        _ => "a statement",
    }
}

/// The first line of a statement, roughly: what a message should point at.
fn head_of(stmt: &PyStmt) -> TextRange {
    match stmt {
        PyStmt::ClassDef(it) => it.name.range(),
        PyStmt::With(it) => it.items.first().map_or(it.range(), Ranged::range),
        _ => stmt.range(),
    }
}
