//! Comprehensions and generator expressions: their variables are slots of their own.

use std::collections::BTreeMap;

use logic::tree::{Clause, ComprehensionKind, ExprKind};
use smol_str::SmolStr;

use super::body::Body;
use super::error::Lowered;
use super::names::Bound;
use super::python::Ranged;
use super::python::ast::{self, Expr as PyExpr};
use super::python::visitor::Visitor;

impl<'a> Body<'_, 'a> {
    /// A comprehension of any kind.
    pub fn comprehension(&mut self, expr: &'a PyExpr) -> Lowered<ExprKind> {
        let (kind, element, clauses) = match expr {
            PyExpr::ListComp(it) => (ComprehensionKind::List, it.elt.as_ref(), it.generators.as_slice()),
            PyExpr::SetComp(it) => (ComprehensionKind::Set, it.elt.as_ref(), it.generators.as_slice()),
            PyExpr::Generator(it) => (ComprehensionKind::Generator, it.elt.as_ref(), it.generators.as_slice()),
            PyExpr::DictComp(it) => match &it.key {
                Some(key) => return self.dict_comprehension(it, key),
                None => return Err(self.refuse("`**` in a comprehension", "Python 3.11 has none", expr.range())),
            },
            _ => return Err(self.refuse("an expression", "it is no comprehension", expr.range())),
        };
        let (clauses, element) = self.clauses(clauses, |body| body.expr(element))?;
        Ok(ExprKind::Comprehension { kind, element: Box::new(element), clauses })
    }

    fn dict_comprehension(&mut self, it: &'a ast::ExprDictComp, key: &'a PyExpr) -> Lowered<ExprKind> {
        let (clauses, (key, value)) =
            self.clauses(&it.generators, |body| Ok((body.expr(key)?, body.expr(&it.value)?)))?;
        let kind = ComprehensionKind::Dict(Box::new(value));
        Ok(ExprKind::Comprehension { kind, element: Box::new(key), clauses })
    }

    /// The clauses, and what `inner` makes within their scope.
    fn clauses<T>(
        &mut self,
        clauses: &'a [ast::Comprehension],
        inner: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<(Vec<Clause>, T)> {
        let Some((first, rest)) = clauses.split_first() else {
            let construct = "a comprehension without clauses";
            return Err(self.refuse(construct, "Python refuses it", super::python::TextRange::default()));
        };
        // The first iterable belongs to the enclosing scope.
        let outermost = self.consumed(&first.iter)?;
        let scope = self.scope(clauses)?;
        self.scopes.push(scope);
        let result = self.scoped_clauses(outermost, first, rest, inner);
        self.scopes.pop();
        result
    }

    fn scoped_clauses<T>(
        &mut self,
        outermost: logic::tree::Expr,
        first: &'a ast::Comprehension,
        rest: &'a [ast::Comprehension],
        inner: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<(Vec<Clause>, T)> {
        let mut lowered = vec![self.clause(first, outermost)?];
        for clause in rest {
            let iter = self.consumed(&clause.iter)?;
            lowered.push(self.clause(clause, iter)?);
        }
        Ok((lowered, inner(self)?))
    }

    fn clause(&mut self, clause: &'a ast::Comprehension, iter: logic::tree::Expr) -> Lowered<Clause> {
        if clause.is_async {
            return Err(self.refuse("`async`", "the tree has no coroutines", clause.range()));
        }
        let target = self.target(&clause.target)?;
        let conditions = self.exprs(&clause.ifs)?;
        Ok(Clause { target, iter, conditions })
    }

    /// A slot for every name that the targets bind.
    fn scope(&mut self, clauses: &'a [ast::Comprehension]) -> Lowered<BTreeMap<SmolStr, logic::tree::Slot>> {
        let mut scope = BTreeMap::new();
        for clause in clauses {
            let mut bound = Bound::default();
            bound.visit_expr(&clause.target);
            // A name bound again by a later clause is the same variable.
            bound.assigned.retain(|name| !scope.contains_key(name));
            for name in bound.assigned {
                let slot = self.new_slot(&name, clause.target.range())?;
                scope.insert(name, slot);
            }
        }
        Ok(scope)
    }
}
