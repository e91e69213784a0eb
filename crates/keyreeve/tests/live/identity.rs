//! As whom: credentials as the AWS CLI finds them, and what is said where there are none.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::cloud::{Cloud, finish};
use crate::front;

const SSO: &str = "[sso-session acme]\nsso_region = eu-north-1\nsso_start_url = https://acme.awsapps.com/start\n\
    sso_registration_scopes = sso:account:access\n\n[profile audit]\nsso_session = acme\nsso_account_id = 111111111111\n\
    sso_role_name = Audit\nregion = eu-north-1\n";

/// Where the AWS CLI keeps the token of the session `acme`: under the SHA-1 of its name.
const TOKEN: &str = ".aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json";

fn token(expires: &str) -> String {
    format!(
        r#"{{"startUrl":"https://acme.awsapps.com/start","region":"eu-north-1","accessToken":"t0k3n","expiresAt":"{expires}"}}"#
    )
}

#[test]
fn an_sso_session_reads_with_the_token_that_the_cli_keeps() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    cloud.write(".aws/config", SSO);
    cloud.write(TOKEN, &token("2099-01-01T00:00:00Z"));
    let run = finish(cloud.stranger(&["keys", "list", "--profile", "audit", "--region", "eu-north-1"]));
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("assumed-role/AWSReservedSSO_Audit_"), "{}", run.err);
    assert!(run.err.contains("(profile audit)") && !run.err.contains("t0k3n"), "{}", run.err);
    assert!(run.out.contains("prod/orders-db"), "{}", run.out);
    cloud.stop();
}

#[test]
fn a_session_that_ended_is_begun_again_with_the_command_that_is_named() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    cloud.write(".aws/config", SSO);
    cloud.write(TOKEN, &token("2020-01-01T00:00:00Z"));
    let run = finish(cloud.stranger(&["scan", "--profile", "audit"]));
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("aws sso login --profile audit"), "{}", run.err);
    std::fs::remove_file(cloud.home.path().join(TOKEN)).unwrap();
    let run = finish(cloud.stranger(&["scan", "--profile", "audit"]));
    assert!(run.err.contains("aws sso login --profile audit"), "{}", run.err);
    cloud.stop();
}

#[cfg(unix)]
#[test]
fn a_process_hands_over_credentials_and_a_named_profile_wins_over_the_environment() {
    use std::os::unix::fs::PermissionsExt as _;
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let key = simulator::access_key_id("222222222222");
    let script =
        format!("#!/bin/sh\necho '{{\"Version\":1,\"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"s3cr3t\"}}'\n");
    let script = cloud.write("hand-over", &script);
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!("[profile process]\ncredential_process = {}\nregion = eu-north-1\n", script.display());
    cloud.write(".aws/config", &config);
    let mut command = cloud.command(&["keys", "list", "--profile", "process", "--region", "eu-north-1"]);
    command.env("PATH", "/usr/bin:/bin");
    let run = finish(command);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("reading account 222222222222"), "{}", run.err);
    assert!(!run.err.contains("s3cr3t"));
    cloud.stop();
}

#[test]
fn a_profile_that_is_misspelt_is_told_the_one_that_is_there() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    cloud.write(".aws/config", SSO);
    let run = finish(cloud.stranger(&["scan", "--profile", "adit"]));
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("no profile is called `adit`") && run.err.contains("did you mean `audit`?"),
        "{}",
        run.err
    );
    cloud.stop();
}

#[test]
fn nobody_is_told_how_to_become_somebody() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let run = finish(cloud.stranger(&["scan"]));
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("no AWS credentials") && run.err.contains("aws sso login"), "{}", run.err);
    cloud.stop();
}

#[test]
fn metadata_that_do_not_answer_are_not_waited_for() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    // It takes connections and never says anything.
    let silent = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut command = cloud.stranger(&["scan"]);
    command.env_remove("AWS_EC2_METADATA_DISABLED");
    command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", silent.local_addr().unwrap()));
    let began = Instant::now();
    let run = finish(command);
    // The SDK itself gives up after ten seconds, and then takes it for a failure instead of for a machine without metadata.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("no AWS credentials") && run.err.contains("aws sso login"), "{}", run.err);
    cloud.stop();
}

#[test]
fn snapshots_and_options_of_aws_exclude_each_other() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let run = cloud.run(&["scan", "keys.jsonl", "--org"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("leave one of them out"), "{}", run.err);
    let run = cloud.run(&["scan", "--endpoint-url", "ftp://nowhere"]);
    assert!(run.err.contains("`ftp://nowhere` is no endpoint"), "{}", run.err);
    let run = cloud.run(&["scan", "--endpoint-url", "http://1.2.3.4.5"]);
    assert!(run.err.contains("`http://1.2.3.4.5` is no endpoint"), "{}", run.err);
    cloud.stop();
}

#[test]
fn a_proxy_is_asked_where_the_environment_names_one() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let ask = |proxy: &str| {
        let mut command = cloud.command(&["keys", "list", "--region", "eu-north-1"]);
        // Nothing is called so: only the proxy can answer for it, and the simulator is one that answers itself.
        command.env("AWS_ENDPOINT_URL", "http://aws.invalid").env("HTTP_PROXY", proxy);
        finish(command)
    };
    let run = ask(&cloud.aws.endpoint());
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("prod/orders-db"), "{}", run.out);
    cloud.stop();
}

/// A proxy that leads every tunnel to one place, and what it was asked.
async fn tunnels(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let asked = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(outer.read_u8().await.unwrap());
            }
            asked.lock().unwrap().push(String::from_utf8(head).unwrap());
            outer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            tokio::spawn(async move {
                let mut inner = TcpStream::connect(to).await.unwrap();
                tokio::io::copy_bidirectional(&mut outer, &mut inner).await
            });
        }
    });
    (address, heads)
}

#[test]
fn a_proxy_is_a_tunnel_for_what_is_encrypted_and_its_password_is_told_to_nobody_else() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let behind: SocketAddr = cloud.aws.endpoint().trim_start_matches("http://").parse().unwrap();
    let (proxy, heads) = cloud.wait_for(async { tunnels(front::front(behind).await).await });
    let bundle = cloud.write("authority.pem", std::str::from_utf8(front::AUTHORITY).unwrap());
    let ask = |proxy: &str, not: &str| {
        let mut command = cloud.command(&["keys", "list", "--region", "eu-north-1"]);
        command.env("AWS_ENDPOINT_URL", "https://aws.invalid").env("AWS_CA_BUNDLE", &bundle);
        command.env("https_proxy", proxy).env("no_proxy", not);
        finish(command)
    };
    let run = ask(&format!("http://anna:pa55w0rd@{proxy}"), "");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("prod/orders-db"), "{}", run.out);
    let head = heads.lock().unwrap().first().unwrap().to_lowercase();
    assert!(head.starts_with("connect aws.invalid:443 http/1.1\r\n"), "{head}");
    assert!(head.contains("proxy-authorization: basic yw5uytpwytu1dzbyza==\r\n"), "{head}");
    assert!(!head.contains("aws4-hmac-sha256") && !head.contains("x-amz-"), "{head}");
    let tunnels = heads.lock().unwrap().len();
    let nobody =
        cloud.wait_for(async { TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap() });
    for (proxy, not) in [(format!("http://anna:pa55w0rd@{nobody}"), ""), (format!("http://{proxy}"), "aws.invalid")] {
        let run = ask(&proxy, not);
        assert_eq!(run.code, Some(2), "{}", run.out);
        assert!(run.err.contains("HTTPS_PROXY") && !run.err.contains("pa55w0rd"), "{}", run.err);
    }
    assert_eq!(heads.lock().unwrap().len(), tunnels, "what `no_proxy` names is asked directly");
    cloud.stop();
}

#[test]
fn a_bundle_of_certificates_that_is_none_is_named() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let bundle = cloud.write("bundle.pem", "nothing");
    let mut command = cloud.command(&["scan"]);
    command.env("AWS_CA_BUNDLE", &bundle);
    let run = finish(command);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("bundle.pem holds no certificate"), "{}", run.err);
    cloud.stop();
}
