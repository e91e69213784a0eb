//! `match`: a chain of `if`s over literals, alternatives, captures and the wildcard.

use logic::tree::{CompareOp, Const, Expr, ExprKind, Slot, Stmt, Target};

use super::body::Body;
use super::error::Lowered;
use super::python::ast::{self, Expr as PyExpr, Pattern};
use super::python::{Ranged, TextRange};

/// What a pattern asks, and what it binds when it matches.
struct Matched {
    /// `None` when it always matches.
    test: Option<Expr>,
    binds: Vec<Target>,
}

impl<'a> Body<'_, 'a> {
    /// A `match` statement. The subject is computed once, into a variable of its own.
    pub fn match_chain(&mut self, it: &'a ast::StmtMatch, out: &mut Vec<Stmt>) -> Lowered<()> {
        let subject = self.expr(&it.subject)?;
        let name = self.subjects.get(&it.range().start().to_u32());
        let slot = match name.and_then(|name| self.slots.get(name)) {
            Some(slot) => *slot,
            None => self.new_slot("_subject", it.subject.range())?,
        };
        out.push(Stmt::Assign { targets: vec![Target::Local(slot)], value: subject });
        let chain = self.cases(&it.cases, slot)?;
        out.extend(chain);
        Ok(())
    }

    fn cases(&mut self, cases: &'a [ast::MatchCase], subject: Slot) -> Lowered<Vec<Stmt>> {
        let Some((case, rest)) = cases.split_first() else { return Ok(Vec::new()) };
        let matched = self.pattern(&case.pattern, subject)?;
        let guard = case.guard.as_ref().map(|guard| self.expr(guard)).transpose()?;
        let value = self.subject(subject, case.pattern.range());
        let mut then = Vec::new();
        let mut tests: Vec<Expr> = matched.test.into_iter().collect();
        if !matched.binds.is_empty() {
            match guard {
                None => then.push(Stmt::Assign { targets: matched.binds, value }),
                // The guard sees what the pattern bound: a list of one is true whatever it holds.
                Some(_) => tests.push(self.bind_in_test(matched.binds, value, case.pattern.range())?),
            }
        }
        tests.extend(guard);
        then.extend(self.block(&case.body)?);
        let otherwise = self.cases(rest, subject)?;
        match tests.len() {
            0 => Ok(then),
            1 => Ok(tests.pop().map(|test| Stmt::If { test, then, otherwise }).into_iter().collect()),
            _ => {
                let test = Expr { kind: ExprKind::And(tests), at: self.at(case.pattern.range()) };
                Ok(vec![Stmt::If { test, then, otherwise }])
            }
        }
    }

    fn bind_in_test(&self, binds: Vec<Target>, value: Expr, range: TextRange) -> Lowered<Expr> {
        let at = self.at(range);
        let mut value = value;
        for target in binds {
            let Target::Local(slot) = target else {
                return Err(self.refuse("a guarded capture of a module-level name", "the tree has none", range));
            };
            value = Expr { kind: ExprKind::Walrus { slot, value: Box::new(value) }, at };
        }
        Ok(Expr { kind: ExprKind::List(vec![value]), at })
    }

    fn subject(&self, slot: Slot, range: TextRange) -> Expr {
        Expr { kind: ExprKind::Local(slot), at: self.at(range) }
    }

    fn pattern(&mut self, pattern: &'a Pattern, subject: Slot) -> Lowered<Matched> {
        let range = pattern.range();
        match pattern {
            Pattern::MatchValue(it) => {
                let value = self.pattern_value(&it.value)?;
                Ok(Matched { test: Some(self.test(subject, CompareOp::Eq, value, range)), binds: Vec::new() })
            }
            Pattern::MatchSingleton(it) => {
                let value = match it.value {
                    ast::Singleton::None => Const::None,
                    ast::Singleton::True => Const::Bool(true),
                    ast::Singleton::False => Const::Bool(false),
                };
                let value = Expr { kind: ExprKind::Const(value), at: self.at(range) };
                Ok(Matched { test: Some(self.test(subject, CompareOp::Is, value, range)), binds: Vec::new() })
            }
            Pattern::MatchAs(it) => {
                let mut matched = match &it.pattern {
                    Some(pattern) => self.pattern(pattern, subject)?,
                    None => Matched { test: None, binds: Vec::new() },
                };
                if let Some(name) = &it.name {
                    matched.binds.push(self.name_target(name, name.range())?);
                }
                Ok(matched)
            }
            Pattern::MatchOr(it) => self.alternatives(&it.patterns, subject, range),
            _ => Err(self.refuse(
                "patterns of structures",
                "only literals, alternatives and captures are matched",
                range,
            )),
        }
    }

    fn alternatives(&mut self, patterns: &'a [Pattern], subject: Slot, range: TextRange) -> Lowered<Matched> {
        let mut tests = Vec::new();
        for pattern in patterns {
            let matched = self.pattern(pattern, subject)?;
            if !matched.binds.is_empty() {
                return Err(self.refuse("captures within alternatives", "the tree has none", range));
            }
            match matched.test {
                Some(test) => tests.push(test),
                None => return Ok(Matched { test: None, binds: Vec::new() }),
            }
        }
        Ok(Matched { test: Some(Expr { kind: ExprKind::Or(tests), at: self.at(range) }), binds: Vec::new() })
    }

    fn pattern_value(&mut self, value: &'a PyExpr) -> Lowered<Expr> {
        self.expr(value)
    }

    fn test(&self, subject: Slot, op: CompareOp, value: Expr, range: TextRange) -> Expr {
        let first = Box::new(self.subject(subject, range));
        Expr { kind: ExprKind::Compare { first, rest: vec![(op, value)] }, at: self.at(range) }
    }
}
