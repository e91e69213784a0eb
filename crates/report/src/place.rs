//! Where a finding stands, for formats that want a file even for a live key.

use finding::{Finding, ResourceRef};

/// The finding's file; for what stands in none a path made of what identifies the resource:
/// `aws/111111111111/eu-north-1/kms/1234abcd-…`, the same in every run.
pub(crate) fn path(finding: &Finding) -> String {
    match &finding.location {
        Some(location) => location.file.clone(),
        None => made_up(&finding.resource),
    }
}

/// A path as a relative reference (RFC 3986): everything but unreserved characters and `/` percent-encoded.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// A link to a page, if it is one: nothing but `https:` and `http:` is followed from a report.
pub(crate) fn reference(link: &str) -> Option<&str> {
    let plain = link.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    (plain && (link.starts_with("https://") || link.starts_with("http://"))).then_some(link)
}

/// The fields of an ARN are service, Region, account and what it names there.
fn made_up(resource: &ResourceRef) -> String {
    let fields: Vec<_> = resource.id.splitn(6, ':').collect();
    let (service, local) = match fields[..] {
        ["arn", _, service, _, _, local] => (service, local),
        _ => ("resource", resource.id.as_str()),
    };
    let local = if service == "kms" { local.strip_prefix("key/").unwrap_or(local) } else { local };
    let head = [&*resource.account_id, &resource.region, service];
    let segments = head.into_iter().chain(local.split('/')).map(segment);
    format!("aws/{}", segments.collect::<Vec<_>>().join("/"))
}

/// One step down, whatever the name is: an empty one, `.` or `..` would not be.
fn segment(name: &str) -> &str {
    match name {
        "" => "-",
        "." | ".." => "_",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(id: &str) -> ResourceRef {
        ResourceRef {
            id: id.to_owned(),
            kind: "AWS.KMS.Key".to_owned(),
            account_id: "111111111111".to_owned(),
            region: "eu-north-1".to_owned(),
            name: String::new(),
            description: String::new(),
            account_name: String::new(),
            team: String::new(),
            environment: String::new(),
        }
    }

    #[test]
    fn a_live_resource_gets_a_path_of_its_own() {
        assert_eq!(
            made_up(&live("arn:aws:kms:eu-north-1:111111111111:key/12ab")),
            "aws/111111111111/eu-north-1/kms/12ab"
        );
        assert_eq!(
            made_up(&live("arn:aws:kms:eu-north-1:111111111111:alias/a/../b")),
            "aws/111111111111/eu-north-1/kms/alias/a/_/b"
        );
        assert_eq!(made_up(&live("cks-1")), "aws/111111111111/eu-north-1/resource/cks-1");
        assert_eq!(made_up(&ResourceRef { account_id: String::new(), ..live("") }), "aws/-/eu-north-1/resource/-");
    }

    #[test]
    fn a_path_becomes_a_relative_reference() {
        assert_eq!(uri("infra/data & ä/c:\\k#1?.tf"), "infra/data%20%26%20%C3%A4/c%3A%5Ck%231%3F.tf");
    }
}
