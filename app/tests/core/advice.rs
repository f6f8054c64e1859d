//! Advice on programs that have each fault by construction, and on the same ones without it.

use crate::recorded::{recorded, recorded_with};
use AdviceKind::{
    Allocator, BulkCopy, ByteCopy, Chatty, CompileTime, DebugInfo, Fragmentation, GrowthSteps, Leak, NoSimd,
    Peak, Unoptimised,
};
use wasmscope::analysis::{Advice, AdviceKind, AdviceReport, AdviceView, GainOf, advice};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Calibration, Phase, PhaseSpan, Recording, RunTime};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::ModuleIndex;

const ADVICE: &str = "app/tests/faults/advice.wasm";
const MS: u64 = 1_000_000;

/// What is advised, without what depends on how busy the machine is and what all of these modules have.
fn kinds(report: &AdviceReport) -> Vec<AdviceKind> {
    let kinds = report.lines.iter().map(|line| line.kind);
    kinds.filter(|kind| !matches!(kind, CompileTime | DebugInfo)).collect()
}

fn line(report: &AdviceReport, kind: AdviceKind) -> &Advice {
    report.lines.iter().find(|line| line.kind == kind).unwrap_or_else(|| panic!("{kind:?}: {report:?}"))
}

fn figure(advice: &Advice, name: &str) -> u64 {
    advice.figures.iter().find(|figure| figure.name == name).unwrap().value
}

fn function<'a>(profile: &'a Profile, advice: &Advice) -> &'a str {
    &profile.frames().get(advice.place.function.unwrap()).short
}

#[test]
fn each_fault_is_told_alone_and_mended_it_is_not() {
    let measures = MeasureSet::default().with(Measure::Instructions);
    for (fault, mended, kind, culprit) in [
        ("chatty", "batched", Chatty, "put"),
        ("bytes", "bulk", ByteCopy, "copy_bytes"),
        ("steps", "at-once", GrowthSteps, "grow"),
        ("scalar", "dependent", NoSimd, "brighten"),
        ("moves", "few-moves", BulkCopy, "move_all"),
        ("blocks", "one-block", Allocator, "add_node"),
    ] {
        let profile = recorded_with(ADVICE, &[fault], measures);
        let report = advice(&profile);
        assert_eq!(kinds(&report), [kind], "{fault}: {report:?}");
        let advice_line = line(&report, kind);
        assert_eq!(function(&profile, advice_line), culprit, "{fault}");
        assert!(advice_line.gain.share > 0.02 && advice_line.gain.share <= 1.0, "{advice_line:?}");
        let report = advice(&recorded_with(ADVICE, &[mended], measures));
        let mut others = kinds(&report);
        // What copies in bulk does that, though it is faster than before; whether it is told depends on the machine.
        others.retain(|kind| mended != "bulk" || *kind != BulkCopy);
        assert_eq!(others, [], "{mended}: {report:?}");
        assert!(report.looked_for().any(|looked| looked == kind), "{mended}: {:?}", report.remark());
    }
}

#[test]
fn the_numbers_are_those_of_the_programs() {
    let measures = MeasureSet::default().with(Measure::Instructions);
    let of = |fault: &str, kind| line(&advice(&recorded_with(ADVICE, &[fault], measures)), kind).clone();
    let chatty = of("chatty", Chatty);
    assert_eq!((figure(&chatty, "calls"), figure(&chatty, "moved_bytes")), (60_000, 60_000));
    assert!(chatty.what.starts_with("60.0 k calls of fd_write of 1 B each from put"), "{}", chatty.what);
    assert_eq!(figure(&of("bytes", ByteCopy), "moved_bytes"), 3_000 * 65_536);
    let steps = of("steps", GrowthSteps);
    assert_eq!(figure(&steps, "steps"), 8_000);
    assert_eq!(figure(&steps, "sufficient_pages"), figure(&steps, "initial_pages") + 8_000);
    assert_eq!(figure(&of("moves", BulkCopy), "moved_bytes"), 20_000 << 18);
    let blocks = of("blocks", Allocator);
    assert!((2_000_000..2_000_010).contains(&figure(&blocks, "blocks")), "{blocks:?}");
}

#[test]
fn an_unoptimised_build_is_told_from_an_optimised_one() {
    let report = advice(&recorded("app/tests/faults/unoptimised.wasm", &["dependent"]));
    assert_eq!(kinds(&report), [Unoptimised], "{report:?}");
    // The optimised build has the same functions, and is in the other tests.
    let advice_line = line(&report, Unoptimised);
    assert!(figure(advice_line, "passing_instructions") * 5 > figure(advice_line, "instructions"));
    assert_eq!(advice_line.place.view, AdviceView::Instructions);
}

#[test]
fn faults_of_the_heap_are_told() {
    for (fault, expected) in [
        ("leak", Some(Leak)),
        ("fragmentation", Some(Fragmentation)),
        ("peak", Some(Peak)),
        ("no-leak", None),
        ("no-fragmentation", None),
        ("no-peak", None),
    ] {
        let report = advice(&recorded("app/tests/faults/faults.wasm", &[fault]));
        let of_heap = |kind: &AdviceKind| matches!(kind, Leak | Fragmentation | Peak);
        let found: Vec<_> = kinds(&report).into_iter().filter(of_heap).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{fault}: {report:?}");
    }
}

#[test]
fn the_samples_get_the_advice_of_their_stories_and_no_other() {
    for (sample, expected) in [
        ("chatty/before", &[Chatty][..]),
        ("chatty/after", &[]),
        ("fragment/before", &[Fragmentation, Leak]),
        ("fragment/after", &[]),
        ("hotloop/hotloop", &[]),
        ("json/json", &[Allocator]),
        ("simd/simd", &[NoSimd]),
        ("words/words", &[]),
    ] {
        let profile = recorded(&format!("samples/{sample}.wasm"), &[]);
        let report = advice(&profile);
        assert_eq!(kinds(&report), expected, "{sample}: {report:?}");
        // All are built with debug information, and that is no matter of the run.
        assert_eq!(report.lines.last().unwrap().kind, DebugInfo, "{sample}");
        for line in &report.lines {
            assert!(!line.figures.is_empty() && line.gain.share > 0.0 && line.gain.share <= 1.0, "{line:?}");
        }
    }
}

#[test]
fn debug_information_costs_what_its_sections_take() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/chatty/before.wasm");
    let bytes = std::fs::read(file).unwrap();
    let index = ModuleIndex::parse(&bytes).unwrap();
    let is_debug = |name: &str| name.starts_with(".debug_");
    let size = |section: &wasmscope_symbolize::Section| section.contents.end.0 - section.header.0;
    let debug: u64 = index.sections().iter().filter(|section| is_debug(&section.name)).map(size).sum();
    let of = |bytes: &[u8]| advice(&Profile::new(Recording { module: bytes.into(), ..Recording::default() }));
    let report = of(&bytes);
    assert_eq!(figure(line(&report, DebugInfo), "debug_bytes"), debug);
    assert_eq!(line(&report, DebugInfo).gain.of, GainOf::File);
    let kept = index.sections().iter().filter(|section| !is_debug(&section.name));
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    let stripped = places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat());
    assert!(of(&stripped).lines.is_empty());
}

fn started(compile_nanos: u64, run_nanos: u64) -> ProfileBuilder {
    ProfileBuilder::new().folded("main 10").edit(|recording| {
        let end = compile_nanos + run_nanos;
        recording.phases = vec![
            PhaseSpan { phase: Phase::Compile, start_nanos: 0, end_nanos: compile_nanos },
            PhaseSpan { phase: Phase::Run, start_nanos: compile_nanos, end_nanos: end },
        ];
        recording.time = Some(RunTime { guest_nanos: run_nanos, ..RunTime::default() });
    })
}

#[test]
fn a_start_is_dominated_by_compiling_where_that_takes_longer_than_the_run() {
    let is_told = |compile, run| {
        let report = advice(&started(compile * MS, run * MS).build());
        report.lines.iter().any(|line| line.kind == CompileTime)
    };
    assert!(is_told(600, 400) && is_told(2_000, 1));
    assert!(!is_told(400, 600), "the run takes longer");
    assert!(!is_told(200, 1), "nobody waits for a fifth of a second");
    assert!(!is_told(2_000, 0), "it never ran");
}

/// Calls of an import that tells no bytes: only crossing can be saved, and only if it takes long enough.
#[test]
fn calls_without_bytes_are_chatty_by_what_crossing_takes() {
    let is_told = |calls: u64, crossing: f64, bytes: Option<u64>| {
        let builder = started(0, 100 * MS).crossings("main;put;[env.put]", calls, 40 * MS, bytes);
        let costs = Calibration { bare_crossing_nanos: crossing, ..Calibration::default() };
        let report = advice(&builder.edit(|recording| recording.calibration = Some(costs)).build());
        report.lines.iter().any(|line| line.kind == Chatty)
    };
    assert!(is_told(100_000, 40.0, None), "4 of 100 ms are crossing");
    assert!(!is_told(10_000, 40.0, None), "0.4 of 100 ms are");
    assert!(is_told(10_000, 40.0, Some(180_000)), "18 bytes each: most of 40 ms can be saved");
    assert!(!is_told(10_000, 40.0, Some(10_000_000)), "1,000 bytes each");
    assert!(!is_told(900, 40.0, Some(900)), "few calls");
}

#[test]
fn what_was_not_measured_is_told_with_how_to_measure_it() {
    let nothing = ProfileBuilder::new().edit(|recording| recording.meta.measures = MeasureSet::NONE);
    let report = advice(&nothing.build());
    assert!(report.lines.is_empty() && report.unknown.contains(&Chatty) && report.unknown.contains(&Leak));
    let [looked_for, unmeasured] = &report.remark()[..] else { panic!("{:?}", report.remark()) };
    assert!(looked_for.contains("compiling") && !looked_for.contains("leaks"), "{looked_for}");
    let expected = "run again with --measure time,boundary,growth,heap,instructions.";
    assert!(unmeasured.contains("leaks") && unmeasured.ends_with(expected), "{unmeasured}");
}
