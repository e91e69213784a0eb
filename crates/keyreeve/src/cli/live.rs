//! What can be typed about reading AWS itself.

use std::path::PathBuf;

use clap::Args;

use super::{ConfigFile, Terminal, With};

/// Which accounts and regions are read, and as whom, where no snapshot is named.
#[derive(Debug, Clone, Default, Args)]
pub struct Live {
    /// The profile of the AWS configuration to use [default: as the AWS CLI chooses]
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// Only this region; repeatable [default: all that are enabled]
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = region, help_heading = "AWS")]
    pub region: Vec<String>,
    /// This account; repeatable. With --org, only these of the organisation's [default: the caller's own]
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = super::aws::account, help_heading = "AWS")]
    pub account: Vec<String>,
    /// All accounts of the organisation
    #[arg(long, help_heading = "AWS")]
    pub org: bool,
    /// The role to assume in other accounts [default: KeyreeveReader, which `keyreeve aws bootstrap` makes]
    #[arg(long, value_name = "NAME", value_parser = super::aws::role, help_heading = "AWS")]
    pub role: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    pub external_id: Option<String>,
    /// Ask here instead of AWS
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub endpoint_url: Option<String>,
    /// The share of AWS's request rates that is used, in percent [default: 20]
    #[arg(long, value_name = "PERCENT", value_parser = share, help_heading = "AWS")]
    pub budget: Option<f64>,
}

impl Live {
    /// Whether any of it was typed.
    pub fn is_given(&self) -> bool {
        let Self { profile, region, account, org, role, external_id, endpoint_url, budget } = self;
        let texts = [profile, role, external_id, endpoint_url];
        *org || budget.is_some() || !region.is_empty() || !account.is_empty() || texts.into_iter().any(Option::is_some)
    }
}

/// `snapshot`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve snapshot -o keys.jsonl.zst\n  \
    keyreeve snapshot --org --role KeyreeveReader -o organisation.jsonl.zst --with grants")]
pub struct Snapshot {
    /// Where to write it: JSON Lines, packed if the name ends in .zst or .gz; `-` is standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: PathBuf,
    /// Read these too, at one call a key each and at rates that AWS keeps low
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub with: Vec<With>,
    #[command(flatten)]
    pub live: Live,
    #[command(flatten)]
    pub terminal: Terminal,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// A region has an area, one or more words, and a number: `eu-north-1`, `us-gov-west-1`.
pub(super) fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let fits = match parts.as_slice() {
        [words @ .., number] => words.len() >= 2 && words.iter().all(is_word) && number.parse::<u8>().is_ok(),
        [] => false,
    };
    fits.then(|| text.to_owned()).ok_or_else(|| "expected a region such as eu-north-1".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let number: f64 =
        text.trim_end_matches('%').parse().map_err(|_| "expected a number above 0, up to 100".to_owned())?;
    if number > 0.0 && number <= 100.0 { Ok(number) } else { Err("expected a number above 0, up to 100".to_owned()) }
}
