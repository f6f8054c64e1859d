//! Memory: the curve of its growth, the figures of the heap, and what is wrong with it.

use super::chart::growth_chart;
use super::elements::{Cell, Table, paragraph, rows, text};
use crate::analysis::{HeapAt, HeapVerdict, Summary, asker, growth, heap_at, heap_sites};
use crate::export::heap_figures;
use crate::figures;
use crate::profile::Profile;
use crate::units;

/// All there is to say of the memories.
pub(super) fn memory(profile: &Profile, view: &Summary) -> String {
    let growth = growth(profile);
    let verdicts = view.heap.as_ref().map_or(&[][..], |heap| &heap.verdicts);
    let several = verdicts.len() > 1;
    let heaps = verdicts.iter().map(|(memory, verdict)| {
        let of = if several { format!(" of memory {}", memory.0) } else { String::new() };
        heap_html(profile, &heap_at(profile, *memory, u64::MAX), verdict, &of)
    });
    let heaps: String = heaps.collect();
    let unmeasured = match profile.recording().heap.is_empty() {
        true => paragraph("note", "The heap was not measured, or no block was handed out."),
        false => String::new(),
    };
    rows(&figures::memory(view)) + &growth_chart(&growth) + &heaps + &unmeasured
}

/// The heap of a memory at the end; `of` says which one where there are several.
fn heap_html(profile: &Profile, heap: &HeapAt, verdict: &HeapVerdict, of: &str) -> String {
    let sentences = heap_figures::verdict(profile, verdict);
    let verdict: String = sentences.iter().map(|words| format!("<li>{}</li>", text(words))).collect();
    format!(
        "<h3>Verdict on the heap{of}</h3>\n<ul class=\"verdict\">{verdict}</ul>\n\
         <h3>The heap{of} at the end</h3>\n{}{}",
        rows(&heap_figures::figures(profile, heap)),
        sites(profile, heap),
    )
}

/// Who holds the blocks that are live at the end.
fn sites(profile: &Profile, heap: &HeapAt) -> String {
    let sites = heap_sites(profile, &heap.blocks);
    if sites.is_empty() {
        return String::new();
    }
    let columns = [
        ("Allocated by", "The first function above the allocator that is the program's own."),
        ("Bytes", ""),
        ("Blocks", ""),
    ];
    let mut table = Table::new("Live at the end", &columns);
    for site in sites {
        table.row([
            Cell::Words(asker(profile, site.path)),
            Cell::Number(units::bytes(site.bytes), site.bytes as f64),
            Cell::Number(units::exact(site.blocks), site.blocks as f64),
        ]);
    }
    table.html()
}
