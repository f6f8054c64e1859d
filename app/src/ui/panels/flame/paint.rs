//! Builds the picture: all boxes in one mesh, their labels cut to fit.

use super::super::colours::{ColourBy, Fill};
use super::canvas::Scene;
use super::names::{Names, name_of};
use super::strips::{Scale, Strip, strips};
use super::viewport::{Grows, ROW, Stage, Viewport};
use crate::analysis::{FlameBox, NodeId};
use crate::profile::{FrameId, FrameKind};
use crate::ui::needle::Needle;
use crate::ui::theme::{MONO, Palette};
use crate::ui::widgets::Labels;
use egui::{Color32, Galley, Mesh, Painter, Pos2, Rect, pos2};
use std::sync::Arc;

/// What the picture depends on; it is built anew only when this changes.
#[derive(Clone, PartialEq)]
pub struct PictureKey {
    /// The part on screen.
    pub viewport: Viewport,
    /// Where it is on screen.
    pub stage: Stage,
    /// Its colours.
    pub palette: &'static Palette,
    /// What was searched for.
    pub needle: Needle,
    /// What the colours mean.
    pub colour_by: ColourBy,
    /// What functions are called.
    pub names: Names,
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

/// What a picture is built from.
pub struct Builder<'a> {
    /// The boxes.
    pub scene: &'a Scene<'a>,
    /// Their colours, where they mean nothing else.
    pub fill: Fill<'a>,
    /// Where they go.
    pub key: PictureKey,
}

const PADDING: f32 = 4.0;
/// The edges of boxes that begin or end further outside, in points, are not seen.
const BEYOND: f32 = 4.0;
const SHORTEST_LABEL: usize = 3;

impl Builder<'_> {
    /// Builds the picture.
    pub fn build(self, painter: &Painter, labels: &mut Labels<(FrameId, Names)>) -> Picture {
        let glyph = painter.fonts_mut(|fonts| fonts.glyph_width(&MONO, 'm')).max(1.0);
        let (mesh, drawn) = (Mesh::default(), Vec::new());
        let mut sheet = Sheet { mesh, drawn, labels: Vec::new(), labels_of: labels, painter, glyph };
        for depth in self.key.stage.depths(self.key.viewport, self.scene.view.layout.row_count()) {
            self.row(depth, &mut sheet);
        }
        let Sheet { mesh, labels, drawn, .. } = sheet;
        Picture { key: self.key, mesh: Arc::new(mesh), labels, drawn }
    }

    fn row(&self, depth: usize, sheet: &mut Sheet<'_>) {
        let Viewport { from, to, .. } = self.key.viewport;
        let width = self.scene.view.layout.width() as f64;
        let top = self.key.stage.top_of(depth, self.key.viewport);
        let boxes = self.scene.view.layout.visible(depth, (from * width) as u64, (to * width).ceil() as u64);
        strips(boxes, self.scale(), 1.0 / self.key.pixels, |strip| match strip {
            Strip::One(place, left, right) => self.one(&place, (left, right), top, sheet),
            Strip::Many(left, right) => self.many((left, right), top, sheet),
        });
    }

    /// Draws the boxes that are too narrow one by one.
    fn many(&self, (left, right): (f32, f32), top: f32, sheet: &mut Sheet<'_>) {
        let canvas = &self.key.palette.canvas;
        // Their own colour must not be taken for one that means something.
        let is_plain = self.scene.hits.is_none() && self.scene.meaning.is_none();
        let colour = if is_plain { canvas.merged } else { canvas.dimmed };
        let rect = Rect::from_min_max(pos2(left, top), pos2(right, top + ROW - 1.0));
        sheet.mesh.add_colored_rect(rect.intersect(self.key.stage.rect), colour);
    }

    fn one(&self, place: &FlameBox, (left, right): (f32, f32), top: f32, sheet: &mut Sheet<'_>) {
        let frame = self.scene.view.frame(place.node);
        let rect = self.key.stage.rect;
        // What lies outside can be as far away as floats lose points at.
        let (left, right) = (left.max(rect.left() - BEYOND), right.min(rect.right() + BEYOND));
        // A gap of a pixel sets boxes apart; what was inlined is one with its caller and has none towards it.
        let gap = if right - left > 3.0 { 1.0 } else { 0.0 };
        let mut whole = Rect::from_min_max(pos2(left, top), pos2(right - gap, top + ROW - 1.0));
        if self.scene.profile.frames().get(frame).kind == FrameKind::Inlined {
            match self.key.stage.grows {
                Grows::Down => whole.min.y -= 1.0,
                Grows::Up => whole.max.y += 1.0,
            }
        }
        let rect = whole.intersect(rect);
        if !rect.is_positive() {
            return;
        }
        let (fill, ink) = self.colours(place.node, frame);
        sheet.mesh.add_colored_rect(rect, fill);
        sheet.drawn.push(Drawn { node: place.node, frame, rect });
        let fits = ((rect.width() - 2.0 * PADDING) / sheet.glyph).floor().max(0.0) as usize;
        if fits >= SHORTEST_LABEL && top + ROW > self.key.stage.rect.top() {
            let names = self.key.names;
            let name = name_of(self.scene.profile, frame, names);
            let galley = sheet.labels_of.get(sheet.painter, (frame, names), name, fits);
            let drop = ((ROW - 1.0 - galley.size().y) / 2.0).floor();
            sheet.labels.push((pos2(rect.left() + PADDING, top + drop), galley, ink));
        }
    }

    /// The colours of a box and of the text in it.
    fn colours(&self, node: NodeId, frame: FrameId) -> (Color32, Color32) {
        let palette = self.key.palette;
        let canvas = &palette.canvas;
        match self.scene.hits.map(|hits| hits.has(frame)) {
            Some(true) => (canvas.hit, palette.ink_on(canvas.hit)),
            Some(false) => (canvas.dimmed, palette.weak),
            None if frame == FrameId::ROOT => (canvas.root, palette.text),
            None => {
                let fill = match self.scene.meaning {
                    Some(meaning) => meaning.fill(node, palette),
                    None => self.fill.of(self.scene.view, node, frame),
                };
                (fill, palette.ink_on(fill))
            }
        }
    }

    /// Where the layout is on screen.
    fn scale(&self) -> Scale {
        let (viewport, rect) = (self.key.viewport, self.key.stage.rect);
        let width = f64::from(rect.width()) / viewport.span();
        let per_unit = width / self.scene.view.layout.width().max(1) as f64;
        Scale { origin: f64::from(rect.left()) - viewport.from * width, per_unit }
    }
}

struct Sheet<'a> {
    mesh: Mesh,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    drawn: Vec<Drawn>,
    labels_of: &'a mut Labels<(FrameId, Names)>,
    painter: &'a Painter,
    /// How wide a letter is, in points.
    glyph: f32,
}
