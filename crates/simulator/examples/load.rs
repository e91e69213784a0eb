//! Measures the simulator: requests a second on one core, and memory once every key of a large organisation was read.
//!
//! `cargo run --release -p simulator --example load -- [ACCOUNTS] [KEYS]`

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use simulator::{Options, Quotas, Shape, Simulator, World, access_key_id, default_regions};

/// Connections side by side.
const CLIENTS: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |place: usize, default: usize| {
        std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (accounts, keys) = (number(1, 800), number(2, 60_000));
    let world = World::generated(Shape { accounts, regions: Vec::new(), keys, seed: 1 });
    let ids = world.accounts();
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || -> std::io::Result<u64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let options = Options { quotas: Quotas::Documented(1e6), ..Options::default() };
            let running = Simulator::start(world, options).await?;
            let _ = tell.send(running.endpoint());
            let _ = stopped.await;
            running.stop().await;
            Ok(cpu_nanoseconds())
        })
    });
    let address = told.recv()?.replace("http://", "");
    let places: Vec<(String, String)> =
        ids.iter().flat_map(|id| default_regions().into_iter().map(move |region| (id.clone(), region))).collect();
    let (places, next, requests) = (Arc::new(places), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (places, next, requests, address) = (places.clone(), next.clone(), requests.clone(), address.clone());
            std::thread::spawn(move || -> std::io::Result<()> {
                let mut client = Client { stream: TcpStream::connect(address)?, buffer: Vec::new() };
                while let Some((account, region)) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let listed = client.call(account, region, "ListKeys", "{\"Limit\":1000}")?;
                    let mut count = 1;
                    for key in listed.split("\"KeyId\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                        let body = format!("{{\"KeyId\":\"{key}\"}}");
                        for operation in ["DescribeKey", "GetKeyPolicy", "ListResourceTags"] {
                            client.call(account, region, operation, &body)?;
                            count += 1;
                        }
                    }
                    requests.fetch_add(count, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| "a client panicked")??;
    }
    let wall = start.elapsed().as_secs_f64();
    println!("resident memory: {}", status("VmRSS"));
    let _ = stop.send(());
    let cpu = server.join().map_err(|_| "the server panicked")?? as f64 / 1e9;
    let requests = requests.load(Ordering::Relaxed) as f64;
    println!(
        "{requests} requests in {wall:.1} s; the simulator took {cpu:.2} s of one core: {:.0} requests a second",
        requests / cpu
    );
    Ok(())
}

/// The CPU time of this thread.
fn cpu_nanoseconds() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn status(name: &str) -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().find(|line| line.starts_with(name)).unwrap_or("unknown").to_owned()
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn call(&mut self, account: &str, region: &str, operation: &str, body: &str) -> std::io::Result<String> {
        let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let key = access_key_id(account);
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-date: {date}\r\nx-amz-target: TrentService.{operation}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={key}/{}/{region}/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=0\r\n\
             content-length: {}\r\n\r\n{body}",
            &date[..8],
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = [0; 16 << 10];
        loop {
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8_lossy(&self.buffer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|text| text.parse().ok());
            if length == Some(body.len()) {
                if !head.starts_with("HTTP/1.1 200") {
                    return Err(std::io::Error::other(body.to_owned()));
                }
                return Ok(body.to_owned());
            }
        }
    }
}
