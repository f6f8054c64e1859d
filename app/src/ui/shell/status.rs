//! The line at the bottom: how the run went, and what is selected.

use crate::profile::Profile;
use crate::ui::command::{Command, Commands};
use crate::ui::documents::{Document, Selection};
use crate::ui::module::middle_cut;
use crate::ui::panels::PanelKind;
use crate::ui::theme::Palette;
use crate::ui::widgets::chip;
use crate::units;
use egui::{Align, Layout, RichText, Ui};
use wasmscope_instrument::recording::{Outcome, Phase, SamplerKind};

/// Draws the line.
pub fn status_ui(ui: &mut Ui, document: Option<&Document>, commands: &Commands) {
    ui.horizontal_centered(|ui| match document {
        Some(document) => recording_ui(ui, document, commands),
        None => {
            ui.label(RichText::new("? shows the keys").weak().small());
        }
    });
}

fn recording_ui(ui: &mut Ui, document: &Document, commands: &Commands) {
    let Document { profile, selection, .. } = document;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        warnings_ui(ui, profile, commands);
        selection_ui(ui, profile, selection, commands);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            match document.is_growing {
                true => drop(ui.label(RichText::new("running").color(Palette::of(ui).accent).small())),
                false => outcome_ui(ui, profile),
            }
            let figures = egui::Label::new(RichText::new(figures(profile)).weak().small()).truncate();
            ui.add(figures).on_hover_text(FIGURES);
        });
    });
}

fn outcome_ui(ui: &mut Ui, profile: &Profile) {
    let palette = Palette::of(ui);
    let outcome = &profile.recording().outcome;
    let (text, colour) = match (profile.foreign(), outcome) {
        (Some(foreign), _) => (format!("imported from {}", foreign.origin), palette.good),
        (None, Outcome::NotRun) => (outcome.to_string(), palette.weak),
        (None, outcome) if outcome.is_success() => (outcome.to_string(), palette.good),
        (None, outcome) => (outcome.to_string(), palette.warning),
    };
    let short = middle_cut(text.lines().next().unwrap_or_default(), 48);
    ui.label(RichText::new(short).color(colour).small()).on_hover_text(text);
}

const FIGURES: &str = "How long the program ran by the clock; how often its stack was looked at; calls between program \
                       and host, both ways; allocations and releases.";

/// The recording in one line.
fn figures(profile: &Profile) -> String {
    let recording = profile.recording();
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run);
    let run =
        run.map(|span| format!("ran {}", units::nanos(span.end_nanos.saturating_sub(span.start_nanos))));
    let samples = match recording.meta.sampler {
        SamplerKind::None if recording.samples.is_empty() => None,
        kind => Some(format!("{} samples{}", units::count(recording.samples.len() as u64), sampler(kind))),
    };
    let crossings: u64 = recording.crossings.functions.iter().map(|crossing| crossing.calls).sum();
    let crossings = (crossings > 0).then(|| format!("{} crossings", units::count(crossings)));
    let heap = recording.heap.len() as u64;
    let heap = (heap > 0).then(|| format!("{} heap operations", units::count(heap)));
    [run, samples, crossings, heap].into_iter().flatten().map(|text| format!("  ·  {text}")).collect()
}

fn sampler(kind: SamplerKind) -> &'static str {
    match kind {
        SamplerKind::Epoch => " by epochs",
        _ => "",
    }
}

fn warnings_ui(ui: &mut Ui, profile: &Profile, commands: &Commands) {
    let warnings = profile.warnings();
    let text = match warnings.len() {
        0 => return,
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    let first: Vec<_> = warnings.iter().take(8).cloned().collect();
    if chip(ui, &text, Palette::of(ui).warning).on_hover_text(first.join("\n")).clicked() {
        commands.send(Command::ShowPanel(PanelKind::Summary));
    }
}

fn selection_ui(ui: &mut Ui, profile: &Profile, selection: &Selection, commands: &Commands) {
    let accent = Palette::of(ui).accent;
    if let Some(range) = &selection.time_nanos {
        let text = format!("{} – {} ×", units::nanos(range.start), units::nanos(range.end));
        if chip(ui, &text, accent)
            .on_hover_text("All views show this part of the run alone, as far as what they show is known in time.\n\nClick shows all of it.")
            .clicked()
        {
            commands.send(Command::Select(selection.within(None, profile)));
        }
    }
    if !selection.transforms.is_empty() {
        let text = format!("{} ×", units::things(selection.transforms.len() as u64, "transform"));
        let about = "Figures are those of changed call paths, see the flame graph. Click undoes all of it.";
        if chip(ui, &text, accent).on_hover_text(about).clicked() {
            commands.send(Command::Select(Selection { transforms: Vec::new(), ..selection.clone() }));
        }
    }
    if let Some(site) = selection.site {
        let name = profile.frames().get(profile.paths().frame(site)).short.clone();
        let text = format!("site {} ×", middle_cut(&name, 24));
        if chip(ui, &text, accent).on_hover_text("Blocks allocated here. Click selects none.").clicked() {
            commands.send(Command::Select(Selection { site: None, ..selection.clone() }));
        }
    }
    if let Some(line) = &selection.line {
        let name = line.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let text = format!("{}:{} ×", middle_cut(name, 24), line.line);
        let about = format!("{}:{}\n\nClick selects none.", line.file, line.line);
        if chip(ui, &text, accent).on_hover_text(about).clicked() {
            commands.send(Command::Select(Selection { line: None, ..selection.clone() }));
        }
    }
    if let Some(function) = selection.function {
        let info = profile.frames().get(function);
        let text = format!("{} ×", middle_cut(&info.short, 32));
        if chip(ui, &text, accent).on_hover_text(format!("{}\n\nClick selects none.", info.name)).clicked() {
            commands.send(Command::Select(Selection { function: None, line: None, ..selection.clone() }));
        }
    }
}
