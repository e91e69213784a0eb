//! Locals that are assigned once give way to their value, where that moves no exception and no effect.

use smol_str::SmolStr;

use super::effect::{Effect, Frame};
use super::rules::take;
use super::slots::{Slots, free_names, reads_in, substitute_in_block};
use crate::tree::{
    Access, Args, ComprehensionKind, Const, Expr, ExprKind, FormatPart, Function, Module, Slot, Stmt, Target,
};
use crate::walk;

/// What inlining has to know.
pub(super) struct Inliner<'a> {
    pub(super) module: &'a Module,
    pub(super) frame: Frame<'a>,
    pub(super) slots: &'a Slots,
    /// The function without its body, which is being changed.
    pub(super) function: &'a Function,
}

impl Inliner<'_> {
    /// Inlines or drops one assignment of the block or of a block within; whether there was one.
    pub(super) fn inline_one(&self, block: &mut Vec<Stmt>) -> bool {
        for stmt in block.iter_mut() {
            if walk::blocks_mut(stmt).into_iter().any(|inner| self.inline_one(inner)) {
                return true;
            }
        }
        (0..block.len()).rev().any(|index| self.inline_at(block, index))
    }

    fn inline_at(&self, block: &mut Vec<Stmt>, index: usize) -> bool {
        let Some((slot, effect)) = self.candidate(&block[index]) else { return false };
        let (head, rest) = block.split_at_mut(index + 1);
        let reads = reads_in(rest, slot);
        if reads == 0 {
            return drop_unread(block, index, effect);
        }
        let Some(Stmt::Assign { value, .. }) = head.last_mut() else { return false };
        let place = Place::of(rest, slot);
        let movable = self.may_move(value, effect, &place, reads)
            || self.is_first(value, effect, &place, reads, rest.first(), slot);
        if !movable || self.would_be_captured(value) {
            return false;
        }
        let value = take(value);
        substitute_in_block(rest, &|read| (read == slot).then(|| value.clone()));
        remove(block, index);
        true
    }

    /// A local whose readers, if any, are all in the rest of the block.
    fn candidate(&self, stmt: &Stmt) -> Option<(Slot, Effect)> {
        let Stmt::Assign { targets, value } = stmt else { return None };
        let [Target::Local(slot)] = targets.as_slice() else { return None };
        self.slots.is_fixed_local(*slot).then(|| (*slot, self.frame.effect(value)))
    }

    /// Whether the value may be computed wherever the local is read.
    fn may_move(&self, value: &Expr, effect: Effect, place: &Place, reads: usize) -> bool {
        // What is a name for an unchanging value may stand wherever the local did. A loop's own variable may have moved
        // on when a lambda or a generator reads it.
        if effect == Effect::Atom {
            return place.suits(value) && !(place.delayed && self.names_changing_local(value));
        }
        // What cannot raise and depends on the input alone gives the same anywhere; read once, it costs no more.
        effect == Effect::Total && reads == 1 && place.suits(value) && !place.repeated && self.frame.is_stable(value)
    }

    /// Whether the next statement computes the local before anything that matters, so that the value is computed when it
    /// was. A missing field raises at the first read, and not again.
    fn is_first(
        &self,
        value: &Expr,
        effect: Effect,
        place: &Place,
        reads: usize,
        next: Option<&Stmt>,
        slot: Slot,
    ) -> bool {
        let once = reads == 1 || is_field(value);
        let first = next.and_then(first_computed);
        let scan = Scan { frame: &self.frame, slot, moved: effect };
        once && place.suits(value)
            && !place.repeated
            && !place.delayed
            && first.is_some_and(|first| scan.reaches(first) == Reach::Found)
    }

    fn names_changing_local(&self, value: &Expr) -> bool {
        matches!(value.kind, ExprKind::Local(slot) if slot.0 as usize >= self.slots.params)
    }

    /// Whether a comprehension or lambda of the function binds a name that the value uses: put there, it would mean it.
    fn would_be_captured(&self, value: &Expr) -> bool {
        let names = free_names(self.module, self.function, value);
        let scoped = self.slots.scoped.iter().zip(&self.function.locals).filter(|(scoped, _)| **scoped);
        let scoped: Vec<&SmolStr> = scoped.map(|(_, name)| name).collect();
        names.iter().any(|name| scoped.contains(&name))
    }
}

/// An assignment to a name that nobody reads: what cannot raise needs no computing, the rest keeps its exception.
fn drop_unread(block: &mut Vec<Stmt>, index: usize, effect: Effect) -> bool {
    let Some(Stmt::Assign { value, .. }) = block.get_mut(index) else { return false };
    if effect > Effect::Total {
        block[index] = Stmt::Expr(take(value));
    } else {
        remove(block, index);
    }
    true
}

/// Takes a statement out; a block never ends up empty.
pub(super) fn remove(block: &mut Vec<Stmt>, index: usize) {
    block.remove(index);
    if block.is_empty() {
        block.push(Stmt::Pass);
    }
}

/// In an f-string a string constant costs quotes and a long expression the reader; names and fields do not.
fn reads_well_in_format(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Local(_) | ExprKind::Global(_) => true,
        ExprKind::Field { name, access: Access::Subscript | Access::Get(None) } => is_plain(name),
        ExprKind::Const(Const::Str(text)) => is_plain(text),
        ExprKind::Const(Const::Int(_)) => true,
        _ => false,
    }
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || (c.is_ascii_graphic() && !"\"'\\{}".contains(c)))
}

fn is_field(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Field { access: Access::Subscript, .. })
}

/// Where a slot is read.
#[derive(Default)]
pub(super) struct Place {
    /// In something that is computed more than once: a loop, a comprehension's element.
    pub(super) repeated: bool,
    /// In something that is computed later than it stands: a lambda, a generator.
    pub(super) delayed: bool,
    /// Between the braces of an f-string.
    in_format: bool,
}

impl Place {
    /// Whether the value reads as well and costs as little there as the local: a field would be looked up again in every
    /// round of a loop.
    pub(super) fn suits(&self, value: &Expr) -> bool {
        let costs = self.repeated && matches!(value.kind, ExprKind::Field { .. });
        let hurts = self.in_format && !reads_well_in_format(value);
        !costs && !hurts
    }

    pub(super) fn of(block: &[Stmt], slot: Slot) -> Self {
        let mut place = Self::default();
        place.in_block(block, slot, false);
        place
    }

    fn in_block(&mut self, block: &[Stmt], slot: Slot, repeated: bool) {
        for stmt in block {
            let again = matches!(stmt, Stmt::While { .. });
            walk::statement_exprs(stmt, &mut |expr| self.in_expr(expr, slot, repeated || again));
            let again = matches!(stmt, Stmt::While { .. } | Stmt::For { .. });
            walk::blocks(stmt).into_iter().for_each(|inner| self.in_block(inner, slot, repeated || again));
        }
    }

    fn in_expr(&mut self, expr: &Expr, slot: Slot, repeated: bool) {
        match &expr.kind {
            ExprKind::Local(read) if *read == slot => self.repeated |= repeated,
            ExprKind::Comprehension { kind, clauses, .. } => {
                if let Some(first) = clauses.first() {
                    self.in_expr(&first.iter, slot, repeated);
                }
                let mut inside = 0;
                walk::expressions(expr, &mut |inner| inside += usize::from(is_read(inner, slot)));
                let first = clauses.first().map_or(0, |clause| super::effect::reads(&clause.iter, slot));
                if inside > first {
                    self.repeated = true;
                    self.delayed |= matches!(kind, ComprehensionKind::Generator);
                }
            }
            ExprKind::Lambda { .. } => {
                let inside = super::effect::reads(expr, slot) > 0;
                self.repeated |= inside;
                self.delayed |= inside;
            }
            ExprKind::Format(_) => {
                self.in_format |= super::effect::reads(expr, slot) > 0;
                walk::children(expr, &mut |child| self.in_expr(child, slot, repeated));
            }
            _ => walk::children(expr, &mut |child| self.in_expr(child, slot, repeated)),
        }
    }
}

fn is_read(expr: &Expr, slot: Slot) -> bool {
    matches!(expr.kind, ExprKind::Local(read) if read == slot)
}

/// The expression that a statement computes before anything else.
fn first_computed(stmt: &Stmt) -> Option<&Expr> {
    match stmt {
        Stmt::Expr(value)
        | Stmt::Return(value)
        | Stmt::Assign { value, .. }
        | Stmt::If { test: value, .. }
        | Stmt::For { iter: value, .. }
        | Stmt::Assert { test: value, .. }
        | Stmt::Raise { exception: Some(value), .. } => Some(value),
        _ => None,
    }
}

/// What going through an expression, in the order in which it is computed, comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The read: nothing computed before it can raise or change what the moved value depends on.
    Found,
    /// No read in here, and all of it may be computed before the moved value.
    Passed,
    /// Something stands before the read that must not be computed before the moved value, or may keep it from being computed.
    Blocked,
}

/// Looks for the read of a slot as the first thing computed that matters.
pub(super) struct Scan<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) slot: Slot,
    /// What computing the value that is to be moved there can do.
    pub(super) moved: Effect,
}

impl Scan<'_> {
    /// Two computations may change places if at most one of them can raise, and neither changes what the other sees.
    fn may_precede(&self, effect: Effect) -> bool {
        match self.moved {
            Effect::Atom | Effect::Total => effect <= Effect::Pure,
            Effect::Pure => effect <= Effect::Total,
            Effect::Any => effect <= Effect::Atom,
        }
    }

    pub(super) fn reaches(&self, expr: &Expr) -> Reach {
        if is_read(expr, self.slot) {
            return Reach::Found;
        }
        if super::effect::reads(expr, self.slot) == 0 {
            return if self.may_precede(self.frame.effect(expr)) { Reach::Passed } else { Reach::Blocked };
        }
        match &expr.kind {
            ExprKind::And(operands) | ExprKind::Or(operands) => self.only_first(operands.first()),
            ExprKind::IfElse { test, .. } => self.only_first(Some(test)),
            ExprKind::Compare { first, rest } => {
                // Of a chain, what stands after the second comparison is computed only if the first held.
                self.in_order([first.as_ref()].into_iter().chain(rest.first().map(|(_, operand)| operand)))
            }
            ExprKind::Comprehension { clauses, .. } => self.only_first(clauses.first().map(|clause| &clause.iter)),
            ExprKind::Method { receiver, args, .. } => self.method(receiver, args),
            ExprKind::Call { callee, args } => self.in_order(std::iter::once(callee.as_ref()).chain(plain(args))),
            ExprKind::Format(parts) => match parts.iter().find(|part| matches!(part, FormatPart::Value { .. })) {
                // Each value is turned into text before the next is computed.
                Some(FormatPart::Value { value, .. }) => self.only_first(Some(value)),
                _ => Reach::Blocked,
            },
            ExprKind::Dict(entries) => {
                // `**other` is spread before the next entry is computed.
                let before_spread = entries.iter().take_while(|(key, _)| key.is_some());
                self.in_order(before_spread.flat_map(|(key, value)| key.iter().chain([value])))
            }
            ExprKind::Lambda { .. } => Reach::Blocked,
            _ => {
                let mut parts = Vec::new();
                walk::children(expr, &mut |child| parts.push(child));
                self.in_order(parts.into_iter())
            }
        }
    }

    /// The parts are computed one after the other, whatever each gives.
    fn in_order<'a>(&self, parts: impl Iterator<Item = &'a Expr>) -> Reach {
        for part in parts {
            match self.reaches(part) {
                Reach::Passed => {}
                end => return end,
            }
        }
        Reach::Blocked
    }

    /// Only the first part is certainly computed.
    fn only_first(&self, first: Option<&Expr>) -> Reach {
        match first.map(|first| self.reaches(first)) {
            Some(Reach::Found) => Reach::Found,
            _ => Reach::Blocked,
        }
    }

    /// A method is looked up before its arguments are computed, which raises if there is none.
    fn method(&self, receiver: &Expr, args: &Args) -> Reach {
        match self.reaches(receiver) {
            Reach::Passed => {}
            end => return end,
        }
        let always_found = matches!(receiver.kind, ExprKind::Input | ExprKind::Const(Const::Str(_)));
        if always_found || self.may_precede(Effect::Pure) { self.in_order(plain(args)) } else { Reach::Blocked }
    }
}

/// The arguments in order up to the first that is spread, after which order is not simply theirs.
fn plain(args: &Args) -> impl Iterator<Item = &Expr> {
    let positional = args.positional.iter().take_while(|arg| !matches!(arg.kind, ExprKind::Star(_)));
    let all = positional.clone().count() == args.positional.len();
    let keyword = args.keyword.iter().take_while(move |(name, _)| all && name.is_some()).map(|(_, value)| value);
    positional.chain(keyword)
}
