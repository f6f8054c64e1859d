//! Pictures of panels: what is wanted, and what the frames after that make of it.

use super::super::app::App;
use super::super::documents::DocumentId;
use super::super::jobs::{Export, ExportedView, JobDesk};
use super::super::notes::Note;
use super::super::panels::PanelKind;
use super::super::picture::{Picture, PictureFormat, PictureWish, Shot};
use crate::ui::command::Command;
use egui::{ColorImage, Context};
use std::path::PathBuf;
use std::sync::Arc;

/// Has the next frames make a picture of a panel, which is to be seen for that.
pub(super) fn want(app: &mut App, id: DocumentId, (panel, format): (PanelKind, PictureFormat), to: PathBuf) {
    app.state.documents.show(Some(id));
    app.screen.dock.show(panel);
    let frames_left = PictureWish::MOST_FRAMES;
    app.screen.picture = Some(PictureWish { panel, format, to, frames_left, shot: None });
    app.commands.wake();
}

/// What the panel painted in this frame, if it was seen.
pub(in crate::ui) fn painted(app: &mut App, shot: Option<Shot>, ctx: &Context) {
    let Some(wish) = &mut app.screen.picture else { return };
    wish.frames_left = wish.frames_left.saturating_sub(1);
    if wish.frames_left == 0 {
        app.screen.picture = None;
        app.screen.notes.add(Note::failure("The picture can't be taken: the panel is not on screen."));
        return;
    }
    ctx.request_repaint();
    let Some(shot) = shot.filter(|_| wish.is_laid_out()) else { return };
    match wish.format {
        PictureFormat::Svg => {
            let Some(document) = app.state.documents.front() else { return };
            let title = format!("{}: {}", document.title, wish.panel.title());
            write(app, Picture::Shapes(shot, title), ctx);
        }
        PictureFormat::Png => {
            if wish.shot.replace(shot).is_none() {
                let commands = app.commands.clone();
                ctx.request_screenshot(move |image| commands.send(Command::Pixels(image)));
            }
        }
    }
}

/// The pixels of the window, as they were when the panel was last painted.
pub(super) fn pixels(app: &mut App, image: Arc<ColorImage>, ctx: &Context) {
    let shot = app.screen.picture.as_mut().and_then(|wish| wish.shot.take());
    if let Some(shot) = shot {
        write(app, Picture::Pixels(shot, image), ctx);
    }
}

fn write(app: &mut App, picture: Picture, ctx: &Context) {
    let Some(wish) = app.screen.picture.take() else { return };
    let export = Export { view: ExportedView::Picture(picture), to: wish.to };
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.export(export, &desk);
}
