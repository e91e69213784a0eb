//! Limits: pages, quotas, sizes, and requests that are not what they should be.

use serde_json::json;

use super::{acme, small, start, start_with};
use crate::{Options, Quotas};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_what_was_asked_for_and_their_markers_are_of_no_use_elsewhere() {
    let (running, client) = start(small()).await;
    let page = client.ok("ListKeys", &json!({ "Limit": 3 }));
    assert_eq!(page["Keys"].as_array().unwrap().len(), 3);
    let elsewhere = client.in_region("eu-west-1").kms("ListKeys", &json!({ "Marker": page["NextMarker"] }));
    assert_eq!(elsewhere.code(), "InvalidMarkerException");
    assert_eq!(client.kms("ListAliases", &json!({ "Marker": page["NextMarker"] })).code(), "InvalidMarkerException");
    for limit in [0, 1001] {
        assert_eq!(client.kms("ListKeys", &json!({ "Limit": limit })).code(), "ValidationException");
    }
    assert_eq!(client.kms("ListAliases", &json!({ "Limit": 101 })).code(), "ValidationException");
    let whole = client.all("ListKeys", "Keys", &json!({}));
    assert_eq!(client.all("ListKeys", "Keys", &json!({ "Limit": 1 })), whole);
    let aliases = client.all("ListAliases", "Aliases", &json!({ "Limit": 100 }));
    assert!(aliases.len() > 40, "keys and services have {} aliases", aliases.len());
    assert!(aliases.is_sorted_by(|one, other| one["AliasName"].as_str() < other["AliasName"].as_str()));
    for limit in [1, 7] {
        assert_eq!(client.all("ListAliases", "Aliases", &json!({ "Limit": limit })), aliases);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_quota_is_throttled_and_counted_in_its_own_bucket() {
    let options = Options { quotas: Quotas::Documented(0.01), ..Options::default() };
    let (running, client) = start_with(small(), options).await;
    let codes: Vec<u16> = (0..12).map(|_| client.kms("ListKeys", &json!({})).status).collect();
    assert!(codes.iter().filter(|status| **status == 400).count() >= 4, "{codes:?}");
    let refused = (0..20).map(|_| client.kms("ListKeys", &json!({}))).find(|response| response.status != 200).unwrap();
    assert_eq!(refused.code(), "ThrottlingException");
    // Another region has a bucket of its own.
    assert_eq!(client.in_region("eu-west-1").kms("ListKeys", &json!({})).status, 200);
    let counts = running.counts();
    let throttled: Vec<_> = counts.buckets.iter().filter(|(_, count)| count.throttled > 0).collect();
    assert_eq!(throttled.len(), 1);
    let (bucket, count) = throttled[0];
    assert_eq!(
        (bucket.account.as_str(), bucket.region.as_str(), bucket.operation),
        ("111111111111", "eu-north-1", "ListKeys")
    );
    assert_eq!(count.quota, Some(5.0));
    assert!(u64::from(count.peak) <= count.requests && count.peak >= 5);
    assert_eq!(counts.total(), counts.requests("ListKeys"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_not_signed_or_not_understood_get_aws_s_errors() {
    let (running, client) = start(acme()).await;
    let target = ("x-amz-target", "TrentService.ListKeys");
    let unsigned = client.raw("POST", "/", &[target], "{}").unwrap();
    assert_eq!((unsigned.status, unsigned.code().as_str()), (400, "MissingAuthenticationTokenException"));
    let broken = client.raw("POST", "/", &[target, ("authorization", "AWS4-HMAC-SHA256 Credential=x")], "{}").unwrap();
    assert_eq!(broken.code(), "IncompleteSignatureException");
    let unsigned = client.raw("POST", "/", &[], "Action=GetCallerIdentity&Version=2011-06-15").unwrap();
    assert_eq!((unsigned.status, unsigned.code().as_str()), (403, "MissingAuthenticationToken"));
    let stranger = super::Client { access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(), ..client.clone() };
    assert_eq!(stranger.kms("ListKeys", &json!({})).code(), "UnrecognizedClientException");
    assert_eq!(stranger.sts("Action=GetCallerIdentity&Version=2011-06-15").code(), "InvalidClientTokenId");
    let late = super::Client { late: 1200, ..client.clone() };
    let (code, message) = late.kms("ListKeys", &json!({})).error();
    assert_eq!(code, "InvalidSignatureException");
    assert!(message.starts_with("Signature expired: "), "{message}");
    assert_eq!(late.sts("Action=GetCallerIdentity&Version=2011-06-15").code(), "SignatureDoesNotMatch");
    assert_eq!(client.kms("NoSuchThing", &json!({})).code(), "UnknownOperationException");
    assert_eq!(client.sts("Action=NoSuchThing").code(), "InvalidAction");
    assert_eq!(client.json("s3", "TrentService", "ListKeys", &json!({})).code(), "InvalidSignatureException");
    assert_eq!(client.kms("DescribeKey", &json!({})).code(), "ValidationException");
    assert_eq!(client.kms("DescribeKey", &json!({ "KeyId": 7 })).code(), "SerializationException");
    assert_eq!(client.kms("DescribeKey", &json!([])).code(), "SerializationException");
    assert_eq!(client.kms("DescribeKey", &json!({ "KeyId": "arn:aws:s3:::x" })).code(), "InvalidArnException");
    assert_eq!(client.kms("DescribeKey", &json!({ "KeyId": "nothing" })).code(), "NotFoundException");
    assert_eq!(client.raw("GET", "/", &[], "").unwrap().status, 404);
    let large = client.json("kms", "TrentService", "ListKeys", &json!({ "x": "y".repeat(2 << 20) }));
    assert_eq!(large.status, 413);
    running.stop().await;
}
