//! The flame graph: call paths as boxes, as wide as they weigh.

mod canvas;
mod crumbs;
mod describe;
mod graph;
mod keys;
mod menu;
mod minimap;
mod names;
mod paint;
mod sandwich;
mod search;
mod strips;
mod table;
mod toolbar;
mod tooltip;
mod unfolded;
mod viewport;

pub use canvas::{Meaning, Part, Scene, canvas_ui};
pub use crumbs::crumbs_ui;
pub use graph::Graph;
pub use sandwich::Sides;
pub use search::{Search, Way, next_hit};
pub use viewport::Grows;

use super::colours::{ColourBy, FrameColours};
use super::{PanelCtx, PanelKind};
use crate::analysis::{CallTreeQuery, Transform};
use crate::profile::FrameId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::views::{FlameHits, FlameHitsQuery, FlameView};
use crate::ui::widgets::{Labels, empty_state, pressed_with_ctrl};
use egui::{Id, Key, Ui};
use names::Names;
use std::sync::Arc;
use unfolded::TreeTable;

/// What the panel remembers.
#[derive(Default)]
pub struct FlameState {
    shape: Shape,
    order: Order,
    look: Look,
    search: Search,
    /// The graph of everything; the table has its focus.
    whole: Graph,
    /// The callers and the callees of the selected function.
    sides: [Graph; 2],
    table: TreeTable,
}

/// How the call tree is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shape {
    /// Boxes, the root on top.
    #[default]
    Icicle,
    /// Boxes, the root at the bottom.
    Flame,
    /// One function, its callers above, its callees below.
    Sandwich,
    /// Rows that unfold.
    Table,
}

/// Which frames stand next to the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    /// Callers.
    #[default]
    CallersFirst,
    /// Leaves.
    LeavesFirst,
}

/// How boxes look, and what is kept to draw them.
#[derive(Default)]
pub struct Look {
    colour_by: ColourBy,
    names: Names,
    colours: FrameColours,
    labels: Labels<(FrameId, Names)>,
    /// Are the glyphs of kept pictures gone?
    is_stale: bool,
}

/// What the user wants done that is not about one canvas alone.
pub enum Act {
    /// Select this function, or none.
    Select(Option<FrameId>),
    /// Do this to all call paths.
    Transform(Transform),
    /// Show callers and callees of this function.
    Sandwich(FrameId),
    /// Select this function and show a panel.
    Show(PanelKind, FrameId),
    /// Go to another hit of the search.
    NextHit(Way),
}

/// The views that the panel draws.
pub struct FlameViews {
    /// The tree of everything.
    pub whole: Arc<FlameView>,
    /// The sides of the selected function, where they are to be shown.
    pub sides: Option<Sides>,
    /// What the search found.
    pub hits: Option<Arc<FlameHits>>,
}

/// Draws the panel.
pub fn flame_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, views: &FlameViews, state: &mut FlameState) {
    let FlameViews { whole, sides, hits } = views;
    let hits = hits.as_deref();
    let mut acts = Vec::new();
    state.search.wants_focus |= pressed_with_ctrl(ui, Id::unique("flame graph"), ui.max_rect(), Key::F);
    state.look.refresh(ui);
    toolbar::toolbar_ui(ui, ctx, (whole, hits), state, &mut acts);
    if let Some(left) = crumbs_ui(ui, ctx.profile, &ctx.selection.transforms, state.look.names) {
        crumbs::set(ctx, left);
    }
    if whole.tree.is_empty() {
        nothing_ui(ui, ctx);
        return;
    }
    let scene = |name, grows, part| Scene { hits, grows, ..Scene::of(ctx, whole, name, part) };
    let FlameState { look, whole: graph, sides: graphs, table, .. } = state;
    match state.shape {
        Shape::Icicle => {
            let scene = scene("Flame graph", Grows::Down, Part::Whole);
            canvas_ui(ui, &scene, graph, look, &mut acts);
        }
        Shape::Flame => {
            let scene = scene("Flame graph", Grows::Up, Part::Whole);
            canvas_ui(ui, &scene, graph, look, &mut acts);
        }
        Shape::Sandwich => {
            let drawn = (sides.as_ref(), hits, whole.tree.total());
            sandwich::sandwich_ui(ui, ctx, drawn, graphs, look, &mut acts);
        }
        Shape::Table => {
            let scene = scene("Call tree", Grows::Down, Part::Table);
            table::table_ui(ui, &scene, (table, graph), look, &mut acts);
        }
    }
    acts.into_iter().for_each(|act| state.act(ctx, views, act));
}

fn nothing_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let title = format!("No {}", ctx.selection.metric.title().to_lowercase());
    let hint = if ctx.selection.transforms.is_empty() {
        "Nothing of this was measured. Choose another metric, or run again with it switched on."
    } else {
        "What is done to the call paths leaves nothing of it. Ctrl+Z undoes the last."
    };
    empty_state(ui, &title, hint);
}

impl Look {
    /// To be asked once in every frame.
    pub fn refresh(&mut self, ui: &Ui) {
        self.is_stale = self.labels.refresh(ui.painter());
    }

    /// How much of functions' names is shown.
    pub fn names(&self) -> Names {
        self.names
    }

    fn is_stale(&self) -> bool {
        self.is_stale
    }
}

impl FlameState {
    /// The call tree that is shown.
    pub fn query(&self, selection: &Selection) -> CallTreeQuery {
        CallTreeQuery { inverted: self.order == Order::LeavesFirst, ..selection.call_tree() }
    }

    /// What is to be asked for the sides of the selected function, where they are shown: of callers, then of callees.
    pub fn side_queries(&self, selection: &Selection) -> Option<(FrameId, [CallTreeQuery; 2])> {
        let function = selection.function.filter(|_| self.shape == Shape::Sandwich)?;
        Some((function, sandwich::queries(function, &selection.call_tree())))
    }

    /// What is searched for.
    pub fn search_query(&self, view: &Arc<FlameView>) -> Option<FlameHitsQuery> {
        self.search.query(view)
    }

    fn act(&mut self, ctx: &PanelCtx<'_>, views: &FlameViews, act: Act) {
        let select = |function| {
            let selection = Selection { function, line: None, ..ctx.selection.clone() };
            ctx.commands.send(Command::Select(selection));
        };
        match act {
            Act::Select(function) if function == ctx.selection.function => {}
            Act::Select(function) => select(function),
            Act::Transform(transform) => crumbs::add(ctx, transform),
            Act::Sandwich(function) => {
                self.shape = Shape::Sandwich;
                select(Some(function));
            }
            Act::Show(panel, function) => {
                select(Some(function));
                ctx.commands.send(Command::ShowPanel(panel));
            }
            Act::NextHit(way) => self.next_hit(views, way),
        }
    }

    fn next_hit(&mut self, views: &FlameViews, way: Way) {
        let hits = views.hits.as_deref();
        let boxes = hits.map(|hits| hits.boxes(&views.whole)).unwrap_or_default();
        let Some(node) = next_hit(boxes, self.whole.focus, way) else { return };
        self.whole.go_to(&views.whole, node);
        self.table.reveal(&views.whole, node);
    }
}
