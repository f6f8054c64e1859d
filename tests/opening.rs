//! How long it takes until a recording of ten million samples is on screen, and until every panel has its view; how long
//! frames take meanwhile, with the threads that read and compute at work beside; and the most memory that is in use.
//! `cargo bench -p wasmscope-tests --bench opening`

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use wasmscope::profile::ProfileBuilder;
use wasmscope::ui::App;
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::{Batch, Recording, StackId, Writer};

const SAMPLES: u64 = 10_000_000;
const BATCH_SAMPLES: u64 = 100_000;
const FUNCTIONS: u64 = 2_000;
const STACKS: u64 = 200_000;
const FIRST_PICTURE_SECONDS: f64 = 1.5;
const ALL_SECONDS: f64 = 4.0;
const MOST_MEBIBYTES: u64 = 1_000;
const FRAME_MILLIS: f64 = 32.0;
const PANELS: [&str; 8] =
    ["Advice", "Timeline", "Boundary", "Memory growth", "Fragmentation", "Module", "Summary", "Flame graph"];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wscope");
    write(&path);
    println!("{SAMPLES} samples on {STACKS} stacks, {} bytes", path.metadata().unwrap().len());
    // From here on the most memory is counted anew.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let mut window = Window::opening(path);
    let first = window.until(|harness| harness.query_all_by_role(Role::TreeItem).next().is_some());
    told("first picture", first, FIRST_PICTURE_SECONDS, "s");
    for panel in PANELS {
        window.harness.get_all_by_label(panel).next().unwrap().click();
        window.frame();
        let ready = window.until(|harness| harness.query_all_by_label("Computing…").next().is_none());
        println!("  {panel}: {ready:.2} s since the start");
    }
    let all = window.began.elapsed().as_secs_f64();
    told("all panels, one after the other", all, ALL_SECONDS, "s");
    window.frames.sort_by(f64::total_cmp);
    let slowest = window.frames.last().copied().unwrap_or_default();
    told(&format!("slowest of {} frames", window.frames.len()), slowest, FRAME_MILLIS, "ms");
    told("most memory", peak_mebibytes() as f64, MOST_MEBIBYTES as f64, "MiB");
}

fn told(what: &str, value: f64, bar: f64, unit: &str) {
    let mark = if value > bar { "  MISSED" } else { "" };
    println!("{what:<34} {value:>9.2} {unit}, bar {bar} {unit}{mark}");
}

fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

struct Window {
    harness: Harness<'static, App>,
    began: Instant,
    /// How long each took, in milliseconds.
    frames: Vec<f64>,
}

impl Window {
    fn opening(path: PathBuf) -> Window {
        let builder = Harness::builder().with_size((1280.0, 800.0)).with_max_steps(64);
        let harness = builder.build_eframe(|cc| App::new(cc, Vec::new(), None));
        let mut window = Window { harness, began: Instant::now(), frames: Vec::new() };
        window.harness.state_mut().open(path);
        window
    }

    fn frame(&mut self) {
        let start = Instant::now();
        self.harness.step();
        let shapes = self.harness.output().shapes.clone();
        let meshes = self.harness.ctx.tessellate(shapes, self.harness.ctx.pixels_per_point());
        std::hint::black_box(meshes);
        self.frames.push(start.elapsed().as_secs_f64() * 1e3);
        sleep(Duration::from_millis(8));
    }

    /// Seconds since the start until something is there.
    fn until(&mut self, is_there: impl Fn(&Harness<'static, App>) -> bool) -> f64 {
        while !is_there(&self.harness) {
            self.frame();
            assert!(self.began.elapsed() < Duration::from_secs(120), "it never came");
        }
        self.began.elapsed().as_secs_f64()
    }
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A tree of stacks, each of which grows out of one of the last thousand, and samples on any of them.
fn write(path: &Path) {
    let mut random = Lcg(1);
    let folded: String = (0..FUNCTIONS).map(|func| format!("f{func} 1\n")).collect();
    let Recording { module, stacks: known, mut meta, .. } = ProfileBuilder::new().folded(&folded).recording();
    meta.measures = meta.measures.with(Measure::Time);
    let mut writer = Writer::new(BufWriter::new(File::create(path).unwrap()), &meta, &module).unwrap();
    let mut batch = Batch::default();
    for row in 0..STACKS {
        let frame = known.frame[random.below(FUNCTIONS) as usize];
        let parent = (row > 0).then(|| StackId((row - 1 - random.below(row.min(1_000))) as u32));
        batch.stacks.push(parent.filter(|_| random.below(30) > 0), frame);
    }
    for first in (0..SAMPLES).step_by(BATCH_SAMPLES as usize) {
        for sample in first..first + BATCH_SAMPLES {
            batch.samples.push(sample * 1_000_000, StackId(random.below(STACKS) as u32), 1_000_000);
        }
        writer.write(&batch).unwrap();
        batch.clear();
    }
}
