//! What a panel painted, as SVG. Text stays text, so that it can be searched and copied.

use super::page::{Number, Page, fill, outline};
use super::{Shot, mesh, text};
use crate::export::xml::escaped;
use egui::epaint::{
    BandShape, CircleShape, ClippedShape, ColorMode, CubicBezierShape, EllipseShape, PathShape, PathStroke,
    QuadraticBezierShape, RectShape,
};
use egui::{Pos2, Rect, Shape, Stroke, StrokeKind, pos2};

/// The whole file, a unit a point.
pub(super) fn svg(shot: &Shot, title: &str) -> String {
    let (width, height) = (Number(shot.frame.width()), Number(shot.frame.height()));
    let mut page = Page::new(shot.frame.min);
    // Layers are moved as a whole only after all of a frame is painted, and those of panels never are.
    for ClippedShape { clip_rect, shape, .. } in &shot.shapes {
        let clip = clip_rect.intersect(shot.frame);
        if clip.is_positive() && shape.visual_bounding_rect().intersects(clip) {
            page.open(clip);
            put(&mut page, shot, shape, clip);
        }
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\">\n\
         <title>{}</title>\n{}</svg>\n",
        escaped(title),
        page.finish(),
    )
}

fn put(page: &mut Page, shot: &Shot, shape: &Shape, clip: Rect) {
    match shape {
        // Nobody else's code paints here, so there is none to call back.
        Shape::Noop | Shape::Callback(_) => {}
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| put(page, shot, shape, clip)),
        Shape::Rect(rect) => put_rect(page, rect),
        Shape::Text(shape) => text::put_text(page, shape),
        Shape::Mesh(shape) => mesh::put_mesh(page, shot, shape, clip),
        Shape::LineSegment { points, stroke } => put_line(page, *points, *stroke),
        Shape::Path(path) => put_path(page, path),
        Shape::Band(BandShape { points, fill: colour, .. }) => {
            // Along one edge of the band, and back along the other.
            let there = points.iter().map(|point| page.at(pos2(point.x, point.y.min)));
            let back = points.iter().rev().map(|point| page.at(pos2(point.x, point.y.max)));
            let all: Vec<String> = there.chain(back).collect();
            put_drawn(page, format!("M{}", all.join("L")), true, fill(*colour), Stroke::NONE);
        }
        Shape::Circle(CircleShape { center, radius, fill: colour, stroke }) => {
            let (x, y) = page.xy(*center);
            let (radius, paint) = (Number(*radius), fill(*colour) + &outline(*stroke));
            page.put(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {paint}/>"));
        }
        Shape::Ellipse(EllipseShape { center, radius, fill: colour, stroke, angle }) => {
            let (x, y) = page.xy(*center);
            let (rx, ry, turn) = (Number(radius.x), Number(radius.y), Number(angle.to_degrees()));
            let paint = fill(*colour) + &outline(*stroke);
            page.put(format_args!(
                "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\" transform=\"rotate({turn} {x} {y})\" {paint}/>"
            ));
        }
        Shape::QuadraticBezier(QuadraticBezierShape { points: [a, b, c], closed, fill: colour, stroke }) => {
            let line = format!("M{}Q{} {}", page.at(*a), page.at(*b), page.at(*c));
            put_drawn(page, line, *closed, fill(*colour), solid(stroke, Rect::from_two_pos(*a, *c)));
        }
        Shape::CubicBezier(CubicBezierShape { points: [a, b, c, d], closed, fill: colour, stroke }) => {
            let line = format!("M{}C{} {} {}", page.at(*a), page.at(*b), page.at(*c), page.at(*d));
            put_drawn(page, line, *closed, fill(*colour), solid(stroke, Rect::from_two_pos(*a, *d)));
        }
    }
}

fn put_rect(page: &mut Page, shape: &RectShape) {
    let RectShape { rect, corner_radius, fill: colour, stroke, stroke_kind, angle, .. } = shape;
    // SVG has strokes on the edge.
    let half = match stroke_kind {
        StrokeKind::Inside => -stroke.width / 2.0,
        StrokeKind::Middle => 0.0,
        StrokeKind::Outside => stroke.width / 2.0,
    };
    let rect = if stroke.is_empty() { *rect } else { rect.expand(half) };
    if rect.is_negative() || (colour.a() == 0 && stroke.is_empty()) {
        return;
    }
    let (x, y) = page.xy(rect.min);
    let (width, height) = (Number(rect.width()), Number(rect.height()));
    let mut more = fill(*colour) + &outline(*stroke);
    if corner_radius.nw > 0 {
        more.push_str(&format!(" rx=\"{}\"", corner_radius.nw));
    }
    if *angle != 0.0 {
        let (cx, cy) = page.xy(rect.center());
        more.push_str(&format!(" transform=\"rotate({} {cx} {cy})\"", Number(angle.to_degrees())));
    }
    page.put(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {more}/>"));
}

fn put_line(page: &mut Page, [from, to]: [Pos2; 2], stroke: Stroke) {
    let (line, paint) = (format!("M{}L{}", page.at(from), page.at(to)), outline(stroke));
    page.put(format_args!("<path d=\"{line}\" fill=\"none\"{paint}/>"));
}

fn put_path(page: &mut Page, shape: &PathShape) {
    let PathShape { points, closed, fill: colour, stroke } = shape;
    if points.len() < 2 || !points.iter().all(|point| point.is_finite()) {
        return;
    }
    let all: Vec<String> = points.iter().map(|point| page.at(*point)).collect();
    let stroke = solid(stroke, Rect::from_points(points));
    put_drawn(page, format!("M{}", all.join("L")), *closed, fill(*colour), stroke);
}

fn put_drawn(page: &mut Page, line: String, is_closed: bool, fill: String, stroke: Stroke) {
    let (end, stroke) = (if is_closed { "Z" } else { "" }, outline(stroke));
    page.put(format_args!("<path d=\"{line}{end}\" {fill}{stroke} stroke-linejoin=\"round\"/>"));
}

/// A stroke of one colour; of several it is that in the middle.
fn solid(stroke: &PathStroke, within: Rect) -> Stroke {
    let colour = match &stroke.color {
        ColorMode::Solid(colour) => *colour,
        ColorMode::UV(colour_at) => colour_at(within, within.center()),
    };
    Stroke::new(stroke.width, colour)
}
