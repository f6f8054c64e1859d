//! Everything can be read, and the colours that tell things apart do so for everybody.

use super::*;

/// The least contrast of text (WCAG 2.2, 1.4.3).
const READABLE: f32 = 4.5;

fn palettes() -> impl Iterator<Item = (String, &'static Palette)> {
    let themes = [Theme::Dark, Theme::Light].into_iter();
    let all = themes.flat_map(|theme| ColourSet::ALL.map(|(set, _)| (theme, set)));
    all.map(|(theme, set)| (format!("{theme:?}, {set:?}"), Palette::get(theme, set)))
}

/// The contrast of two colours as WCAG 2 defines it, 1 to 21.
fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

fn reads(name: &str, text: Color32, ground: Color32) {
    let contrast = contrast(text, ground);
    assert!(contrast >= READABLE, "{name}: {text:?} on {ground:?} has {contrast:.2}");
}

#[test]
fn black_on_white_has_the_most_contrast() {
    assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    assert!((contrast(rgb(0x777777), Color32::WHITE) - 4.48).abs() < 0.01, "{}", luminance(rgb(0x777777)));
}

#[test]
fn text_can_be_read_on_what_it_stands_on() {
    for (name, p) in palettes() {
        let grounds = [p.background, p.panel, p.raised, p.hovered, p.selected];
        for text in [p.text, p.weak, p.accent, p.good, p.warning, p.error] {
            grounds.iter().for_each(|ground| reads(&name, text, *ground));
        }
        reads(&name, p.on_accent, p.accent);
        reads(&name, p.canvas.hit_text, p.panel);
        reads(&name, p.canvas.hit_text, p.selected);
        reads(&name, p.text, p.canvas.root);
        reads(&name, p.weak, p.canvas.dimmed);
    }
}

/// All that boxes with a label are filled with: those of functions, of calls and phases, of regions, and of parts.
fn fills(p: &'static Palette) -> Vec<Color32> {
    let (canvas, memory) = (&p.canvas, &p.memory);
    let steps = || (0..=20).map(|step| step as f32 / 20.0);
    let families = [&canvas.guest, &canvas.host].into_iter().flat_map(|family| {
        steps().flat_map(move |at| {
            let shades = [0.0, 0.03, 0.06].into_iter();
            shades.flat_map(move |shade| [0.0, 0.22].map(|fade| family.colour(at, shade, fade)))
        })
    });
    let numbered = (0..8).map(|number| canvas.guest.numbered(number, number as f32 / 8.0, 0.03));
    let scales = steps().flat_map(|at| [memory.on_scale(at.into()), p.heat(at.into())]);
    let calls = [canvas.into_guest, canvas.into_host, canvas.over].into_iter();
    // Calls that took a part of their column only are paler.
    let calls =
        calls.flat_map(|colour| steps().map(move |at| p.background.lerp_to_gamma(colour, 0.4 + 0.6 * at)));
    let single = [canvas.engine, canvas.merged, canvas.hit, p.border, memory.untouched, memory.other];
    let regions = [memory.data, memory.stack, memory.stack_in_use, memory.zeroed, memory.live, memory.free];
    let one_by_one = single.into_iter().chain(regions).chain(memory.owners);
    families.chain(numbered).chain(scales).chain(calls).chain(one_by_one).collect()
}

#[test]
fn the_ink_on_a_box_can_be_read() {
    for (name, p) in palettes() {
        fills(p).into_iter().for_each(|fill| reads(&name, p.ink_on(fill), fill));
    }
}

/// What somebody without the cones for long, or for medium waves sees of a colour (Machado, Oliveira and Fernandes,
/// IEEE TVCG 15(6), 2009, severity 1.0), in linear light.
fn seen(colour: Color32, matrix: &[[f32; 3]; 3]) -> [f32; 3] {
    let [r, g, b, _] = egui::Rgba::from(colour).to_array();
    matrix.map(|[x, y, z]| (x * r + y * g + z * b).clamp(0.0, 1.0))
}

const PROTANOPIA: [[f32; 3]; 3] =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTERANOPIA: [[f32; 3]; 3] =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];

/// CIELAB of linear sRGB under D65.
fn lab([r, g, b]: [f32; 3]) -> [f32; 3] {
    let x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089;
    let f = |t: f32| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

/// A difference of 2.3 is just seen when both are side by side; these are told apart from a legend.
const TOLD_APART: f32 = 9.0;

#[test]
fn people_with_colour_blindness_tell_the_safe_colours_apart() {
    for theme in [Theme::Dark, Theme::Light] {
        let p = Palette::get(theme, ColourSet::ColourBlind);
        let m = &p.memory;
        let regions =
            [m.live, m.free, m.data, m.stack, m.stack_in_use, m.overhead, m.zeroed, m.untouched, m.chosen];
        let calls = [p.canvas.into_guest, p.canvas.into_host, p.canvas.over, p.canvas.engine];
        for group in [regions.as_slice(), calls.as_slice(), &m.owners[..7], &m.scale] {
            for matrix in [&PROTANOPIA, &DEUTERANOPIA] {
                let seen: Vec<_> = group.iter().map(|colour| lab(seen(*colour, matrix))).collect();
                for (at, a) in seen.iter().enumerate() {
                    for (other, b) in seen.iter().enumerate().skip(at + 1) {
                        let apart = distance(*a, *b);
                        let (a, b) = (group[at], group[other]);
                        assert!(apart >= TOLD_APART, "{theme:?}: {a:?} and {b:?} are {apart:.1} apart");
                    }
                }
            }
        }
    }
}
