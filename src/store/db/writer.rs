//! Group commit: SQLite has one writer, and a durable commit waits milliseconds for the disk. So the works that wait share
//! a commit: each in a savepoint of its own, then one COMMIT, then every caller is answered.
//!
//! Nobody is answered before the commit is durable, and a commit that failed failed for all of them.

use std::ops::ControlFlow;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use super::endings::Endings;
use super::sqlite::{Opened, Place};
use super::{Connection, Sql, Tx, Work, args, checkpoint, work};
use crate::store::error::StoreError;

/// How many works may share a commit. More gain little and make the first wait for the last.
const BATCH: usize = 256;
/// How many may wait before the next caller waits to be queued.
const QUEUE: usize = 1024;

// Each of these goes to SQLite at once: every statement of its own costs a way to the thread that sqlx runs SQLite on, and back.

/// IMMEDIATE: a transaction that begins by reading and then writes fails at once when another process wrote in between.
const BEGIN: Sql = Sql::new("begin", "BEGIN IMMEDIATE; SAVEPOINT work");
/// What was done stands, and the next work begins.
const NEXT: Sql = Sql::new("next savepoint", "RELEASE work; SAVEPOINT work");
const COMMIT: Sql = Sql::new("commit", "RELEASE work; COMMIT");
const ROLLBACK: Sql = Sql::new("rollback", "ROLLBACK");
/// The savepoint stays, for the next work.
const UNDO: Sql = Sql::new("rollback to savepoint", "ROLLBACK TO work");

pub(super) type BoxedWork = Box<dyn for<'t> FnOnce(&'t mut Tx) -> Work<'t, ()> + Send>;

struct Job {
    work: BoxedWork,
    verdict: oneshot::Sender<Result<(), StoreError>>,
}

enum Request {
    Write(Job),
    Close(oneshot::Sender<()>),
}

/// The way to the task that owns the connection that writes.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Request>);

impl Writer {
    pub(super) fn start(opened: Opened, endings: Endings) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let checkpoints = match opened.place {
            Place::File => Some(checkpoint::start(opened.options.clone())),
            Place::Memory => None,
        };
        let tx = Some(Tx::new(Connection::Sqlite(opened.writer)));
        let task = WriterTask { tx, options: opened.options, checkpoints, endings };
        tokio::spawn(task.run(queue));
        Self(sender)
    }

    pub(super) async fn submit(&self, work: BoxedWork) -> Result<(), StoreError> {
        let (verdict, answer) = oneshot::channel();
        self.0.send(Request::Write(Job { work, verdict })).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    pub(super) async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if self.0.send(Request::Close(closed)).await.is_ok() {
            // An error means that the task ended in another way: closed as well.
            let _ = wait.await;
        }
    }
}

/// The error when the writer is gone: after [`super::Db::close`], or with its runtime.
pub(super) fn stopped() -> StoreError {
    StoreError::Unavailable { during: "write", cause: "the database is closed".to_owned() }
}

struct WriterTask {
    tx: Option<Tx>,
    options: SqliteConnectOptions,
    checkpoints: Option<checkpoint::Checkpoints>,
    endings: Endings,
}

impl WriterTask {
    async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut waiting = Vec::with_capacity(BATCH);
        while queue.recv_many(&mut waiting, BATCH).await > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            let mut closing = Vec::new();
            for request in waiting.drain(..) {
                match request {
                    // A caller who left before the work began is spared it.
                    Request::Write(job) if job.verdict.is_closed() => {}
                    Request::Write(job) => jobs.push(job),
                    Request::Close(closed) => closing.push(closed),
                }
            }
            if !jobs.is_empty() {
                self.write(jobs).await;
            }
            if !closing.is_empty() {
                self.close().await;
                for closed in closing {
                    let _ = closed.send(());
                }
                return;
            }
        }
        self.close().await;
    }

    async fn write(&mut self, jobs: Vec<Job>) {
        let mut tx = match self.connected().await {
            Ok(tx) => tx,
            Err(error) => return refuse(jobs, &error),
        };
        let count = jobs.len();
        match commit_together(&mut tx, jobs, &self.endings).await {
            ControlFlow::Continue(()) => {
                self.tx = Some(tx);
                if let Some(checkpoints) = &mut self.checkpoints {
                    checkpoints.note(count);
                }
            }
            // The connection is dropped: its state is unknown, and closing it rolls back what is open.
            ControlFlow::Break(error) => error!("the SQLite connection is opened anew after: {error}"),
        }
    }

    async fn connected(&mut self) -> Result<Tx, StoreError> {
        if let Some(tx) = self.tx.take() {
            return Ok(tx);
        }
        let connected = self.options.connect().await;
        let connection = connected.map_err(|error| StoreError::from_driver("open SQLite again", &error))?;
        Ok(Tx::new(Connection::Sqlite(connection)))
    }

    async fn close(&mut self) {
        if let Some(checkpoints) = self.checkpoints.take() {
            checkpoints.finish().await;
        }
        if let Some(Tx { connection: Connection::Sqlite(connection), .. }) = self.tx.take()
            && let Err(error) = sqlx::Connection::close(connection).await
        {
            warn!("closing SQLite: {}", StoreError::from_driver("close", &error));
        }
    }
}

fn refuse(jobs: Vec<Job>, error: &StoreError) {
    for job in jobs {
        let _ = job.verdict.send(Err(error.clone()));
    }
}

/// Does the jobs in one transaction and answers each. `Break` when the connection is not to be used again.
async fn commit_together(tx: &mut Tx, jobs: Vec<Job>, endings: &Endings) -> ControlFlow<StoreError> {
    if let Err(error) = control(tx, &BEGIN).await {
        refuse(jobs, &error);
        return match error {
            StoreError::Busy { .. } => ControlFlow::Continue(()),
            other => ControlFlow::Break(other),
        };
    }
    let mut verdicts = Vec::with_capacity(jobs.len());
    let mut broken = Ok(());
    let mut jobs = jobs.into_iter().peekable();
    while let Some(Job { work, verdict }) = jobs.next() {
        let done = if broken.is_ok() { work::run(tx, work).await } else { Ok(()) };
        // Its failure leaves its neighbours alone, as long as the transaction still stands: a full disk, for one, makes SQLite roll back
        // all of it, and then there is no savepoint to return to.
        if broken.is_ok() {
            broken = match &done {
                Ok(()) if jobs.peek().is_some() => control(tx, &NEXT).await,
                // The commit releases it.
                Ok(()) => Ok(()),
                Err(_) => control(tx, &UNDO).await,
            };
        }
        verdicts.push((verdict, done));
    }
    let committed = match broken {
        Ok(()) => control(tx, &COMMIT).await,
        Err(error) => Err(error),
    };
    if committed.is_err() {
        // What cannot be rolled back here is rolled back when the connection closes.
        let _ = control(tx, &ROLLBACK).await;
    }
    // Whoever is answered below may rely on every verdict of this process knowing of it.
    if std::mem::take(&mut tx.ends) && committed.is_ok() {
        endings.note();
    }
    for (sender, verdict) in verdicts {
        let _ = sender.send(verdict.and_then(|()| committed.clone()));
    }
    match committed {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

async fn control(tx: &mut Tx, sql: &Sql) -> Result<(), StoreError> {
    tx.failure = None;
    tx.execute(sql, args![]).await.map(drop)
}
