//! Amazon Resource Names, and the ids of accounts, regions and KMS keys.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;
use thiserror::Error;

/// The longest ARN that is accepted, in bytes; AWS's own limit is 2048.
pub const MAX_ARN_BYTES: usize = 2048;

/// Why a text is not an ARN or an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ArnError {
    #[error("an ARN has six parts, `arn:partition:service:region:account:resource`; {0:?} has not")]
    Parts(SmolStr),
    #[error("the {part} {text:?} of an ARN may hold only {allowed}")]
    Characters { part: &'static str, text: SmolStr, allowed: &'static str },
    #[error("an ARN has at most {MAX_ARN_BYTES} bytes, this one {0}")]
    TooLong(usize),
    #[error("an account id is 12 digits (up to 12 in test data), not {0:?}")]
    Account(SmolStr),
    #[error("a region is lower-case letters, digits and `-`, such as `eu-north-1`, not {0:?}")]
    Region(SmolStr),
    #[error("a KMS key id is a UUID, or `mrk-` and 32 hexadecimal digits, not {0:?}")]
    KeyId(SmolStr),
}

/// At most this much of a refused text is repeated in its message.
fn shown(text: &str) -> SmolStr {
    const MOST: usize = 80;
    if text.chars().nth(MOST).is_none() {
        return SmolStr::new(text);
    }
    text.chars().take(MOST).chain(['…']).collect()
}

/// Whether a text is the id of an AWS account: 12 digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The id of an AWS account: 12 digits. Fewer are accepted because published unit tests use `1122334455`;
/// [`AccountId::is_real`] tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(SmolStr);

impl AccountId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it could be the id of an account: 12 digits.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.0.len() == 12
    }
}

impl FromStr for AccountId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self(SmolStr::new(text))) } else { Err(ArnError::Account(shown(text))) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The name of an AWS region: `eu-north-1`, `us-gov-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(SmolStr);

impl Region {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(SmolStr::new(text))) } else { Err(ArnError::Region(shown(text))) }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A partition of AWS: a set of regions with accounts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Partition {
    Aws,
    China,
    GovCloud,
    EuropeanSovereign,
    Iso,
    IsoB,
    IsoE,
    IsoF,
}

impl Partition {
    /// All, with the name each has in an ARN.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Aws, "aws"),
        (Self::China, "aws-cn"),
        (Self::GovCloud, "aws-us-gov"),
        (Self::EuropeanSovereign, "aws-eusc"),
        (Self::Iso, "aws-iso"),
        (Self::IsoB, "aws-iso-b"),
        (Self::IsoE, "aws-iso-e"),
        (Self::IsoF, "aws-iso-f"),
    ];

    /// The partition of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(partition, _)| *partition)
    }
}

/// An ARN, kept exactly as written. A partition that is not known yet is accepted: AWS adds some.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    text: SmolStr,
    /// Where the parts after `arn:` end, except the resource, which ends the text.
    ends: [u16; 4],
}

impl Arn {
    fn part(&self, index: usize) -> &str {
        part(&self.text, self.ends, index)
    }

    /// The ARN as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn` …; see [`Partition::parse`].
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// `kms`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The region, empty for global resources.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account field: mostly an [`AccountId`], empty for some services, `aws` for what AWS owns.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// What follows the account: `key/…`, `alias/…`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(4)
    }

    /// The KMS key or alias that it names, if it names one.
    #[must_use]
    pub fn kms(&self) -> Option<KmsResource<'_>> {
        if self.service() != "kms" {
            return None;
        }
        match self.resource().split_once('/') {
            Some(("key", id)) if !id.is_empty() => Some(KmsResource::Key(id)),
            Some(("alias", name)) if !name.is_empty() => Some(KmsResource::Alias(self.resource())),
            _ => None,
        }
    }
}

/// Refuses a part of an ARN that holds something other than `allowed`.
#[inline]
fn check(part: &'static str, text: &str, allowed: &'static str, fits: impl Fn(u8) -> bool) -> Result<(), ArnError> {
    // To the end in any case: without a way out the compiler looks at many bytes at once.
    if text.bytes().fold(true, |all, byte| all & fits(byte)) {
        Ok(())
    } else {
        Err(ArnError::Characters { part, text: shown(text), allowed })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Where the parts of an ARN end.
fn ends_of(text: &str) -> Result<[u16; 4], ArnError> {
    if text.len() > MAX_ARN_BYTES {
        return Err(ArnError::TooLong(text.len()));
    }
    let mut parts = text.splitn(6, ':');
    let parts = [(); 6].map(|()| parts.next());
    let [Some("arn"), Some(partition), Some(service), Some(region), Some(account), Some(resource)] = parts else {
        return Err(ArnError::Parts(shown(text)));
    };
    if partition.is_empty() || service.is_empty() || resource.is_empty() {
        return Err(ArnError::Parts(shown(text)));
    }
    for (part, text) in [("partition", partition), ("service", service), ("region", region), ("account", account)] {
        check(part, text, "letters, digits and `-`", is_word)?;
    }
    check("resource", resource, "printable characters", |byte| !byte.is_ascii_control())?;
    let mut ends = [0; 4];
    let mut end = 3;
    for (slot, part) in ends.iter_mut().zip([partition, service, region, account]) {
        end += 1 + part.len();
        *slot = u16::try_from(end).map_err(|_| ArnError::TooLong(text.len()))?;
    }
    Ok(ends)
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Ok(Self { ends: ends_of(text)?, text: SmolStr::new(text) })
    }
}

/// The region of a text that is an ARN, where it names one.
pub(crate) fn region_of(text: &str) -> Option<&str> {
    Some(part(text, ends_of(text).ok()?, 2)).filter(|region| !region.is_empty())
}

/// The account of a text that is an ARN, where it names one.
pub(crate) fn account_of(text: &str) -> Option<&str> {
    Some(part(text, ends_of(text).ok()?, 3)).filter(|account| !account.is_empty())
}

/// One of the five parts after `arn:`.
fn part(text: &str, ends: [u16; 4], index: usize) -> &str {
    let start = if index == 0 { 4 } else { usize::from(ends[index - 1]) + 1 };
    let end = ends.get(index).map_or(text.len(), |end| usize::from(*end));
    &text[start..end]
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// What the ARN of a KMS resource names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KmsResource<'a> {
    /// A key, by the id after `key/`.
    Key(&'a str),
    /// An alias, by its whole name: `alias/orders`.
    Alias(&'a str),
}

/// The id of a KMS key. Any word is accepted, because published unit tests use `1122233-asdf-adsf-111222333`;
/// [`KeyId::is_real`] tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(SmolStr);

impl KeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key is a multi-Region key, primary or replica: the same id, starting with `mrk-`, in each region.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.0.starts_with("mrk-")
    }

    /// Whether KMS makes ids of this form: a UUID, or `mrk-` and 32 hexadecimal digits.
    #[must_use]
    pub fn is_real(&self) -> bool {
        let is_hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(rest) = self.0.strip_prefix("mrk-") {
            return is_hex(rest, 32);
        }
        let groups: Vec<&str> = self.0.split('-').collect();
        groups.len() == 5 && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| is_hex(group, length))
    }
}

impl FromStr for KeyId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(is_word);
        if fits { Ok(Self(SmolStr::new(text))) } else { Err(ArnError::KeyId(shown(text))) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_key_arn_are_found() {
        let arn: Arn =
            "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef".parse().unwrap();
        assert_eq!(arn.partition(), "aws-us-gov");
        assert_eq!(Partition::parse(arn.partition()), Some(Partition::GovCloud));
        assert_eq!(arn.service(), "kms");
        assert_eq!(arn.region(), "us-gov-west-1");
        assert_eq!(arn.account(), "111122223333");
        assert_eq!(arn.kms(), Some(KmsResource::Key("mrk-1234567890abcdef1234567890abcdef")));
        let Some(KmsResource::Key(id)) = arn.kms() else { panic!("not a key") };
        let id: KeyId = id.parse().unwrap();
        assert!(id.is_multi_region() && id.is_real());
    }

    #[test]
    fn an_alias_arn_names_the_whole_alias() {
        let arn: Arn = "arn:aws:kms:eu-north-1:111122223333:alias/acme/orders".parse().unwrap();
        assert_eq!(arn.kms(), Some(KmsResource::Alias("alias/acme/orders")));
    }

    #[test]
    fn colons_in_the_resource_belong_to_the_resource() {
        let arn: Arn = "arn:aws:sns:eu-north-1:111122223333:topic:sub:1".parse().unwrap();
        assert_eq!(arn.resource(), "topic:sub:1");
        assert_eq!(arn.kms(), None);
    }

    #[test]
    fn the_seeds_made_up_ids_are_accepted_and_known_as_made_up() {
        let arn: Arn = "arn:aws:kms:us-west-2:11223344:key/1122233-asdf-adsf-111222333".parse().unwrap();
        assert_eq!(arn.account(), "11223344");
        assert!(!"1122334455".parse::<AccountId>().unwrap().is_real());
        assert!(!"1122233-asdf-adsf-111222333".parse::<KeyId>().unwrap().is_real());
        assert!("111122223333".parse::<AccountId>().unwrap().is_real());
        assert!("1234abcd-12ab-34cd-56ef-1234567890ab".parse::<KeyId>().unwrap().is_real());
    }

    #[test]
    fn what_aws_owns_has_a_word_for_an_account() {
        let arn: Arn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
        assert_eq!((arn.region(), arn.account()), ("", "aws"));
    }

    #[test]
    fn other_texts_are_refused_with_a_reason() {
        for text in
            ["", "arn", "arn:aws:kms:eu-north-1:1", "urn:aws:kms:r:1:key/x", "arn::kms:r:1:key/x", "arn:aws:kms:r:1:"]
        {
            assert!(matches!(text.parse::<Arn>(), Err(ArnError::Parts(_))), "{text}");
        }
        let message = "arn:aws:kms:eu north:1:key/x".parse::<Arn>().unwrap_err().to_string();
        assert_eq!(message, "the region \"eu north\" of an ARN may hold only letters, digits and `-`");
        assert!("arn:aws:kms:r:1:key/\u{1}".parse::<Arn>().is_err());
        assert!(format!("arn:aws:kms:r:1:key/{}", "x".repeat(3000)).parse::<Arn>().is_err());
        assert!("12345678901a".parse::<AccountId>().is_err());
        assert!("1234567890123".parse::<AccountId>().is_err());
        assert!("EU".parse::<Region>().is_err());
    }
}
