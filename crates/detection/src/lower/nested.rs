//! Functions within functions: lambdas that are used at once stay where they are, the others are lifted out.

use std::collections::BTreeMap;

use logic::tree::{Expr, ExprKind, Function, Param, Stmt};
use smol_str::{SmolStr, format_smolstr};

use super::body::Body;
use super::error::Lowered;
use super::place::Place;
use super::python::Ranged;
use super::python::ast::{self};
use super::unit::{FunctionKey, Made};

impl<'a> Body<'_, 'a> {
    /// Lifts a nested `def` out of this function. It can use no variable of it.
    pub fn lift(&mut self, def: &'a ast::StmtFunctionDef) -> Lowered<()> {
        let offset = def.start().to_u32();
        if self.module_level || !self.direct.contains(&offset) {
            return Err(self.refuse(
                "a function defined conditionally",
                "which is meant depends on time",
                def.name.range(),
            ));
        }
        let name = format_smolstr!("{}.{}", self.name, def.name.as_str());
        let outer = self.outer();
        let module = self.module;
        let function = Body::lifted(self.unit, module, name, outer, def)?;
        self.unit.emit(FunctionKey { module, offset, made: Made::Lifted }, function);
        Ok(())
    }

    /// A lambda. One that may be kept must use no variable of the function.
    pub fn lambda(&mut self, it: &'a ast::ExprLambda, place: Place) -> Lowered<Expr> {
        let parameters = it.parameters.as_deref();
        if let Some(parameter) = parameters.and_then(|it| it.posonlyargs.first()) {
            return Err(self.refuse("positional-only parameters", "the tree has none", parameter.range()));
        }
        if place != Place::Called {
            return self.lifted_lambda(it, parameters);
        }
        let unusual =
            parameters.is_some_and(|it| it.vararg.is_some() || it.kwarg.is_some() || !it.kwonlyargs.is_empty());
        if unusual {
            return Err(self.refuse("`*` parameters of a lambda", "the tree has none", it.range()));
        }
        let mut scope = BTreeMap::new();
        let mut params = Vec::new();
        for parameter in parameters.iter().flat_map(|it| &it.args) {
            let default = parameter.default().map(|default| self.expr(default)).transpose()?;
            let name = SmolStr::new(parameter.name().as_str());
            let slot = self.new_slot(&name, parameter.range())?;
            if scope.insert(name, slot).is_some() {
                return Err(self.refuse("two parameters of one name", "Python refuses it", parameter.range()));
            }
            params.push((slot, default));
        }
        self.scopes.push(scope);
        let body = self.expr(&it.body);
        self.scopes.pop();
        Ok(Expr { kind: ExprKind::Lambda { params, body: Box::new(body?) }, at: self.at(it.range()) })
    }

    fn lifted_lambda(&mut self, it: &'a ast::ExprLambda, parameters: Option<&'a ast::Parameters>) -> Lowered<Expr> {
        let at = self.at(it.range());
        let (module, outer) = (self.module, self.outer());
        self.lambdas += 1;
        let name = format_smolstr!("{}._lambda_{}", self.name, self.lambdas);
        let mut body = Body::for_lambda(self.unit, module, name, outer)?;
        let params = body.lambda_params(parameters)?;
        let value = body.expr(&it.body)?;
        let name = body.loaded.qualified(&body.name);
        let function = Function { name, params, locals: body.locals, body: vec![Stmt::Return(value)], at };
        let id = self.unit.emit(FunctionKey { module, offset: at.start, made: Made::Lifted }, function);
        Ok(Expr { kind: ExprKind::Function(id), at })
    }

    fn lambda_params(&mut self, parameters: Option<&'a ast::Parameters>) -> Lowered<Vec<Param>> {
        let Some(parameters) = parameters else { return Ok(Vec::new()) };
        self.params(parameters)
    }
}
