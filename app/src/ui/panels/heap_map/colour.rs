//! What the colours of cells tell.

use crate::analysis::{CellKind, Dominant, HeapCell, HeapMap, Overlay};
use crate::profile::{PathId, Profile};
use crate::ui::theme::Palette;
use crate::ui::views::Owners;
use crate::units;
use egui::Color32;

/// What colours tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColourBy {
    /// What a byte is used for.
    #[default]
    Use,
    /// Who asked for the block.
    Owner,
    /// How long ago that was.
    Age,
    /// The block's size.
    Size,
    /// Whether the block is ever freed.
    Fate,
    /// How often the bytes were read and written.
    Accesses,
    /// When the memory came to have the byte.
    Grown,
    /// When the page was first touched.
    Touched,
}

impl ColourBy {
    /// All of them, in the order of the menu.
    pub const ALL: [ColourBy; 8] = [
        ColourBy::Use,
        ColourBy::Owner,
        ColourBy::Age,
        ColourBy::Size,
        ColourBy::Fate,
        ColourBy::Accesses,
        ColourBy::Grown,
        ColourBy::Touched,
    ];

    /// What the menu says.
    pub const fn name(self) -> &'static str {
        match self {
            ColourBy::Use => "use",
            ColourBy::Owner => "owner",
            ColourBy::Age => "age",
            ColourBy::Size => "size",
            ColourBy::Fate => "fate",
            ColourBy::Accesses => "accesses",
            ColourBy::Grown => "growth",
            ColourBy::Touched => "first touch",
        }
    }

    /// What it tells, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            ColourBy::Use => "What the bytes are used for.",
            ColourBy::Owner => {
                "Who asked for the blocks: the functions that hold most have colours of their own."
            }
            ColourBy::Age => "How long ago the blocks were handed out.",
            ColourBy::Size => "How large the blocks are.",
            ColourBy::Fate => "Which blocks are never freed until the end of the recording.",
            ColourBy::Accesses => {
                "How often the bytes were read and written in the whole run (measure “access”)."
            }
            ColourBy::Grown => "When the memory grew to have the bytes.",
            ColourBy::Touched => {
                "When the page of the operating system was first touched: only then it takes memory."
            }
        }
    }

    /// What the map has to have for it.
    pub const fn overlay(self) -> Option<Overlay> {
        match self {
            ColourBy::Accesses => Some(Overlay::Accesses),
            ColourBy::Grown => Some(Overlay::Grown),
            ColourBy::Touched => Some(Overlay::Touched),
            _ => None,
        }
    }
}

/// All that the colour of a cell depends on.
pub struct Colours<'a> {
    /// The recording.
    pub profile: &'a Profile,
    /// The theme.
    pub palette: &'static Palette,
    /// What is told.
    pub by: ColourBy,
    /// Who has a colour.
    pub owners: Option<&'a Owners>,
    /// Blocks of this path have the colour of what is chosen.
    pub site: Option<PathId>,
    /// The end of the time axis, in nanoseconds.
    pub duration_nanos: u64,
}

impl Colours<'_> {
    /// The colours of all cells.
    pub fn of(&self, map: &HeapMap) -> Vec<Color32> {
        let overlay = map.overlay.as_ref().map_or(&[][..], |(_, values)| values);
        let most = overlay.iter().copied().max().unwrap_or(0);
        let overlay = overlay.iter().copied().map(Some).chain(std::iter::repeat(None));
        let cell_bytes = (map.range.end - map.range.start) / (map.cells.len() as u64).max(1);
        map.cells
            .iter()
            .zip(overlay)
            .map(|(cell, value)| match (cell.dominant, value) {
                (Some(block), _) if self.site == Some(block.path) => self.palette.memory.chosen,
                (_, Some(value)) => self.overlaid(cell, value, most, map.at_nanos),
                (Some(block), None) => blend(cell, self.block(map, &block, cell_bytes), self.palette),
                (None, None) => blend(cell, self.palette.memory.live, self.palette),
            })
            .collect()
    }

    fn block(&self, map: &HeapMap, block: &Dominant, cell_bytes: u64) -> Color32 {
        let memory = &self.palette.memory;
        match self.by {
            ColourBy::Owner => {
                let place = self.owners.and_then(|owners| owners.place(block.path));
                place.and_then(|place| memory.owners.get(place)).copied().unwrap_or(memory.other)
            }
            ColourBy::Age => {
                let now = map.at_nanos.min(self.duration_nanos);
                memory.on_scale(share_of_age(now.saturating_sub(block.allocated_nanos), self.duration_nanos))
            }
            ColourBy::Size => memory.on_scale(share_of_size(block.size)),
            ColourBy::Fate if self.profile.heap_timeline().is_never_freed(block.row) => self.palette.error,
            // Close up, neighbours are told apart by their shade.
            ColourBy::Use | ColourBy::Fate if cell_bytes <= SHADED_BYTES && block.row.0 % 2 == 1 => {
                memory.live.lerp_to_gamma(self.palette.panel, 0.22)
            }
            _ => memory.live,
        }
    }

    fn overlaid(&self, cell: &HeapCell, value: u64, most: u64, at_nanos: u64) -> Color32 {
        let memory = &self.palette.memory;
        if cell.main_kind() == CellKind::Outside {
            return memory.outside;
        }
        let share = match self.by {
            ColourBy::Grown | ColourBy::Touched => {
                // What comes later than the moment shown is not there yet.
                let nanos = value.checked_sub(1).filter(|nanos| *nanos <= at_nanos);
                nanos.map(|nanos| units::share(nanos, self.duration_nanos))
            }
            _ => (value > 0).then(|| ((value as f64).ln_1p() / (most.max(1) as f64).ln_1p()).clamp(0.0, 1.0)),
        };
        share.map_or(memory.untouched, |share| memory.on_scale(share))
    }
}

/// Cells of at most so many bytes show neighbouring blocks in two shades.
const SHADED_BYTES: u64 = 64;

/// From now, 0, to as long ago as the recording is long, 1, so that short ages can be told apart.
fn share_of_age(age_nanos: u64, duration_nanos: u64) -> f64 {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    micros(age_nanos).ln_1p() / micros(duration_nanos.max(1)).ln_1p()
}

/// From a byte, 0, to 16 MiB, 1, in powers of two.
fn share_of_size(bytes: u64) -> f64 {
    (bytes.max(1) as f64).log2() / 24.0
}

/// The colour of what is not a block.
pub fn kind_colour(kind: CellKind, palette: &Palette) -> Color32 {
    let memory = &palette.memory;
    match kind {
        CellKind::Live => memory.live,
        CellKind::Overhead => memory.overhead,
        CellKind::StaticData => memory.data,
        CellKind::StackInUse => memory.stack_in_use,
        CellKind::Stack => memory.stack,
        CellKind::Other => memory.zeroed,
        CellKind::Free => memory.free,
        CellKind::Untouched => memory.untouched,
        CellKind::Outside => memory.outside,
    }
}

/// The colours of all kinds in the cell, by their bytes; of live bytes it is `live`.
fn blend(cell: &HeapCell, live: Color32, palette: &Palette) -> Color32 {
    let [r, g, b] = cell.mixed(|kind| {
        let colour = if kind == CellKind::Live { live } else { kind_colour(kind, palette) };
        [colour.r(), colour.g(), colour.b()]
    });
    Color32::from_rgb(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{ColourSet, Palette};

    #[test]
    fn a_single_live_byte_is_seen() {
        let mut cell = HeapCell::default();
        let dark = Palette::get(egui::Theme::Dark, ColourSet::Standard);
        let blend = |cell: &HeapCell| blend(cell, dark.memory.live, dark);
        cell.bytes[CellKind::Free as usize] = 4_096;
        assert_eq!(blend(&cell), dark.memory.free);
        cell.bytes[CellKind::Live as usize] = 1;
        let mixed = blend(&cell);
        assert!(mixed.r() > dark.memory.free.r() + 40, "{mixed:?}");
        cell.bytes[CellKind::Free as usize] = 0;
        assert_eq!(blend(&cell), dark.memory.live);
    }

    #[test]
    fn scales_go_from_0_to_1() {
        assert_eq!((share_of_age(0, 1_000), share_of_size(0)), (0.0, 0.0));
        assert_eq!((share_of_age(1_000, 1_000), share_of_size(1 << 24)), (1.0, 1.0));
        assert!(share_of_age(1_000_000, 1_000_000_000) > 0.4);
    }
}
