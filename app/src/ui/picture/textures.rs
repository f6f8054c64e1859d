//! The content of textures: the window hands it on to the graphics card and keeps none of it.

use egui::epaint::ClippedShape;
use egui::{ColorImage, Context, Id, Shape, TextureId};
use std::sync::{Arc, Weak};

/// Has pictures of panels show `image` where the texture is painted, as long as somebody else keeps it.
pub fn remember_texture(ctx: &Context, texture: TextureId, image: &Arc<ColorImage>) {
    ctx.data_mut(|data| data.insert_temp(id(texture), Arc::downgrade(image)));
}

fn id(texture: TextureId) -> Id {
    Id::unique(("content of a texture", texture))
}

/// What the textures show that are among `shapes`.
pub(super) fn images(ctx: &Context, shapes: &[ClippedShape]) -> Vec<(TextureId, Arc<ColorImage>)> {
    let mut textures = Vec::new();
    shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut textures));
    textures.sort_unstable();
    textures.dedup();
    let content = |texture: TextureId| {
        let known: Option<Weak<ColorImage>> = ctx.data(|data| data.get_temp(id(texture)));
        Some((texture, known?.upgrade()?))
    };
    textures.into_iter().filter_map(content).collect()
}

fn collect(shape: &Shape, textures: &mut Vec<TextureId>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, textures)),
        Shape::Mesh(mesh) if mesh.texture_id != TextureId::default() => textures.push(mesh.texture_id),
        _ => {}
    }
}
