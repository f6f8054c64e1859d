//! The rows of the run dialog that say which functions allocate, and the look for those of modules without names.

use super::super::command::{Command, Commands};
use super::super::jobs::Job;
use super::super::module::middle_cut;
use super::super::shell::progress_ui;
use super::super::theme::Palette;
use super::form::RunForm;
use super::ui::{RunDialog, below_row, row};
use crate::trial;
use egui::{Label, Margin, RichText, TextEdit, Ui};
use wasmscope_instrument::{MOST_TRIALS, Proposal, TRIAL_TIME, Trial, is_component};

const ABOUT: &str =
    "Functions that allocate though their names don't tell, and the C function that each does the same as.";

/// Draws the functions that the user says are allocators, and how to find some.
pub fn allocators_ui(ui: &mut Ui, dialog: &mut RunDialog, search: Option<&Job>, commands: &Commands) {
    row(ui, "Allocators", |ui| {
        let allocators = &mut dialog.form.allocators;
        let lines = allocators.lines().count().clamp(1, 5);
        let edit = TextEdit::multiline(allocators).desired_rows(lines).desired_width(f32::INFINITY);
        let edit = edit.hint_text("arena_alloc=malloc, one a line").margin(Margin::symmetric(6, 4));
        // The hint would be its name otherwise.
        ui.add(edit).accessible_name("Allocators").on_hover_text(ABOUT);
    });
    // The label of a row names what is in it, and these have names of their own.
    below_row(ui, |ui| match search {
        Some(job) => progress_ui(ui, job, commands),
        None => {
            find_ui(ui, dialog, commands);
            match &dialog.trial {
                Some(Ok(trial)) => trial_ui(ui, trial, &mut dialog.form),
                Some(Err(problem)) => drop(ui.colored_label(Palette::of(ui).error, problem)),
                None => {}
            }
        }
    });
}

fn find_ui(ui: &mut Ui, dialog: &mut RunDialog, commands: &Commands) {
    let is_component = is_component(&dialog.module.guest.bytes);
    ui.horizontal(|ui| {
        let find = ui.add_enabled(!is_component, egui::Button::new("Find allocators…"));
        ui.label(RichText::new(about_find(dialog, is_component)).weak());
        if find.clicked()
            && let Some(order) = dialog.answer()
        {
            dialog.trial = None;
            commands.send(Command::FindAllocators(Box::new(order)));
        }
    });
}

fn about_find(dialog: &RunDialog, is_component: bool) -> String {
    if is_component {
        return "Components are not looked into.".to_owned();
    }
    let time = dialog.form.limits().time.unwrap_or(TRIAL_TIME);
    format!("by what functions do in up to {MOST_TRIALS} trial runs of {} s at most", time.as_secs())
}

/// What came of the trial, each proposal with its evidence.
fn trial_ui(ui: &mut Ui, trial: &Trial, form: &mut RunForm) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        trial.proposals.iter().for_each(|proposal| proposal_ui(ui, proposal, form));
    });
    let rest = trial.proposals.iter().filter(|proposal| !form.has_allocator(&words(proposal)));
    let rest: Vec<_> = rest.map(words).collect();
    if rest.len() > 1 && ui.button("Use all").on_hover_text("They belong to one heap.").clicked() {
        rest.iter().for_each(|words| form.set_allocator(words, true));
    }
    if let Some(reason) = trial::why_none(trial) {
        ui.label(format!("Nothing found: {reason}."));
    }
    // A trial that the user stops shows nothing.
    if let Some(ending) = trial::ended_early(trial, false) {
        ui.label(RichText::new(format!("The trial ended early: {ending}.")).weak());
    }
}

fn proposal_ui(ui: &mut Ui, proposal: &Proposal, form: &mut RunForm) {
    let words = words(proposal);
    let mut is_used = form.has_allocator(&words);
    let tick = ui.checkbox(&mut is_used, format!("Use {}", middle_cut(&words, 60)));
    if tick.on_hover_text(&words).changed() {
        form.set_allocator(&words, is_used);
    }
    ui.horizontal_top(|ui| {
        // Below the words of the tick.
        ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
        ui.add(Label::new(RichText::new(&proposal.evidence).weak()).wrap());
    });
}

/// A proposal as the field and the command line take it.
fn words(proposal: &Proposal) -> String {
    proposal.allocator.to_string()
}

impl RunForm {
    /// Is there a line with these words?
    fn has_allocator(&self, words: &str) -> bool {
        self.allocators.lines().any(|line| line.trim() == words)
    }

    /// Adds the line with these words, or takes it away.
    fn set_allocator(&mut self, words: &str, is_wanted: bool) {
        let others = self.allocators.lines().filter(|line| line.trim() != words && !line.trim().is_empty());
        self.allocators = others.chain(is_wanted.then_some(words)).collect::<Vec<_>>().join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_are_lines_of_the_field() {
        let mut form = RunForm { allocators: "mine=malloc\n".into(), ..RunForm::default() };
        form.set_allocator("func[1]=free", true);
        form.set_allocator("func[1]=free", true);
        assert_eq!(form.allocators, "mine=malloc\nfunc[1]=free");
        assert!(form.has_allocator("func[1]=free") && !form.has_allocator("func[1]=malloc"));
        form.set_allocator("mine=malloc", false);
        assert_eq!(form.allocators, "func[1]=free");
    }
}
