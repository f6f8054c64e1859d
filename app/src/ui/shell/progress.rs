//! How far a run is: its phases, what was counted, and the way to stop it.

use crate::ui::command::{Command, Commands};
use crate::ui::jobs::{Job, JobKind};
use crate::ui::module::{file_name, middle_cut};
use crate::ui::theme::{MONO, Palette};
use crate::ui::watch::Progress;
use crate::units;
use egui::{Align, Color32, Frame, Layout, RichText, ScrollArea, Sense, Ui, Vec2};
use wasmscope_instrument::recording::Phase;

const PHASES: [Phase; 5] = [Phase::Parse, Phase::Rewrite, Phase::Compile, Phase::Instantiate, Phase::Run];

/// Draws one line for a job: above the panels, where there are some.
pub fn progress_ui(ui: &mut Ui, job: &Job, commands: &Commands) {
    ui.horizontal(|ui| {
        ui.spinner();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let stop = ui.button("Stop").on_hover_text(format!("Ctrl+.  {}", after_stop(&job.kind)));
            if stop.clicked() {
                commands.send(Command::Stop);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| match &job.kind {
                JobKind::Open(path) => {
                    ui.label(format!("Opening {}", middle_cut(&file_name(path), 60)));
                }
                JobKind::Module { name, .. } | JobKind::LookInside(name) => {
                    ui.label(format!("Reading {}", middle_cut(name, 60)));
                }
                JobKind::Compare(title) => {
                    ui.label(format!("Comparing {}", middle_cut(title, 60)));
                }
                JobKind::Turns(title) => {
                    ui.label(format!("Running by turns: {}", middle_cut(title, 60)));
                    phases_ui(ui, job.watch.progress());
                }
                JobKind::Symbols(wish) => {
                    let from = wish.choice.path().map_or_else(|| "none".to_owned(), file_name);
                    ui.label(format!("Reading symbols: {}", middle_cut(&from, 60)));
                }
                JobKind::Save(path) => {
                    ui.label(format!("Saving {}", middle_cut(&file_name(path), 60)));
                }
                JobKind::Export(path) => {
                    ui.label(format!("Exporting {}", middle_cut(&file_name(path), 60)));
                }
                JobKind::Allocators(_) => {
                    ui.label(trial_text(job.watch.progress()));
                }
                JobKind::Run { name, .. } => {
                    ui.label(RichText::new(middle_cut(name, 32)).strong());
                    phases_ui(ui, job.watch.progress());
                    let counts =
                        RichText::new(counts(job.watch.progress())).font(MONO).color(Palette::of(ui).weak);
                    let about =
                        "So far: time, looks at the stack, calls across the boundary, heap operations.";
                    ui.add(egui::Label::new(counts).truncate()).on_hover_text(about);
                }
            });
        });
    });
}

/// What is there when a job was stopped.
fn after_stop(kind: &JobKind) -> &'static str {
    match kind {
        JobKind::Open(_) | JobKind::Module { .. } | JobKind::LookInside(_) => "Nothing is opened then.",
        JobKind::Compare(_) | JobKind::Turns(_) => "Nothing is compared then.",
        JobKind::Run { .. } => "What was recorded so far is kept.",
        JobKind::Allocators(_) => "Nothing is proposed then.",
        JobKind::Symbols(_) => "The recording keeps the names and lines that it has.",
        JobKind::Save(_) | JobKind::Export(_) => "The file stays as it was, unless it is already written.",
    }
}

/// Draws a run in full, with what the program writes: where no recording is in front.
pub fn running_ui(ui: &mut Ui, job: &Job) {
    let output = job.watch.output();
    ui.add_space(8.0);
    ui.label(RichText::new("Output of the program").weak());
    Frame::new().fill(Palette::of(ui).background).inner_margin(10.0).corner_radius(6.0).show(ui, |ui| {
        ScrollArea::both().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            if output.is_empty() {
                ui.label(RichText::new("Nothing so far.").weak());
            }
            ui.add(egui::Label::new(RichText::new(output).font(MONO)).extend().selectable(true));
        });
    });
}

/// The steps of a run, with the present one marked.
fn phases_ui(ui: &mut Ui, progress: Progress) {
    let palette = Palette::of(ui);
    // A warm-up is the beginning of a run.
    let is_warm_up = progress.phase == Some(Phase::WarmUp);
    let phase = if is_warm_up { Some(Phase::Run) } else { progress.phase };
    let at = phase.and_then(|phase| PHASES.iter().position(|known| *known == phase));
    let at = if progress.reading_back { PHASES.len() } else { at.unwrap_or(0) };
    let name = |phase: &Phase| match phase {
        Phase::Run if is_warm_up => Phase::WarmUp.name(),
        phase => phase.name(),
    };
    let names = PHASES.iter().map(name).chain(["read"]);
    ui.spacing_mut().item_spacing.x = 4.0;
    for (number, name) in names.enumerate() {
        let colour = match number.cmp(&at) {
            std::cmp::Ordering::Less => palette.good,
            std::cmp::Ordering::Equal => palette.accent,
            std::cmp::Ordering::Greater => palette.weak,
        };
        dot(ui, colour, number <= at);
        let done = progress.done.filter(|_| number == at).map(|done| format!(" {}", units::percent(done)));
        let text = RichText::new(name.to_owned() + &done.unwrap_or_default()).small().color(colour);
        ui.label(if number == at { text.strong() } else { text });
    }
    ui.spacing_mut().item_spacing.x = 8.0;
    ui.separator();
}

/// How far a trial run is: `Trial run: compile 40.0 %`, `Trial run, 1.20 s, 12.3 k calls`.
fn trial_text(progress: Progress) -> String {
    let Progress { phase, done, counts, .. } = progress;
    let done = done.map(|done| format!(" {}", units::percent(done))).unwrap_or_default();
    let phase = phase.filter(|phase| *phase != Phase::Run).map(|phase| format!(": {}{done}", phase.name()));
    let time = (counts.run_nanos > 0).then(|| format!(", {}", units::nanos(counts.run_nanos)));
    let calls = (counts.heap_events > 0).then(|| format!(", {} calls", units::count(counts.heap_events)));
    ["Trial run".to_owned()].into_iter().chain(phase).chain(time).chain(calls).collect()
}

fn dot(ui: &mut Ui, colour: Color32, filled: bool) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(9.0, 12.0), Sense::hover());
    let (centre, radius) = (rect.center(), 3.0);
    if filled {
        ui.painter().circle_filled(centre, radius, colour);
    } else {
        ui.painter().circle_stroke(centre, radius, (1.0, colour));
    }
}

fn counts(progress: Progress) -> String {
    let counts = progress.counts;
    let figure = |value: u64, what: &str| (value > 0).then(|| format!("{} {what}", units::count(value)));
    let time = (counts.run_nanos > 0).then(|| units::nanos(counts.run_nanos));
    let pages = (counts.pages_grown > 0).then(|| format!("+{} pages", units::count(counts.pages_grown)));
    let parts = [
        time,
        figure(counts.samples, "samples"),
        figure(counts.crossings, "crossings"),
        figure(counts.heap_events, "heap operations"),
        pages,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
