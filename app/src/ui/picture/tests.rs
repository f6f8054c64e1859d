//! Pictures of each panel, from frames that nobody sees.

use super::PictureFormat;
use crate::profile::{Profile, ProfileBuilder};
use crate::ui::app::App;
use crate::ui::command::{Command, ExportKind, Purpose};
use crate::ui::documents::DocumentId;
use crate::ui::panels::PanelKind;
use crate::ui::places::Places;
use egui::{Color32, ColorImage, Context, Pos2, RawInput, Rect, ViewportCommand, pos2, vec2};
use roxmltree::{Document, Node};
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const WIDTH: f32 = 1280.0;
const HEIGHT: f32 = 800.0;

struct Window {
    app: App,
    ctx: Context,
    folder: TempDir,
}

/// A name that is no markup, and two that are easily searched.
fn profile() -> Profile {
    let profile = ProfileBuilder::new().memory(2, Some(16)).folded(
        "_start;main@main.c:3;parse&co;scan 600\n_start;main@main.c:4;render 300\n_start;main;render;[host.write] 100",
    );
    let profile = profile.alloc(100, "_start;main;render;malloc", 66_000, 40_000);
    let profile = profile.free(900, "_start;main;render;free", 66_000);
    let profile = profile.alloc(950, "_start;main;render;malloc", 66_000, 20_000);
    profile
        .grow(600, "_start;main;render", 2, 1, true)
        .crossings("_start;main;render;[host.write]", 3, 90, Some(12))
        .build()
}

impl Window {
    fn showing(profile: Profile) -> Window {
        let folder = tempfile::tempdir().unwrap();
        let ctx = Context::default();
        let mut app = App::for_test(&ctx, Places::within(folder.path()));
        app.show_profile("m.wasm", Arc::new(profile));
        let mut window = Window { app, ctx, folder };
        window.draws(None);
        window
    }

    fn id(&self) -> DocumentId {
        self.app.state.documents.front().unwrap().id
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A frame. Who asks for pixels is given `pixels`.
    fn draws(&mut self, pixels: Option<&Arc<ColorImage>>) {
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(WIDTH, HEIGHT)));
        let input = RawInput { screen_rect, ..RawInput::default() };
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| app.draw(ui));
        for command in output.viewport_output.values_mut().flat_map(|viewport| viewport.commands.drain(..)) {
            if let (ViewportCommand::Screenshot(callback), Some(pixels)) = (command, pixels) {
                callback.complete(Arc::clone(pixels));
            }
        }
        output.drop_without_applying_deltas();
    }

    /// The picture, once some frames have been drawn.
    fn takes(
        &mut self,
        panel: PanelKind,
        format: PictureFormat,
        pixels: Option<&Arc<ColorImage>>,
    ) -> Vec<u8> {
        let path = self.path("picture").with_extension(format.extension());
        let kind = ExportKind::Picture(panel, format);
        self.app.commands.send(Command::Picked(Purpose::Export(self.id(), kind), path.clone()));
        // What a panel needs is asked for in the first frame in which it is seen, and the next one lays it out.
        (0..6).for_each(|_| self.draws(pixels));
        let failures = std::mem::take(&mut self.app.screen.notes).failures();
        assert_eq!(failures, [""; 0], "{panel:?}");
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{panel:?}: {error}"));
        std::fs::remove_file(path).unwrap();
        bytes
    }

    fn svg(&mut self, panel: PanelKind) -> String {
        String::from_utf8(self.takes(panel, PictureFormat::Svg, None)).unwrap()
    }
}

fn number(node: Node<'_, '_>, name: &str) -> f32 {
    node.attribute(name).unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

fn rect_of(node: Node<'_, '_>) -> Rect {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(node, name));
    Rect::from_min_size(pos2(x, y), vec2(width, height))
}

fn texts(document: &Document<'_>) -> Vec<String> {
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.filter_map(|node| node.text().map(str::to_owned)).collect()
}

#[test]
fn each_panel_is_a_picture_with_the_words_that_are_seen() {
    let mut window = Window::showing(profile());
    for panel in PanelKind::ALL {
        // Seen once, so that what it shows has been worked out.
        window.app.commands.send(Command::ShowPanel(panel));
        (0..3).for_each(|_| window.draws(None));
        let svg = window.svg(panel);
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{panel:?}: {error}"));
        let texts = texts(&document);
        let expected: &[&str] = match panel {
            PanelKind::Flame => &["parse&co", "scan", "render", "main"],
            PanelKind::Functions => &["parse&co", "scan", "600 ns"],
            PanelKind::Boundary => &["host.write"],
            PanelKind::Growth | PanelKind::Timeline | PanelKind::HeapMap => &["ns"],
            PanelKind::Summary => &["Boundary", "Memory 0"],
            PanelKind::Module => &["Sections"],
            PanelKind::Sites => &["render"],
            PanelKind::Advice => &["Looked for"],
            PanelKind::Source | PanelKind::Instructions | PanelKind::Output => &[],
        };
        for word in expected {
            assert!(texts.iter().any(|text| text.contains(word)), "{panel:?}: no {word} in {texts:?}");
        }
        assert!(!texts.is_empty(), "{panel:?} says something");
        inside(&document, panel);
    }
}

/// All that is drawn is cut to a part of the picture, and that is filled.
fn inside(document: &Document<'_>, panel: PanelKind) {
    let svg = document.root_element();
    let whole = Rect::from_min_size(Pos2::ZERO, vec2(number(svg, "width"), number(svg, "height")));
    assert!(whole.width() > 100.0 && whole.height() > 100.0, "{panel:?}: {whole:?}");
    for node in svg.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "clipPath" => {
                let rect = rect_of(node.first_element_child().unwrap());
                assert!(whole.expand(0.02).contains_rect(rect), "{panel:?}: {rect:?} of {whole:?}");
            }
            "g" => assert!(node.attribute("clip-path").is_some(), "{panel:?}"),
            name => assert_eq!(name, "title", "{panel:?}"),
        }
    }
    let paper =
        document.descendants().filter(|node| node.has_tag_name("rect") && node.attribute("fill").is_some());
    let paper = paper.map(rect_of).next().unwrap();
    assert!(paper.expand(0.02).contains_rect(whole), "{panel:?}: {paper:?} of {whole:?}");
}

#[test]
fn boxes_of_the_flame_graph_are_as_wide_as_their_share() {
    let mut window = Window::showing(profile());
    let svg = window.svg(PanelKind::Flame);
    let document = Document::parse(&svg).unwrap();
    let left = |name: &str| {
        let mut texts = document.descendants().filter(|node| node.has_tag_name("text"));
        number(texts.find(|node| node.text() == Some(name)).unwrap(), "x")
    };
    let (parse, render) = (left("parse&co"), left("render"));
    let boxes: Vec<f32> =
        document.descendants().filter_map(|node| node.attribute("d")).flat_map(widths).collect();
    let parse_width = render - parse;
    let has = |width: f32| boxes.iter().any(|found| (found - width).abs() < 3.0);
    assert!(has(parse_width) && has(parse_width / 0.6 * 0.4), "{parse_width}: {boxes:?}");
}

/// How wide the rectangles in the data of a path are.
fn widths(path: &str) -> Vec<f32> {
    path.split('h')
        .skip(1)
        .filter_map(|rest| rest.split('v').next()?.parse().ok())
        .filter(|w| *w > 0.0)
        .collect()
}

#[test]
fn the_map_is_a_picture_within_the_picture() {
    let mut window = Window::showing(profile());
    window.app.commands.send(Command::ShowPanel(PanelKind::HeapMap));
    (0..3).for_each(|_| window.draws(None));
    let svg = window.svg(PanelKind::HeapMap);
    let document = Document::parse(&svg).unwrap();
    let image = document.descendants().find(|node| node.has_tag_name("image")).unwrap();
    assert!(rect_of(image).area() > 10_000.0);
    let data = image.attribute("href").unwrap().strip_prefix("data:image/png;base64,").unwrap();
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
    let (_, pixels) = decoded(&bytes);
    assert!(pixels.iter().any(|pixel| *pixel != pixels[0]), "free and used memory look alike");
}

fn decoded(png: &[u8]) -> ([usize; 2], Vec<[u8; 4]>) {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let pixels = bytes.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect();
    ([info.width as usize, info.height as usize], pixels)
}

/// The window's pixels are numbered, so that those of the panel are known again, also where there are two a point.
#[test]
fn pixels_are_those_of_the_panel() {
    for scale in [1.0, 2.0] {
        let mut window = Window::showing(profile());
        window.ctx.set_pixels_per_point(scale);
        (0..2).for_each(|_| window.draws(None));
        let size = [(WIDTH * scale) as usize, (HEIGHT * scale) as usize];
        let colour = |at: usize| Color32::from_rgb((at % size[0] / 16) as u8, (at / size[0] / 16) as u8, 7);
        let pixels = Arc::new(ColorImage::new(size, (0..size[0] * size[1]).map(colour).collect()));
        let svg = window.svg(PanelKind::Functions);
        let document = Document::parse(&svg).unwrap();
        let points = ["width", "height"].map(|name| number(document.root_element(), name));
        let (found, inside) = decoded(&window.takes(PanelKind::Functions, PictureFormat::Png, Some(&pixels)));
        let expected = points.map(|length| (length * scale).round());
        let differs = |axis: usize| (found[axis] as f32 - expected[axis]).abs() > 1.0;
        assert!(!differs(0) && !differs(1), "{found:?}, not {expected:?}");
        // The panel is on the right, below the bar.
        let [right, top, ..] = inside[found[0] - 1];
        assert!(f32::from(right) > WIDTH * scale / 16.0 * 0.98 && top > 0, "{right}, {top}");
    }
}

#[test]
fn what_is_never_on_screen_is_told() {
    let mut window = Window::showing(profile());
    let kind = ExportKind::Picture(PanelKind::Flame, PictureFormat::Png);
    let (id, path) = (window.id(), window.path("a.png"));
    window.app.commands.send(Command::Picked(Purpose::Export(id, kind), path.clone()));
    // Nobody gives pixels.
    (0..12).for_each(|_| window.draws(None));
    let failures = std::mem::take(&mut window.app.screen.notes).failures();
    assert!(failures.concat().contains("can't be taken"), "{failures:?}");
    assert!(!path.exists());
}
