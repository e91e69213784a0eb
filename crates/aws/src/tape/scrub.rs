//! Takes out of requests and answers everything that could tell whose they are: member names and types stay, and the values that AWS chose
//! from a list of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Members whose values are words of AWS's, the same for everybody.
const WORDS: [&str; 35] = [
    "Action",
    "Code",
    "ConnectionErrorCode",
    "ConnectionState",
    "CustomKeyStoreType",
    "CustomerMasterKeySpec",
    "EncryptionAlgorithms",
    "ExpirationModel",
    "FeatureSet",
    "ImportState",
    "IncludeKeyMaterial",
    "JoinedMethod",
    "KeyAgreementAlgorithms",
    "KeyManager",
    "KeyMaterialState",
    "KeySpec",
    "KeyState",
    "KeyUsage",
    "MacAlgorithms",
    "MultiRegionKeyType",
    "Operation",
    "Operations",
    "Origin",
    "PolicyName",
    "RegionOptStatus",
    "RegionOptStatusContains",
    "RotationType",
    "SigningAlgorithms",
    "State",
    "Status",
    "Type",
    "Version",
    "XksProxyConnectivity",
    "__type",
    "code",
];
/// Members whose own members the customer named.
const NAMED_BY_CUSTOMERS: [&str; 3] = ["EncryptionContextSubset", "EncryptionContextEquals", "Tags"];
/// Elements of a list that are shown.
const SHOWN: usize = 3;
/// What an ARN's resource may begin with.
const RESOURCES: [&str; 13] = [
    "account",
    "alias",
    "assumed-role",
    "federated-user",
    "key",
    "o",
    "ou",
    "policy",
    "role",
    "root",
    "sts",
    "user",
    "vpce",
];

/// Replaces each id by another, always the same.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    numbers: BTreeMap<(&'static str, String), usize>,
}

impl Scrubber {
    /// The shape of a request: JSON, or a form.
    pub(super) fn request(&mut self, body: &[u8]) -> Value {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return self.value("", &value);
        }
        let Ok(text) = std::str::from_utf8(body) else { return json!("bytes") };
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let shape = |(name, value): (&str, &str)| {
            let value = value.replace("%3A", ":").replace("%2F", "/");
            (member(name), Value::from(self.member_text(name, &value)))
        };
        Value::Object(pairs.map(shape).collect())
    }

    /// The error code of an answer, if it is an error of AWS's, and its shape.
    pub(super) fn reply(&mut self, status: u16, error_type: Option<&str>, body: &[u8]) -> (String, Value) {
        let text = String::from_utf8_lossy(body);
        let (code, shape) = if let Ok(value) = serde_json::from_slice::<Value>(body) {
            let code = ["__type", "code", "Code"].into_iter().find_map(|name| value.get(name)?.as_str());
            (code.map(str::to_owned), self.value("", &value))
        } else if text.trim_start().starts_with('<') && !is_page(&text) {
            (crate::xml::element(&text, "Code"), self.elements(&text))
        } else {
            (None, json!(if is_page(&text) { "a page of HTML" } else { "neither JSON nor XML" }))
        };
        let code = code.as_deref().or(error_type).filter(|_| status >= 300).unwrap_or_default();
        let bare = code.split('#').next_back().unwrap_or_default().split(':').next().unwrap_or_default();
        (if is_word(bare) { bare.to_owned() } else { String::new() }, shape)
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            // Dates are seconds since 1970.
            Value::Number(number) => json!(if number.as_f64().is_some_and(|it| it > 1e9) { "date" } else { "number" }),
            Value::String(text) => json!(self.member_text(name, text)),
            Value::Array(values) => {
                let mut shapes: Vec<Value> = values.iter().take(SHOWN).map(|value| self.value(name, value)).collect();
                if values.len() > SHOWN {
                    shapes.push(json!(format!("… and {} more", values.len() - SHOWN)));
                }
                Value::Array(shapes)
            }
            Value::Object(_) if NAMED_BY_CUSTOMERS.contains(&name) && !is_of_aws(value) => {
                json!({ "string": "string" })
            }
            Value::Object(members) => {
                let shapes: Map<String, Value> =
                    members.iter().map(|(name, value)| (member(name), self.value(name, value))).collect();
                Value::Object(shapes)
            }
        }
    }

    fn member_text(&mut self, name: &str, text: &str) -> String {
        match name {
            "AccessKeyId" | "SecretAccessKey" | "SessionToken" | "ExternalId" | "RoleSessionName" => {
                "string".to_owned()
            }
            _ if WORDS.contains(&name) && (is_word(text) || is_version(text)) => text.to_owned(),
            "__type" => text.split('#').next_back().filter(|code| is_word(code)).unwrap_or("string").to_owned(),
            "message" | "Message" => self.message(text),
            _ => self.text(text),
        }
    }

    /// A message of AWS's: its words stay, everything that is more than a word is replaced.
    fn message(&mut self, text: &str) -> String {
        let words = text.split_whitespace().take(200).map(|token| {
            let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
            let shown = match bare {
                "" => String::new(),
                _ if bare.len() <= 24 && bare.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '\'')) => {
                    bare.to_owned()
                }
                _ if is_action(bare) => bare.to_owned(),
                _ => match self.text(bare).as_str() {
                    "string" => "…".to_owned(),
                    known => known.to_owned(),
                },
            };
            token.replacen(bare, &shown, usize::from(!bare.is_empty()))
        });
        let kept: Vec<String> = words.collect();
        // What stands around a word is punctuation, or it does not stay.
        kept.join(" ").chars().map(|c| if c.is_ascii() || c == '…' { c } else { '?' }).collect()
    }

    fn text(&mut self, text: &str) -> String {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if text.is_empty() || is_region(text) {
            return text.to_owned();
        }
        if text.len() == 12 && digits(text) {
            return format!("{:012}", self.number("account", text));
        }
        if let Some(id) = uuid(text) {
            let multi = if text.starts_with("mrk-") { "mrk-" } else { "" };
            return format!("{multi}id-{}", self.number("id", &id));
        }
        if text.starts_with("arn:") {
            return self.arn(text);
        }
        if let Some(alias) = text.strip_prefix("alias/") {
            let aws = if alias.starts_with("aws/") { "aws/" } else { "" };
            return format!("alias/{aws}name-{}", self.number("name", alias));
        }
        for kind in ["o", "ou", "r", "p"] {
            let rest = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
            if rest.is_some_and(|rest| {
                rest.len() >= 4 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }) {
                return format!("{kind}-{}", self.number("unit", text));
            }
        }
        if text.trim_start().starts_with('{') { "JSON in a string".to_owned() } else { "string".to_owned() }
    }

    /// Service, region and kind of resource stay; account and names are replaced.
    fn arn(&mut self, text: &str) -> String {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts[..] else { return "ARN".to_owned() };
        let plain = |part: &str| part.len() <= 24 && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !plain(partition) || !plain(service) || !(region.is_empty() || is_region(region)) {
            return "ARN".to_owned();
        }
        let account = if account.is_empty() { String::new() } else { self.text(account) };
        let pieces: Vec<String> = resource
            .split('/')
            .map(|piece| match piece {
                _ if RESOURCES.contains(&piece) => piece.to_owned(),
                _ => match self.text(piece).as_str() {
                    "string" | "JSON in a string" => format!("name-{}", self.number("name", piece)),
                    known => known.to_owned(),
                },
            })
            .collect();
        format!("arn:{partition}:{service}:{region}:{account}:{}", pieces.join("/"))
    }

    fn number(&mut self, kind: &'static str, text: &str) -> usize {
        let next = 1 + self.numbers.keys().filter(|(other, _)| *other == kind).count();
        *self.numbers.entry((kind, text.to_owned())).or_insert(next)
    }

    /// The innermost elements of XML, in order.
    fn elements(&mut self, xml: &str) -> Value {
        let mut shapes = Vec::new();
        for piece in xml.split('<').skip(1).take(1_000) {
            let Some((tag, content)) = piece.split_once('>') else { continue };
            let name = tag.split_whitespace().next().unwrap_or_default();
            if name.starts_with(['/', '?', '!']) || content.trim().is_empty() {
                continue;
            }
            let mut shape = Map::new();
            shape.insert(member(name), json!(self.member_text(name, content.trim())));
            shapes.push(Value::Object(shape));
        }
        Value::Array(shapes)
    }
}

/// The name of a member, if it can be one of AWS's.
fn member(name: &str) -> String {
    let fits = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits && !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_digit()) {
        name.to_owned()
    } else {
        "string".to_owned()
    }
}

/// Whether an object is a tag of AWS's shape rather than a map of the customer's.
fn is_of_aws(value: &Value) -> bool {
    ["TagKey", "Key"].into_iter().any(|name| value.get(name).is_some())
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `2011-06-15`.
fn is_version(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// `kms:DescribeKey`.
fn is_action(text: &str) -> bool {
    let parts = text.split_once(':');
    parts.is_some_and(|(service, name)| {
        ["kms", "sts", "organizations", "account"].contains(&service)
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// `eu-north-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters =
        |part: &&str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    (3..=4).contains(&parts.len())
        && parts[0].len() == 2
        && parts[..parts.len() - 1].iter().all(letters)
        && matches!(parts[parts.len() - 1].as_bytes(), [digit] if digit.is_ascii_digit())
}

/// The hexadecimal digits of a UUID, or of a multi-Region key's id.
fn uuid(text: &str) -> Option<String> {
    let bare = text.strip_prefix("mrk-").unwrap_or(text);
    let hex: String = bare.chars().filter(|c| *c != '-').collect();
    (hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hex)
}

fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.contains("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn shape(body: &Value) -> Value {
        Scrubber::default().reply(200, None, body.to_string().as_bytes()).1
    }

    #[test]
    fn ids_are_replaced_and_always_by_the_same() {
        let body = json!({
            "KeyMetadata": {
                "AWSAccountId": "111122223333", "KeyId": KEY, "Arn": format!("arn:aws:kms:eu-north-1:111122223333:key/{KEY}"),
                "KeyState": "Enabled", "Enabled": true, "CreationDate": 1_700_000_000.5, "Description": "orders of acme",
                "PendingDeletionWindowInDays": 7, "DeletionDate": null, "SigningAlgorithms": ["ECDSA_SHA_256"],
            }
        });
        let expected = json!({
            "KeyMetadata": {
                "AWSAccountId": "000000000001", "KeyId": "id-1", "Arn": "arn:aws:kms:eu-north-1:000000000001:key/id-1",
                "KeyState": "Enabled", "Enabled": true, "CreationDate": "date", "Description": "string",
                "PendingDeletionWindowInDays": "number", "DeletionDate": null, "SigningAlgorithms": ["ECDSA_SHA_256"],
            }
        });
        assert_eq!(shape(&body), expected);
    }

    #[test]
    fn a_message_keeps_aws_words_and_nobodys_names() {
        let message = format!(
            "User: arn:aws:sts::111122223333:assumed-role/AcmeAudit/anna@acme.example is not authorized to perform: kms:DescribeKey on \
             resource: arn:aws:kms:eu-north-1:111122223333:key/{KEY} with an explicit deny in a service control policy"
        );
        let shown = shape(&json!({ "__type": "AccessDeniedException", "message": message }));
        assert_eq!(
            shown["message"],
            "User: arn:aws:sts::000000000001:assumed-role/name-1/name-2 is not authorized to perform: kms:DescribeKey on resource: \
             arn:aws:kms:eu-north-1:000000000001:key/id-1 with an explicit deny in a service control policy"
        );
        let shown = shape(&json!({ "message": "alias/acme-orders, ip 10.1.2.3 and 4 keys of acme.example's" }));
        assert_eq!(shown["message"], "alias/name-1, ip … and … keys of …");
    }

    #[test]
    fn what_customers_name_stays_with_them() {
        let body = json!({
            "Grants": [{ "Name": "acme", "Constraints": { "EncryptionContextSubset": { "Acme": "secret" } }, "Operations": ["Decrypt"] }],
            "Tags": [{ "TagKey": "acme:team", "TagValue": "orders" }],
            "Policy": "{\"Statement\": []}", "NextMarker": "AE0aAAACAHMAAAACACAwMDFh", "acme-1": "x",
            "Accounts": [{ "Id": "111122223333", "Name": "acme", "Email": "root@acme.example", "Status": "ACTIVE" }],
        });
        let text = shape(&body).to_string();
        for private in ["acme", "Acme", "secret", "orders", "111122223333", "AE0aAA", "Statement"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
        assert!(text.contains("\"Operations\":[\"Decrypt\"]") && text.contains("ACTIVE"), "{text}");
    }

    #[test]
    fn credentials_do_not_even_leave_their_beginning() {
        let xml = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t0k3n</SessionToken>\
             </Credentials></AssumeRoleResult><RequestId>{KEY}</RequestId></AssumeRoleResponse>"
        );
        let (code, shape) = Scrubber::default().reply(200, None, xml.as_bytes());
        assert_eq!(code, "");
        assert_eq!(
            shape,
            json!([{ "AccessKeyId": "string" }, { "SecretAccessKey": "string" }, { "SessionToken": "string" }, { "RequestId": "id-1" }])
        );
        let form = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FAcme&ExternalId=hush";
        let request = json!({
            "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::000000000001:role/name-1", "ExternalId": "string",
        });
        assert_eq!(Scrubber::default().request(form), request);
    }

    #[test]
    fn a_page_of_somebodys_proxy_is_not_shown() {
        let (code, shape) = Scrubber::default().reply(502, None, b"<html><body>Acme proxy: call Anna</body></html>");
        assert_eq!((code.as_str(), shape), ("", json!("a page of HTML")));
        let (code, _) = Scrubber::default().reply(400, Some("ThrottlingException:http://internal/"), b"{}");
        assert_eq!(code, "ThrottlingException");
    }
}
