//! The code that the run spends its time in: hot functions with their instructions, and the loops in them.

use super::kind::has_time;
use crate::analysis::{CallTreeQuery, WatListing, WatQuery, WatRow, functions, wat};
use crate::profile::{FrameId, FrameKind, Profile, SourceLine};
use crate::units::share;
use std::ops::Range;
use std::sync::Arc;

/// A function with less of the time is not looked into: all of them together would be looked into for long.
const LEAST_SHARE: f64 = 0.02;
/// Nor are more of them.
const MOST_FUNCTIONS: usize = 16;

/// A function that takes much of the time by itself.
pub(super) struct HotFunction {
    pub(super) frame: FrameId,
    pub(super) name: Arc<str>,
    /// Its part of the time, by itself.
    pub(super) share: f64,
    pub(super) listing: WatListing,
}

/// The functions that take most of the time by themselves.
pub(super) struct HotCode {
    pub(super) functions: Vec<HotFunction>,
    sampled_nanos: u64,
}

/// A loop without another one in it.
pub(super) struct HotLoop<'a> {
    pub(super) function: &'a HotFunction,
    /// What stands between `loop` and its `end`.
    pub(super) rows: &'a [WatRow],
    /// Its time by itself, in nanoseconds.
    pub(super) nanos: u64,
    /// Its part of all time.
    pub(super) share: f64,
}

impl HotCode {
    pub(super) fn of(profile: &Profile) -> HotCode {
        if !has_time(profile) {
            return HotCode { functions: Vec::new(), sampled_nanos: 0 };
        }
        let table = functions(profile, &CallTreeQuery { inline_frames: false, ..CallTreeQuery::default() });
        let hot = table.rows.into_iter().take_while(|row| row.self_share >= LEAST_SHARE);
        let hot = hot.filter_map(|row| match row.kind {
            FrameKind::Wasm(function) => Some((row, function)),
            _ => None,
        });
        let looked_into = hot.take(MOST_FUNCTIONS).map(|(row, function)| HotFunction {
            frame: row.frame,
            name: row.short,
            share: row.self_share,
            listing: wat(profile, &WatQuery { function, time: None }),
        });
        HotCode { functions: looked_into.collect(), sampled_nanos: table.total }
    }

    /// The innermost loops that take at least `least` of the time.
    pub(super) fn loops(&self, least: f64) -> impl Iterator<Item = HotLoop<'_>> {
        let all = self.functions.iter().flat_map(move |function| {
            let rows = &function.listing.rows;
            innermost_loops(rows).into_iter().filter_map(move |range| Some((function, rows.get(range)?)))
        });
        let weighed = all.map(|(function, rows)| {
            let nanos = rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_nanos));
            HotLoop { function, rows, nanos, share: share(nanos, self.sampled_nanos) }
        });
        weighed.filter(move |found| found.share >= least)
    }
}

impl HotLoop<'_> {
    /// The source line that most of its time goes to.
    pub(super) fn line(&self) -> Option<SourceLine> {
        let hottest = self.rows.iter().max_by_key(|row| row.self_nanos)?;
        hottest.location().map(|at| SourceLine { file: Arc::clone(&at.file), line: at.line })
    }

    /// `blur (simd.c:23)`.
    pub(super) fn name(&self) -> String {
        let name = &self.function.name;
        match self.line().filter(|line| line.line > 0) {
            Some(line) => {
                let file = line.file.rsplit(['/', '\\']).next().unwrap_or_default();
                format!("{name} ({file}:{})", line.line)
            }
            None => name.to_string(),
        }
    }
}

/// The word that says what an instruction does.
pub(super) fn operator(row: &WatRow) -> &str {
    row.text.split(' ').next().unwrap_or_default()
}

/// The local that an instruction is about, where it is one of `operators`.
pub(super) fn local<'a>(row: &'a WatRow, operators: &[&str]) -> Option<&'a str> {
    let (operator, local) = row.text.split_once(' ')?;
    operators.contains(&operator).then(|| local.split(' ').next().unwrap_or_default())
}

fn innermost_loops(rows: &[WatRow]) -> Vec<Range<usize>> {
    let mut loops = Vec::new();
    let mut open: Option<(usize, u32)> = None;
    for (at, row) in rows.iter().enumerate() {
        match operator(row) {
            "loop" => open = Some((at + 1, row.depth)),
            "end" if open.is_some_and(|(_, depth)| depth == row.depth) => {
                loops.extend(open.take().map(|(start, _)| start..at));
            }
            _ => {}
        }
    }
    loops
}
