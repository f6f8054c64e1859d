//! The flame graph: call paths as boxes, as wide as they weigh.

pub(super) mod canvas;
pub(super) mod colours;
mod find;
pub(super) mod paint;
mod toolbar;
mod tooltip;
mod viewport;

use super::PanelCtx;
use crate::analysis::NodeId;
use crate::profile::FrameId;
use crate::ui::views::FlameView;
use crate::ui::widgets::{Labels, empty_state};
use colours::FrameColours;
use egui::Ui;
use find::Search;
use paint::Picture;
use std::sync::Arc;
use viewport::Viewport;

/// What the panel remembers.
#[derive(Default)]
pub struct FlameState {
    /// Which frames stand on top.
    pub order: Order,
    viewport: Viewport,
    /// Where it was before each focus.
    history: Vec<Viewport>,
    /// The frames from the root down to the focused box, to find it again in another metric.
    focus: Vec<FrameId>,
    search: Search,
    colours: FrameColours,
    picture: Option<Picture>,
    labels: Labels<FrameId>,
    /// The view that was drawn last.
    drawn: Option<Arc<FlameView>>,
}

/// Which frames stand on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Callers above, callees below.
    #[default]
    CallersFirst,
    /// Leaves above, their callers below.
    LeavesFirst,
}

/// Draws the panel.
pub fn flame_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<FlameView>, state: &mut FlameState) {
    state.adopt(view);
    state.search.update(ctx.profile, view);
    toolbar::toolbar_ui(ui, ctx, view, state);
    if view.tree.is_empty() {
        let hint = "Nothing of this was measured. Choose another metric, or run again with it switched on.";
        empty_state(ui, &format!("No {}", ctx.selection.metric.title().to_lowercase()), hint);
        return;
    }
    canvas::canvas_ui(ui, ctx, view, state);
}

impl FlameState {
    /// Takes to another view: the focused box keeps its place if the new tree has it too.
    fn adopt(&mut self, view: &Arc<FlameView>) {
        if self.drawn.as_ref().is_some_and(|drawn| Arc::ptr_eq(drawn, view)) {
            return;
        }
        let node = view.descend(&self.focus);
        let is_first = self.drawn.is_none();
        self.drawn = Some(Arc::clone(view));
        self.picture = None;
        if is_first || !self.viewport.is_whole() {
            self.viewport = node.map_or_else(Viewport::default, |node| self.viewport.fitted(view, node));
        }
        if node.is_none() {
            self.focus.clear();
            self.history.clear();
        }
    }

    fn focus(&mut self, view: &FlameView, node: NodeId) {
        let fitted = self.viewport.fitted(view, node);
        if fitted != self.viewport {
            self.history.push(self.viewport);
        }
        self.viewport = fitted;
        self.focus = view.frames_to(node);
    }

    fn go_back(&mut self) {
        self.viewport = self.history.pop().unwrap_or_default();
        self.focus.clear();
    }

    fn show_all(&mut self) {
        self.viewport = Viewport::default();
        self.history.clear();
        self.focus.clear();
    }
}
