//! A flame graph as one SVG file: a picture everywhere, and with zoom and search in a browser. Root on top, callees
//! below, the heaviest first.

use super::xml::escaped;
use crate::analysis::{CallNode, CallTree, FlameBox, FlameLayout, NodeId, Unit, flame};
use crate::profile::{FrameInfo, FrameKind, Profile};
use crate::units;
use std::fmt::Write;
use std::hash::Hasher;

const WIDTH_PX: f64 = 1200.0;
const MARGIN_PX: f64 = 10.0;
const ROW_PX: f64 = 18.0;
const TOP_PX: f64 = 64.0;
const BOTTOM_PX: f64 = 34.0;
/// The width of a letter of the label's font, at least.
const LETTER_PX: f64 = 7.3;
/// Narrower boxes are left out: nobody sees them, and there can be hundreds of thousands.
const MIN_BOX_PX: f64 = 0.1;
const SCRIPT: &str = include_str!("svg.js");
const STYLE: &str = concat!(include_str!("paper.css"), include_str!("svg.css"));

/// What stands above the boxes.
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) note: &'a str,
    pub(super) unit: Unit,
}

/// How a box looks.
pub(super) struct Look {
    /// Its classes in the style, besides that of all boxes.
    pub(super) class: &'static str,
    pub(super) fill: String,
    /// What the tooltip says.
    pub(super) title: String,
    /// What is written on it, as far as there is room, and searched for.
    pub(super) name: String,
}

/// The whole file.
pub(super) fn svg(profile: &Profile, tree: &CallTree) -> String {
    let metric = tree.metric();
    let total = units::value(metric.unit(), tree.total());
    let head = Head {
        title: &format!("{}: {}", profile.recording().meta.module_name, metric.title()),
        description: metric.description(),
        note: &format!("{total} in all. Dashed boxes are inlined functions."),
        unit: metric.unit(),
    };
    picture(&head, &flame(tree), |node| Some(look(profile, tree, &tree.get(node)?)))
}

/// A flame graph of boxes that look as `look` says; those of which it says nothing are left out.
pub(super) fn picture(
    head: &Head<'_>,
    layout: &FlameLayout,
    look: impl Fn(NodeId) -> Option<Look>,
) -> String {
    let boxes = Boxes { look, px_per_unit: (WIDTH_PX - 2.0 * MARGIN_PX) / layout.width().max(1) as f64 };
    let drawn = boxes.rows(layout);
    let height = TOP_PX + drawn.rows as f64 * ROW_PX + BOTTOM_PX;
    let mut svg = head.svg(layout.width(), height);
    svg.push_str("<g id=\"boxes\">\n");
    svg.push_str(&drawn.svg);
    svg.push_str("</g>\n");
    foot(&mut svg, height, drawn.left_out);
    svg
}

impl Head<'_> {
    fn svg(&self, width: u64, height: f64) -> String {
        let (title, description, note) = (escaped(self.title), escaped(self.description), escaped(self.note));
        let right = WIDTH_PX - MARGIN_PX;
        format!(
            r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{WIDTH_PX}" height="{height}" viewBox="0 0 {WIDTH_PX} {height}" data-unit="{unit}" data-total="{width}">
<title>{title}</title>
<desc>{description}</desc>
<style>{STYLE}</style>
<rect id="paper" width="100%" height="100%"/>
<text class="title" x="{MARGIN_PX}" y="26">{title}</text>
<text class="note" x="{MARGIN_PX}" y="46">{note}</text>
<text class="button" id="reset" x="{reset}" y="26" role="button" tabindex="0">Reset zoom</text>
<text class="button" id="search" x="{right}" y="26" role="button" tabindex="0">Search</text>
<text class="note right" id="matched" x="{right}" y="46"></text>
"##,
            unit = super::unit_word(self.unit),
            reset = right - 80.0,
        )
    }
}

fn foot(svg: &mut String, height: f64, left_out: usize) {
    let y = height - 12.0;
    let note = match left_out {
        0 => String::new(),
        count => format!("too narrow to be drawn: {}", units::exact(count as u64)),
    };
    // Writing to a string can't fail.
    let _ = writeln!(svg, r#"<text class="note" id="details" x="{MARGIN_PX}" y="{y}">{note}</text>"#);
    let _ = writeln!(svg, "<script><![CDATA[\n{SCRIPT}]]></script>\n</svg>");
}

/// Draws boxes.
struct Boxes<L> {
    look: L,
    px_per_unit: f64,
}

struct Drawn {
    svg: String,
    rows: usize,
    left_out: usize,
}

impl<L: Fn(NodeId) -> Option<Look>> Boxes<L> {
    fn rows(&self, layout: &FlameLayout) -> Drawn {
        let mut drawn = Drawn { svg: String::new(), rows: 0, left_out: 0 };
        for depth in 0..layout.row_count() {
            for flame_box in layout.row(depth).boxes {
                let width = (flame_box.x1 - flame_box.x0) as f64 * self.px_per_unit;
                if depth > 0 && width < MIN_BOX_PX {
                    drawn.left_out += 1;
                    continue;
                }
                self.draw(&mut drawn.svg, depth, flame_box, width);
                drawn.rows = depth + 1;
            }
        }
        drawn
    }

    fn draw(&self, svg: &mut String, depth: usize, flame_box: &FlameBox, width: f64) {
        let Some(Look { class, fill, title, name }) = (self.look)(flame_box.node) else { return };
        let x = MARGIN_PX + flame_box.x0 as f64 * self.px_per_unit;
        let y = TOP_PX + depth as f64 * ROW_PX;
        let class = format!("f {class}");
        let (units_x, units_w, class) = (flame_box.x0, flame_box.x1 - flame_box.x0, class.trim_end());
        let (title, label, name) = (escaped(&title), escaped(&label(&name, width)), escaped(&name));
        let (box_height, text_x, text_y) = (ROW_PX - 1.0, x + 3.0, y + ROW_PX - 5.0);
        // Writing to a string can't fail.
        let _ = writeln!(
            svg,
            "<g class=\"{class}\" data-x=\"{units_x}\" data-w=\"{units_w}\" data-n=\"{name}\"><title>{title}</title>\
             <rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{box_height}\" fill=\"{fill}\"/>\
             <text x=\"{text_x:.2}\" y=\"{text_y}\">{label}</text></g>",
        );
    }
}

fn look(profile: &Profile, tree: &CallTree, node: &CallNode) -> Look {
    let info = profile.frames().get(node.frame);
    Look {
        class: if info.kind == FrameKind::Inlined { "inlined" } else { "" },
        fill: fill(info),
        title: title(profile, tree, node, info),
        name: info.short.to_string(),
    }
}

/// What the tooltip says.
fn title(profile: &Profile, tree: &CallTree, node: &CallNode, info: &FrameInfo) -> String {
    let unit = tree.metric().unit();
    let share = units::percent(units::share(node.total_value, tree.total()));
    let mut title = format!("{}\n{} ({share})", info.name, units::value(unit, node.total_value));
    if node.self_value != node.total_value {
        title.push_str(&format!(", {} by itself", units::value(unit, node.self_value)));
    }
    if let Some(place) = profile.lines().get(node.line) {
        title.push_str(&format!("\n{}:{}", place.file, place.line));
    }
    title.push_str(match info.kind {
        FrameKind::Inlined => "\ninlined",
        FrameKind::Host(_) => "\nhost function",
        _ => "",
    });
    title
}

/// As much of the name as the box has room for.
pub(super) fn label(name: &str, width: f64) -> String {
    let room = ((width - 6.0) / LETTER_PX).max(0.0) as usize;
    match name.chars().count() {
        count if count <= room => name.to_owned(),
        _ if room < 3 => String::new(),
        _ => name.chars().take(room - 1).chain(['…']).collect(),
    }
}

/// Warm for guest code, the same for the same function in every picture; blue for the host, grey for the engine.
pub(super) fn fill(info: &FrameInfo) -> String {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(info.name.as_bytes());
    let dice = hasher.finish();
    let (first, second) = ((dice >> 40 & 0xff) as f64 / 256.0, (dice >> 50 & 0xff) as f64 / 256.0);
    match info.kind {
        FrameKind::Wasm(_) | FrameKind::Inlined => {
            rgb(14.0 + first * 36.0, 0.78 + second * 0.14, 0.66 + second * 0.10)
        }
        FrameKind::Host(_) => rgb(200.0 + first * 20.0, 0.62, 0.76),
        FrameKind::Engine | FrameKind::Root => rgb(220.0, 0.08, 0.82),
    }
}

/// A color of a hue in degrees, a saturation and a lightness. Not every viewer knows `hsl()`.
pub(super) fn rgb(hue: f64, saturation: f64, lightness: f64) -> String {
    let swing = saturation * lightness.min(1.0 - lightness);
    let part = |shift: f64| {
        let k = (shift + hue / 30.0) % 12.0;
        let value = lightness - swing * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", part(0.0), part(8.0), part(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, call_tree};
    use crate::profile::ProfileBuilder;
    use roxmltree::{Document, Node};

    fn svg_of(stacks: &str) -> String {
        let profile = ProfileBuilder::new().folded(stacks).build();
        svg(&profile, &call_tree(&profile, &CallTreeQuery::default()))
    }

    fn boxes<'a>(document: &'a Document) -> Vec<Node<'a, 'a>> {
        let is_box = |node: &Node| node.attribute("class").is_some_and(|class| class.starts_with('f'));
        document.descendants().filter(is_box).collect()
    }

    fn number(node: &Node, name: &str) -> u64 {
        node.attribute(name).unwrap().parse().unwrap()
    }

    #[test]
    fn another_reader_finds_every_box_and_the_same_total() {
        let svg = svg_of("main@a.c:3;work@a.c:9;+inner@a.h:1 30\nmain@a.c:3;[env.log] 5\nmain@a.c:4 7\n");
        let document = Document::parse(&svg).unwrap();
        assert_eq!(document.root_element().attribute("data-total"), Some("42"));
        let found: Vec<_> = boxes(&document)
            .iter()
            .map(|node| (node.attribute("data-n").unwrap(), number(node, "data-x"), number(node, "data-w")))
            .collect();
        let expected =
            [("all", 0, 42), ("main", 0, 42), ("work", 0, 30), ("env.log", 30, 5), ("inner", 0, 30)];
        assert_eq!(found, expected);
        let is_inlined = |node: &&Node| node.attribute("class") == Some("f inlined");
        assert_eq!(boxes(&document).iter().filter(is_inlined).count(), 1);
    }

    #[test]
    fn names_can_say_anything() {
        let name = "a<script>x</script>&\"']]>\u{1}\u{fffe}";
        let svg = svg_of(&format!("{name} 3\n"));
        let document = Document::parse(&svg).unwrap();
        let titles: Vec<_> = boxes(&document).iter().filter_map(|node| node.first_child()?.text()).collect();
        let expected = "a<script>x</script>&\"']]>\u{fffd}\u{fffd}\n";
        assert!(titles.iter().any(|title| title.starts_with(expected)), "{titles:?}");
        assert_eq!(document.descendants().filter(|node| node.has_tag_name("script")).count(), 1);
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let svg = svg_of("main 1\n");
        let links = svg.match_indices("http").map(|(at, _)| &svg[at..at + 26]);
        assert_eq!(links.collect::<Vec<_>>(), ["http://www.w3.org/2000/svg"]);
        assert!(!svg.contains("href"));
    }

    #[test]
    fn an_empty_profile_is_a_picture_too() {
        let svg = svg_of("");
        assert_eq!(boxes(&Document::parse(&svg).unwrap()).len(), 1);
    }

    #[test]
    fn narrow_boxes_are_left_out_and_counted() {
        let svg = svg_of("main;a 1000000\nmain;b 1\n");
        let document = Document::parse(&svg).unwrap();
        assert_eq!(boxes(&document).len(), 3);
        assert!(svg.contains("too narrow to be drawn: 1"));
    }

    #[test]
    fn colors_are_those_of_css() {
        for (color, expected) in [
            ((0.0, 1.0, 0.5), "#ff0000"),
            ((120.0, 1.0, 0.25), "#008000"),
            ((220.0, 0.0, 1.0), "#ffffff"),
            ((39.0, 1.0, 0.5), "#ffa600"),
        ] {
            assert_eq!(rgb(color.0, color.1, color.2), expected);
        }
    }

    #[test]
    fn labels_are_cut_to_the_box() {
        for (width, expected) in [(5.0, ""), (30.0, "ab…"), (60.0, "abcdef…"), (90.0, "abcdefghij")] {
            assert_eq!(label("abcdefghij", width), expected, "{width}");
        }
    }
}
