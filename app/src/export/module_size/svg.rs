//! The treemap as one SVG file, which is a picture everywhere.

use crate::analysis::{Area, ModuleSize, SizeId, TreemapBox, TreemapStyle, treemap};
use crate::export::svg::label;
use crate::export::xml::escaped;
use crate::units;
use std::fmt::Write;

const WIDTH_PX: f64 = 1200.0;
const HEIGHT_PX: f64 = 760.0;
const MARGIN_PX: f64 = 10.0;
const TOP_PX: f64 = 64.0;
const STYLE: &str = concat!(include_str!("../paper.css"), "rect { stroke: #fdfcfa; stroke-width: 0.6; }");

/// Cold and hot, on white paper: red, green and blue.
const COLD: [f64; 3] = [253.0, 231.0, 200.0];
const HOT: [f64; 3] = [204.0, 60.0, 30.0];
/// What has no heat, and what has others within it.
const NEUTRAL: &str = "#dadfe6";
const OUTER: &str = "#eef0f3";

/// The whole file.
pub(super) fn svg(size: &ModuleSize) -> String {
    let root = size.get(SizeId::ROOT);
    let area = Area {
        x: MARGIN_PX,
        y: TOP_PX,
        width: WIDTH_PX - 2.0 * MARGIN_PX,
        height: HEIGHT_PX - TOP_PX - MARGIN_PX,
    };
    let mut boxes = String::new();
    for one in treemap(size, SizeId::ROOT, area, TreemapStyle::default()) {
        draw(&mut boxes, size, &one);
    }
    let (name, bytes) = (escaped(&root.name), units::bytes(root.bytes));
    let colour = size.metric.map_or("nothing was measured".to_owned(), |metric| {
        format!("the darker, the more {}", metric.title().to_lowercase())
    });
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{WIDTH_PX}" height="{HEIGHT_PX}" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}">
<title>{name}: size</title>
<style>{STYLE}</style>
<rect id="paper" width="100%" height="100%"/>
<text class="title" x="{MARGIN_PX}" y="26">{name}: {bytes}</text>
<text class="note" x="{MARGIN_PX}" y="46">Areas are bytes of the file; {colour}.</text>
<g id="boxes">
{boxes}</g>
</svg>
"##
    )
}

fn draw(svg: &mut String, size: &ModuleSize, one: &TreemapBox) {
    let Area { x, y, width, height } = one.area;
    let (fill, title) = (fill(size, one), escaped(&title(size, one)));
    let is_named = one.merged == 0 && (one.has_header || !one.is_open && height >= 14.0);
    let name = if is_named { label(&size.get(one.id).name, width) } else { String::new() };
    let (name, text_x, text_y) = (escaped(&name), x + 3.0, y + 12.0);
    // Writing to a string can't fail.
    let _ = writeln!(
        svg,
        "<g><title>{title}</title><rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
         fill=\"{fill}\"/><text x=\"{text_x:.2}\" y=\"{text_y:.2}\">{name}</text></g>"
    );
}

fn title(size: &ModuleSize, one: &TreemapBox) -> String {
    let node = size.get(one.id);
    if one.merged > 0 {
        return format!("{} smaller parts of {}", units::exact(one.merged.into()), node.name);
    }
    let share = units::percent(units::share(node.bytes, size.get(SizeId::ROOT).bytes));
    let mut title = format!("{}\n{}, {} ({share})", node.name, node.kind.name(), units::bytes(node.bytes));
    if let Some(metric) = size.metric.filter(|_| node.heat > 0) {
        title.push_str(&format!("\n{} by itself", units::value(metric.unit(), node.heat)));
    }
    title
}

fn fill(size: &ModuleSize, one: &TreemapBox) -> String {
    match size.warmth(one.id).filter(|_| one.merged == 0 && !one.is_open) {
        Some(warmth) => {
            let [red, green, blue] =
                [0, 1, 2].map(|at| (COLD[at] + (HOT[at] - COLD[at]) * warmth).round() as u8);
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        None if one.is_open => OUTER.to_owned(),
        None => NEUTRAL.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{ModuleSizeQuery, module_size};
    use crate::profile::ProfileBuilder;
    use roxmltree::Document;

    #[test]
    fn another_reader_finds_the_boxes_and_their_heat() {
        let profile = ProfileBuilder::new().folded("main;hot 30\nmain;co<ld 1").build();
        let size = module_size(&profile, &ModuleSizeQuery::default());
        let svg = svg(&size);
        let document = Document::parse(&svg).unwrap();
        let titles: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
        let hot = titles.iter().find(|title| title.starts_with("hot\nfunction, ")).unwrap();
        assert!(hot.ends_with("\n30 ns by itself"), "{hot}");
        assert!(titles.iter().any(|title| title.starts_with("co<ld\n")));
        let hottest = format!("#{:02x}{:02x}{:02x}", HOT[0] as u8, HOT[1] as u8, HOT[2] as u8);
        let drawn = document.descendants().filter(|node| node.attribute("fill") == Some(&hottest));
        assert_eq!(drawn.count(), 1);
    }
}
