//! Reading a body as a formula: paths through it, tests on them, and what cannot be said.
//!
//! The order in which things are computed and the exceptions they may raise are left out here, and so is a default that
//! is itself nothing; what runs keeps them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use logic::tree::{At, Const, Expr, ExprKind, Function, FunctionId, Module, ParamKind, Slot, Stmt, Target};
use logic::walk;
use smol_str::SmolStr;

use super::formula::{Formula, Subject};

/// What the dialect has no words for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsayable {
    /// The construct.
    pub what: String,
    /// Where it stands.
    pub at: At,
}

/// The result of saying something.
pub type Said<T> = Result<T, Unsayable>;

/// How many single tests a condition may have, and how many statements are gone through to find them.
const MAX_STEPS: usize = 2_000;
const MAX_TESTS: usize = 300;

/// How deep helpers may call each other.
const MAX_CALLS: usize = 6;

/// When a function returns something truthy, and when it raises.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// It returns something truthy.
    pub truthy: Formula,
    /// It returns something truthy, or raises by a `raise` or `assert` of its own.
    pub truthy_or_raises: Formula,
    /// It raises by a `raise` or `assert` of its own, with what it says.
    pub raises: Vec<(Formula, String)>,
}

impl Outcome {
    fn returning(truthy: Formula) -> Self {
        Self { truthy_or_raises: truthy.clone(), truthy, raises: Vec::new() }
    }

    fn raising(text: String) -> Self {
        let raises = vec![(Formula::Constant(true), text)];
        Self { truthy: Formula::Constant(false), truthy_or_raises: Formula::Constant(true), raises }
    }
}

/// What a name of the body stands for.
#[derive(Clone)]
enum Meaning {
    Expr(Expr),
    Subject(Subject),
}

/// Reads one module's functions.
pub struct Reader<'a> {
    pub(super) module: &'a Module,
    env: BTreeMap<Slot, Meaning>,
    /// The items that are spoken of: an item stands in an expression as a callable of the name `$` and its number.
    variables: Vec<Subject>,
    steps: usize,
    pub(super) calls: usize,
}

/// Makes an error.
pub(super) fn unsayable<T>(what: impl Into<String>, at: At) -> Said<T> {
    Err(Unsayable { what: what.into(), at })
}

impl<'a> Reader<'a> {
    /// A reader of the module.
    pub fn new(module: &'a Module) -> Self {
        Self { module, env: BTreeMap::new(), variables: Vec::new(), steps: 0, calls: 0 }
    }

    /// When an entry function returns something truthy.
    ///
    /// # Errors
    /// What the dialect has no words for.
    pub fn function(&mut self, function: &'a Function) -> Said<Outcome> {
        let outcome = self.run(function.body.iter().rev().collect())?;
        if outcome.truthy.size() > MAX_TESTS {
            return unsayable(format!("more than {MAX_TESTS} tests"), function.at);
        }
        Ok(outcome)
    }

    /// When a called function returns something truthy, its parameters standing for these arguments.
    pub(super) fn called(&mut self, id: FunctionId, args: &logic::tree::Args) -> Said<Outcome> {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else { return unsayable("a function", At::default()) };
        if self.calls >= MAX_CALLS {
            return unsayable(format!("`{}`, which calls too deep", function.name), function.at);
        }
        let Some(bound) = self.bind(function, args) else {
            return unsayable(format!("the arguments of `{}`", function.name), function.at);
        };
        let outer = std::mem::replace(&mut self.env, bound);
        self.calls += 1;
        let outcome = self.run(function.body.iter().rev().collect());
        self.calls -= 1;
        self.env = outer;
        outcome
    }

    fn bind(&self, function: &Function, args: &logic::tree::Args) -> Option<BTreeMap<Slot, Meaning>> {
        let mut bound = BTreeMap::new();
        let slot = |index: usize| u32::try_from(index).ok().map(Slot);
        for (index, arg) in args.positional.iter().enumerate() {
            let normal = function.params.get(index).is_some_and(|param| param.kind == ParamKind::Normal);
            if !normal || matches!(arg.kind, ExprKind::Star(_)) {
                return None;
            }
            bound.insert(slot(index)?, Meaning::Expr(self.closed(arg)));
        }
        for (name, arg) in &args.keyword {
            let index = function.params.iter().position(|param| Some(&param.name) == name.as_ref())?;
            bound.insert(slot(index)?, Meaning::Expr(self.closed(arg)));
        }
        for (index, param) in function.params.iter().enumerate() {
            if let Entry::Vacant(vacant) = bound.entry(slot(index)?) {
                vacant.insert(Meaning::Expr(param.default.clone()?));
            }
        }
        Some(bound)
    }

    /// The expression with the names of the function around it replaced by what they stand for.
    pub(super) fn closed(&self, expr: &Expr) -> Expr {
        let mut closed = expr.clone();
        self.close(&mut closed);
        closed
    }

    fn close(&self, expr: &mut Expr) {
        if let ExprKind::Local(slot) = expr.kind {
            match self.env.get(&slot) {
                Some(Meaning::Expr(meaning)) => *expr = meaning.clone(),
                Some(Meaning::Subject(subject)) => {
                    let number = self.variables.iter().position(|variable| variable == subject).unwrap_or_default();
                    expr.kind = ExprKind::Callable(SmolStr::from(format!("${number}")));
                }
                None => {}
            }
            return;
        }
        walk::children_mut(expr, &mut |child| self.close(child));
    }

    /// What a local or an item stands for.
    pub(super) fn meaning(&self, expr: &Expr) -> Option<Result<Expr, Subject>> {
        match &expr.kind {
            ExprKind::Local(slot) => match self.env.get(slot)? {
                Meaning::Expr(meaning) => Some(Ok(meaning.clone())),
                Meaning::Subject(subject) => Some(Err(subject.clone())),
            },
            ExprKind::Callable(name) => {
                let number: usize = name.strip_prefix('$')?.parse().ok()?;
                self.variables.get(number).cloned().map(Err)
            }
            _ => None,
        }
    }

    /// Calls `say` with a slot standing for the items of a list.
    pub(super) fn with_item<T>(&mut self, slot: Slot, item: Subject, say: impl FnOnce(&mut Self) -> T) -> T {
        if !self.variables.contains(&item) {
            self.variables.push(item.clone());
        }
        let outer = self.env.insert(slot, Meaning::Subject(item));
        let said = say(self);
        match outer {
            Some(meaning) => self.env.insert(slot, meaning),
            None => self.env.remove(&slot),
        };
        said
    }

    pub(super) fn bind_local(&mut self, slot: Slot, value: &Expr) {
        let value = self.closed(value);
        self.env.insert(slot, Meaning::Expr(value));
    }

    fn name_of(&self, slot: Slot, function: Option<&Function>) -> String {
        function.and_then(|function| function.locals.get(slot.0 as usize)).map_or("item".into(), ToString::to_string)
    }

    /// What comes of the statements on the stack, the next one last.
    fn run(&mut self, mut todo: Vec<&'a Stmt>) -> Said<Outcome> {
        while let Some(stmt) = todo.pop() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return unsayable("more branches than a condition can show", At::default());
            }
            match stmt {
                Stmt::Pass => {}
                Stmt::Return(value) => {
                    return Ok(Outcome::returning(self.truth(value)?));
                }
                Stmt::Raise { exception, .. } => {
                    return Ok(Outcome::raising(message(exception.as_ref())));
                }
                Stmt::If { test, then, otherwise } => return self.branch(test, then, otherwise, &todo),
                Stmt::Assert { test, message: text, .. } => {
                    let holds = self.truth(test)?;
                    let rest = self.run(todo)?;
                    return Ok(choice(holds, rest, Outcome::raising(message(text.as_ref()))));
                }
                Stmt::Assign { targets, value } => self.assign(targets, value)?,
                Stmt::Expr(value) => no_effect(value)?,
                Stmt::Augment { at, .. } => return unsayable("a value that is computed step by step", *at),
                Stmt::For { iter, .. } => return unsayable("a loop that does more than look for an item", iter.at),
                Stmt::While { test, .. } => return unsayable("a `while` loop", test.at),
                Stmt::Try { .. } => return unsayable("`try` and `except`", place_of(stmt)),
                Stmt::Delete(_) | Stmt::Break | Stmt::Continue => return unsayable("`del`", At::default()),
            }
        }
        Ok(Outcome::returning(Formula::Constant(false)))
    }

    fn branch(&mut self, test: &'a Expr, then: &'a [Stmt], otherwise: &'a [Stmt], rest: &[&'a Stmt]) -> Said<Outcome> {
        let test = self.truth(test)?;
        let env = self.env.clone();
        let run = |this: &mut Self, block: &'a [Stmt]| {
            let todo = rest.iter().copied().chain(block.iter().rev()).collect();
            let outcome = this.run(todo);
            this.env.clone_from(&env);
            outcome
        };
        let then = run(self, then)?;
        let otherwise = run(self, otherwise)?;
        Ok(choice(test, then, otherwise))
    }

    fn assign(&mut self, targets: &[Target], value: &Expr) -> Said<()> {
        for target in targets {
            match target {
                Target::Local(slot) => self.bind_local(*slot, value),
                // What other functions read of it is not part of this one's answer.
                Target::Global(_) => {}
                Target::Item { at, .. } | Target::Tuple(_, at) => {
                    return unsayable("an assignment to parts of a value", *at);
                }
                Target::Star(_) => return unsayable("an assignment to parts of a value", value.at),
            }
        }
        Ok(())
    }

    /// What a comprehension's variable is called.
    pub(super) fn variable_name(&self, slot: Slot, at: At) -> String {
        let contains = |function: &&Function| function.at.file == at.file && (slot.0 as usize) < function.locals.len();
        // The slot belongs to the function whose text is around this place: the last that begins before it.
        let around = self.module.functions.iter().filter(contains).filter(|function| function.at.start <= at.start);
        self.name_of(slot, around.max_by_key(|function| function.at.start))
    }
}

fn choice(test: Formula, then: Outcome, otherwise: Outcome) -> Outcome {
    let raises = then.raises.into_iter().map(|(when, text)| (Formula::all([test.clone(), when]), text));
    let negated = test.clone().negated();
    let others = otherwise.raises.into_iter().map(|(when, text)| (Formula::all([negated.clone(), when]), text));
    let raises = raises.chain(others).filter(|(when, _)| *when != Formula::Constant(false)).collect();
    Outcome {
        truthy: Formula::choice(test.clone(), then.truthy, otherwise.truthy),
        truthy_or_raises: Formula::choice(test, then.truthy_or_raises, otherwise.truthy_or_raises),
        raises,
    }
}

/// What an exception says, where that is a constant or begins with one.
fn message(exception: Option<&Expr>) -> String {
    let Some(exception) = exception else { return String::new() };
    match &exception.kind {
        ExprKind::Const(Const::Str(text)) => text.to_string(),
        ExprKind::Call { args, .. } => message(args.positional.first()),
        ExprKind::Format(parts) => parts
            .iter()
            .map(|part| match part {
                logic::tree::FormatPart::Text(text) => text.as_str(),
                logic::tree::FormatPart::Value { .. } => "…",
            })
            .collect(),
        _ => String::new(),
    }
}

/// A statement that only computes something can be passed over if it changes nothing.
fn no_effect(value: &Expr) -> Said<()> {
    match &value.kind {
        ExprKind::Const(_) | ExprKind::Local(_) | ExprKind::Field { .. } | ExprKind::Subscript { .. } => Ok(()),
        _ => unsayable("a call for its effect", value.at),
    }
}

fn place_of(stmt: &Stmt) -> At {
    let mut at = None;
    walk::statements(std::slice::from_ref(stmt), &mut |inner| {
        walk::statement_exprs(inner, &mut |expr| {
            at.get_or_insert(expr.at);
        });
    });
    at.unwrap_or_default()
}
