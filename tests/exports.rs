//! What is written for other programs, read by them where they are there, against what the reports say.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmscope_tests::{sample_module, wasmscope};

struct Recorded {
    dir: tempfile::TempDir,
}

impl Recorded {
    fn new(sample: &str, file: &str) -> Self {
        let recorded = Recorded { dir: tempfile::tempdir().unwrap() };
        let module = sample_module(sample, file);
        recorded.does(&["record", text(&module), "-q", "-o", "run.wscope"]);
        recorded
    }

    fn does(&self, words: &[&str]) -> Vec<u8> {
        let output = wasmscope(self.dir.path(), words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn heap(&self) -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json"];
        serde_json::from_slice(&self.does(&words)).unwrap()
    }

    fn refuses(&self, words: &[&str]) -> String {
        let output = wasmscope(self.dir.path(), words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The map as SVG and as PNG.
    fn map(&self, words: &[&str]) -> (String, image::RgbImage) {
        let written = |format: &str, file: &str| {
            let export = ["export", "run.wscope", "--view", "map", "--format", format, "-o", file];
            self.does(&[&export, words].concat());
            self.dir.path().join(file)
        };
        let svg = std::fs::read_to_string(written("svg", "map.svg")).unwrap();
        (svg, image::open(written("png", "map.png")).unwrap().into_rgb8())
    }

    fn export(&self, format: &str) -> PathBuf {
        self.does(&["export", "run.wscope", "--format", format, "-o", format]);
        self.dir.path().join(format)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_heap_for_dhat_has_the_sums_of_the_report() {
    for (sample, file) in [("fragment", "before.wasm"), ("json", "json.wasm")] {
        let recorded = Recorded::new(sample, file);
        let (heap, path) = (recorded.heap(), recorded.export("dhat"));
        let dhat: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let points = dhat["pps"].as_array().unwrap();
        let sum =
            |key: &str| Value::from(points.iter().map(|point| point[key].as_u64().unwrap()).sum::<u64>());
        let totals = &heap["totals"];
        for (key, expected) in [
            ("tb", &totals["allocated_bytes"]),
            ("tbk", &totals["allocations"]),
            ("gb", &totals["peak_bytes"]),
            ("eb", &totals["end_bytes"]),
            ("ebk", &totals["end_blocks"]),
        ] {
            assert_eq!(&sum(key), expected, "{sample} {key}");
        }
        assert_eq!(&dhat["tg"], &totals["peak_nanos"]);
        let places = dhat["ftbl"].as_array().unwrap().len() as u64;
        let frames = || points.iter().flat_map(|point| point["fs"].as_array().unwrap());
        assert!(frames().all(|at| (1..places).contains(&at.as_u64().unwrap())), "{sample}");
    }
}

/// Each box of the one picture has its colour in the other, and the figures are those of the report.
#[test]
fn both_pictures_of_the_map_are_the_same_and_tell_what_the_report_does() {
    let recorded = Recorded::new("fragment", "before.wasm");
    for (words, at) in [(["--at", "end"].as_slice(), "end"), (&["--at", "peak", "--columns", "200"], "peak")]
    {
        let report = ["report", "run.wscope", "--view", "heap", "--json", "--at", at];
        let heap: Value = serde_json::from_slice(&recorded.does(&report)).unwrap();
        let (svg, png) = recorded.map(words);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let map = document.descendants().find(|node| node.attribute("id") == Some("map")).unwrap();
        let boxes: Vec<_> = map.children().filter(|node| node.has_tag_name("rect")).collect();
        let number =
            |node: &roxmltree::Node, name: &str| node.attribute(name).unwrap().parse::<u32>().unwrap();
        let (left, top) = (number(&boxes[0], "x"), number(&boxes[0], "y"));
        let mut area = 0;
        for node in &boxes {
            let (x, y) = (number(node, "x") - left, number(node, "y") - top);
            let (width, height) = (number(node, "width"), number(node, "height"));
            for (x, y) in [(x, y), (x + width - 1, y + height - 1)] {
                let [r, g, b] = png.get_pixel(x, y).0;
                assert_eq!(node.attribute("fill"), Some(&*format!("#{r:02x}{g:02x}{b:02x}")), "{at} {x} {y}");
            }
            area += width * height;
        }
        assert!(boxes.len() > 200 && area <= png.width() * png.height(), "{at}");
        let blocks = heap["live_blocks"].as_u64().unwrap();
        let text = |told: &str| {
            document.descendants().any(|node| node.text().is_some_and(|text| text.contains(told)))
        };
        assert!(text(&format!(" in {}", wasmscope::units::exact(blocks))), "{at}: {blocks}");
        assert!(text("keep_title (fragment.c:73)") && text("Whole run: "), "{at}");
        for sentence in heap["verdict"]["sentences"].as_array().unwrap() {
            let begins: String = sentence.as_str().unwrap().chars().take(60).collect();
            assert!(text(&begins), "{begins}");
        }
    }
    let (svg, png) = recorded.map(&["--range", "0x400-0x410", "--columns", "16"]);
    assert!(svg.contains("0x400 to 0x410, 1 B a cell") && png.dimensions() == (256, 16));
}

#[test]
fn what_makes_no_picture_is_refused_with_the_reason() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    for (words, told) in [
        ("--format png", "--view map --format png"),
        ("--format csv --view map", "--format svg or png"),
        ("--format svg --at peak", "with --metric live"),
        ("--format folded --columns 9", "--view map only"),
        ("--format massif --metric live", "about the heap of the whole run"),
        ("--format dhat --between 0 1s", "about the heap of the whole run"),
        ("--format chrome --metric crossings", "tells what ran when"),
        ("--format speedscope-evented --metric pages", "tells what ran when"),
        ("--format pprof --metric calls", "calls was not recorded"),
        ("--format pprof --between 1s 10ms", "takes the earlier time first"),
        ("--format csv --view map --between 0 1s", "with --format svg or png"),
        ("--format svg --view map --between 0 1s", "--between says nothing to --view map"),
        ("--format svg --view module --between 0 1s", "say nothing to --view module"),
        ("--format svg --view map --metric time", "--metric says nothing to --view map"),
        ("--format png --view map --memory 7", "there is no memory 7; those of the module are 0 to 0"),
        (
            "--format png --view map --range 0-0x100000000",
            "--range ends at 0x100000000; memory 0 never has more",
        ),
        ("--format png --view map --at nothing#1", "no call of an export or import `nothing`"),
        ("--format png --view map -o run.wscope", "this is the file that is read"),
    ] {
        let words: Vec<_> = ["export", "run.wscope"].into_iter().chain(words.split(' ')).collect();
        let error = recorded.refuses(&words);
        assert!(error.contains(told), "{words:?}: {error}");
    }
}

#[test]
fn massifs_reader_reads_the_heap_over_time() {
    let recorded = Recorded::new("json", "json.wasm");
    let (heap, path) = (recorded.heap(), recorded.export("massif"));
    let written = std::fs::read_to_string(&path).unwrap();
    let peak = heap["totals"]["peak_bytes"].as_u64().unwrap();
    assert!(
        written.contains(&format!("mem_heap_B={peak}\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=peak\n"))
    );
    let Ok(printed) = Command::new("ms_print").arg(&path).output() else {
        eprintln!("skipped: there is no ms_print (of Valgrind) to read it");
        return;
    };
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("(peak)") && printed.contains("json::parse::parse"), "{printed}");
}

#[test]
fn without_a_heap_there_is_none_to_write() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    recorded.does(&[
        "record",
        text(&sample_module("hotloop", "hotloop.wasm")),
        "--measure",
        "time",
        "-q",
        "-o",
        "run.wscope",
    ]);
    for format in ["dhat", "massif"] {
        let output = wasmscope(recorded.dir.path(), &["export", "run.wscope", "--format", format]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains("no heap operations were recorded"), "{told}");
    }
}

#[test]
fn two_parts_of_a_run_are_the_whole() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    for format in ["folded", "csv", "json"] {
        let total = |words: &[&str]| {
            let written = recorded.does(&[&["export", "run.wscope", "--format", format], words].concat());
            let text = String::from_utf8(written).unwrap();
            let own = |line: &str| line.rsplit(',').nth(3).and_then(|cell| cell.parse::<u64>().ok());
            match format {
                "json" => serde_json::from_str::<Value>(&text).unwrap()["total"].as_u64().unwrap(),
                "csv" => text.lines().skip(1).filter_map(own).sum::<u64>(),
                _ => text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum(),
            }
        };
        let (first, second) =
            (total(&["--between", "start", "500ms"]), total(&["--between", "500ms", "end"]));
        assert!(second > 0 && first + second == total(&[]), "{format}: {first} {second}");
    }
}

#[test]
fn what_ran_when_needs_samples_and_sums_have_no_time() {
    let recorded = Recorded { dir: tempfile::tempdir().unwrap() };
    let module = sample_module("chatty", "before.wasm");
    recorded.does(&["record", text(&module), "--measure", "boundary,calls", "-q", "-o", "run.wscope"]);
    for (words, told) in [
        ("--format speedscope-evented", "no samples were recorded"),
        ("--format pprof --metric calls --between 0 1s", "calls is summed over the whole run"),
    ] {
        let words: Vec<_> = ["export", "run.wscope"].into_iter().chain(words.split(' ')).collect();
        let error = recorded.refuses(&words);
        assert!(error.contains(told), "{words:?}: {error}");
    }
    // Calls across are in time, too.
    let trace = recorded.does(&["export", "run.wscope", "--format", "chrome"]);
    let trace: Value = serde_json::from_slice(&trace).unwrap();
    let writes = |event: &&Value| event["name"] == "wasi_snapshot_preview1.fd_write" && event["ph"] != "E";
    assert_eq!(trace["traceEvents"].as_array().unwrap().iter().filter(writes).count(), 16_100);
    let speedscope = recorded.does(&["export", "run.wscope", "--format", "speedscope", "--metric", "calls"]);
    let speedscope: Value = serde_json::from_slice(&speedscope).unwrap();
    let folded = recorded.does(&["export", "run.wscope", "--format", "folded", "--metric", "calls"]);
    let weight = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    let total: u64 = String::from_utf8(folded).unwrap().lines().map(weight).sum();
    assert_eq!(
        (&speedscope["profiles"][0]["name"], &speedscope["profiles"][0]["endValue"]),
        (&"Calls".into(), &total.into())
    );
}

#[test]
fn what_happened_between_two_moments_adds_up_to_the_whole() {
    let recorded = Recorded::new("fragment", "before.wasm");
    let between = |from: &str, until: &str| -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json", "--between", from, until];
        serde_json::from_slice(&recorded.does(&words)).unwrap()
    };
    let sum = |report: &Value, part: &str| -> u64 {
        report["paths"].as_array().unwrap().iter().map(|path| path[part]["blocks"].as_u64().unwrap()).sum()
    };
    let heap = recorded.heap();
    let middle = format!("{}ms", heap["totals"]["peak_nanos"].as_u64().unwrap() / 1_000_000);
    let (all, first, second) = (between("0", "1h"), between("0", &middle), between(&middle, "1h"));
    for part in ["allocated", "freed"] {
        assert_eq!(sum(&first, part) + sum(&second, part), sum(&all, part), "{part}");
    }
    assert_eq!(sum(&all, "kept"), heap["leaked_blocks"].as_u64().unwrap());
    assert_eq!(sum(&all, "allocated"), heap["totals"]["allocations"].as_u64().unwrap());
    let at = |moment: &str| -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json", "--at", moment];
        serde_json::from_slice(&recorded.does(&words)).unwrap()
    };
    assert_eq!(at("peak")["live_bytes"], heap["totals"]["peak_bytes"]);
    assert_eq!(at("end")["live_bytes"], heap["live_bytes"]);
}

/// The n-th call of `frame` hands out n blocks.
const FRAMES: &str = r#"(module
    (memory (export "memory") 1)
    (global $end (mut i32) (i32.const 1024)) (global $calls (mut i32) (i32.const 0))
    (func $malloc (export "malloc") (param $size i32) (result i32)
        (global.get $end) (global.set $end (i32.add (global.get $end) (i32.const 16))))
    (func $free (export "free") (param i32))
    (func (export "frame") (local $left i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.set $left (global.get $calls))
        (loop $next
            (drop (call $malloc (i32.const 10)))
            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#;

#[test]
fn calls_are_moments_of_the_heap() {
    let recorded = Recorded { dir: tempfile::tempdir().unwrap() };
    std::fs::write(recorded.dir.path().join("frames.wasm"), wat::parse_str(FRAMES).unwrap()).unwrap();
    recorded.does(&["record", "frames.wasm", "-q", "-o", "run.wscope", "--invoke", "frame", "--times", "5"]);
    let heap = |words: &[&str]| -> Value {
        let report = ["report", "run.wscope", "--view", "heap", "--json"];
        serde_json::from_slice(&recorded.does(&[&report, words].concat())).unwrap()
    };
    for number in 1..=5u64 {
        let (begin, end) = (format!("frame#{number}"), format!("frame#{number}.end"));
        let before = number * (number - 1) / 2;
        assert_eq!(heap(&["--at", &begin])["live_blocks"], before, "{begin}");
        assert_eq!(heap(&["--at", &end])["live_blocks"], before + number, "{end}");
        let uses = heap(&["--between", &begin, &end]);
        assert_eq!(uses["paths"][0]["kept"]["blocks"], number, "{begin}: {uses}");
    }
    for (words, told) in [
        (["--at", "frame#6"].as_slice(), "frame#6: it was called 5 times"),
        (&["--at", "fame#1"], "`fame`"),
        (&["--between", "frame#3", "frame#2"], "takes the earlier time first"),
    ] {
        let words = [&["report", "run.wscope", "--view", "heap"], words].concat();
        let output = wasmscope(recorded.dir.path(), &words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(told), "{words:?}: {error}");
    }
}

#[test]
fn live_bytes_of_any_moment_are_those_of_the_heap() {
    let recorded = Recorded::new("fragment", "before.wasm");
    let live = |at: &str| {
        let words = ["export", "run.wscope", "--format", "folded", "--metric", "live", "--at", at];
        let folded = String::from_utf8(recorded.does(&words)).unwrap();
        let weight = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
        folded.lines().map(weight).sum::<u64>()
    };
    for at in ["fd_write#1", "end", "start"] {
        let words = ["report", "run.wscope", "--view", "heap", "--json", "--at", at];
        let heap: Value = serde_json::from_slice(&recorded.does(&words)).unwrap();
        assert_eq!(heap["live_bytes"], live(at), "{at}");
    }
    assert!(live("fd_write#1") > 0);
}

#[test]
fn the_parts_of_a_module_have_all_bytes_of_its_file() {
    for (sample, file) in [("fragment", "before.wasm"), ("hotloop", "hotloop.wasm")] {
        let recorded = Recorded::new(sample, file);
        let bytes = std::fs::metadata(sample_module(sample, file)).unwrap().len();
        let words = ["report", "run.wscope", "--view", "module", "--json"];
        let report: Value = serde_json::from_slice(&recorded.does(&words)).unwrap();
        assert_eq!(report["bytes"], bytes);
        let sections = report["sections"].as_array().unwrap();
        let summed: u64 = sections.iter().map(|section| section["bytes"].as_u64().unwrap()).sum();
        assert_eq!(summed + 8, bytes, "all but magic and version");
        let packed = |value: &Value, kind| value[kind].as_u64().unwrap();
        assert!(packed(&report, "brotli") < packed(&report, "gzip") && packed(&report, "gzip") < bytes);
        let stripped = &report["stripped"];
        assert!(packed(stripped, "bytes") < bytes && packed(stripped, "gzip") < packed(&report, "gzip"));
        assert_eq!((&report["functions_run"], &report["reads_known"]), (&"seen".into(), &false.into()));
        let phases =
            report["start_up"].as_array().unwrap().iter().map(|phase| phase["phase"].as_str().unwrap());
        assert_eq!(phases.collect::<Vec<_>>(), ["parse", "rewrite", "compile", "instantiate"]);
        let csv =
            String::from_utf8(recorded.does(&["export", "run.wscope", "--view", "module", "-f", "csv"]))
                .unwrap();
        assert!(
            csv.starts_with("kind,index,section,group,name,bytes,self_nanos,judged_bytes,idle_bytes\r\n")
        );
        // Names of C have no commas.
        let column = |line: &str| line.split(',').nth(5).unwrap().parse::<u64>().unwrap();
        assert_eq!(csv.lines().skip(1).map(column).sum::<u64>(), bytes);
        let svg =
            String::from_utf8(recorded.does(&["export", "run.wscope", "--view", "module", "-f", "svg"]))
                .unwrap();
        assert!(svg.contains(">code</text>") && svg.contains("function, "));
        let table = String::from_utf8(recorded.does(&words[..4])).unwrap();
        assert!(table.contains("not seen running: ") && table.contains("by brotli -9"), "{table}");
    }
}

#[test]
fn what_a_module_is_not_weighed_by_is_refused() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    let refused = recorded.refuses(&["report", "run.wscope", "--view", "module", "--metric", "live"]);
    assert!(refused.contains("weighed by time, calls or instructions"), "{refused}");
    let refused = recorded.refuses(&["export", "run.wscope", "--view", "module", "-f", "png"]);
    assert!(refused.contains("--format svg or csv"), "{refused}");
    let refused = recorded.refuses(&["export", "run.wscope", "--view", "module", "-f", "svg", "--at", "end"]);
    assert!(refused.contains("say nothing to --view module"), "{refused}");
}

/// What a module is made of is known without a run: the same as of a recording of it.
#[test]
fn a_module_tells_what_it_is_made_of() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    let module = sample_module("hotloop", "hotloop.wasm");
    let module = module.to_str().unwrap();
    let parts = |file: &str| {
        let csv = recorded.does(&["export", file, "--view", "module", "--format", "csv"]);
        let csv = String::from_utf8(csv).unwrap();
        csv.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect::<Vec<_>>()
    };
    let (unrun, run) = (parts(module), parts("run.wscope"));
    assert!(unrun.len() > 10);
    assert_eq!(unrun, run);
    let wat = recorded.does(&["report", module, "--view", "wat", "--function", "__original_main"]);
    assert!(String::from_utf8(wat).unwrap().contains("local.get"));
}
