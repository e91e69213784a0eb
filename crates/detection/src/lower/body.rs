//! The body of one function while it is lowered: its slots, its scopes, and what a name means in it.

use std::collections::{BTreeMap, BTreeSet};

use logic::tree::{Args, At, Expr, ExprKind, Function, FunctionId, Param, ParamKind, Slot, Stmt};
use smol_str::{SmolStr, format_smolstr};

use super::ENTRIES;
use super::error::{Lowered, NotLowered};
use super::known::{self, Known};
use super::modules::{Binding, Loaded};
use super::names::{Bound, mentioned_in};
use super::python::ast::{self, Stmt as PyStmt};
use super::python::{Ranged, TextRange};
use super::unit::{FunctionKey, Made, Unit, slot};

/// The most slots of a function.
const MAX_SLOTS: usize = 10_000;

/// What a name means at a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A variable of the function.
    Slot(Slot),
    /// The whole input.
    Input,
    /// A function lifted out of this one.
    Lifted(FunctionId),
    /// A module-level name that holds a value.
    Global(usize, SmolStr),
    /// A name that the unit test replaces.
    Mock(usize),
    /// Another module-level name.
    Bound(usize, SmolStr, Binding),
    /// A builtin.
    Builtin(Known),
}

/// What a lifted function sees of the one around it.
#[derive(Default, Clone)]
pub(super) struct Outer {
    /// Its variables, which cannot be used.
    pub variables: BTreeSet<SmolStr>,
    /// Functions lifted out of it, with the end of their definition.
    pub lifted: BTreeMap<SmolStr, (FunctionId, u32)>,
    /// Its imports.
    pub imports: BTreeMap<SmolStr, (Binding, u32)>,
    /// Its parameter that is the input, which is the same wherever it is read.
    pub input: Option<SmolStr>,
}

/// A function being lowered.
pub(super) struct Body<'u, 'a> {
    pub unit: &'u mut Unit<'a>,
    pub module: usize,
    pub loaded: &'a Loaded,
    /// The name of the function, for what is lifted out of it.
    pub name: SmolStr,
    /// Whether this is module-level code: what it assigns is global.
    pub module_level: bool,
    pub locals: Vec<SmolStr>,
    pub slots: BTreeMap<SmolStr, Slot>,
    pub declared_global: BTreeSet<SmolStr>,
    /// Scopes of comprehensions and lambdas, innermost last.
    pub scopes: Vec<BTreeMap<SmolStr, Slot>>,
    pub input: Option<SmolStr>,
    pub lifted: BTreeMap<SmolStr, (FunctionId, u32)>,
    /// What its imports bind, with the end of the statement.
    pub imports: BTreeMap<SmolStr, (Binding, u32)>,
    pub outer: Option<Outer>,
    /// Variables that only ever hold what was made in this function.
    pub fresh: BTreeSet<SmolStr>,
    /// The variables that hold the subjects of `match` statements, by the offset of the statement.
    pub subjects: BTreeMap<u32, SmolStr>,
    /// Loops that are open, for `break` and `continue`.
    pub loops: usize,
    /// Lambdas lifted out so far.
    pub lambdas: u32,
    /// Offsets of the `def`s that stand directly in the body.
    pub direct: BTreeSet<u32>,
}

impl<'u, 'a> Body<'u, 'a> {
    fn new(unit: &'u mut Unit<'a>, module: usize, loaded: &'a Loaded, name: SmolStr) -> Self {
        Self {
            unit,
            module,
            loaded,
            name,
            module_level: false,
            locals: Vec::new(),
            slots: BTreeMap::new(),
            declared_global: BTreeSet::new(),
            scopes: Vec::new(),
            input: None,
            lifted: BTreeMap::new(),
            imports: BTreeMap::new(),
            outer: None,
            fresh: BTreeSet::new(),
            subjects: BTreeMap::new(),
            loops: 0,
            lambdas: 0,
            direct: BTreeSet::new(),
        }
    }

    fn at_module_level(unit: &'u mut Unit<'a>, module: usize, name: SmolStr) -> Lowered<Self> {
        let modules = unit.modules;
        match modules.get(module) {
            Some(loaded) => {
                let mut body = Self::new(unit, module, loaded, name);
                body.module_level = true;
                Ok(body)
            }
            None => Err(NotLowered::new("a module", "it is not loaded", "", "", TextRange::default())),
        }
    }

    /// A function of a module.
    pub fn function(unit: &'u mut Unit<'a>, module: usize, def: &'a ast::StmtFunctionDef) -> Lowered<Function> {
        let mut body = Self::at_module_level(unit, module, SmolStr::new(def.name.as_str()))?;
        body.module_level = false;
        body.definition(def)
    }

    /// A function lifted out of another.
    pub fn lifted(
        unit: &'u mut Unit<'a>,
        module: usize,
        name: SmolStr,
        outer: Outer,
        def: &'a ast::StmtFunctionDef,
    ) -> Lowered<Function> {
        let mut body = Self::at_module_level(unit, module, name)?;
        body.module_level = false;
        body.outer = Some(outer);
        body.definition(def)
    }

    /// A lambda lifted out of a function.
    pub fn for_lambda(unit: &'u mut Unit<'a>, module: usize, name: SmolStr, outer: Outer) -> Lowered<Self> {
        let mut body = Self::at_module_level(unit, module, name)?;
        body.module_level = false;
        body.outer = Some(outer);
        Ok(body)
    }

    /// The value of a module-level name. One that needs variables becomes a function of its own.
    pub fn value(
        unit: &'u mut Unit<'a>,
        module: usize,
        name: &str,
        value: &'a ast::Expr,
        offset: u32,
    ) -> Lowered<Expr> {
        let mut body = Self::at_module_level(unit, module, SmolStr::new(name))?;
        let value = body.expr(value)?;
        if body.locals.is_empty() {
            return Ok(value);
        }
        let at = value.at;
        let function = Function {
            name: body.loaded.qualified(&format_smolstr!("_value_{name}")),
            params: Vec::new(),
            locals: std::mem::take(&mut body.locals),
            body: vec![Stmt::Return(value)],
            at,
        };
        let id = body.unit.emit(FunctionKey { module, offset, made: Made::Value }, function);
        let callee = Box::new(Expr { kind: ExprKind::Function(id), at });
        Ok(Expr { kind: ExprKind::Call { callee, args: Args::default() }, at })
    }

    /// A module-level statement as a function.
    pub fn step(unit: &'u mut Unit<'a>, module: usize, name: &str, stmt: &'a PyStmt) -> Lowered<Function> {
        let mut body = Self::at_module_level(unit, module, SmolStr::new(name))?;
        if let Some((construct, range)) = Bound::of(std::slice::from_ref(stmt)).refused {
            return Err(body.refuse(construct, "the tree has no such thing", range));
        }
        let mut statements = Vec::new();
        body.stmt(stmt, &mut statements)?;
        let at = body.at(stmt.range());
        Ok(Function { name: SmolStr::new(name), params: Vec::new(), locals: body.locals, body: statements, at })
    }

    /// What an imported name begins as, where a function rebinds it.
    pub fn imported(unit: &'u mut Unit<'a>, module: usize, binding: &Binding) -> Lowered<Expr> {
        let mut body = Self::at_module_level(unit, module, SmolStr::default())?;
        body.bound(module, "", binding, TextRange::default())
    }

    fn definition(mut self, def: &'a ast::StmtFunctionDef) -> Lowered<Function> {
        if let Some(decorator) = def.decorator_list.first() {
            return Err(self.refuse("decorators", "what they return is not visible", decorator.range()));
        }
        if def.is_async {
            return Err(self.refuse("`async`", "the tree has no coroutines", def.name.range()));
        }
        if def.type_params.is_some() {
            return Err(self.refuse("type parameters", "Python 3.11 has none", def.name.range()));
        }
        let bound = Bound::of(&def.body);
        if let Some((construct, range)) = bound.refused {
            return Err(self.refuse(construct, "the tree has no such thing", range));
        }
        if let Some((name, range)) = bound.late_global() {
            return Err(self.refuse(format!("`global {name}`"), "the name is used before it", range));
        }
        let params = self.params(&def.parameters)?;
        self.input = self.input_of(def, &bound);
        self.bind(def, &bound)?;
        let body = self.block(&def.body)?;
        let at = self.at(def.name.range());
        let name = self.loaded.qualified(&self.name);
        Ok(Function { name, params, locals: self.locals, body, at })
    }

    pub fn params(&mut self, parameters: &'a ast::Parameters) -> Lowered<Vec<Param>> {
        if let Some(parameter) = parameters.posonlyargs.first() {
            return Err(self.refuse("positional-only parameters", "the tree has none", parameter.range()));
        }
        let mut params = Vec::new();
        for parameter in &parameters.args {
            params.push(self.param(&parameter.parameter, parameter.default(), ParamKind::Normal)?);
        }
        if let Some(parameter) = &parameters.vararg {
            params.push(self.param(parameter, None, ParamKind::Rest)?);
        }
        for parameter in &parameters.kwonlyargs {
            params.push(self.param(&parameter.parameter, parameter.default(), ParamKind::KeywordOnly)?);
        }
        if let Some(parameter) = &parameters.kwarg {
            params.push(self.param(parameter, None, ParamKind::KeywordRest)?);
        }
        Ok(params)
    }

    fn param(
        &mut self,
        parameter: &'a ast::Parameter,
        default: Option<&'a ast::Expr>,
        kind: ParamKind,
    ) -> Lowered<Param> {
        let name = SmolStr::new(parameter.name.as_str());
        if self.slots.contains_key(&name) {
            return Err(self.refuse(format!("two parameters named `{name}`"), "Python refuses it", parameter.range()));
        }
        let default = match default {
            Some(default) => {
                if self.outer.is_some() && !default.is_literal_expr() {
                    let construct = "a computed default of a nested function";
                    return Err(self.refuse(construct, "it is computed each time", default.range()));
                }
                self.check_default(default)?;
                let (module, modules) = (self.module, self.name.clone());
                let mut body = Body::at_module_level(self.unit, module, modules)?;
                let value = body.expr(default)?;
                if !body.locals.is_empty() {
                    let construct = "a comprehension in a default";
                    return Err(self.refuse(construct, "it needs variables outside a function", default.range()));
                }
                Some(value)
            }
            None => None,
        };
        let slot = self.new_slot(&name, parameter.range())?;
        self.slots.insert(name.clone(), slot);
        Ok(Param { name, default, kind })
    }

    /// A default is computed when the function is defined: what it names must have its final value by then.
    fn check_default(&self, default: &'a ast::Expr) -> Lowered<()> {
        let offset = default.range().start();
        for name in mentioned_in(default) {
            let early = match self.loaded.bindings.get(&name) {
                Some(Binding::Value(position) | Binding::Function(position)) => {
                    self.loaded.suite.get(*position).is_none_or(|stmt| stmt.range().start() > offset)
                }
                Some(Binding::Computed) => true,
                _ => false,
            };
            if early || self.loaded.rebound.contains(&name) {
                let construct = format!("a default that names `{name}`");
                return Err(self.refuse(construct, "the name is bound later, or again", default.range()));
            }
        }
        Ok(())
    }

    /// The parameter that can be read as the input itself: the first one of an entry function that never rebinds it.
    fn input_of(&self, def: &ast::StmtFunctionDef, bound: &Bound<'_>) -> Option<SmolStr> {
        let name = def.name.as_str();
        if self.module != 0 || self.outer.is_some() || !ENTRIES.contains(&name) || !self.unit.reads_in_place(name) {
            return None;
        }
        let parameter = def.parameters.args.first()?;
        let name = SmolStr::new(parameter.name().as_str());
        let rebound = bound.assigned.contains(&name) || bound.globals.contains_key(&name);
        (parameter.default.is_none() && !rebound).then_some(name)
    }

    /// Gives every name that the body binds its slot or its other meaning.
    fn bind(&mut self, def: &'a ast::StmtFunctionDef, bound: &Bound<'a>) -> Lowered<()> {
        for (name, range) in &bound.globals {
            if self.slots.contains_key(name) {
                return Err(self.refuse(format!("`global {name}`"), "it is a parameter", *range));
            }
            self.declared_global.insert(name.clone());
        }
        if let Some(name) = bound.subjects.values().find(|name| bound.times.get(*name).is_some_and(|times| *times > 1))
        {
            return Err(self.refuse(format!("`{name}` beside `match`"), "the name is taken", def.name.range()));
        }
        self.subjects.clone_from(&bound.subjects);
        self.direct =
            def.body.iter().filter(|stmt| stmt.is_function_def_stmt()).map(|it| it.start().to_u32()).collect();
        for stmt in &bound.imports {
            let offset = stmt.range().start().to_u32();
            for (name, binding) in self.loaded.local_imports.get(&offset).into_iter().flatten() {
                let again = self.imports.contains_key(name) || bound.times.contains_key(name);
                if again || self.slots.contains_key(name) || self.declared_global.contains(name) {
                    let construct = format!("`{name}` bound twice");
                    return Err(self.refuse(construct, "an import is one of the two", stmt.range()));
                }
                if !def.body.iter().any(|direct| direct.range() == stmt.range()) {
                    return Err(self.refuse(
                        "conditional imports",
                        "whether the name is bound depends on time",
                        stmt.range(),
                    ));
                }
                self.imports.insert(name.clone(), (binding.clone(), stmt.range().end().to_u32()));
            }
        }
        for function in &bound.functions {
            let name = SmolStr::new(function.name.as_str());
            let again = bound.times.get(&name).copied().unwrap_or(0) > 1 || self.slots.contains_key(&name);
            if again || self.declared_global.contains(&name) || !self.direct.contains(&function.start().to_u32()) {
                return Err(self.refuse(
                    "a function defined conditionally or twice",
                    "which is meant depends on time",
                    function.name.range(),
                ));
            }
            let key = FunctionKey { module: self.module, offset: function.start().to_u32(), made: Made::Lifted };
            let id = self.unit.function_id(&key);
            self.lifted.insert(name, (id, function.end().to_u32()));
        }
        for name in &bound.assigned {
            if self.slots.contains_key(name) || self.declared_global.contains(name) || self.lifted.contains_key(name) {
                continue;
            }
            let slot = self.new_slot(name, def.name.range())?;
            self.slots.insert(name.clone(), slot);
        }
        // Whether a value is fresh depends on what names mean, so on all slots.
        for name in &bound.assigned {
            if def.parameters.includes(name) {
                continue;
            }
            let values = bound.values.get(name).map(Vec::as_slice).unwrap_or_default();
            if values.iter().all(|value| value.is_some_and(|value| self.is_fresh(value))) {
                self.fresh.insert(name.clone());
            }
        }
        Ok(())
    }

    /// A new variable of the function.
    pub fn new_slot(&mut self, name: &str, range: TextRange) -> Lowered<Slot> {
        if self.locals.len() >= MAX_SLOTS {
            return Err(self.refuse("variables", format!("more than {MAX_SLOTS} in one function"), range));
        }
        let slot = slot(self.locals.len());
        self.locals.push(SmolStr::new(name));
        Ok(slot)
    }

    /// What a name means where it stands.
    pub fn meaning(&self, name: &str, range: TextRange) -> Lowered<Meaning> {
        if let Some(slot) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return Ok(Meaning::Slot(*slot));
        }
        if let Some(meaning) = self.local_meaning(name, range)? {
            return Ok(meaning);
        }
        self.module_meaning(self.module, name, range)
    }

    fn local_meaning(&self, name: &str, range: TextRange) -> Lowered<Option<Meaning>> {
        if self.declared_global.contains(name) {
            return Ok(None);
        }
        if self.input.as_deref() == Some(name) {
            return Ok(Some(Meaning::Input));
        }
        if let Some(slot) = self.slots.get(name) {
            return Ok(Some(Meaning::Slot(*slot)));
        }
        if let Some((id, end)) = self.lifted.get(name) {
            return self.lifted_meaning(name, *id, *end, range).map(Some);
        }
        if let Some((binding, end)) = self.imports.get(name) {
            if range.start().to_u32() < *end {
                return Err(self.refuse(format!("`{name}` used before its import"), "it has no value yet", range));
            }
            return Ok(Some(Meaning::Bound(self.module, SmolStr::new(name), binding.clone())));
        }
        let Some(outer) = &self.outer else { return Ok(None) };
        if outer.input.as_deref() == Some(name) {
            return Ok(Some(Meaning::Input));
        }
        if outer.variables.contains(name) {
            let construct = "a nested function that uses a variable of the enclosing one";
            return Err(self.refuse(construct, format!("`{name}` would have to outlive its function"), range));
        }
        if let Some((id, end)) = outer.lifted.get(name) {
            return self.lifted_meaning(name, *id, *end, range).map(Some);
        }
        let binding = outer.imports.get(name);
        Ok(binding.map(|(binding, _)| Meaning::Bound(self.module, SmolStr::new(name), binding.clone())))
    }

    /// A lifted function may be used after its definition, and within it.
    fn lifted_meaning(&self, name: &str, id: FunctionId, end: u32, range: TextRange) -> Lowered<Meaning> {
        let within = self.outer.is_some() && self.name.ends_with(&format!(".{name}"));
        if range.start().to_u32() < end && !within {
            return Err(self.refuse(
                format!("`{name}` used before its definition"),
                "Python has no value for it yet",
                range,
            ));
        }
        Ok(Meaning::Lifted(id))
    }

    /// What a module-level name means.
    pub fn module_meaning(&self, module: usize, name: &str, range: TextRange) -> Lowered<Meaning> {
        let Some(loaded) = self.unit.modules.get(module) else {
            return Err(self.refuse(format!("`{name}`"), "its module is not loaded", range));
        };
        if module == 0
            && !self.module_level
            && let Some(index) = self.unit.mock(name)
        {
            return Ok(Meaning::Mock(index));
        }
        match loaded.bindings.get(name) {
            Some(Binding::Value(_) | Binding::Computed) => Ok(Meaning::Global(module, SmolStr::new(name))),
            _ if loaded.rebound.contains(name) => Ok(Meaning::Global(module, SmolStr::new(name))),
            Some(binding) => Ok(Meaning::Bound(module, SmolStr::new(name), binding.clone())),
            None => match known::builtin(name) {
                Some(known) => Ok(Meaning::Builtin(known)),
                None => {
                    Err(self.refuse(format!("`{name}`"), "it is neither bound here nor a supported builtin", range))
                }
            },
        }
    }

    /// A name as an expression.
    pub fn name(&mut self, name: &str, range: TextRange) -> Lowered<Expr> {
        let meaning = self.meaning(name, range)?;
        self.named(&meaning, range)
    }

    /// A meaning as an expression.
    pub fn named(&mut self, meaning: &Meaning, range: TextRange) -> Lowered<Expr> {
        let kind = match meaning {
            Meaning::Slot(slot) => ExprKind::Local(*slot),
            Meaning::Input => ExprKind::Input,
            Meaning::Lifted(id) => ExprKind::Function(*id),
            Meaning::Global(module, name) => ExprKind::Global(self.unit.global(*module, name)),
            Meaning::Mock(index) => ExprKind::Global(self.unit.mocked(*index)),
            Meaning::Bound(module, name, binding) => return self.bound(*module, name, binding, range),
            Meaning::Builtin(known) => return self.known(known.clone(), range),
        };
        Ok(Expr { kind, at: self.at(range) })
    }

    /// A module-level binding as an expression.
    pub fn bound(&mut self, module: usize, name: &str, binding: &Binding, range: TextRange) -> Lowered<Expr> {
        match binding {
            Binding::Function(position) => {
                if module == 0 && ENTRIES.contains(&name) {
                    self.unit.share(name);
                }
                let id = self.unit.function(module, *position);
                Ok(Expr { kind: ExprKind::Function(id), at: self.at(range) })
            }
            Binding::Value(_) | Binding::Computed => {
                let id = self.unit.global(module, name);
                Ok(Expr { kind: ExprKind::Global(id), at: self.at(range) })
            }
            Binding::Library(path) => match known::library(path) {
                Some(known) => self.known(known, range),
                None => Err(self.refuse(format!("`{path}`"), "it is not among the supported library functions", range)),
            },
            Binding::Module(_) => Err(self.refuse("a module as a value", "only its parts have a meaning", range)),
            Binding::Helper(helper, name) => {
                let meaning = self.helper_meaning(*helper, name, range)?;
                self.named(&meaning, range)
            }
            Binding::Magic => Err(self.refuse("`MagicMock` as a value", "it is for tests", range)),
            Binding::Typing => Err(self.refuse("a type of `typing` as a value", "it is for annotations", range)),
            Binding::Refused(construct, why) => Err(self.refuse(construct.clone(), *why, range)),
        }
    }

    /// What a name imported from a helper means.
    pub fn helper_meaning(&self, helper: usize, name: &str, range: TextRange) -> Lowered<Meaning> {
        let Some(loaded) = self.unit.modules.get(helper) else {
            return Err(self.refuse(format!("`{name}`"), "its module is not loaded", range));
        };
        if loaded.rebound.contains(name) {
            let construct = format!("`{name}` of another module");
            return Err(self.refuse(construct, "that module binds it again while it runs", range));
        }
        match loaded.bindings.get(name) {
            Some(Binding::Value(_) | Binding::Computed) => Ok(Meaning::Global(helper, SmolStr::new(name))),
            Some(binding) => Ok(Meaning::Bound(helper, SmolStr::new(name), binding.clone())),
            None => Err(self.refuse(format!("`{name}`"), format!("`{}` does not define it", loaded.path), range)),
        }
    }

    pub fn known(&mut self, known: Known, range: TextRange) -> Lowered<Expr> {
        let kind = match known {
            Known::Callable(name) => ExprKind::Callable(name),
            Known::Class(name) => ExprKind::Class(name),
            Known::Module => return Err(self.refuse("a module as a value", "only its parts have a meaning", range)),
            Known::Typing => {
                return Err(self.refuse("a type of `typing` as a value", "it is for annotations", range));
            }
        };
        Ok(Expr { kind, at: self.at(range) })
    }

    /// What a lifted function sees of this one.
    pub fn outer(&self) -> Outer {
        let mut outer = self.outer.clone().unwrap_or_default();
        outer.variables.extend(self.slots.keys().cloned());
        outer.variables.extend(self.scopes.iter().flat_map(|scope| scope.keys().cloned()));
        for (name, lifted) in &self.lifted {
            outer.lifted.insert(name.clone(), *lifted);
        }
        for (name, binding) in &self.imports {
            outer.imports.insert(name.clone(), binding.clone());
        }
        if let Some(input) = &self.input {
            outer.input = Some(input.clone());
        }
        outer
    }

    /// A place.
    pub fn at(&self, range: TextRange) -> At {
        At {
            file: u16::try_from(self.module).unwrap_or(u16::MAX),
            start: range.start().to_u32(),
            end: range.end().to_u32(),
        }
    }

    /// Refuses a construct.
    pub fn refuse(&self, construct: impl Into<String>, why: impl Into<String>, range: TextRange) -> Box<NotLowered> {
        self.loaded.refuse(construct, why, range)
    }
}
