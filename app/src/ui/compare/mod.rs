//! Two builds beside each other, in a tab of their own: one selection and one metric for all that it shows.

mod dialog;
mod flame;
mod functions;
mod memory;
mod overview;
mod sides;
mod sizes;
mod source;

pub use dialog::{CompareDialog, compare_dialog_ui};

use super::command::Commands;
use super::panels::Look;
use super::theme::Palette;
use super::views::{CompareSummaryQuery, CompareTableQuery, DiffFlameQuery, DiffTreeQuery};
use super::widgets::empty_state;
use super::worker::{Asker, Slot, Worker};
use crate::analysis::{BoxWidth, CompareFrame, CompareQuery, Comparison, Metric, Pair, Side};
use crate::export::verdict_sentence;
use crate::profile::{FrameId, FrameInfo, Profile};
use crate::sources::Sources;
use egui::{CentralPanel, ComboBox, Frame, Label, Margin, Panel, RichText, Ui};
use std::sync::Arc;

/// Names one open comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComparisonId(u64);

/// What is shown of two builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Overview,
    Overlaid,
    Sides,
    Source,
    Memory,
    Size,
}

impl Tab {
    const ALL: [(Tab, &'static str); 6] = [
        (Tab::Overview, "Overview"),
        (Tab::Overlaid, "Flame graph of both"),
        (Tab::Sides, "Side by side"),
        (Tab::Source, "Source"),
        (Tab::Memory, "Memory"),
        (Tab::Size, "Size"),
    ];
}

/// An open comparison, and what is remembered of it.
pub struct Compared {
    /// Its name among the open ones.
    pub id: ComparisonId,
    /// What its tab says.
    pub title: String,
    comparison: Arc<Comparison>,
    /// The functions of both builds, by the ids of the comparison.
    functions: Arc<Profile>,
    costs: CompareQuery,
    /// The function that is selected.
    chosen: Option<CompareFrame>,
    tab: Tab,
    table: functions::TableState,
    look: Look,
    views: ViewStates,
    slots: Slots,
}

/// What each view remembers.
#[derive(Default)]
struct ViewStates {
    overlaid: flame::OverlaidState,
    sides: sides::SidesState,
    source: source::SourcesState,
    memory: memory::MemoryState,
    sizes: sizes::SizesState,
}

#[derive(Default)]
struct Slots {
    table: Slot<CompareTableQuery, Comparison>,
    summary: Slot<CompareSummaryQuery, Comparison>,
    tree: Slot<DiffTreeQuery, Comparison>,
    flame: Slot<DiffFlameQuery, Comparison>,
}

/// Who computes, and who does what is wanted.
#[derive(Clone, Copy)]
pub struct CompareDesk<'a> {
    /// Who computes views.
    pub worker: &'a Worker,
    /// Who does what concerns more than the comparison.
    pub commands: &'a Commands,
    /// Where source files are.
    pub sources: &'a Sources,
    /// How often they were looked for once more.
    pub looks: u64,
}

/// What a view shows, and to whom it turns.
struct Ctx<'a> {
    comparison: &'a Arc<Comparison>,
    functions: &'a Arc<Profile>,
    costs: &'a CompareQuery,
    chosen: Option<CompareFrame>,
    desk: CompareDesk<'a>,
}

impl Ctx<'_> {
    fn metric(&self) -> Metric {
        self.costs.metric
    }

    /// The first recording of a side.
    fn profile(&self, side: Side) -> &Arc<Profile> {
        self.comparison.build(side).first()
    }

    /// The functions of a side's first recording that the chosen one is: itself, and where it is inlined.
    fn chosen_in(&self, side: Side) -> Vec<FrameId> {
        let chosen = self.chosen.into_iter();
        chosen.flat_map(|chosen| self.comparison.frames().in_profile(side, 0, chosen)).collect()
    }

    /// What a function of a side's first recording is in the comparison.
    fn frame_of(&self, side: Side, frame: FrameId) -> Option<CompareFrame> {
        self.comparison.frames().of_profile(side, 0).get(frame.index()).copied()
    }
}

/// What somebody pressed in a view: the function that is to be selected, or none.
struct Choose(Option<CompareFrame>);

/// The open comparisons, in the order of their tabs.
#[derive(Default)]
pub struct Comparisons {
    open: Vec<Compared>,
    front: Option<ComparisonId>,
    last: u64,
}

impl Comparisons {
    /// Opens one more and brings it to the front.
    pub fn add(&mut self, title: String, comparison: Arc<Comparison>) -> ComparisonId {
        self.last += 1;
        let id = ComparisonId(self.last);
        self.open.push(Compared::new(id, title, comparison));
        self.front = Some(id);
        id
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Compared> {
        self.open.iter()
    }

    /// The one in front, if any is.
    pub fn front(&self) -> Option<&Compared> {
        self.open.iter().find(|open| Some(open.id) == self.front)
    }

    /// The one in front, to be changed.
    pub fn front_mut(&mut self) -> Option<&mut Compared> {
        self.open.iter_mut().find(|open| Some(open.id) == self.front)
    }

    /// Brings `id` to the front, or none of them.
    pub fn show(&mut self, id: Option<ComparisonId>) {
        self.front = id;
    }

    /// Closes `id`.
    pub fn close(&mut self, id: ComparisonId) {
        self.open.retain(|open| open.id != id);
    }
}

impl Compared {
    fn new(id: ComparisonId, title: String, comparison: Arc<Comparison>) -> Compared {
        Compared {
            id,
            title,
            functions: Arc::new(Profile::of_functions(functions_of(&comparison))),
            costs: CompareQuery::by(comparison.default_metric()),
            comparison,
            chosen: None,
            tab: Tab::default(),
            table: Default::default(),
            look: Default::default(),
            views: Default::default(),
            slots: Default::default(),
        }
    }

    /// What is compared.
    pub fn comparison(&self) -> &Arc<Comparison> {
        &self.comparison
    }

    /// By which costs.
    pub fn costs(&self) -> &CompareQuery {
        &self.costs
    }
}

/// The functions as they are shown: with both names where it has two, and with what became of those of one build alone.
fn functions_of(comparison: &Comparison) -> Vec<FrameInfo> {
    let rows = comparison.frames().iter();
    rows.filter_map(|(frame, row)| {
        let info = row.shown()?.clone();
        let name = crate::export::compare_words::name(comparison, frame);
        let short =
            if row.certainty.is_matched() { name } else { format!("{name} ({})", row.certainty.title()) };
        Some(FrameInfo { short: short.into(), ..info })
    })
    .collect()
}

/// Draws a comparison.
pub fn compared_ui(ui: &mut Ui, compared: &mut Compared, desk: &CompareDesk<'_>) {
    let bar = Frame::new().inner_margin(Margin::symmetric(8, 5));
    Panel::top("compare bar").frame(bar).show(ui, |ui| bar_ui(ui, compared, desk));
    let Compared { comparison, functions, costs, chosen, tab, table, look, slots, views, .. } = compared;
    let ctx = Ctx { comparison, functions, costs, chosen: *chosen, desk: *desk };
    let egui_ctx = ui.ctx().clone();
    let asker = asker(&ctx, &egui_ctx);
    let mut choices = Vec::new();
    let most = (ui.available_width() - 240.0).max(241.0);
    let side = Panel::right("compared functions").resizable(true).default_size(ui.available_width() * 0.44);
    let inner = Frame::new().inner_margin(Margin::symmetric(8, 4));
    side.size_range(240.0..=most).frame(inner).show(ui, |ui| {
        match slots.table.view(&asker, CompareTableQuery(ctx.costs.clone())) {
            Some(view) => choices.extend(functions::table_ui(ui, &ctx, &view, table)),
            None => super::panels::computing_ui(ui),
        }
    });
    CentralPanel::default().frame(inner).show(ui, |ui| {
        tabs_ui(ui, tab);
        ui.add_space(2.0);
        let choice = match tab {
            Tab::Overview => match slots.summary.view(&asker, CompareSummaryQuery) {
                Some(view) => overview::overview_ui(ui, &ctx, &view),
                None => computing(ui),
            },
            Tab::Overlaid => {
                let tree = slots.tree.view(&asker, views.overlaid.query(ctx.costs));
                let boxes = tree.and_then(|tree| slots.flame.view(&asker, views.overlaid.boxes(tree)));
                match boxes {
                    Some(view) => flame::overlaid_ui(ui, &ctx, &view, &mut views.overlaid, look),
                    None => computing(ui),
                }
            }
            Tab::Sides => sides::sides_ui(ui, &ctx, &mut views.sides),
            Tab::Source => source::sources_ui(ui, &ctx, &mut views.source),
            Tab::Memory => memory::memory_ui(ui, &ctx, &mut views.memory),
            Tab::Size => match slots.summary.view(&asker, CompareSummaryQuery) {
                Some(view) => sizes::sizes_ui(ui, &ctx, &view, &mut views.sizes),
                None => computing(ui),
            },
        };
        choices.extend(choice);
    });
    if let Some(Choose(frame)) = choices.pop() {
        *chosen = frame;
    }
}

fn asker<'a>(ctx: &Ctx<'a>, egui_ctx: &'a egui::Context) -> Asker<'a, Comparison> {
    Asker { subject: ctx.comparison, worker: ctx.desk.worker, ctx: egui_ctx, is_growing: false }
}

/// The same for what is asked of one recording.
fn profile_asker<'a>(ctx: &Ctx<'a>, profile: &'a Arc<Profile>, egui_ctx: &'a egui::Context) -> Asker<'a> {
    Asker { subject: profile, worker: ctx.desk.worker, ctx: egui_ctx, is_growing: false }
}

fn computing(ui: &mut Ui) -> Option<Choose> {
    super::panels::computing_ui(ui);
    None
}

/// What is weighed, and what came of it in one sentence.
fn bar_ui(ui: &mut Ui, compared: &mut Compared, desk: &CompareDesk<'_>) {
    let Compared { comparison, costs, slots, .. } = compared;
    ui.horizontal_wrapped(|ui| {
        let combo = ComboBox::from_id_salt("compared metric").selected_text(costs.metric.title());
        let shown = combo.show_ui(ui, |ui| {
            for metric in comparison.metrics() {
                ui.selectable_value(&mut costs.metric, metric, metric.title())
                    .on_hover_text(metric.description());
            }
        });
        shown.response.on_hover_text("What is compared: what both builds were measured by.");
        ui.checkbox(&mut costs.inline_frames, "Inlined")
            .on_hover_text("Inlined functions as frames of their own.");
        let egui_ctx = ui.ctx().clone();
        let asker = Asker { subject: comparison, worker: desk.worker, ctx: &egui_ctx, is_growing: false };
        let summary = slots.summary.view(&asker, CompareSummaryQuery);
        if let Some(total) = summary.as_ref().and_then(|summary| summary.total(costs.metric)) {
            let palette = Palette::of(ui);
            let colour = match (total.is_clear(), total.difference() > 0) {
                (false, _) => palette.weak,
                (true, true) => palette.warning,
                (true, false) => palette.good,
            };
            ui.add(Label::new(RichText::new(verdict_sentence(costs.metric, total)).color(colour)).wrap());
        }
    });
}

fn tabs_ui(ui: &mut Ui, tab: &mut Tab) {
    ui.horizontal_wrapped(|ui| {
        for (kind, title) in Tab::ALL {
            ui.selectable_value(tab, kind, title);
        }
    });
}

/// What stands where a build has nothing of what is shown.
fn nothing_of(ui: &mut Ui, side: Side, what: &str) {
    empty_state(ui, &format!("Nothing in the {} build", side.name()), what);
}

/// Divides the room into a left half for the old and a right half for the new build.
fn halves(ui: &mut Ui, mut draw: impl FnMut(&mut Ui, Side)) {
    let area = ui.available_rect_before_wrap();
    let gap = 8.0;
    let width = (area.width() - gap) / 2.0;
    let left = area.with_max_x(area.left() + width);
    for (side, rect) in [(Side::Old, left), (Side::New, area.with_min_x(left.right() + gap))] {
        let builder = egui::UiBuilder::new().id_salt(side.name()).max_rect(rect);
        ui.scope_builder(builder, |ui| {
            ui.set_clip_rect(rect.intersect(ui.clip_rect()));
            draw(ui, side);
        });
    }
    ui.advance_cursor_after_rect(area);
}

/// The name of a build with that of its module.
fn build_title(ctx: &Ctx<'_>, side: Side) -> String {
    let name = &ctx.profile(side).recording().meta.module_name;
    match side {
        Side::Old => format!("Old: {name}"),
        Side::New => format!("New: {name}"),
    }
}

/// The same where one of its runs is shown, the first, and not what all of them have in common.
fn run_title(ctx: &Ctx<'_>, side: Side) -> String {
    match ctx.comparison.build(side).repeats().len() {
        1 => build_title(ctx, side),
        runs => format!("{}, run 1 of {runs}", build_title(ctx, side)),
    }
}

/// Of each side its own.
fn sides_of<T: Default>() -> Pair<T> {
    Pair::of(|_| T::default())
}

/// The widths of boxes, with their names.
const WIDTHS: [(BoxWidth, &str, &str); 3] = [
    (
        BoxWidth::Larger,
        "Larger of both",
        "What is new and what is gone both show, and changes that cancel out.",
    ),
    (BoxWidth::Old, "Old build", "What is new has no width."),
    (BoxWidth::New, "New build", "What is gone has no width."),
];
