//! `ipaddress`.

use super::{attempt, number, text, unhex};
use logic::library::ip::{Address, Network, Source, Version, ip_address, ip_network};
use logic::library::{Failure, PythonError};
use serde_json::{Value, json};

const NONE: Source<'static> = Source::Other { text: "None", repr: "None" };

fn address(kind: &str, source: Source<'_>) -> Result<Address, PythonError> {
    match kind {
        "4" => Address::new(Version::V4, source),
        "6" => Address::new(Version::V6, source),
        _ => ip_address(source),
    }
}

fn network(kind: &str, source: Source<'_>, strict: bool) -> Result<Network, PythonError> {
    match kind {
        "4" => Network::new(Version::V4, source, strict),
        "6" => Network::new(Version::V6, source, strict),
        _ => ip_network(source, strict),
    }
}

fn bits(flags: &[bool], site_local: Option<bool>) -> String {
    let mut out: String = flags.iter().map(|&flag| if flag { '1' } else { '0' }).collect();
    out.push(site_local.map_or('-', |flag| if flag { '1' } else { '0' }));
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn describe(a: &Address) -> Value {
    let flags = [
        a.is_private(),
        a.is_global(),
        a.is_multicast(),
        a.is_reserved(),
        a.is_link_local(),
        a.is_loopback(),
        a.is_unspecified(),
    ];
    json!([
        a.class(),
        a.to_string(),
        a.repr(),
        a.bits().to_string(),
        a.version().number(),
        attempt(a.exploded()),
        hex(&a.packed()),
        attempt(a.reverse_pointer()),
        bits(&flags, a.is_site_local()),
        a.scope_id(),
        a.ipv4_mapped().map(|a| a.to_string()),
        a.sixtofour().map(|a| a.to_string()),
        a.teredo().map(|(a, b)| [a.to_string(), b.to_string()]),
    ])
}

fn describe_network(n: &Network) -> Value {
    let flags = [
        n.is_private(),
        n.is_global(),
        n.is_multicast(),
        n.is_reserved(),
        n.is_link_local(),
        n.is_loopback(),
        n.is_unspecified(),
    ];
    json!([
        n.class(),
        n.to_string(),
        n.repr(),
        n.network_address().to_string(),
        n.broadcast_address().to_string(),
        n.prefixlen(),
        n.netmask().to_string(),
        n.hostmask().to_string(),
        n.num_addresses().map_or("340282366920938463463374607431768211456".into(), |n| n.to_string()),
        n.version().number(),
        attempt(n.exploded()),
        n.with_netmask(),
        n.with_hostmask(),
        attempt(n.reverse_pointer()),
        bits(&flags, n.is_site_local()),
    ])
}

fn loose(text: &str) -> Result<Network, PythonError> {
    ip_network(Source::Text(text), false)
}

fn compare(a: &str, b: &str) -> Result<Value, PythonError> {
    if a.contains('/') || b.contains('/') {
        let (a, b) = (loose(a)?, loose(b)?);
        return Ok(json!([
            a == b,
            attempt(a.less(&b)),
            attempt(a.less_or_equal(&b)),
            attempt(a.greater(&b)),
            attempt(a.greater_or_equal(&b))
        ]));
    }
    let (a, b) = (ip_address(Source::Text(a))?, ip_address(Source::Text(b))?);
    Ok(json!([
        a == b,
        attempt(a.less(&b)),
        attempt(a.less_or_equal(&b)),
        attempt(a.greater(&b)),
        attempt(a.greater_or_equal(&b))
    ]))
}

pub fn answer(function: &str, args: &[Value]) -> Result<Value, Failure> {
    let strings = |list: Vec<Address>| list.iter().map(Address::to_string).collect::<Vec<_>>();
    let new = || args[2].as_i64().map(i128::from);
    Ok(match function {
        "address" => describe(&address(text(args, 0), Source::Text(text(args, 1)))?),
        "address_int" => describe(&address(text(args, 0), Source::Int(number(args, 1)))?),
        "address_packed" => describe(&address(text(args, 0), Source::Packed(&unhex(text(args, 1))))?),
        "address_none" => describe(&address(text(args, 0), NONE)?),
        "network" => {
            describe_network(&network(text(args, 0), Source::Text(text(args, 1)), args[2].as_bool().unwrap())?)
        }
        "network_int" => describe_network(&network(text(args, 0), Source::Int(number(args, 1)), true)?),
        "network_pair" => {
            let address = ip_address(Source::Text(text(args, 0)))?;
            let (whole, prefix) = (text(args, 0), number(args, 1));
            match Network::with_prefix(address, prefix, args[2].as_bool().unwrap()) {
                // `ip_network` does not say which version's mask was wrong.
                Err(error) if error.class == "ipaddress.NetmaskValueError" => {
                    let shown = format!("('{whole}', {prefix})");
                    let source = Source::Other { text: "", repr: &shown };
                    return Ok(describe_network(&ip_network(source, true)?));
                }
                other => describe_network(&other?),
            }
        }
        "network_of_address" => {
            let address = ip_address(Source::Text(text(args, 0)))?;
            let (shown, repr) = (address.to_string(), address.repr());
            describe_network(&ip_network(Source::Other { text: &shown, repr: &repr }, true)?)
        }
        "compare" => compare(text(args, 0), text(args, 1))?,
        "relate" => {
            let (a, b) = (loose(text(args, 0))?, loose(text(args, 1))?);
            json!([a.overlaps(&b), attempt(a.subnet_of(&b)), attempt(a.supernet_of(&b))])
        }
        "contains" => loose(text(args, 0))?.contains(&ip_address(Source::Text(text(args, 1)))?).into(),
        "plus" => ip_address(Source::Text(text(args, 0)))?.plus(number(args, 1))?.to_string().into(),
        "nth" => loose(text(args, 0))?.nth(number(args, 1))?.to_string().into(),
        "hosts" => {
            let network = loose(text(args, 0))?;
            json!([strings(network.addresses()?), strings(network.hosts()?)])
        }
        "subnets" => {
            let list = loose(text(args, 0))?.subnets(number(args, 1), new())?;
            list.iter().map(Network::to_string).collect::<Vec<_>>().into()
        }
        "supernet" => loose(text(args, 0))?.supernet(number(args, 1), new())?.to_string().into(),
        other => panic!("no function {other}"),
    })
}
