//! Which part of the flame graph is on screen.

use crate::analysis::NodeId;
use crate::ui::views::FlameView;

/// The height of a row with the gap below, in points.
pub const ROW: f32 = 19.0;

/// The part that is on screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// The left edge as a share of the whole, from 0.
    pub from: f64,
    /// The right edge as a share of the whole, to 1.
    pub to: f64,
    /// How far down it is, in points.
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
        let Some(place) = view.layout.box_of(node) else { return self };
        let width = view.layout.width().max(1) as f64;
        let fitted = Viewport { from: place.x0 as f64 / width, to: place.x1 as f64 / width, ..self };
        fitted.clamped()
    }

    /// Zoomed by `factor` (above 1 shows less) around the point at the share `at` of the screen's width.
    #[must_use]
    pub fn zoomed(self, factor: f64, at: f64) -> Viewport {
        let fixed = self.from + at * self.span();
        let span = (self.span() / factor).clamp(NARROWEST, 1.0);
        let from = fixed - at * span;
        Viewport { from, to: from + span, ..self }.clamped()
    }

    /// Moved right by the share `right` of the screen's width, and down by `down` points.
    #[must_use]
    pub fn moved(self, right: f64, down: f32) -> Viewport {
        let by = right * self.span();
        Viewport { from: self.from + by, to: self.to + by, down: self.down + down }.clamped()
    }

    /// No further down than the last rows.
    #[must_use]
    pub fn within_height(self, rows: usize, height: f32) -> Viewport {
        let most = (rows as f32 * ROW - height).max(0.0);
        Viewport { down: self.down.clamp(0.0, most), ..self }
    }

    fn clamped(self) -> Viewport {
        let span = self.span().clamp(NARROWEST, 1.0);
        let from = self.from.clamp(0.0, 1.0 - span);
        Viewport { from, to: from + span, down: self.down.max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::Viewport;

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
        let right = Viewport { from: 0.5, to: 0.9, down: 0.0 }.moved(10.0, -5.0);
        assert_near(right.to, 1.0);
        assert_near(right.span(), 0.4);
        assert_eq!(right.down, 0.0);
    }

    #[test]
    fn depth_ends_with_the_last_row() {
        let deep = Viewport { down: 1e9, ..Viewport::default() };
        assert_eq!(deep.within_height(10, 1_000.0).down, 0.0);
        assert_eq!(deep.within_height(100, 190.0).down, 90.0 * super::ROW);
    }
}
