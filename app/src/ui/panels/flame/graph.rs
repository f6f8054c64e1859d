//! One graph on screen: which part of it is seen, where the focus is, and how it got there.

use super::paint::Picture;
use super::viewport::{Grows, Stage, Viewport};
use crate::analysis::NodeId;
use crate::profile::FrameId;
use crate::ui::views::FlameView;
use egui::{Pos2, Rect};
use std::sync::Arc;

/// A graph on screen.
pub struct Graph {
    /// The part that is seen.
    pub viewport: Viewport,
    /// The box that keys move from.
    pub focus: Option<NodeId>,
    /// The box whose menu is open, and where.
    pub menu: Option<(NodeId, Pos2)>,
    /// What was drawn last.
    pub picture: Option<Picture>,
    /// The whole in small, as it was drawn last.
    pub minimap: Option<super::minimap::Miniature>,
    /// Where it was drawn last.
    pub stage: Stage,
    /// Where it was before each zoom.
    back: Vec<Viewport>,
    /// The functions from the root down to the box that was zoomed to, to find it again in another metric.
    zoomed: Vec<FrameId>,
    /// The same of the box with the focus.
    focused: Vec<FrameId>,
    /// The view that was drawn last.
    drawn: Option<Arc<FlameView>>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph {
            viewport: Viewport::default(),
            focus: None,
            menu: None,
            picture: None,
            minimap: None,
            stage: Stage { rect: Rect::ZERO, grows: Grows::Down, first_row: 0 },
            back: Vec::new(),
            zoomed: Vec::new(),
            focused: Vec::new(),
            drawn: None,
        }
    }
}

impl Graph {
    /// Takes to another view: boxes keep zoom and focus if the new tree has them too.
    pub fn adopt(&mut self, view: &Arc<FlameView>) {
        if self.drawn.as_ref().is_some_and(|drawn| Arc::ptr_eq(drawn, view)) {
            return;
        }
        let zoomed = view.descend(&self.zoomed);
        let before = self.drawn.replace(Arc::clone(view));
        // A recording that goes on has the same graph again and again.
        let before = before.filter(|before| before.query == view.query);
        (self.picture, self.minimap) = (None, None);
        self.menu = before
            .as_ref()
            .zip(self.menu)
            .and_then(|(before, (node, at))| Some((view.descend(&before.frames_to(node))?, at)));
        if !self.viewport.is_whole() {
            self.viewport =
                match (zoomed, before.and_then(|before| Some(before.share(before.descend(&self.zoomed)?)))) {
                    (Some(node), Some(before)) => self.viewport.carried(before, view.share(node)),
                    (Some(node), None) => self.viewport.fitted(view, node),
                    (None, _) => Viewport::default(),
                };
        }
        if zoomed.is_none() {
            self.zoomed.clear();
            self.back.clear();
        }
        self.focus = if self.focus.is_some() { view.descend(&self.focused) } else { None };
    }

    /// Shows `node` as wide as the canvas.
    pub fn zoom_to(&mut self, view: &FlameView, node: NodeId) {
        let fitted = self.viewport.fitted(view, node);
        if fitted != self.viewport {
            self.back.push(self.viewport);
        }
        self.viewport = fitted;
        self.zoomed = view.frames_to(node);
    }

    /// Back to where it was before the last zoom; where there was none, no box has the focus.
    pub fn go_back(&mut self) {
        if self.back.is_empty() && self.viewport.is_whole() {
            self.focus = None;
        }
        self.viewport = self.back.pop().unwrap_or_default();
        self.zoomed.clear();
    }

    /// Shows everything.
    pub fn show_all(&mut self) {
        self.viewport = Viewport::default();
        self.back.clear();
        self.zoomed.clear();
    }

    /// Gives `node` the focus, where it is.
    pub fn focus_on(&mut self, view: &FlameView, node: NodeId) {
        self.focus = Some(node);
        self.focused = view.frames_to(node);
    }

    /// Gives `node` the focus and brings it into sight.
    pub fn go_to(&mut self, view: &FlameView, node: NodeId) {
        self.focus_on(view, node);
        if let (Some(place), Some(depth)) = (view.layout.box_of(node), depth_of(view, node)) {
            self.viewport = self.viewport.revealing(place, view.layout.width(), depth, &self.stage);
        }
    }

    /// The box at a point on screen.
    pub fn node_at(&self, view: &FlameView, at: Pos2) -> Option<NodeId> {
        let share = f64::from((at.x - self.stage.rect.left()) / self.stage.rect.width().max(1.0));
        let x = (self.viewport.from + share * self.viewport.span()) * view.layout.width() as f64;
        view.layout.node_at(self.stage.depth_at(at.y, self.viewport), x.max(0.0) as u64)
    }

    /// Where the box of `node` was drawn, if it is on screen.
    pub fn rect_of(&self, node: NodeId) -> Option<Rect> {
        let drawn = self.picture.iter().flat_map(|picture| &picture.drawn).find(|drawn| drawn.node == node);
        drawn.map(|drawn| drawn.rect)
    }
}

/// How many nodes stand above `node`.
pub fn depth_of(view: &FlameView, node: NodeId) -> Option<usize> {
    view.tree.depths().get(node.index()).map(|depth| *depth as usize)
}
