//! Ctrl+C: the first one ends the run and keeps its recording, the second one ends us.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The exit code of a program that Ctrl+C ended.
pub(super) const EXIT_CODE: u8 = 130;

/// From now on Ctrl+C is counted. Where that is not possible it does what it always did.
pub(super) fn watch() {
    // An error means that somebody else watches already; then Ctrl+C is theirs.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            die();
        }
    });
}

/// Was there a Ctrl+C since [`watch`]?
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

#[expect(clippy::exit, reason = "a guest that is stuck in the host can't be ended in any other way")]
fn die() {
    std::process::exit(i32::from(EXIT_CODE));
}
