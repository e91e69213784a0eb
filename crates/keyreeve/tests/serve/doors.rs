//! Whoever is slow, oversized, malformed or too many is refused without effect, and the daemon stays ready for everybody else.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use super::daemon::{Daemon, TOKEN, TOKEN_DIGEST, acme, answer, keyreeve, port};

/// What the bounds are made here, so that a test need not wait for minutes.
const HEADER_SECONDS: u64 = 2;
const REQUEST_SECONDS: u64 = 3;
const CONNECTIONS: usize = 40;
const REQUESTS: usize = 8;
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(20);

/// A daemon that has nothing to do by itself, so that whatever is in its log came from a request.
fn start(folder: &Path) -> Daemon {
    let (port, acme) = (port(), acme());
    let text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nstore = \":memory:\"\nsnapshots = [{acme}]\nschedule = \"\"\n\
         [serve.limits]\nheader_seconds = {HEADER_SECONDS}\nrequest_seconds = {REQUEST_SECONDS}\nconnections = {CONNECTIONS}\nrequests = {REQUESTS}\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n\
         [[serve.hooks]]\nname = \"hub\"\nsecret = \"file:{}\"\n",
        folder.join("secret").display()
    );
    std::fs::write(folder.join("secret"), "a-secret-of-a-hook").unwrap();
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
    Daemon::start(folder, port)
}

fn events(daemon: &Daemon) -> usize {
    daemon.get("/api/v1/events?limit=1000").unwrap()["items"].as_array().unwrap().len()
}

/// It is ready at once, however busy it is kept.
fn is_ready(daemon: &Daemon, while_: &str) {
    let began = Instant::now();
    let answered = daemon.ask("GET", "/readyz", "").map(|(status, _)| status);
    assert_eq!(answered, Some(200), "{while_}");
    assert!(began.elapsed() < Duration::from_secs(REQUEST_SECONDS), "{while_}: {:?}", began.elapsed());
}

fn connect(daemon: &Daemon) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", daemon.port)).unwrap();
    stream.set_read_timeout(Some(SLACK + Duration::from_secs(10))).unwrap();
    stream
}

/// Sends a byte now and then until the other side answers or closes; gives what it said and how long that took.
fn trickle(mut stream: TcpStream, first: &str) -> (String, Duration) {
    let began = Instant::now();
    stream.write_all(first.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut said = Vec::new();
    while began.elapsed() < SLACK + Duration::from_secs(REQUEST_SECONDS) {
        let mut part = [0; 4096];
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
        if stream.write_all(b"x").is_err() {
            break;
        }
    }
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[test]
fn who_sends_slowly_is_given_up_and_keeps_nobody_else_out() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = start(folder.path());
    let before = events(&daemon);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mine = format!(
        "Host: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n["
    );
    let signed = format!(
        "Host: localhost\r\nX-Keyreeve-Timestamp: {now}\r\nX-Keyreeve-Signature: v1=00\r\nContent-Length: 9999\r\n\r\n["
    );
    std::thread::scope(|scope| {
        // Headers that do not end.
        let heads: Vec<_> = (0..CONNECTIONS / 2)
            .map(|_| connect(&daemon))
            .map(|stream| scope.spawn(|| trickle(stream, "GET /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")))
            .collect();
        is_ready(&daemon, "while headers trickle");
        for head in heads {
            let (said, took) = head.join().unwrap();
            assert!(!said.contains("200 OK") && took < Duration::from_secs(HEADER_SECONDS) + SLACK, "{took:?}: {said}");
        }
        // Bodies that do not end, from nobody who is known: they have places of their own, and not all.
        let bodies: Vec<_> = (0..REQUESTS)
            .map(|_| connect(&daemon))
            .map(|stream| scope.spawn(|| trickle(stream, &format!("POST /hooks/findings HTTP/1.1\r\n{signed}"))))
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(
            daemon.ask("GET", "/api/v1/me", "").map(|(status, _)| status),
            Some(200),
            "while a hook's bodies trickle"
        );
        for body in bodies {
            let (said, took) = body.join().unwrap();
            let status = answer(&said).map(|(status, _)| status);
            assert!(
                matches!(status, Some(408 | 503)) && took < Duration::from_secs(REQUEST_SECONDS) + SLACK,
                "{took:?}: {said}"
            );
        }
        // The same from somebody who may.
        let bodies: Vec<_> = (0..REQUESTS)
            .map(|_| connect(&daemon))
            .map(|stream| scope.spawn(|| trickle(stream, &format!("POST /api/v1/findings HTTP/1.1\r\n{mine}"))))
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        is_ready(&daemon, "while bodies trickle");
        assert_eq!(daemon.ask("GET", "/api/v1/me", "").map(|(status, _)| status), Some(503), "all places are taken");
        for body in bodies {
            let (said, took) = body.join().unwrap();
            assert_eq!(answer(&said).map(|(status, _)| status), Some(408), "{said}");
            assert!(took < Duration::from_secs(REQUEST_SECONDS) + SLACK, "{took:?}");
        }
    });
    // Who has no token is told so before the body is waited for.
    let (said, took) =
        trickle(connect(&daemon), "POST /api/v1/findings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n[");
    assert_eq!(answer(&said).map(|(status, _)| status), Some(401), "{said}");
    assert!(took < SLACK, "{took:?}");
    assert_eq!(events(&daemon), before, "nothing of this may have had an effect");
    daemon.stop();
}

#[test]
fn whoever_comes_after_too_many_is_served_when_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = start(folder.path());
    // They say nothing at all, or ask once and stay.
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(&daemon)).collect();
    for stream in idle.iter_mut().step_by(2) {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    }
    let began = Instant::now();
    assert_eq!(daemon.ask("GET", "/readyz", "").map(|(status, _)| status), Some(200));
    assert!(began.elapsed() < Duration::from_secs(2 * HEADER_SECONDS) + SLACK, "{:?}", began.elapsed());
    drop(idle);
    is_ready(&daemon, "after they are gone");
    daemon.stop();
}

/// Requests that cannot be, as they are on the wire.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let known = format!("Host: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
    let of = |name, text: String| (name, text.into_bytes());
    let mut all = vec![
        of("nothing", "\r\n\r\n".to_owned()),
        of("no HTTP", "hello\r\n\r\n".to_owned()),
        of("HTTP of old", format!("GET /api/v1/me\r\n{known}\r\n")),
        of("HTTP of the future", format!("GET /api/v1/me HTTP/9.9\r\n{known}\r\n")),
        of("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        of(
            "two lengths",
            format!(
                "POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 2\r\nContent-Length: 15\r\n\r\n{{\"reason\":\"x\"}}"
            ),
        ),
        of(
            "a length below zero",
            format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: -1\r\n\r\n{{\"reason\":\"x\"}}"),
        ),
        of(
            "a length without end",
            format!(
                "POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 99999999999999999999999\r\n\r\n{{\"reason\":\"x\"}}"
            ),
        ),
        of(
            "chunks that are none",
            format!(
                "POST /api/v1/brake/stop HTTP/1.1\r\n{known}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{\"reason\":\"x\"}}\r\n0\r\n\r\n"
            ),
        ),
        of(
            "chunks of endless size",
            format!(
                "POST /api/v1/brake/stop HTTP/1.1\r\n{known}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx"
            ),
        ),
        of(
            "an encoding nobody knows",
            format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Transfer-Encoding: gzip\r\n\r\n{{\"reason\":\"x\"}}"),
        ),
        of("half of an escape", format!("GET /api/v1/keys/%2 HTTP/1.1\r\n{known}\r\n")),
        of("an escape that is none", format!("GET /api/v1/keys/%zz HTTP/1.1\r\n{known}\r\n")),
        of("escapes that are no UTF-8", format!("GET /api/v1/keys/%ff%fe HTTP/1.1\r\n{known}\r\n")),
        of("an overlong escape", format!("GET /api/v1/keys/%c0%af HTTP/1.1\r\n{known}\r\n")),
        of(
            "a query that is no UTF-8",
            format!("GET /api/v1/findings?team=%ff&limit=1&nosuch=1 HTTP/1.1\r\n{known}\r\n"),
        ),
        of("upwards", format!("GET /api/v1/../../etc/passwd HTTP/1.1\r\n{known}\r\n")),
        of("upwards in escapes", format!("GET /api/v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n{known}\r\n")),
        of("two hosts", format!("GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\n{known}\r\n")),
        of("two hosts, the second another's", format!("GET /api/v1/me HTTP/1.1\r\n{known}Host: evil.example\r\n\r\n")),
        of("two hosts in two places", format!("GET http://evil.example/api/v1/me HTTP/1.1\r\n{known}\r\n")),
        of(
            "another's host",
            format!(
                "GET http://evil.example/api/v1/me HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
            ),
        ),
        of("no host", format!("GET /api/v1/me HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n")),
        of(
            "a folded header",
            format!("GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer\r\n {TOKEN}\r\n\r\n"),
        ),
        of(
            "a header with a space",
            format!("GET /api/v1/me HTTP/1.1\r\nHost : localhost\r\nAuthorization : Bearer {TOKEN}\r\n\r\n"),
        ),
        of(
            "half of a body",
            format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 15\r\n\r\n{{\"reason\""),
        ),
        of("too many headers", format!("GET /api/v1/me HTTP/1.1\r\n{known}{}\r\n", "X-Many: 1\r\n".repeat(300))),
        of("large headers", format!("GET /api/v1/me HTTP/1.1\r\n{known}X-Large: {}\r\n\r\n", "x".repeat(1 << 20))),
        of("a long query", format!("GET /api/v1/findings?q={} HTTP/1.1\r\n{known}\r\n", "x".repeat(1 << 20))),
        of("a long path", format!("GET /api/v1/{} HTTP/1.1\r\n{known}\r\n", "x/".repeat(1 << 19))),
        of(
            "a large body",
            format!(
                "POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 2000000\r\n\r\n{}",
                " ".repeat(2_000_000)
            ),
        ),
    ];
    for method in ["TRACE", "CONNECT", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND", "GETT", "get", "G\u{e4}T"] {
        all.push(of(
            "another method",
            format!("{method} /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 14\r\n\r\n{{\"reason\":\"x\"}}"),
        ));
    }
    for body in [
        "{",
        "\u{feff}{\"reason\":\"x\"}",
        "{\"reason\":\"\\ud800\"}",
        "{\"reason\":\"x\",\"reason\":\"y\"}",
        "{\"reason\":1e999}",
        "nan",
        "{\"reason\":\"a\u{0}\"}",
        "{\"reason\":\"x\"} x",
    ] {
        all.push(of(
            "broken JSON",
            format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: {}\r\n\r\n{body}", body.len()),
        ));
    }
    let mut deep = format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 200000\r\n\r\n").into_bytes();
    deep.extend_from_slice("[".repeat(200_000).as_bytes());
    all.push(("deep JSON", deep));
    let mut bytes = format!("POST /api/v1/brake/stop HTTP/1.1\r\n{known}Content-Length: 15\r\n\r\n").into_bytes();
    bytes.extend_from_slice(b"{\"reason\":\"\xff\"}");
    all.push(("no UTF-8", bytes));
    all.push((
        "a token of bytes",
        b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\xfe\r\n\r\n".to_vec(),
    ));
    all.push(("NUL in the path", format!("GET /api/v1/\0 HTTP/1.1\r\n{known}\r\n").into_bytes()));
    all.push(("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20)));
    all
}

#[test]
fn what_is_malformed_or_oversized_is_refused_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = start(folder.path());
    let before = events(&daemon);
    for (name, request) in malformed() {
        // A second one that is well formed must not be taken out of the body of the first.
        let began = Instant::now();
        let mut stream = connect(&daemon);
        let _ = stream.write_all(&request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        for line in said.lines().filter(|line| line.starts_with("HTTP/1.1 ")) {
            assert!(line.starts_with("HTTP/1.1 4"), "{name}: {said}");
        }
        assert!(!said.contains(TOKEN) && began.elapsed() < SLACK, "{name}: {said}");
    }
    assert_eq!(daemon.get("/api/v1/brake").unwrap()["stopped"], serde_json::Value::Null);
    assert_eq!(events(&daemon), before, "nothing of this may have had an effect");
    is_ready(&daemon, "after all that");
    assert!(!daemon.log().contains(TOKEN) && !daemon.log().contains("panicked"), "{}", daemon.log());
    daemon.stop();
}

#[test]
fn addresses_in_private_networks_are_not_called_unless_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let private = inside.local_addr().unwrap().port();
    let hosts = ["127.0.0.1", "localhost", "2130706433", "0177.1", "[::ffff:127.0.0.1]", "any.localhost"];
    let mut text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nstore = \":memory:\"\nsnapshots = [{}]\nschedule = \"\"\ndestinations = [\"t0\"]\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n",
        acme()
    );
    for (number, host) in hosts.iter().enumerate() {
        text.push_str(&format!(
            "[serve.tickets.t{number}]\nkind = \"jira-cloud\"\naddress = \"http://{host}:{private}\"\nproject = \"P\"\nsecret = \"file:{}\"\n",
            folder.join("secret").display()
        ));
    }
    std::fs::write(folder.join("secret"), "a-secret").unwrap();
    std::fs::write(folder.join("keyreeve.toml"), &text).unwrap();
    let daemon = Daemon::start(folder, port);
    // Every system is looked over at the start, and each says why it was not called.
    let refused = |daemon: &Daemon| daemon.log().lines().filter(|line| line.contains("allow_private")).count();
    daemon.wait("the refusals", || (refused(&daemon) >= hosts.len()).then_some(()));
    assert!(inside.accept().is_err(), "nobody was called");
    // Where it is allowed, it is called.
    std::fs::write(folder.join("keyreeve.toml"), text.replace("project = ", "allow_private = true\nproject = "))
        .unwrap();
    daemon.signal("-HUP");
    daemon.wait("the call", || inside.accept().ok().map(drop));
    daemon.stop();
}

#[test]
fn a_mail_server_on_this_machine_is_named_at_the_start_unless_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    let text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nstore = \":memory:\"\nschedule = \"\"\nsnapshots = [{}]\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n\
         [serve.mail]\nhost = \"localhost\"\nsecurity = \"none\"\nfrom = \"keyreeve@acme.example\"\n",
        acme()
    );
    std::fs::write(folder.join("keyreeve.toml"), &text).unwrap();
    let refused = keyreeve(folder, &["serve", "--config", "keyreeve.toml"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("serve.mail: localhost is in a private network"), "{said}");
    assert!(said.contains("set `allow_private = true` in its section"), "{said}");
    std::fs::write(folder.join("keyreeve.toml"), text + "allow_private = true\n").unwrap();
    Daemon::start(folder, port).stop();
}
