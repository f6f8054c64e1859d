//! Which part of the flame graph is on screen, and where.

use crate::analysis::{FlameBox, NodeId};
use crate::ui::views::FlameView;
use egui::Rect;
use std::ops::Range;

/// The height of a row with the gap below, in points.
pub const ROW: f32 = 19.0;

/// A box with the focus is at least so wide, in points, so that its ring is seen.
const LEAST_FOCUSED: f64 = 24.0;

/// Which way rows go from the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grows {
    /// The root is on top.
    #[default]
    Down,
    /// The root is at the bottom.
    Up,
}

/// Where a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// The canvas.
    pub rect: Rect,
    /// Which way rows go.
    pub grows: Grows,
    /// The depth of the row at the edge.
    pub first_row: usize,
}

impl Stage {
    /// The upper edge of the row at `depth`.
    pub fn top_of(&self, depth: usize, viewport: Viewport) -> f32 {
        let row = depth as f32 - self.first_row as f32;
        match self.grows {
            Grows::Down => self.rect.top() + row * ROW - viewport.down,
            Grows::Up => self.rect.bottom() - (row + 1.0) * ROW + viewport.down,
        }
    }

    /// The depth of the row at height `y`.
    pub fn depth_at(&self, y: f32, viewport: Viewport) -> usize {
        let from_edge = match self.grows {
            Grows::Down => y - self.rect.top(),
            Grows::Up => self.rect.bottom() - y,
        };
        self.first_row + ((from_edge + viewport.down) / ROW).max(0.0) as usize
    }

    /// The depths that are on screen.
    pub fn depths(&self, viewport: Viewport, rows: usize) -> Range<usize> {
        let first = self.first_row + (viewport.down / ROW).floor().max(0.0) as usize;
        first..(first + (self.rect.height() / ROW).ceil() as usize + 1).min(rows)
    }

    /// What moves the picture down by so many points on screen, away from the root or towards it.
    pub fn away(&self, points: f32) -> f32 {
        match self.grows {
            Grows::Down => points,
            Grows::Up => -points,
        }
    }
}

/// The part that is on screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// The left edge as a share of the whole, from 0.
    pub from: f64,
    /// The right edge as a share of the whole, to 1.
    pub to: f64,
    /// How far from the root's row it begins, in points.
    pub down: f32,
}

impl Default for Viewport {
    fn default() -> Self {
        Viewport { from: 0.0, to: 1.0, down: 0.0 }
    }
}

/// Beyond this, `f64` shares of a `u64` lose whole units.
const NARROWEST: f64 = 1e-12;

impl Viewport {
    /// Is the whole width on screen?
    pub fn is_whole(self) -> bool {
        self.from <= 0.0 && self.to >= 1.0
    }

    /// How much of the width is on screen, as a share.
    pub fn span(self) -> f64 {
        self.to - self.from
    }

    /// The part in which the box of `node` fills the width; a few of its callers stay on screen above it.
    #[must_use]
    pub fn fitted(self, view: &FlameView, node: NodeId) -> Viewport {
        let [from, to] = view.share(node);
        self.showing(from, to - from)
    }

    /// Where the same part of a box is that went from one share of the whole to another.
    #[must_use]
    pub fn carried(self, before: [f64; 2], now: [f64; 2]) -> Viewport {
        let factor = (now[1] - now[0]) / (before[1] - before[0]).max(NARROWEST);
        self.showing(now[0] + (self.from - before[0]) * factor, self.span() * factor)
    }

    /// Moved and zoomed no further than it takes to see the box `place` of a graph that is `whole` wide, in the row at
    /// `depth`.
    #[must_use]
    pub fn revealing(self, place: FlameBox, whole: u64, depth: usize, stage: &Stage) -> Viewport {
        let whole = whole.max(1) as f64;
        let (x0, x1) = (place.x0 as f64 / whole, place.x1 as f64 / whole);
        let least = (x1 - x0) * f64::from(stage.rect.width()) / LEAST_FOCUSED;
        let span = self.span().min(least.max(NARROWEST));
        let seen = self.from.max(x0)..self.to.min(x1);
        let is_seen = span == self.span() && seen.end - seen.start >= (x1 - x0).min(span / 4.0);
        let from = if is_seen { self.from } else { (x0 + x1 - span) / 2.0 };
        let row = depth.saturating_sub(stage.first_row) as f32 * ROW;
        let down = self.down.min(row).max(row + ROW - stage.rect.height()).max(0.0);
        Viewport { down, ..self }.showing(from, span)
    }

    /// Zoomed by `factor` (above 1 shows less) around the point at the share `at` of the screen's width.
    #[must_use]
    pub fn zoomed(self, factor: f64, at: f64) -> Viewport {
        let fixed = self.from + at * self.span();
        let span = (self.span() / factor).clamp(NARROWEST, 1.0);
        self.showing(fixed - at * span, span)
    }

    /// Moved right by the share `right` of the screen's width, and down by `down` points.
    #[must_use]
    pub fn moved(self, right: f64, down: f32) -> Viewport {
        let moved = Viewport { down: (self.down + down).max(0.0), ..self };
        moved.showing(self.from + right * self.span(), self.span())
    }

    /// No further down than the last rows.
    #[must_use]
    pub fn within_height(self, rows: usize, height: f32) -> Viewport {
        let most = (rows as f32 * ROW - height).max(0.0);
        Viewport { down: self.down.clamp(0.0, most), ..self }
    }

    /// The part that is `span` wide and begins at `from`, or as near to it as the whole allows. The span is given,
    /// not worked out from the edges, so that what cannot move stays the same to the bit.
    fn showing(self, from: f64, span: f64) -> Viewport {
        let span = span.clamp(NARROWEST, 1.0);
        let from = from.clamp(0.0, 1.0 - span);
        Viewport { from, to: from + span, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grows, ROW, Stage, Viewport};
    use crate::analysis::{FlameBox, NodeId};
    use egui::{Rect, pos2};

    fn assert_near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let start = Viewport { from: 0.2, to: 0.6, down: 0.0 };
        for at in [0.0, 0.3, 1.0] {
            let zoomed = start.zoomed(2.0, at);
            assert_near(zoomed.span(), 0.2);
            assert_near(start.from + at * start.span(), zoomed.from + at * zoomed.span());
        }
    }

    #[test]
    fn nothing_leaves_the_whole() {
        let whole = Viewport::default();
        assert_eq!(whole.zoomed(0.1, 0.3), whole);
        assert_eq!(whole.moved(0.15, 0.0), whole);
        let right = Viewport { from: 0.5, to: 0.9, down: 0.0 }.moved(10.0, -5.0);
        assert_near(right.to, 1.0);
        assert_near(right.span(), 0.4);
        assert_eq!(right.down, 0.0);
    }

    #[test]
    fn rows_are_found_where_they_are_drawn() {
        let rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(110.0, 220.0));
        let viewport = Viewport { down: 30.0, ..Viewport::default() };
        for (grows, first_row) in [(Grows::Down, 0), (Grows::Up, 0), (Grows::Down, 1), (Grows::Up, 1)] {
            let stage = Stage { rect, grows, first_row };
            for depth in stage.depths(viewport, 100) {
                let middle = stage.top_of(depth, viewport) + ROW / 2.0;
                assert!(middle + ROW > rect.top() && middle - ROW < rect.bottom() + ROW, "{stage:?} {depth}");
                if rect.y_range().contains(middle) {
                    assert_eq!(stage.depth_at(middle, viewport), depth, "{stage:?}");
                }
            }
        }
    }

    #[test]
    fn a_box_is_brought_into_sight() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(1_000.0, 190.0));
        let stage = Stage { rect, grows: Grows::Down, first_row: 0 };
        let place = |x0, x1| FlameBox { node: NodeId(1), x0, x1 };
        let start = Viewport { from: 0.0, to: 0.1, down: 0.0 };
        assert_eq!(start.revealing(place(0, 50), 1_000, 3, &stage), start, "it is in sight already");
        let right = start.revealing(place(500, 520), 1_000, 3, &stage);
        assert!(right.from <= 0.5 && right.to >= 0.52);
        assert_near(right.span(), 0.1);
        let narrow = Viewport::default().revealing(place(500_000, 500_001), 1_000_000, 30, &stage);
        assert_near(narrow.span(), 1e-6 * 1_000.0 / 24.0);
        assert!(narrow.from <= 0.5 && narrow.to >= 0.500_001);
        assert_eq!(narrow.down, 31.0 * ROW - 190.0);
    }

    #[test]
    fn what_is_seen_of_a_box_goes_with_it() {
        let start = Viewport { from: 0.3, to: 0.5, down: 7.0 };
        let carried = start.carried([0.2, 0.6], [0.1, 0.3]);
        assert_near(carried.from, 0.15);
        assert_near(carried.to, 0.25);
        assert_eq!(carried.down, 7.0);
        assert_eq!(start.carried([0.0, 1.0], [0.0, 1.0]).from, start.from, "the whole stays where it is");
    }

    #[test]
    fn depth_ends_with_the_last_row() {
        let deep = Viewport { down: 1e9, ..Viewport::default() };
        assert_eq!(deep.within_height(10, 1_000.0).down, 0.0);
        assert_eq!(deep.within_height(100, 190.0).down, 90.0 * ROW);
    }
}
