//! One lowering: what is reached from the entry functions, numbered in a stable order.
//!
//! Numbers depend on everything that is reached, and whether the input may be read in place depends on what every reached
//! function does with it. So the bodies are lowered again, each pass knowing what the last one found, until nothing changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use logic::tree::{
    Args, At, Const, Expr, ExprKind, Function, FunctionId, Global, GlobalId, Module, Param, ParamKind, Slot, Stmt,
};
use logic::walk;
use smol_str::{SmolStr, format_smolstr};

use super::body::Body;
use super::error::Lowered;
use super::modules::{Binding, Loaded};
use super::names::mentioned;
use super::python::ast::{self, Stmt as PyStmt};
use super::python::{Ranged, TextRange};
use super::{ENTRIES, Judges, Mock, MockValue, Request};

/// Passes until nothing changes: one for the numbers, one for each entry function that is called by others, and two.
const MAX_PASSES: usize = 20;

/// What a function of the tree was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Made {
    /// What a mock stands for.
    Mock(usize),
    /// A `def` of the module.
    Def,
    /// A module-level statement that binds names in its own way.
    Step,
    /// A module-level value that needs variables of its own (a comprehension).
    Value,
    /// A `def` or lambda within a function, lifted out of it.
    Lifted,
}

/// Names a function across passes; its order is that of [`Module::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FunctionKey {
    pub module: usize,
    pub offset: u32,
    pub made: Made,
}

/// Names a global across passes; its order is that of [`Module::globals`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GlobalKey {
    /// Whether no value of its own is computed; such names come last.
    unbound: bool,
    rank: usize,
    offset: u32,
    module: usize,
    name: SmolStr,
}

/// What a pass knows from the one before.
#[derive(Default, PartialEq, Clone)]
struct Plan {
    functions: BTreeMap<FunctionKey, u32>,
    globals: BTreeMap<GlobalKey, u32>,
    /// Entry functions that are called by others with something else than the input.
    shared: BTreeSet<SmolStr>,
    /// Some reached function may change the input.
    changes_input: bool,
}

enum Work {
    Function(FunctionKey, usize),
    Global(GlobalKey),
    Step(usize, usize),
}

/// A pass.
pub(super) struct Unit<'a> {
    pub modules: &'a [Loaded],
    pub request: Request<'a>,
    plan: &'a Plan,
    functions: BTreeMap<FunctionKey, Option<Function>>,
    globals: BTreeMap<GlobalKey, Option<Global>>,
    queue: Vec<Work>,
    shared: BTreeSet<SmolStr>,
    changes_input: bool,
    steps: BTreeSet<(usize, usize)>,
}

/// Lowers the detection whose modules are loaded; and the functions, given by their module and name, that are called from outside besides its entries.
pub(super) fn lower(
    modules: &[Loaded],
    request: Request<'_>,
    methods: &[(usize, &str)],
) -> Lowered<(Module, Vec<Option<FunctionId>>)> {
    let mut plan = Plan::default();
    for _ in 0..MAX_PASSES {
        let mut unit = Unit::new(modules, request, &plan);
        let methods = unit.run(methods)?;
        let next = unit.plan();
        if next == plan {
            unit.check_order()?;
            return Ok((unit.module(), methods));
        }
        plan = next;
    }
    match modules.first() {
        Some(module) => {
            Err(module.refuse("functions that call each other", "they do not settle", TextRange::default()))
        }
        None => Ok((Module::default(), Vec::new())),
    }
}

impl<'a> Unit<'a> {
    fn new(modules: &'a [Loaded], request: Request<'a>, plan: &'a Plan) -> Self {
        Self {
            modules,
            request,
            plan,
            functions: BTreeMap::new(),
            globals: BTreeMap::new(),
            queue: Vec::new(),
            shared: plan.shared.clone(),
            changes_input: plan.changes_input,
            steps: BTreeSet::new(),
        }
    }

    fn run(&mut self, methods: &[(usize, &str)]) -> Lowered<Vec<Option<FunctionId>>> {
        let Some(own) = self.modules.first() else { return Ok(Vec::new()) };
        for name in ENTRIES {
            if let Some(Binding::Function(position)) = own.bindings.get(*name) {
                self.function(0, *position);
            }
        }
        let methods = methods.iter().map(|(module, name)| self.defined(*module, name)).collect();
        for position in &own.steps {
            self.step(0, *position);
        }
        self.work()?;
        // A value that nothing uses still decides whether the module can be imported, unless it cannot fail.
        for (name, binding) in &own.bindings {
            if let Binding::Value(position) = binding
                && let Some(value) = own.suite.get(*position).and_then(assigned_value)
                && !is_inert(value, own)
            {
                self.global(0, name);
            }
        }
        self.work()?;
        Ok(methods)
    }

    /// The function that a name of a module means: its own, or one that it imports from another.
    fn defined(&mut self, module: usize, name: &str) -> Option<FunctionId> {
        let (mut module, mut name) = (module, SmolStr::new(name));
        for _ in 0..self.modules.len() {
            match self.modules.get(module)?.bindings.get(&name)? {
                Binding::Function(position) => return Some(self.function(module, *position)),
                Binding::Helper(other, its) => (module, name) = (*other, its.clone()),
                _ => return None,
            }
        }
        None
    }

    fn work(&mut self) -> Lowered<()> {
        while let Some(work) = self.queue.pop() {
            match work {
                Work::Function(key, position) => {
                    let function = self.lower_function(key, position)?;
                    self.functions.insert(key, function);
                }
                Work::Global(key) => {
                    let global = self.lower_global(&key)?;
                    self.globals.insert(key, Some(global));
                }
                Work::Step(module, position) => self.lower_step(module, position)?,
            }
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Plan {
            functions: self.functions.keys().enumerate().map(|(index, key)| (*key, number(index))).collect(),
            globals: self.globals.keys().enumerate().map(|(index, key)| (key.clone(), number(index))).collect(),
            shared: self.shared.clone(),
            changes_input: self.changes_input,
        }
    }

    /// Module-level values may only use functions that are defined above them.
    fn check_order(&self) -> Lowered<()> {
        let functions: Vec<(&FunctionKey, &Function)> =
            self.functions.iter().filter_map(|(key, function)| function.as_ref().map(|it| (key, it))).collect();
        for (key, global) in &self.globals {
            let Some(value) = global.as_ref().and_then(|global| global.value.as_ref()) else { continue };
            let mut reached = BTreeSet::new();
            let mut open = Vec::new();
            walk::expressions(value, &mut |expr| function_in(expr, &mut open));
            while let Some(id) = open.pop() {
                let Some((function_key, function)) = functions.get(id.0 as usize) else { continue };
                if !reached.insert(id) {
                    continue;
                }
                let below = function_key.module == key.module && function_key.offset > key.offset;
                if below && function_key.made == Made::Def {
                    let Some(loaded) = self.modules.get(key.module) else { continue };
                    let range = TextRange::empty(key.offset.into());
                    let why = format!("`{}` is defined below", function.name);
                    return Err(loaded.refuse(format!("the value of `{}`", key.name), why, range));
                }
                walk::block_expressions(&function.body, &mut |expr| function_in(expr, &mut open));
            }
        }
        Ok(())
    }

    fn module(self) -> Module {
        Module {
            files: self.modules.iter().map(|module| module.path.clone()).collect(),
            globals: self.globals.into_values().flatten().collect(),
            functions: self.functions.into_values().flatten().collect(),
        }
    }

    /// The function defined at that statement of a module.
    pub fn function(&mut self, module: usize, position: usize) -> FunctionId {
        let offset = self.offset_of(module, position);
        let key = FunctionKey { module, offset, made: Made::Def };
        if let Entry::Vacant(entry) = self.functions.entry(key) {
            entry.insert(None);
            self.queue.push(Work::Function(key, position));
        }
        self.function_id(&key)
    }

    /// Gives a function that was made on the way its place.
    pub fn emit(&mut self, key: FunctionKey, function: Function) -> FunctionId {
        self.functions.insert(key, Some(function));
        self.function_id(&key)
    }

    /// The number of a function, as far as it is known yet.
    pub fn function_id(&self, key: &FunctionKey) -> FunctionId {
        FunctionId(self.plan.functions.get(key).copied().unwrap_or(u32::MAX))
    }

    /// A module-level name that is no function; `None` when the module neither assigns nor declares it.
    pub fn global(&mut self, module: usize, name: &str) -> GlobalId {
        let Some(loaded) = self.modules.get(module) else { return GlobalId(u32::MAX) };
        let (unbound, offset) = match loaded.bindings.get(name) {
            Some(Binding::Value(position)) => (false, self.offset_of(module, *position)),
            Some(Binding::Computed) | None => (true, 0),
            // An imported or defined name that a function rebinds: it begins as what it was.
            Some(_) => (false, 0),
        };
        let key = GlobalKey { unbound, rank: loaded.rank, offset, module, name: SmolStr::new(name) };
        for position in &loaded.steps {
            if loaded.suite.get(*position).is_some_and(|stmt| mentioned(std::slice::from_ref(stmt)).contains(name)) {
                self.step(module, *position);
            }
        }
        self.global_id(key)
    }

    fn global_id(&mut self, key: GlobalKey) -> GlobalId {
        let id = GlobalId(self.plan.globals.get(&key).copied().unwrap_or(u32::MAX));
        if !self.globals.contains_key(&key) {
            self.globals.insert(key.clone(), None);
            self.queue.push(Work::Global(key));
        }
        id
    }

    fn step(&mut self, module: usize, position: usize) {
        if self.steps.insert((module, position)) {
            self.queue.push(Work::Step(module, position));
        }
    }

    /// The mock of that name of the detection's own module.
    pub fn mock(&self, name: &str) -> Option<usize> {
        self.request.mocks.iter().position(|mock| mock.name == name)
    }

    /// The global that stands for a mocked name.
    pub fn mocked(&mut self, index: usize) -> GlobalId {
        let name = self.request.mocks.get(index).map(|mock| mock.name.as_str()).unwrap_or_default();
        let key = GlobalKey { unbound: false, rank: 0, offset: 0, module: usize::MAX, name: SmolStr::new(name) };
        let id = GlobalId(self.plan.globals.get(&key).copied().unwrap_or(u32::MAX));
        let value = Expr { kind: ExprKind::Function(self.mock_function(index)), at: At::default() };
        self.globals.insert(key.clone(), Some(Global { name: key.name, value: Some(value) }));
        id
    }

    /// The function that a mocked name is: it takes anything and returns what the test says.
    pub fn mock_function(&mut self, index: usize) -> FunctionId {
        let key = FunctionKey { module: usize::MAX, offset: 0, made: Made::Mock(index) };
        match self.request.mocks.get(index) {
            Some(mock) => self.emit(key, mock_function(mock)),
            None => self.function_id(&key),
        }
    }

    /// Whether a function of the detection's own module takes the input and may read it in place.
    pub fn reads_in_place(&self, name: &str) -> bool {
        !self.plan.changes_input && !self.plan.shared.contains(name)
    }

    /// An entry function was called by another one with something that is not the input.
    pub fn share(&mut self, name: &str) {
        self.shared.insert(SmolStr::new(name));
    }

    /// Something that may be part of the input is changed.
    pub fn change_input(&mut self) {
        self.changes_input = true;
    }

    /// Whether the detection's functions get events.
    pub fn judges_events(&self) -> bool {
        self.request.judges == Judges::Events
    }

    fn offset_of(&self, module: usize, position: usize) -> u32 {
        let stmt = self.modules.get(module).and_then(|module| module.suite.get(position));
        stmt.map_or(0, |stmt| stmt.range().start().to_u32())
    }

    fn lower_function(&mut self, key: FunctionKey, position: usize) -> Lowered<Option<Function>> {
        let Some(module) = self.modules.get(key.module) else { return Ok(None) };
        match module.suite.get(position) {
            Some(PyStmt::FunctionDef(function)) => Body::function(self, key.module, function).map(Some),
            _ => Ok(None),
        }
    }

    fn lower_global(&mut self, key: &GlobalKey) -> Lowered<Global> {
        let Some(module) = self.modules.get(key.module) else {
            return Ok(Global { name: key.name.clone(), value: None });
        };
        let name = module.qualified(&key.name);
        if key.unbound {
            return Ok(Global { name, value: None });
        }
        let value = match module.bindings.get(&key.name) {
            Some(Binding::Value(position)) => match module.suite.get(*position).and_then(assigned_value) {
                Some(value) => {
                    Some(Body::value(self, key.module, &key.name, value, self.offset_of(key.module, *position))?)
                }
                None => None,
            },
            Some(binding) => {
                let binding = binding.clone();
                Some(Body::imported(self, key.module, &binding)?)
            }
            None => None,
        };
        Ok(Global { name, value })
    }

    /// A statement becomes a function that binds globals, and a global that calls it at its time.
    fn lower_step(&mut self, module: usize, position: usize) -> Lowered<()> {
        let Some(loaded) = self.modules.get(module) else { return Ok(()) };
        let Some(stmt) = loaded.suite.get(position) else { return Ok(()) };
        let offset = self.offset_of(module, position);
        let number = loaded.steps.iter().position(|it| *it == position).unwrap_or(0) + 1;
        let key = FunctionKey { module, offset, made: Made::Step };
        let function = Body::step(self, module, &loaded.qualified(&format_smolstr!("_step_{number}")), stmt)?;
        let id = self.emit(key, function);
        let name = loaded.qualified(&format_smolstr!("_done_{number}"));
        let callee = Expr { kind: ExprKind::Function(id), at: At::default() };
        let kind = ExprKind::Call { callee: Box::new(callee), args: Args::default() };
        let value = Some(Expr { kind, at: At::default() });
        let key = GlobalKey { unbound: false, rank: loaded.rank, offset, module, name: name.clone() };
        self.globals.insert(key, Some(Global { name, value }));
        Ok(())
    }
}

fn function_in(expr: &Expr, found: &mut Vec<FunctionId>) {
    if let ExprKind::Function(id) = &expr.kind {
        found.push(*id);
    }
}

fn mock_function(mock: &Mock) -> Function {
    let value = match &mock.value {
        MockValue::Str(text) => Const::Str(SmolStr::new(text)),
        MockValue::Bool(value) => Const::Bool(*value),
    };
    let value = Expr { kind: ExprKind::Const(value), at: At::default() };
    let param = |name: &str, kind| Param { name: SmolStr::new(name), default: None, kind };
    Function {
        name: format_smolstr!("mock of {}", mock.name),
        params: vec![param("args", ParamKind::Rest), param("kwargs", ParamKind::KeywordRest)],
        locals: vec![SmolStr::new("args"), SmolStr::new("kwargs")],
        body: vec![Stmt::Return(value)],
        at: At::default(),
    }
}

/// What an assignment assigns.
pub(super) fn assigned_value(stmt: &PyStmt) -> Option<&ast::Expr> {
    match stmt {
        PyStmt::Assign(assign) => Some(&assign.value),
        PyStmt::AnnAssign(assign) => assign.value.as_deref(),
        _ => None,
    }
}

/// Whether computing a value can neither fail nor do anything: literals, displays of them, names, types.
fn is_inert(value: &ast::Expr, module: &Loaded) -> bool {
    match value {
        ast::Expr::List(it) => it.elts.iter().all(|value| is_inert(value, module)),
        ast::Expr::Tuple(it) => it.elts.iter().all(|value| is_inert(value, module)),
        // Members of sets and keys must be hashable: constants are.
        ast::Expr::Set(it) => it.elts.iter().all(ast::Expr::is_literal_expr),
        ast::Expr::Dict(it) => it
            .items
            .iter()
            .all(|item| item.key.as_ref().is_some_and(ast::Expr::is_literal_expr) && is_inert(&item.value, module)),
        ast::Expr::Subscript(it) => matches!(it.value.as_ref(), ast::Expr::Name(name)
            if is_type(module.bindings.get(name.id.as_str()))),
        ast::Expr::Name(name) => matches!(
            module.bindings.get(name.id.as_str()),
            Some(Binding::Typing | Binding::Function(_) | Binding::Library(_))
        ),
        _ => value.is_literal_expr(),
    }
}

/// Whether a binding is a type of `typing`.
fn is_type(binding: Option<&Binding>) -> bool {
    match binding {
        Some(Binding::Typing) => true,
        Some(Binding::Library(path)) => path.starts_with("typing."),
        _ => false,
    }
}

/// The slots of the parameters come first.
pub(super) fn slot(index: usize) -> Slot {
    Slot(u32::try_from(index).unwrap_or(u32::MAX))
}
