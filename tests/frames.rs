//! How long a frame of the window takes while a heap of a million live blocks is on the map: view, layout and tessellation
//! on one core, with the threads that compute views at work beside it. `cargo bench -p wasmscope-tests --bench frames`

use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, TouchPhase, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope::ui::App;

const BLOCKS: u64 = 1_000_000;
/// After the live ones have come, others take turns with them.
const TURNS: u64 = 500_000;
const SLOT_BYTES: u64 = 64;
const PAGE_BYTES: u64 = 65_536;
/// For 60 frames a second.
const BAR_MILLIS: f64 = 16.6;

fn main() {
    let profile = Arc::new(profile());
    println!("{:<34} {:>10} {:>10} {:>10}   bar {BAR_MILLIS} ms", "frame, in ms", "median", "99 %", "worst");
    for (size, scale) in [((1280.0, 800.0), 1.0), ((3840.0, 2160.0), 1.0), ((1920.0, 1080.0), 2.0)] {
        let mut window = Window::showing(&profile, size.into(), scale);
        let title = format!("{}x{} at {scale}x", size.0 * scale, size.1 * scale);
        let over = window.map();
        window.measure(&format!("{title}: still"), 60, |_, _| {});
        window.measure(&format!("{title}: pointer moves"), 120, |harness, frame| {
            harness.hover_at(over + vec2(frame as f32, 0.5 * frame as f32));
        });
        window.measure(&format!("{title}: zooms in"), 60, |harness, _| harness.event(wheel(20.0)));
        window.measure(&format!("{title}: zooms out"), 60, |harness, _| harness.event(wheel(-20.0)));
        window.measure(&format!("{title}: plays"), 200, |harness, frame| {
            if frame == 0 {
                harness.key_press(Key::Space);
            }
        });
    }
}

/// Each slot holds a block; then every third is freed and handed out again, smaller.
fn profile() -> Profile {
    let pages = (BLOCKS * SLOT_BYTES).div_ceil(PAGE_BYTES) + 2;
    let address = |slot: u64| PAGE_BYTES + slot * SLOT_BYTES;
    let mut heap = ProfileBuilder::new().folded("_start;main;work 100").memory(pages, None);
    for block in 0..BLOCKS {
        let path = if block % 5 == 0 { "_start;main;parse;malloc" } else { "_start;main;render;malloc" };
        heap = heap.alloc(block * 1_000, path, address(block), 16 + block % 40);
    }
    for turn in 0..TURNS {
        let (nanos, slot) = ((BLOCKS + turn) * 1_000, turn * 3 % BLOCKS);
        heap = heap.free(nanos, "_start;main;work;free", address(slot));
        heap = heap.alloc(nanos, "_start;main;work;malloc", address(slot), 16 + turn % 24);
    }
    heap.build()
}

fn wheel(points: f32) -> Event {
    let (unit, delta, source) = (MouseWheelUnit::Point, vec2(0.0, points), egui::MouseWheelSource::Wheel);
    Event::MouseWheel { unit, delta, source, phase: TouchPhase::Move, modifiers: Modifiers::NONE }
}

struct Window {
    harness: Harness<'static, App>,
}

impl Window {
    fn showing(profile: &Arc<Profile>, size: Vec2, scale: f32) -> Window {
        let builder = Harness::builder().with_size(size).with_pixels_per_point(scale).with_max_steps(64);
        let mut harness = builder.build_eframe(|cc| App::new(cc, Vec::new(), None));
        harness.state_mut().show_profile("blocks.wasm", Arc::clone(profile));
        harness.run_steps(4);
        harness.get_by_label("Fragmentation").click();
        let mut window = Window { harness };
        window.settle();
        window
    }

    /// Until views are computed.
    fn settle(&mut self) {
        for _ in 0..100 {
            sleep(Duration::from_millis(20));
            self.harness.step();
        }
    }

    /// A point on the map.
    fn map(&self) -> Pos2 {
        self.harness.get_by_label("Fragmentation map").rect().left_top() + vec2(120.0, 60.0)
    }

    fn measure(
        &mut self,
        title: &str,
        frames: usize,
        mut act: impl FnMut(&mut Harness<'static, App>, usize),
    ) {
        let mut millis: Vec<f64> = Vec::with_capacity(frames);
        for frame in 0..frames {
            act(&mut self.harness, frame);
            let start = Instant::now();
            self.harness.step();
            let shapes = self.harness.output().shapes.clone();
            let meshes = self.harness.ctx.tessellate(shapes, self.harness.ctx.pixels_per_point());
            std::hint::black_box(meshes);
            millis.push(start.elapsed().as_secs_f64() * 1e3);
            // The rest of the frame is for the threads beside.
            sleep(Duration::from_secs_f64(BAR_MILLIS / 1e3).saturating_sub(start.elapsed()));
        }
        millis.sort_by(f64::total_cmp);
        let at = |share: f64| millis[((frames - 1) as f64 * share) as usize];
        println!("{title:<34} {:>10.2} {:>10.2} {:>10.2}", at(0.5), at(0.99), at(1.0));
        self.settle();
    }
}
