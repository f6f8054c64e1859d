//! The figures of a run in words: rows of a name and a text, the same wherever people read them. A row that says
//! nothing of this run has an empty text.

use crate::analysis::{HeapSummary, MemorySummary, Summary};
use crate::units;
use wasmscope_instrument::recording::SamplerKind;

/// What was run, how it ended, and what was measured.
pub(crate) fn run(view: &Summary, is_running: bool) -> Vec<(&'static str, String)> {
    let outcome = match &view.imported_from {
        _ if is_running => "still running".to_owned(),
        Some(_) => String::new(),
        None => view.outcome.to_string(),
    };
    let imported_from = view.imported_from.clone().unwrap_or_default();
    let meta = &view.meta;
    let module = if meta.module_path.is_empty() { &meta.module_name } else { &meta.module_path };
    let calls = view.calls.filter(|times| times.calls > 1);
    let lines = match (view.has_lines, &view.imported_from) {
        (true, _) => "known",
        (false, Some(_)) => "not known: the profile tells functions only",
        (false, None) => "not known: no DWARF line table",
    };
    vec![
        ("Module", module.clone()),
        ("Imported from", imported_from),
        ("Arguments", meta.args.join(" ")),
        ("Called", meta.invoked.clone().unwrap_or_default()),
        ("Outcome", outcome),
        ("How often", calls.map_or(String::new(), |times| units::call_times(&times))),
        ("Ran for", units::nanos(view.run_nanos)),
        ("Measured", meta.measures.to_string().replace(',', ", ")),
        ("Time", sampled(view)),
        ("Counted", view.counts.to_string()),
        ("Time went to", view.time.map_or(String::new(), |time| time.to_string())),
        ("Profiler's own cost", own_cost(view)),
        ("Allocator", meta.allocator_families().join("; ")),
        ("Source lines", lines.to_owned()),
        ("Recorded by", meta.recorded_by.clone()),
    ]
}

fn sampled(view: &Summary) -> String {
    let how = match view.meta.sampler {
        SamplerKind::None if view.samples == 0 => return "not sampled".to_owned(),
        SamplerKind::None => {
            let (samples, nanos) = (units::things(view.samples, "sample"), units::nanos(view.sampled_nanos));
            return format!("{samples} standing for {nanos}");
        }
        SamplerKind::Signal => "by signal",
        SamplerKind::Epoch => "by epochs",
    };
    let rate = units::exact(u64::from(view.meta.rate_hz));
    let (samples, nanos) = (units::exact(view.samples), units::nanos(view.sampled_nanos));
    format!("{samples} samples at {rate} Hz {how}, standing for {nanos}")
}

fn own_cost(view: &Summary) -> String {
    let Some(cost) = &view.own_cost else { return String::new() };
    let share = units::percent(units::share(cost.total_nanos(), view.run_nanos));
    format!("about {} ({share}){cost}", units::nanos(cost.total_nanos()))
}

/// What crossed between guest and host.
pub(crate) fn boundary(view: &Summary) -> Vec<(&'static str, String)> {
    let calls = |count: u64| units::things(count, "call");
    let host = format!("{}, {} in the host", calls(view.guest_to_host_calls), units::nanos(view.host_nanos));
    let crossing = view.time.filter(|time| time.crossing.calls > 0);
    let crossing = crossing.map_or(String::new(), |time| time.crossing.to_string());
    vec![
        ("Into the host", host),
        ("Into the program", calls(view.host_to_guest_calls)),
        ("Crossing time", crossing),
    ]
}

/// The memories and the heap.
pub(crate) fn memory(view: &Summary) -> Vec<(String, String)> {
    let memories = view.memories.iter().enumerate();
    let memories = memories.map(|(number, memory)| (format!("Memory {number}"), memory_text(memory)));
    let heap = view.heap.iter().flat_map(heap_rows).map(|(name, text)| (name.to_owned(), text));
    memories.chain(heap).collect()
}

fn memory_text(memory: &MemorySummary) -> String {
    let MemorySummary { initial_bytes, final_bytes, grown, refused } = *memory;
    let (from, to) = (units::bytes(initial_bytes), units::bytes(final_bytes));
    let refused =
        if refused > 0 { format!(", refused {}", units::things(refused, "time")) } else { String::new() };
    format!("{from} to {to}, grew {}{refused}", units::things(grown, "time"))
}

fn heap_rows(heap: &HeapSummary) -> [(&'static str, String); 5] {
    let (totals, findings) = (&heap.totals, &heap.findings);
    let blocks =
        |count: u64, bytes: u64| format!("{}, {}", units::things(count, "block"), units::bytes(bytes));
    let wrong = [
        (findings.double_frees, "double frees"),
        (findings.unknown_frees, "frees of unknown addresses"),
        (findings.addresses_reused, "blocks handed out over live ones"),
    ];
    let wrong = wrong.iter().filter(|(count, _)| *count > 0);
    let wrong: Vec<_> = wrong.map(|(count, what)| format!("{} {what}", units::exact(*count))).collect();
    [
        ("Handed out", blocks(totals.allocations, totals.allocated_bytes)),
        ("Freed", units::things(totals.frees, "block")),
        ("Peak", format!("{} at {}", units::bytes(totals.peak_bytes), units::nanos(totals.peak_nanos))),
        ("Live at the end", blocks(totals.end_blocks, totals.end_bytes)),
        ("Misuse", wrong.join(", ")),
    ]
}
