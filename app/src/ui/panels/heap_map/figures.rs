//! The figures beside the map, each with what it means.

use super::super::{PanelCtx, call_path_ui, path_text};
use crate::analysis::{FreeSpace, HeapAt, PageUse};
use crate::ui::theme::Palette;
use crate::ui::widgets::figure;
use crate::units;
use egui::{RichText, Ui};

/// Draws them.
pub fn figures_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, heap: &HeapAt) {
    heading(ui, if heap.high_water > 0 { "Live" } else { "Memory" });
    let HeapAt { live_bytes, memory_bytes, leaked_bytes, overlapping_blocks, .. } = heap;
    if heap.high_water > 0 {
        figure(
            ui,
            "Bytes",
            &units::bytes(*live_bytes),
            "The sum of the sizes asked for of all blocks in use.",
        );
        figure(ui, "Blocks", &units::exact(heap.blocks.len() as u64), "How many blocks are in use.");
        figure(
            ui,
            "Never freed",
            &units::bytes(*leaked_bytes),
            "Bytes of those blocks that are never freed until the end of the recording.",
        );
    }
    figure(ui, "Size of memory", &units::bytes(*memory_bytes), "The size of the memory at this moment.");
    if let Some(touched) = heap.touched_bytes {
        let about = "Bytes on pages of the operating system that were written or read until now: what the memory takes \
            of the machine's. The rest of it was never touched.";
        figure(ui, "Touched", &units::bytes(touched), about);
        figure(ui, "Never touched", &units::bytes(memory_bytes.saturating_sub(touched)), about);
    }
    if *overlapping_blocks > 0 {
        figure(
            ui,
            "Overlapping",
            &units::exact(*overlapping_blocks),
            "Blocks that begin inside another live block: frees that were not seen, or an allocator inside another \
             one's block.",
        );
    }
    stack_ui(ui, ctx, heap);
    if heap.high_water > 0 {
        free_ui(ui, &heap.free);
        pages_ui(ui, &heap.page_use);
    }
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(text).strong().color(Palette::of(ui).text));
}

fn stack_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, heap: &HeapAt) {
    let Some(depth) = heap.stack else { return };
    heading(ui, "Shadow stack");
    figure(
        ui,
        "Deep",
        &units::bytes(depth.bytes),
        "Bytes of it in use, as the last look before this moment found them.",
    );
    figure(
        ui,
        "At most",
        &units::bytes(depth.most_bytes),
        "The most bytes of it that were in use until this moment.",
    );
    let text = format!("by {}", path_text(ctx.profile, depth.most_path));
    let label = ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
    label.on_hover_ui(|ui| call_path_ui(ui, ctx.profile, depth.most_path));
}

fn free_ui(ui: &mut Ui, free: &FreeSpace) {
    heading(ui, "Free space");
    figure(
        ui,
        "Bytes",
        &units::bytes(free.total_bytes),
        "What lies between live blocks from the heap's begin to the memory's end, without gaps under 32 bytes.",
    );
    figure(
        ui,
        "Largest piece",
        &units::bytes(free.largest_bytes),
        "The largest block that could be handed out without the memory growing.",
    );
    figure(ui, "Pieces", &units::exact(free.runs), "How many stretches of free bytes there are.");
    figure(
        ui,
        "Fragmentation",
        &units::percent(free.fragmentation),
        "1 − largest piece / all free bytes. 0 %: all that is free is in one piece. Near 100 %: in many small ones.",
    );
    figure(
        ui,
        "Dispersion",
        &units::percent(free.dispersion),
        "1 − Σ(piece²) / (all free bytes)². How likely two free bytes picked at random lie in different pieces.",
    );
    figure(
        ui,
        "Overhead",
        &units::bytes(free.overhead_bytes),
        "Gaps under 32 bytes between blocks: the allocator's headers and rounding.",
    );
}

fn pages_ui(ui: &mut Ui, pages: &PageUse) {
    heading(ui, "Pages of the heap");
    figure(ui, "All", &units::exact(pages.pages), "Pages from the heap's begin to the memory's end.");
    figure(ui, "Empty", &units::exact(pages.empty_pages), "Pages without any live byte.");
    figure(
        ui,
        "Sparse",
        &units::exact(pages.sparse_pages),
        "Pages on which something is live, but less than a sixteenth.",
    );
    figure(
        ui,
        "Pinning bytes",
        &units::bytes(pages.pinning_bytes),
        "Live bytes on the sparse pages: so little keeps those pages from being empty.",
    );
}
