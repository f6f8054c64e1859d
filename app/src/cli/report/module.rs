//! What the module's file is made of, and what of it the run made use of.

use super::super::table::{Align, Table, clean};
use super::Limit;
use crate::analysis::{
    ModuleSize, RunEvidence, SectionClass, SizeId, SizeKind, SizeNode, StartPhase, start_up,
};
use crate::compressed::{BROTLI_QUALITY, CompressedSize, GZIP_LEVEL, compressed, compressed_ranges};
use crate::export::unit_word;
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use wasmscope_instrument::recording::Phase;

/// The sections with what compression makes of them.
pub(super) struct Packed {
    whole: CompressedSize,
    /// Without names and debug information; `None` where there are none.
    stripped: Option<(u64, CompressedSize)>,
    sections: Vec<(SizeId, CompressedSize)>,
}

impl Packed {
    /// Compresses the file, and each section by itself. Takes a second a MB.
    pub(super) fn of(profile: &Profile, size: &ModuleSize) -> Packed {
        let bytes = &profile.recording().module;
        let of_section = |id: SizeId| (id, compressed_ranges(bytes, &[size.get(id).range.clone()]));
        let kept = size.kept_ranges();
        let kept_bytes = kept.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        Packed {
            whole: compressed(bytes),
            stripped: (kept.len() > 1).then(|| (kept_bytes, compressed_ranges(bytes, &kept))),
            sections: size.sections().into_iter().map(of_section).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ModuleJson<'a> {
    name: &'a str,
    bytes: u64,
    gzip_level: u32,
    brotli_quality: i32,
    #[serde(flatten)]
    compressed: CompressedSize,
    stripped: Option<StrippedJson>,
    metric: Option<&'static str>,
    unit: Option<&'static str>,
    functions_run: &'static str,
    reads_known: bool,
    start_up: Vec<PhaseJson>,
    sections: Vec<SectionJson>,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize)]
struct StrippedJson {
    bytes: u64,
    #[serde(flatten)]
    compressed: CompressedSize,
}

#[derive(Serialize)]
struct PhaseJson {
    phase: Phase,
    nanos: u64,
    whose: &'static str,
}

#[derive(Serialize)]
struct SectionJson {
    name: String,
    part: u32,
    start: u64,
    bytes: u64,
    #[serde(flatten)]
    compressed: CompressedSize,
}

#[derive(Serialize)]
struct PartJson<'a> {
    parent: u32,
    kind: &'static str,
    index: Option<u32>,
    name: &'a str,
    bytes: u64,
    #[serde(rename = "self")]
    heat: u64,
    judged_bytes: u64,
    idle_bytes: u64,
}

pub(super) fn json<'a>(profile: &Profile, size: &'a ModuleSize) -> ModuleJson<'a> {
    let Packed { whole, stripped, sections } = Packed::of(profile, size);
    let root = size.get(SizeId::ROOT);
    let section = |(id, compressed): (SizeId, CompressedSize)| SectionJson {
        name: size.section_name(id),
        part: id.0,
        start: size.get(id).range.start,
        bytes: size.get(id).bytes,
        compressed,
    };
    let phase = |StartPhase { phase, nanos, whose }| PhaseJson { phase, nanos, whose: whose.name() };
    ModuleJson {
        name: &root.name,
        bytes: root.bytes,
        gzip_level: GZIP_LEVEL,
        brotli_quality: BROTLI_QUALITY,
        compressed: whole,
        stripped: stripped.map(|(bytes, compressed)| StrippedJson { bytes, compressed }),
        metric: size.metric.map(|metric| metric.name()),
        unit: size.metric.map(|metric| unit_word(metric.unit())),
        functions_run: size.run.name(),
        reads_known: size.reads_known,
        start_up: start_up(profile).into_iter().map(phase).collect(),
        sections: sections.into_iter().map(section).collect(),
        parts: size.iter().map(|(_, node)| part_json(node)).collect(),
    }
}

fn part_json(node: &SizeNode) -> PartJson<'_> {
    PartJson {
        parent: node.parent.0,
        kind: node.kind.name(),
        index: match node.kind {
            SizeKind::Function(function) => Some(function.0),
            SizeKind::Segment(place) => Some(place),
            _ => None,
        },
        name: &node.name,
        bytes: node.bytes,
        heat: node.heat,
        judged_bytes: node.judged_bytes,
        idle_bytes: node.idle_bytes,
    }
}

pub(super) fn text(profile: &Profile, size: &ModuleSize, limit: Limit) -> String {
    if size.is_empty() {
        return match profile.needs_module() {
            true => "The profile was imported, and has no module; --symbols FILE.wasm names it.\n".to_owned(),
            false => "The recording holds no module.\n".to_owned(),
        };
    }
    let packed = Packed::of(profile, size);
    let parts = [
        sizes_text(size, &packed),
        start_text(&start_up(profile)),
        parts_text(size, "group", limit, |kind| kind == SizeKind::Group),
        parts_text(size, "function", limit, |kind| matches!(kind, SizeKind::Function(_))),
        idle_functions_text(size, limit),
        idle_data_text(size, limit),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn sizes_text(size: &ModuleSize, packed: &Packed) -> String {
    let root = size.get(SizeId::ROOT);
    let (bytes, exact) = (units::bytes(root.bytes), units::things(root.bytes, "byte"));
    let mut text = format!(
        "{}: {bytes} ({exact}); {} by gzip -{GZIP_LEVEL}, {} by brotli -{BROTLI_QUALITY}\n",
        root.name,
        units::bytes(packed.whole.gzip),
        units::bytes(packed.whole.brotli)
    );
    if let Some(((bytes, compressed), gone)) = packed.stripped.zip(size.strippable()) {
        let (gzip, brotli) = (units::bytes(compressed.gzip), units::bytes(compressed.brotli));
        let left = units::bytes(bytes);
        text.push_str(&format!("without {gone}: {left}; {gzip} by gzip, {brotli} by brotli\n"));
    }
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("bytes"),
        right("share"),
        right("gzip"),
        right("brotli"),
        ("section", Align::Left),
    ]);
    for (id, compressed) in &packed.sections {
        let node = size.get(*id);
        table.row([
            units::exact(node.bytes),
            units::percent(units::share(node.bytes, root.bytes)),
            units::exact(compressed.gzip),
            units::exact(compressed.brotli),
            size.section_name(*id),
        ]);
    }
    if table.is_empty() { text } else { text + "\n" + &table.text() }
}

fn start_text(phases: &[StartPhase]) -> String {
    let mut table =
        Table::new(&[("start", Align::Left), ("took", Align::Right), ("what it is", Align::Left)]);
    for StartPhase { phase, nanos, whose } in phases {
        table.row([phase.name().to_owned(), units::nanos(*nanos), whose.about().to_owned()]);
    }
    if table.is_empty() { String::new() } else { table.text() }
}

/// The parts of a kind by falling size.
fn parts_text(size: &ModuleSize, title: &str, limit: Limit, is_wanted: impl Fn(SizeKind) -> bool) -> String {
    let mut parts: Vec<_> = size.iter().filter(|(_, node)| is_wanted(node.kind)).collect();
    parts.sort_by_key(|(id, node)| (std::cmp::Reverse(node.bytes), *id));
    let heat = size.metric.map_or("self".to_owned(), |metric| format!("self {}", metric.name()));
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("bytes"),
        right("share"),
        right(&heat),
        right(size.run.idle_words()),
        (title, Align::Left),
    ]);
    let root = size.get(SizeId::ROOT);
    for (_, node) in parts.iter().take(limit.rows) {
        let heat = size.metric.filter(|_| node.heat > 0);
        table.row([
            units::exact(node.bytes),
            units::percent(units::share(node.bytes, root.bytes)),
            heat.map_or_else(String::new, |metric| units::number(metric.unit(), node.heat)),
            if node.judged_bytes == 0 { "-".to_owned() } else { units::exact(node.idle_bytes) },
            node.name.to_string(),
        ]);
    }
    if table.is_empty() { String::new() } else { table.text() + &limit.rest(parts.len()) }
}

fn idle_functions_text(size: &ModuleSize, limit: Limit) -> String {
    if size.run == RunEvidence::Nothing {
        return "Which functions ran is not known: nothing that tells was measured.\n".to_owned();
    }
    let idle = size.idle_functions();
    let bytes: u64 = idle.iter().map(|id| size.get(*id).bytes).sum();
    let (all, count) = size.function_counts();
    let share = units::percent(units::share(bytes, size.class_bytes(SectionClass::Code)));
    let mut text = format!(
        "{}: {} of {}, {} ({share} of the code)\n",
        size.run.idle_words(),
        units::exact(count),
        units::things(all, "function"),
        units::bytes(bytes)
    );
    if size.run == RunEvidence::Seen {
        text.push_str("  others may have run between samples; record with --measure calls to know\n");
    }
    for id in idle.iter().take(limit.rows) {
        let node = size.get(*id);
        text.push_str(&format!("{:>12}  {}\n", units::exact(node.bytes), clean(&node.name)));
    }
    text + &limit.rest(idle.len())
}

fn idle_data_text(size: &ModuleSize, limit: Limit) -> String {
    if !size.reads_known {
        return String::new();
    }
    let idle = size.idle_segments();
    let mut text = format!(
        "data never read by the program itself, in lines of 64 bytes: {}\n",
        units::bytes(idle.iter().map(|id| size.get(*id).idle_bytes).sum())
    );
    text.push_str("  what the host reads, as text that is printed, is not seen\n");
    for id in idle.iter().take(limit.rows) {
        let node = size.get(*id);
        let (idle, all) = (units::exact(node.idle_bytes), units::exact(node.judged_bytes));
        text.push_str(&format!("{idle:>12} of {all}  {}\n", clean(&node.name)));
    }
    text + &limit.rest(idle.len())
}
