//! What several lints' examples take for known.

use crate::Context;

/// The key is in account 111122223333.
pub fn own(context: &mut Context) {
    context.key.account = Some("111122223333".to_owned());
}

/// AWS's default policy: everything to the account.
pub const ROOT: &str = r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#;

/// The same, marked where lints point that are about a policy as a whole.
pub const ROOT_MARKED: &str = r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#;
