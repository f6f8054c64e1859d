//! The whole in small, with a window around the part that is on screen.

use super::Look;
use super::canvas::Scene;
use super::graph::Graph;
use super::strips::{Scale, Strip, strips};
use super::viewport::Viewport;
use crate::ui::theme::Palette;
use egui::{CursorIcon, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

const SIZE: egui::Vec2 = vec2(220.0, 66.0);
const MARGIN: f32 = 8.0;
/// As high as a row is at most, in points.
const HIGHEST_ROW: f32 = 5.0;
/// A window narrower than this, in points, could not be taken hold of.
const NARROWEST: f32 = 10.0;

/// The picture of the whole, kept while its place and colours stay.
pub struct Miniature {
    rect: Rect,
    palette: &'static Palette,
    colour_by: super::ColourBy,
    mesh: Arc<Mesh>,
}

/// Draws it over the canvas while that does not show everything. Says whether the pointer is over it.
pub fn minimap_ui(ui: &Ui, scene: &Scene<'_>, graph: &mut Graph, look: &mut Look) -> bool {
    let stage = graph.stage.rect;
    if graph.viewport.is_whole() || stage.width() < SIZE.x * 2.0 || stage.height() < SIZE.y * 2.5 {
        return false;
    }
    // In the corner where the fewest boxes are: far from the root, on the side of the light ones.
    let corner = match graph.stage.grows {
        super::Grows::Down => stage.right_bottom() - vec2(SIZE.x + MARGIN, SIZE.y + MARGIN),
        super::Grows::Up => stage.right_top() + vec2(-SIZE.x - MARGIN, MARGIN),
    };
    let rect = Rect::from_min_size(corner, SIZE);
    let response = ui.interact(rect, ui.scope_id().with((scene.name, "minimap")), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Minimap"));
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked()) {
        let middle = f64::from((at.x - rect.left()) / rect.width());
        let by = (middle - (graph.viewport.from + graph.viewport.to) / 2.0) / graph.viewport.span();
        graph.viewport = graph.viewport.moved(by, 0.0);
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(if response.dragged() { CursorIcon::Grabbing } else { CursorIcon::Grab });
    }
    paint(ui, scene, graph, look, rect);
    response.contains_pointer()
}

fn paint(ui: &Ui, scene: &Scene<'_>, graph: &mut Graph, look: &mut Look, rect: Rect) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect.expand(1.0));
    painter.rect(rect, 3.0, palette.panel, Stroke::new(1.0, palette.border), StrokeKind::Outside);
    let is_of =
        |kept: &Miniature| kept.rect == rect && kept.palette == palette && kept.colour_by == look.colour_by;
    if !graph.minimap.as_ref().is_some_and(is_of) {
        let mesh = Arc::new(miniature(scene, graph, look, rect, palette));
        graph.minimap = Some(Miniature { rect, palette, colour_by: look.colour_by, mesh });
    }
    painter.extend(graph.minimap.as_ref().map(|kept| Shape::mesh(Arc::clone(&kept.mesh))));
    let window = window(graph.viewport, rect);
    let veil = palette.background.gamma_multiply(0.6);
    painter.rect_filled(rect.with_max_x(window.left()), 0.0, veil);
    painter.rect_filled(rect.with_min_x(window.right()), 0.0, veil);
    painter.rect_stroke(window, 1.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
}

/// Where the window is.
fn window(viewport: Viewport, rect: Rect) -> Rect {
    let at = |share: f64| rect.left() + rect.width() * share as f32;
    let (left, right) = (at(viewport.from), at(viewport.to));
    let more = ((NARROWEST - (right - left)) / 2.0).max(0.0);
    let left = (left - more).clamp(rect.left(), rect.right() - NARROWEST);
    Rect::from_x_y_ranges(left..=(right + more).clamp(left + NARROWEST, rect.right()), rect.y_range())
}

fn miniature(
    scene: &Scene<'_>,
    graph: &Graph,
    look: &mut Look,
    rect: Rect,
    palette: &'static Palette,
) -> Mesh {
    let layout = &scene.view.layout;
    let fill = look.colours.of(scene.profile, palette, look.colour_by);
    let rows = layout.row_count().saturating_sub(graph.stage.first_row).max(1);
    let height = (rect.height() / rows as f32).min(HIGHEST_ROW);
    let per_unit = f64::from(rect.width()) / layout.width().max(1) as f64;
    let scale = Scale { origin: f64::from(rect.left()), per_unit };
    let mut mesh = Mesh::default();
    // Where there are more rows than pixels, those that would lie on others are left out.
    let every = (1.0 / height).ceil().max(1.0) as usize;
    for depth in (graph.stage.first_row..layout.row_count()).step_by(every) {
        let row = (depth - graph.stage.first_row) as f32 * height;
        let top = match graph.stage.grows {
            super::Grows::Down => rect.top() + row,
            super::Grows::Up => rect.bottom() - row - height,
        };
        let part = |left: f32, right: f32| {
            Rect::from_min_max(pos2(left, top), pos2(right, top + height * every as f32)).intersect(rect)
        };
        strips(layout.row(depth), scale, 1.0, |strip| match strip {
            Strip::One(place, left, right) => {
                let frame = scene.view.frame(place.node);
                let colour = match scene.meaning {
                    Some(meaning) => meaning.fill(place.node, palette),
                    None => fill.of(scene.view, place.node, frame),
                };
                mesh.add_colored_rect(part(left, right), colour);
            }
            Strip::Many(left, right) => mesh.add_colored_rect(part(left, right), palette.canvas.merged),
        });
    }
    mesh
}
