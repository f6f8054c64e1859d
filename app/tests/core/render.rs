//! Views as small texts, for golden files and plain comparisons.

use std::fmt::Write;
use wasmscope::analysis::{
    BoundaryTable, CallTree, FunctionTable, HeapAt, LineTable, ModuleSize, WatListing, heap_sites,
};
use wasmscope::profile::{FrameId, FrameKind, LineId, PathId, Profile};

pub fn call_tree(profile: &Profile, tree: &CallTree) -> String {
    let mut text = format!("{} {}\n", tree.metric(), tree.total());
    for (_, node) in tree.iter() {
        let indent = "  ".repeat(node.depth as usize);
        let frame = frame(profile, node.frame);
        let line = line(profile, node.line);
        writeln!(text, "{indent}{frame}{line} self {} total {}", node.self_value, node.total_value).unwrap();
    }
    text
}

pub fn functions(table: &FunctionTable) -> String {
    let mut text = format!("{} {}\n", table.metric, table.total);
    for row in &table.rows {
        let place = row.file.as_ref().map(|file| format!(" {file}:{}", row.line.unwrap_or(0)));
        let (self_value, total_value) = (row.self_value, row.total_value);
        let place = place.unwrap_or_default();
        writeln!(text, "{}{place} self {self_value} total {total_value}", row.name).unwrap();
    }
    text
}

pub fn lines(profile: &Profile, table: &LineTable) -> String {
    let mut text = format!("{} {} unknown {}\n", table.metric, table.total, table.unknown_value);
    for file in &table.files {
        writeln!(text, "{} self {} total {}", file.file, file.self_value, file.total_value).unwrap();
        for (at, row) in file.rows.clone().zip(&table.rows[file.rows.clone()]) {
            let names: Vec<&str> = row.functions.iter().map(|id| &*profile.frames().get(*id).name).collect();
            let (number, own, total) = (row.line, row.self_value, row.total_value);
            write!(text, "  {number} self {own} total {total} in {}", names.join(", ")).unwrap();
            for into in &row.inlined_into {
                let name = &profile.frames().get(into.function).name;
                write!(text, ", into {name} self {} total {}", into.self_value, into.total_value).unwrap();
            }
            for beside in &table.beside {
                write!(text, ", {} {}", beside.metric, beside.values[at]).unwrap();
            }
            text.push('\n');
        }
    }
    text
}

pub fn boundary(profile: &Profile, table: &BoundaryTable) -> String {
    let mut text = String::new();
    for row in &table.rows {
        let module = row.module.as_deref().unwrap_or("-");
        let sums = format!("calls {} total {} self {}", row.calls, row.total_nanos, row.self_nanos);
        writeln!(text, "{:?} {module} {} {sums} out {:?}", row.direction, row.name, row.bytes_out).unwrap();
        for caller in &row.callers {
            let path = path(profile, caller.path);
            writeln!(text, "  {path} calls {} total {}", caller.calls, caller.total_nanos).unwrap();
        }
    }
    text
}

pub fn heap(profile: &Profile, heap: &HeapAt) -> String {
    let mut text = format!("at {} live {} in {:?}\n", heap.at_nanos, heap.live_bytes, heap.heap);
    for block in &heap.blocks {
        let (address, size, path) = (block.address, block.size, path(profile, block.path));
        writeln!(text, "  {address}+{size} since {} by {path}", block.allocated_nanos).unwrap();
    }
    for site in &heap_sites(profile, &heap.blocks) {
        let live = format!("{} blocks {} bytes", site.blocks, site.bytes);
        let leaked = format!("leaked {} blocks {} bytes", site.leaked_blocks, site.leaked_bytes);
        writeln!(text, "  site {}: {live}, {leaked}", path(profile, site.path)).unwrap();
    }
    text
}

pub fn wat(listing: &WatListing) -> String {
    let (name, sampled) = (&listing.name, listing.sampled_nanos);
    let mut text = format!("{} {name} of {sampled}, executed {}\n", listing.function, listing.has_executed);
    for row in &listing.rows {
        let executed = row.executed.map(|count| format!(" executed {count}")).unwrap_or_default();
        let cost = format!("self {} total {}{executed}", row.self_nanos, row.total_nanos);
        let place = row.location().map(|at| format!(" {}:{}:{}", at.file, at.line, at.column));
        let chain: Vec<&str> = row.frames.iter().map(|frame| &*frame.name.short).collect();
        let (indent, place) = ("  ".repeat(row.depth as usize), place.unwrap_or_default());
        writeln!(text, "{indent}{} | {cost} |{place} {}", row.text, chain.join(" < ")).unwrap();
    }
    text
}

/// A call path as folded text.
pub fn path(profile: &Profile, path: PathId) -> String {
    let frames = profile.paths().frames(path);
    let mut parts: Vec<String> =
        frames.map(|(id, at)| format!("{}{}", frame(profile, id), line(profile, at))).collect();
    parts.reverse();
    parts.join(";")
}

fn frame(profile: &Profile, id: FrameId) -> String {
    let info = profile.frames().get(id);
    match info.kind {
        FrameKind::Inlined => format!("+{}", info.name),
        FrameKind::Host(_) => format!("[{}]", info.name),
        _ => info.name.to_string(),
    }
}

fn line(profile: &Profile, id: LineId) -> String {
    profile.lines().get(id).map(|at| format!("@{}:{}", at.file, at.line)).unwrap_or_default()
}

pub fn module_size(size: &ModuleSize) -> String {
    let mut text = format!("{:?} {:?} reads known: {}\n", size.metric, size.run, size.reads_known);
    let mut waiting = vec![wasmscope::analysis::SizeId::ROOT];
    while let Some(id) = waiting.pop() {
        let node = size.get(id);
        let indent = "  ".repeat(size.up(id).count() - 1);
        let (kind, name, bytes) = (node.kind.name(), &node.name, node.bytes);
        let (heat, idle, judged) = (node.heat, node.idle_bytes, node.judged_bytes);
        writeln!(text, "{indent}{kind} {name} {bytes} self {heat} idle {idle} of {judged}").unwrap();
        waiting.extend(size.children(id).rev());
    }
    text
}
