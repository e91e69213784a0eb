//! What the functions, module-level names and library names of a module are called in its printed form.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Expr, ExprKind, FunctionId, GlobalId, Module, Stmt};
use crate::walk;

/// Classes of the builtins: a dotted name that begins with one needs no import.
const BUILTIN_CLASSES: [&str; 13] = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "set",
    "str",
    "tuple",
];

/// Library modules within packages; of any other dotted name the first part is the module.
const SUBMODULES: [&str; 7] = [
    "collections.abc",
    "email.utils",
    "importlib.metadata",
    "json.decoder",
    "os.path",
    "unittest.mock",
    "urllib.parse",
];

/// The names under which a module prints.
pub(super) struct Names {
    globals: Vec<String>,
    functions: Vec<String>,
    /// Library module → the name it is imported under.
    imports: BTreeMap<String, String>,
}

impl Names {
    /// Chooses them: a helper's name loses its module's prefix unless that would make it clash.
    pub(super) fn new(module: &Module) -> Self {
        let written = || {
            let globals = module.globals.iter().map(|global| global.name.as_str());
            globals.chain(module.functions.iter().map(|function| function.name.as_str()))
        };
        let mut taken: BTreeSet<String> = written().filter(|name| !name.contains('.')).map(str::to_owned).collect();
        let locals = module.functions.iter().flat_map(|function| &function.locals);
        taken.extend(locals.map(ToString::to_string));
        let mut short: BTreeMap<&str, String> = BTreeMap::new();
        for name in written().filter(|name| name.contains('.')) {
            let chosen = free_name(&identifier(name.rsplit('.').next().unwrap_or(name)), &identifier(name), &taken);
            taken.insert(chosen.clone());
            short.insert(name, chosen);
        }
        let shown = |name: &str| short.get(name).cloned().unwrap_or_else(|| identifier(name));
        let globals = module.globals.iter().map(|global| shown(&global.name)).collect();
        let functions = module.functions.iter().map(|function| shown(&function.name)).collect();
        let mut imports = BTreeMap::new();
        for root in library_modules(module) {
            let mut alias = root.clone();
            if taken.contains(root.split('.').next().unwrap_or(&root)) {
                alias = free_name(&format!("{}_module", root.replace('.', "_")), "", &taken);
                taken.insert(alias.clone());
            }
            imports.insert(root, alias);
        }
        Self { globals, functions, imports }
    }

    pub(super) fn global(&self, id: GlobalId) -> &str {
        self.globals.get(id.0 as usize).map_or("_", String::as_str)
    }

    pub(super) fn function(&self, id: FunctionId) -> &str {
        self.functions.get(id.0 as usize).map_or("_", String::as_str)
    }

    /// A library or builtin name as it is reached through the imports.
    pub(super) fn library(&self, path: &str) -> String {
        match library_module(path).and_then(|module| Some((module, self.imports.get(module)?))) {
            Some((module, alias)) => format!("{alias}{}", &path[module.len()..]),
            None => path.to_owned(),
        }
    }

    /// The import lines, sorted.
    pub(super) fn import_lines(&self) -> Vec<String> {
        let line = |(module, alias): (&String, &String)| match module == alias {
            true => format!("import {module}"),
            false => format!("import {module} as {alias}"),
        };
        self.imports.iter().map(line).collect()
    }
}

/// The name with `_` for what cannot stand in one: what stands in for a mocked name is called `mock of it`.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

fn free_name(preferred: &str, second: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|n: u32| format!("{preferred}_{n}"));
    let candidates = [preferred, second].into_iter().filter(|name| !name.is_empty()).map(str::to_owned).chain(numbered);
    candidates.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}

/// The library module that a canonical name belongs to; `None` for a builtin.
fn library_module(path: &str) -> Option<&str> {
    let (root, _) = path.split_once('.')?;
    if BUILTIN_CLASSES.contains(&root) {
        return None;
    }
    let within = |module: &&&str| path.strip_prefix(**module).is_some_and(|rest| rest.starts_with('.'));
    Some(SUBMODULES.iter().find(within).map_or(root, |module| &path[..module.len()]))
}

fn library_modules(module: &Module) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |path: &str| found.extend(library_module(path).map(str::to_owned));
    let mut in_expression = |expr: &Expr| {
        if let ExprKind::Callable(path) | ExprKind::Class(path) = &expr.kind {
            note(path);
        }
    };
    for global in &module.globals {
        global.value.iter().for_each(|value| walk::expressions(value, &mut in_expression));
    }
    for function in &module.functions {
        let defaults = function.params.iter().filter_map(|param| param.default.as_ref());
        defaults.for_each(|default| walk::expressions(default, &mut in_expression));
        walk::block_expressions(&function.body, &mut in_expression);
    }
    for function in &module.functions {
        walk::statements(&function.body, &mut |stmt| {
            if let Stmt::Try { handlers, .. } = stmt {
                handlers.iter().flat_map(|handler| &handler.classes).for_each(|class| note(class));
            }
        });
    }
    found
}
