//! What a call passes, and how it reaches parameters.

use smol_str::SmolStr;

use super::code::{Args, Function};
use super::machine::Machine;
use crate::class;
use crate::containers::{Entries, Key};
use crate::stop::{R, Stop};
use crate::tree::ParamKind;
use crate::value::Value;

/// The arguments of a call.
#[derive(Debug, Default, Clone)]
pub(crate) struct Call {
    pub(crate) args: Vec<Value>,
    pub(crate) keyword: Vec<(SmolStr, Value)>,
}

impl Call {
    pub(crate) fn of(args: Vec<Value>) -> Self {
        Self { args, keyword: Vec::new() }
    }

    /// The arguments as the named parameters of a builtin; the first `positional` of them have no name in Python, the
    /// first `required` must be given.
    pub(crate) fn named<const N: usize>(
        self,
        function: &str,
        names: [&str; N],
        positional: usize,
        required: usize,
    ) -> R<[Option<Value>; N]> {
        let given = self.args.len();
        if given > N {
            let least = if required == N { "exactly" } else { "at most" };
            let plural = if N == 1 { "" } else { "s" };
            return Err(Stop::type_error(format!("{function}() takes {least} {N} argument{plural} ({given} given)")));
        }
        let mut slots = [const { None }; N];
        for (slot, value) in slots.iter_mut().zip(self.args) {
            *slot = Some(value);
        }
        for (name, value) in self.keyword {
            match names.iter().position(|known| *known == name).filter(|index| *index >= positional) {
                Some(index) if slots[index].is_none() => slots[index] = Some(value),
                Some(index) => {
                    let message =
                        format!("argument for {function}() given by name ('{name}') and position ({})", index + 1);
                    return Err(Stop::type_error(message));
                }
                None => {
                    let message = format!("'{name}' is an invalid keyword argument for {function}()");
                    return Err(Stop::type_error(message));
                }
            }
        }
        if let Some(missing) = slots.iter().take(required).position(Option::is_none) {
            let shown = if function == "function" { "function".to_owned() } else { format!("{function}()") };
            let message = format!("{shown} missing required argument '{}' (pos {})", names[missing], missing + 1);
            return Err(Stop::type_error(message));
        }
        Ok(slots)
    }

    /// Exactly `N` arguments by position.
    pub(crate) fn exactly<const N: usize>(self, function: &str) -> R<[Value; N]> {
        self.no_keywords(function)?;
        let given = self.args.len();
        self.args.try_into().map_err(|_| {
            let expected = match N {
                0 => "no arguments".to_owned(),
                1 => "exactly one argument".to_owned(),
                n => format!("exactly {n} arguments"),
            };
            Stop::type_error(format!("{function}() takes {expected} ({given} given)"))
        })
    }

    /// Between `least` and `N` arguments by position.
    pub(crate) fn between<const N: usize>(self, function: &str, least: usize) -> R<[Option<Value>; N]> {
        self.no_keywords(function)?;
        let given = self.args.len();
        if given < least || given > N {
            let (word, bound) = if given < least { ("at least", least) } else { ("at most", N) };
            let plural = if bound == 1 { "" } else { "s" };
            return Err(Stop::type_error(format!("{function} expected {word} {bound} argument{plural}, got {given}")));
        }
        let mut slots = [const { None }; N];
        for (slot, value) in slots.iter_mut().zip(self.args) {
            *slot = Some(value);
        }
        Ok(slots)
    }

    pub(crate) fn no_keywords(&self, function: &str) -> R<()> {
        if self.keyword.is_empty() {
            return Ok(());
        }
        Err(Stop::type_error(format!("{function}() takes no keyword arguments")))
    }
}

impl<'a> Machine<'a> {
    /// Computes the arguments of a call.
    pub(crate) fn arguments(&mut self, args: &'a Args) -> R<Call> {
        if args.plain && args.keyword.is_empty() {
            let mut values = Vec::with_capacity(args.positional.len());
            for node in &args.positional {
                values.push(self.eval(node)?);
            }
            return Ok(Call::of(values));
        }
        let mut call = Call::of(self.items(&args.positional)?);
        for (name, node) in &args.keyword {
            let value = self.eval(node)?;
            match name {
                Some(name) => add_keyword(&mut call, name.clone(), value)?,
                None => self.spread(&mut call, &value)?,
            }
        }
        Ok(call)
    }

    fn spread(&mut self, call: &mut Call, value: &Value) -> R<()> {
        let Some(entries) = value.mapping() else {
            return Err(Stop::wrong(value, |name| format!("argument after ** must be a mapping, not {name}")));
        };
        for (key, value) in entries {
            match key.into_value() {
                Value::Str(name) => add_keyword(call, name, value)?,
                key => return Err(Stop::wrong(&key, |_| "keywords must be strings".to_owned())),
            }
        }
        Ok(())
    }

    /// Puts the arguments of a call into the slots of a new frame.
    pub(crate) fn bind_arguments(&mut self, index: u32, call: Call) -> R<()> {
        let function = &self.code.functions[index as usize];
        let base = self.state.frame.base;
        let normal = function.params.iter().filter(|param| param.kind == ParamKind::Normal).count();
        let mut rest = Vec::new();
        let given = call.args.len();
        for (position, value) in call.args.into_iter().enumerate() {
            match function.params.get(position).filter(|param| param.kind == ParamKind::Normal) {
                Some(_) => self.state.stack[base + position] = Some(value),
                None => rest.push(value),
            }
        }
        let mut others = Entries::new();
        for (name, value) in call.keyword {
            self.bind_keyword(function, name, value, &mut others)?;
        }
        let has_rest = function.params.iter().any(|param| param.kind == ParamKind::Rest);
        if !rest.is_empty() && !has_rest {
            return Err(too_many(function, normal, given));
        }
        for (position, param) in function.params.iter().enumerate() {
            match param.kind {
                ParamKind::Rest => self.state.stack[base + position] = Some(Value::tuple(std::mem::take(&mut rest))),
                ParamKind::KeywordRest => {
                    let others = crate::containers::Dict::new(std::mem::take(&mut others));
                    self.state.stack[base + position] = Some(Value::Dict(others.into()));
                }
                ParamKind::Normal | ParamKind::KeywordOnly => self.fill_default(index, position)?,
            }
        }
        self.check_missing(function)
    }

    fn bind_keyword(&mut self, function: &Function, name: SmolStr, value: Value, others: &mut Entries) -> R<()> {
        let named = |param: &super::code::Param| {
            param.name == name && matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly)
        };
        let own = bare(&function.name);
        match function.params.iter().position(named) {
            Some(position) => {
                let slot = &mut self.state.stack[self.state.frame.base + position];
                if slot.is_some() {
                    return Err(Stop::type_error(format!("{own}() got multiple values for argument '{name}'")));
                }
                *slot = Some(value);
            }
            None if function.params.iter().any(|param| param.kind == ParamKind::KeywordRest) => {
                others.insert(Key::text(name), value);
            }
            None => return Err(Stop::type_error(format!("{own}() got an unexpected keyword argument '{name}'"))),
        }
        Ok(())
    }

    fn fill_default(&mut self, index: u32, position: usize) -> R<()> {
        let base = self.state.frame.base;
        if self.state.stack[base + position].is_some() {
            return Ok(());
        }
        if self.code.functions[index as usize].params[position].default.is_some() {
            let default = self.default(index, position)?;
            self.state.stack[base + position] = Some(default);
        }
        Ok(())
    }

    fn check_missing(&self, function: &Function) -> R<()> {
        let base = self.state.frame.base;
        let missing = |kind: ParamKind| {
            let slots = self.state.stack[base..].iter().zip(&function.params);
            slots
                .filter(|(slot, param)| param.kind == kind && slot.is_none())
                .map(|(_, param)| format!("'{}'", param.name))
                .collect::<Vec<_>>()
        };
        for (kind, word) in [(ParamKind::Normal, "positional"), (ParamKind::KeywordOnly, "keyword-only")] {
            let names = missing(kind);
            if !names.is_empty() {
                let plural = if names.len() == 1 { "" } else { "s" };
                let list = join_names(&names);
                let own = bare(&function.name);
                let count = names.len();
                return Err(Stop::type_error(format!(
                    "{own}() missing {count} required {word} argument{plural}: {list}"
                )));
            }
        }
        Ok(())
    }

    /// The default of a parameter: computed when first asked for, then shared as Python shares it.
    pub(crate) fn default(&mut self, index: u32, position: usize) -> R<Value> {
        let params = &self.code.functions[index as usize].params;
        let known = self.state.defaults[index as usize].as_ref().and_then(|known| known[position].clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(node) = &params[position].default else { return Ok(Value::None) };
        let value = self.eval(node)?;
        let known = self.state.defaults[index as usize].get_or_insert_with(|| vec![None; params.len()]);
        known[position] = Some(value.clone());
        Ok(value)
    }
}

fn add_keyword(call: &mut Call, name: SmolStr, value: Value) -> R<()> {
    if call.keyword.iter().any(|(known, _)| *known == name) {
        return Err(Stop::raise(&class::TYPE_ERROR, format!("got multiple values for keyword argument '{name}'")));
    }
    call.keyword.push((name, value));
    Ok(())
}

fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

pub(super) fn join_names(names: &[String]) -> String {
    match names {
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [firsts @ .., last] => format!("{}, and {last}", firsts.join(", ")),
        [] => String::new(),
    }
}

fn too_many(function: &Function, normal: usize, given: usize) -> Box<Stop> {
    let optional =
        function.params.iter().filter(|param| param.kind == ParamKind::Normal && param.default.is_some()).count();
    let takes = if optional == 0 { normal.to_string() } else { format!("from {} to {normal}", normal - optional) };
    let plural = if normal == 1 && optional == 0 { "" } else { "s" };
    let were = if given == 1 { "was" } else { "were" };
    let own = bare(&function.name);
    Stop::type_error(format!("{own}() takes {takes} positional argument{plural} but {given} {were} given"))
}
