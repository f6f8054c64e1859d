//! Short messages in the corner: what failed, what was done. They never stand in the way.

use super::command::{Command, Commands};
use super::theme::Palette;
use egui::{Align2, Color32, Frame, Id, RichText, Ui, Vec2};

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done; goes away by itself.
    Done,
    /// Something failed; stays.
    Failure,
}

/// A message for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// How it is meant.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// What a report of it would need; empty if the sentence says all.
    pub details: String,
}

impl Note {
    /// A note that something was done.
    pub fn done(text: impl Into<String>) -> Note {
        Note { tone: Tone::Done, text: text.into(), details: String::new() }
    }

    /// A note that something failed.
    pub fn failure(text: impl Into<String>) -> Note {
        Note { tone: Tone::Failure, text: text.into(), details: String::new() }
    }

    /// The same note with what a report of it would need.
    #[must_use]
    pub fn with_details(self, details: impl Into<String>) -> Note {
        Note { details: details.into(), ..self }
    }
}

/// Names one note on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteId(u64);

struct Shown {
    id: NoteId,
    note: Note,
    /// Seconds of egui's clock at which it came.
    since: Option<f64>,
}

/// The notes on screen.
#[derive(Default)]
pub struct Notes {
    shown: Vec<Shown>,
    last: u64,
}

const DONE_SECONDS: f64 = 6.0;
const MOST: usize = 4;
const WIDTH: f32 = 380.0;

impl Notes {
    /// Shows `note`. Older ones give way if there are too many.
    pub fn add(&mut self, note: Note) {
        self.shown.retain(|other| other.note != note);
        self.last += 1;
        self.shown.push(Shown { id: NoteId(self.last), note, since: None });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    /// Takes one away.
    pub fn dismiss(&mut self, id: NoteId) {
        self.shown.retain(|shown| shown.id != id);
    }

    /// What failed, oldest first.
    #[cfg(test)]
    pub fn failures(self) -> Vec<String> {
        let failed = self.shown.into_iter().filter(|shown| shown.note.tone == Tone::Failure);
        failed.map(|shown| shown.note.text).collect()
    }

    /// Draws them in the lower right corner.
    pub fn ui(&mut self, ui: &Ui, commands: &Commands) {
        self.expire(ui);
        if self.shown.is_empty() {
            return;
        }
        let area = egui::Area::new(Id::unique("notes")).order(egui::Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, Vec2::new(-12.0, -36.0)).show(ui.ctx(), |ui| {
            ui.set_max_width(WIDTH.min(ui.ctx().content_rect().width() - 24.0));
            for shown in &self.shown {
                note_ui(ui, shown, commands);
            }
        });
    }

    fn expire(&mut self, ui: &Ui) {
        let now = ui.input(|input| input.time);
        for shown in &mut self.shown {
            shown.since.get_or_insert(now);
        }
        let is_old = |shown: &Shown| shown.since.is_some_and(|since| now - since > DONE_SECONDS);
        self.shown.retain(|shown| shown.note.tone != Tone::Done || !is_old(shown));
        if self.shown.iter().any(|shown| shown.note.tone == Tone::Done) {
            ui.ctx().request_repaint_after_secs(1.0);
        }
    }
}

fn tone_colour(tone: Tone, palette: &Palette) -> Color32 {
    match tone {
        Tone::Done => palette.good,
        Tone::Failure => palette.error,
    }
}

fn note_ui(ui: &mut Ui, shown: &Shown, commands: &Commands) {
    let palette = Palette::of(ui);
    let colour = tone_colour(shown.note.tone, palette);
    let frame = Frame::popup(ui.style()).fill(palette.raised).inner_margin(egui::Margin::same(10));
    let drawn = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(&shown.note.text).wrap().selectable(true));
        ui.horizontal(|ui| note_buttons(ui, shown, commands));
    });
    let mut bar = drawn.response.rect;
    bar.set_width(3.0);
    ui.painter().rect_filled(bar, 2.0, colour);
}

fn note_buttons(ui: &mut Ui, shown: &Shown, commands: &Commands) {
    let Note { text, details, .. } = &shown.note;
    if ui.small_button("Dismiss").clicked() {
        commands.send(Command::Dismiss(shown.id));
    }
    if shown.note.tone != Tone::Done && ui.small_button("Copy details").clicked() {
        ui.ctx().copy_text(format!("{text}\n{details}").trim_end().to_owned());
    }
    if !details.is_empty() {
        let summary = details.lines().next().unwrap_or_default();
        ui.add(egui::Label::new(RichText::new(summary).weak().small()).truncate()).on_hover_text(details);
    }
}
