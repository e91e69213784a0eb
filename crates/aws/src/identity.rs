//! Who we are at AWS, and where: credentials as the AWS CLI finds them, and the first call that proves them.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::ServiceConfigKey;
use finding::refusal::Refusal;
use thiserror::Error;

use crate::budget::Shares;
use crate::client::{Client, Content, Endpoints, Retry, Scope};
use crate::credentials::{Keeper, NO_CREDENTIALS, Source};
use crate::failure::Failure;
use crate::operation::{GET_CALLER_IDENTITY, Service};
use crate::partition::{Partition, Variant};
use crate::stop::Stop;
use crate::tape::Tape;
use crate::transport::{Transport, TransportError};

/// The region that is asked first where nothing names one.
pub const FALLBACK_REGION: &str = "us-east-1";

/// How to become somebody.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--profile`: its credentials only, whatever else the environment holds.
    pub profile: Option<String>,
    /// These keys, and none that are found: for simulated AWS.
    pub keys: Option<AccessKey>,
    /// A region that is to be read: the one to begin with where environment and profile name none, or one of another partition.
    pub region: Option<String>,
    /// `--endpoint-url`: every service is asked there.
    pub endpoint_url: Option<String>,
    /// The shares of AWS's request rates that are taken.
    pub shares: Shares,
    /// How often a call is tried.
    pub retry: Retry,
    /// Listens to every call.
    pub tape: Option<Arc<Tape>>,
}

/// An access key. Its secret is in no `Debug`.
#[derive(Debug, Clone)]
pub struct AccessKey(Credentials);

impl AccessKey {
    /// The key of that id.
    #[must_use]
    pub fn new(id: &str, secret: &str) -> Self {
        Self(Credentials::new(id, secret, None, None, "given"))
    }
}

/// Somebody, at AWS.
#[derive(Debug, Clone)]
pub struct Session {
    /// Makes the calls.
    pub client: Arc<Client>,
    /// The caller's own account, in the region to begin with.
    pub home: Arc<Scope>,
    /// `arn:aws:sts::111122223333:assumed-role/…`.
    pub arn: String,
    /// The partition of that ARN.
    pub partition: &'static Partition,
    /// The profile that was used, if one was.
    pub profile: Option<String>,
    /// Where requests go instead of to AWS.
    pub endpoint: Option<String>,
    /// When this began: the clock of the inventory.
    pub began: jiff::Timestamp,
}

/// Why we are nobody.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ConnectError {
    #[error("reading the AWS configuration: {message}")]
    Configuration { message: String },
    #[error("no profile is called `{name}` in the AWS configuration{hint}")]
    NoProfile { name: String, hint: String },
    #[error("`{url}` is no endpoint: expected http://HOST[:PORT] or https://HOST[:PORT]")]
    Endpoint { url: String },
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(
        "no AWS credentials were found in the environment, the profile{profile}, a web identity, a container or the instance; sign in (`aws sso login{login}`), or name a profile with --profile"
    )]
    NoCredentials { profile: String, login: String },
    #[error("the SSO session of profile `{profile}` has ended ({message}): run `aws sso login --profile {profile}`")]
    SsoEnded { profile: String, message: String },
    #[error("the credentials are not valid any more ({code}): sign in again{login}")]
    Expired { code: String, login: String },
    #[error("this machine's clock is {off}, so AWS refuses the requests: set it (timedatectl, chronyc, w32tm)")]
    Skew { off: String },
    #[error("asking AWS who we are, at {place}: {failure}{hint}")]
    Failed { place: String, failure: Failure, hint: &'static str },
}

impl Session {
    /// Finds credentials and proves them with GetCallerIdentity.
    ///
    /// # Errors
    /// Where there are none, or AWS does not take them.
    pub async fn connect(options: &Options, stop: Stop) -> Result<Self, ConnectError> {
        let profiles = profiles(options).await?;
        let bundle = variable("AWS_CA_BUNDLE").or_else(|| profiles.get("ca_bundle").map(str::to_owned));
        let transport = Transport::new(bundle.map(PathBuf::from))?;
        let region = region(options, &profiles);
        let config = sdk_config(options, &region, &transport).await;
        let endpoints = endpoints(options, &config)?;
        let endpoint = endpoints.overrides.get(Service::Kms.name()).cloned();
        let Some(provider) = config.credentials_provider() else {
            return Err(ConnectError::NoCredentials { profile: String::new(), login: String::new() });
        };
        let client = Client::new(transport, endpoints, options.retry, options.shares.clone(), stop);
        let client = Arc::new(client.heard_by(options.tape.clone()));
        let keeper = Arc::new(Keeper::new(Source::Caller(provider)));
        let unproved = Scope::new("", &region, Arc::clone(&keeper), &client.shares);
        let chosen = options.profile.clone().or_else(|| variable("AWS_PROFILE")).or_else(|| default_of(&profiles));
        let caller = whoami(&client, &unproved)
            .await
            .map_err(|failure| explained(failure, &client, &unproved, chosen.as_deref(), &profiles))?;
        let partition = caller.arn.split(':').nth(1).and_then(Partition::named);
        Ok(Self {
            home: Arc::new(Scope::new(&caller.account, &region, keeper, &client.shares)),
            partition: partition.unwrap_or_else(|| Partition::of_region(&region)),
            arn: caller.arn,
            client,
            profile: chosen,
            endpoint,
            began: jiff::Timestamp::now(),
        })
    }

    /// The caller's account in another region.
    #[must_use]
    pub fn home_in(&self, region: &str) -> Scope {
        Scope::new(&self.home.account, region, Arc::clone(&self.home.credentials), &self.client.shares)
    }
}

/// Who GetCallerIdentity says that we are.
struct Caller {
    account: String,
    arn: String,
}

async fn whoami(client: &Client, scope: &Scope) -> Result<Caller, Failure> {
    let content = Content::form(&GET_CALLER_IDENTITY, &[]);
    let read = |body: &[u8]| {
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let element = |name: &str| crate::xml::element(text, name).ok_or_else(|| format!("no {name} in it"));
        Ok(Caller { account: element("Account")?, arn: element("Arn")? })
    };
    client.call(scope, &GET_CALLER_IDENTITY, &content, read).await
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The profiles of the configuration, the one that was named selected.
async fn profiles(options: &Options) -> Result<ProfileSet, ConnectError> {
    let selected = options.profile.clone().map(Cow::Owned);
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), selected).await;
    let profiles = profiles.map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        ConnectError::Configuration { message: format!("{error}{source}") }
    })?;
    let wanted = options.profile.clone().or_else(|| variable("AWS_PROFILE"));
    if let Some(name) = wanted
        && profiles.get_profile(&name).is_none()
        && !(name == "default" && options.profile.is_none())
    {
        return Err(ConnectError::NoProfile { hint: near(&name, profiles.profiles()), name });
    }
    Ok(profiles)
}

/// `; did you mean X?`, or which there are.
fn near<'p>(name: &str, profiles: impl Iterator<Item = &'p str>) -> String {
    let mut known: Vec<&str> = profiles.collect();
    known.sort_unstable();
    let likeness = |known: &&str| strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase());
    let nearest = known.iter().map(|known| (likeness(known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, nearest)) if likeness > 0.8 => format!("; did you mean `{nearest}`?"),
        Some(_) => format!("; there are {}", known.join(", ")),
        None => "; there is none at all: `aws configure sso` makes one".to_owned(),
    }
}

/// The profile that is used when none is named, if there is one.
fn default_of(profiles: &ProfileSet) -> Option<String> {
    let name = profiles.selected_profile();
    profiles.get_profile(name).map(|_| name.to_owned())
}

/// The region to begin with: the one that is usual here, unless those to be read are in another partition. One that is only to be read
/// may be off, and then its STS knows nobody.
fn region(options: &Options, profiles: &ProfileSet) -> String {
    let profile = || profiles.get("region").map(str::to_owned);
    let usual = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).or_else(profile);
    beginning(usual, options.region.clone())
}

fn beginning(usual: Option<String>, read: Option<String>) -> String {
    match (usual, read) {
        (Some(usual), Some(read)) if Partition::of_region(&usual) != Partition::of_region(&read) => read,
        (Some(region), _) | (None, Some(region)) => region,
        (None, None) => FALLBACK_REGION.to_owned(),
    }
}

/// What the SDK finds in environment and configuration.
async fn sdk_config(options: &Options, region: &str, transport: &Transport) -> SdkConfig {
    let region = Region::new(region.to_owned());
    let provider =
        ProviderConfig::without_region().with_region(Some(region.clone())).with_http_client(transport.for_sdk());
    let credentials = match (&options.keys, &options.profile) {
        (Some(AccessKey(given)), _) => SharedCredentialsProvider::new(given.clone()),
        // Somebody who names a profile means it, also where the environment holds keys: so does the AWS CLI.
        (None, Some(name)) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(name).build(),
        ),
        (None, None) => SharedCredentialsProvider::new(chain(&provider, region.clone()).await),
    };
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(transport.for_sdk())
        .credentials_provider(credentials);
    match &options.profile {
        Some(name) => loader.profile_name(name).load().await,
        None => loader.load().await,
    }
}

/// The SDK's own chain, but that a machine that is none of EC2's does not wait long for its metadata.
async fn chain(provider: &ProviderConfig, region: Region) -> DefaultCredentialsChain {
    let metadata = aws_config::imds::Client::builder()
        .configure(provider)
        // From the request to the head of the answer, connecting included.
        .read_timeout(Duration::from_secs(1))
        .max_attempts(1)
        .build();
    DefaultCredentialsChain::builder().configure(provider.clone()).region(region).imds_client(metadata).build().await
}

/// Where each service is asked.
fn endpoints(options: &Options, config: &SdkConfig) -> Result<Endpoints, ConnectError> {
    let variant = Variant {
        fips: config.use_fips().unwrap_or_default(),
        dual_stack: config.use_dual_stack().unwrap_or_default(),
    };
    let mut endpoints = Endpoints { variant, ..Endpoints::default() };
    for service in Service::ALL {
        let configured = || {
            let key = ServiceConfigKey::builder()
                .service_id(service.id())
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .ok()?;
            config.service_config()?.load_config(key)
        };
        if let Some(url) = options.endpoint_url.clone().or_else(configured) {
            let parsed = url.parse::<http::Uri>().ok();
            let fits = parsed.is_some_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
            });
            // It is signed as the one and connected to as the other.
            if !fits || reqwest::Url::parse(&url).is_err() {
                return Err(ConnectError::Endpoint { url });
            }
            endpoints.overrides.insert(service.name(), url);
        }
    }
    Ok(endpoints)
}

/// What a failed first call means for whoever started it.
fn explained(
    failure: Failure,
    client: &Client,
    scope: &Scope,
    profile: Option<&str>,
    profiles: &ProfileSet,
) -> ConnectError {
    let login = profile.map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    let signs_on = |name: &str| {
        let profile = profiles.get_profile(name);
        profile.is_some_and(|profile| profile.get("sso_session").is_some() || profile.get("sso_start_url").is_some())
    };
    let by_sso = profile.filter(|name| signs_on(name));
    if failure.code == NO_CREDENTIALS || failure.code == "CredentialsFailed" {
        return match by_sso {
            Some(profile) => ConnectError::SsoEnded { profile: profile.to_owned(), message: failure.message },
            None if failure.code == NO_CREDENTIALS => ConnectError::NoCredentials {
                profile: profile.map(|profile| format!(" `{profile}`")).unwrap_or_default(),
                login,
            },
            None => ConnectError::Failed {
                place: profile.map_or_else(|| "the first of them".to_owned(), |profile| format!("profile `{profile}`")),
                failure,
                hint: "",
            },
        };
    }
    match failure.refusal() {
        Refusal::ClockSkew => ConnectError::Skew { off: how_far_off(client.skew()) },
        Refusal::ExpiredCredentials => {
            let login = by_sso.map(|profile| format!(" (`aws sso login --profile {profile}`)")).unwrap_or_default();
            ConnectError::Expired { code: failure.code, login }
        }
        refusal => ConnectError::Failed {
            place: scope.region.clone(),
            failure,
            hint: if refusal == Refusal::Endpoint {
                "; check network, HTTPS_PROXY, AWS_CA_BUNDLE and --endpoint-url"
            } else {
                ""
            },
        },
    }
}

/// `4 minutes slow`.
fn how_far_off(seconds_ahead: Option<i64>) -> String {
    match seconds_ahead {
        None => "wrong by more than 5 minutes".to_owned(),
        Some(seconds) => {
            let (minutes, which) = (seconds.unsigned_abs().div_ceil(60), if seconds > 0 { "slow" } else { "fast" });
            format!("{minutes} minutes {which}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_nearly_there_is_named() {
        assert_eq!(near("prdo", ["prod", "dev"].into_iter()), "; did you mean `prod`?");
        assert_eq!(near("xyz", ["prod", "dev"].into_iter()), "; there are dev, prod");
        assert!(near("xyz", [].into_iter()).contains("aws configure sso"));
    }

    #[test]
    fn a_region_that_is_only_to_be_read_is_not_asked_who_we_are() {
        let region = |usual: &str, read: &str| {
            let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
            beginning(name(usual), name(read))
        };
        assert_eq!(region("eu-north-1", "af-south-1"), "eu-north-1");
        assert_eq!(region("us-east-1", "us-gov-west-1"), "us-gov-west-1");
        assert_eq!(region("", "af-south-1"), "af-south-1");
        assert_eq!(region("", ""), FALLBACK_REGION);
    }

    #[test]
    fn a_wrong_clock_is_named_in_minutes() {
        assert_eq!(how_far_off(Some(610)), "11 minutes slow");
        assert_eq!(how_far_off(Some(-600)), "10 minutes fast");
        assert_eq!(how_far_off(None), "wrong by more than 5 minutes");
    }
}
