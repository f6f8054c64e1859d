//! Recorders that are killed or interrupted: what they leave is a recording that opens.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use wasmscope_instrument::recording::{Outcome, Recording, read_file};
use wasmscope_tests::{program, sample_module, wasmscope};

/// A recorder at work in a folder of its own.
struct Recorder {
    dir: TempDir,
    child: Child,
}

impl Recorder {
    /// Starts to record `module` and waits until the program in it has run a while.
    fn start(module: &Path, more: &[&str], ran: Duration) -> Recorder {
        Recorder::start_in(tempfile::tempdir().unwrap(), module, more, ran)
    }

    fn start_in(dir: TempDir, module: &Path, more: &[&str], ran: Duration) -> Recorder {
        let before = fs::read_dir(dir.path()).unwrap().count();
        let child = Command::new(program())
            .args(["record", module.to_str().unwrap(), "-o", "run.wscope"])
            .args(more)
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("XDG_CACHE_HOME", program().with_file_name("test-cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let recorder = Recorder { dir, child };
        // The file is there when the module is known; then it is compiled, for the first time or once more.
        let began = Instant::now();
        while fs::read_dir(recorder.dir.path()).unwrap().count() == before {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is recorded");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(ran);
        recorder
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What is in the file `name`, which `report` opens too.
    fn recording(&self, name: &str) -> Recording {
        let output = wasmscope(self.dir.path(), &["report", name]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        read_file(&self.file(name)).unwrap()
    }
}

/// An endless program that allocates, frees, writes and computes all the time. It computes most: a recorder that is
/// built for tests takes a second for what waits when a program does nothing but allocate.
fn busy(dir: &Path) -> PathBuf {
    let text = r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\08\00\00\00\02\00\00\00.\n")
        (func $malloc (param i32) (result i32) (i32.const 64)) (func $free (param i32))
        (func $work (local $n i32)
            (call $free (call $malloc (i32.const 8)))
            (loop $l
                (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 50000)))))
        (func (export "_start") (loop $l (call $work)
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (br $l))))"#;
    let module = dir.join("busy.wasm");
    fs::write(&module, wat::parse_str(text).unwrap()).unwrap();
    module
}

/// Opens the file `name` of its folder until that fails, and answers with the error, or 0 after a hundred thousand.
fn opener(name: &str) -> String {
    let length = name.len();
    format!(
        r#"(module (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "{name}")
        (func (export "run") (result i32) (local $n i32) (local $error i32)
            (loop $l
                (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const {length})
                    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l (i32.and (i32.eqz (local.get $error)) (i32.lt_u (local.get $n) (i32.const 100000)))))
            (local.get $error)))"#
    )
}

/// Milliseconds between the last of what was recorded and `killed`; the recorder's clock began with the recording.
fn lost_millis(recording: &Recording, killed: SystemTime, last_nanos: Option<u64>) -> u64 {
    let killed = killed.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let last = last_nanos.expect("something was recorded") / 1_000_000;
    killed.saturating_sub(recording.meta.created_unix_millis + last)
}

#[test]
fn a_recorder_that_is_killed_loses_less_than_its_last_second() {
    let folder = tempfile::tempdir().unwrap();
    let busy = busy(folder.path());
    let spin = sample_module("library", "library.wasm");
    for (moment, millis) in [1300, 1700, 2200, 1450].into_iter().enumerate() {
        let (module, more): (_, &[&str]) =
            if moment % 2 == 0 { (&spin, &["--invoke", "spin_forever"]) } else { (&busy, &[]) };
        let mut recorder = Recorder::start(module, more, Duration::from_millis(millis));
        let killed = SystemTime::now();
        recorder.signal("-KILL");
        assert_eq!(recorder.wait().signal(), Some(9));
        let recording = recorder.recording("run.wscope");
        assert_eq!(recording.outcome, Outcome::Unknown);
        assert!(!recording.module.is_empty());
        let lost = lost_millis(&recording, killed, recording.samples.time_nanos.last().copied());
        assert!(lost < 1_000, "the samples of the last {lost} ms, killed after {millis} ms");
        if moment % 2 == 1 {
            let lost = lost_millis(&recording, killed, recording.heap.last_nanos());
            assert!(lost < 1_000, "the heap of the last {lost} ms, killed after {millis} ms");
            assert!(recording.crossings.functions[0].calls > 0 && !recording.output.is_empty());
        }
    }
}

#[test]
fn a_recorder_that_is_killed_early_leaves_a_file_that_opens_or_none() {
    let spin = sample_module("library", "library.wasm");
    for millis in [0, 5, 20, 60, 150] {
        let mut recorder =
            Recorder::start(&spin, &["--invoke", "spin_forever"], Duration::from_millis(millis));
        recorder.signal("-KILL");
        recorder.wait();
        // A file that was just made is no recording yet, and that is said.
        let output = wasmscope(recorder.dir.path(), &["report", "run.wscope"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || said.starts_with("wasmscope: run.wscope: "), "{said}");
    }
}

#[test]
fn what_a_killed_recorder_wrote_beside_a_recording_is_named_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let library = sample_module("library", "library.wasm");
    let words =
        ["record", library.to_str().unwrap(), "--invoke", "fib", "--arg", "i32:20", "-o", "run.wscope"];
    assert!(wasmscope(dir.path(), &words).status.success());
    let mut recorder =
        Recorder::start_in(dir, &library, &["--invoke", "spin_forever"], Duration::from_millis(1_200));
    recorder.signal("-KILL");
    recorder.wait();
    let part = format!("run.wscope.{}.part", recorder.child.id());
    assert_eq!(recorder.recording("run.wscope").outcome, Outcome::Returned { values: vec!["6765".into()] });
    let output = wasmscope(recorder.dir.path(), &["report", "run.wscope"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&part), "{output:?}");
    let left = recorder.recording(&part);
    assert_eq!(left.meta.invoked.as_deref(), Some("spin_forever()"));
    assert!(!left.samples.is_empty());
}

#[test]
fn ctrl_c_completes_the_recording() {
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::start(&busy(folder.path()), &[], Duration::from_millis(800));
        recorder.signal(signal);
        // `timeout` sends each signal twice: that is one request.
        recorder.signal(signal);
        assert_eq!(recorder.wait().code(), Some(130));
        let recording = recorder.recording("run.wscope");
        assert_eq!((&recording.outcome, &recording.damage), (&Outcome::Cancelled, &None));
        assert!(!recording.samples.is_empty() && !recording.heap.is_empty());
    }
}

#[test]
fn a_second_ctrl_c_ends_the_recorder_at_once() {
    // It opens a pipe that nobody writes to, and can't be reached meanwhile: the first request waits for it.
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("stuck.wasm");
    fs::write(&module, wat::parse_str(opener("pipe")).unwrap()).unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let granted = folder.path().to_str().unwrap();
    let more = ["--invoke", "run", "--dir", granted];
    let mut recorder = Recorder::start(&module, &more, Duration::from_millis(900));
    recorder.signal("-INT");
    std::thread::sleep(Duration::from_millis(800));
    let asked = Instant::now();
    recorder.signal("-INT");
    assert_eq!(recorder.wait().code(), Some(130));
    assert!(asked.elapsed() < Duration::from_millis(700), "{:?}", asked.elapsed());
    let recording = recorder.recording("run.wscope");
    assert_eq!(recording.outcome, Outcome::Unknown, "it was not completed");
}

#[test]
fn a_guest_that_opens_files_until_there_are_no_more_ends_in_a_whole_recording() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("files.wasm"), wat::parse_str(opener("own")).unwrap()).unwrap();
    fs::create_dir(dir.path().join("granted")).unwrap();
    fs::write(dir.path().join("granted/own"), "").unwrap();
    let script = r#"ulimit -n 256; exec "$0" record files.wasm --invoke run --dir granted --timeout 60s"#;
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(program())
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let recording = read_file(&dir.path().join("files.wscope")).unwrap();
    assert_eq!(recording.damage, None);
    let Outcome::Returned { values } = &recording.outcome else { panic!("{}", recording.outcome) };
    assert_ne!(values, &["0"], "there were fewer than 256 to have");
}
