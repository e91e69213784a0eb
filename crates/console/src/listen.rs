//! Listening: connections are bounded in number, in time and in what their headers may hold; when it is time to stop, requests that are
//! being answered are answered.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::watch::Limits;

/// Answers until `stop` says so, then at most that long what is being answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = told(&mut stop) => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let (router, limits, stop) = (router.clone(), limits.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, router, &limits, stop).await;
            drop(place);
        });
    }
    drop(listener);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    // Who is not done by then is cut off when the process ends.
    let _ = tokio::time::timeout(drain, places.acquire_many(all)).await;
}

async fn told(stop: &mut watch::Receiver<bool>) {
    // Nobody can say so any more where the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Out of file descriptors, most likely: others may be given back soon.
async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn connection(stream: TcpStream, router: Router, limits: &Limits, mut stop: watch::Receiver<bool>) {
    // Without it an answer in two packets waits for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(limits.header_bytes.max(8192));
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    tokio::select! {
        // An error is a client that went away, or that did not speak HTTP.
        _ = connection.as_mut() => return,
        () = told(&mut stop) => {}
        () = tokio::time::sleep(limits.connection_time) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(limits.request_time, connection).await;
}
