//! Who does the work, and when: a task a worker, woken by what others have done and by a timer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use respond::ports::Queue;
use respond::{Delivery, Worker};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::aws::Queues;
use super::doors::Current;

/// How long is waited for more of the same, before a worker that was woken begins.
const TOGETHER: Duration = Duration::from_millis(20);
/// The longest wait after the store has failed.
const MOST: Duration = Duration::from_secs(60);

/// Something was committed that somebody may be waiting for.
#[derive(Debug, Clone)]
pub struct Bell(Arc<watch::Sender<u64>>);

impl Bell {
    /// A bell that nobody has rung.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Rings it.
    pub fn ring(&self) {
        self.0.send_modify(|number| *number = number.wrapping_add(1));
    }

    fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// How long a worker waits where nobody rings.
fn period(worker: Worker) -> Duration {
    match worker {
        Worker::Decider | Worker::KeyReader | Worker::Tickets | Worker::Remediation => Duration::from_secs(1),
        Worker::HubWriter | Worker::Mail => Duration::from_secs(2),
        Worker::Looker | Worker::Reminders | Worker::HubReader | Worker::Accounts => Duration::from_secs(5),
        Worker::Housekeeping => Duration::from_secs(30),
    }
}

/// Waits until it is time to stop.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    // Nobody can say so any more where the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Starts all of them. Each ends after its turn when `stop` says so.
pub fn start(tasks: &mut JoinSet<()>, engine: &Current, bell: &Bell, stop: &watch::Receiver<bool>) {
    for worker in Worker::ALL {
        tasks.spawn(work(worker, engine.clone(), bell.clone(), stop.clone()));
    }
}

async fn work(worker: Worker, engine: Current, bell: Bell, mut stop: watch::Receiver<bool>) {
    let (mut rung, mut pause) = (bell.listen(), period(worker));
    while !*stop.borrow() {
        rung.borrow_and_update();
        // A worker that panics must not leave the others alone with its jobs: their leases run out, and it begins anew.
        let now = engine.get();
        match tokio::spawn(async move { now.run(worker).await }).await {
            Ok(Ok(status)) => {
                pause = period(worker);
                if status.done > 0 {
                    tracing::info!(worker = worker.name(), done = status.done, waiting = status.waiting, "worked");
                    bell.ring();
                }
            }
            Ok(Err(error)) => {
                pause = (pause * 2).min(MOST);
                tracing::error!(worker = worker.name(), %error, "the store failed");
            }
            Err(_) => {
                pause = (pause * 2).min(MOST);
                tracing::error!(worker = worker.name(), "it broke off, which is a fault of keyreeve");
            }
        }
        tokio::select! {
            () = told(&mut stop) => return,
            _ = rung.changed() => tokio::time::sleep(TOGETHER).await,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Reads the queues that are wanted, each by itself, until `stop` says so. One that is not wanted any more is left after what was
/// received from it is in the store.
pub async fn drain_all(
    mut wanted: watch::Receiver<Queues>,
    engine: Current,
    bell: Bell,
    mut stop: watch::Receiver<bool>,
) {
    let (mut tasks, mut read) = (JoinSet::new(), BTreeMap::<String, watch::Sender<bool>>::new());
    loop {
        let queues = wanted.borrow_and_update().clone();
        read.retain(|name, end| {
            let stays = queues.iter().any(|(wanted, _)| wanted == name);
            if !stays {
                end.send_replace(true);
            }
            stays
        });
        for (name, queue) in queues {
            read.entry(name.clone()).or_insert_with(|| {
                let (end, ended) = watch::channel(false);
                tasks.spawn(drain(name, queue, engine.clone(), bell.clone(), ended));
                end
            });
        }
        tokio::select! {
            () = told(&mut stop) => break,
            changed = wanted.changed() => if changed.is_err() {
                told(&mut stop).await;
                break;
            },
        }
    }
    for end in read.values() {
        end.send_replace(true);
    }
    while tasks.join_next().await.is_some() {}
}

/// Reads a queue until `stop` says so: what was said is in the store before it is acknowledged.
async fn drain(name: String, queue: Arc<dyn Queue>, engine: Current, bell: Bell, mut stop: watch::Receiver<bool>) {
    let mut pause = Duration::from_secs(1);
    while !*stop.borrow() {
        let received = tokio::select! {
            () = told(&mut stop) => return,
            received = queue.receive() => received,
        };
        let failed = match received {
            Ok(messages) if messages.is_empty() => None,
            Ok(messages) => {
                let at = Some(Timestamp::now());
                let delivery = |message: &respond::ports::Message| Delivery {
                    source: "sqs".to_owned(),
                    id: Some(message.id.clone()),
                    at,
                    body: message.body.clone().into_bytes(),
                };
                let deliveries: Vec<Delivery> = messages.iter().map(delivery).collect();
                let receipts: Vec<String> = messages.into_iter().map(|message| message.receipt).collect();
                match engine.get().take(&deliveries).await {
                    Ok(taken) => {
                        tracing::info!(queue = name, findings = taken.findings, events = taken.events, "received");
                        bell.ring();
                        // Where this fails it comes again, and is known.
                        queue.delete(&receipts).await.err().map(|failure| failure.to_string())
                    }
                    Err(error) => Some(error.to_string()),
                }
            }
            Err(failure) => Some(failure.to_string()),
        };
        let Some(error) = failed else {
            pause = Duration::from_secs(1);
            continue;
        };
        tracing::warn!(queue = name, error, "the queue could not be read");
        tokio::select! {
            () = told(&mut stop) => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(MOST),
        }
    }
}
