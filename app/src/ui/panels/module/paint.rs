//! Builds the picture: all boxes in one mesh, their labels cut to fit.

use super::colours::{self, ColourBy};
use crate::analysis::{Area, SizeId, SizeKind, TreemapBox, TreemapStyle, treemap};
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::SizeView;
use crate::ui::widgets::Labels;
use crate::units;
use egui::{Color32, Galley, Mesh, Painter, Pos2, Rect, pos2, vec2};
use std::borrow::Cow;
use std::sync::Arc;

/// What the picture depends on; it is built anew only when this changes.
#[derive(Clone)]
pub struct PictureKey {
    /// The parts.
    pub view: Arc<SizeView>,
    /// The part that fills it.
    pub root: SizeId,
    /// Where it is on screen.
    pub rect: Rect,
    /// What colours tell.
    pub colour: ColourBy,
    /// The colours.
    pub palette: &'static Palette,
}

impl PartialEq for PictureKey {
    fn eq(&self, other: &Self) -> bool {
        let Self { view, root, rect, colour, palette } = self;
        Arc::ptr_eq(view, &other.view)
            && (*root, *rect, *colour) == (other.root, other.rect, other.colour)
            && *palette == other.palette
    }
}

/// A box on screen.
#[derive(Clone, Copy)]
pub struct Drawn {
    /// Its part; of merged ones the part that they are in.
    pub id: SizeId,
    /// Its place.
    pub rect: Rect,
    /// Others lie within it.
    pub is_open: bool,
    /// How many parts are merged in it; 0 where it is one.
    pub merged: u32,
}

/// The boxes on screen.
pub struct Picture {
    key: PictureKey,
    mesh: Arc<Mesh>,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    /// All boxes, those within another one behind it.
    pub drawn: Vec<Drawn>,
}

const PADDING: f32 = 4.0;
const SHORTEST_LABEL: usize = 3;
/// From the top of a box to its label.
const DROP: f32 = 1.0;
/// Lower boxes have no label.
const LOWEST_LABEL: f32 = 15.0;

impl Picture {
    /// Builds the picture of `key`.
    pub fn build(key: PictureKey, painter: &Painter, labels: &mut Labels<(SizeId, bool)>) -> Picture {
        let Rect { min, .. } = key.rect;
        let (width, height) = (f64::from(key.rect.width()), f64::from(key.rect.height()));
        let area = Area { x: f64::from(min.x), y: f64::from(min.y), width, height };
        let boxes = treemap(&key.view.size, key.root, area, TreemapStyle::default());
        let glyph = painter.fonts_mut(|fonts| fonts.glyph_width(&MONO, 'm')).max(1.0);
        let (mut mesh, mut drawn) = (Mesh::default(), Vec::with_capacity(boxes.len()));
        let mut texts = Vec::new();
        for one in &boxes {
            let rect = on_screen(one);
            let fill = fill(&key, one);
            mesh.add_colored_rect(rect, fill);
            drawn.push(Drawn { id: one.id, rect, is_open: one.is_open, merged: one.merged });
            let fits = ((rect.width() - 2.0 * PADDING) / glyph).floor().max(0.0) as usize;
            let has_room = rect.height() >= LOWEST_LABEL && fits >= SHORTEST_LABEL;
            if has_room && (one.has_header || !one.is_open) {
                let galley =
                    labels.get(painter, (one.id, one.merged > 0), &label(&key.view, one, fits), fits);
                let ink = if one.is_open { key.palette.text } else { key.palette.ink_on(fill) };
                texts.push((rect.min + vec2(PADDING, DROP), galley, ink));
            }
        }
        Picture { key, mesh: Arc::new(mesh), labels: texts, drawn }
    }

    /// Is this still the picture of `key`?
    pub fn is_of(&self, key: &PictureKey) -> bool {
        self.key == *key
    }

    /// Puts it on screen.
    pub fn paint(&self, painter: &Painter) {
        painter.add(egui::Shape::mesh(Arc::clone(&self.mesh)));
        for (at, galley, colour) in &self.labels {
            painter.galley(*at, Arc::clone(galley), *colour);
        }
    }

    /// The innermost box at `at`.
    pub fn at(&self, at: Pos2) -> Option<Drawn> {
        self.drawn.iter().rev().find(|drawn| drawn.rect.contains(at)).copied()
    }

    /// The box of a part, if it is large enough to have one of its own.
    pub fn find(&self, id: SizeId) -> Option<Drawn> {
        self.drawn.iter().find(|drawn| drawn.id == id && drawn.merged == 0).copied()
    }
}

/// The name of a part, and of a function as much of its end as fits: its group stands around it, and what paths begin
/// with is the same for many. Of merged ones their number.
fn label<'a>(view: &'a SizeView, one: &TreemapBox, fits: usize) -> Cow<'a, str> {
    let node = view.size.get(one.id);
    match node.kind {
        _ if one.merged > 0 => format!("{} more", units::exact(one.merged.into())).into(),
        SizeKind::Function(_) => end_of_path(&node.name, fits).into(),
        _ => (*node.name).into(),
    }
}

/// The longest end of a path, from behind a `::`, that has at most `most` characters; the last part where none has.
fn end_of_path(path: &str, most: usize) -> &str {
    if path.chars().count() <= most {
        return path;
    }
    let ends = path.match_indices("::").filter_map(|(at, sign)| path.get(at + sign.len()..));
    let mut last = path;
    for end in ends {
        last = end;
        if end.chars().count() <= most {
            break;
        }
    }
    last
}

/// With a gap between neighbours, where there is room for one.
fn on_screen(one: &TreemapBox) -> Rect {
    let Area { x, y, width, height } = one.area;
    let rect = Rect::from_min_max(pos2(x as f32, y as f32), pos2((x + width) as f32, (y + height) as f32));
    let gap = |length: f32| if length > 3.0 { 1.0 } else { 0.0 };
    Rect::from_min_max(rect.min, rect.max - vec2(gap(rect.width()), gap(rect.height())))
}

fn fill(key: &PictureKey, one: &TreemapBox) -> Color32 {
    match () {
        () if one.is_open => key.palette.background,
        () if one.merged > 0 => key.palette.border,
        () => colours::of(&key.view, one.id, key.colour, key.palette),
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_path;

    #[test]
    fn labels_keep_the_end_of_paths() {
        let path = "core::num::flt2dec::format";
        for (most, label) in
            [(40, path), (20, "num::flt2dec::format"), (15, "flt2dec::format"), (3, "format")]
        {
            assert_eq!(end_of_path(path, most), label, "{most}");
        }
        assert_eq!(end_of_path("malloc", 3), "malloc");
    }
}
