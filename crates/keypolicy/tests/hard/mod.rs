//! Policies made to be hard to prove anything of: each is a recipe, a list of numbers, of which the first makes a policy and every other
//! one changes it.

use std::collections::BTreeMap;

/// Numbers that look random and are always the same.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..4).for_each(|_| {
            dice.next();
        });
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// The policy of a recipe, of at most so many bytes.
pub fn policy(recipe: &[u64], most_bytes: usize) -> String {
    let mut statements = Vec::new();
    for (at, seed) in recipe.iter().enumerate() {
        let mut dice = Dice::new(*seed);
        if at == 0 {
            fresh(&mut dice, &mut statements, most_bytes)
        } else {
            change(&mut dice, &mut statements)
        }
        while text(&statements).len() > most_bytes && statements.len() > 1 {
            let at = dice.below(statements.len());
            statements.remove(at);
        }
    }
    text(&statements)
}

fn text(statements: &[String]) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","))
}

const KINDS: usize = 8;

fn fresh(dice: &mut Dice, made: &mut Vec<String>, most_bytes: usize) {
    let kind = dice.below(KINDS);
    // Some fill all the room there is.
    let scale = if dice.below(3) == 0 { most_bytes / 8192 } else { 1 };
    let (allows, denies) = ((1 + dice.below(20)) * scale.max(1), dice.below(120) * scale.max(1));
    let mut size = 0;
    for at in 0..allows + denies {
        let statement = statement(dice, at >= allows, kind);
        size += statement.len() + 1;
        if size + 50 > most_bytes {
            return;
        }
        made.push(statement);
    }
}

fn change(dice: &mut Dice, made: &mut Vec<String>) {
    for _ in 0..1 + dice.below(8) {
        let (at, kind) = (dice.below(made.len()), dice.below(KINDS));
        let deny = dice.below(4) > 0;
        match dice.below(3) {
            0 => made[at] = statement(dice, deny, kind),
            1 => made.insert(at, statement(dice, deny, kind)),
            _ => made.push(made[at].clone()),
        }
    }
}

fn statement(dice: &mut Dice, deny: bool, kind: usize) -> String {
    const PRINCIPALS: [&str; 6] = [
        r#""Principal":"*""#,
        r#""Principal":"*""#,
        r#""NotPrincipal":{"AWS":["arn:aws:iam::111122223333:role/a","111122223333"]}"#,
        r#""Principal":{"AWS":"*","Service":"s3.amazonaws.com"}"#,
        r#""NotPrincipal":{"AWS":["arn:aws:sts::111122223333:assumed-role/a/b","arn:aws:sts::111122223333:assumed-role/a/c","111122223333"]}"#,
        r#""Principal":{"AWS":["444455556666","arn:aws:iam::444455556666:role/a","arn:aws:sts::444455556666:assumed-role/a/b"]}"#,
    ];
    const ACTIONS: [&str; 8] = [
        r#""kms:*""#,
        r#""kms:Decrypt""#,
        r#"["kms:D*","kms:CreateGrant"]"#,
        r#""kms:*Key*""#,
        r#""kms:?e*""#,
        r#"["kms:G*","kms:R*"]"#,
        r#"["kms:*t","kms:S*"]"#,
        r#""kms:E*""#,
    ];
    let effect = if deny { "Deny" } else { "Allow" };
    let principal = dice.pick(if kind == 6 { &PRINCIPALS } else { &PRINCIPALS[..4] });
    let action = dice.pick(if kind == 7 { &ACTIONS } else { &ACTIONS[..4] });
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..1 + dice.below(5) {
        let (operator, line) = condition(dice, kind);
        let lines = lines.entry(operator).or_default();
        if !lines.iter().any(|it| it.split('[').next() == line.split('[').next()) {
            lines.push(line);
        }
    }
    let lines: Vec<String> =
        lines.iter().map(|(operator, lines)| format!(r#""{operator}":{{{}}}"#, lines.join(","))).collect();
    format!(
        r#"{{"Effect":"{effect}",{principal},"Action":{action},"Resource":"*","Condition":{{{}}}}}"#,
        lines.join(",")
    )
}

fn condition(dice: &mut Dice, kind: usize) -> (String, String) {
    const KEYS: [&str; 14] = [
        "aws:PrincipalArn",
        "aws:PrincipalTag/a",
        "kms:EncryptionContext:b",
        "kms:ViaService",
        "aws:userid",
        "aws:PrincipalOrgPaths",
        "aws:SourceArn",
        "kms:RequestAlias",
        "aws:PrincipalAccount",
        "kms:EncryptionContextKeys",
        "aws:SourceAccount",
        "aws:username",
        "aws:PrincipalOrgMasterAccount",
        "aws:CalledVia",
    ];
    let key = dice.pick(if kind >= 6 { &KEYS } else { &KEYS[..10] });
    // Many different keys: each a value of its own.
    let key = match kind {
        7 if dice.below(2) == 0 => format!("aws:PrincipalTag/t{}", dice.below(40)),
        _ => key.to_owned(),
    };
    let multivalued = matches!(key.as_str(), "aws:PrincipalOrgPaths" | "kms:EncryptionContextKeys" | "aws:CalledVia");
    let quantifier = if multivalued { dice.pick(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
    let operator = match kind {
        0 => dice.pick(&["StringLike", "StringNotLike"]),
        1 => dice.pick(&["StringNotLike", "StringNotEquals", "StringNotLikeIfExists"]),
        2 => dice.pick(&["ArnLike", "ArnNotLike", "StringLike"]),
        _ => dice.pick(&[
            "StringLike",
            "StringNotLike",
            "StringEquals",
            "StringNotEquals",
            "ArnNotLike",
            "StringEqualsIgnoreCase",
            "StringLikeIfExists",
        ]),
    };
    let many = 1 + dice.below(if kind == 3 { 40 } else { 6 });
    let values: Vec<String> = (0..many).map(|_| format!("\"{}\"", value(dice, &key, kind))).collect();
    (format!("{quantifier}{operator}"), format!(r#""{key}":[{}]"#, values.join(",")))
}

fn value(dice: &mut Dice, key: &str, kind: usize) -> String {
    const LETTERS: [&str; 14] = ["a", "b", "c", "d", "e", "f", "g", "h", "0", "1", "2", "3", "?", "*"];
    let mut text = String::new();
    for _ in 0..1 + dice.below(if kind == 4 { 60 } else { 10 }) {
        text.push_str(dice.pick(&LETTERS));
        if dice.below(3) == 0 {
            text.push('*');
        }
    }
    if kind == 5 && dice.below(4) == 0 {
        text.push_str("${aws:PrincipalTag/a}");
    }
    match key {
        "aws:PrincipalArn" if dice.below(3) > 0 => {
            format!(
                "arn:aws:iam::{}:role/{text}",
                dice.pick(&["*", "111122223333", "?11122223333", "444455556666", "4444*"])
            )
        }
        "aws:SourceArn" if dice.below(3) > 0 => format!("arn:aws:s3:*:*:{text}"),
        "aws:PrincipalOrgPaths" => format!("o-a1b2c3d4e5/r-{text}/*"),
        "aws:PrincipalAccount" => dice.pick(&["111122223333", "4444*", "????????????", "*5*", "44445555*"]).to_owned(),
        _ => text,
    }
}
