//! The colours of what bytes are used for, on white paper.

use crate::analysis::{CellKind, HeapCell};

/// Red, green and blue of the picture's ground.
pub(super) const PAPER: [u8; 3] = [0xfd, 0xfc, 0xfa];

/// Red, green and blue of a kind.
pub(super) const fn of_kind(kind: CellKind) -> [u8; 3] {
    match kind {
        CellKind::Live => [0xea, 0x8a, 0x34],
        CellKind::Overhead => [0xb9, 0x8f, 0x73],
        CellKind::StaticData => [0x5c, 0x8f, 0xd6],
        CellKind::StackInUse => [0x8a, 0x55, 0xc8],
        CellKind::Stack => [0xc9, 0xb3, 0xe6],
        CellKind::Other => [0xb9, 0xc3, 0xdc],
        CellKind::Free => [0xa5, 0xd6, 0xc9],
        CellKind::Untouched => [0xda, 0xdf, 0xe6],
        CellKind::Outside => [0xee, 0xf0, 0xf3],
    }
}

/// Red, green and blue of a cell.
pub(super) fn of_cell(cell: &HeapCell) -> [u8; 3] {
    cell.mixed(of_kind)
}

/// As XML has it: `#ea8a34`.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
