//! What the pointer is told about a box.

use crate::analysis::{Metric, NodeId};
use crate::profile::{FrameKind, Profile};
use crate::ui::panels::value_text;
use crate::ui::theme::MONO;
use crate::ui::views::FlameView;
use crate::units;
use egui::{Grid, Label, RichText, Ui};

/// Full name, place in the source, own and total weight, shares of the caller and of everything.
pub fn tooltip_ui(ui: &mut Ui, profile: &Profile, view: &FlameView, node: NodeId, name: &str) {
    let Some(row) = view.tree.get(node) else { return };
    let info = profile.frames().get(row.frame);
    ui.set_max_width(460.0);
    // The full name, and what the module calls it where that is asked for.
    ui.add(Label::new(RichText::new(&*info.name).strong()).wrap());
    if name != &*info.name && name != &*info.short {
        ui.add(Label::new(RichText::new(name).font(MONO)).wrap());
    }
    let line = profile.lines().get(row.line).filter(|line| line.line > 0);
    let place = line.map(|line| format!("{}:{}", line.file, line.line));
    if let Some(place) = place.or_else(|| info.file.as_deref().map(str::to_owned)) {
        ui.add(Label::new(RichText::new(place).weak()).wrap());
    }
    if let Some(group) = &info.group {
        ui.label(RichText::new(format!("in {group}")).weak());
    }
    if let Some(kind) = kind_text(info.kind) {
        ui.label(RichText::new(kind).weak());
    }
    ui.add_space(2.0);
    let metric = view.tree.metric();
    let all = view.tree.total();
    let caller = view.tree.get(row.parent).map_or(all, |caller| caller.total_value);
    Grid::new("box").num_columns(4).spacing([14.0, 2.0]).show(ui, |ui| {
        figures(ui, "Self", row.self_value, metric, all, None);
        figures(ui, "Total", row.total_value, metric, all, Some(caller));
        if let Some(cost) = view.costs.get(row.frame.index()).filter(|_| node != NodeId::ROOT) {
            ui.label(RichText::new("In all contexts").weak());
            ui.end_row();
            figures(ui, "Self", cost.self_value, metric, all, None);
            figures(ui, "Total", cost.total_value, metric, all, None);
        }
    });
}

fn figures(ui: &mut Ui, name: &str, value: u64, metric: Metric, all: u64, caller: Option<u64>) {
    let mono = |text: String| RichText::new(text).font(MONO);
    let percent = |whole| units::percent(units::share(value, whole));
    ui.label(RichText::new(name).weak());
    ui.label(mono(value_text(metric, value)));
    ui.label(mono(format!("{} of all", percent(all))));
    if let Some(caller) = caller {
        ui.label(mono(format!("{} of the caller's", percent(caller))));
    }
    ui.end_row();
}

fn kind_text(kind: FrameKind) -> Option<&'static str> {
    match kind {
        FrameKind::Inlined => Some("inlined into its caller"),
        FrameKind::Host(_) => Some("host: an imported function"),
        FrameKind::Engine => Some("the engine itself"),
        FrameKind::Root | FrameKind::Wasm(_) => None,
    }
}
