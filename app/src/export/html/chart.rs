//! The sizes of memories and the live bytes of the heap over time, as a picture in the page.

use super::elements::text;
use crate::analysis::{GrowthView, MemoryGrowth};
use crate::units;
use std::fmt::Write;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;
/// So many memories have a line, the largest ones: more could not be told apart.
const MOST_LINES: usize = 4;
/// So many marks an axis has about.
const MARKS: u64 = 5;

/// Where moments and sizes are in the picture.
struct Axes {
    start_nanos: u64,
    nanos: f64,
    bytes: f64,
}

impl Axes {
    fn x(&self, nanos: u64) -> f64 {
        LEFT + nanos.saturating_sub(self.start_nanos) as f64 / self.nanos * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, bytes: u64) -> f64 {
        HEIGHT - BOTTOM - bytes as f64 / self.bytes * (HEIGHT - TOP - BOTTOM)
    }
}

/// The picture with its legend; nothing where there is no memory.
pub(super) fn growth_chart(view: &GrowthView) -> String {
    let mut memories: Vec<&MemoryGrowth> = view.memories.iter().collect();
    memories.sort_by_key(|memory| (std::cmp::Reverse(bytes(memory, memory.final_pages)), memory.memory));
    memories.truncate(MOST_LINES);
    let heap_peak = view.heap.iter().map(|point| point.live_bytes).max().unwrap_or(0);
    let largest = memories.iter().map(|memory| bytes(memory, memory.final_pages)).max().unwrap_or(0);
    let most = largest.max(heap_peak);
    if most == 0 {
        return String::new();
    }
    let nanos = view.duration_nanos.saturating_sub(view.start_nanos).max(1) as f64;
    let axes = Axes { start_nanos: view.start_nanos, nanos, bytes: most as f64 };
    let mut svg = marks(&axes, view, most);
    let heap = view.heap.iter().map(|point| (axes.x(point.time_nanos), axes.y(point.live_bytes)));
    let heap = path(heap, false, axes.x(view.duration_nanos));
    if !heap.is_empty() {
        let start = view.heap.first().map_or(LEFT, |point| axes.x(point.time_nanos));
        let floor = axes.y(0);
        // Writing to a string can't fail.
        let _ = writeln!(svg, "<path class=\"area\" d=\"{heap}V{floor:.1}H{start:.1}Z\"/>");
        let _ = writeln!(svg, "<path class=\"line heap\" d=\"{heap}\"/>");
    }
    for (place, memory) in memories.iter().enumerate() {
        let steps = memory.steps.iter();
        let steps = steps.map(|step| (axes.x(step.time_nanos), axes.y(bytes(memory, step.pages))));
        let line = path(steps, true, axes.x(view.duration_nanos));
        let _ = writeln!(svg, "<path class=\"line memory{place}\" d=\"{line}\"/>");
    }
    let about = format!("Size of memory over time, up to {}", units::bytes(most));
    format!(
        "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n{svg}</svg>\n\
         <figcaption>{}</figcaption></figure>\n",
        text(&about),
        legend(&memories, heap_peak > 0, view.memories.len()),
    )
}

fn bytes(memory: &MemoryGrowth, pages: u64) -> u64 {
    pages.saturating_mul(memory.page_bytes)
}

/// A line through `points`, up to `end`, with no more than a few for each pixel.
fn path(points: impl Iterator<Item = (f64, f64)>, is_stepped: bool, end: f64) -> String {
    let mut path = String::new();
    let mut draw = |(x, y): (f64, f64)| {
        // Writing to a string can't fail.
        let _ = match (path.is_empty(), is_stepped) {
            (true, _) => write!(path, "M{x:.1} {y:.1}"),
            (false, true) => write!(path, "H{x:.1}V{y:.1}"),
            (false, false) => write!(path, "L{x:.1} {y:.1}"),
        };
    };
    // Of those in one pixel the first and the last one count.
    let mut drawn_x = f64::NEG_INFINITY;
    let mut skipped = None;
    for point in points {
        if point.0 - drawn_x < 0.5 {
            skipped = Some(point);
            continue;
        }
        skipped.take().into_iter().for_each(&mut draw);
        draw(point);
        drawn_x = point.0;
    }
    skipped.into_iter().for_each(&mut draw);
    if !path.is_empty() {
        let _ = write!(path, "H{end:.1}");
    }
    path
}

/// Lines across with what they stand for.
fn marks(axes: &Axes, view: &GrowthView, most: u64) -> String {
    let mut svg = String::new();
    let step = (most / MARKS).max(1).next_power_of_two();
    for bytes in (0..=most).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let (y, words) = (axes.y(bytes), units::bytes(bytes));
        // Writing to a string can't fail.
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{words}</text>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    let length = view.duration_nanos.saturating_sub(view.start_nanos);
    let step = round_step(length / MARKS);
    let first = view.start_nanos.div_ceil(step);
    for nanos in (0..=length / step).map(|at| (first + at).saturating_mul(step)) {
        if nanos > view.duration_nanos {
            break;
        }
        let (x, words) = (axes.x(nanos), units::nanos(nanos));
        let anchor = if x > WIDTH - 60.0 { "end" } else { "middle" };
        let y = HEIGHT - BOTTOM;
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {y}v5\"/>");
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{words}</text>", y + 20.0);
    }
    svg
}

/// 1, 2 or 5 times a power of ten, `least` or more.
fn round_step(least: u64) -> u64 {
    let mut power = 1u64;
    loop {
        for step in [1, 2, 5].map(|digit| power.saturating_mul(digit)) {
            if step >= least {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn legend(memories: &[&MemoryGrowth], has_heap: bool, all: usize) -> String {
    let key = |class: &str, words: &str| format!("<span><i class=\"{class}\"></i>{}</span> ", text(words));
    let name = |memory: &MemoryGrowth| match &memory.name {
        Some(name) => format!("Memory {}, {name}", memory.memory.0),
        None => format!("Memory {}", memory.memory.0),
    };
    let lines = memories.iter().enumerate();
    let lines: String = lines.map(|(place, memory)| key(&format!("memory{place}"), &name(memory))).collect();
    let heap = if has_heap { key("heap", "live bytes of the heap") } else { String::new() };
    let rest = all - memories.len();
    let rest = match rest {
        0 => "",
        1 => "and a smaller memory, not drawn",
        _ => "and smaller memories, not drawn",
    };
    lines + &heap + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::growth;
    use crate::profile::ProfileBuilder;
    use roxmltree::Document;

    #[test]
    fn steps_of_axes_are_round() {
        for (least, step) in [(0, 1), (1, 1), (3, 5), (6, 10), (11, 20), (600, 1_000), (u64::MAX, u64::MAX)] {
            assert_eq!(round_step(least), step, "{least}");
        }
    }

    #[test]
    fn a_memory_that_doubles_has_a_step_half_way() {
        let profile =
            ProfileBuilder::new().memory(2, None).grow(500, "main", 2, 2, true).folded("main 1000").build();
        let view = growth(&profile);
        let chart = growth_chart(&view);
        let (svg, _) = chart["<figure>".len()..].split_once("<figcaption>").unwrap();
        let document = Document::parse(svg).unwrap();
        let line =
            document.descendants().find(|node| node.attribute("class") == Some("line memory0")).unwrap();
        let middle = (HEIGHT - TOP - BOTTOM) / 2.0 + TOP;
        let x = LEFT + 500.0 / view.duration_nanos as f64 * (WIDTH - LEFT - RIGHT);
        let end = WIDTH - RIGHT;
        let expected = format!("M{LEFT:.1} {middle:.1}H{x:.1}V{TOP:.1}H{end:.1}");
        assert_eq!(line.attribute("d"), Some(expected.as_str()));
    }

    #[test]
    fn many_points_are_a_few_a_pixel() {
        let points = (0..1_000_000).map(|at| (f64::from(at) / 1_000.0, 1.0));
        assert!(path(points, false, 1_000.0).len() < 50_000);
    }
}
