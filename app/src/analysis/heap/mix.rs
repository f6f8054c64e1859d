//! The colour of a cell whose bytes are of several kinds.

use super::{CellKind, HeapCell};
use crate::units;

/// However few bytes of a cell are live, at least so much of its colour says it: a single block keeps a page.
const LEAST_LIVE: f32 = 0.4;

impl HeapCell {
    /// The colours of all its kinds, as red, green and blue, mixed by their bytes. A cell without bytes is black.
    pub fn mixed(&self, colour: impl Fn(CellKind) -> [u8; 3]) -> [u8; 3] {
        let all: u64 = self.bytes.iter().sum();
        let live_bytes = self.bytes_of(CellKind::Live);
        let live_part = if live_bytes > 0 {
            LEAST_LIVE + (1.0 - LEAST_LIVE) * units::share(live_bytes, all) as f32
        } else {
            0.0
        };
        let mut mixed = [0.0f32; 3];
        for kind in CellKind::ALL.into_iter().filter(|kind| self.bytes_of(*kind) > 0) {
            let part = match kind {
                CellKind::Live => live_part,
                _ => units::share(self.bytes_of(kind), all - live_bytes) as f32 * (1.0 - live_part),
            };
            for (sum, value) in mixed.iter_mut().zip(colour(kind)) {
                *sum += f32::from(value) * part;
            }
        }
        mixed.map(|value| value.round() as u8)
    }
}
