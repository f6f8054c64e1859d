//! Pixels as PNG.

use egui::{Color32, ColorImage, Rect};
use png::{BitDepth, ColorType, Encoder, EncodingError};

/// The whole file.
pub(super) fn png(image: &ColorImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(image, &mut bytes).expect("it has a pixel, and memory takes what is written");
    bytes
}

fn encode(image: &ColorImage, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let [width, height] = image.size;
    let mut encoder = Encoder::new(out, width as u32, height as u32);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    let pixels: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    encoder.write_header()?.write_image_data(&pixels)
}

/// The part of `window` that `frame` has, in points; at least a pixel.
pub(super) fn cropped(window: &ColorImage, frame: Rect, pixels_per_point: f32) -> ColorImage {
    let [width, height] = window.size;
    let pixel = |points: f32, most: usize| ((points * pixels_per_point).round().max(0.0) as usize).min(most);
    let (left, right) = (pixel(frame.left(), width), pixel(frame.right(), width));
    let (top, bottom) = (pixel(frame.top(), height), pixel(frame.bottom(), height));
    let lines = window.pixels.chunks(width.max(1)).take(bottom).skip(top);
    let pixels: Vec<Color32> = lines.flat_map(|line| line.get(left..right).unwrap_or(&[])).copied().collect();
    match pixels.is_empty() {
        true => ColorImage::filled([1, 1], Color32::TRANSPARENT),
        false => ColorImage::new([right - left, bottom - top], pixels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn a_part_of_the_window_has_its_pixels() {
        let pixels: Vec<Color32> = (0..12).map(Color32::from_gray).collect();
        let window = ColorImage::new([4, 3], pixels);
        let half = Rect::from_min_size(pos2(0.5, 0.5), vec2(1.0, 5.0));
        for (frame, scale, size, first) in [
            (Rect::from_min_size(pos2(1.0, 1.0), vec2(2.0, 2.0)), 1.0, [2, 2], 5),
            (half, 2.0, [2, 2], 5),
            (Rect::from_min_size(pos2(9.0, 9.0), vec2(2.0, 2.0)), 1.0, [1, 1], 0),
        ] {
            let part = cropped(&window, frame, scale);
            assert_eq!((part.size, part.pixels[0].r()), (size, first), "{frame:?}");
            let mut reader = png::Decoder::new(std::io::Cursor::new(png(&part))).read_info().unwrap();
            let mut read = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut read).unwrap();
            assert_eq!((read.len(), read[0]), (size[0] * size[1] * 4, first));
        }
    }
}
