//! A row of boxes as what can be seen of it: those narrower than a pixel are drawn together.

use crate::analysis::FlameBox;

/// A part of a row, from left to right on screen, in points.
pub enum Strip {
    /// A box of its own.
    One(FlameBox, f32, f32),
    /// Boxes that are too narrow one by one.
    Many(f32, f32),
}

/// From the layout's units to points on screen and back.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Where 0 is, in points.
    pub origin: f64,
    /// How wide a unit is, in points; above 0.
    pub per_unit: f64,
}

impl Scale {
    fn x(self, units: u64) -> f32 {
        (units as f64).mul_add(self.per_unit, self.origin) as f32
    }

    fn units(self, x: f32) -> u64 {
        ((f64::from(x) - self.origin) / self.per_unit) as u64
    }
}

/// Gives `draw` the strips of `boxes`, which lie from left to right. The number of strips is bounded by that of pixels,
/// and the time by it and the logarithm of the number of boxes.
pub fn strips(boxes: &[FlameBox], scale: Scale, pixel: f32, mut draw: impl FnMut(Strip)) {
    let mut many: Option<(f32, f32)> = None;
    let (mut at, mut count) = (0, 0);
    while let Some(place) = boxes.get(at) {
        let (left, right) = (scale.x(place.x0), scale.x(place.x1));
        if right - left >= pixel {
            many.take().into_iter().for_each(|(from, to)| draw(Strip::Many(from, to)));
            draw(Strip::One(*place, left, right));
            at += 1;
            continue;
        }
        // All that ends within this pixel is one stroke.
        let end = (left / pixel).floor().mul_add(pixel, pixel);
        count = ending_by(boxes.get(at..).unwrap_or(&[]), scale.units(end), count).max(1);
        at += count;
        many = match many {
            Some((from, to)) if left - to <= pixel => Some((from, end)),
            before => {
                before.into_iter().for_each(|(from, to)| draw(Strip::Many(from, to)));
                Some((left, end))
            }
        };
    }
    many.into_iter().for_each(|(from, to)| draw(Strip::Many(from, to)));
}

/// How many of `boxes` end at `last` or before it; about as many as in the pixel before, which is `guess`. Looks ever
/// further from there: in a row of millions that is a search among neighbours, not through all of memory, for each
/// pixel.
fn ending_by(boxes: &[FlameBox], last: u64, guess: usize) -> usize {
    let is_by = |at: usize| boxes.get(at).is_some_and(|place| place.x1 <= last);
    // All before `low` end in time, none from `high` on does.
    let (mut low, mut high) = (0, boxes.len());
    let (mut at, mut step) = (guess, 1);
    if is_by(at) {
        while is_by(at) {
            (low, at, step) = (at + 1, at + step, step * 2);
        }
        high = high.min(at);
    } else {
        while at > 0 && !is_by(at) {
            (high, at, step) = (high.min(at), at.saturating_sub(step), step * 2);
        }
        low = if is_by(at) { at + 1 } else { 0 };
    }
    low + boxes.get(low..high).unwrap_or(&[]).partition_point(|place| place.x1 <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::NodeId;

    #[test]
    fn nothing_narrow_vanishes_and_no_more_is_drawn_than_is_seen() {
        let wide = (0..3u64).map(|n| (n * 1_000, n * 1_000 + 1_000));
        let narrow = (3_000..100_000u64).map(|x| (x, x + 1));
        let boxes: Vec<_> = wide.chain(narrow).map(|(x0, x1)| FlameBox { node: NodeId(0), x0, x1 }).collect();
        let (mut single, mut merged) = (0, Vec::new());
        strips(&boxes, Scale { origin: 0.0, per_unit: 1e-3 }, 1.0, |strip| match strip {
            Strip::One(..) => single += 1,
            Strip::Many(from, to) => merged.push((from, to)),
        });
        assert_eq!((single, merged), (3, vec![(3.0, 100.0)]));
    }

    #[test]
    fn the_last_box_of_a_pixel_is_found() {
        let boxes: Vec<_> = (0..70).map(|x| FlameBox { node: NodeId(0), x0: x, x1: x + 1 }).collect();
        for count in 0..70 {
            for last in 0..80 {
                for guess in 0..90 {
                    let found = ending_by(&boxes[..count], last, guess);
                    assert_eq!(found, count.min(last as usize), "{count} {last} {guess}");
                }
            }
        }
    }
}
