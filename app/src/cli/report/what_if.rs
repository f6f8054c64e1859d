//! What other allocators would have needed.

use super::super::table::{Align, Table};
use crate::analysis::{WhatIf, WhatIfRow};
use crate::units;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct WhatIfJson {
    page_bytes: u64,
    heap_start: u64,
    least_bytes: u64,
    least_pages: u64,
    recorded_bytes: u64,
    recorded_pages: u64,
    models: Vec<ModelJson>,
}

#[derive(Serialize)]
struct ModelJson {
    name: &'static str,
    description: &'static str,
    heap_bytes: u64,
    pages: u64,
    waste_bytes: u64,
}

pub(super) fn json(view: &WhatIf) -> WhatIfJson {
    let WhatIf { ref rows, page_bytes, heap_start, least_bytes, least_pages, recorded_bytes, recorded_pages } =
        *view;
    let models = rows.iter().map(model_json).collect();
    WhatIfJson { page_bytes, heap_start, least_bytes, least_pages, recorded_bytes, recorded_pages, models }
}

fn model_json(row: &WhatIfRow) -> ModelJson {
    let WhatIfRow { model, heap_bytes, pages, waste_bytes } = *row;
    ModelJson { name: model.name(), description: model.description(), heap_bytes, pages, waste_bytes }
}

pub(super) fn text(view: &WhatIf) -> String {
    if view.rows.is_empty() {
        return "No heap operations were recorded.\n".to_owned();
    }
    let mut table = Table::new(&[
        ("pages", Align::Right),
        ("heap", Align::Right),
        ("more than live", Align::Right),
        ("allocator", Align::Left),
    ]);
    let mut row = |pages: u64, bytes: u64, name: String| {
        let more = units::bytes(bytes.saturating_sub(view.least_bytes));
        table.row([units::exact(pages), units::bytes(bytes), more, name]);
    };
    row(view.recorded_pages, view.recorded_bytes, "as it was recorded".to_owned());
    for WhatIfRow { model, heap_bytes, pages, .. } in &view.rows {
        row(*pages, *heap_bytes, format!("{}: {}", model.name(), model.description()));
    }
    row(view.least_pages, view.least_bytes, "at least: what was live at the peak".to_owned());
    format!(
        "Pages of {} of the whole memory, and the heap from {:#x} to its highest block, with other allocators:\n\n{}",
        units::bytes(view.page_bytes),
        view.heap_start,
        table.text()
    )
}
