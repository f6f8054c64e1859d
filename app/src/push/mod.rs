//! Sends profiles to servers that keep those of many machines. The only part that opens network connections, and only
//! when it is asked to.

mod answer;
mod client;
mod error;
mod labels;
mod receiver;
mod retry;
mod server;

pub use error::PushError;
pub use labels::{Label, LabelError, Origin, all_labels};
pub use receiver::Receiver;
pub use retry::Retry;
pub use server::{BadServer, Server};

use std::thread;
use std::time::Duration;

/// A profile on its way.
#[derive(Debug)]
pub struct Push<'a> {
    /// Where it goes.
    pub server: &'a Server,
    /// What runs there.
    pub receiver: Receiver,
    /// What the profile is found by.
    pub labels: &'a [Label],
    /// A pprof file.
    pub profile: &'a [u8],
    /// How often it is tried again.
    pub retries: u32,
    /// How long one try may take.
    pub timeout: Duration,
}

/// Sends it, again and again while there is hope. What `on_retry` is told comes before each pause.
///
/// # Errors
/// When the server can't be reached or doesn't take it.
pub fn push(push: &Push<'_>, on_retry: &dyn Fn(&Retry<'_>)) -> Result<(), PushError> {
    let url = push.server.url(push.receiver.path());
    let body = push.receiver.body(push.labels, push.profile);
    let client = client::Client::new(push.timeout);
    let mut number = 0;
    loop {
        let failed = match client.post(&url, push.server, push.receiver, &body) {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        let Some(pause) = failed.pause(number).filter(|_| number < push.retries) else {
            return Err(PushError { url, tries: number + 1, problem: failed });
        };
        number += 1;
        on_retry(&Retry { url: &url, problem: &failed, pause, number, of: push.retries });
        thread::sleep(pause);
    }
}
