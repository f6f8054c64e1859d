//! Builds the picture: all boxes in one mesh, their labels cut to fit.

use super::colours;
use super::find::Search;
use super::viewport::{ROW, Viewport};
use crate::analysis::{FlameBox, NodeId};
use crate::profile::{FrameId, FrameKind, Profile};
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::FlameView;
use egui::{Color32, Galley, Mesh, Painter, Pos2, Rect, pos2};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What the picture depends on; it is built anew only when this changes.
#[derive(Clone, PartialEq)]
pub struct PictureKey {
    /// The part on screen.
    pub viewport: Viewport,
    /// Where it is on screen.
    pub rect: Rect,
    /// Its colours.
    pub palette: &'static Palette,
    /// What is searched for.
    pub needle: String,
    /// Pixels a point.
    pub pixels: f32,
}

/// A box that is wide enough to be pointed at.
pub struct Drawn {
    /// Its node.
    pub node: NodeId,
    /// Its function.
    pub frame: FrameId,
    /// Its place on screen.
    pub rect: Rect,
}

/// The boxes on screen.
pub struct Picture {
    key: PictureKey,
    mesh: Arc<Mesh>,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    /// The boxes at least a pixel wide.
    pub drawn: Vec<Drawn>,
}

impl Picture {
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
}

/// Labels that were laid out before, by function and length.
#[derive(Default)]
pub struct Labels {
    galleys: FxHashMap<(FrameId, usize), Arc<Galley>>,
    probe: Option<Arc<Galley>>,
}

/// More than a screen can show, so that what is in use is rarely laid out twice.
const MOST_LABELS: usize = 20_000;

impl Labels {
    /// Drops the labels whose glyphs are gone: another theme, another scale and a full atlas draw all glyphs anew.
    /// Says whether they were. To be asked in every frame.
    ///
    /// The toolkit lays a text out again only when its glyphs are gone, so one text tells of all.
    pub fn refresh(&mut self, painter: &Painter) -> bool {
        let probe = painter.layout_no_wrap("glyphs".to_owned(), MONO, Color32::PLACEHOLDER);
        let same = self.probe.as_ref().is_some_and(|known| Arc::ptr_eq(known, &probe));
        self.probe = Some(probe);
        if !same {
            self.galleys.clear();
        }
        !same
    }

    /// The label of `frame` in so many characters.
    pub fn get(&mut self, painter: &Painter, profile: &Profile, frame: FrameId, most: usize) -> Arc<Galley> {
        if self.galleys.len() > MOST_LABELS {
            self.galleys.clear();
        }
        let galley = self.galleys.entry((frame, most)).or_insert_with(|| {
            let text = cut(&profile.frames().get(frame).short, most);
            painter.layout_no_wrap(text, MONO, Color32::PLACEHOLDER)
        });
        Arc::clone(galley)
    }
}

/// The first characters of `text`, with `…` where some are missing.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What a picture is built from.
pub struct Builder<'a> {
    /// Names and kinds of the functions.
    pub profile: &'a Profile,
    /// The boxes.
    pub view: &'a FlameView,
    /// Which of them are searched for.
    pub search: &'a Search,
    /// Their colours, by frame.
    pub colours: &'a [Color32],
    /// Where they go.
    pub key: PictureKey,
}

const PADDING: f32 = 4.0;
const SHORTEST_LABEL: usize = 3;

impl Builder<'_> {
    /// Builds the picture.
    pub fn build(self, painter: &Painter, labels: &mut Labels) -> Picture {
        let mut sheet =
            Sheet { mesh: Mesh::default(), labels: Vec::new(), drawn: Vec::new(), labels_of: labels };
        let glyph = painter.fonts_mut(|fonts| fonts.glyph_width(&MONO, 'm')).max(1.0);
        let rect = self.key.rect;
        let first = (self.key.viewport.down / ROW).floor().max(0.0) as usize;
        let count = (rect.height() / ROW).ceil() as usize + 1;
        for depth in first..(first + count).min(self.view.layout.row_count()) {
            self.row(depth, painter, glyph, &mut sheet);
        }
        let Sheet { mesh, labels, drawn, .. } = sheet;
        Picture { key: self.key, mesh: Arc::new(mesh), labels, drawn }
    }

    fn row(&self, depth: usize, painter: &Painter, glyph: f32, sheet: &mut Sheet<'_>) {
        let Viewport { from, to, down } = self.key.viewport;
        let width = self.view.layout.width() as f64;
        let top = self.key.rect.top() + depth as f32 * ROW - down;
        let boxes = self.view.layout.visible(depth, (from * width) as u64, (to * width).ceil() as u64);
        let pixel = 1.0 / self.key.pixels;
        let mut merged: Option<(f32, f32)> = None;
        let mut at = 0;
        while let Some(place) = boxes.get(at) {
            let (left, right) = (self.x(place.x0), self.x(place.x1));
            if right - left >= pixel {
                self.flush(&mut merged, top, sheet);
                self.one(place, (left, right), top, painter, glyph, sheet);
                at += 1;
                continue;
            }
            // All that ends within this pixel is one stroke; the search gallops over however many that are.
            let end = (left / pixel).floor().mul_add(pixel, pixel);
            let rest = &boxes[at..];
            at += rest.partition_point(|place| self.x(place.x1) <= end).max(1);
            merged = match merged {
                Some((start, last)) if left - last <= pixel => Some((start, end)),
                other => {
                    self.flush(&mut other.clone(), top, sheet);
                    Some((left, end))
                }
            };
        }
        self.flush(&mut merged, top, sheet);
    }

    /// Draws the boxes that were too narrow one by one as one.
    fn flush(&self, merged: &mut Option<(f32, f32)>, top: f32, sheet: &mut Sheet<'_>) {
        if let Some((left, right)) = merged.take() {
            let canvas = &self.key.palette.canvas;
            let colour = if self.search.is_on() { canvas.dimmed } else { canvas.merged };
            let rect = Rect::from_min_max(pos2(left, top), pos2(right, top + ROW - 1.0));
            sheet.mesh.add_colored_rect(rect.intersect(self.key.rect), colour);
        }
    }

    fn one(
        &self,
        place: &FlameBox,
        (left, right): (f32, f32),
        top: f32,
        painter: &Painter,
        glyph: f32,
        sheet: &mut Sheet<'_>,
    ) {
        let canvas = &self.key.palette.canvas;
        let frame = self.view.frame(place.node);
        // A gap of a pixel sets boxes apart; what was inlined is one with its caller and has none above it.
        let gap = if right - left > 3.0 { 1.0 } else { 0.0 };
        let inlined = self.profile.frames().get(frame).kind == FrameKind::Inlined;
        let top_edge = if inlined { top - 1.0 } else { top };
        let whole = Rect::from_min_max(pos2(left, top_edge), pos2(right - gap, top + ROW - 1.0));
        let rect = whole.intersect(self.key.rect);
        if !rect.is_positive() {
            return;
        }
        let (fill, ink) = match (self.search.is_on(), self.search.hits(frame)) {
            (true, true) => (canvas.hit, canvas.label),
            (true, false) => (canvas.dimmed, canvas.dimmed_label),
            _ if frame == FrameId::ROOT => (canvas.root, self.key.palette.text),
            _ => (colours::of(self.colours, frame, self.key.palette), canvas.label),
        };
        sheet.mesh.add_colored_rect(rect, fill);
        sheet.drawn.push(Drawn { node: place.node, frame, rect });
        let fits = ((rect.width() - 2.0 * PADDING) / glyph).floor().max(0.0) as usize;
        if fits >= SHORTEST_LABEL && top + ROW > self.key.rect.top() {
            let galley = sheet.labels_of.get(painter, self.profile, frame, fits);
            let drop = ((ROW - 1.0 - galley.size().y) / 2.0).floor();
            sheet.labels.push((pos2(rect.left() + PADDING, top + drop), galley, ink));
        }
    }

    /// Where `x` of the layout is on screen.
    fn x(&self, x: u64) -> f32 {
        let Viewport { from, to, .. } = self.key.viewport;
        let share = x as f64 / self.view.layout.width().max(1) as f64;
        let rect = self.key.rect;
        let at = (share - from) / (to - from) * f64::from(rect.width());
        rect.left() + at.clamp(-4.0, f64::from(rect.width()) + 4.0) as f32
    }
}

struct Sheet<'a> {
    mesh: Mesh,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    drawn: Vec<Drawn>,
    labels_of: &'a mut Labels,
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn labels_are_cut_at_characters() {
        for (text, most, label) in [("parse", 5, "parse"), ("parse", 4, "par…"), ("größer", 4, "grö…")]
        {
            assert_eq!(cut(text, most), label);
        }
    }
}
