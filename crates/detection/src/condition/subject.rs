//! Expressions as what is tested: paths of the input, items of lists, and what is computed from them by name.

use logic::tree::{Access, Args, At, BinaryOp, Clause, ComprehensionKind, Const, Expr, ExprKind, Target};

use super::dialect::literal;
use super::formula::Subject;
use super::read::{Reader, Said, unsayable};
use super::truth::{constant_of, truthy};

impl Reader<'_> {
    /// What is tested: a path of the input, an item, or something computed from them.
    pub(super) fn subject(&mut self, expr: &Expr) -> Said<Subject> {
        match self.meaning(expr) {
            Some(Ok(meaning)) => return self.subject(&meaning),
            Some(Err(subject)) => return Ok(subject),
            None => {}
        }
        match &expr.kind {
            ExprKind::Field { name, access } => self.field(name, access),
            ExprKind::Const(value) => Ok(Subject::new(literal(value))),
            ExprKind::Global(id) => match self.constant(expr) {
                Some(value) if constant_of(&value).is_some() => self.subject(&value),
                _ => Ok(Subject::new(self.module.globals.get(id.0 as usize).map_or("", |g| last_part(&g.name)))),
            },
            ExprKind::Input => Ok(Subject::new("input")),
            ExprKind::Class(name) | ExprKind::Callable(name) => Ok(Subject::new(last_part(name))),
            ExprKind::Function(id) => {
                Ok(Subject::new(self.module.functions.get(id.0 as usize).map_or("", |f| last_part(&f.name))))
            }
            ExprKind::Subscript { value, index } => self.part(value, index),
            ExprKind::Attribute { value, name } => Ok(self.subject(value)?.map(|text| format!("{text}.{name}"))),
            ExprKind::Method { receiver, name, args } => self.of_method(receiver, name, args),
            ExprKind::Call { callee, args } => self.of_call(callee, args),
            ExprKind::Or(operands) => self.with_default(operands, expr.at),
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.subject(left)?, self.subject(right)?);
                let sign = sign(*op);
                Ok(Subject::of(&[left, right], |parts| format!("({})", parts.join(sign))))
            }
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                Ok(self.joined(items)?.map(|text| format!("[{text}]")))
            }
            ExprKind::Walrus { slot, value } => {
                self.bind_local(*slot, value);
                self.subject(value)
            }
            ExprKind::Comprehension { kind, element, clauses } => self.projection(kind, element, clauses, expr.at),
            other => unsayable(construct(other), expr.at),
        }
    }

    fn field(&mut self, name: &str, access: &Access) -> Said<Subject> {
        match access {
            Access::Get(Some(default)) => self.default(Subject::new(name), default),
            _ => Ok(Subject::new(name)),
        }
    }

    /// `subject, or else this`: nothing need be said of a default that is itself nothing.
    fn default(&mut self, subject: Subject, default: &Expr) -> Said<Subject> {
        let default = self.resolved(default);
        if is_nothing(&default) {
            return Ok(subject);
        }
        let default = self.subject(&default)?;
        let words = format!("{} (by default {})", subject.words, default.words);
        Ok(Subject { words, ..Subject::of(&[subject, default], |parts| format!("default({})", parts.join(", "))) })
    }

    fn with_default(&mut self, operands: &[Expr], at: At) -> Said<Subject> {
        match operands {
            [value, default] => {
                let subject = self.subject(value)?;
                self.default(subject, default)
            }
            _ => unsayable("a value that is one of several", at),
        }
    }

    /// `value[index]`: a path goes on with a dot.
    fn part(&mut self, value: &Expr, index: &Expr) -> Said<Subject> {
        let index = self.resolved(index);
        if let ExprKind::Const(Const::Str(key)) = &index.kind {
            return self.step(value, key);
        }
        let subject = self.subject(value)?;
        match &index.kind {
            ExprKind::Slice { .. } => unsayable("a slice", index.at),
            _ => {
                let index = self.subject(&index)?;
                Ok(subject.map(|text| format!("{text}[{}]", index.text)))
            }
        }
    }

    fn step(&mut self, value: &Expr, key: &str) -> Said<Subject> {
        if matches!(self.resolved(value).kind, ExprKind::Input) {
            return Ok(Subject::new(key));
        }
        Ok(self.subject(value)?.map(|text| format!("{text}.{key}")))
    }

    fn of_method(&mut self, receiver: &Expr, name: &str, args: &Args) -> Said<Subject> {
        let keys: Option<Vec<&str>> = args.positional.iter().map(text_of).collect();
        let by_name = args.keyword.iter().find(|(name, _)| name.as_deref() == Some("default")).map(|(_, value)| value);
        match (name, keys.as_deref(), args.positional.as_slice()) {
            ("get", _, [key]) if let Some(key) = text_of(&self.resolved(key)) => {
                let subject = self.step(receiver, key)?;
                by_name.map_or(Ok(subject.clone()), |default| self.default(subject.clone(), default))
            }
            ("get", _, [key, default]) if let Some(key) = text_of(&self.resolved(key)) => {
                let subject = self.step(receiver, key)?;
                self.default(subject, default)
            }
            ("deep_get" | "deep_walk" | "udm", Some([first, rest @ ..]), _) => {
                let first = self.step(receiver, first)?;
                let subject = rest.iter().fold(first, |path, key| path.map(|text| format!("{text}.{key}")));
                by_name.map_or(Ok(subject.clone()), |default| self.default(subject.clone(), default))
            }
            ("items" | "keys" | "values", _, []) if name == "keys" => self.subject(receiver),
            _ => {
                let receiver = self.subject(receiver)?;
                self.named(name, Some(receiver), args)
            }
        }
    }

    /// `name(first, arguments)`.
    fn named(&mut self, name: &str, first: Option<Subject>, args: &Args) -> Said<Subject> {
        let mut parts: Vec<Subject> = first.into_iter().collect();
        for arg in &args.positional {
            parts.push(self.subject(arg)?);
        }
        for (keyword, value) in &args.keyword {
            let keyword = keyword.as_deref().unwrap_or("**").to_owned();
            parts.push(self.subject(value)?.map(|text| format!("{keyword}={text}")));
        }
        let called = Subject::of(&parts, |parts| format!("{name}({})", parts.join(", ")));
        Ok(match (name, parts.as_slice()) {
            ("length", [only]) => Subject { words: format!("the length of {}", only.words), ..called },
            _ => called,
        })
    }

    fn joined(&mut self, items: &[Expr]) -> Said<Subject> {
        let parts: Vec<Subject> = items.iter().map(|item| self.subject(item)).collect::<Said<_>>()?;
        Ok(Subject::of(&parts, |parts| parts.join(", ")))
    }

    fn of_call(&mut self, callee: &Expr, args: &Args) -> Said<Subject> {
        let name = match &callee.kind {
            ExprKind::Function(id) => self.module.functions.get(id.0 as usize).map_or("", |f| last_part(&f.name)),
            ExprKind::Callable(name) | ExprKind::Class(name) => last_part(name),
            _ => return unsayable("a call of what is computed", callee.at),
        };
        let path_helper = matches!(name, "deep_get" | "deep_walk");
        if path_helper && let Some((receiver, keys)) = args.positional.split_first() {
            let method = Args { positional: keys.to_vec(), keyword: args.keyword.clone() };
            return self.of_method(receiver, name, &method);
        }
        let name = match (name, &callee.kind) {
            ("len", ExprKind::Callable(_)) => "length".to_owned(),
            ("loads", ExprKind::Callable(_)) => "json".to_owned(),
            // Making a set or list of something changes nothing that the dialect tells apart.
            ("set" | "list" | "tuple" | "frozenset" | "sorted", _) if args.positional.len() == 1 => {
                return self.subject(&args.positional[0]);
            }
            (name, _) => name.to_owned(),
        };
        self.named(&name, None, args)
    }

    /// `[item.X for item in Y]` is `Y[].X`.
    fn projection(&mut self, kind: &ComprehensionKind, element: &Expr, clauses: &[Clause], at: At) -> Said<Subject> {
        let [Clause { target: Target::Local(slot), iter, conditions }] = clauses else {
            return unsayable("a comprehension of several lists", at);
        };
        if !conditions.is_empty() || matches!(kind, ComprehensionKind::Dict(_)) {
            return unsayable("a comprehension with conditions", at);
        }
        let list = self.subject(iter)?;
        self.with_item(*slot, list.map(|text| format!("{text}[]")), |this| this.subject(element))
    }
}

pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn text_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Const::Str(text)) => Some(text),
        _ => None,
    }
}

/// A default that stands for nothing: `None`, `""`, `0`, `[]`, `{}`.
fn is_nothing(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(value) => !truthy(value),
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items.iter().all(is_nothing),
        ExprKind::Dict(entries) => entries.is_empty(),
        ExprKind::Call { callee, args } => {
            matches!(callee.kind, ExprKind::Class(_)) && args.positional.is_empty() && args.keyword.is_empty()
        }
        _ => false,
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => " + ",
        BinaryOp::Sub => " - ",
        BinaryOp::Mult => " * ",
        BinaryOp::Div => " / ",
        BinaryOp::FloorDiv => " // ",
        BinaryOp::Mod => " % ",
        BinaryOp::Pow => " ** ",
        BinaryOp::BitAnd => " & ",
        BinaryOp::BitOr => " | ",
        BinaryOp::BitXor => " ^ ",
        BinaryOp::LShift => " << ",
        BinaryOp::RShift => " >> ",
    }
}

/// What an expression without words in the dialect is called.
fn construct(kind: &ExprKind) -> String {
    match kind {
        ExprKind::And(_) => "a value that is one of several".to_owned(),
        ExprKind::Not(_) | ExprKind::Compare { .. } => "a truth value that is compared".to_owned(),
        ExprKind::IfElse { .. } => "a value that depends on a test".to_owned(),
        ExprKind::Dict(_) => "a dictionary".to_owned(),
        ExprKind::Format(_) => "a text put together".to_owned(),
        ExprKind::Lambda { .. } => "a function made on the spot".to_owned(),
        ExprKind::Local(_) => "a name that has no value yet".to_owned(),
        _ => "an expression".to_owned(),
    }
}
