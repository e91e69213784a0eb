//! Which function of a module was defined within which: a nested one is named `outer.inner` and sees the input of the outer.

use smol_str::SmolStr;

use crate::tree::{Function, Module};

/// The function that the one at this index was defined in.
#[must_use]
pub fn parent(module: &Module, index: usize) -> Option<usize> {
    let name = &module.functions.get(index)?.name;
    let (outer, _) = name.rsplit_once('.')?;
    module.functions.iter().position(|function| function.name == outer)
}

/// The functions around the one at this index, innermost first. A name can be nested only as deep as it has parts.
pub fn ancestors(module: &Module, index: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(parent(module, index), |outer| parent(module, *outer)).take(module.functions.len())
}

/// The name under which a function reaches the input: the first parameter of the outermost function around it.
#[must_use]
pub fn input_name(module: &Module, function: &Function) -> SmolStr {
    let index = module.functions.iter().position(|other| other.name == function.name);
    let outermost = index.and_then(|index| ancestors(module, index).last());
    let owner = outermost.and_then(|index| module.functions.get(index)).unwrap_or(function);
    owner.params.first().map_or_else(|| SmolStr::new_static("resource"), |param| param.name.clone())
}
