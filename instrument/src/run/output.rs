//! What the guest writes to its two outputs goes to the observer, and the end of it into the recording.

use super::stop::{StopFlag, StopReason};
use super::{Observer, OutputStream as Which};
use bytes::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The most that a guest may write in one piece.
const WRITE_BYTES: usize = 1 << 20;

/// The guest's output that the collector has not taken yet, from both streams in the order in which it was written.
#[derive(Debug)]
pub struct OutputBuffer {
    waiting: Mutex<Vec<u8>>,
    /// Bytes that the guest may still write.
    allowance: AtomicU64,
    stop: Arc<StopFlag>,
}

impl OutputBuffer {
    /// A recording keeps only the end of the output: more than this need not wait for the collector.
    const MOST_BYTES: usize = 1 << 20;

    /// Nothing is waiting. A guest that writes more than `limit` bytes is stopped.
    pub fn new(limit: Option<u64>, stop: Arc<StopFlag>) -> Self {
        let allowance = AtomicU64::new(limit.unwrap_or(u64::MAX));
        OutputBuffer { waiting: Mutex::default(), allowance, stop }
    }

    /// As much of `bytes` as the guest may still write. Its own thread is the only one that writes.
    fn allowed<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let left = self.allowance.load(Ordering::Relaxed);
        self.allowance.store(left.saturating_sub(bytes.len() as u64), Ordering::Relaxed);
        if bytes.len() as u64 > left {
            self.stop.set(StopReason::OutputLimit);
        }
        bytes.get(..left as usize).unwrap_or(bytes)
    }

    fn push(&self, bytes: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(bytes);
        if waiting.len() > 2 * Self::MOST_BYTES {
            let surplus = waiting.len() - Self::MOST_BYTES;
            waiting.drain(..surplus);
        }
    }

    /// Takes what waits.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One output of the guest.
#[derive(Clone)]
pub struct GuestOutput {
    pub which: Which,
    pub observer: Arc<dyn Observer>,
    pub buffer: Arc<OutputBuffer>,
}

impl GuestOutput {
    /// Hands on what was written.
    pub fn forward(&self, bytes: &[u8]) {
        let bytes = self.buffer.allowed(bytes);
        self.observer.output(self.which, bytes);
        self.buffer.push(bytes);
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.forward(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

impl AsyncWrite for GuestOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.forward(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
