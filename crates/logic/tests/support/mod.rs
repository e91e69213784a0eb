//! Python source into trees, as far as these tests need it; the real front end is the crate `detection`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

use std::collections::HashMap;

use logic::tree::*;
use logic::{Context, Fact, Facts, Glance, Outcome, Program, Session, Value, known};
use ruff_python_ast::{self as py, Stmt as PyStmt};
use smol_str::SmolStr;

/// Not every test program uses all of this.
const _: fn(&str) -> Program = program;
const _: fn(&str, &str, &[&str]) -> Outcome = judge;
const _: fn(Resource, &[&str]) -> Resource = Resource::unknown;

/// The program of a module's source.
pub fn program(source: &str) -> Program {
    Program::new(module(source))
}

/// The tree of a module's source.
pub fn module(source: &str) -> Module {
    let parsed = ruff_python_parser::parse_module(source).expect("valid Python").into_syntax();
    let mut lowering = Lowering::default();
    let defs: Vec<_> = parsed.body.iter().filter_map(|stmt| stmt.as_function_def_stmt()).collect();
    for def in &defs {
        let id = lowering.functions.len();
        lowering.functions.insert(def.name.to_string(), FunctionId(id as u32));
    }
    let mut module = Module { files: vec!["test.py".into()], ..Module::default() };
    for stmt in &parsed.body {
        match stmt {
            PyStmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    lowering.imports.insert(name, alias.name.to_string());
                }
            }
            PyStmt::ImportFrom(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    let from = import.module.as_ref().expect("a module");
                    lowering.imports.insert(name, format!("{from}.{}", alias.name));
                }
            }
            PyStmt::Assign(assign) => {
                let value = lowering.expr(&assign.value);
                let name = assign.targets[0].as_name_expr().expect("a name").id.to_string();
                module.globals.push(Global { name: SmolStr::new(&name), value: Some(value) });
                lowering.globals.insert(name, GlobalId(module.globals.len() as u32 - 1));
            }
            _ => {}
        }
    }
    for def in defs {
        module.functions.push(lowering.function(def));
    }
    module
}

/// A resource given as JSON, with fields that are unknown.
#[derive(Clone)]
pub struct Resource {
    pub names: Vec<SmolStr>,
    pub value: Value,
    /// By index into the names.
    pub fields: Vec<Option<Value>>,
    pub unknown: Vec<SmolStr>,
}

impl Resource {
    pub fn new(program: &Program, json: &str) -> Self {
        let value = Value::from_json_text(json).expect("JSON");
        let names = program.fields().to_vec();
        let field = |name: &SmolStr| if let Value::Dict(dict) = &value { dict.get(name) } else { None };
        let fields = names.iter().map(field).collect();
        Self { names, value, fields, unknown: Vec::new() }
    }

    pub fn unknown(mut self, names: &[&str]) -> Self {
        self.unknown = names.iter().map(SmolStr::new).collect();
        self
    }
}

impl Facts for Resource {
    fn field(&self, index: usize) -> Fact {
        let name = &self.names[index];
        if self.unknown.contains(name) {
            return Fact::Unknown;
        }
        self.fields[index].clone().map_or(Fact::Absent, Fact::Value)
    }

    fn glance(&self, index: usize) -> Glance<'_> {
        match &self.fields[index] {
            _ if self.unknown.contains(&self.names[index]) => Glance::Other,
            value => value.as_ref().map_or(Glance::Absent, Glance::of),
        }
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        let Value::Dict(dict) = &self.value else { return Vec::new() };
        let entries = dict.entries();
        let known = entries.iter().filter_map(|(key, value)| {
            let name = SmolStr::new(key.value().as_str()?);
            (!self.unknown.contains(&name)).then(|| (name, Fact::Value(value.clone())))
        });
        known.chain(self.unknown.iter().map(|name| (name.clone(), Fact::Unknown))).collect()
    }
}

/// 2024-05-06T07:08:09.123456Z
pub fn context() -> Context {
    Context::new("2024-05-06T07:08:09.123456Z".parse().expect("a time"))
}

/// What `policy(resource)` of the source comes to.
pub fn judge(source: &str, json: &str, unknown: &[&str]) -> Outcome {
    let program = program(source);
    let resource = Resource::new(&program, json).unknown(unknown);
    let policy = program.function("policy").expect("a policy");
    program.call(&mut Session::new(), policy, &resource, &context())
}

/// The outcome as text: the `repr` of a value, or what stopped it.
pub fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(value) => value.repr().unwrap_or_else(|| "?".into()),
        Outcome::Raised(exception) => format!("{}: {}", exception.class, exception.message),
        Outcome::Differs { fields, .. } => format!("differs {fields:?}"),
        Outcome::Unknown { fields, .. } => format!("unknown {fields:?}"),
        Outcome::Unsupported { what, .. } => format!("unsupported {what}"),
        Outcome::Exceeded { limit } => format!("exceeded {limit}"),
    }
}

#[derive(Default)]
struct Lowering {
    functions: HashMap<String, FunctionId>,
    globals: HashMap<String, GlobalId>,
    imports: HashMap<String, String>,
    locals: Vec<SmolStr>,
    /// Names in reach, innermost last.
    scope: Vec<(String, Slot)>,
    own_globals: Vec<String>,
    /// The parameter that is the input, if it is never rebound.
    input: Option<String>,
}

fn at(range: ruff_text_size::TextRange) -> At {
    At { file: 0, start: range.start().into(), end: range.end().into() }
}

impl Lowering {
    fn function(&mut self, def: &py::StmtFunctionDef) -> Function {
        self.locals.clear();
        self.scope.clear();
        self.own_globals.clear();
        self.input = None;
        let mut params = Vec::new();
        let mut add = |this: &mut Self, name: &str, default: Option<&py::Expr>, kind| {
            this.declare(name);
            let default = default.map(|default| this.expr(default));
            params.push(Param { name: SmolStr::new(name), default, kind });
        };
        let parameters = &def.parameters;
        for param in parameters.posonlyargs.iter().chain(&parameters.args) {
            add(self, param.name().as_str(), param.default(), ParamKind::Normal);
        }
        if let Some(rest) = &parameters.vararg {
            add(self, rest.name.as_str(), None, ParamKind::Rest);
        }
        for param in &parameters.kwonlyargs {
            add(self, param.name().as_str(), param.default(), ParamKind::KeywordOnly);
        }
        if let Some(rest) = &parameters.kwarg {
            add(self, rest.name.as_str(), None, ParamKind::KeywordRest);
        }
        if matches!(def.name.as_str(), "policy" | "title" | "reason") && params.len() == 1 {
            self.input = Some(params[0].name.to_string());
        }
        self.declare_all(&def.body);
        let body = self.stmts(&def.body);
        let name = SmolStr::new(def.name.as_str());
        Function { name, params, locals: std::mem::take(&mut self.locals), body, at: at(def.range) }
    }

    fn declare(&mut self, name: &str) -> Slot {
        let slot = Slot(self.locals.len() as u32);
        self.locals.push(SmolStr::new(name));
        self.scope.push((name.to_owned(), slot));
        slot
    }

    fn declare_once(&mut self, name: &str) {
        if !self.own_globals.iter().any(|own| own == name) && !self.scope.iter().any(|(known, _)| known == name) {
            self.declare(name);
        }
    }

    fn declare_target(&mut self, target: &py::Expr) {
        match target {
            py::Expr::Name(name) => {
                if self.input.as_deref() == Some(name.id.as_str()) {
                    self.input = None;
                }
                self.declare_once(&name.id);
            }
            py::Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.declare_target(target)),
            py::Expr::List(list) => list.elts.iter().for_each(|target| self.declare_target(target)),
            py::Expr::Starred(star) => self.declare_target(&star.value),
            py::Expr::Subscript(item) => self.changed(&item.value),
            _ => {}
        }
    }

    fn changed(&mut self, container: &py::Expr) {
        if let py::Expr::Name(name) = container
            && self.input.as_deref() == Some(name.id.as_str())
        {
            self.input = None;
        }
    }

    fn declare_all(&mut self, stmts: &[PyStmt]) {
        for stmt in stmts {
            match stmt {
                PyStmt::Global(global) => self.own_globals.extend(global.names.iter().map(ToString::to_string)),
                PyStmt::Assign(assign) => {
                    assign.targets.iter().for_each(|target| self.declare_target(target));
                    self.declare_walrus(&assign.value);
                }
                PyStmt::AugAssign(assign) => self.declare_target(&assign.target),
                PyStmt::AnnAssign(assign) => self.declare_target(&assign.target),
                PyStmt::For(each) => {
                    self.declare_target(&each.target);
                    self.declare_all(&each.body);
                    self.declare_all(&each.orelse);
                }
                PyStmt::While(each) => {
                    self.declare_walrus(&each.test);
                    self.declare_all(&each.body);
                    self.declare_all(&each.orelse);
                }
                PyStmt::If(branch) => {
                    self.declare_walrus(&branch.test);
                    self.declare_all(&branch.body);
                    branch.elif_else_clauses.iter().for_each(|clause| self.declare_all(&clause.body));
                }
                PyStmt::Try(block) => {
                    for stmts in [&block.body, &block.orelse, &block.finalbody] {
                        self.declare_all(stmts);
                    }
                    for handler in &block.handlers {
                        let handler = handler.as_except_handler().expect("a handler");
                        if let Some(name) = &handler.name {
                            self.declare_once(name.as_str());
                        }
                        self.declare_all(&handler.body);
                    }
                }
                PyStmt::Return(value) => value.value.iter().for_each(|value| self.declare_walrus(value)),
                PyStmt::Expr(value) => self.declare_walrus(&value.value),
                _ => {}
            }
        }
    }

    fn declare_walrus(&mut self, value: &py::Expr) {
        struct Finder<'l>(&'l mut Lowering);
        impl<'a> py::visitor::Visitor<'a> for Finder<'_> {
            fn visit_expr(&mut self, expr: &'a py::Expr) {
                if let py::Expr::Named(named) = expr {
                    self.0.declare_target(&named.target);
                }
                py::visitor::walk_expr(self, expr);
            }
        }
        py::visitor::Visitor::visit_expr(&mut Finder(self), value);
    }

    fn stmts(&mut self, stmts: &[PyStmt]) -> Vec<Stmt> {
        stmts.iter().filter_map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&mut self, stmt: &PyStmt) -> Option<Stmt> {
        Some(match stmt {
            PyStmt::Global(_) => return None,
            PyStmt::Expr(value) => Stmt::Expr(self.expr(&value.value)),
            PyStmt::Assign(assign) => Stmt::Assign {
                value: self.expr(&assign.value),
                targets: assign.targets.iter().map(|target| self.target(target)).collect(),
            },
            PyStmt::AnnAssign(assign) => {
                Stmt::Assign { value: self.expr(assign.value.as_ref()?), targets: vec![self.target(&assign.target)] }
            }
            PyStmt::AugAssign(assign) => Stmt::Augment {
                target: self.target(&assign.target),
                op: operator(assign.op),
                value: self.expr(&assign.value),
                at: at(assign.range),
            },
            PyStmt::If(branch) => {
                let mut otherwise = Vec::new();
                for clause in branch.elif_else_clauses.iter().rev() {
                    let body = self.stmts(&clause.body);
                    otherwise = match &clause.test {
                        Some(test) => vec![Stmt::If { test: self.expr(test), then: body, otherwise }],
                        None => body,
                    };
                }
                Stmt::If { test: self.expr(&branch.test), then: self.stmts(&branch.body), otherwise }
            }
            PyStmt::For(each) => Stmt::For {
                target: self.target(&each.target),
                iter: self.expr(&each.iter),
                body: self.stmts(&each.body),
                otherwise: self.stmts(&each.orelse),
            },
            PyStmt::While(each) => Stmt::While {
                test: self.expr(&each.test),
                body: self.stmts(&each.body),
                otherwise: self.stmts(&each.orelse),
            },
            PyStmt::Return(value) => Stmt::Return(match &value.value {
                Some(value) => self.expr(value),
                None => constant(Const::None),
            }),
            PyStmt::Break(_) => Stmt::Break,
            PyStmt::Continue(_) => Stmt::Continue,
            PyStmt::Pass(_) => Stmt::Pass,
            PyStmt::Try(block) => Stmt::Try {
                body: self.stmts(&block.body),
                handlers: block.handlers.iter().map(|handler| self.handler(handler)).collect(),
                otherwise: self.stmts(&block.orelse),
                finally: self.stmts(&block.finalbody),
            },
            PyStmt::Raise(raise) => {
                Stmt::Raise { exception: raise.exc.as_ref().map(|value| self.expr(value)), at: at(raise.range) }
            }
            PyStmt::Assert(assert) => Stmt::Assert {
                test: self.expr(&assert.test),
                message: assert.msg.as_ref().map(|message| self.expr(message)),
                at: at(assert.range),
            },
            PyStmt::Delete(delete) => Stmt::Delete(delete.targets.iter().map(|target| self.target(target)).collect()),
            other => panic!("no lowering for {other:?}"),
        })
    }

    fn handler(&mut self, handler: &py::ExceptHandler) -> Handler {
        let handler = handler.as_except_handler().expect("a handler");
        let classes = match handler.type_.as_deref() {
            None => Vec::new(),
            Some(py::Expr::Tuple(tuple)) => tuple.elts.iter().map(|class| self.path(class).expect("a class")).collect(),
            Some(class) => vec![self.path(class).expect("a class")],
        };
        let name = handler.name.as_ref().map(|name| self.lookup(name.as_str()).expect("declared"));
        Handler { classes: classes.into_iter().map(SmolStr::from).collect(), name, body: self.stmts(&handler.body) }
    }

    fn target(&mut self, target: &py::Expr) -> Target {
        match target {
            py::Expr::Name(name) => match self.lookup(&name.id) {
                Some(slot) => Target::Local(slot),
                None => Target::Global(self.globals[name.id.as_str()]),
            },
            py::Expr::Subscript(item) => {
                Target::Item { container: self.expr(&item.value), index: self.expr(&item.slice), at: at(item.range) }
            }
            py::Expr::Tuple(tuple) => {
                Target::Tuple(tuple.elts.iter().map(|target| self.target(target)).collect(), at(tuple.range))
            }
            py::Expr::Starred(star) => Target::Star(Box::new(self.target(&star.value))),
            other => panic!("no lowering for {other:?}"),
        }
    }

    fn lookup(&self, name: &str) -> Option<Slot> {
        self.scope.iter().rev().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }

    /// The canonical name of what a dotted name means outside the module.
    fn path(&self, expr: &py::Expr) -> Option<String> {
        match expr {
            py::Expr::Name(name) if self.lookup(&name.id).is_none() => {
                if self.globals.contains_key(name.id.as_str()) || self.functions.contains_key(name.id.as_str()) {
                    return None;
                }
                Some(self.imports.get(name.id.as_str()).cloned().unwrap_or_else(|| name.id.to_string()))
            }
            py::Expr::Attribute(attribute) => Some(format!("{}.{}", self.path(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }

    fn expr(&mut self, expr: &py::Expr) -> Expr {
        use ruff_text_size::Ranged;
        Expr { kind: self.kind(expr), at: at(expr.range()) }
    }

    fn boxed(&mut self, expr: &py::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn exprs(&mut self, exprs: &[py::Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn is_input(&self, expr: &py::Expr) -> bool {
        matches!(expr, py::Expr::Name(name) if self.input.as_deref() == Some(name.id.as_str()) && self.lookup(&name.id) == Some(Slot(0)))
    }

    fn known(&self, expr: &py::Expr) -> Option<ExprKind> {
        let path = self.path(expr)?;
        if known::is_class(&path) {
            return Some(ExprKind::Class(path.into()));
        }
        if known::is_builtin(&path) || known::is_library(&path) {
            return Some(ExprKind::Callable(path.into()));
        }
        None
    }

    fn kind(&mut self, expr: &py::Expr) -> ExprKind {
        if let Some(known) = self.known(expr) {
            return known;
        }
        match expr {
            py::Expr::NoneLiteral(_) => ExprKind::Const(Const::None),
            py::Expr::BooleanLiteral(it) => ExprKind::Const(Const::Bool(it.value)),
            py::Expr::StringLiteral(it) => ExprKind::Const(Const::Str(SmolStr::new(it.value.to_str()))),
            py::Expr::BytesLiteral(it) => ExprKind::Const(Const::Bytes(it.value.bytes().collect())),
            py::Expr::NumberLiteral(it) => ExprKind::Const(match &it.value {
                py::Number::Int(int) => Const::Int(int.to_string().parse().expect("128 bits")),
                py::Number::Float(float) => Const::Float(*float),
                py::Number::Complex { .. } => panic!("a complex number"),
            }),
            py::Expr::Name(name) if self.is_input(expr) => {
                let _ = name;
                ExprKind::Input
            }
            py::Expr::Name(name) => match self.lookup(&name.id) {
                Some(slot) => ExprKind::Local(slot),
                None => match (self.globals.get(name.id.as_str()), self.functions.get(name.id.as_str())) {
                    (Some(global), _) => ExprKind::Global(*global),
                    (None, Some(function)) => ExprKind::Function(*function),
                    (None, None) => ExprKind::Callable(name.id.as_str().into()),
                },
            },
            py::Expr::BoolOp(it) => match it.op {
                py::BoolOp::And => ExprKind::And(self.exprs(&it.values)),
                py::BoolOp::Or => ExprKind::Or(self.exprs(&it.values)),
            },
            py::Expr::UnaryOp(it) => match it.op {
                py::UnaryOp::Not => ExprKind::Not(self.boxed(&it.operand)),
                py::UnaryOp::USub => ExprKind::Unary { op: UnaryOp::Minus, operand: self.boxed(&it.operand) },
                py::UnaryOp::UAdd => ExprKind::Unary { op: UnaryOp::Plus, operand: self.boxed(&it.operand) },
                py::UnaryOp::Invert => ExprKind::Unary { op: UnaryOp::Invert, operand: self.boxed(&it.operand) },
            },
            py::Expr::BinOp(it) => {
                ExprKind::Binary { op: operator(it.op), left: self.boxed(&it.left), right: self.boxed(&it.right) }
            }
            py::Expr::Compare(it) => self.compare(it),
            py::Expr::If(it) => ExprKind::IfElse {
                test: self.boxed(&it.test),
                then: self.boxed(&it.body),
                otherwise: self.boxed(&it.orelse),
            },
            py::Expr::Call(it) => self.call(it),
            py::Expr::Attribute(it) => {
                ExprKind::Attribute { value: self.boxed(&it.value), name: it.attr.as_str().into() }
            }
            py::Expr::Subscript(it) => match it.slice.as_string_literal_expr() {
                Some(name) if self.is_input(&it.value) => {
                    ExprKind::Field { name: SmolStr::new(name.value.to_str()), access: Access::Subscript }
                }
                _ => ExprKind::Subscript { value: self.boxed(&it.value), index: self.boxed(&it.slice) },
            },
            py::Expr::Slice(it) => {
                let mut part = |part: &Option<Box<py::Expr>>| part.as_ref().map(|part| self.boxed(part));
                ExprKind::Slice { lower: part(&it.lower), upper: part(&it.upper), step: part(&it.step) }
            }
            py::Expr::List(it) => ExprKind::List(self.exprs(&it.elts)),
            py::Expr::Tuple(it) => ExprKind::Tuple(self.exprs(&it.elts)),
            py::Expr::Set(it) => ExprKind::Set(self.exprs(&it.elts)),
            py::Expr::Dict(it) => {
                let entries = it.items.iter();
                ExprKind::Dict(
                    entries.map(|item| (item.key.as_ref().map(|key| self.expr(key)), self.expr(&item.value))).collect(),
                )
            }
            py::Expr::Starred(it) => ExprKind::Star(self.boxed(&it.value)),
            py::Expr::ListComp(it) => self.comprehension(ComprehensionKind::List, &it.elt, None, &it.generators),
            py::Expr::SetComp(it) => self.comprehension(ComprehensionKind::Set, &it.elt, None, &it.generators),
            py::Expr::Generator(it) => self.comprehension(ComprehensionKind::Generator, &it.elt, None, &it.generators),
            py::Expr::DictComp(it) => {
                let key = it.key.as_ref().expect("a key");
                self.comprehension(ComprehensionKind::List, key, Some(&it.value), &it.generators)
            }
            py::Expr::FString(it) => {
                let mut parts = Vec::new();
                for part in it.value.iter() {
                    match part {
                        py::FStringPart::Literal(text) => parts.push(FormatPart::Text(SmolStr::new(&*text.value))),
                        py::FStringPart::FString(format) => parts.extend(self.format(&format.elements)),
                    }
                }
                ExprKind::Format(parts)
            }
            py::Expr::Lambda(it) => self.lambda(it),
            py::Expr::Named(it) => {
                let name = &it.target.as_name_expr().expect("a name").id;
                let value = self.boxed(&it.value);
                ExprKind::Walrus { slot: self.lookup(name).expect("declared"), value }
            }
            other => panic!("no lowering for {other:?}"),
        }
    }

    fn compare(&mut self, it: &py::ExprCompare) -> ExprKind {
        if let ([py::CmpOp::In], py::Expr::StringLiteral(name), [input]) = (&*it.ops, &*it.left, &*it.comparators)
            && self.is_input(input)
        {
            return ExprKind::Field { name: SmolStr::new(name.value.to_str()), access: Access::Contains };
        }
        let ops = it.ops.iter().map(|op| match op {
            py::CmpOp::Eq => CompareOp::Eq,
            py::CmpOp::NotEq => CompareOp::NotEq,
            py::CmpOp::Lt => CompareOp::Lt,
            py::CmpOp::LtE => CompareOp::LtE,
            py::CmpOp::Gt => CompareOp::Gt,
            py::CmpOp::GtE => CompareOp::GtE,
            py::CmpOp::Is => CompareOp::Is,
            py::CmpOp::IsNot => CompareOp::IsNot,
            py::CmpOp::In => CompareOp::In,
            py::CmpOp::NotIn => CompareOp::NotIn,
        });
        let first = self.boxed(&it.left);
        ExprKind::Compare { first, rest: ops.zip(self.exprs(&it.comparators)).collect() }
    }

    fn call(&mut self, it: &py::ExprCall) -> ExprKind {
        if let py::Expr::Attribute(function) = &*it.func
            && self.known(&it.func).is_none()
        {
            if function.attr.as_str() == "get"
                && self.is_input(&function.value)
                && let Some(py::Expr::StringLiteral(name)) = it.arguments.args.first()
            {
                let default = it.arguments.args.get(1).map(|default| self.boxed(default));
                let name = SmolStr::new(name.value.to_str());
                return ExprKind::Field { name, access: Access::Get(default) };
            }
            let receiver = self.boxed(&function.value);
            return ExprKind::Method { receiver, name: function.attr.as_str().into(), args: self.args(&it.arguments) };
        }
        ExprKind::Call { callee: self.boxed(&it.func), args: self.args(&it.arguments) }
    }

    fn args(&mut self, args: &py::Arguments) -> Args {
        Args {
            positional: self.exprs(&args.args),
            keyword: args
                .keywords
                .iter()
                .map(|keyword| (keyword.arg.as_ref().map(|name| name.as_str().into()), self.expr(&keyword.value)))
                .collect(),
        }
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        element: &py::Expr,
        value: Option<&py::Expr>,
        clauses: &[py::Comprehension],
    ) -> ExprKind {
        let depth = self.scope.len();
        let clauses = clauses
            .iter()
            .map(|clause| {
                let iter = self.expr(&clause.iter);
                self.declare_names(&clause.target);
                Clause { iter, target: self.target(&clause.target), conditions: self.exprs(&clause.ifs) }
            })
            .collect();
        let element = self.boxed(element);
        let kind = match value {
            Some(value) => ComprehensionKind::Dict(self.boxed(value)),
            None => kind,
        };
        self.scope.truncate(depth);
        ExprKind::Comprehension { kind, element, clauses }
    }

    fn declare_names(&mut self, target: &py::Expr) {
        match target {
            py::Expr::Name(name) => {
                self.declare(&name.id);
            }
            py::Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.declare_names(target)),
            _ => {}
        }
    }

    fn format(&mut self, elements: &py::InterpolatedStringElements) -> Vec<FormatPart> {
        elements
            .iter()
            .map(|element| match element {
                py::InterpolatedStringElement::Literal(text) => FormatPart::Text(SmolStr::new(&*text.value)),
                py::InterpolatedStringElement::Interpolation(it) => FormatPart::Value {
                    value: self.expr(&it.expression),
                    conversion: it.conversion.to_char(),
                    spec: it.format_spec.as_ref().map(|spec| self.format(&spec.elements)).unwrap_or_default(),
                },
            })
            .collect()
    }

    fn lambda(&mut self, it: &py::ExprLambda) -> ExprKind {
        let depth = self.scope.len();
        let mut params = Vec::new();
        if let Some(parameters) = &it.parameters {
            for param in &parameters.args {
                let default = param.default().map(|default| self.expr(default));
                params.push((self.declare(param.name().as_str()), default));
            }
        }
        let body = self.boxed(&it.body);
        self.scope.truncate(depth);
        ExprKind::Lambda { params, body }
    }
}

fn constant(value: Const) -> Expr {
    Expr { kind: ExprKind::Const(value), at: At::default() }
}

fn operator(op: py::Operator) -> BinaryOp {
    match op {
        py::Operator::Add => BinaryOp::Add,
        py::Operator::Sub => BinaryOp::Sub,
        py::Operator::Mult => BinaryOp::Mult,
        py::Operator::Div => BinaryOp::Div,
        py::Operator::FloorDiv => BinaryOp::FloorDiv,
        py::Operator::Mod => BinaryOp::Mod,
        py::Operator::Pow => BinaryOp::Pow,
        py::Operator::BitAnd => BinaryOp::BitAnd,
        py::Operator::BitOr => BinaryOp::BitOr,
        py::Operator::BitXor => BinaryOp::BitXor,
        py::Operator::LShift => BinaryOp::LShift,
        py::Operator::RShift => BinaryOp::RShift,
        py::Operator::MatMult => panic!("a matrix"),
    }
}
