//! Partitions: the separate worlds of AWS, their regions, and the names of their endpoints.

use crate::operation::Service;

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// `aws`, as it stands in ARNs.
    pub name: &'static str,
    /// The names of its endpoints end so.
    suffix: &'static str,
    /// … and so where IPv6 is wanted too.
    dual_stack_suffix: &'static str,
    /// How the names of its regions begin.
    prefixes: &'static [&'static str],
    /// Where Organizations and Account stand.
    pub home: &'static str,
    /// The regions that every account has, for when AWS does not say.
    pub default_regions: &'static [&'static str],
}

static PARTITIONS: [Partition; 3] = [
    Partition {
        name: "aws",
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        prefixes: &[],
        home: "us-east-1",
        default_regions: &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    },
    Partition {
        name: "aws-us-gov",
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        prefixes: &["us-gov-"],
        home: "us-gov-west-1",
        default_regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        name: "aws-cn",
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
        prefixes: &["cn-"],
        home: "cn-northwest-1",
        default_regions: &["cn-north-1", "cn-northwest-1"],
    },
];

/// Which kind of endpoint is wanted: `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variant {
    /// With cryptography validated by FIPS 140.
    pub fips: bool,
    /// Reachable by IPv6 too.
    pub dual_stack: bool,
}

impl Partition {
    /// The partition of a region; one of a name that is not known is taken for one of `aws`.
    #[must_use]
    pub fn of_region(region: &str) -> &'static Self {
        let fits = |partition: &&Self| partition.prefixes.iter().any(|prefix| region.starts_with(prefix));
        PARTITIONS.iter().find(fits).unwrap_or(&PARTITIONS[0])
    }

    /// The partition of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.name == name)
    }

    /// The region that requests about `region` go to and are signed for: Organizations and Account stand in one only.
    #[must_use]
    pub fn region_of<'r>(&self, service: Service, region: &'r str) -> &'r str {
        match service {
            Service::Organizations | Service::Account => self.home,
            _ => region,
        }
    }

    /// The address of a service in a region.
    #[must_use]
    pub fn endpoint(&self, service: Service, region: &str, variant: Variant) -> String {
        let region = self.region_of(service, region);
        let suffix = if variant.dual_stack { self.dual_stack_suffix } else { self.suffix };
        // The plain endpoints of these in GovCloud are FIPS endpoints themselves, and have no other name.
        let of_govcloud =
            matches!(service, Service::Sts | Service::Organizations | Service::Account | Service::Sqs | Service::Ssm);
        let is_fips_already = self.name == "aws-us-gov" && of_govcloud && !variant.dual_stack;
        let fips = if variant.fips && !is_fips_already { "-fips" } else { "" };
        format!("https://{}{fips}.{region}.{suffix}", service.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(service: Service, region: &str, fips: bool, dual_stack: bool) -> String {
        Partition::of_region(region).endpoint(service, region, Variant { fips, dual_stack })
    }

    #[test]
    fn endpoints_have_the_names_that_aws_documents() {
        use Service::*;
        let table = [
            (Kms, "eu-north-1", false, false, "https://kms.eu-north-1.amazonaws.com"),
            (Kms, "us-east-1", true, false, "https://kms-fips.us-east-1.amazonaws.com"),
            (Kms, "us-east-1", false, true, "https://kms.us-east-1.api.aws"),
            (Kms, "us-east-1", true, true, "https://kms-fips.us-east-1.api.aws"),
            (Kms, "us-gov-west-1", true, false, "https://kms-fips.us-gov-west-1.amazonaws.com"),
            (Kms, "cn-north-1", false, false, "https://kms.cn-north-1.amazonaws.com.cn"),
            (Kms, "cn-north-1", false, true, "https://kms.cn-north-1.api.amazonwebservices.com.cn"),
            (Sts, "eu-west-1", false, false, "https://sts.eu-west-1.amazonaws.com"),
            (Sts, "us-gov-east-1", true, false, "https://sts.us-gov-east-1.amazonaws.com"),
            (Organizations, "eu-west-1", false, false, "https://organizations.us-east-1.amazonaws.com"),
            (Organizations, "us-gov-east-1", false, false, "https://organizations.us-gov-west-1.amazonaws.com"),
            (Organizations, "cn-north-1", false, false, "https://organizations.cn-northwest-1.amazonaws.com.cn"),
            (Account, "eu-west-1", false, false, "https://account.us-east-1.amazonaws.com"),
            (SecurityHub, "eu-north-1", false, false, "https://securityhub.eu-north-1.amazonaws.com"),
            (SecurityHub, "us-gov-west-1", true, false, "https://securityhub-fips.us-gov-west-1.amazonaws.com"),
            (Sqs, "us-gov-west-1", true, false, "https://sqs.us-gov-west-1.amazonaws.com"),
            (Ssm, "us-gov-east-1", true, false, "https://ssm.us-gov-east-1.amazonaws.com"),
            (SecretsManager, "cn-north-1", false, false, "https://secretsmanager.cn-north-1.amazonaws.com.cn"),
        ];
        for (service, region, fips, dual_stack, expected) in table {
            assert_eq!(endpoint(service, region, fips, dual_stack), expected);
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
        assert_eq!(Partition::of_region("us-gov-east-1").name, "aws-us-gov");
        assert_eq!(Partition::of_region("cn-north-1").name, "aws-cn");
        assert_eq!(Partition::of_region("mx-central-1").name, "aws");
        assert_eq!(Partition::named("aws-cn").unwrap().home, "cn-northwest-1");
    }
}
