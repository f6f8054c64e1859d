//! Meshes: boxes of one colour become a path, what fades becomes a gradient, and textures are pictures.

use super::page::{Number, Page, fill};
use super::{Shot, png};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use egui::epaint::{Mesh, Vertex};
use egui::{Color32, Rect, TextureId};

/// Puts what of `mesh` is within `clip`.
pub(super) fn put_mesh(page: &mut Page, shot: &Shot, mesh: &Mesh, clip: Rect) {
    if mesh.texture_id != TextureId::default() {
        return put_image(page, shot, mesh);
    }
    let mut pen = Pen { page, path: String::new(), colour: Color32::TRANSPARENT };
    let mut indices = mesh.indices.as_slice();
    let at = |index: &u32| mesh.vertices.get(*index as usize);
    while let [a, b, c, rest @ ..] = indices {
        // Two triangles with an edge in common that make a rectangle: most are.
        let quad = match rest {
            [d, e, f, ..] if (d, e) == (c, b) => at(a).zip(at(b)).zip(at(c).zip(at(f))),
            _ => None,
        };
        let quad = quad.map(|((a, b), (c, d))| [a, b, c, d]).filter(is_upright);
        if let Some(corners) = quad {
            pen.rect(corners, clip);
            indices = indices.get(6..).unwrap_or(&[]);
            continue;
        }
        if let Some(((a, b), c)) = at(a).zip(at(b)).zip(at(c)) {
            pen.triangle([a, b, c], clip);
        }
        indices = rest;
    }
    pen.lift();
}

/// Corners left and right above, left and right below.
fn is_upright([a, b, c, d]: &[&Vertex; 4]) -> bool {
    let columns = a.pos.x == c.pos.x && b.pos.x == d.pos.x;
    columns && a.pos.y == b.pos.y && c.pos.y == d.pos.y
}

/// Draws, as long as the colour stays, on one path.
struct Pen<'a> {
    page: &'a mut Page,
    path: String,
    colour: Color32,
}

impl Pen<'_> {
    fn rect(&mut self, [a, b, c, d]: [&Vertex; 4], clip: Rect) {
        let rect = Rect::from_two_pos(a.pos, d.pos);
        if !rect.intersects(clip) || !rect.is_finite() {
            return;
        }
        if [b, c, d].iter().all(|corner| corner.color == a.color) {
            self.take(a.color);
            let (width, height) = (Number(rect.width()), Number(rect.height()));
            self.path.push_str(&format!("M{}h{width}v{height}h-{width}Z", self.page.at(rect.min)));
        } else {
            self.fading(rect, [a.color, b.color, c.color]);
        }
    }

    /// From one colour to another, across or down.
    fn fading(&mut self, rect: Rect, [first, right, below]: [Color32; 3]) {
        self.lift();
        let (id, (x, y)) = (self.page.id(), self.page.xy(rect.min));
        let (last, to) =
            if first == right { (below, "x2=\"0\" y2=\"1\"") } else { (right, "x2=\"1\" y2=\"0\"") };
        let stop = |at: u8, colour: Color32| {
            // What is fully transparent has no colour of its own.
            let solid = if colour.a() == 0 { if at == 0 { last } else { first } } else { colour };
            let [red, green, blue, _] = solid.to_srgba_unmultiplied();
            let opacity = Number(f32::from(colour.a()) / 255.0);
            format!(
                "<stop offset=\"{at}\" stop-color=\"#{red:02x}{green:02x}{blue:02x}\" stop-opacity=\"{opacity}\"/>"
            )
        };
        let stops = stop(0, first) + &stop(1, last);
        let (width, height) = (Number(rect.width()), Number(rect.height()));
        self.page.put(format_args!(
            "<linearGradient id=\"{id}\" x1=\"0\" y1=\"0\" {to}>{stops}</linearGradient>\n\
             <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"url(#{id})\"/>"
        ));
    }

    fn triangle(&mut self, corners: [&Vertex; 3], clip: Rect) {
        let points = corners.map(|corner| corner.pos);
        if !Rect::from_points(&points).intersects(clip) || !points.iter().all(|point| point.is_finite()) {
            return;
        }
        self.take(corners[0].color);
        let points = points.map(|point| self.page.at(point));
        self.path.push_str(&format!("M{}Z", points.join("L")));
    }

    fn take(&mut self, colour: Color32) {
        if colour != self.colour {
            self.lift();
            self.colour = colour;
        }
    }

    /// Puts what has been drawn.
    fn lift(&mut self) {
        let path = std::mem::take(&mut self.path);
        if !path.is_empty() && self.colour.a() > 0 {
            // Smoothed, edges that touch would let through what is beneath.
            let crisp = "shape-rendering=\"crispEdges\"";
            self.page.put(format_args!("<path d=\"{path}\" {} {crisp}/>", fill(self.colour)));
        }
    }
}

/// A texture that is shown whole.
fn put_image(page: &mut Page, shot: &Shot, mesh: &Mesh) {
    let Some((_, image)) = shot.images.iter().find(|(texture, _)| *texture == mesh.texture_id) else {
        return;
    };
    let rect = mesh.calc_bounds();
    let (x, y) = page.xy(rect.min);
    let (width, height) = (Number(rect.width()), Number(rect.height()));
    let bytes = STANDARD.encode(png::png(image));
    page.put(format_args!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{bytes}\"/>"
    ));
}
