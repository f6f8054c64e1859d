//! A row of boxes as what can be seen of it: those narrower than a pixel are drawn together.

use crate::analysis::{BLOCK_BOXES, FlameBox, FlameRow};

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

/// Gives `draw` the strips of `row`, from left to right. The number of strips is bounded by that of pixels. Blocks in
/// which nothing can be told apart are one step each, whatever is in them; elsewhere the time is bounded by the number
/// of pixels and the logarithm of that of boxes.
pub fn strips(row: FlameRow<'_>, scale: Scale, pixel: f32, draw: impl FnMut(Strip)) {
    let FlameRow { boxes, before, blocks } = row;
    let narrow = (f64::from(pixel) / scale.per_unit) as u64;
    let mut strips = Strips { scale, pixel, many: None, draw };
    let mut at = 0;
    while at < boxes.len() {
        let block = (before + at) / BLOCK_BOXES;
        let end = ((block + 1) * BLOCK_BOXES - before).min(boxes.len());
        let is_whole = end - at == BLOCK_BOXES;
        match blocks.get(block).filter(|block| is_whole && block.widest < narrow) {
            Some(block) => strips.add_narrow(scale.x(block.x0), strips.pixel_end(scale.x(block.x1))),
            None => strips.add_boxes(boxes.get(at..end).unwrap_or(&[])),
        }
        at = end;
    }
    strips.end_many();
}

struct Strips<D> {
    scale: Scale,
    pixel: f32,
    /// What is too narrow so far.
    many: Option<(f32, f32)>,
    draw: D,
}

impl<D: FnMut(Strip)> Strips<D> {
    fn add_boxes(&mut self, boxes: &[FlameBox]) {
        let Strips { scale, pixel, .. } = *self;
        let (mut at, mut count) = (0, 0);
        while let Some(place) = boxes.get(at) {
            let (left, right) = (scale.x(place.x0), scale.x(place.x1));
            if right - left >= pixel {
                self.end_many();
                (self.draw)(Strip::One(*place, left, right));
                at += 1;
                continue;
            }
            // All that ends within this pixel is one stroke.
            let end = self.pixel_end(left);
            count = ending_by(boxes.get(at..).unwrap_or(&[]), scale.units(end), count).max(1);
            at += count;
            self.add_narrow(left, end);
        }
    }

    /// Where the pixel of `x` ends: a stroke that ends before it may be drawn on none.
    fn pixel_end(&self, x: f32) -> f32 {
        (x / self.pixel).floor().mul_add(self.pixel, self.pixel)
    }

    /// Adds what is too narrow to be told apart.
    fn add_narrow(&mut self, left: f32, right: f32) {
        self.many = match self.many {
            Some((from, to)) if left - to <= self.pixel => Some((from, right.max(to))),
            _ => {
                self.end_many();
                Some((left, right))
            }
        };
    }

    fn end_many(&mut self) {
        self.many.take().into_iter().for_each(|(from, to)| (self.draw)(Strip::Many(from, to)));
    }
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
    use crate::analysis::{NodeId, block_of};
    use std::ops::Range;

    fn strips_of(boxes: &[FlameBox], part: Range<usize>, scale: Scale) -> (usize, Vec<(f32, f32)>) {
        let blocks: Vec<_> = boxes.chunks(BLOCK_BOXES).filter_map(block_of).collect();
        let row = FlameRow { boxes: &boxes[part.clone()], before: part.start, blocks: &blocks };
        let (mut single, mut merged) = (0, Vec::new());
        strips(row, scale, 1.0, |strip| match strip {
            Strip::One(..) => single += 1,
            Strip::Many(from, to) => merged.push((from, to)),
        });
        (single, merged)
    }

    fn boxes(places: impl Iterator<Item = (u64, u64)>) -> Vec<FlameBox> {
        places.map(|(x0, x1)| FlameBox { node: NodeId(0), x0, x1 }).collect()
    }

    #[test]
    fn nothing_narrow_vanishes_and_no_more_is_drawn_than_is_seen() {
        let wide = (0..3u64).map(|n| (n * 1_000, n * 1_000 + 1_000));
        let narrow = (3_000..100_000u64).map(|x| (x, x + 1));
        let boxes = boxes(wide.chain(narrow));
        let scale = Scale { origin: 0.0, per_unit: 1e-3 };
        assert_eq!(strips_of(&boxes, 0..boxes.len(), scale), (3, vec![(3.0, 100.0)]));
        // Wherever the part on screen begins and ends in a block.
        for cut in 1..200 {
            let (single, merged) = strips_of(&boxes, cut..boxes.len() - cut, scale);
            assert_eq!((single, merged.len()), (3usize.saturating_sub(cut), 1), "{cut}");
            assert!(merged[0].0 < 3.3 && merged[0].1 > 99.7, "{cut}: {merged:?}");
        }
    }

    #[test]
    fn a_few_narrow_ones_far_from_all_others_are_seen() {
        let boxes = boxes((0..64).map(|x| (1_000_000 + x, 1_000_001 + x)));
        let (_, merged) = strips_of(&boxes, 0..64, Scale { origin: 0.0, per_unit: 1e-5 });
        assert_eq!(merged, [(10.0, 11.0)]);
    }

    #[test]
    fn gaps_that_can_be_seen_stay() {
        let far_apart = (0..1_000u64).map(|n| (n * 10, n * 10 + 1));
        let boxes = boxes(far_apart);
        let seen = |per_unit| strips_of(&boxes, 0..1_000, Scale { origin: 0.0, per_unit }).1.len();
        assert_eq!(seen(0.5), 1_000, "boxes of half a pixel, five pixels apart");
        assert_eq!(seen(0.05), 1, "boxes and gaps within a pixel");
    }

    #[test]
    fn the_last_box_of_a_pixel_is_found() {
        let boxes = boxes((0..70).map(|x| (x, x + 1)));
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
