//! Profiles in the formats of others, read back by programs that are not ours or by their published schemas, against
//! the folded stacks of the same recording.
//!
//! Where a program isn't there the test says so and passes, unless `WASMSCOPE_READERS_TEST=required` is set.

mod arrow;
mod callgrind;
mod firefox;
mod pprof;
mod speedscope;
mod trace;
mod trace_readers;

use std::process::{Command, Output};
use std::sync::LazyLock;
use wasmscope::analysis::{CallTreeQuery, Metric};
use wasmscope::export::{Format, export};
use wasmscope::pipeline;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{CallSlice, Direction};
use wasmscope_symbolize::FuncIndex;
use wasmscope_tests::{sample_module, wasmscope};

/// A run of a program in Rust with all that can be measured of it, in time and counted.
static RECORDED: LazyLock<Profile> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("words", "words.wasm");
    let measures = ["--measure", "time,boundary,growth,heap,calls,instructions", "-q", "-o", "run.wscope"];
    let output = wasmscope(dir.path(), &[&["record", module.to_str().unwrap()], &measures[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pipeline::open_recording(&dir.path().join("run.wscope"), None).unwrap()
});

fn written(profile: &Profile, query: &CallTreeQuery, format: Format) -> Vec<u8> {
    export(profile, query, format)
}

/// What all stacks weigh together, as the folded ones say.
fn folded_total(profile: &Profile, metric: Metric, query: &CallTreeQuery) -> u64 {
    let query = CallTreeQuery { metric, ..query.clone() };
    let folded = String::from_utf8(export(profile, &query, Format::Folded)).unwrap();
    folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

/// The metrics that a recording has, with their totals.
fn totals(profile: &Profile) -> Vec<(Metric, u64)> {
    let there = Metric::ALL.into_iter().filter(|metric| metric.available_in(profile));
    there.map(|metric| (metric, folded_total(profile, metric, &CallTreeQuery::default()))).collect()
}

/// Names that try to be something else in each of the formats.
fn hostile() -> Profile {
    let names = [
        "a\nfn=(9) b",
        "</script>\u{2028}",
        "calls=7 3",
        "\"},{\"ph\":\"E",
        "(1) c",
        "d;e 5",
        "\u{1}\u{202e}f",
    ];
    let path = |count: usize| {
        names.iter().take(count).map(|name| name.replace(';', ":")).collect::<Vec<_>>().join(";")
    };
    (1..=names.len())
        .fold(ProfileBuilder::new(), |profile, n| profile.sample(n as u64 * 10, &path(n), 10))
        .build()
}

/// Calls of `env.log` in slices of time: beginning, width, how many, and nanoseconds together.
fn called_in(slices: &[(u64, u64, u64, u64)]) -> Profile {
    let slice = |(start_nanos, width_nanos, calls, total_nanos): &(u64, u64, u64, u64)| CallSlice {
        start_nanos: *start_nanos,
        width_nanos: *width_nanos,
        direction: Direction::GuestToHost,
        func: FuncIndex(0),
        calls: *calls,
        total_nanos: *total_nanos,
    };
    ProfileBuilder::new()
        .crossings("main;[env.log]", 3, 70, None)
        .edit(|recording| recording.slices = slices.iter().map(slice).collect())
        .build()
}

/// May a test pass without the program that it needs?
fn may_skip(missing: &str) {
    let is_required = std::env::var_os("WASMSCOPE_READERS_TEST").is_some_and(|word| word == "required");
    assert!(!is_required, "there is no {missing} on this machine");
    eprintln!("skipped: there is no {missing} to read it");
}

/// What a program of this machine says; `None` where it isn't there.
fn read_by(program: &str, words: &[&str]) -> Option<Output> {
    let output = Command::new(program).args(words).output();
    if output.is_err() {
        may_skip(program);
    }
    output.ok()
}
