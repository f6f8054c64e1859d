//! The heap over time as `ms_print` and massif-visualizer read it, with the whole tree at the peak and at the end. The
//! form is that of Valgrind's `massif`, chapter 9 of its manual.

use super::heap_frame::{one_line, place_text};
use crate::analysis::{HeapPoint, HeapUseQuery, HeapUses, PathUse, heap_uses};
use crate::profile::{FrameId, LineId, Profile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// As many as massif itself makes unless it is told otherwise.
const MOST_SNAPSHOTS: usize = 100;
/// So many places of a path are told, the innermost ones: a recursive program's paths have many thousands, and each
/// line of a tree is indented by its depth. massif itself tells 30.
const MOST_PLACES: usize = 100;
/// Branches with less than a hundredth of the bytes are put together.
const SMALLEST_PART: u64 = 100;

/// The heap of the run over time.
pub(super) fn massif(profile: &Profile) -> String {
    let uses = heap_uses(profile, &HeapUseQuery { time: None, memory: None, short_nanos: 0 });
    let meta = &profile.recording().meta;
    let command: Vec<_> =
        std::iter::once(&meta.module_name).chain(&meta.args).map(|word| one_line(word)).collect();
    let mut text = format!("desc: (none)\ncmd: {}\ntime_unit: ms\n", command.join(" "));
    for (number, snapshot) in snapshots(profile, &uses).iter().enumerate() {
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "#-----------\nsnapshot={number}\n#-----------\ntime={}\n\
         mem_heap_B={}\nmem_heap_extra_B=0\nmem_stacks_B=0\n",
            snapshot.nanos / 1_000_000,
            snapshot.bytes,
        );
        match snapshot.tree {
            None => text.push_str("heap_tree=empty\n"),
            Some((kind, part)) => {
                let _ = writeln!(text, "heap_tree={kind}");
                Branch::of(profile, &uses.paths, part).write(profile, &mut text);
            }
        }
    }
    text
}

/// The state of the heap at a moment.
struct Snapshot {
    nanos: u64,
    bytes: u64,
    /// What the tree is called, and what each path has in it.
    tree: Option<(&'static str, Part)>,
}

/// The bytes of a path that count.
type Part = fn(&PathUse) -> u64;

/// Ascending in time, the last one at the end.
fn snapshots(profile: &Profile, uses: &HeapUses) -> Vec<Snapshot> {
    let series = &profile.heap_timeline().whole().series;
    let step = series.len().div_ceil(MOST_SNAPSHOTS - 2).max(1);
    let plain = |point: &HeapPoint| Snapshot { nanos: point.time_nanos, bytes: point.live_bytes, tree: None };
    let mut snapshots: Vec<_> = series.iter().step_by(step).map(plain).collect();
    let peak = snapshots.partition_point(|snapshot| snapshot.nanos < uses.peak_nanos);
    let at_peak: Part = |uses| uses.at_peak.bytes;
    snapshots.insert(
        peak,
        Snapshot { nanos: uses.peak_nanos, bytes: uses.peak_bytes, tree: Some(("peak", at_peak)) },
    );
    let kept: Part = |uses| uses.kept.bytes;
    let bytes = uses.paths.iter().map(kept).fold(0, u64::saturating_add);
    snapshots.push(Snapshot { nanos: profile.duration_nanos(), bytes, tree: Some(("detailed", kept)) });
    snapshots
}

/// A place and those that called it.
#[derive(Default)]
struct Branch {
    bytes: u64,
    callers: BTreeMap<(FrameId, LineId), Branch>,
}

impl Branch {
    fn of(profile: &Profile, paths: &[PathUse], part: Part) -> Branch {
        let mut root = Branch::default();
        for uses in paths {
            let bytes = part(uses);
            if bytes == 0 {
                continue;
            }
            let mut branch = &mut root;
            branch.bytes = branch.bytes.saturating_add(bytes);
            for place in profile.paths().frames(uses.path).take(MOST_PLACES) {
                branch = branch.callers.entry(place).or_default();
                branch.bytes = branch.bytes.saturating_add(bytes);
            }
        }
        root
    }

    /// The whole tree, depth first.
    fn write(&self, profile: &Profile, text: &mut String) {
        let smallest = self.bytes / SMALLEST_PART;
        let mut open = vec![Line::Branch(0, None, self)];
        while let Some(line) = open.pop() {
            let _ = match line {
                Line::Rest(depth, bytes, places) => writeln!(
                    text,
                    "{:depth$}n0: {bytes} in {places} place{}, {} massif's threshold (1.00%)",
                    "",
                    if places == 1 { "" } else { "s" },
                    if places == 1 { "below" } else { "all below" },
                ),
                Line::Branch(depth, place, branch) => {
                    let (large, small): (Vec<_>, Vec<_>) =
                        branch.callers.iter().partition(|(_, caller)| caller.bytes >= smallest.max(1));
                    let lines = large.len() + usize::from(!small.is_empty());
                    let name = place.map_or_else(
                        || "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.".to_owned(),
                        // To readers a `#` begins a remark.
                        |place| place_text(profile, place).replace('#', ":"),
                    );
                    if !small.is_empty() {
                        let bytes = small.iter().map(|(_, caller)| caller.bytes).fold(0, u64::saturating_add);
                        open.push(Line::Rest(depth + 1, bytes, small.len()));
                    }
                    let mut large = large;
                    large.sort_by_key(|(_, caller)| caller.bytes);
                    open.extend(
                        large.iter().map(|(place, caller)| Line::Branch(depth + 1, Some(**place), caller)),
                    );
                    writeln!(text, "{:depth$}n{lines}: {} {name}", "", branch.bytes)
                }
            };
        }
    }
}

/// What is to be written yet, at a depth.
enum Line<'a> {
    Branch(usize, Option<(FrameId, LineId)>, &'a Branch),
    /// Bytes of so many branches that are too small for lines of their own.
    Rest(usize, u64, usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;

    #[test]
    fn the_tree_at_the_peak_has_all_bytes_from_the_allocator_up() {
        let profile = ProfileBuilder::new()
            .alloc(1_000_000, "main@a.c:9;keeps@a.c:3;malloc", 100, 900)
            .alloc(2_000_000, "main@a.c:10;more\nlines@a.c:5;malloc", 2_000, 100)
            .alloc(3_000_000, "main;little;malloc", 3_000, 5)
            .free(4_000_000, "main;free", 2_000)
            .build();
        let text = massif(&profile);
        let tree: Vec<_> = text
            .lines()
            .skip_while(|line| *line != "heap_tree=peak")
            .skip(1)
            .take_while(|line| !line.starts_with('#'))
            .collect();
        assert_eq!(tree[0], "n1: 1005 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.");
        assert!(tree[1].starts_with(" n3: 1005 0x") && tree[1].contains("malloc"), "{tree:?}");
        assert!(tree[2].starts_with("  n1: 900 0x") && tree[2].ends_with("keeps (a.c:3)"), "{tree:?}");
        assert!(tree[3].starts_with("   n0: 900 0x") && tree[3].ends_with("main (a.c:9)"), "{tree:?}");
        assert!(tree[4].ends_with("more lines (a.c:5)"), "{tree:?}");
        assert_eq!(*tree.last().unwrap(), "  n0: 5 in 1 place, below massif's threshold (1.00%)");
        let numbers: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("snapshot=")).collect();
        assert!((0..numbers.len()).map(|n| n.to_string()).eq(numbers.iter().map(|n| (*n).to_owned())));
        assert_eq!(text.matches("heap_tree=detailed\nn1: 905 ").count(), 1);
    }

    /// Sizes that a foreign file made up, on a path as a recursive program has it.
    #[test]
    fn neither_deep_paths_nor_large_numbers_are_too_much() {
        let path = "f;".repeat(20_000);
        let profile = ProfileBuilder::new()
            .alloc(1, &format!("{path}malloc"), 100, u64::MAX)
            .alloc(2, &format!("{path}g;malloc"), 200, u64::MAX)
            .build();
        let text = massif(&profile);
        assert!(
            text.contains(&format!("mem_heap_B={}\n", u64::MAX)) && text.len() < 100_000,
            "{}",
            text.len()
        );
    }

    #[test]
    fn there_are_no_more_snapshots_than_massif_makes() {
        let mut profile = ProfileBuilder::new();
        for n in 0..5_000 {
            profile = profile.alloc(n * 1_000_000, "main;malloc", 16 + n * 16, 8);
        }
        let text = massif(&profile.build());
        assert!(text.matches("snapshot=").count() <= MOST_SNAPSHOTS);
    }
}
