//! The names that a function binds: Python decides by the whole body whether a name is local.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::python::ast::{self, Expr, ExprContext, Pattern, Stmt};
use super::python::visitor::{self, Visitor};
use super::python::{Ranged, TextRange};

/// What a function body binds, its parameters aside.
#[derive(Default)]
pub(super) struct Bound<'a> {
    /// Names assigned, in order of first binding.
    pub assigned: Vec<SmolStr>,
    /// How often each is bound.
    pub times: BTreeMap<SmolStr, usize>,
    /// Names under `global`, with the place of the statement.
    pub globals: BTreeMap<SmolStr, TextRange>,
    /// Functions defined within, at whatever depth of blocks.
    pub functions: Vec<&'a ast::StmtFunctionDef>,
    /// Imports within.
    pub imports: Vec<&'a Stmt>,
    /// Every expression that a name is plainly assigned from; `None` when it is bound in another way.
    pub values: BTreeMap<SmolStr, Vec<Option<&'a Expr>>>,
    /// The variables that hold the subjects of `match` statements, by the offset of the statement.
    pub subjects: BTreeMap<u32, SmolStr>,
    /// The first construct that makes the function no ordinary one.
    pub refused: Option<(&'static str, TextRange)>,
    /// Offsets at which names are read or written, to find a `global` that comes too late.
    first_use: BTreeMap<SmolStr, TextRange>,
}

impl<'a> Bound<'a> {
    pub fn of(body: &'a [Stmt]) -> Self {
        let mut bound = Self::default();
        bound.visit_body(body);
        bound
    }

    /// A name used or assigned before its `global` statement, which Python refuses.
    pub fn late_global(&self) -> Option<(SmolStr, TextRange)> {
        self.globals.iter().find_map(|(name, place)| {
            let used = self.first_use.get(name)?;
            (used.start() < place.start()).then(|| (name.clone(), *place))
        })
    }

    fn bind(&mut self, name: &str, value: Option<&'a Expr>) {
        let name = SmolStr::new(name);
        *self.times.entry(name.clone()).or_default() += 1;
        self.values.entry(name.clone()).or_default().push(value);
        if !self.assigned.contains(&name) {
            self.assigned.push(name);
        }
    }

    fn refuse(&mut self, construct: &'static str, range: TextRange) {
        self.refused.get_or_insert((construct, range));
    }
}

impl<'a> Visitor<'a> for Bound<'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                self.bind(&function.name, None);
                self.functions.push(function);
                for parameter in function.parameters.iter_non_variadic_params() {
                    if let Some(default) = &parameter.default {
                        self.visit_expr(default);
                    }
                }
                return;
            }
            Stmt::ClassDef(class) => {
                self.refuse("class definitions", class.name.range());
                return;
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.globals.entry(SmolStr::new(name.as_str())).or_insert(name.range());
                }
            }
            Stmt::Nonlocal(nonlocal) => self.refuse("`nonlocal`", nonlocal.range()),
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.imports.push(stmt);
                return;
            }
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice() {
                    self.visit_expr(&assign.value);
                    self.bind(&name.id, Some(&assign.value));
                    self.used(&name.id, name.range());
                    return;
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Expr::Name(name) = assign.target.as_ref() {
                    self.used(&name.id, name.range());
                    match &assign.value {
                        Some(value) => {
                            self.visit_expr(value);
                            self.bind(&name.id, Some(value));
                        }
                        // Without a value it only makes the name local.
                        None => {
                            let name = SmolStr::new(name.id.as_str());
                            self.times.entry(name.clone()).or_default();
                            if !self.assigned.contains(&name) {
                                self.assigned.push(name);
                            }
                        }
                    }
                    return;
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = assign.target.as_ref() {
                    self.visit_expr(&assign.value);
                    // What it was bound to before decides what it is now, so the freshness of its other values holds.
                    *self.times.entry(SmolStr::new(name.id.as_str())).or_default() += 1;
                    self.used(&name.id, name.range());
                    let id = SmolStr::new(name.id.as_str());
                    if !self.assigned.contains(&id) {
                        self.assigned.push(id);
                    }
                    return;
                }
            }
            Stmt::Try(statement) => {
                for ast::ExceptHandler::ExceptHandler(handler) in &statement.handlers {
                    if let Some(name) = &handler.name {
                        self.bind(name, None);
                        self.used(name, name.range());
                    }
                }
            }
            Stmt::Match(statement) => {
                let name = format_smolstr!("_subject_{}", self.subjects.len() + 1);
                self.bind(&name, None);
                self.subjects.insert(statement.range().start().to_u32(), name);
            }
            Stmt::With(with) if with.is_async => self.refuse("`async`", with.range()),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                self.used(&name.id, name.range());
                if matches!(name.ctx, ExprContext::Store | ExprContext::Del) {
                    self.bind(&name.id, None);
                }
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => self.refuse("`yield`", expr.range()),
            Expr::Await(_) => self.refuse("`await`", expr.range()),
            Expr::Lambda(lambda) => {
                for parameter in lambda.parameters.iter().flat_map(|it| it.iter_non_variadic_params()) {
                    if let Some(default) = &parameter.default {
                        self.visit_expr(default);
                    }
                }
                // Names bound within (a walrus) would be the lambda's own.
                let mut inner = Bound::default();
                inner.visit_expr(&lambda.body);
                if !inner.assigned.is_empty() {
                    self.refuse("an assignment within a lambda", lambda.range());
                }
                if let Some((construct, range)) = inner.refused {
                    self.refuse(construct, range);
                }
                return;
            }
            Expr::ListComp(ast::ExprListComp { elt, generators, .. })
            | Expr::SetComp(ast::ExprSetComp { elt, generators, .. })
            | Expr::Generator(ast::ExprGenerator { elt, generators, .. }) => {
                self.visit_expr(elt);
                self.visit_clauses(generators);
                return;
            }
            Expr::DictComp(comprehension) => {
                if let Some(key) = &comprehension.key {
                    self.visit_expr(key);
                }
                self.visit_expr(&comprehension.value);
                self.visit_clauses(&comprehension.generators);
                return;
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(ast::PatternMatchAs { name: Some(name), .. })
            | Pattern::MatchStar(ast::PatternMatchStar { name: Some(name), .. })
            | Pattern::MatchMapping(ast::PatternMatchMapping { rest: Some(name), .. }) => {
                self.bind(name, None);
                self.used(name, name.range());
            }
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

impl<'a> Bound<'a> {
    /// The clauses of a comprehension: their targets belong to it, a walrus in them to the function.
    fn visit_clauses(&mut self, clauses: &'a [ast::Comprehension]) {
        for clause in clauses {
            self.visit_expr(&clause.iter);
            for condition in &clause.ifs {
                self.visit_expr(condition);
            }
        }
    }

    fn used(&mut self, name: &str, range: TextRange) {
        self.first_use.entry(SmolStr::new(name)).or_insert(range);
    }
}

/// The names that statements mention, whatever they do with them.
pub(super) fn mentioned(body: &[Stmt]) -> BTreeSet<SmolStr> {
    let mut mentioned = Mentioned(BTreeSet::new());
    mentioned.visit_body(body);
    mentioned.0
}

/// The names that an expression mentions.
pub(super) fn mentioned_in(expr: &Expr) -> BTreeSet<SmolStr> {
    let mut mentioned = Mentioned(BTreeSet::new());
    mentioned.visit_expr(expr);
    mentioned.0
}

struct Mentioned(BTreeSet<SmolStr>);

impl<'a> Visitor<'a> for Mentioned {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(SmolStr::new(name.id.as_str()));
        }
        visitor::walk_expr(self, expr);
    }
}
