//! Which regions there are, and to which partition each belongs.

/// Regions that are on in every account.
const ON: [&str; 17] = [
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
];

/// Regions that an account must opt into.
const OPT_IN: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

const CHINA: [&str; 2] = ["cn-north-1", "cn-northwest-1"];
const GOV_CLOUD: [&str; 2] = ["us-gov-east-1", "us-gov-west-1"];

/// A part of AWS with accounts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Partition {
    Aws,
    China,
    GovCloud,
}

impl Partition {
    pub(crate) const ALL: [Self; 3] = [Self::Aws, Self::China, Self::GovCloud];

    /// The partition of a region; an unknown one is in the commercial partition.
    pub(crate) fn of_region(region: &str) -> Self {
        match region {
            _ if region.starts_with("cn-") => Self::China,
            _ if region.starts_with("us-gov-") => Self::GovCloud,
            _ => Self::Aws,
        }
    }

    /// As an ARN has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// The regions that are known to be in it.
    pub(crate) fn regions(self) -> impl Iterator<Item = &'static str> {
        let (on, opt_in): (&'static [&'static str], &'static [&'static str]) = match self {
            Self::Aws => (&ON, &OPT_IN),
            Self::China => (&CHINA, &[]),
            Self::GovCloud => (&GOV_CLOUD, &[]),
        };
        on.iter().chain(opt_in).copied()
    }
}

/// Whether an account must opt into a region: such a region is `ENABLED` where it is on, others `ENABLED_BY_DEFAULT`.
pub(crate) fn is_opt_in(region: &str) -> bool {
    OPT_IN.contains(&region)
}

/// The regions that are on in every account of the commercial partition: what a generated world has unless asked otherwise.
#[must_use]
pub fn default_regions() -> Vec<String> {
    ON.iter().map(|region| (*region).to_owned()).collect()
}
