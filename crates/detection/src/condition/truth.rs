//! Expressions as tests: when each is truthy.

use logic::tree::{Access, Args, Clause, CompareOp, ComprehensionKind, Const, Expr, ExprKind, Target};

use super::formula::{Formula, Operand, Operator, Over, Predicate, Subject};
use super::read::{Reader, Said, unsayable};
use super::subject::last_part;

impl Reader<'_> {
    /// When the expression is truthy.
    pub(super) fn truth(&mut self, expr: &Expr) -> Said<Formula> {
        if let Some(Ok(meaning)) = self.meaning(expr) {
            return self.truth(&meaning);
        }
        match &expr.kind {
            ExprKind::Const(value) => Ok(Formula::Constant(truthy(value))),
            ExprKind::And(operands) => Ok(Formula::all(self.truths(operands)?)),
            ExprKind::Or(operands) => Ok(Formula::any(self.truths(operands)?)),
            ExprKind::Not(operand) => Ok(self.truth(operand)?.negated()),
            ExprKind::IfElse { test, then, otherwise } => {
                Ok(Formula::choice(self.truth(test)?, self.truth(then)?, self.truth(otherwise)?))
            }
            ExprKind::Compare { first, rest } => self.compare(first, rest),
            ExprKind::Field { name, access: Access::Contains } => {
                Ok(predicate(Subject::new(name.as_str()), Operator::Exists, Operand::None))
            }
            ExprKind::Walrus { slot, value } => {
                self.bind_local(*slot, value);
                self.truth(value)
            }
            ExprKind::Format(parts) if parts.iter().any(is_text) => Ok(Formula::Constant(true)),
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items)
                if !items.iter().any(|item| matches!(item.kind, ExprKind::Star(_))) =>
            {
                Ok(Formula::Constant(!items.is_empty()))
            }
            ExprKind::Call { callee, args } => self.call(callee, args, expr),
            ExprKind::Method { receiver, name, args } => self.method(receiver, name, args, expr),
            ExprKind::Global(_) => match self.constant(expr) {
                Some(value) => self.truth(&value),
                None => self.is_set(expr),
            },
            _ => self.is_set(expr),
        }
    }

    fn truths(&mut self, operands: &[Expr]) -> Said<Vec<Formula>> {
        operands.iter().map(|operand| self.truth(operand)).collect()
    }

    fn is_set(&mut self, expr: &Expr) -> Said<Formula> {
        Ok(predicate(self.subject(expr)?, Operator::IsSet, Operand::None))
    }

    /// The value of a module-level name.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Expr> {
        match expr.kind {
            ExprKind::Global(id) => self.module.globals.get(id.0 as usize)?.value.clone(),
            _ => None,
        }
    }

    /// The expression behind names.
    pub(super) fn resolved(&self, expr: &Expr) -> Expr {
        match self.meaning(expr) {
            Some(Ok(meaning)) => self.resolved(&meaning),
            _ => self.constant(expr).unwrap_or_else(|| expr.clone()),
        }
    }

    fn compare(&mut self, first: &Expr, rest: &[(CompareOp, Expr)]) -> Said<Formula> {
        let mut parts = Vec::with_capacity(rest.len());
        let mut left = first;
        for (op, right) in rest {
            parts.push(self.comparison(left, *op, right)?);
            left = right;
        }
        Ok(Formula::all(parts))
    }

    fn comparison(&mut self, left: &Expr, op: CompareOp, right: &Expr) -> Said<Formula> {
        let (left, right) = (self.resolved(left), self.resolved(right));
        // A choice on either side is a choice between two comparisons.
        if let ExprKind::IfElse { test, then, otherwise } = &left.kind {
            let test = self.truth(test)?;
            let then = self.comparison(then, op, &right)?;
            return Ok(Formula::choice(test, then, self.comparison(otherwise, op, &right)?));
        }
        if let (Some(a), Some(b)) = (constant_of(&left), constant_of(&right))
            && let Some(known) = compare_constants(a, op, b)
        {
            return Ok(Formula::Constant(known));
        }
        match op {
            CompareOp::In | CompareOp::NotIn => self.membership(&left, op == CompareOp::In, &right),
            _ if constant_of(&left).is_some() => self.ordering(&right, mirrored(op), &left),
            _ => self.ordering(&left, op, &right),
        }
    }

    fn ordering(&mut self, left: &Expr, op: CompareOp, right: &Expr) -> Said<Formula> {
        let subject = self.subject(left)?;
        let null = matches!(right.kind, ExprKind::Const(Const::None));
        let truth = matches!(right.kind, ExprKind::Const(Const::Bool(_)));
        let operator = match op {
            CompareOp::Eq | CompareOp::Is if null => Operator::IsNull,
            CompareOp::NotEq | CompareOp::IsNot if null => Operator::IsNotNull,
            CompareOp::Is if truth => Operator::Is,
            CompareOp::IsNot if truth => Operator::IsNot,
            CompareOp::Eq | CompareOp::Is => Operator::Eq,
            CompareOp::NotEq | CompareOp::IsNot => Operator::Ne,
            CompareOp::Lt => Operator::Lt,
            CompareOp::LtE => Operator::Lte,
            CompareOp::Gt => Operator::Gt,
            CompareOp::GtE => Operator::Gte,
            CompareOp::In => Operator::In,
            CompareOp::NotIn => Operator::NotIn,
        };
        let operand = match constant_of(right) {
            Some(Const::None) if null => Operand::None,
            Some(value) => Operand::Value(value.clone()),
            None => Operand::Subject(self.subject(right)?),
        };
        Ok(predicate(subject, operator, operand))
    }

    /// `left in right`: one of several constants, or an element of what is tested.
    fn membership(&mut self, left: &Expr, positive: bool, right: &Expr) -> Said<Formula> {
        let (of_constants, of_subject) = match positive {
            true => (Operator::In, Operator::Contains),
            false => (Operator::NotIn, Operator::NotContains),
        };
        if let Some(values) = constants_of(right) {
            return Ok(predicate(self.subject(left)?, of_constants, Operand::Values(values)));
        }
        if matches!(right.kind, ExprKind::Const(Const::Str(_))) {
            return Ok(predicate(self.subject(left)?, of_constants, Operand::Subject(self.subject(right)?)));
        }
        // A key looked for among the keys is looked for in the mapping.
        if let ExprKind::Method { receiver, name, args } = &right.kind
            && name == "keys"
            && args.positional.is_empty()
        {
            return self.membership(left, positive, receiver);
        }
        let container = self.subject(right)?;
        match constant_of(left) {
            Some(value) => Ok(predicate(container, of_subject, Operand::Value(value.clone()))),
            None => Ok(predicate(self.subject(left)?, of_constants, Operand::Subject(container))),
        }
    }

    fn call(&mut self, callee: &Expr, args: &Args, whole: &Expr) -> Said<Formula> {
        match (&callee.kind, args.positional.as_slice()) {
            (ExprKind::Class(name), [only]) if name == "bool" => self.truth(only),
            (ExprKind::Callable(name), [only]) if name == "any" || name == "all" => self.over(name == "all", only),
            (ExprKind::Callable(name), [tested, classes]) if name == "isinstance" => {
                let operand = class_names(classes);
                Ok(predicate(self.subject(tested)?, Operator::IsA, operand))
            }
            (ExprKind::Callable(name), [tested, pattern]) if name.starts_with("fnmatch.") => {
                let operand = self.operand(pattern)?;
                Ok(predicate(self.subject(tested)?, Operator::Like, operand))
            }
            (ExprKind::Callable(name), [pattern, tested, ..])
                if ["re.match", "re.search", "re.fullmatch"].contains(&name.as_str()) =>
            {
                self.matches(name.trim_start_matches("re."), pattern, tested)
            }
            (ExprKind::Function(id), _) => match self.called(*id, args) {
                Ok(outcome) if outcome.raises.is_empty() => Ok(outcome.truthy),
                _ => self.holds(whole),
            },
            (ExprKind::Class(_), _) => self.is_set(whole),
            _ => self.holds(whole),
        }
    }

    /// A call whose answer is the test, by its name.
    fn holds(&mut self, whole: &Expr) -> Said<Formula> {
        Ok(predicate(self.subject(whole)?, Operator::Holds, Operand::None))
    }

    fn method(&mut self, receiver: &Expr, name: &str, args: &Args, whole: &Expr) -> Said<Formula> {
        let operator = match name {
            "startswith" => Operator::StartsWith,
            "endswith" => Operator::EndsWith,
            "match" | "search" | "fullmatch" => match args.positional.as_slice() {
                [tested, ..] => return self.matches(name, receiver, tested),
                [] => return self.is_set(whole),
            },
            "issubset" | "issuperset" | "isdisjoint" | "isdigit" | "isalpha" | "isalnum" | "isupper" | "islower"
            | "isnumeric" | "isdecimal" | "isspace" | "subnet_of" | "supernet_of" | "overlaps" => {
                return self.holds(whole);
            }
            _ => return self.is_set(whole),
        };
        match args.positional.as_slice() {
            [only] => {
                let operand = self.operand(only)?;
                Ok(predicate(self.subject(receiver)?, operator, operand))
            }
            _ => self.holds(whole),
        }
    }

    /// A regular expression; `match` holds it at the beginning, `fullmatch` at both ends.
    fn matches(&mut self, how: &str, pattern: &Expr, tested: &Expr) -> Said<Formula> {
        let mut pattern = self.resolved(pattern);
        if let ExprKind::Call { callee, args } = &pattern.kind
            && matches!(&callee.kind, ExprKind::Callable(name) if name == "re.compile")
            && let Some(first) = args.positional.first()
        {
            pattern = self.resolved(first);
        }
        let operand = match &pattern.kind {
            ExprKind::Const(Const::Str(text)) => Operand::Value(Const::Str(match how {
                "match" => format!("^{text}").into(),
                "fullmatch" => format!("^{text}$").into(),
                _ => text.clone(),
            })),
            _ => Operand::Subject(self.subject(&pattern)?),
        };
        Ok(predicate(self.subject(tested)?, Operator::Matches, operand))
    }

    fn operand(&mut self, expr: &Expr) -> Said<Operand> {
        let expr = self.resolved(expr);
        match (constant_of(&expr), constants_of(&expr)) {
            (Some(value), _) => Ok(Operand::Value(value.clone())),
            (None, Some(values)) => Ok(Operand::Values(values)),
            (None, None) => Ok(Operand::Subject(self.subject(&expr)?)),
        }
    }

    /// `any(…)` or `all(…)`.
    fn over(&mut self, every: bool, argument: &Expr) -> Said<Formula> {
        let argument = self.resolved(argument);
        match &argument.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                let truths = self.truths(items)?;
                Ok(if every { Formula::all(truths) } else { Formula::any(truths) })
            }
            ExprKind::Comprehension { kind, element, clauses } if !matches!(kind, ComprehensionKind::Dict(_)) => {
                self.over_clauses(every, element, clauses)
            }
            _ => {
                let list = self.subject(&argument)?;
                let item = Subject::item("item", &list);
                let body = predicate(item, Operator::IsSet, Operand::None);
                Ok(Formula::Over(Box::new(Over { every, variable: "item".to_owned(), list, body })))
            }
        }
    }

    fn over_clauses(&mut self, every: bool, element: &Expr, clauses: &[Clause]) -> Said<Formula> {
        let Some((Clause { target, iter, conditions }, rest)) = clauses.split_first() else {
            return self.truth(element);
        };
        let Target::Local(slot) = target else { return unsayable("items that are taken apart", iter.at) };
        let iter = self.resolved(iter);
        // A handful of constants gone through is so many statements.
        if let Some(values) = constants_of(&iter)
            && values.len() <= 8
        {
            return self.over_constants(every, element, (*slot, conditions), &values, rest);
        }
        let list = self.subject(&iter)?;
        let variable = self.variable_name(*slot, element.at);
        let item = Subject::item(&variable, &list);
        let body = self.with_item(*slot, item, |this| this.of_item(every, element, conditions, rest))?;
        Ok(match body {
            // It is about the list having items, no more.
            Formula::Constant(true) if !every => predicate(list, Operator::IsSet, Operand::None),
            Formula::Constant(false) if !every => Formula::Constant(false),
            Formula::Constant(true) => Formula::Constant(true),
            body => Formula::Over(Box::new(Over { every, variable, list, body })),
        })
    }

    fn of_item(&mut self, every: bool, element: &Expr, conditions: &[Expr], rest: &[Clause]) -> Said<Formula> {
        let conditions = self.truths(conditions)?;
        let inner = self.over_clauses(every, element, rest)?;
        Ok(match every {
            true => Formula::any([Formula::all(conditions).negated(), inner]),
            false => Formula::all(conditions.into_iter().chain([inner])),
        })
    }

    fn over_constants(
        &mut self,
        every: bool,
        element: &Expr,
        (slot, conditions): (logic::tree::Slot, &[Expr]),
        values: &[Const],
        rest: &[Clause],
    ) -> Said<Formula> {
        let mut parts = Vec::with_capacity(values.len());
        for value in values {
            self.bind_local(slot, &Expr { kind: ExprKind::Const(value.clone()), at: element.at });
            parts.push(self.of_item(every, element, conditions, rest)?);
        }
        Ok(if every { Formula::all(parts) } else { Formula::any(parts) })
    }
}

fn predicate(subject: Subject, operator: Operator, operand: Operand) -> Formula {
    Formula::Predicate(Predicate { subject, operator, operand })
}

fn is_text(part: &logic::tree::FormatPart) -> bool {
    matches!(part, logic::tree::FormatPart::Text(text) if !text.is_empty())
}

pub(super) fn truthy(value: &Const) -> bool {
    match value {
        Const::None => false,
        Const::Bool(value) => *value,
        Const::Int(value) => *value != 0,
        Const::Float(value) => *value != 0.0,
        Const::Str(text) => !text.is_empty(),
        Const::Bytes(bytes) => !bytes.is_empty(),
    }
}

pub(super) fn constant_of(expr: &Expr) -> Option<&Const> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}

/// The constants of a literal list, tuple or set, or of one made of such.
fn constants_of(expr: &Expr) -> Option<Vec<Const>> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().map(|item| constant_of(item).cloned()).collect()
        }
        ExprKind::Dict(entries) => entries.iter().map(|(key, _)| constant_of(key.as_ref()?).cloned()).collect(),
        ExprKind::Call { callee, args } => match (&callee.kind, args.positional.as_slice()) {
            (ExprKind::Class(name), [only]) if ["frozenset", "list", "set", "tuple"].contains(&name.as_str()) => {
                constants_of(only)
            }
            _ => None,
        },
        _ => None,
    }
}

fn compare_constants(a: &Const, op: CompareOp, b: &Const) -> Option<bool> {
    let equal = match (a, b) {
        (Const::Str(a), Const::Str(b)) => a == b,
        (Const::None, Const::None) => true,
        (Const::None, _) | (_, Const::None) => false,
        (Const::Bool(a), Const::Bool(b)) => a == b,
        _ => return None,
    };
    match op {
        CompareOp::Eq | CompareOp::Is => Some(equal),
        CompareOp::NotEq | CompareOp::IsNot => Some(!equal),
        _ => None,
    }
}

/// The comparison with its sides exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtE => CompareOp::GtE,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtE => CompareOp::LtE,
        other => other,
    }
}

fn class_names(classes: &Expr) -> Operand {
    let name = |expr: &Expr| match &expr.kind {
        ExprKind::Class(name) => Some(Const::Str(last_part(name).into())),
        _ => None,
    };
    match &classes.kind {
        ExprKind::Tuple(items) => Operand::Values(items.iter().filter_map(name).collect()),
        _ => name(classes).map_or(Operand::None, Operand::Value),
    }
}
