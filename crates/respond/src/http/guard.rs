//! Which addresses may be reached: public ones, unless the configuration allows private ones. What is checked is what is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why an address is not reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host} is in a private network or on this machine, which configured addresses may not reach; set `allow_private = true` in \
     its section of the configuration if that is meant"
)]
pub struct Refused {
    host: String,
}

/// Why there is no address to connect to.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NotReached {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("looking up its address: {0}")]
    Unknown(#[from] std::io::Error),
}

/// Lets no call through to private addresses, whatever a name resolves to at the moment.
#[derive(Debug)]
pub struct Guard {
    allow_private: bool,
    /// The hosts of proxies: they may be private.
    proxies: Vec<String>,
}

impl Guard {
    /// A guard that lets private addresses through or not, and the proxies of the environment, where they are used.
    #[must_use]
    pub fn new(allow_private: bool, proxy: bool) -> Self {
        let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        let hosts = names.iter().filter_map(|name| std::env::var(name).ok()).filter_map(|text| proxy_host(&text));
        Self { allow_private, proxies: if proxy { hosts.collect() } else { Vec::new() } }
    }

    /// Whether a call to this address may be made, as far as the address itself tells.
    ///
    /// # Errors
    /// Where it is a private one, or a proxy's.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        let Some(host) = url.host_str() else { return Err(Refused { host: "an address without a host".to_owned() }) };
        self.check_host(host)
    }

    /// Whether this host may be called, as far as its name or number itself tells.
    ///
    /// # Errors
    /// Where it is a private one, or a proxy's.
    pub fn check_host(&self, host: &str) -> Result<(), Refused> {
        if self.allow_private {
            return Ok(());
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let private = bare.parse::<IpAddr>().is_ok_and(|address| !is_public(address));
        if private || is_local_name(host) || self.proxies.iter().any(|proxy| proxy == host) {
            return Err(Refused { host: host.to_owned() });
        }
        Ok(())
    }

    /// The addresses of a host that may be connected to.
    ///
    /// # Errors
    /// Where the name has none, or none that is not private.
    pub async fn reachable(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NotReached> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        let reachable: Vec<SocketAddr> =
            found.iter().copied().filter(|address| self.lets(host, address.ip())).collect();
        if reachable.is_empty() && !found.is_empty() {
            return Err(Refused { host: host.to_owned() }.into());
        }
        Ok(reachable)
    }

    fn lets(&self, host: &str, address: IpAddr) -> bool {
        self.allow_private || is_public(address) || self.proxies.iter().any(|proxy| proxy == host)
    }
}

fn proxy_host(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok())?;
    url.host_str().map(str::to_owned)
}

/// Names that are this machine's by definition (RFC 6761), and the metadata service's.
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host == "metadata.google.internal"
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let this = Self { allow_private: self.allow_private, proxies: self.proxies.clone() };
        Box::pin(async move {
            let reachable = this.reachable(&host, 0).await.map_err(|error| match error {
                NotReached::Refused(refused) => Box::<dyn std::error::Error + Send + Sync>::from(refused),
                NotReached::Unknown(error) => error.into(),
            })?;
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public Internet's.
#[must_use]
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        // 169.254.0.0/16, where AWS's and others' metadata services are.
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Carrier-grade NAT, with Alibaba's metadata service in it.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        // 6to4 relays, and benchmarks.
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Addresses with an IPv4 address in them are what that one is: mapped, NAT64, 6to4; compatible ones are of no use.
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, documentation, and what else is set aside within 2001::/23.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // All that is routed is in 2000::/3: no loopback, link-local, unique local, site-local, multicast.
        [first, ..] => first & 0xe000 == 0x2000 && parts[..2] != [0x3fff, 0],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn private_and_special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2a00:1450::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_within_another_is_judged_as_itself(bits in any::<u32>()) {
            let inner = Ipv4Addr::from(bits);
            prop_assert_eq!(is_public(IpAddr::V6(inner.to_ipv6_mapped())), is_public(IpAddr::V4(inner)));
        }
    }

    #[test]
    fn addresses_written_in_odd_ways_are_seen_through() {
        let guard = Guard { allow_private: false, proxies: vec!["proxy.example".to_owned()] };
        for text in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://017700000001/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://169.254.169.254/x",
            "http://metadata.google.internal/",
            "http://proxy.example/",
            "http://①②⑦.0.0.1/",
        ] {
            assert!(guard.check(&Url::parse(text).unwrap()).is_err(), "{text}");
        }
        assert!(guard.check(&Url::parse("https://acme.atlassian.net/").unwrap()).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_refused_where_it_is_resolved() {
        let guard = Guard { allow_private: false, proxies: Vec::new() };
        let refused = guard.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.to_string().contains("allow_private"), "{refused}");
        let guard = Guard { allow_private: true, proxies: Vec::new() };
        assert!(guard.resolve("localhost".parse().unwrap()).await.is_ok_and(|mut found| found.next().is_some()));
    }
}
