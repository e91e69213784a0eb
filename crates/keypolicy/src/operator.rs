//! Condition operators: `ForAnyValue:StringNotLikeIfExists` taken apart.

/// What is compared, and how; negation is apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal texts.
    StringEquals,
    /// Equal texts, ASCII letters in either case.
    StringEqualsIgnoreCase,
    /// Texts with `*` and `?`.
    StringLike,
    /// ARNs, field by field, with `*` and `?`; `ArnEquals` is the same.
    Arn,
    /// Numbers in this relation: the request's number stands left.
    Numeric(Relation),
    /// Times in this relation: the request's time stands left.
    Date(Relation),
    /// `true` or `false`.
    Bool,
    /// Base64 texts.
    Binary,
    /// An address in a range.
    IpAddress,
    /// Whether the key is there: `true` means it is not.
    Null,
}

/// An order of two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Relation {
    /// Whether two things so ordered stand in this relation.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// How the values of a multivalued key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ForAllValues:` – every value of the request; true when it has none.
    ForAllValues,
    /// `ForAnyValue:` – at least one value of the request; false when it has none.
    ForAnyValue,
}

/// An operator taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operator {
    /// The set operator in front.
    pub quantifier: Option<Quantifier>,
    /// What is compared.
    pub comparison: Comparison,
    /// `Not…`: no value may fit.
    pub negated: bool,
    /// `…IfExists`: true when the key is missing.
    pub if_exists: bool,
    /// Whether it is written `…Equals` where `…Like` means the same: `ArnEquals`, `ArnNotEquals`.
    pub equals_form: bool,
}

impl Operator {
    /// Reads an operator's name, whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, lower.as_str()),
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (comparison, negated) = comparison(base)?;
        if comparison == Comparison::Null && (if_exists || quantifier.is_some()) {
            return None;
        }
        Some(Self {
            quantifier,
            comparison,
            negated,
            if_exists,
            equals_form: matches!(base, "arnequals" | "arnnotequals"),
        })
    }

    /// Whether `*` and `?` are wildcards in its values.
    pub fn has_wildcards(&self) -> bool {
        matches!(self.comparison, Comparison::StringLike | Comparison::Arn)
    }

    /// As AWS writes it.
    pub fn name(&self) -> String {
        let quantifier = match self.quantifier {
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            None => "",
        };
        let not = if self.negated { "Not" } else { "" };
        let base = match self.comparison {
            Comparison::StringEquals => format!("String{not}Equals"),
            Comparison::StringEqualsIgnoreCase => format!("String{not}EqualsIgnoreCase"),
            Comparison::StringLike => format!("String{not}Like"),
            Comparison::Arn if self.equals_form => format!("Arn{not}Equals"),
            Comparison::Arn => format!("Arn{not}Like"),
            Comparison::Numeric(relation) => format!("Numeric{not}{}", relation_name(relation)),
            Comparison::Date(relation) => format!("Date{not}{}", relation_name(relation)),
            Comparison::Bool => "Bool".to_owned(),
            Comparison::Binary => "BinaryEquals".to_owned(),
            Comparison::IpAddress => format!("{not}IpAddress"),
            Comparison::Null => "Null".to_owned(),
        };
        format!("{quantifier}{base}{}", if self.if_exists { "IfExists" } else { "" })
    }
}

fn comparison(base: &str) -> Option<(Comparison, bool)> {
    Some(match base {
        "stringequals" => (Comparison::StringEquals, false),
        "stringnotequals" => (Comparison::StringEquals, true),
        "stringequalsignorecase" => (Comparison::StringEqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Comparison::StringEqualsIgnoreCase, true),
        "stringlike" => (Comparison::StringLike, false),
        "stringnotlike" => (Comparison::StringLike, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        "bool" => (Comparison::Bool, false),
        "binaryequals" => (Comparison::Binary, false),
        "ipaddress" => (Comparison::IpAddress, false),
        "notipaddress" => (Comparison::IpAddress, true),
        "null" => (Comparison::Null, false),
        _ => {
            if let Some(rest) = base.strip_prefix("numeric") {
                let (relation, negated) = relation(rest)?;
                (Comparison::Numeric(relation), negated)
            } else {
                let (relation, negated) = relation(base.strip_prefix("date")?)?;
                (Comparison::Date(relation), negated)
            }
        }
    })
}

fn relation(name: &str) -> Option<(Relation, bool)> {
    Some(match name {
        "equals" => (Relation::Equal, false),
        "notequals" => (Relation::Equal, true),
        "lessthan" => (Relation::Less, false),
        "lessthanequals" => (Relation::LessOrEqual, false),
        "greaterthan" => (Relation::Greater, false),
        "greaterthanequals" => (Relation::GreaterOrEqual, false),
        _ => return None,
    })
}

fn relation_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "Equals",
        Relation::Less => "LessThan",
        Relation::LessOrEqual => "LessThanEquals",
        Relation::Greater => "GreaterThan",
        Relation::GreaterOrEqual => "GreaterThanEquals",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_taken_apart_and_put_together() {
        for name in [
            "StringEquals",
            "ForAnyValue:StringNotLikeIfExists",
            "ForAllValues:ArnNotEquals",
            "NumericNotEquals",
            "DateGreaterThanEqualsIfExists",
            "StringNotEqualsIgnoreCase",
            "NotIpAddress",
            "BoolIfExists",
            "Null",
        ] {
            assert_eq!(Operator::parse(name).map(|it| it.name()).as_deref(), Some(name));
            assert_eq!(Operator::parse(&name.to_uppercase()), Operator::parse(name));
        }
        for name in ["", "Equals", "StringMatches", "NullIfExists", "ForAnyValue:Null", "ForSome:StringEquals", "Date"]
        {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
