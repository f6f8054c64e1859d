//! The page that elements are put on.

use egui::{Color32, Pos2, Rect, Stroke};
use std::fmt::{self, Display, Write};

/// A picture as it grows.
pub(super) struct Page {
    /// The point of the window that is the picture's upper left.
    origin: Pos2,
    svg: String,
    ids: usize,
    /// What is put now is seen within this alone.
    clip: Option<Rect>,
}

impl Page {
    pub(super) fn new(origin: Pos2) -> Page {
        Page { origin, svg: String::new(), ids: 0, clip: None }
    }

    /// Appends an element.
    pub(super) fn put(&mut self, element: fmt::Arguments<'_>) {
        // Writing to a string can't fail.
        let _ = self.svg.write_fmt(element);
        self.svg.push('\n');
    }

    /// A name for a part that others refer to.
    pub(super) fn id(&mut self) -> String {
        self.ids += 1;
        format!("p{}", self.ids)
    }

    /// Where a point of the window is in the picture.
    pub(super) fn xy(&self, point: Pos2) -> (Number, Number) {
        (Number(point.x - self.origin.x), Number(point.y - self.origin.y))
    }

    /// The same as the data of paths have it.
    pub(super) fn at(&self, point: Pos2) -> String {
        let (x, y) = self.xy(point);
        format!("{x} {y}")
    }

    /// What follows is seen within `clip` alone.
    pub(super) fn open(&mut self, clip: Rect) {
        if self.clip == Some(clip) {
            return;
        }
        self.close();
        let (id, (x, y)) = (self.id(), self.xy(clip.min));
        let (width, height) = (Number(clip.width()), Number(clip.height()));
        self.put(format_args!(
            "<clipPath id=\"{id}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></clipPath>\n\
             <g clip-path=\"url(#{id})\">"
        ));
        self.clip = Some(clip);
    }

    fn close(&mut self) {
        if self.clip.take().is_some() {
            self.svg.push_str("</g>\n");
        }
    }

    /// All elements.
    pub(super) fn finish(mut self) -> String {
        self.close();
        self.svg
    }
}

/// A length to a hundredth of a point, without zeros that say nothing.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) f32);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (f64::from(self.0) * 100.0).round() / 100.0;
        // What is nowhere must not make the whole file unreadable; and there is no -0.
        write!(f, "{}", if hundredths.is_finite() { hundredths + 0.0 } else { 0.0 })
    }
}

/// `fill="#aabbcc"`, with how much shines through.
pub(super) fn fill(colour: Color32) -> String {
    if colour.a() == 0 { "fill=\"none\"".to_owned() } else { paint("fill", colour) }
}

/// ` stroke="#aabbcc" stroke-width="1"`, or nothing.
pub(super) fn outline(stroke: Stroke) -> String {
    if stroke.is_empty() {
        return String::new();
    }
    format!(" {} stroke-width=\"{}\"", paint("stroke", stroke.color), Number(stroke.width))
}

fn paint(what: &str, colour: Color32) -> String {
    let [red, green, blue, alpha] = colour.to_srgba_unmultiplied();
    let mut paint = format!("{what}=\"#{red:02x}{green:02x}{blue:02x}\"");
    if alpha < u8::MAX {
        let opacity = Number(f32::from(alpha) / f32::from(u8::MAX));
        paint.push_str(&format!(" {what}-opacity=\"{opacity}\""));
    }
    paint
}
