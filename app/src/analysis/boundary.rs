//! Calls between guest and host, by function and by who called.

use super::time_split::{TimeSplit, crossing_nanos, time_split};
use crate::profile::{FrameId, LineId, PathId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;
use wasmscope_instrument::recording::{Calibration, Crossing, Direction, DurationHistogram};
use wasmscope_symbolize::{ExportKind, FuncIndex, ModuleIndex};

/// Crossings from one place in the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundaryCaller {
    /// The call path, the calling function innermost; the root where it isn't known.
    pub path: PathId,
    /// The calling function.
    pub frame: FrameId,
    /// The line of the call.
    pub line: LineId,
    /// How often.
    pub calls: u64,
    /// Time in the host, in nanoseconds, with what it called back meanwhile.
    pub total_nanos: u64,
    /// Bytes both ways, where the ABI tells.
    pub bytes: Option<u64>,
}

/// Crossings in one direction into one function: those of the run, or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryRow {
    /// Which way.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// The module that an import is from; `None` for exports.
    pub module: Option<Arc<str>>,
    /// The name that it is imported or exported by.
    pub name: Arc<str>,
    /// How often it was called.
    pub calls: u64,
    /// Time from the calls to their returns, in nanoseconds.
    pub total_nanos: u64,
    /// The same without the calls that crossed back meanwhile.
    pub self_nanos: u64,
    /// The part of the self time that goes into crossing, by what a call of an import takes that does nothing.
    pub crossing_nanos: u64,
    /// Total time / calls, in nanoseconds.
    pub mean_nanos: u64,
    /// Half of the calls took less, to 9 %, in nanoseconds.
    pub p50_nanos: Option<u64>,
    /// 90 % of the calls took less.
    pub p90_nanos: Option<u64>,
    /// 99 % of the calls took less.
    pub p99_nanos: Option<u64>,
    /// 99.9 % of the calls took less.
    pub p999_nanos: Option<u64>,
    /// How long the calls took.
    pub durations: DurationHistogram,
    /// Bytes from guest to host, where the ABI tells.
    pub bytes_out: Option<u64>,
    /// Bytes from host to guest, where the ABI tells.
    pub bytes_in: Option<u64>,
    /// Calls / the time between the first call and the end of the last one; `None` for a single call.
    pub calls_per_second: Option<f64>,
    /// When the first one began, in nanoseconds since the recording began.
    pub first_nanos: u64,
    /// When the last one ended.
    pub last_nanos: u64,
    /// Who called, by falling calls, over the whole run; empty for exports.
    pub callers: Vec<BoundaryCaller>,
}

/// The boundary as a whole: sums over the run, or, of a part of it, over the calls that are known in time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoundaryTable {
    /// The functions by falling total time.
    pub rows: Vec<BoundaryRow>,
    /// The deepest nesting of host in guest in host.
    pub reentry_depth: u32,
    /// Calls of imports.
    pub guest_to_host_calls: u64,
    /// Time in imports without what they called back, in nanoseconds.
    pub host_nanos: u64,
    /// Calls of exports.
    pub host_to_guest_calls: u64,
    /// Where the time of the run went; `None` where the recording does not tell.
    pub time: Option<TimeSplit>,
}

/// What crossed the boundary between guest and host.
pub fn boundary(profile: &Profile) -> BoundaryTable {
    let crossings = &profile.recording().crossings;
    let mut callers = callers(profile);
    let (names, costs) = (FunctionNames::of(profile), profile.recording().calibration.unwrap_or_default());
    let mut rows: Vec<BoundaryRow> =
        crossings.functions.iter().map(|crossing| row(&names, crossing, &costs)).collect();
    for row in rows.iter_mut().filter(|row| row.direction == Direction::GuestToHost) {
        row.callers = callers.remove(&row.func).unwrap_or_default();
    }
    BoundaryTable::of(rows, crossings.reentry_depth, time_split(profile))
}

impl BoundaryTable {
    pub(super) fn of(
        mut rows: Vec<BoundaryRow>,
        reentry_depth: u32,
        time: Option<TimeSplit>,
    ) -> BoundaryTable {
        rows.sort_by_key(|row| (Reverse(row.total_nanos), Reverse(row.calls), row.direction, row.func));
        let sum = |direction: Direction, part: fn(&BoundaryRow) -> u64| {
            let rows = rows.iter().filter(|row| row.direction == direction);
            rows.map(part).fold(0u64, u64::saturating_add)
        };
        BoundaryTable {
            reentry_depth,
            guest_to_host_calls: sum(Direction::GuestToHost, |row| row.calls),
            host_nanos: sum(Direction::GuestToHost, |row| row.self_nanos),
            host_to_guest_calls: sum(Direction::HostToGuest, |row| row.calls),
            time,
            rows,
        }
    }
}

pub(super) fn row(names: &FunctionNames<'_>, crossing: &Crossing, costs: &Calibration) -> BoundaryRow {
    let Crossing { direction, func, calls, total_nanos, self_nanos, bytes_out, bytes_in, .. } = *crossing;
    let Crossing { first_nanos, last_nanos, ref durations, .. } = *crossing;
    let (module, name) = names.name(direction, func);
    // Classes of durations are 9 % wide: what is known exactly must not be contradicted.
    let quantile = |share: f64| match calls {
        1 => Some(total_nanos),
        // Where calls are known by sums only the long ones are among the durations.
        _ if durations.count() < calls => None,
        _ => durations.quantile(share).map(|nanos| nanos.min(total_nanos)),
    };
    BoundaryRow {
        direction,
        func,
        module,
        name,
        calls,
        total_nanos,
        self_nanos,
        crossing_nanos: crossing_nanos(crossing, costs),
        mean_nanos: total_nanos.checked_div(calls).unwrap_or(0),
        p50_nanos: quantile(0.5),
        p90_nanos: quantile(0.9),
        p99_nanos: quantile(0.99),
        p999_nanos: quantile(0.999),
        durations: durations.clone(),
        bytes_out,
        bytes_in,
        calls_per_second: rate(calls, last_nanos.saturating_sub(first_nanos)),
        first_nanos,
        last_nanos,
        callers: Vec::new(),
    }
}

/// The names by which functions are imported and exported.
pub(super) struct FunctionNames<'a> {
    profile: &'a Profile,
    exports: FxHashMap<FuncIndex, Arc<str>>,
}

impl<'a> FunctionNames<'a> {
    pub(super) fn of(profile: &'a Profile) -> Self {
        FunctionNames { profile, exports: export_names(profile.symbols().module()) }
    }

    /// The module that an import is from, and the name.
    pub(super) fn name(&self, direction: Direction, func: FuncIndex) -> (Option<Arc<str>>, Arc<str>) {
        let symbols = self.profile.symbols();
        let (module, name) = match direction {
            Direction::GuestToHost => import_name(symbols.module(), func),
            Direction::HostToGuest => (None, self.exports.get(&func).cloned()),
        };
        (module, name.unwrap_or_else(|| Arc::clone(&symbols.name(func).name.full)))
    }
}

fn rate(calls: u64, nanos: u64) -> Option<f64> {
    (calls > 1 && nanos > 0).then(|| calls as f64 * 1e9 / nanos as f64)
}

fn import_name(module: &ModuleIndex, func: FuncIndex) -> (Option<Arc<str>>, Option<Arc<str>>) {
    let import = module.function(func).and_then(|function| module.imports().get(function.import?));
    import.map_or((None, None), |import| (Some(Arc::clone(&import.module)), Some(Arc::clone(&import.name))))
}

/// The first name by which each function is exported.
fn export_names(module: &ModuleIndex) -> FxHashMap<FuncIndex, Arc<str>> {
    let functions = module.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.rev().map(|export| (FuncIndex(export.index), Arc::clone(&export.name))).collect()
}

/// The callers of each import, merged by call path.
pub(super) fn callers(profile: &Profile) -> FxHashMap<FuncIndex, Vec<BoundaryCaller>> {
    let mut places: FxHashMap<(FuncIndex, PathId), usize> = FxHashMap::default();
    let mut callers: FxHashMap<FuncIndex, Vec<BoundaryCaller>> = FxHashMap::default();
    for (row, site) in profile.recording().crossings.sites.iter().enumerate() {
        let path = profile.paths().parent(profile.crossing_path(row));
        let of_import = callers.entry(site.import).or_default();
        let place = *places.entry((site.import, path)).or_insert_with(|| {
            of_import.push(nobody_yet(profile, path));
            of_import.len() - 1
        });
        let caller = &mut of_import[place];
        caller.calls = caller.calls.saturating_add(site.calls);
        caller.total_nanos = caller.total_nanos.saturating_add(site.total_nanos);
        caller.bytes = match (caller.bytes, site.bytes) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            (sum, more) => sum.or(more),
        };
    }
    let by_calls =
        |caller: &BoundaryCaller| (Reverse(caller.calls), Reverse(caller.total_nanos), caller.path);
    callers.values_mut().for_each(|rows| rows.sort_by_key(by_calls));
    callers
}

fn nobody_yet(profile: &Profile, path: PathId) -> BoundaryCaller {
    let (frame, line) = (profile.paths().frame(path), profile.paths().line(path));
    BoundaryCaller { path, frame, line, calls: 0, total_nanos: 0, bytes: None }
}
