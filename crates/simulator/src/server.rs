//! The endpoint: takes connections, asks the services, and breaks what is to be broken.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::counts::Counts;
use crate::options::Options;
use crate::service::{Answer, Services};
use crate::sqs::Receive;
use crate::wire::{Body, Reply, Request};
use crate::world::World;

/// The largest request that is read. AWS's own limits are far below it, but for Security Hub's, which takes 6 MB of findings.
const MAX_REQUEST: usize = 1 << 20;
const MAX_FINDINGS: usize = 7 << 20;

/// How often somebody who waits at a queue looks whether there is a message.
const LOOK: Duration = Duration::from_millis(20);

/// The most connections at a time; more wait.
const MAX_CONNECTIONS: usize = 10_000;

/// A fake AWS, to be started.
#[derive(Debug)]
pub struct Simulator;

/// A fake AWS that runs, until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    management: String,
    services: Arc<Mutex<Services>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Simulator {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where it cannot listen on the address.
    pub async fn start(world: World, options: Options) -> io::Result<Running> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let management = world.management_account();
        let latency = options.latency;
        let services = Arc::new(Mutex::new(Services::new(world, options)));
        let (stop, stopped) = watch::channel(false);
        let host = Arc::new(Cloud { services: services.clone(), latency });
        let task = tokio::spawn(accept(listener, host, stopped));
        Ok(Running { address, management, services, stop, task })
    }
}

impl Running {
    /// The URL of every service: `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The access key id to call with: the management account's. Any secret goes with it.
    #[must_use]
    pub fn access_key_id(&self) -> String {
        crate::identity::access_key_id(&self.management)
    }

    /// What was asked so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        lock(&self.services).counts()
    }

    /// Forgets what was asked so far.
    pub fn reset_counts(&self) {
        lock(&self.services).reset_counts();
    }

    /// Puts other faults in the place of those there are. Suspended accounts and regions that are off stay so.
    pub fn set_faults(&self, faults: Vec<crate::Fault>) {
        lock(&self.services).set_faults(faults);
    }

    /// Lets that much time pass at once, for everything but the credentials: updates are seen, controls look at keys, events arrive.
    pub fn skip(&self, time: Duration) {
        lock(&self.services).skip(time);
    }

    /// How many messages are in the queue of that ARN, received or not.
    #[must_use]
    pub fn messages(&self, queue: &str) -> usize {
        crate::sqs::Address::of_arn(queue).map_or(0, |address| lock(&self.services).queues.len(&address))
    }

    /// Puts a message into the queue of that ARN; `false` if there is none.
    #[must_use]
    pub fn send(&self, queue: &str, body: &str) -> bool {
        lock(&self.services).send(queue, body)
    }

    /// All findings of Security Hub as they are (ASFF), whether they are seen so already or not.
    #[must_use]
    pub fn findings(&self) -> Vec<serde_json::Value> {
        lock(&self.services).hub.latest()
    }

    /// Sets a secret of Secrets Manager, in every account and region.
    pub fn set_secret(&self, name: &str, value: &str) {
        lock(&self.services).vault.set_secret(name, value);
    }

    /// Sets a parameter of Systems Manager, in every account and region.
    pub fn set_parameter(&self, name: &str, value: &str) {
        lock(&self.services).vault.set_parameter(name, value);
    }

    /// Stops listening, and ends all connections.
    pub async fn stop(self) {
        // Nobody listens any more where the task has ended by itself.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

fn lock(services: &Mutex<Services>) -> MutexGuard<'_, Services> {
    services.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who answers the requests of a listener.
pub(crate) trait Host: Send + Sync + 'static {
    /// The response to a request that was read whole; none breaks the connection.
    fn respond(&self, request: Request) -> impl Future<Output = Option<Response<Body>>> + Send;
}

/// The services of AWS.
struct Cloud {
    services: Arc<Mutex<Services>>,
    latency: Duration,
}

impl Host for Cloud {
    async fn respond(&self, request: Request) -> Option<Response<Body>> {
        let Answer { mut reply, request_id, delivery } =
            lock(&self.services).answer(&request, Instant::now(), SystemTime::now());
        if let Some(asked) = &delivery.waits
            && let Some(received) = self.wait_for_message(asked).await
        {
            reply = received;
        }
        let wait = self.latency + delivery.delay;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match delivery.breaks {
            None => Some(response(reply, &request_id, false)),
            Some(crate::service::Break::Middle) => Some(response(reply, &request_id, true)),
            Some(crate::service::Break::Before) => None,
        }
    }
}

impl Cloud {
    /// What somebody receives who waits at a queue.
    async fn wait_for_message(&self, asked: &Receive) -> Option<Reply> {
        let until = Instant::now() + asked.wait;
        while Instant::now() < until {
            tokio::time::sleep(LOOK).await;
            let received = lock(&self.services).receive(asked, Instant::now());
            if received.is_some() {
                return received;
            }
        }
        None
    }
}

/// Takes connections until it is stopped.
pub(crate) async fn accept<H: Host>(listener: TcpListener, host: Arc<H>, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let until = stopped.clone();
    loop {
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Out of file descriptors, most likely: others may be given back soon.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (host, mut until) = (host.clone(), until.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = until.changed() => {}
                () = connection(stream, host) => {}
            }
            drop(place);
        });
    }
}

async fn connection<H: Host>(stream: TcpStream, host: Arc<H>) {
    // Without it a reply in two packets waits for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, reset: reset.clone() };
    let service = hyper::service::service_fn(move |request| {
        let (host, reset) = (host.clone(), reset.clone());
        async move { serve(request, &*host, &reset).await }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(300));
    // An error is a client that went away, or a connection that was to be broken.
    let _ = server.serve_connection(TokioIo::new(wire), service).await;
}

/// A connection that is to be broken without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset, as asked")]
struct ResetConnection;

async fn serve<H: Host>(
    request: http::Request<Incoming>,
    host: &H,
    reset: &AtomicBool,
) -> Result<Response<Body>, ResetConnection> {
    let (parts, body) = request.into_parts();
    let most = if parts.uri.path() == "/findings/import" { MAX_FINDINGS } else { MAX_REQUEST };
    let Ok(body) = Limited::new(body, most).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = Request { method: parts.method, uri: parts.uri, headers: parts.headers, body: body.to_bytes() };
    host.respond(request).await.ok_or_else(|| {
        reset.store(true, Ordering::Relaxed);
        ResetConnection
    })
}

fn response(reply: Reply, request_id: &str, half: bool) -> Response<Body> {
    let body = if half { Body::half(&reply.body) } else { Body::whole(reply.body) };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(Ok(code)) = reply.error_type.as_deref().map(HeaderValue::from_str) {
        headers.insert("x-amzn-errortype", code);
    }
    if let Some(Ok(date)) = reply.date.as_deref().map(HeaderValue::from_str) {
        headers.insert("date", date);
    }
    response
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::whole(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// A connection that can be reset instead of closed.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Closing with nothing to linger for sends a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
