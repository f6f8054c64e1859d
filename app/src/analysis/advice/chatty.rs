//! Chatty calls: an import that is called again and again with little to do each time.

use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::time_split::times;
use crate::analysis::{BoundaryRow, Metric, Unit, boundary};
use crate::profile::{FrameId, FrameInfo, FrameKind, Profile};
use crate::units::{bytes, count, exact, nanos, share};
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::Direction;

/// Fewer calls are not worth a change of the program.
const LEAST_CALLS: u64 = 1_000;
/// A call that hands over as much as this is a batch: C libraries and Rust write 1 to 8 KiB at a time.
const BATCH_BYTES: u64 = 4_096;
/// A call of fewer bytes than this would fit into a batch many times.
const FEW_BYTES: u64 = BATCH_BYTES / 16;
/// The least part of the run that there is to gain: less is lost in the noise between two runs.
const LEAST_SHARE: f64 = 0.02;

/// What functions of libraries begin with that call the host.
const LIBRARIES: [&str; 8] = ["__", "std::", "<std::", "alloc::", "core::", "<core::", "wasi::", "wasip1::"];
/// What clang names the program's own `main`.
const MAINS: [&str; 3] = ["__original_main", "__main_void", "__main_argc_argv"];
/// The functions of C that do little but call the host.
const WRAPPERS: [&str; 22] = [
    "write",
    "writev",
    "read",
    "readv",
    "pwrite",
    "pread",
    "lseek",
    "close",
    "open",
    "openat",
    "fstat",
    "clock_gettime",
    "gettimeofday",
    "time",
    "getentropy",
    "fwrite",
    "fputc",
    "fputs",
    "putchar",
    "puts",
    "fflush",
    "fread",
];

/// Each import that is called chattily.
pub(super) fn advice(profile: &Profile) -> Vec<Advice> {
    let table = boundary(profile);
    let Some(run_nanos) = table.time.map(|time| time.run_nanos) else { return Vec::new() };
    let imports = table.rows.iter().filter(|row| row.direction == Direction::GuestToHost);
    imports.filter_map(|row| of_import(profile, row, run_nanos)).collect()
}

fn of_import(profile: &Profile, row: &BoundaryRow, run_nanos: u64) -> Option<Advice> {
    let moved = [row.bytes_out, row.bytes_in].into_iter().flatten().reduce(u64::saturating_add);
    // Where the ABI tells no bytes, or none were handed over, what a call does in the host may be what it is for: only
    // the crossing counts.
    let batched = moved.filter(|bytes| *bytes > 0).map(|bytes| bytes.div_ceil(BATCH_BYTES));
    let each_bytes = moved.unwrap_or(0) / row.calls.max(1);
    let crossing = crossing_nanos(profile, row);
    let gained_nanos = match batched {
        Some(batches) => saved(row.self_nanos, row.calls, batches).max(saved(crossing, row.calls, batches)),
        None => crossing,
    };
    let gain = Gain { share: share(gained_nanos, run_nanos).min(1.0), of: GainOf::Time };
    if row.calls < LEAST_CALLS || each_bytes >= FEW_BYTES || gain.share < LEAST_SHARE {
        return None;
    }
    let asker = asker(profile, row);
    let by =
        asker.map_or_else(String::new, |(asker, _)| format!(" from {}", profile.frames().get(asker).short));
    let size = batched.map_or_else(String::new, |_| format!(" of {} each", bytes(each_bytes)));
    let most = asker.map_or_else(String::new, |(_, calls)| format!(", {} of them{by}", exact(calls)));
    let why = format!(
        "{} calls{size}{most}. They take {} in the host, {} a call; crossing alone takes {}.",
        exact(row.calls),
        nanos(row.self_nanos),
        nanos(row.self_nanos / row.calls.max(1)),
        nanos(crossing),
    );
    Some(Advice {
        kind: AdviceKind::Chatty,
        what: format!("{} calls of {}{size}{by}", count(row.calls), row.name),
        why,
        figures: figures(row, moved, crossing),
        remedy: match batched {
            Some(_) => {
                format!("Batch them: gather some {} KiB and hand them over in one call.", BATCH_BYTES >> 10)
            }
            None => "Batch them: let one call do the work of many, or keep the answer.".to_owned(),
        },
        gain,
        place: Place {
            function: asker.map(|(asker, _)| asker),
            metric: Some(Metric::Crossings),
            ..Place::view(AdviceView::Boundary)
        },
    })
}

/// Who calls the import most often, and how often: of the program's own functions, since what C's and Rust's libraries
/// have in between is passed over.
fn asker(profile: &Profile, row: &BoundaryRow) -> Option<(FrameId, u64)> {
    let mut calls: FxHashMap<FrameId, u64> = FxHashMap::default();
    for caller in &row.callers {
        let mut frames = profile.paths().frames(caller.path).map(|(frame, _)| frame);
        let sum =
            calls.entry(frames.find(|frame| is_own(profile, *frame)).unwrap_or(caller.frame)).or_default();
        *sum = sum.saturating_add(caller.calls);
    }
    calls
        .into_iter()
        .filter(|(frame, _)| *frame != FrameId::ROOT)
        .max_by_key(|(frame, calls)| (*calls, *frame))
}

/// Is it a function with code of its own that no library is known to have?
fn is_own(profile: &Profile, frame: FrameId) -> bool {
    let FrameInfo { kind, short, .. } = profile.frames().get(frame);
    let is_library = LIBRARIES.iter().any(|prefix| short.starts_with(prefix)) || WRAPPERS.contains(&&**short);
    matches!(kind, FrameKind::Wasm(_)) && (MAINS.contains(&&**short) || !is_library)
}

/// What crossing takes without what the host does, by what such a call costs on the machine of the run.
fn crossing_nanos(profile: &Profile, row: &BoundaryRow) -> u64 {
    let each = profile.recording().calibration.map_or(0.0, |costs| costs.bare_crossing_nanos);
    times(row.calls, each)
}

/// What is saved of a time if so many of the calls are enough.
fn saved(nanos: u64, calls: u64, enough: u64) -> u64 {
    (nanos as f64 * (1.0 - share(enough, calls)).max(0.0)) as u64
}

fn figures(row: &BoundaryRow, moved: Option<u64>, crossing_nanos: u64) -> Vec<Figure> {
    let mut figures = vec![
        Figure::new("calls", Unit::Calls, row.calls),
        Figure::new("host_nanos", Unit::Nanos, row.self_nanos),
        Figure::new("crossing_nanos", Unit::Nanos, crossing_nanos),
    ];
    figures.extend(moved.map(|bytes| Figure::new("moved_bytes", Unit::Bytes, bytes)));
    figures
}
