//! How long a frame of the window takes on one core while the flame graph is in front: views from the caches, layout,
//! painting and tessellation, without the GPU. Prints the median and the slowest of each, for so many call paths as the
//! arguments say (1,000,000 and 10,000,000 without any). Bars for the median: 6 ms a frame in motion of a million
//! nodes, 12 ms of ten million, 1 ms where nothing changed.

use egui::{Context, Event, Key, Modifiers, Pos2, RawInput, Rect, vec2};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope::ui::{App, Places};
use wasmscope_instrument::recording::{Recording, SampleTable, StackId, StackTable};

const FUNCTIONS: u64 = 2_000;
/// Of the roots of call paths: one path in so many begins a tree of its own.
const TREES: u64 = 100;
const FRAMES: usize = 40;

fn main() {
    let counts: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let counts = if counts.is_empty() { vec![1_000_000, 10_000_000] } else { counts };
    for paths in counts {
        let profile = Arc::new(Profile::new(recording(paths)));
        println!("{paths} call paths");
        let mut window = Window::showing(profile);
        for (zoom, presses) in [("whole", 0), ("x 20", 10), ("x 400", 10), ("x 160,000", 20)] {
            window.press(Key::W, presses);
            window.measure(&format!("  {zoom}, in motion"), |frame| {
                vec![key(if frame % 2 == 0 { Key::W } else { Key::S })]
            });
            window.measure(&format!("  {zoom}, nothing changed"), |_| Vec::new());
        }
    }
}

/// The window without a display.
struct Window {
    ctx: Context,
    app: App,
    seconds: f64,
}

impl Window {
    fn showing(profile: Arc<Profile>) -> Window {
        let ctx = Context::default();
        let app = App::for_test(&ctx, Places::within(Path::new("")));
        let mut window = Window { ctx, app, seconds: 0.0 };
        window.app.show_profile("frames.wasm", profile);
        let start = Instant::now();
        window.frame(Vec::new());
        println!("  the first frame, with all its views: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
        // Over the flame graph, so that it hears keys.
        window.frame(vec![Event::PointerMoved(Pos2::new(300.0, 300.0))]);
        window
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.seconds += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0)));
        let input = RawInput { screen_rect, time: Some(self.seconds), events, ..RawInput::default() };
        let start = Instant::now();
        let output = self.ctx.run_ui(input, |ui| self.app.draw(ui));
        let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = start.elapsed();
        assert!(!meshes.is_empty(), "nothing was drawn");
        took
    }

    fn press(&mut self, pressed: Key, times: usize) {
        for _ in 0..times {
            self.frame(vec![key(pressed)]);
        }
    }

    fn measure(&mut self, name: &str, events: impl Fn(usize) -> Vec<Event>) {
        let mut took: Vec<Duration> = (0..FRAMES).map(|frame| self.frame(events(frame))).collect();
        took.sort_unstable();
        let [median, slowest] = [FRAMES / 2, FRAMES - 1].map(|at| took[at].as_secs_f64() * 1e3);
        println!("{name:<34} {median:>7.2} ms, at most {slowest:>7.2} ms");
    }
}

fn key(key: Key) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE }
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A sample on each of so many stacks, which are a tree: each grows out of one of the last thousand.
fn recording(paths: u64) -> Recording {
    let mut random = Lcg(1);
    let folded: String = (0..FUNCTIONS).map(|func| format!("f{func} 1\n")).collect();
    let Recording { module, stacks: known, .. } = ProfileBuilder::new().folded(&folded).recording();
    let (mut stacks, mut samples) = (StackTable::default(), SampleTable::default());
    for row in 0..paths {
        let frame = known.frame[random.below(FUNCTIONS) as usize];
        let parent = (row > 0).then(|| StackId((row - 1 - random.below(row.min(1_000))) as u32));
        stacks.push(parent.filter(|_| random.below(TREES) > 0), frame);
        samples.push(row * 1_000, StackId(row as u32), 1 + random.below(2_000));
    }
    Recording { module, stacks, samples, ..Recording::default() }
}
