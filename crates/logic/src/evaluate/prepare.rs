//! Makes a module's tree ready to run.

use smol_str::SmolStr;

use super::code::{
    Args, Clause, Code, Comprehension, ComprehensionKind, For, FormatPart, Function, Global, Handler, Kind, Lambda,
    Node, Param, Step, Target, Try,
};
use super::glance::are_constant;
use super::state::is_stateful;
use crate::method::Method;
use crate::tree::{self, Access, ExprKind, Module, ParamKind, Stmt};
use crate::{builtin, class};

/// How deep expressions and statements of one function may nest.
const DEPTH: u32 = 120;

struct Preparer {
    fields: Vec<SmolStr>,
    lambdas: Vec<Lambda>,
    comprehensions: Vec<Comprehension>,
    depth: u32,
    deepest: u32,
    /// Slots bound within the comprehension or lambda being prepared.
    bound: Vec<u32>,
    /// The variables of each comprehension or lambda being prepared, the innermost last.
    scopes: Vec<Vec<u32>>,
    reads_first: bool,
    reads_input: bool,
    /// One more than the highest slot seen.
    slots: usize,
}

/// The module's code.
pub(crate) fn prepare(module: &Module) -> Code {
    let mut preparer = Preparer {
        fields: Vec::new(),
        lambdas: Vec::new(),
        comprehensions: Vec::new(),
        depth: 0,
        deepest: 0,
        bound: Vec::new(),
        scopes: Vec::new(),
        reads_first: false,
        reads_input: false,
        slots: 0,
    };
    let globals: Vec<_> = module
        .globals
        .iter()
        .map(|global| Global {
            name: global.name.clone(),
            value: global.value.as_ref().map(|value| preparer.node(value)),
        })
        .collect();
    let functions = module.functions.iter().map(|function| preparer.function(function)).collect();
    let stateful = is_stateful(module);
    Code {
        fields: preparer.fields,
        glances: !stateful && are_constant(&globals),
        globals,
        functions,
        global_slots: preparer.slots,
        lambdas: preparer.lambdas,
        comprehensions: preparer.comprehensions,
        stateful,
        events: false,
        model: None,
    }
}

impl Preparer {
    fn function(&mut self, function: &tree::Function) -> Function {
        let params: Vec<_> = function
            .params
            .iter()
            .map(|param| Param {
                name: param.name.clone(),
                default: param.default.as_ref().map(|default| self.node(default)),
                kind: param.kind,
            })
            .collect();
        self.deepest = 0;
        self.reads_first = false;
        self.reads_input = false;
        let slots = self.slots;
        let body = self.steps(&function.body);
        self.slots = slots;
        Function {
            name: function.name.clone(),
            plain: params.iter().all(|param| param.kind == ParamKind::Normal && param.default.is_none()),
            params,
            locals: function.locals.clone(),
            body,
            depth: self.deepest,
            reads_first: self.reads_first,
            reads_input: self.reads_input,
        }
    }

    fn field(&mut self, name: &SmolStr) -> u32 {
        let index = self.fields.iter().position(|field| field == name).unwrap_or_else(|| {
            self.fields.push(name.clone());
            self.fields.len() - 1
        });
        index_u32(index)
    }

    /// One level deeper; `None` when that is too deep.
    fn deeper<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let made = make(self);
        self.depth -= 1;
        Some(made)
    }

    fn steps(&mut self, stmts: &[Stmt]) -> Vec<Step> {
        let made = self.deeper(|this| stmts.iter().map(|stmt| this.step(stmt)).collect());
        made.unwrap_or_else(|| vec![Step::Expr(too_deep())])
    }

    fn step(&mut self, stmt: &Stmt) -> Step {
        match stmt {
            Stmt::Expr(value) => Step::Expr(self.node(value)),
            Stmt::Assign { targets, value } => {
                let value = self.node(value);
                match &targets[..] {
                    [tree::Target::Local(slot)] => Step::Let(self.bind(*slot), value),
                    targets => Step::Assign(targets.iter().map(|target| self.target(target)).collect(), value),
                }
            }
            Stmt::Augment { target, op, value, at } => {
                if let tree::Target::Local(slot) = target {
                    self.reads_first |= slot.0 == 0;
                }
                let value = self.node(value);
                Step::Augment(self.target(target), *op, value, *at)
            }
            Stmt::If { test, then, otherwise } => self.arms(test, then, otherwise),
            Stmt::For { target, iter, body, otherwise } => Step::For(Box::new(For {
                iter: self.node(iter),
                target: self.target(target),
                body: self.steps(body),
                otherwise: self.steps(otherwise),
            })),
            Stmt::While { test, body, otherwise } => {
                Step::While(self.node(test), self.steps(body), self.steps(otherwise))
            }
            Stmt::Return(value) => Step::Return(self.node(value)),
            Stmt::Break => Step::Break,
            Stmt::Continue => Step::Continue,
            Stmt::Pass => Step::Pass,
            Stmt::Try { body, handlers, otherwise, finally } => Step::Try(Box::new(Try {
                body: self.steps(body),
                handlers: handlers.iter().map(|handler| self.handler(handler)).collect(),
                otherwise: self.steps(otherwise),
                finally: self.steps(finally),
            })),
            Stmt::Raise { exception, at } => Step::Raise(exception.as_ref().map(|value| self.node(value)), *at),
            Stmt::Assert { test, message, at } => {
                Step::Assert(self.node(test), message.as_ref().map(|message| self.node(message)), *at)
            }
            Stmt::Delete(targets) => Step::Delete(targets.iter().map(|target| self.target(target)).collect()),
        }
    }

    fn arms(&mut self, test: &tree::Expr, then: &[Stmt], otherwise: &[Stmt]) -> Step {
        let mut arms = vec![(self.node(test), self.steps(then))];
        let mut rest = otherwise;
        while let [Stmt::If { test, then, otherwise }] = rest {
            arms.push((self.node(test), self.steps(then)));
            rest = otherwise;
        }
        Step::If(arms, self.steps(rest))
    }

    fn handler(&mut self, handler: &tree::Handler) -> Handler {
        let classes: Vec<_> = handler.classes.iter().map(|name| class::by_path(name)).collect();
        let unknown =
            handler.classes.iter().zip(&classes).find(|(_, class)| class.is_none()).map(|(name, _)| name.clone());
        Handler {
            classes: classes.into_iter().flatten().collect(),
            unknown,
            name: handler.name.map(|slot| self.bind(slot)),
            body: self.steps(&handler.body),
        }
    }

    fn bind(&mut self, slot: tree::Slot) -> u32 {
        self.slots = self.slots.max(slot.0 as usize + 1);
        if !self.bound.contains(&slot.0) {
            self.bound.push(slot.0);
        }
        slot.0
    }

    fn target(&mut self, target: &tree::Target) -> Target {
        match target {
            tree::Target::Local(slot) => Target::Local(self.bind(*slot)),
            tree::Target::Global(id) => Target::Global(id.0),
            tree::Target::Item { container, index, at } => {
                Target::Item { container: self.node(container), index: self.node(index), at: *at }
            }
            tree::Target::Tuple(targets, at) => {
                Target::Tuple(targets.iter().map(|target| self.target(target)).collect(), *at)
            }
            tree::Target::Star(target) => Target::Star(Box::new(self.target(target))),
        }
    }

    fn node(&mut self, expr: &tree::Expr) -> Node {
        let kind = self.deeper(|this| this.kind(&expr.kind));
        Node { at: expr.at, kind: kind.unwrap_or_else(|| too_deep().kind) }
    }

    fn boxed(&mut self, expr: &tree::Expr) -> Box<Node> {
        Box::new(self.node(expr))
    }

    fn nodes(&mut self, exprs: &[tree::Expr]) -> Vec<Node> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    fn optional(&mut self, expr: Option<&tree::Expr>) -> Option<Node> {
        expr.map(|expr| self.node(expr))
    }

    fn kind(&mut self, kind: &ExprKind) -> Kind {
        match kind {
            ExprKind::Const(value) => Kind::Const(value.clone()),
            ExprKind::Local(slot) => {
                self.reads_first |= slot.0 == 0;
                // Comprehensions and lambdas are functions of their own: other variables are free in them.
                match self.scopes.last() {
                    Some(own) if !own.contains(&slot.0) => Kind::Free(slot.0),
                    _ => Kind::Local(slot.0),
                }
            }
            ExprKind::Global(id) => Kind::Global(id.0),
            ExprKind::Function(id) => Kind::Function(*id),
            ExprKind::Callable(name) => match builtin::by_name(name) {
                Some(builtin) => Kind::Builtin(builtin),
                None => unbound(name).unwrap_or_else(|| class_kind(name)),
            },
            ExprKind::Class(name) => class_kind(name),
            ExprKind::Input => {
                self.reads_input = true;
                Kind::Input
            }
            ExprKind::Field { name, access } => self.field_kind(name, access),
            ExprKind::And(operands) => Kind::And(self.nodes(operands)),
            ExprKind::Or(operands) => Kind::Or(self.nodes(operands)),
            ExprKind::Not(operand) => Kind::Not(self.boxed(operand)),
            ExprKind::Compare { first, rest } => self.compare(first, rest),
            ExprKind::Binary { op, left, right } => Kind::Binary(*op, Box::new((self.node(left), self.node(right)))),
            ExprKind::Unary { op, operand } => Kind::Unary(*op, self.boxed(operand)),
            ExprKind::IfElse { test, then, otherwise } => {
                Kind::IfElse(Box::new((self.node(test), self.node(then), self.node(otherwise))))
            }
            ExprKind::Call { callee, args } => self.call(callee, args),
            ExprKind::Method { receiver, name, args } => match Method::from_name(name) {
                Some(method) => Kind::Method(self.boxed(receiver), method, self.args(args)),
                None => Kind::Unsupported(format!("the method '{name}'")),
            },
            ExprKind::Attribute { value, name } => Kind::Attribute(self.boxed(value), name.clone()),
            ExprKind::Subscript { value, index } => Kind::Subscript(Box::new((self.node(value), self.node(index)))),
            ExprKind::Slice { lower, upper, step } => {
                Kind::Slice(Box::new([lower, upper, step].map(|part| self.optional(part.as_deref()))))
            }
            ExprKind::List(items) => Kind::List(self.nodes(items)),
            ExprKind::Tuple(items) => Kind::Tuple(self.nodes(items)),
            ExprKind::Set(items) => Kind::Set(self.nodes(items)),
            ExprKind::Dict(entries) => {
                Kind::Dict(entries.iter().map(|(key, value)| (self.optional(key.as_ref()), self.node(value))).collect())
            }
            ExprKind::Star(value) => Kind::Star(self.boxed(value)),
            ExprKind::Comprehension { kind, element, clauses } => self.comprehension(kind, element, clauses),
            ExprKind::Format(parts) => Kind::Format(self.format(parts)),
            ExprKind::Lambda { params, body } => self.lambda(params, body),
            ExprKind::Walrus { slot, value } => {
                let slot = self.bind(*slot);
                Kind::Walrus(slot, self.boxed(value))
            }
        }
    }

    fn field_kind(&mut self, name: &SmolStr, access: &Access) -> Kind {
        let index = self.field(name);
        match access {
            Access::Subscript => Kind::Field(index),
            Access::Get(default) => Kind::FieldGet(index, default.as_ref().map(|default| self.boxed(default))),
            Access::Contains => Kind::FieldContains(index),
        }
    }

    fn compare(&mut self, first: &tree::Expr, rest: &[(tree::CompareOp, tree::Expr)]) -> Kind {
        if let [(op, tree::Expr { kind: ExprKind::Const(constant), .. })] = rest {
            return Kind::CompareConst(self.boxed(first), *op, constant.clone());
        }
        let first = self.boxed(first);
        Kind::Compare(first, rest.iter().map(|(op, expr)| (*op, self.node(expr))).collect())
    }

    fn call(&mut self, callee: &tree::Expr, args: &tree::Args) -> Kind {
        let args = self.args(args);
        if let ExprKind::Function(id) = callee.kind
            && args.plain
            && args.keyword.is_empty()
        {
            return Kind::CallFunction(id, args.positional);
        }
        Kind::Call(self.boxed(callee), args)
    }

    fn args(&mut self, args: &tree::Args) -> Box<Args> {
        let spreads = args.positional.iter().any(|arg| matches!(arg.kind, ExprKind::Star(_)))
            || args.keyword.iter().any(|(name, _)| name.is_none());
        Box::new(Args {
            positional: self.nodes(&args.positional),
            keyword: args.keyword.iter().map(|(name, value)| (name.clone(), self.node(value))).collect(),
            plain: !spreads,
        })
    }

    /// Prepares with a fresh list of bound slots, which still count as bound outside.
    fn scoped<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> (T, Vec<u32>) {
        let outer = std::mem::take(&mut self.bound);
        let made = make(self);
        let own = std::mem::replace(&mut self.bound, outer);
        for slot in &own {
            if !self.bound.contains(slot) {
                self.bound.push(*slot);
            }
        }
        (made, own)
    }

    fn comprehension(
        &mut self,
        kind: &tree::ComprehensionKind,
        element: &tree::Expr,
        clauses: &[tree::Clause],
    ) -> Kind {
        let mut own = Vec::new();
        clauses.iter().for_each(|clause| target_slots(&clause.target, &mut own));
        // What is gone through first is computed outside.
        let mut outermost = clauses.first().map(|clause| self.node(&clause.iter));
        self.scopes.push(own.clone());
        let clauses = clauses
            .iter()
            .map(|clause| Clause {
                iter: outermost.take().unwrap_or_else(|| self.node(&clause.iter)),
                target: self.target(&clause.target),
                conditions: self.nodes(&clause.conditions),
            })
            .collect();
        let kind = match kind {
            tree::ComprehensionKind::List => ComprehensionKind::List,
            tree::ComprehensionKind::Set => ComprehensionKind::Set,
            tree::ComprehensionKind::Dict(value) => ComprehensionKind::Dict(self.node(value)),
            tree::ComprehensionKind::Generator => ComprehensionKind::Generator,
        };
        let element = self.node(element);
        self.scopes.pop();
        self.comprehensions.push(Comprehension { kind, element, clauses, own });
        Kind::Comprehension(index_u32(self.comprehensions.len() - 1))
    }

    fn lambda(&mut self, params: &[(tree::Slot, Option<tree::Expr>)], body: &tree::Expr) -> Kind {
        let defaults: Vec<_> = params.iter().map(|(_, default)| self.optional(default.as_ref())).collect();
        let (body, own) = self.scoped(|this| {
            for (slot, _) in params {
                this.bind(*slot);
            }
            this.scopes.push(params.iter().map(|(slot, _)| slot.0).collect());
            let body = this.node(body);
            this.scopes.pop();
            body
        });
        let params = params.iter().zip(defaults).map(|((slot, _), default)| (slot.0, default)).collect();
        self.lambdas.push(Lambda { params, own, body });
        Kind::Lambda(index_u32(self.lambdas.len() - 1))
    }

    fn format(&mut self, parts: &[tree::FormatPart]) -> Vec<FormatPart> {
        parts
            .iter()
            .map(|part| match part {
                tree::FormatPart::Text(text) => FormatPart::Text(text.clone()),
                tree::FormatPart::Value { value, conversion, spec } => {
                    FormatPart::Value { value: self.node(value), conversion: *conversion, spec: self.format(spec) }
                }
            })
            .collect()
    }
}

fn target_slots(target: &tree::Target, slots: &mut Vec<u32>) {
    match target {
        tree::Target::Local(slot) => slots.push(slot.0),
        tree::Target::Tuple(targets, _) => targets.iter().for_each(|target| target_slots(target, slots)),
        tree::Target::Star(target) => target_slots(target, slots),
        tree::Target::Global(_) | tree::Target::Item { .. } => {}
    }
}

/// A method by the name of its class: `str.lower`.
fn unbound(path: &str) -> Option<Kind> {
    let (class, method) = path.rsplit_once('.')?;
    let class = class::by_path(class).filter(|class| crate::names::has(class, method))?;
    Method::from_name(method).map(|method| Kind::Unbound(class, method))
}

fn class_kind(name: &str) -> Kind {
    class::by_path(name).map_or_else(|| Kind::Unsupported(format!("'{name}'")), Kind::Class)
}

fn too_deep() -> Node {
    Node { at: tree::At::default(), kind: Kind::Unsupported(format!("code nested more than {DEPTH} deep")) }
}

/// Indices are bounded by the size of a source file, far below 2³².
fn index_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
