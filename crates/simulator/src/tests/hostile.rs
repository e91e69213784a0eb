//! Requests that nobody should send: each gets an error of AWS's form, and nothing breaks.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::{Value, json};

use super::acme;
use crate::Options;
use crate::kms;
use crate::random::Random;
use crate::service::Services;
use crate::wire::Request;

/// Members that some operation reads.
const MEMBERS: [&str; 30] = [
    "KeyId",
    "Limit",
    "Marker",
    "NextToken",
    "PolicyName",
    "Policy",
    "GrantId",
    "GranteePrincipal",
    "RetiringPrincipal",
    "Operations",
    "Constraints",
    "Name",
    "AliasName",
    "TargetKeyId",
    "Tags",
    "TagKeys",
    "Description",
    "KeySpec",
    "KeyUsage",
    "Origin",
    "MultiRegion",
    "CustomKeyStoreId",
    "RotationPeriodInDays",
    "PendingWindowInDays",
    "ReplicaRegion",
    "GrantToken",
    "DryRun",
    "IncludeKeyMaterial",
    "AccountId",
    "MaxResults",
];

fn request(target: &str, body: Vec<u8>) -> Request {
    let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let service = if target.starts_with("Trent") { "kms" } else { "organizations" };
    let credential =
        format!("{}/{}/eu-north-1/{service}/aws4_request", crate::access_key_id("111111111111"), &date[..8]);
    let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=0");
    let mut headers = HeaderMap::new();
    for (name, value) in [("x-amz-date", date.as_str()), ("x-amz-target", target), ("authorization", &authorization)] {
        headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    Request { method: Method::POST, uri: Uri::from_static("/"), headers, body: Bytes::from(body) }
}

/// Values that members should not have, and some that they may.
fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth > 3 { 12 } else { 14 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1e300),
        4 => json!(u64::MAX),
        5 => json!(50),
        6 => json!("é☃\u{10ffff}"),
        7 => json!("arn:aws:kms:eu-north-1:111111111111:key/11f0cfb1-5608-46c4-aa58-012e59383520"),
        8 => json!("11f0cfb1-5608-46c4-aa58-012e59383520"),
        9 => json!("alias/prod/loyalty-chain"),
        10 => json!("arn:::::é"),
        11 => json!("x".repeat(random.below(9000))),
        12 => (0..random.below(4)).map(|_| value(random, depth + 1)).collect(),
        _ => json!({ "TagKey": value(random, depth + 1), "TagValue": "", "Statement": value(random, depth + 1) }),
    }
}

#[test]
fn no_request_breaks_the_services() {
    let mut services = Services::new(acme(), Options::default());
    let mut random = Random::new(3);
    let targets = kms::operations().map(|name| format!("TrentService.{name}"));
    let others = crate::organizations::OPERATIONS.iter().map(|name| format!("AWSOrganizationsV20161128.{name}"));
    let mut errors = 0;
    for target in targets.chain(others) {
        for _ in 0..120 {
            let mut body = json!({});
            for _ in 0..1 + random.below(5) {
                let name = random.one_of(&MEMBERS).unwrap();
                body[name] = value(&mut random, 0);
            }
            let mut text = body.to_string().into_bytes();
            if random.chance(10) {
                text.truncate(random.below(text.len() + 1));
            }
            let answer = services.answer(&request(&target, text), Instant::now(), SystemTime::now());
            let reply = answer.reply;
            assert!([200, 400].contains(&reply.status), "{target} {body}: {}", reply.status);
            if reply.status == 400 {
                let error: Value = serde_json::from_slice(&reply.body).unwrap();
                assert!(
                    error["__type"].as_str().is_some_and(|code| code.ends_with("Exception")),
                    "{target} {body}: {error}"
                );
                errors += 1;
            }
        }
    }
    assert!(errors > 1000);
}

#[test]
fn no_header_breaks_the_services() {
    let mut services = Services::new(acme(), Options::default());
    let parts = [
        "AWS4-HMAC-SHA256",
        " ",
        "Credential=",
        "AKIA111111111111SIML",
        "/",
        "20261122",
        "/eu-north-1/",
        "kms",
        "/aws4_request",
        ", ",
        "SignedHeaders=",
        "host;x-amz-date",
        "Signature=",
        "=",
        ",",
        "é",
    ];
    let mut random = Random::new(4);
    for _ in 0..4000 {
        let header: String = (0..random.below(12)).filter_map(|_| random.one_of(&parts)).collect();
        let mut request = request("TrentService.ListKeys", b"{}".to_vec());
        request.headers.insert("authorization", HeaderValue::from_bytes(header.as_bytes()).unwrap());
        let date: String =
            (0..random.below(4)).filter_map(|_| random.one_of(&["2026", "1122T", "T0101Z", "x", "é"])).collect();
        request.headers.insert("x-amz-date", HeaderValue::from_bytes(date.as_bytes()).unwrap());
        let answer = services.answer(&request, Instant::now(), SystemTime::now());
        assert_eq!(answer.reply.status, 400, "{header}");
    }
}
