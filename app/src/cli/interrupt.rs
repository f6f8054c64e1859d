//! Ctrl+C: the first one ends the run and completes its recording, another one ends us at once.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static INTERRUPTED: OnceLock<Instant> = OnceLock::new();

/// The exit code of a program that Ctrl+C ended.
pub(super) const EXIT_CODE: u8 = 130;

/// A request within this time of the first one is the same request: `timeout` sends each signal twice.
const SAME: Duration = Duration::from_millis(500);

/// From now on Ctrl+C is counted. Where that is not possible it does what it always did.
pub(super) fn watch() {
    // An error means that somebody else watches already; then Ctrl+C is theirs.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.get_or_init(Instant::now).elapsed() > SAME {
            die();
        }
    });
}

/// Was there a Ctrl+C since [`watch`]?
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.get().is_some()
}

#[expect(clippy::exit, reason = "a recorder that is stuck can't be ended in any other way")]
fn die() {
    std::process::exit(i32::from(EXIT_CODE));
}
