//! What both modules' files are made of.

use super::{Comparison, Pair, Side};
use crate::profile::FrameKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A part of the module's file in both builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeChange {
    /// The name of the section; a custom section's own.
    pub name: Arc<str>,
    /// Its bytes with its head; 0 in a build without it. Sections of the same name are one.
    pub bytes: Pair<u64>,
}

/// The sections of both modules, by falling size of the larger. In a component they are its own, of which core modules
/// are some.
pub(super) fn sections(comparison: &Comparison) -> Vec<SizeChange> {
    let mut sizes: BTreeMap<Arc<str>, Pair<u64>> = BTreeMap::new();
    for side in Side::BOTH {
        for section in comparison.build(side).first().symbols().module().sections() {
            let bytes = section.contents.end.0.saturating_sub(section.header.0);
            *sizes.entry(Arc::clone(&section.name)).or_default().get_mut(side) += bytes;
        }
    }
    let mut sections: Vec<_> = sizes.into_iter().map(|(name, bytes)| SizeChange { name, bytes }).collect();
    sections.sort_by_key(|section| std::cmp::Reverse(section.bytes.old.max(section.bytes.new)));
    sections
}

/// The bytes of code that each function has of its own, locals included: by frame of the comparison.
pub(super) fn function_sizes(comparison: &Comparison) -> Vec<Pair<u64>> {
    let size = |side: Side, kind: FrameKind| {
        let FrameKind::Wasm(function) = kind else { return 0 };
        let module = comparison.build(side).first().symbols().module();
        let body = module.function(function).and_then(|function| function.body.as_ref());
        body.map_or(0, |body| u64::from(body.end.0.saturating_sub(body.start.0)))
    };
    let rows = comparison.frames().iter();
    let sizes = rows
        .map(|(_, row)| Pair::of(|side| row.of.get(side).as_ref().map_or(0, |info| size(side, info.kind))));
    sizes.collect()
}
