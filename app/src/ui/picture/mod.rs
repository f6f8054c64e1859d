//! Pictures of panels as they are seen: as SVG from what a panel painted, as PNG from the window's pixels.
//!
//! Who wants one puts a [`PictureWish`]; the next frame is drawn without anything over the panels. What the panel
//! painted in it is a [`Shot`], from which a job makes a file.

mod mesh;
mod page;
mod png;
mod svg;
mod text;
mod textures;

pub use textures::remember_texture;

use super::panels::PanelKind;
use egui::epaint::ClippedShape;
use egui::{ColorImage, Context, LayerId, Rect, TextureId};
use std::path::PathBuf;
use std::sync::Arc;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Sharp at any size, with text that can be searched.
    Svg,
    /// The pixels of the screen.
    Png,
}

impl PictureFormat {
    /// All of them.
    pub const ALL: [PictureFormat; 2] = [PictureFormat::Svg, PictureFormat::Png];

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            PictureFormat::Svg => "SVG",
            PictureFormat::Png => "PNG",
        }
    }

    /// The usual ending of the file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            PictureFormat::Svg => "svg",
            PictureFormat::Png => "png",
        }
    }
}

/// A picture that is to be taken.
pub struct PictureWish {
    /// Of which panel.
    pub panel: PanelKind,
    /// In which form.
    pub format: PictureFormat,
    /// Its file.
    pub to: PathBuf,
    /// So many frames it is still waited for: a window that shows nothing has no pixels to give.
    pub frames_left: u8,
    /// What was painted while pixels are waited for.
    pub shot: Option<Shot>,
}

impl PictureWish {
    /// Pixels are there a frame after they were asked for, and a window may skip one.
    pub const MOST_FRAMES: u8 = 10;
    /// In the first of them a panel that was not on screen is laid out, and some of it not drawn.
    const LAYOUT_FRAMES: u8 = 2;

    /// Has the panel had time to find its place?
    pub fn is_laid_out(&self) -> bool {
        self.frames_left < Self::MOST_FRAMES - Self::LAYOUT_FRAMES
    }
}

/// What a panel painted in a frame, and where.
pub struct Shot {
    frame: Rect,
    pixels_per_point: f32,
    shapes: Vec<ClippedShape>,
    /// The pictures among the shapes.
    images: Vec<(TextureId, Arc<ColorImage>)>,
}

impl Shot {
    /// What has been painted on `layer` within `frame` behind the first `before` shapes.
    pub fn of(ctx: &Context, layer: LayerId, frame: Rect, before: usize) -> Shot {
        let shapes: Vec<ClippedShape> = ctx.graphics(|graphics| {
            let painted = graphics.get(layer).map(|list| list.all_entries().skip(before).cloned());
            painted.map(Iterator::collect).unwrap_or_default()
        });
        let images = textures::images(ctx, &shapes);
        Shot { frame, pixels_per_point: ctx.pixels_per_point(), shapes, images }
    }

    /// How many shapes have been painted on `layer` by now.
    pub fn painted(ctx: &Context, layer: LayerId) -> usize {
        ctx.graphics(|graphics| graphics.get(layer).map_or(0, |list| list.next_idx().0))
    }
}

/// A picture, as far as the window has to do with it.
pub enum Picture {
    /// What was painted, with a title.
    Shapes(Shot, String),
    /// The pixels of the whole window, of which those are meant that the panel has.
    Pixels(Shot, Arc<ColorImage>),
}

impl Picture {
    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Picture::Shapes(shot, title) => svg::svg(shot, title).into_bytes(),
            Picture::Pixels(shot, window) => {
                png::png(&png::cropped(window, shot.frame, shot.pixels_per_point))
            }
        }
    }
}

#[cfg(test)]
mod images;
#[cfg(test)]
mod tests;
