//! Small random policies, and all requests of a small world.

use keypolicy::{Action, Request, Setting};

pub const OWN: &str = "111122223333";
pub const OTHER: &str = "444455556666";
pub const STRANGER: &str = "777788889999";

/// A small generator of numbers, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (count as u64).max(1)).unwrap_or(0)
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One to `most` of them.
    fn some<'a>(&mut self, of: &[&'a str], most: usize) -> Vec<&'a str> {
        (0..=self.below(most)).map(|_| self.one(of)).collect()
    }
}

pub fn setting() -> Setting {
    Setting { account: Some(OWN.to_owned()), ..Setting::default() }
}

const PRINCIPALS: [&str; 13] = [
    r#""*""#,
    r#""*""#,
    r#"{"AWS": "*"}"#,
    r#"{"AWS": "111122223333"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:root"}"#,
    r#"{"AWS": "arn:aws:iam::444455556666:root"}"#,
    r#"{"AWS": ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/a"]}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:role/p/b"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:user/u"}"#,
    r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/a/s1"}"#,
    r#"{"Service": "s3.amazonaws.com"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:root", "Service": ["s3.amazonaws.com", "logs.us-east-1.amazonaws.com"]}"#,
    r#"{"AWS": ["AROAEXAMPLEEXAMPLE123", "111122223333", "arn:aws:iam::111122223333:role/a", "arn:aws:sts::111122223333:assumed-role/a/s1"]}"#,
];
const ACTIONS: [&str; 9] = [
    r#""kms:*""#,
    r#""*""#,
    r#""kms:Decrypt""#,
    r#"["kms:Create*", "kms:decrypt"]"#,
    r#""kms:?ecrypt""#,
    r#"["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]"#,
    r#""kms:List*""#,
    r#"["kms>Delete*", "s3:Get", "kms:CreateGrant"]"#,
    r#""kms:S*""#,
];

/// A condition: operators and values that fit the key, by kind.
fn condition(dice: &mut Dice) -> (String, String, String) {
    let quoted = |values: Vec<&str>| {
        let list: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        if list.len() == 1 { list[0].clone() } else { format!("[{}]", list.join(", ")) }
    };
    let texts = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
    ];
    let (key, operators, values): (&str, &[&str], &[&str]) = match dice.below(14) {
        0 => ("aws:PrincipalAccount", &texts, &[OWN, OTHER, "*", "1*", "4???55556666"]),
        1 => ("kms:CallerAccount", &texts[..4], &[OWN, OTHER, "7*"]),
        2 => (
            "aws:PrincipalArn",
            &["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotLike", "ArnLikeIfExists"],
            &[
                "arn:aws:iam::111122223333:role/*",
                "arn:aws:iam::*:role/a",
                "arn:aws:iam::111122223333:root",
                "arn:aws:iam::*:user/u",
                "arn:aws:iam::111122223333:role/p/?",
                "arn:*:role/a",
                "*",
            ],
        ),
        3 => ("aws:PrincipalOrgID", &texts, &["o-1", "o-2", "o-*", "O-1"]),
        4 | 5 => ("aws:PrincipalTag/t", &texts, &["a", "b", "a*", "*b", "?", "ab", "*a*", "A", "??"]),
        6 => ("kms:ViaService", &texts[..6], &["s3.us-east-1.amazonaws.com", "s3.*.amazonaws.com", "*"]),
        7 => ("aws:SourceVpce", &texts[..6], &["vpce-1", "vpce-*"]),
        8 => (
            "kms:GrantOperations",
            &[
                "ForAllValues:StringEquals",
                "ForAnyValue:StringEquals",
                "ForAnyValue:StringNotEquals",
                "ForAllValues:StringNotEquals",
                "StringEquals",
                "StringNotEquals",
            ],
            &["Decrypt", "Encrypt", "Sign"],
        ),
        9 => ("aws:SourceAccount", &texts[..6], &[OWN, OTHER, "*"]),
        10 => (
            "kms:ScheduleKeyDeletionPendingWindowInDays",
            &[
                "NumericLessThan",
                "NumericGreaterThanEquals",
                "NumericEquals",
                "NumericNotEquals",
                "NumericGreaterThanIfExists",
            ],
            &["7", "20", "30", "25"],
        ),
        11 => (
            dice.one(&[
                "aws:PrincipalIsAWSService",
                "aws:ViaAWSService",
                "kms:GrantIsForAWSResource",
                "aws:SecureTransport",
            ]),
            &["Bool", "BoolIfExists"],
            &["true", "false"],
        ),
        12 => (
            dice.one(&[
                "aws:PrincipalOrgID",
                "aws:PrincipalTag/t",
                "aws:SourceVpce",
                "kms:GrantOperations",
                "aws:PrincipalArn",
                "aws:SourceAccount",
            ]),
            &["Null"],
            &["true", "false"],
        ),
        _ => ("aws:userid", &["StringLike", "StringNotLike"], &["AROAEXAMPLEEXAMPLE123:*", "*:s1", "AIDA*"]),
    };
    (dice.one(operators).to_owned(), key.to_owned(), quoted(dice.some(values, 2)))
}

/// A statement.
fn statement(dice: &mut Dice) -> String {
    let effect = if dice.below(5) < 3 { "Allow" } else { "Deny" };
    let principal = dice.one(&PRINCIPALS);
    let not_principal = if dice.below(12) == 0 { "Not" } else { "" };
    let action = dice.one(&ACTIONS);
    let not_action = if dice.below(10) == 0 { "Not" } else { "" };
    let mut conditions: Vec<(String, String, String)> = Vec::new();
    for _ in 0..dice.below(4) {
        let new = condition(dice);
        // One operator on one key once: twice is another test's matter.
        if conditions.iter().all(|(operator, _, _)| *operator != new.0) {
            conditions.push(new);
        }
    }
    let list: Vec<String> =
        conditions.iter().map(|(operator, key, values)| format!("\"{operator}\": {{\"{key}\": {values}}}")).collect();
    let condition = if list.is_empty() { String::new() } else { format!(r#", "Condition": {{{}}}"#, list.join(", ")) };
    format!(
        r#"{{"Effect": "{effect}", "{not_principal}Principal": {principal}, "{not_action}Action": {action}, "Resource": "*"{condition}}}"#
    )
}

/// The statements of a small policy.
pub fn statements(dice: &mut Dice) -> Vec<String> {
    (0..=dice.below(4)).map(|_| statement(dice)).collect()
}

/// A policy of these statements.
pub fn policy(statements: &[String]) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(",\n  "))
}

/// All requests of a small world.
pub fn requests() -> Vec<Request> {
    let mut made = Vec::new();
    let actions = ["Decrypt", "CreateGrant", "PutKeyPolicy", "ScheduleKeyDeletion", "ListKeys", "Sign"];
    for action in actions.iter().filter_map(|name| Action::named(name)) {
        for (principal, arn, id) in callers() {
            for organization in [None, Some("o-1"), Some("o-9")] {
                for tag in [None, Some("a"), Some("ab"), Some("ba"), Some("c")] {
                    for mode in [0, 1, 2, 3] {
                        let mut request = Request::new(&principal, action);
                        request.set("aws:PrincipalArn", vec![arn.clone()]);
                        request.set("aws:userid", vec![id.clone()]);
                        if let Some(organization) = organization {
                            request.set("aws:PrincipalOrgID", vec![organization.to_owned()]);
                            request.set("aws:PrincipalOrgPaths", vec![format!("{organization}/r-1/")]);
                        }
                        if let Some(tag) = tag {
                            request.set("aws:PrincipalTag/t", vec![tag.to_owned()]);
                        }
                        way(&mut request, mode);
                        made.extend(with_parameters(request));
                    }
                }
            }
        }
        for service in ["s3.amazonaws.com", "sns.amazonaws.com"] {
            for account in [None, Some(OWN), Some(OTHER), Some(STRANGER)] {
                let mut request = Request::new(service, action);
                if let Some(account) = account {
                    request.set("aws:SourceAccount", vec![account.to_owned()]);
                }
                made.extend(with_parameters(request));
            }
        }
    }
    for request in &mut made {
        request.complete(&setting(), Some("2026-11-22T12:00:00Z")).unwrap();
    }
    made
}

/// Principal, its ARN, its user id.
fn callers() -> Vec<(String, String, String)> {
    let mut made = Vec::new();
    let role = |account: &str, path: &str, name: &str, session: &str| {
        (
            format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
            format!("arn:aws:iam::{account}:role/{path}{name}"),
            format!("AROAEXAMPLEEXAMPLE123:{session}"),
        )
    };
    made.push(role(OWN, "", "a", "s1"));
    made.push(role(OWN, "", "a", "s2"));
    made.push(role(OWN, "p/", "b", "s1"));
    made.push(role(OTHER, "", "a", "s1"));
    made.push(role(STRANGER, "", "a", "s2"));
    for account in [OWN, OTHER] {
        let user = format!("arn:aws:iam::{account}:user/u");
        made.push((user.clone(), user, "AIDAEXAMPLEEXAMPLE123".to_owned()));
    }
    for account in [OWN, STRANGER] {
        let root = format!("arn:aws:iam::{account}:root");
        made.push((root.clone(), root, account.to_owned()));
    }
    made
}

/// From the internet, through an endpoint, or through a service.
fn way(request: &mut Request, mode: usize) {
    match mode {
        1 => {
            request.set("aws:SourceVpce", vec!["vpce-1".to_owned()]);
            request.set("aws:SourceVpc", vec!["vpc-1".to_owned()]);
            request.set("aws:VpcSourceIp", vec!["10.0.0.1".to_owned()]);
        }
        2 => request.set("kms:ViaService", vec!["s3.us-east-1.amazonaws.com".to_owned()]),
        3 => request.set("kms:ViaService", vec!["ec2.us-east-1.amazonaws.com".to_owned()]),
        _ => {}
    }
}

/// The request with each of a few parameters of its call.
fn with_parameters(request: Request) -> Vec<Request> {
    let via = request.value("kms:viaservice").is_some();
    match request.action.name() {
        "CreateGrant" => [&["Decrypt"][..], &["Decrypt", "Encrypt"], &["Verify"]]
            .into_iter()
            .map(|operations| {
                let mut request = request.clone();
                request.set("kms:GrantOperations", operations.iter().map(|it| (*it).to_owned()).collect());
                request.set("kms:GrantIsForAWSResource", vec![via.to_string()]);
                request
            })
            .collect(),
        "ScheduleKeyDeletion" => [None, Some("7"), Some("22"), Some("30")]
            .into_iter()
            .map(|days| {
                let mut request = request.clone();
                if let Some(days) = days {
                    request.set("kms:ScheduleKeyDeletionPendingWindowInDays", vec![days.to_owned()]);
                }
                request
            })
            .collect(),
        _ => vec![request],
    }
}
