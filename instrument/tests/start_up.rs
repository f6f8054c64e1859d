//! What stands between a module and its first instruction: compiling it, once, and not at all the next time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use wasmscope_instrument::recording::{Outcome, Phase, Recording, read};
use wasmscope_instrument::{Guest, Measure, MeasureSet, Nobody, Observer, RunOptions, record};

/// Far more than compiling takes on any machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn guest(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "test.wasm".into(), path: String::new() }
}

fn words() -> Guest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/words/words.wasm");
    Guest { bytes: fs::read(file).unwrap().into(), name: "words.wasm".into(), path: String::new() }
}

/// A command of `functions` functions that take a while to compile.
fn large(functions: usize) -> Guest {
    let line = "(local.set $a (i64.rotl (i64.mul (local.get $a) (i64.const 77)) (i64.xor (local.get $a) (i64.const N))))";
    let body = |number: usize| line.replace('N', &number.to_string()).repeat(60);
    let function = |number| format!("(func (param $a i64) (result i64) {} (local.get $a))", body(number));
    let functions: String = (0..functions).map(function).collect();
    guest(&format!("(module {functions} (memory (export \"memory\") 1) (func (export \"_start\")))"))
}

fn run(guest: &Guest, options: &RunOptions, observer: Arc<dyn Observer>) -> Recording {
    let mut file = Vec::new();
    record(guest, options, observer, &mut file).unwrap();
    let recording = read(&file).unwrap();
    assert_eq!(recording.damage, None);
    recording
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_none()).collect()
}

/// Cancels as soon as something was compiled, and notes how far that was.
#[derive(Default)]
struct Impatient {
    seen: Mutex<Vec<(u64, u64)>>,
}

impl Observer for Impatient {
    fn progress(&self, phase: Phase, done: u64, of: u64) {
        assert_eq!(phase, Phase::Compile);
        self.seen.lock().unwrap().push((done, of));
    }

    fn is_cancelled(&self) -> bool {
        !self.seen.lock().unwrap().is_empty()
    }
}

#[test]
fn who_cancels_while_it_compiles_does_not_wait_for_it() {
    let (dir, functions) = (tempfile::tempdir().unwrap(), 6_000);
    let options = RunOptions { cache_dir: Some(dir.path().to_owned()), ..RunOptions::default() };
    let observer = Arc::new(Impatient::default());
    let guest = large(functions);
    let recording = run(&guest, &options, Arc::clone(&observer) as Arc<dyn Observer>);
    assert!(files(dir.path()).is_empty(), "it was not compiled to the end when the run ended");
    assert_eq!(recording.outcome, Outcome::Cancelled);
    assert_eq!(recording.module, guest.bytes);
    let phases: Vec<_> = recording.phases.iter().map(|span| span.phase).collect();
    assert_eq!(phases, [Phase::Parse, Phase::Rewrite, Phase::Compile]);
    let seen = observer.seen.lock().unwrap();
    assert!(matches!(seen[..], [(done, of)] if done > 0 && done < of && of >= functions as u64), "{seen:?}");
    // What was begun is there for the next time.
    let began = Instant::now();
    while files(dir.path()).is_empty() {
        assert!(began.elapsed() < PATIENCE, "the compiled module never came");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Notes how far compiling came.
#[derive(Default)]
struct Patient {
    furthest: AtomicU64,
    of: AtomicU64,
    went_back: AtomicBool,
}

impl Observer for Patient {
    fn progress(&self, _phase: Phase, done: u64, of: u64) {
        let before = self.furthest.swap(done, Ordering::Relaxed);
        self.went_back.fetch_or(before > done, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }
}

#[test]
fn progress_comes_to_the_end_and_a_second_start_has_none() {
    let (dir, functions) = (tempfile::tempdir().unwrap(), 3_000);
    let options = RunOptions { cache_dir: Some(dir.path().to_owned()), ..RunOptions::default() };
    let (guest, first, second) =
        (large(functions), Arc::new(Patient::default()), Arc::new(Patient::default()));
    run(&guest, &options, Arc::clone(&first) as Arc<dyn Observer>);
    let (done, of) = (first.furthest.load(Ordering::Relaxed), first.of.load(Ordering::Relaxed));
    assert!(done * 2 > of && done <= of && of >= functions as u64, "{done} of {of}");
    assert!(!first.went_back.load(Ordering::Relaxed));
    run(&guest, &options, Arc::clone(&second) as Arc<dyn Observer>);
    assert_eq!(second.furthest.load(Ordering::Relaxed), 0, "nothing was compiled");
}

#[cfg(unix)]
fn identity(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().unwrap().ino()
}

#[cfg(unix)]
#[test]
fn what_was_compiled_is_used_again_whatever_the_rate_and_whatever_became_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = RunOptions { cache_dir: Some(dir.path().to_owned()), ..RunOptions::default() };
    let start = |options: &RunOptions| {
        let recording = run(&words(), options, Arc::new(Nobody));
        assert_eq!(recording.outcome, Outcome::Exited { code: 0 });
        assert!(!recording.heap.is_empty() || !options.measures.has(Measure::Heap));
    };
    start(&options);
    let compiled = files(dir.path());
    let [file] = &compiled[..] else { panic!("{compiled:?}") };
    let first = identity(file);
    start(&RunOptions { rate_hz: 100, ..options.clone() });
    assert_eq!((files(dir.path()), identity(file)), (compiled.clone(), first), "it was compiled again");
    let whole = fs::read(file).unwrap();
    for harmed in [vec![], b"somebody else's".to_vec(), whole[..whole.len() / 2].to_vec(), {
        let mut harmed = whole.clone();
        harmed[whole.len() / 2] ^= 1;
        harmed
    }] {
        fs::write(file, &harmed).unwrap();
        start(&options);
        assert!(fs::read(file).unwrap() != harmed, "it was not mended");
    }
    start(&RunOptions { measures: MeasureSet::NONE.with(Measure::Time), ..options });
    assert_eq!(files(dir.path()).len(), 2, "other measures are another module");
}

#[test]
fn recorders_that_start_at_once_do_not_hinder_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let options = RunOptions { cache_dir: Some(dir.path().to_owned()), ..RunOptions::default() };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(run(&words(), &options, Arc::new(Nobody)).outcome, Outcome::Exited { code: 0 });
            });
        }
    });
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_can_not_be_written_is_no_reason_not_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a file");
    fs::write(&file, b"").unwrap();
    let options = RunOptions { cache_dir: Some(file), ..RunOptions::default() };
    assert_eq!(run(&words(), &options, Arc::new(Nobody)).outcome, Outcome::Exited { code: 0 });
}
