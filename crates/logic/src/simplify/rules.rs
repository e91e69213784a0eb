//! Rewriting of expressions, each rule with the reason why it gives the same value or the same exception.
//!
//! Where only the truth of an expression matters (a test, an operand of `not`, a filter, what `any` goes through), more
//! rules hold than where its value does; the rules say so by their argument `truth`.

use super::effect::{Effect, Frame};
use crate::tree::{Access, Args, At, CompareOp, ComprehensionKind, Const, Expr, ExprKind, FormatPart};
use crate::walk;

/// How often the rules are tried again at one node after one of them has fired.
const ROUNDS: usize = 16;

/// Rewrites the expression and all within it.
pub(super) fn rewrite(frame: &Frame<'_>, expr: &mut Expr, truth: bool) {
    rewrite_parts(frame, expr, truth);
    for _ in 0..ROUNDS {
        if !step(frame, expr, truth) {
            return;
        }
    }
}

/// A part matters by its truth alone where Python asks for nothing else of it.
fn rewrite_parts(frame: &Frame<'_>, expr: &mut Expr, truth: bool) {
    match &mut expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter_mut().for_each(|operand| rewrite(frame, operand, truth));
        }
        ExprKind::Not(operand) => rewrite(frame, operand, true),
        ExprKind::IfElse { test, then, otherwise } => {
            rewrite(frame, test, true);
            rewrite(frame, then, truth);
            rewrite(frame, otherwise, truth);
        }
        ExprKind::Call { callee, args } => {
            let truth_of_args = takes_truth(callee, args);
            for arg in &mut args.positional {
                match &mut arg.kind {
                    ExprKind::Comprehension { kind: ComprehensionKind::Generator, element, clauses }
                        if truth_of_args == Taken::TruthOfItems =>
                    {
                        rewrite(frame, element, true);
                        clauses.iter_mut().for_each(|clause| rewrite_clause(frame, clause));
                    }
                    _ => rewrite(frame, arg, truth_of_args == Taken::Truth),
                }
            }
            args.keyword.iter_mut().for_each(|(_, value)| rewrite(frame, value, false));
            rewrite(frame, callee, false);
        }
        ExprKind::Comprehension { kind, element, clauses } => {
            clauses.iter_mut().for_each(|clause| rewrite_clause(frame, clause));
            rewrite(frame, element, false);
            if let ComprehensionKind::Dict(value) = kind {
                rewrite(frame, value, false);
            }
        }
        _ => walk::children_mut(expr, &mut |child| rewrite(frame, child, false)),
    }
}

fn rewrite_clause(frame: &Frame<'_>, clause: &mut crate::tree::Clause) {
    rewrite(frame, &mut clause.iter, false);
    clause.conditions.iter_mut().for_each(|condition| rewrite(frame, condition, true));
    walk::in_target_mut(&mut clause.target, &mut |inner| rewrite(frame, inner, false));
}

/// What a call asks of its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Value,
    Truth,
    TruthOfItems,
}

fn takes_truth(callee: &Expr, args: &Args) -> Taken {
    match &callee.kind {
        _ if args.positional.len() != 1 || !args.keyword.is_empty() => Taken::Value,
        ExprKind::Class(name) if name == "bool" => Taken::Truth,
        ExprKind::Callable(name) if name == "any" || name == "all" => Taken::TruthOfItems,
        _ => Taken::Value,
    }
}

/// Applies the first rule that holds at this node. The rules for its parts have been applied.
fn step(frame: &Frame<'_>, expr: &mut Expr, truth: bool) -> bool {
    let replacement = match &mut expr.kind {
        ExprKind::Not(operand) => of_not(frame, operand, truth),
        ExprKind::And(operands) => of_chain(frame, operands, Chain::And, truth),
        ExprKind::Or(operands) => of_chain(frame, operands, Chain::Or, truth),
        ExprKind::IfElse { test, then, otherwise } => of_if_else(frame, [test, then, otherwise], truth),
        ExprKind::Compare { first, rest } => of_compare(frame, first, rest),
        ExprKind::Subscript { value, index } if frame.known.judges_resources => of_subscript(value, index),
        ExprKind::Method { receiver, name, args } if frame.known.judges_resources => of_method(receiver, name, args),
        ExprKind::Call { callee, args } => of_call(frame, callee, args, truth),
        ExprKind::Format(parts) => of_format(parts),
        _ => None,
    };
    match replacement {
        Some(kind) => {
            expr.kind = kind;
            true
        }
        None => false,
    }
}

/// Takes an expression out of its place, leaving `None` there.
pub(super) fn take(expr: &mut Expr) -> Expr {
    let at = expr.at;
    std::mem::replace(expr, Expr { kind: ExprKind::Const(Const::None), at })
}

/// An expression made by a rule, standing where another stood.
pub(super) fn made(kind: ExprKind, at: At) -> Expr {
    Expr { kind, at }
}

pub(super) fn boolean(value: bool) -> ExprKind {
    ExprKind::Const(Const::Bool(value))
}

/// The truth of a constant, which Python can always tell.
pub(super) fn constant_truth(expr: &Expr) -> Option<bool> {
    let ExprKind::Const(value) = &expr.kind else { return None };
    Some(match value {
        Const::None => false,
        Const::Bool(value) => *value,
        Const::Int(value) => *value != 0,
        Const::Float(value) => *value != 0.0,
        Const::Str(text) => !text.is_empty(),
        Const::Bytes(bytes) => !bytes.is_empty(),
    })
}

fn is_constant(expr: &Expr, value: bool) -> bool {
    matches!(expr.kind, ExprKind::Const(Const::Bool(v)) if v == value)
}

/// `not e`, without the `not` where that is exact. It is a truth value either way.
///
/// The opposite comparison of any two values of Python's own classes gives the opposite answer, NaN included, for `==`,
/// `in` and `is`; not so for `<`, which NaN and sets answer with no in both directions.
pub(super) fn negation(frame: &Frame<'_>, expr: Expr, truth: bool) -> Expr {
    let at = expr.at;
    match free_negation(frame, expr, truth) {
        Ok(negated) => negated,
        Err(expr) => made(ExprKind::Not(Box::new(expr)), at),
    }
}

/// The negation of an expression that needs no `not` for it; the expression itself where there is none.
fn free_negation(frame: &Frame<'_>, mut expr: Expr, truth: bool) -> Result<Expr, Expr> {
    if let Some(value) = constant_truth(&expr) {
        return Ok(made(boolean(!value), expr.at));
    }
    match &mut expr.kind {
        // `not not e` is the truth of e: e itself where that is all that matters, or all that e is.
        ExprKind::Not(inner) if truth || frame.is_bool(inner) => Ok(take(inner)),
        ExprKind::Compare { rest, .. } if rest.len() == 1 => match opposite(rest[0].0) {
            Some(op) => {
                rest[0].0 = op;
                Ok(expr)
            }
            None => Err(expr),
        },
        _ => Err(expr),
    }
}

fn opposite(op: CompareOp) -> Option<CompareOp> {
    Some(match op {
        CompareOp::Eq => CompareOp::NotEq,
        CompareOp::NotEq => CompareOp::Eq,
        CompareOp::Is => CompareOp::IsNot,
        CompareOp::IsNot => CompareOp::Is,
        CompareOp::In => CompareOp::NotIn,
        CompareOp::NotIn => CompareOp::In,
        CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => return None,
    })
}

fn of_not(frame: &Frame<'_>, operand: &mut Expr, truth: bool) -> Option<ExprKind> {
    if let Some(kind) = dual_of_any_or_all(frame, operand) {
        return Some(kind);
    }
    match free_negation(frame, take(operand), truth) {
        Ok(negated) => Some(negated.kind),
        Err(unchanged) => {
            *operand = unchanged;
            None
        }
    }
}

/// `not any(e for …)` is `all(not e for …)`: both go through the same items and stop at the first truthy e. Done where
/// `not e` costs nothing; likewise the other way round.
fn dual_of_any_or_all(frame: &Frame<'_>, operand: &mut Expr) -> Option<ExprKind> {
    let ExprKind::Call { callee, args } = &mut operand.kind else { return None };
    if takes_truth(callee, args) != Taken::TruthOfItems {
        return None;
    }
    let ExprKind::Callable(name) = &mut callee.kind else { return None };
    let dual = if name == "any" { "all" } else { "any" };
    let [Expr { kind: ExprKind::Comprehension { kind: ComprehensionKind::Generator, element, .. }, .. }] =
        args.positional.as_mut_slice()
    else {
        return None;
    };
    let negated = free_negation(frame, take(element), true);
    let done = negated.is_ok();
    **element = negated.unwrap_or_else(|unchanged| unchanged);
    if !done {
        return None;
    }
    *name = dual.into();
    Some(take(operand).kind)
}

/// Which of the two short-circuiting operators.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    And,
    Or,
}

impl Chain {
    /// The truth of an operand that makes the chain go on.
    fn goes_on(self) -> bool {
        self == Self::And
    }

    fn of(self, mut operands: Vec<Expr>) -> ExprKind {
        match (operands.len(), self) {
            (0, _) => boolean(self.goes_on()),
            (1, _) => operands.swap_remove(0).kind,
            (_, Self::And) => ExprKind::And(operands),
            (_, Self::Or) => ExprKind::Or(operands),
        }
    }

    fn inner(self, expr: &mut Expr) -> Option<Vec<Expr>> {
        match (self, &mut expr.kind) {
            (Self::And, ExprKind::And(inner)) | (Self::Or, ExprKind::Or(inner)) => Some(std::mem::take(inner)),
            _ => None,
        }
    }
}

/// `and` and `or`. All of it is said of `and`; of `or` it holds with true and false exchanged.
fn of_chain(frame: &Frame<'_>, operands: &mut Vec<Expr>, chain: Chain, truth: bool) -> Option<ExprKind> {
    let before = operands.len();
    // `(a and b) and c` and `a and (b and c)` stop at the same operand, with the same value, as `a and b and c`.
    let nested = operands.iter().any(|operand| match chain {
        Chain::And => matches!(operand.kind, ExprKind::And(_)),
        Chain::Or => matches!(operand.kind, ExprKind::Or(_)),
    });
    if nested {
        let flat = std::mem::take(operands).into_iter().flat_map(|mut operand| match chain.inner(&mut operand) {
            Some(inner) => inner,
            None => vec![operand],
        });
        *operands = flat.collect();
    }
    // Nothing after a falsy constant is ever computed.
    let stop = operands.iter().position(|operand| constant_truth(operand) == Some(!chain.goes_on()));
    if let Some(stop) = stop {
        operands.truncate(stop + 1);
    }
    // A truthy constant is passed by; as the last operand it is the value, unless that would be the same without it.
    let last = operands.len().saturating_sub(1);
    let mut index = 0;
    operands.retain(|operand| {
        let skip = constant_truth(operand) == Some(chain.goes_on()) && (truth || index != last);
        index += 1;
        !skip
    });
    if let [.., previous, end] = operands.as_slice()
        && is_constant(end, chain.goes_on())
        && frame.is_bool(previous)
    {
        operands.pop();
    }
    drop_repeated(frame, operands, truth);
    decide_by_last(frame, operands, chain, truth);
    (nested || operands.len() != before || operands.len() < 2).then(|| chain.of(std::mem::take(operands)))
}

/// In `a and b and a` the second `a` was truthy already, and computing it again can neither raise nor differ. As the
/// last operand it is the value, so the one before must then be a truth value too.
fn drop_repeated(frame: &Frame<'_>, operands: &mut Vec<Expr>, truth: bool) {
    let all_bool = operands.iter().all(|operand| frame.is_bool(operand));
    let mut index = 1;
    while index < operands.len() {
        let seen = operands[..index].contains(&operands[index]) && frame.is_stable(&operands[index]);
        if seen && (truth || all_bool || index + 1 < operands.len()) {
            operands.remove(index);
        } else {
            index += 1;
        }
    }
}

/// `a and False` is false whatever a is; a need not be computed if it cannot raise, and the value is `False` if a, were
/// it falsy, could be nothing else.
fn decide_by_last(frame: &Frame<'_>, operands: &mut Vec<Expr>, chain: Chain, truth: bool) {
    let Some((end, before)) = operands.split_last() else { return };
    let same_value = truth || (is_constant(end, !chain.goes_on()) && before.iter().all(|o| frame.is_bool(o)));
    if constant_truth(end) == Some(!chain.goes_on())
        && same_value
        && before.iter().all(|operand| frame.effect(operand) <= Effect::Total)
    {
        let end = operands.len() - 1;
        operands.drain(..end);
    }
}

/// `then if test else otherwise`, where only the truth of the test matters.
fn of_if_else(frame: &Frame<'_>, [test, then, otherwise]: [&mut Box<Expr>; 3], truth: bool) -> Option<ExprKind> {
    let at = test.at;
    if let Some(value) = constant_truth(test) {
        return Some(take(if value { then } else { otherwise }).kind);
    }
    if let ExprKind::Not(inner) = &mut test.kind {
        let test = Box::new(take(inner));
        return Some(ExprKind::IfElse { test, then: Box::new(take(otherwise)), otherwise: Box::new(take(then)) });
    }
    // Both ways the same value, after a test that can be left out.
    if then == otherwise && frame.effect(test) <= Effect::Total {
        return Some(take(then).kind);
    }
    // `a if a else b` computes a once less as `a or b`.
    if test == then && frame.is_stable(test) {
        return Some(ExprKind::Or(vec![take(test), take(otherwise)]));
    }
    if let Some(kind) = if_else_of_truths(frame, [test, then, otherwise], truth, at) {
        return Some(kind);
    }
    merge_tests(test, then, otherwise, at)
}

/// A branch that is `True` or `False` makes the whole an `and` or an `or`: `c and x` is `x if c else c`, so it stands for
/// `x if c else False` where c is certainly a truth value, or its truth is all that matters. `not c` always is one.
fn if_else_of_truths(
    frame: &Frame<'_>,
    [test, then, otherwise]: [&mut Box<Expr>; 3],
    truth: bool,
    at: At,
) -> Option<ExprKind> {
    let known = |branch: &Expr, value: bool| match truth {
        true => constant_truth(branch) == Some(value),
        false => is_constant(branch, value),
    };
    let test_is_value = truth || frame.is_bool(test);
    if known(then, true) && known(otherwise, false) {
        return Some(if test_is_value { take(test).kind } else { truth_of(frame, take(test)) });
    }
    if known(then, false) && known(otherwise, true) {
        return Some(negation(frame, take(test), truth).kind);
    }
    if known(then, true) && test_is_value {
        return Some(ExprKind::Or(vec![take(test), take(otherwise)]));
    }
    if known(otherwise, false) && test_is_value {
        return Some(ExprKind::And(vec![take(test), take(then)]));
    }
    if known(then, false) {
        let test = negation(frame, made(take(test).kind, at), truth);
        return Some(ExprKind::And(vec![test, take(otherwise)]));
    }
    if known(otherwise, true) {
        let test = negation(frame, made(take(test).kind, at), truth);
        return Some(ExprKind::Or(vec![test, take(then)]));
    }
    None
}

/// `True if e else False`: `bool(e)`, or `not not e` where the module has its own `bool`.
fn truth_of(frame: &Frame<'_>, expr: Expr) -> ExprKind {
    let at = expr.at;
    if frame.known.bool_is_hidden {
        return ExprKind::Not(Box::new(made(ExprKind::Not(Box::new(expr)), at)));
    }
    let callee = Box::new(made(ExprKind::Class("bool".into()), at));
    ExprKind::Call { callee, args: Args { positional: vec![expr], keyword: Vec::new() } }
}

/// `x if c else x if d else y` computes c, then d, then x or y, as `x if c or d else y` does; likewise
/// `(x if d else y) if c else y` and `x if c and d else y`.
fn merge_tests(test: &mut Expr, then: &mut Expr, otherwise: &mut Expr, at: At) -> Option<ExprKind> {
    if let ExprKind::IfElse { test: second, then: x, otherwise: y } = &mut otherwise.kind
        && **x == *then
    {
        let tests = made(ExprKind::Or(vec![take(test), take(second)]), at);
        return Some(if_else(tests, take(then), take(y)));
    }
    if let ExprKind::IfElse { test: second, then: x, otherwise: y } = &mut then.kind
        && **y == *otherwise
    {
        let tests = made(ExprKind::And(vec![take(test), take(second)]), at);
        return Some(if_else(tests, take(x), take(otherwise)));
    }
    None
}

fn if_else(mut test: Expr, then: Expr, otherwise: Expr) -> ExprKind {
    // The parts of the new test that are chains of its own kind become part of it.
    let chain = if matches!(test.kind, ExprKind::And(_)) { Chain::And } else { Chain::Or };
    if let Some(operands) = chain.inner(&mut test) {
        let flat = operands.into_iter().flat_map(|mut operand| match chain.inner(&mut operand) {
            Some(inner) => inner,
            None => vec![operand],
        });
        test.kind = chain.of(flat.collect());
    }
    ExprKind::IfElse { test: Box::new(test), then: Box::new(then), otherwise: Box::new(otherwise) }
}

/// Constants compare now as they would later; a key looked for in the input is a field.
fn of_compare(frame: &Frame<'_>, first: &mut Expr, rest: &mut [(CompareOp, Expr)]) -> Option<ExprKind> {
    let [(op, second)] = rest else { return None };
    let (ExprKind::Const(value), op) = (&first.kind, *op) else { return None };
    let found = match (&second.kind, op) {
        (ExprKind::Input, CompareOp::In | CompareOp::NotIn) if frame.known.judges_resources => {
            return contains(value, op, first.at);
        }
        (ExprKind::Const(other), CompareOp::Eq | CompareOp::NotEq) => equal(value, other)?,
        // `None`, `True` and `False` are one object each; nothing else is certain of being one.
        (ExprKind::Const(Const::None), CompareOp::Is | CompareOp::IsNot) => *value == Const::None,
        (ExprKind::List(items) | ExprKind::Tuple(items), CompareOp::In | CompareOp::NotIn) => {
            let known = items.iter().map(|item| match &item.kind {
                ExprKind::Const(item) => equal(value, item),
                _ => None,
            });
            known.collect::<Option<Vec<_>>>()?.into_iter().any(|equal| equal)
        }
        _ => return None,
    };
    let positive = matches!(op, CompareOp::Eq | CompareOp::Is | CompareOp::In);
    Some(boolean(found == positive))
}

fn contains(value: &Const, op: CompareOp, at: At) -> Option<ExprKind> {
    let Const::Str(name) = value else { return None };
    let field = ExprKind::Field { name: name.clone(), access: Access::Contains };
    match op {
        CompareOp::In => Some(field),
        _ => Some(ExprKind::Not(Box::new(made(field, at)))),
    }
}

/// Equality of constants of one plain kind; Python's across kinds (`1 == True`) is left to the evaluator.
fn equal(a: &Const, b: &Const) -> Option<bool> {
    match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(a == b),
        (Const::Bool(a), Const::Bool(b)) => Some(a == b),
        (Const::Int(a), Const::Int(b)) => Some(a == b),
        (Const::None, Const::None) => Some(true),
        (Const::None, _) | (_, Const::None) => Some(false),
        _ => None,
    }
}

/// `resource["X"]`, where the input reached this place through a helper's parameter. Only for resources: an event's
/// fields are found in any case.
fn of_subscript(value: &Expr, index: &Expr) -> Option<ExprKind> {
    match (&value.kind, &index.kind) {
        (ExprKind::Input, ExprKind::Const(Const::Str(name))) => {
            Some(ExprKind::Field { name: name.clone(), access: Access::Subscript })
        }
        _ => None,
    }
}

/// `resource.get("X", default)`, likewise.
fn of_method(receiver: &Expr, name: &str, args: &mut Args) -> Option<ExprKind> {
    if !matches!(receiver.kind, ExprKind::Input) || name != "get" || !args.keyword.is_empty() {
        return None;
    }
    let (field, default) = match args.positional.as_mut_slice() {
        [Expr { kind: ExprKind::Const(Const::Str(field)), .. }] => (field.clone(), None),
        [Expr { kind: ExprKind::Const(Const::Str(field)), .. }, default]
            if !matches!(default.kind, ExprKind::Star(_)) =>
        {
            (field.clone(), Some(Box::new(take(default))))
        }
        _ => return None,
    };
    Some(ExprKind::Field { name: field, access: Access::Get(default) })
}

fn of_call(frame: &Frame<'_>, callee: &Expr, args: &mut Args, truth: bool) -> Option<ExprKind> {
    match takes_truth(callee, args) {
        Taken::Value => None,
        // `bool(e)` is the truth of e.
        Taken::Truth => {
            let [only] = args.positional.as_mut_slice() else { return None };
            let plain = !matches!(only.kind, ExprKind::Star(_)) && (truth || frame.is_bool(only));
            plain.then(|| take(only).kind)
        }
        Taken::TruthOfItems => {
            let ExprKind::Callable(name) = &callee.kind else { return None };
            nested_any_or_all(name, args);
            literal_any_or_all(frame, if name == "any" { Chain::Or } else { Chain::And }, args, truth)
        }
    }
}

/// `any(any(e for b in y) for a in x)` is `any(e for a in x for b in y)`, and `c and any(…)` within is a filter `if c`:
/// the same is computed in the same order up to the first truthy e. Of `all` only the first part holds.
fn nested_any_or_all(name: &str, args: &mut Args) {
    let [Expr { kind: ExprKind::Comprehension { kind: ComprehensionKind::Generator, element, clauses }, .. }] =
        args.positional.as_mut_slice()
    else {
        return;
    };
    if let ExprKind::And(operands) = &mut element.kind
        && name == "any"
        && operands.last().is_some_and(|last| is_same_over_generator(last, name))
        && let Some(last) = operands.pop()
        && let Some(clause) = clauses.last_mut()
    {
        clause.conditions.append(operands);
        **element = last;
    }
    if !is_same_over_generator(element, name) {
        return;
    }
    if let ExprKind::Call { args, .. } = take(element).kind
        && let Some(Expr { kind: ExprKind::Comprehension { element: e, clauses: more, .. }, .. }) =
            args.positional.into_iter().next()
    {
        *element = e;
        clauses.extend(more);
    }
}

fn is_same_over_generator(expr: &Expr, name: &str) -> bool {
    let ExprKind::Call { callee, args } = &expr.kind else { return false };
    let generator = |arg: &Expr| matches!(arg.kind, ExprKind::Comprehension { kind: ComprehensionKind::Generator, .. });
    matches!(&callee.kind, ExprKind::Callable(own) if own == name)
        && args.keyword.is_empty()
        && matches!(args.positional.as_slice(), [only] if generator(only))
}

/// `any([a, b])` is `a or b` when both are truth values (or their truth is all that matters) and b, which `or` may leave
/// out, cannot raise.
fn literal_any_or_all(frame: &Frame<'_>, chain: Chain, args: &mut Args, truth: bool) -> Option<ExprKind> {
    let [Expr { kind: ExprKind::List(items) | ExprKind::Tuple(items), .. }] = args.positional.as_mut_slice() else {
        return None;
    };
    let star = items.iter().any(|item| matches!(item.kind, ExprKind::Star(_)));
    let total = items.iter().skip(1).all(|item| frame.effect(item) <= Effect::Total);
    let truths = truth || items.iter().all(|item| frame.is_bool(item));
    (!star && total && truths).then(|| chain.of(std::mem::take(items)))
}

/// Text beside text is one text, a constant text needs no braces, and text alone is a string.
fn of_format(parts: &mut Vec<FormatPart>) -> Option<ExprKind> {
    let mut merged: Vec<FormatPart> = Vec::with_capacity(parts.len());
    for part in parts.drain(..) {
        let part = match part {
            FormatPart::Value {
                value: Expr { kind: ExprKind::Const(Const::Str(text)), .. },
                conversion: None,
                spec,
            } if spec.is_empty() => FormatPart::Text(text),
            other => other,
        };
        match (merged.last_mut(), &part) {
            (Some(FormatPart::Text(last)), FormatPart::Text(text)) => {
                *last = smol_str::format_smolstr!("{last}{text}");
            }
            _ => merged.push(part),
        }
    }
    merged.retain(|part| !matches!(part, FormatPart::Text(text) if text.is_empty()));
    *parts = merged;
    match parts.as_slice() {
        [] => Some(ExprKind::Const(Const::Str("".into()))),
        [FormatPart::Text(text)] => Some(ExprKind::Const(Const::Str(text.clone()))),
        _ => None,
    }
}
