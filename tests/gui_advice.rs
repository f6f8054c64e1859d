//! The panel of advice, driven without a display: its cards by their labels, and where they lead.

use super::gui::{Window, server, showing, window};
use egui::OutputCommand;
use egui_kittest::kittest::Queryable;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Phase, PhaseSpan, RunTime};

const MS: u64 = 1_000_000;

/// Writes 60,000 times a byte, which takes 80 of 100 ms, and keeps a block each millisecond.
fn chatty() -> Profile {
    let mut builder = ProfileBuilder::new().memory(4, None).crossings(
        "_start;main;put;write;[host.fd_write]",
        60_000,
        80 * MS,
        Some(60_000),
    );
    for at in 0..100 {
        builder = builder
            .sample(at * MS, "_start;main;put;write;[host.fd_write]", MS)
            .alloc(at * MS, "_start;main;open;malloc", 70_000 + at * 512, 480)
            .alloc(at * MS, "_start;main;open;malloc", 65_536, 480)
            .free(at * MS, "_start;main;close;free", 65_536);
    }
    builder
        .edit(|recording| {
            recording.phases = vec![PhaseSpan { phase: Phase::Run, start_nanos: 0, end_nanos: 100 * MS }];
            recording.time =
                Some(RunTime { guest_nanos: 20 * MS, import_nanos: 80 * MS, ..RunTime::default() });
        })
        .build()
}

fn advised(profile: Profile) -> Window {
    let mut window = showing(profile);
    window.click("Advice");
    window.settle();
    window
}

#[test]
fn a_card_has_numbers_and_leads_to_the_view_that_shows_them() {
    let mut window = advised(chatty());
    assert!(window.sees("60.0 k calls of fd_write of 1 B each from put"));
    assert!(window.sees_part("80.0 ms in the host") && window.sees_part("Batch them"));
    assert!(window.sees("up to 80.0 % of the run's time"));
    assert!(window.sees("open leaks 46.9 KiB"), "480 more bytes each millisecond");
    window.click("Show in Boundary");
    assert!(window.sees("Filter imports and exports"));
    assert!(!window.sees("Show in Boundary"), "its panel is in front");
    window.click("Instructions");
    assert!(window.sees_part("(func $put"), "the function is selected");
}

#[test]
fn a_card_is_copied_as_text() {
    let mut window = advised(chatty());
    window.harness.query_all_by_label("Copy").next().unwrap().click();
    window.harness.step();
    let commands = &window.harness.output().platform_output.commands;
    let copied = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.as_str()),
        _ => None,
    });
    let lines: Vec<_> = copied.unwrap().lines().collect();
    assert_eq!(lines[0], "open leaks 46.9 KiB (up to 100.0 % of what is live at the end)");
    assert_eq!(lines.len(), 3, "what, why, and what to do");
}

#[test]
fn without_advice_it_says_what_was_looked_for_and_what_was_not_measured() {
    let time = Some(RunTime::default());
    let window = advised(server().edit(|recording| recording.time = time).build());
    assert!(window.sees("Nothing to advise") && window.sees_part("Looked for: chatty calls of imports"));
    assert!(window.sees_part("instructions missing): run again with --measure"));
}

#[test]
fn the_summary_tells_the_first_lines_and_leads_to_all() {
    let mut window = showing(chatty());
    window.click("Summary");
    window.settle();
    assert!(window.sees("• 60.0 k calls of fd_write of 1 B each from put, up to 80.0 % of the run's time"));
    window.click("Why, and what to do");
    assert!(window.sees("Show in Boundary"));
}

/// The sample of a chatty boundary: where its time went, and what to do about it, stand above its calls.
#[test]
fn the_boundary_tells_its_share_of_the_time_and_what_is_chatty() {
    let mut window = window();
    window.click("Chatty boundary before");
    window.click("Run");
    window.click("Boundary");
    assert!(window.sees_part("Time of the run: program "), "the bar of parts is named with them");
    assert!(window.sees_part("crossing ") && window.sees_part("⚠"));
}
