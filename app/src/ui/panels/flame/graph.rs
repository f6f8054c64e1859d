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
    /// Where it was before each zoom, and the functions down to the box that it was zoomed to then.
    back: Vec<(Viewport, Vec<FrameId>)>,
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
        let before = self.drawn.replace(Arc::clone(view));
        // A recording that goes on has the same graph again and again.
        let before = before.filter(|before| before.query == view.query);
        (self.picture, self.minimap) = (None, None);
        self.menu = before
            .as_ref()
            .zip(self.menu)
            .and_then(|(before, (node, at))| Some((view.descend(&before.frames_to(node))?, at)));
        let carried = |viewport, zoomed: &[FrameId]| carried(viewport, zoomed, before.as_deref(), view);
        match carried(self.viewport, &self.zoomed) {
            Some(viewport) => self.viewport = viewport,
            None => self.show_all(),
        }
        self.back.retain_mut(|(viewport, zoomed)| match carried(*viewport, zoomed) {
            Some(there) => {
                *viewport = there;
                true
            }
            None => false,
        });
        self.focus = if self.focus.is_some() { view.descend(&self.focused) } else { None };
    }

    /// Shows `node` as wide as the canvas.
    pub fn zoom_to(&mut self, view: &FlameView, node: NodeId) {
        let fitted = self.viewport.fitted(view, node);
        let before = (self.viewport, std::mem::replace(&mut self.zoomed, view.frames_to(node)));
        if fitted != self.viewport {
            self.back.push(before);
        }
        self.viewport = fitted;
    }

    /// Back to where it was before the last zoom; where there was none, no box has the focus.
    pub fn go_back(&mut self) {
        if self.back.is_empty() && self.viewport.is_whole() {
            self.focus = None;
        }
        (self.viewport, self.zoomed) = self.back.pop().unwrap_or_default();
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

/// Where a viewport goes that shows the box to which the functions `zoomed` lead: where the same part of that box is, if
/// `before` was the same graph, or else to the whole box. `None` where `view` has no such box.
fn carried(
    viewport: Viewport,
    zoomed: &[FrameId],
    before: Option<&FlameView>,
    view: &FlameView,
) -> Option<Viewport> {
    let node = view.descend(zoomed)?;
    let share = before.and_then(|before| Some(before.share(before.descend(zoomed)?)));
    Some(match share {
        _ if viewport.is_whole() => viewport,
        Some(share) => viewport.carried(share, view.share(node)),
        None => viewport.fitted(view, node),
    })
}

/// How many nodes stand above `node`.
pub fn depth_of(view: &FlameView, node: NodeId) -> Option<usize> {
    view.tree.depths().get(node.index()).map(|depth| *depth as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::CallTreeQuery;
    use crate::profile::ProfileBuilder;
    use crate::ui::needle::Needle;
    use crate::ui::views::{FlameHitsQuery, FlameQuery};
    use crate::ui::worker::Query;

    fn view(stacks: &str) -> Arc<FlameView> {
        let profile = ProfileBuilder::new().folded(stacks).build();
        Arc::new(FlameQuery(CallTreeQuery::default()).compute(&profile))
    }

    fn node(view: &FlameView, names: &[u32]) -> NodeId {
        view.descend(&names.iter().copied().map(FrameId).collect::<Vec<_>>()).unwrap()
    }

    fn assert_shows(graph: &Graph, view: &FlameView, node: NodeId) {
        let ([from, to], seen) = (view.share(node), graph.viewport);
        assert!((seen.from - from).abs() < 1e-9 && (seen.to - to).abs() < 1e-9, "{seen:?} of {from}..{to}");
    }

    #[test]
    fn each_way_back_leads_to_the_same_box_while_a_recording_goes_on() {
        let (before, after) = (view("a;b 30\na;c 10\nd 60"), view("a;b 30\na;c 90\nd 80"));
        let mut graph = Graph::default();
        graph.adopt(&before);
        graph.zoom_to(&before, node(&before, &[1]));
        graph.zoom_to(&before, node(&before, &[1, 2]));
        graph.adopt(&after);
        assert_shows(&graph, &after, node(&after, &[1, 2]));
        graph.go_back();
        assert_shows(&graph, &after, node(&after, &[1]));
        // From one picture to the next also what was gone back to.
        graph.adopt(&before);
        assert_shows(&graph, &before, node(&before, &[1]));
        graph.go_back();
        assert!(graph.viewport.is_whole());
    }

    #[test]
    fn hits_of_the_picture_before_are_shown_and_not_stepped_through() {
        let profile = ProfileBuilder::new().folded("a;b 30").build();
        let views = [(); 2].map(|()| Arc::new(FlameQuery(CallTreeQuery::default()).compute(&profile)));
        let [old, new] =
            views.each_ref().map(|view| FlameHitsQuery { view: Arc::clone(view), needle: Needle::new("b") });
        assert!(old.is_like(&new) && old != new);
        let hits = old.compute(&profile);
        assert_eq!((hits.boxes(&views[0]).len(), hits.boxes(&views[1]).len()), (1, 0));
        assert!(hits.has(FrameId(2)));
    }
}
