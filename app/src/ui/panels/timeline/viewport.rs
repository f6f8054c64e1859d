//! Which part of the run is on screen.

use std::ops::Range;

/// The part that is on screen, in nanoseconds since the recording began. `f64` tells each nanosecond of a hundred days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// The left edge.
    pub from: f64,
    /// The right edge.
    pub to: f64,
    /// How far down it is, in points.
    pub down: f32,
}

/// Nothing happens within less.
const NARROWEST_NANOS: f64 = 100.0;

impl Viewport {
    /// All of a run.
    pub fn whole(duration_nanos: u64) -> Viewport {
        Viewport { from: 0.0, to: longest(duration_nanos), down: 0.0 }
    }

    /// How much is on screen, in nanoseconds.
    pub fn span(self) -> f64 {
        self.to - self.from
    }

    /// The moment at a share of the width, from 0 to 1.
    pub fn moment(self, share: f64) -> f64 {
        self.from + share * self.span()
    }

    /// The share of the width at which a moment is.
    pub fn share(self, nanos: u64) -> f64 {
        (nanos as f64 - self.from) / self.span()
    }

    /// Zoomed by `factor` (above 1 shows less) around the moment at the share `at` of the width.
    #[must_use]
    pub fn zoomed(self, factor: f64, at: f64, duration_nanos: u64) -> Viewport {
        let fixed = self.moment(at);
        let span = (self.span() / factor).clamp(NARROWEST_NANOS, longest(duration_nanos));
        let from = fixed - at * span;
        Viewport { from, to: from + span, ..self }.within(duration_nanos)
    }

    /// Moved right by the share `right` of the width, and down by `down` points.
    #[must_use]
    pub fn moved(self, right: f64, down: f32, duration_nanos: u64) -> Viewport {
        let by = right * self.span();
        Viewport { from: self.from + by, to: self.to + by, down: self.down + down }.within(duration_nanos)
    }

    /// With a range in its middle, and a little around it.
    #[must_use]
    pub fn fitted(self, range: &Range<u64>, duration_nanos: u64) -> Viewport {
        let length = range.end.saturating_sub(range.start) as f64;
        let margin = (length * 0.05).max(NARROWEST_NANOS / 2.0);
        let (from, to) = (range.start as f64 - margin, range.start as f64 + length + margin);
        Viewport { from, to, ..self }.within(duration_nanos)
    }

    /// With a moment in sight: as it is if it has it, or else around it.
    #[must_use]
    pub fn showing(self, nanos: u64, duration_nanos: u64) -> Viewport {
        if (0.02..=0.98).contains(&self.share(nanos)) {
            return self;
        }
        let from = nanos as f64 - self.span() / 2.0;
        Viewport { from, to: from + self.span(), ..self }.within(duration_nanos)
    }

    /// No further down than the last lane, of which there is so much below what is on screen.
    #[must_use]
    pub fn within_height(self, most: f32) -> Viewport {
        Viewport { down: self.down.clamp(0.0, most.max(0.0)), ..self }
    }

    fn within(self, duration_nanos: u64) -> Viewport {
        let all = longest(duration_nanos);
        let span = self.span().clamp(NARROWEST_NANOS, all);
        let from = self.from.clamp(0.0, all - span);
        Viewport { from, to: from + span, ..self }
    }
}

/// A run without length has a moment all the same.
fn longest(duration_nanos: u64) -> f64 {
    (duration_nanos as f64).max(NARROWEST_NANOS)
}

#[cfg(test)]
mod tests {
    use super::Viewport;

    const RUN: u64 = 1_000_000_000;

    #[test]
    fn zooming_keeps_the_moment_under_the_pointer() {
        let start = Viewport { from: 2e8, to: 6e8, down: 3.0 };
        for at in [0.0, 0.3, 1.0] {
            let zoomed = start.zoomed(2.0, at, RUN);
            assert!((zoomed.span() - 2e8).abs() < 1.0 && zoomed.down == 3.0);
            assert!((start.moment(at) - zoomed.moment(at)).abs() < 1.0);
        }
        assert_eq!(start.zoomed(1e30, 0.5, RUN).span(), 100.0);
        assert_eq!(start.zoomed(1e-30, 0.5, RUN), Viewport { down: 3.0, ..Viewport::whole(RUN) });
    }

    #[test]
    fn nothing_leaves_the_run() {
        for run in [0, 1, RUN] {
            let whole = Viewport::whole(run);
            assert!(whole.span() >= 100.0);
            assert_eq!(whole.moved(5.0, 0.0, run), whole);
            assert_eq!(whole.fitted(&(0..u64::MAX), run), whole);
        }
        let right = Viewport { from: 5e8, to: 9e8, down: 0.0 }.moved(10.0, 0.0, RUN);
        assert_eq!((right.from, right.to), (6e8, 1e9));
    }

    #[test]
    fn what_is_fitted_or_stepped_to_is_in_sight() {
        let narrow = Viewport { from: 1e8, to: 1.01e8, down: 0.0 };
        let fitted = narrow.fitted(&(400_000_000..600_000_000), RUN);
        assert!(fitted.from < 4e8 && fitted.to > 6e8 && fitted.span() < 2.3e8);
        assert_eq!(narrow.showing(100_500_000, RUN), narrow);
        assert!((narrow.showing(700_000_000, RUN).share(700_000_000) - 0.5).abs() < 1e-6);
    }
}
