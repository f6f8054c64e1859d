//! What became of the heap between two moments.

use super::super::super::table::{Align, Table};
use super::super::Limit;
use super::super::paths::path_text;
use super::AmountJson;
use crate::analysis::{Amount, HeapUseQuery, HeapUses, PathUse, heap_uses};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use std::cmp::Reverse;
use std::ops::Range;
use wasmscope_symbolize::MemoryIndex;

/// A stretch of time, and whose blocks are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Between {
    /// In nanoseconds since the recording began.
    pub(in super::super) time: Range<u64>,
    /// Those of one memory; `None` for those of all.
    pub(in super::super) memory: Option<MemoryIndex>,
    /// Blocks that live for less than this are short-lived, in nanoseconds.
    pub(in super::super) short_nanos: u64,
}

#[derive(Serialize)]
pub(in super::super) struct UsesJson {
    /// The memory's index; none for all of them.
    memory: Option<u32>,
    from_nanos: u64,
    until_nanos: u64,
    peak_bytes: u64,
    peak_nanos: u64,
    short_nanos: u64,
    paths: Vec<UseJson>,
}

#[derive(Serialize)]
struct UseJson {
    allocated: AmountJson,
    freed: AmountJson,
    kept: AmountJson,
    short_lived: AmountJson,
    at_peak: AmountJson,
    /// The allocator function first, then who asked.
    path: Vec<FunctionJson>,
}

/// What each path did between two moments; those that keep most come first.
fn uses(profile: &Profile, between: &Between) -> HeapUses {
    let Between { time, memory, short_nanos } = between.clone();
    let mut uses = heap_uses(profile, &HeapUseQuery { time: Some(time), memory, short_nanos });
    uses.paths.retain(|uses| uses.allocated.blocks + uses.freed.blocks + uses.at_peak.blocks > 0);
    uses.paths.sort_by_key(|uses| Reverse((uses.kept.bytes, uses.allocated.bytes, uses.freed.bytes)));
    uses
}

pub(in super::super) fn json(profile: &Profile, between: &Between) -> UsesJson {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, between);
    let path = |uses: &PathUse| UseJson {
        allocated: uses.allocated.into(),
        freed: uses.freed.into(),
        kept: uses.kept.into(),
        short_lived: uses.short_lived.into(),
        at_peak: uses.at_peak.into(),
        path: path_json(profile, uses.path),
    };
    UsesJson {
        memory: between.memory.map(|memory| memory.0),
        from_nanos: between.time.start,
        until_nanos: between.time.end,
        peak_bytes,
        peak_nanos,
        short_nanos: between.short_nanos,
        paths: paths.iter().map(path).collect(),
    }
}

pub(in super::super) fn text(profile: &Profile, between: &Between, limit: Limit) -> String {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, between);
    if paths.iter().all(|uses| uses.allocated.blocks + uses.freed.blocks == 0) {
        return "No heap operations were recorded between these moments.\n".to_owned();
    }
    let sum = |part: fn(&PathUse) -> Amount| {
        let bytes = paths.iter().map(|uses| part(uses).bytes).fold(0, u64::saturating_add);
        let blocks = paths.iter().map(|uses| part(uses).blocks).fold(0, u64::saturating_add);
        format!("{} in {}", units::bytes(bytes), units::things(blocks, "block"))
    };
    let mut text = format!(
        "allocated {}, freed {}, of the allocated kept {}\nlive for less than {}: {}; at most {} live, at {}\n\n",
        sum(|uses| uses.allocated),
        sum(|uses| uses.freed),
        sum(|uses| uses.kept),
        units::nanos(between.short_nanos),
        sum(|uses| uses.short_lived),
        units::bytes(peak_bytes),
        units::nanos(peak_nanos),
    );
    let titles = ["kept blocks", "kept", "allocated blocks", "allocated", "freed", "short-lived", "at peak"];
    let columns: Vec<_> = titles.iter().map(|title| (*title, Align::Right)).collect();
    let mut table = Table::new(&[&columns[..], &[("allocated by", Align::Left)]].concat());
    for uses in paths.iter().take(limit.rows) {
        table.row([
            units::exact(uses.kept.blocks),
            units::bytes(uses.kept.bytes),
            units::exact(uses.allocated.blocks),
            units::bytes(uses.allocated.bytes),
            units::bytes(uses.freed.bytes),
            units::bytes(uses.short_lived.bytes),
            units::bytes(uses.at_peak.bytes),
            path_text(profile, uses.path),
        ]);
    }
    text.push_str(&table.text());
    text.push_str(&limit.rest(paths.len()));
    text
}
