//! The modules of a detection: its own file and the helper files it imports, each with what its names are bound to.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use smol_str::SmolStr;

use super::error::{Lowered, NotLowered};
use super::known::{self, Known};
use super::names::Bound;
use super::outline::{self, Outline};
use super::python::ast::{self, Expr, Stmt};
use super::python::{self, Ranged, SyntaxError, TextRange};

/// Where helper modules come from.
pub trait Helpers {
    /// The path and text of the module of that name.
    fn find(&self, module: &str) -> Option<Helper>;

    /// The module of that name, parsed. Who lowers many detections keeps it.
    fn parsed(&self, module: &str) -> Option<Rc<ParsedHelper>> {
        self.find(module).map(|helper| Rc::new(ParsedHelper::new(helper)))
    }
}

/// A helper module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Its path, for messages.
    pub path: String,
    /// Its source text.
    pub source: String,
}

/// A module with its syntax tree: a helper, or a detection's own.
#[derive(Debug)]
pub struct ParsedHelper {
    path: String,
    source: Rc<str>,
    suite: Result<Rc<ast::Suite>, SyntaxError>,
}

impl ParsedHelper {
    /// Parses a module.
    #[must_use]
    pub fn new(helper: Helper) -> Self {
        let suite = python::parse(&helper.source).map(Rc::new);
        Self { path: helper.path, source: Rc::from(helper.source), suite }
    }

    /// Its path, for messages.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the module offers.
    ///
    /// # Errors
    /// The first syntax error.
    pub fn outline(&self) -> Result<Outline, SyntaxError> {
        self.suite.as_ref().map(|suite| outline::of_suite(suite, &self.source)).map_err(Clone::clone)
    }
}

/// No helpers at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHelpers;

impl Helpers for NoHelpers {
    fn find(&self, _: &str) -> Option<Helper> {
        None
    }
}

/// How many modules a detection may reach.
const MAX_MODULES: usize = 64;

/// The name of the data model among the modules: no import can mean it.
const MODEL: &str = "data model";

/// What a module-level name is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binding {
    /// The `def` at that index of the module's statements.
    Function(usize),
    /// The assignment at that index, the only one.
    Value(usize),
    /// Bound by the module's [`Loaded::steps`].
    Computed,
    /// A dotted library path.
    Library(SmolStr),
    /// A helper module.
    Module(usize),
    /// A name of a helper module.
    Helper(usize, SmolStr),
    /// `unittest.mock.MagicMock`: a class that nothing outside tests is an instance of.
    Magic,
    /// Only for annotations.
    Typing,
    /// Cannot be used: what, why.
    Refused(String, &'static str),
}

/// A parsed module.
pub(super) struct Loaded {
    /// The prefix of its names; `None` for the detection's own module.
    pub name: Option<SmolStr>,
    pub path: String,
    pub source: Rc<str>,
    pub suite: Rc<ast::Suite>,
    pub bindings: BTreeMap<SmolStr, Binding>,
    /// Names that its functions rebind with `global`.
    pub rebound: BTreeSet<SmolStr>,
    /// Statements that compute module-level values in other ways than one assignment of one name.
    pub steps: Vec<usize>,
    /// What the imports within functions bind, by the offset of the statement.
    pub local_imports: BTreeMap<u32, Vec<(SmolStr, Binding)>>,
    /// Its place in the order of execution.
    pub rank: usize,
}

impl Loaded {
    pub fn refuse(&self, construct: impl Into<String>, why: impl Into<String>, range: TextRange) -> Box<NotLowered> {
        NotLowered::new(construct, why, &self.path, &self.source, range)
    }

    /// The name of something of this module, as it stands in the tree.
    pub fn qualified(&self, name: &str) -> SmolStr {
        match &self.name {
            Some(module) => smol_str::format_smolstr!("{module}.{name}"),
            None => SmolStr::new(name),
        }
    }
}

/// Loads a module and all that it imports; the own module is the first.
pub(super) struct Loader<'h> {
    pub modules: Vec<Loaded>,
    helpers: &'h dyn Helpers,
    by_name: BTreeMap<String, usize>,
    next_rank: usize,
    open: Vec<usize>,
}

impl<'h> Loader<'h> {
    /// The modules, and which of them is the data model.
    pub fn load(
        own: &ParsedHelper,
        helpers: &'h dyn Helpers,
        model: Option<&ParsedHelper>,
    ) -> Lowered<(Vec<Loaded>, Option<usize>)> {
        let mut loader =
            Self { modules: Vec::new(), helpers, by_name: BTreeMap::new(), next_rank: 0, open: Vec::new() };
        loader.module(None, own)?;
        let model = model.map(|model| loader.module(Some(MODEL), model)).transpose()?;
        Ok((loader.modules, model))
    }

    fn module(&mut self, name: Option<&str>, parsed: &ParsedHelper) -> Lowered<usize> {
        let suite = parsed.suite.as_ref().map_err(|error| {
            let range = TextRange::new(error.start.into(), error.end.max(error.start).into());
            NotLowered::new("a syntax error", &error.message, &parsed.path, &parsed.source, range)
        })?;
        let index = self.modules.len();
        self.modules.push(Loaded {
            name: name.map(SmolStr::new),
            path: parsed.path.clone(),
            source: Rc::clone(&parsed.source),
            suite: Rc::clone(suite),
            bindings: BTreeMap::new(),
            steps: Vec::new(),
            local_imports: BTreeMap::new(),
            rebound: BTreeSet::new(),
            rank: usize::MAX,
        });
        if self.modules.len() > MAX_MODULES {
            return Err(self.refuse(
                index,
                "imports",
                format!("more than {MAX_MODULES} modules"),
                TextRange::default(),
            ));
        }
        self.open.push(index);
        self.bind_all(index)?;
        self.open.pop();
        if let Some(module) = self.modules.get_mut(index) {
            module.rank = self.next_rank;
            self.next_rank += 1;
        }
        Ok(index)
    }

    fn refuse(
        &self,
        module: usize,
        what: impl Into<String>,
        why: impl Into<String>,
        range: TextRange,
    ) -> Box<NotLowered> {
        match self.modules.get(module) {
            Some(module) => module.refuse(what, why, range),
            None => NotLowered::new(what, why, "", "", range),
        }
    }

    fn bind_all(&mut self, index: usize) -> Lowered<()> {
        let Some(suite) = self.modules.get(index).map(|module| Rc::clone(&module.suite)) else { return Ok(()) };
        self.bind_suite(index, &suite)
    }

    fn bind_suite(&mut self, index: usize, suite: &[Stmt]) -> Lowered<()> {
        let times = Bound::of(suite).times;
        let mut bindings = BTreeMap::new();
        let mut steps = Vec::new();
        for (position, stmt) in suite.iter().enumerate() {
            match stmt {
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let (name, binding) = self.import(index, alias)?;
                        self.add(index, &mut bindings, name, binding, stmt.range())?;
                    }
                }
                Stmt::ImportFrom(import) => {
                    for (name, binding) in self.import_from(index, import)? {
                        self.add(index, &mut bindings, name, binding, stmt.range())?;
                    }
                }
                Stmt::FunctionDef(function) => {
                    let name = SmolStr::new(function.name.as_str());
                    self.add(index, &mut bindings, name, Binding::Function(position), function.name.range())?;
                    self.function_names(index, &function.body)?;
                }
                Stmt::ClassDef(class) => {
                    let name = SmolStr::new(class.name.as_str());
                    let binding =
                        Binding::Refused("class definitions".to_owned(), "the tree has no classes of its own");
                    self.add(index, &mut bindings, name, binding, class.name.range())?;
                }
                Stmt::Expr(it) if is_harmless(&it.value) => {}
                Stmt::AnnAssign(it) if it.value.is_none() => {}
                Stmt::Pass(_) => {}
                Stmt::If(it) if is_never(&it.test) && it.elif_else_clauses.is_empty() => {}
                Stmt::TypeAlias(_) => {}
                _ => match single_assignment(stmt) {
                    Some(name) if times.get(name).copied().unwrap_or(0) <= 1 => {
                        let name = SmolStr::new(name);
                        self.add(index, &mut bindings, name, Binding::Value(position), stmt.range())?;
                    }
                    _ => {
                        for name in Bound::of(std::slice::from_ref(stmt)).assigned {
                            self.add_computed(index, &mut bindings, name, stmt.range())?;
                        }
                        steps.push(position);
                    }
                },
            }
        }
        if let Some(module) = self.modules.get_mut(index) {
            module.bindings = bindings;
            module.steps = steps;
        }
        Ok(())
    }

    /// Resolves the imports within a function, so that lowering needs to load nothing, and notes what it rebinds.
    fn function_names(&mut self, index: usize, body: &[Stmt]) -> Lowered<()> {
        let bound = Bound::of(body);
        for stmt in &bound.imports {
            let bindings = match stmt {
                Stmt::Import(import) => {
                    import.names.iter().map(|alias| self.import(index, alias)).collect::<Lowered<Vec<_>>>()?
                }
                Stmt::ImportFrom(import) => self.import_from(index, import)?,
                _ => continue,
            };
            if let Some(module) = self.modules.get_mut(index) {
                module.local_imports.insert(stmt.range().start().to_u32(), bindings);
            }
        }
        if let Some(module) = self.modules.get_mut(index) {
            module.rebound.extend(bound.globals.keys().cloned());
        }
        for function in bound.functions {
            self.function_names(index, &function.body)?;
        }
        Ok(())
    }

    fn add(
        &self,
        index: usize,
        bindings: &mut BTreeMap<SmolStr, Binding>,
        name: SmolStr,
        binding: Binding,
        range: TextRange,
    ) -> Lowered<()> {
        match bindings.get(&name) {
            Some(existing) if *existing != binding && !matches!(binding, Binding::Typing) => Err(self.refuse(
                index,
                format!("`{name}` bound twice"),
                "which of the two is meant depends on time",
                range,
            )),
            _ => {
                bindings.insert(name, binding);
                Ok(())
            }
        }
    }

    fn add_computed(
        &self,
        index: usize,
        bindings: &mut BTreeMap<SmolStr, Binding>,
        name: SmolStr,
        range: TextRange,
    ) -> Lowered<()> {
        self.add(index, bindings, name, Binding::Computed, range)
    }

    /// `import a.b`, `import a.b as c`.
    fn import(&mut self, index: usize, alias: &ast::Alias) -> Lowered<(SmolStr, Binding)> {
        let path = alias.name.as_str();
        let bound = match &alias.asname {
            Some(name) => (SmolStr::new(name.as_str()), path),
            // `import a.b` binds `a`.
            None => {
                let root = path.split('.').next().unwrap_or(path);
                (SmolStr::new(root), root)
            }
        };
        let binding = match self.helper(index, path, alias.range())? {
            Some(module) => Binding::Module(module),
            None => of_library(bound.1, path),
        };
        Ok((bound.0, binding))
    }

    /// `from a import b as c`.
    fn import_from(&mut self, index: usize, import: &ast::StmtImportFrom) -> Lowered<Vec<(SmolStr, Binding)>> {
        let Some(module) = import.module.as_ref().filter(|_| import.level == 0) else {
            return Err(self.refuse(index, "relative imports", "detections are not packages", import.range()));
        };
        if module.as_str() == "__future__" {
            return Ok(Vec::new());
        }
        let helper = self.helper(index, module, import.range())?;
        let mut bindings = Vec::new();
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                return Err(self.refuse(index, "star imports", "the names are not visible", import.range()));
            }
            let binding = match helper {
                Some(helper) => Binding::Helper(helper, SmolStr::new(name)),
                None if module.as_str() == "unittest.mock" && matches!(name, "MagicMock" | "Mock") => Binding::Magic,
                None => {
                    let path = format!("{module}.{name}");
                    of_library(&path, module)
                }
            };
            bindings.push((SmolStr::new(alias.asname.as_ref().unwrap_or(&alias.name).as_str()), binding));
        }
        Ok(bindings)
    }

    /// The helper module of that name, loaded if it is not yet.
    fn helper(&mut self, importer: usize, name: &str, range: TextRange) -> Lowered<Option<usize>> {
        if let Some(index) = self.by_name.get(name) {
            if self.open.contains(index) {
                return Err(self.refuse(importer, "circular imports", format!("`{name}` is being imported"), range));
            }
            return Ok(Some(*index));
        }
        // A library module cannot be replaced by a file: Python finds its own first.
        if known::library(name).is_some() {
            return Ok(None);
        }
        let Some(helper) = self.helpers.parsed(name) else { return Ok(None) };
        self.by_name.insert(name.to_owned(), self.modules.len());
        self.module(Some(name), &helper).map(Some)
    }
}

/// What an import of a library name binds; `module` is what the message names.
fn of_library(path: &str, module: &str) -> Binding {
    match known::library(path) {
        Some(Known::Typing) => Binding::Typing,
        Some(_) => Binding::Library(SmolStr::new(path)),
        None => {
            let root = path.split('.').next().unwrap_or(path);
            match known::library(module) {
                // A part of a known module that is not implemented.
                Some(Known::Module) => {
                    Binding::Refused(format!("`{path}`"), "it is not among the supported library functions")
                }
                _ if known::library(root).is_some() => Binding::Library(SmolStr::new(path)),
                _ => Binding::Refused(format!("import of {module}"), "it is not among the supported library modules"),
            }
        }
    }
}

/// The name that a plain assignment binds.
fn single_assignment(stmt: &Stmt) -> Option<&str> {
    match stmt {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some(name.id.as_str()),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match assign.target.as_ref() {
            Expr::Name(name) => Some(name.id.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// A doc string or another constant.
fn is_harmless(value: &Expr) -> bool {
    value.is_literal_expr()
}

/// A test that is false when a pack is run: `TYPE_CHECKING`, `__name__ == "__main__"`.
fn is_never(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        Expr::Compare(compare) => matches!(
            (compare.left.as_ref(), compare.ops.as_ref(), compare.comparators.as_ref()),
            (Expr::Name(name), [ast::CmpOp::Eq], [Expr::StringLiteral(text)])
                if name.id.as_str() == "__name__" && text.value.to_str() == "__main__"
        ),
        _ => false,
    }
}
