//! The models against what real allocators needed for the same programs.

use crate::recorded::recorded;
use wasmscope::analysis::{AllocatorModel, WhatIf, what_if};
use wasmscope_symbolize::MemoryIndex;

fn pages_of(found: &WhatIf, model: AllocatorModel) -> u64 {
    found.rows.iter().find(|row| row.model == model).unwrap().pages
}

/// wasi-libc and Rust bring dlmalloc: what it really grew to is what the best-fit model says, to 2 %.
#[test]
fn best_fit_needs_the_pages_that_dlmalloc_did() {
    for module in ["fragment/before.wasm", "fragment/after.wasm", "words/words.wasm", "json/json.wasm"] {
        let found = what_if(&recorded(&format!("samples/{module}"), &[]), MemoryIndex(0));
        let (model, real) = (pages_of(&found, AllocatorModel::BestFit), found.recorded_pages);
        assert!(real > 20 && model.abs_diff(real) * 50 <= real, "{module}: {model} pages, really {real}");
        let (model, real) = (found.rows[0].heap_bytes, found.recorded_bytes);
        assert!(model.abs_diff(real) * 50 <= real, "{module}: {model} bytes, really {real}");
        assert!(found.rows.iter().all(|row| row.heap_bytes >= found.least_bytes), "{module}: {found:?}");
    }
}

/// The titles between the buffers hold no page of their own where sizes are kept apart.
#[test]
fn another_allocator_would_have_kept_the_sample_small() {
    let found = what_if(&recorded("samples/fragment/before.wasm", &[]), MemoryIndex(0));
    for model in [AllocatorModel::SizeClasses, AllocatorModel::Buddy] {
        assert!(pages_of(&found, model) * 10 < found.recorded_pages, "{found:?}");
    }
    assert!(pages_of(&found, AllocatorModel::Bump) > found.recorded_pages);
}
