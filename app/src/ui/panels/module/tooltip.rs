//! What the pointer is told about a part.

use super::paint::Drawn;
use crate::analysis::{SizeId, SizeKind, SizeNode};
use crate::profile::Profile;
use crate::ui::theme::MONO;
use crate::ui::views::SizeView;
use crate::units;
use egui::{Grid, Label, RichText, Ui};

/// Full name, bytes, shares, heat, and whether it was made use of.
pub fn tooltip_ui(ui: &mut Ui, profile: &Profile, view: &SizeView, drawn: &Drawn) {
    ui.set_max_width(420.0);
    if drawn.merged > 0 {
        let name = &view.size.get(drawn.id).name;
        let text = format!("{} smaller parts of {name}", units::exact(drawn.merged.into()));
        ui.label(RichText::new(text).strong());
        ui.label(RichText::new("Double click shows more of them.").weak());
        return;
    }
    part_ui(ui, profile, view, drawn.id);
}

/// The same of a part in a table.
pub fn part_ui(ui: &mut Ui, profile: &Profile, view: &SizeView, id: SizeId) {
    let node = view.size.get(id);
    ui.add(Label::new(RichText::new(full_name(profile, node)).strong()).wrap());
    let above: Vec<_> = view.size.up(id).skip(1).map(|id| &*view.size.get(id).name).collect();
    let above = if above.is_empty() { String::new() } else { format!(" in {}", above.join(" ‹ ")) };
    ui.add(Label::new(RichText::new(format!("{}{above}", node.kind.name())).weak()).wrap());
    ui.add_space(2.0);
    let root = view.size.get(SizeId::ROOT).bytes;
    Grid::new("part").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        let mut row = |name: &str, value: String| {
            ui.label(RichText::new(name).weak());
            ui.label(RichText::new(value).font(MONO));
            ui.end_row();
        };
        let share = units::percent(units::share(node.bytes, root));
        row("Size", format!("{} ({share} of the file)", units::things(node.bytes, "byte")));
        if let Some(metric) = view.size.metric.filter(|_| has_code(node)) {
            row(metric.title(), format!("{} by itself", units::value(metric.unit(), node.heat)));
        }
        if node.judged_bytes > 0 {
            row("Used", use_text(view, node));
        }
    });
}

fn full_name(profile: &Profile, node: &SizeNode) -> String {
    match node.kind {
        SizeKind::Function(function) => profile.symbols().name(function).name.full.to_string(),
        _ => node.name.to_string(),
    }
}

fn has_code(node: &SizeNode) -> bool {
    node.heat > 0 || matches!(node.kind, SizeKind::Function(_) | SizeKind::Group)
}

fn use_text(view: &SizeView, node: &SizeNode) -> String {
    let idle = || {
        let share = units::percent(units::share(node.idle_bytes, node.judged_bytes));
        format!("{} of {} not ({share})", units::bytes(node.idle_bytes), units::bytes(node.judged_bytes))
    };
    match node.kind {
        SizeKind::Function(_) if node.is_idle() => view.size.run.idle_words().to_owned(),
        SizeKind::Function(_) => "run".to_owned(),
        SizeKind::Segment(_) if node.idle_bytes == 0 => "read".to_owned(),
        _ => idle(),
    }
}
