//! Parts as boxes within boxes, their areas as their bytes.
//!
//! The boxes of a part are laid out by the squarified algorithm (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000):
//! rows along the shorter side, each taking boxes as long as that makes the longest of them no longer.

use super::{ModuleSize, SizeId};

/// A rectangle, in any unit. x goes right, y goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

impl Area {
    fn size(&self) -> f64 {
        self.width * self.height
    }

    fn shorter(&self) -> f64 {
        self.width.min(self.height)
    }

    /// Without `margin` at all sides and `header` at the top.
    fn inside(&self, margin: f64, header: f64) -> Area {
        Area {
            x: self.x + margin,
            y: self.y + margin + header,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - header).max(0.0),
        }
    }

    /// The first part of it along its longer side, of a share from 0 to 1, and what is left.
    fn split(&self, share: f64) -> (Area, Area) {
        if self.width >= self.height {
            let width = self.width * share;
            let rest = Area { x: self.x + width, width: self.width - width, ..*self };
            (Area { width, ..*self }, rest)
        } else {
            let height = self.height * share;
            let rest = Area { y: self.y + height, height: self.height - height, ..*self };
            (Area { height, ..*self }, rest)
        }
    }
}

/// Lays out boxes with areas as `weights`, which fall, so that they cover `area`. Those of weight 0 have no area.
pub fn squarified(weights: &[u64], area: Area) -> Vec<Area> {
    let mut boxes = Vec::with_capacity(weights.len());
    let mut left: f64 = weights.iter().map(|weight| *weight as f64).sum();
    let mut free = area;
    let mut rest = weights;
    while let Some(count) = row_length(rest, free, left) {
        let (row, behind) = rest.split_at(count);
        let weight: f64 = row.iter().map(|weight| *weight as f64).sum();
        // The last row takes all that is left, whatever rounding made of it.
        let share = if behind.is_empty() || left <= 0.0 { 1.0 } else { (weight / left).min(1.0) };
        let (strip, free_behind) = free.split(share);
        lay_row(row, weight, strip, free.width >= free.height, &mut boxes);
        (free, rest, left) = (free_behind, behind, left - weight);
    }
    boxes
}

/// How many of `weights` stand in the next row; `None` behind the last.
fn row_length(weights: &[u64], free: Area, left: f64) -> Option<usize> {
    let first = *weights.first()? as f64;
    let side = free.shorter();
    let scale = if left > 0.0 { free.size() / left } else { 0.0 };
    let (mut sum, mut worst) = (first, f64::INFINITY);
    for (count, weight) in weights.iter().map(|weight| *weight as f64).enumerate() {
        let with = if count == 0 { first } else { sum + weight };
        let aspect = worst_aspect(first * scale, weight * scale, with * scale, side);
        if count > 0 && aspect > worst {
            return Some(count);
        }
        (sum, worst) = (with, aspect);
    }
    Some(weights.len())
}

/// The longest box of a row, its longer side by its shorter one, by the areas of the largest and smallest box and of
/// all.
fn worst_aspect(largest: f64, smallest: f64, row: f64, side: f64) -> f64 {
    let (side, row) = (side * side, row * row);
    (side * largest / row).max(row / (side * smallest))
}

/// Boxes one behind the other in a strip, downwards or to the right.
fn lay_row(row: &[u64], all: f64, strip: Area, downwards: bool, boxes: &mut Vec<Area>) {
    let (length, mut before) = (if downwards { strip.height } else { strip.width }, 0.0);
    let share = |weight: f64| if all > 0.0 { weight / all } else { 0.0 };
    for weight in row {
        let (from, to) = (length * share(before), length * share(before + *weight as f64));
        before += *weight as f64;
        boxes.push(match downwards {
            true => Area { y: strip.y + from, height: to - from, ..strip },
            false => Area { x: strip.x + from, width: to - from, ..strip },
        });
    }
}

/// How much room is left around what is within a box, in the unit of the area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreemapStyle {
    /// The strip for a name on top of boxes that have others within them.
    pub header: f64,
    /// Between the edges of a box and what is within it.
    pub margin: f64,
    /// Boxes of a smaller area are one with their neighbours.
    pub least_area: f64,
}

impl Default for TreemapStyle {
    /// For pixels.
    fn default() -> Self {
        TreemapStyle { header: 15.0, margin: 1.0, least_area: 9.0 }
    }
}

/// A box of the treemap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreemapBox {
    /// The part.
    pub id: SizeId,
    /// Where it is.
    pub area: Area,
    /// The part's name has a strip of its own on top of what is within it.
    pub has_header: bool,
    /// Boxes of what is within the part follow.
    pub is_open: bool,
    /// For the box of the smallest parts within `id`, too small to be told apart: how many they are. 0 for all others.
    pub merged: u32,
}

/// The boxes of what is in `root`, each before those within it.
pub fn treemap(size: &ModuleSize, root: SizeId, area: Area, style: TreemapStyle) -> Vec<TreemapBox> {
    let mut boxes = Vec::new();
    let mut open = vec![(root, area)];
    while let Some((id, area)) = open.pop() {
        for child in level(size, id, area, style) {
            boxes.push(child);
            if child.is_open {
                let header = if child.has_header { style.header } else { 0.0 };
                open.push((child.id, child.area.inside(style.margin, header)));
            }
        }
    }
    boxes
}

/// The boxes right within `id`.
fn level(size: &ModuleSize, id: SizeId, area: Area, style: TreemapStyle) -> Vec<TreemapBox> {
    let children: Vec<SizeId> = size.children(id).collect();
    let mut weights: Vec<u64> = children.iter().map(|child| size.get(*child).bytes).collect();
    let all: u64 = weights.iter().sum();
    let is_large = |weight: &u64| *weight as f64 * area.size() >= style.least_area * all as f64;
    let told = weights.partition_point(is_large);
    let merged: u64 = weights.drain(told..).sum();
    let place = weights.partition_point(|weight| *weight >= merged);
    let merged_count = (children.len() - told) as u32;
    if merged_count > 0 {
        weights.insert(place, merged);
    }
    let mut ids = children.into_iter();
    let areas = squarified(&weights, area).into_iter().enumerate();
    let boxes = areas.filter_map(|(at, area)| match merged_count > 0 && at == place {
        true => Some(TreemapBox { id, area, has_header: false, is_open: false, merged: merged_count }),
        false => ids.next().map(|id| one(size, id, area, style)),
    });
    boxes.collect()
}

fn one(size: &ModuleSize, id: SizeId, area: Area, style: TreemapStyle) -> TreemapBox {
    let has_header = area.width >= 3.0 * style.header && area.height >= 2.5 * style.header;
    let has_room = area.shorter() > 4.0 * style.margin && area.size() >= 4.0 * style.least_area;
    TreemapBox { id, area, has_header, is_open: size.get(id).has_children() && has_room, merged: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{ModuleSizeQuery, module_size};
    use crate::profile::Profile;
    use wasmscope_instrument::recording::Recording;

    const WHOLE: Area = Area { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    fn overlap(a: &Area, b: &Area) -> f64 {
        let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
        let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
        width.max(0.0) * height.max(0.0)
    }

    fn is_within(inner: &Area, outer: &Area) -> bool {
        let near = 1e-6;
        inner.x >= outer.x - near
            && inner.y >= outer.y - near
            && inner.x + inner.width <= outer.x + outer.width + near
            && inner.y + inner.height <= outer.y + outer.height + near
    }

    /// Weights that fall, and are spread as sizes of functions are: by a power law.
    fn falling(count: u64) -> Vec<u64> {
        (1..=count).map(|rank| 1_000_000 / rank + 1).collect()
    }

    #[test]
    fn areas_are_as_the_weights_and_cover_all_without_overlap() {
        for weights in [vec![6, 6, 4, 3, 2, 2, 1], vec![1], vec![5; 40], falling(300)] {
            let boxes = squarified(&weights, WHOLE);
            assert_eq!(boxes.len(), weights.len());
            let all: u64 = weights.iter().sum();
            for (weight, area) in weights.iter().zip(&boxes) {
                let expected = WHOLE.size() * *weight as f64 / all as f64;
                assert!((area.size() - expected).abs() < 1e-6 * WHOLE.size(), "{weight}: {area:?}");
                assert!(is_within(area, &WHOLE));
            }
            // Within the whole, without overlap, and as large together: nothing of it is left free.
            let crossing = boxes.iter().enumerate();
            let crossing = crossing.flat_map(|(at, a)| boxes[at + 1..].iter().map(move |b| overlap(a, b)));
            assert!(crossing.fold(0.0, f64::max) < 1e-6);
            assert!((boxes.iter().map(Area::size).sum::<f64>() - WHOLE.size()).abs() < 1e-6);
        }
    }

    #[test]
    fn the_example_of_the_paper_is_laid_out_as_there() {
        let area = Area { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let boxes = squarified(&[6, 6, 4, 3, 2, 2, 1], area);
        let sides = boxes.iter().map(|area| (area.width, area.height));
        let expected =
            [(3.0, 2.0), (3.0, 2.0), (12.0 / 7.0, 7.0 / 3.0), (9.0 / 7.0, 7.0 / 3.0), (1.2, 5.0 / 3.0)];
        for (found, expected) in sides.zip(expected) {
            assert!((found.0 - expected.0).abs() + (found.1 - expected.1).abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn odd_weights_and_areas_end_somewhere() {
        for weights in [vec![], vec![0], vec![0; 9], vec![3, 0, 0], vec![u64::MAX, u64::MAX, 1]] {
            for area in [WHOLE, Area::default(), Area { height: 0.0, ..WHOLE }] {
                assert_eq!(squarified(&weights, area).len(), weights.len());
            }
        }
    }

    #[test]
    fn boxes_lie_within_their_parents_and_the_smallest_are_merged() {
        let functions: String = (0..400)
            .map(|n| format!("(func {})", "(nop)".repeat(if n == 0 { 200_000 } else { 1 })))
            .collect();
        let module = wat::parse_str(format!("(module {functions})")).unwrap();
        let profile = Profile::new(Recording { module: module.into(), ..Recording::default() });
        let size = module_size(&profile, &ModuleSizeQuery::default());
        let boxes = treemap(&size, SizeId::ROOT, WHOLE, TreemapStyle::default());
        let merged: u32 = boxes.iter().map(|one| one.merged).sum();
        assert!(merged >= 399, "functions of a few bytes are no boxes of their own: {merged}");
        for (at, one) in boxes.iter().enumerate() {
            assert!(is_within(&one.area, &WHOLE));
            let parent = if one.merged > 0 { one.id } else { size.get(one.id).parent };
            let above = boxes[..at].iter().find(|outer| outer.id == parent && outer.merged == 0);
            assert!(parent == SizeId::ROOT || is_within(&one.area, &above.unwrap().area));
        }
        let again = treemap(&size, SizeId::ROOT, Area::default(), TreemapStyle::default());
        assert!(again.len() <= 2 && again.iter().all(|one| !one.is_open), "nothing is told apart in no room");
    }
}
