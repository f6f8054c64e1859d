//! The official test suite of WebAssembly, run as it is and rewritten for each measure and for all of them: what a
//! script can see is the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that finds something else than it expects fails"
)]

#[path = "../common/mod.rs"]
mod common;
mod files;
mod host;
mod player;
mod script;
mod tally;
mod values;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tally::Tally;
use wasmtime::Engine;

/// There were so many assertions when this was written; fewer would mean that something is not tried any more.
const FEWEST_ASSERTIONS: usize = 60_000;

#[test]
fn the_suite_sees_no_difference() {
    let engine = Engine::new(&common::config()).unwrap();
    let (files, next, total) = (files::files(), AtomicUsize::new(0), Mutex::new(Tally::default()));
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tally = Tally::of(&engine, file);
            total.lock().unwrap().add(tally);
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
        (0..threads).for_each(|_| {
            scope.spawn(work);
        });
    });
    let total = total.into_inner().unwrap();
    // Past the harness, which keeps to itself what passing tests print.
    writeln!(std::io::stdout(), "{total}").unwrap();
    assert!(total.differences.is_empty(), "{:#?}", total.differences);
    assert!(total.assertions >= FEWEST_ASSERTIONS, "only {} assertions were tried", total.assertions);
}
