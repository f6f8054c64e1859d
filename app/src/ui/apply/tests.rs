//! What commands do to the whole window, without one being drawn.

mod two_builds;

use super::*;
use crate::export::Format;
use crate::pipeline::{self, tests::MAPPED};
use crate::profile::ProfileBuilder;
use crate::ui::documents::Document;
use crate::ui::jobs::Shown;
use crate::ui::places::Places;
use tempfile::TempDir;
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{Guest, Invocation, Measure, Nobody, RunOptions};
use wasmscope_symbolize::SymbolFiles;

struct Window {
    app: App,
    ctx: egui::Context,
    folder: TempDir,
}

/// Two symbol maps of [`MAPPED`].
const MAPS: [(&str, &str); 2] = [("one.symbols", "0:one\n"), ("two.symbols", "0:two\n")];

impl Window {
    fn new() -> Window {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in MAPS {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let ctx = egui::Context::default();
        let app = App::for_test(&ctx, Places::within(&folder.path().join("cache")));
        Window { app, ctx, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a recording of a run of two instructions, with `extra` behind the module.
    fn record(&self, name: &str, extra: &[u8]) -> PathBuf {
        let path = self.path(name);
        let bytes = [MAPPED, extra].concat().into();
        let guest = Guest { bytes, name: "m.wasm".to_owned(), path: String::new() };
        pipeline::record_to(&path, &guest, &options(), Arc::new(Nobody)).unwrap();
        path
    }

    /// Does one command and leaves what comes of it waiting.
    fn begins(&mut self, command: Command) {
        apply(&mut self.app, command, &self.ctx);
    }

    fn does(&mut self, command: Command) {
        self.begins(command);
        self.app.apply_all(&self.ctx);
    }

    /// Opens a recording and brings it to the front.
    fn opens(&mut self, path: &Path) -> DocumentId {
        self.does(Command::Open(path.to_owned()));
        self.front().id
    }

    fn front(&self) -> &Document {
        self.app.state.documents.front().unwrap()
    }

    fn given(&self, name: &str) -> SymbolsChoice {
        SymbolsChoice::Given(self.path(name))
    }

    fn remembered(&self, path: &Path) -> Option<PathBuf> {
        self.app.state.history.symbols_of(path)
    }

    /// Begins a run whose end waits to be applied. Where its recording is going to be.
    fn runs(&mut self) -> PathBuf {
        let guest = Guest { bytes: MAPPED.into(), name: "m.wasm".to_owned(), path: String::new() };
        let module = Arc::new(ModuleFacts::read(guest).unwrap());
        self.begins(Command::Run(Box::new(order(&module, None))));
        let JobKind::Run { to, .. } = self.app.state.jobs.running()[0].kind.clone() else { panic!("no run") };
        to
    }

    /// What failed since this was asked last.
    fn failures(&mut self) -> Vec<String> {
        std::mem::take(&mut self.app.screen.notes).failures()
    }
}

/// A run that is shown when it is over.
fn order(module: &Arc<ModuleFacts>, symbols: Option<PathBuf>) -> Run {
    let (module, form) = (Arc::clone(module), RunForm::default());
    Run { module, options: options(), symbols, form, shown: Shown::InTheEnd }
}

fn options() -> RunOptions {
    let invoke = Some(Invocation::once("run", &[]));
    RunOptions { invoke, ..RunOptions::default() }
}

/// The symbol map that a profile has.
fn map_of(profile: &Profile) -> Option<&str> {
    let SymbolFiles { symbol_map, .. } = profile.symbols().files();
    symbol_map.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap())
}

#[test]
fn what_is_saved_packed_has_its_symbols_and_is_remembered_with_no_others() {
    let mut window = Window::new();
    let (a, packed, plain) =
        (window.record("a.wscope", b""), window.path("b.wscope"), window.path("c.wscope"));
    let id = window.opens(&a);
    window.does(Command::UseSymbols(id, window.given("one.symbols")));
    window.app.state.history.used_symbols(&packed, window.path("two.symbols"));
    window.does(Command::Picked(Purpose::Save(id, SaveKind::Plain), plain.clone()));
    assert_eq!(window.remembered(&plain), Some(window.path("one.symbols")));
    assert_eq!(map_of(&pipeline::open_recording(&plain, None).unwrap()), None);
    window.does(Command::Picked(Purpose::Save(id, SaveKind::Packed), packed.clone()));
    assert_eq!(window.failures(), [""; 0]);
    assert_eq!(window.remembered(&packed), None, "those of an older file are not its own");
    assert_eq!(window.front().origin, Origin::Saved(packed.clone()));
    assert_eq!(map_of(&pipeline::open_recording(&packed, None).unwrap()), Some("0:one\n"));
    // Once more, over the file that is shown.
    window.does(Command::Picked(Purpose::Save(id, SaveKind::Packed), packed.clone()));
    assert_eq!(window.failures(), [""; 0]);
    assert!(pipeline::open_recording(&packed, None).unwrap().recording().damage.is_none());
}

#[test]
fn a_recording_without_symbols_is_saved_over_one_that_had_some() {
    let mut window = Window::new();
    let (a, b) = (window.record("a.wscope", b""), window.record("b.wscope", b""));
    window.app.state.history.used_symbols(&b, window.path("two.symbols"));
    let id = window.opens(&a);
    window.does(Command::Picked(Purpose::Save(id, SaveKind::Plain), b.clone()));
    assert_eq!((window.failures(), window.remembered(&b)), (Vec::new(), None));
}

#[test]
fn what_is_saved_is_what_was_in_front_when_it_was_asked_for() {
    let mut window = Window::new();
    let (a, b) = (window.record("a.wscope", b""), window.record("b.wscope", b"\0\x02\x01x"));
    let asked = window.opens(&a);
    window.opens(&b);
    window.does(Command::Picked(Purpose::Save(asked, SaveKind::Plain), window.path("c.wscope")));
    let saved = pipeline::open_recording(&window.path("c.wscope"), None).unwrap();
    assert_eq!(&*saved.recording().module, MAPPED);
    let before = std::fs::read(&b).unwrap();
    window.does(Command::Picked(Purpose::Save(asked, SaveKind::Plain), b.clone()));
    let failures = window.failures().concat();
    assert!(failures.contains("this recording is open, too"), "{failures}");
    assert_eq!(std::fs::read(&b).unwrap(), before);
}

#[test]
fn of_two_wishes_for_symbols_the_later_is_done_whichever_is_read_first() {
    for is_turned in [false, true] {
        let mut window = Window::new();
        let a = window.record("a.wscope", b"");
        let id = window.opens(&a);
        for (name, _) in MAPS {
            window.begins(Command::UseSymbols(id, window.given(name)));
        }
        let mut finished: Vec<_> = window.app.receiver.try_iter().collect();
        assert_eq!(finished.len(), 2);
        if is_turned {
            finished.reverse();
        }
        finished.into_iter().for_each(|command| window.does(command));
        assert_eq!(map_of(&window.front().profile), Some("0:two\n"));
        assert_eq!(window.remembered(&a), Some(window.path("two.symbols")));
    }
}

#[test]
fn symbols_are_taken_away_and_forgotten() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.does(Command::UseSymbols(id, window.given("one.symbols")));
    assert_eq!(map_of(&window.front().profile), Some("0:one\n"));
    window.does(Command::UseSymbols(id, SymbolsChoice::None));
    assert_eq!(map_of(&window.front().profile), None);
    assert_eq!((&window.front().symbols, window.remembered(&a)), (&None, None));
}

#[test]
fn remembered_symbols_that_are_gone_are_told_once() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    window.app.state.history.used_symbols(&a, window.path("gone.symbols"));
    for told in [1, 0] {
        let id = window.opens(&a);
        window.does(Command::Close(id));
        assert_eq!((window.failures().len(), window.remembered(&a)), (told, None));
    }
}

#[test]
fn another_recording_in_the_file_is_not_taken_for_the_one_shown() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.record("a.wscope", b"\0\x02\x01x");
    let there = std::fs::read(&a).unwrap();
    for command in [
        Command::UseSymbols(id, window.given("one.symbols")),
        Command::Picked(Purpose::Save(id, SaveKind::Packed), a.clone()),
        Command::Picked(Purpose::Save(id, SaveKind::Packed), window.path("b.wscope")),
    ] {
        window.does(command);
        let failures = window.failures().concat();
        assert!(failures.contains("another recording has taken the place"), "{failures}");
    }
    assert_eq!((map_of(&window.front().profile), std::fs::read(&a).unwrap()), (None, there));
    assert!(!window.path("b.wscope").exists());
}

#[test]
fn what_is_read_after_a_stop_is_thrown_away() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    window.begins(Command::Open(a.clone()));
    window.does(Command::Stop);
    assert!(window.app.state.documents.is_empty() && window.app.state.jobs.running().is_empty());
    let id = window.opens(&a);
    window.begins(Command::UseSymbols(id, window.given("one.symbols")));
    window.does(Command::Stop);
    assert_eq!((map_of(&window.front().profile), window.remembered(&a)), (None, None));
}

#[test]
fn a_selection_of_other_symbols_is_dropped() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    let old = Selection { moment_nanos: Some(1), ..window.front().selection.clone() };
    window.does(Command::UseSymbols(id, window.given("one.symbols")));
    window.does(Command::Select(old));
    assert_eq!(window.front().selection.moment_nanos, None);
    let new = Selection { moment_nanos: Some(2), ..window.front().selection.clone() };
    let other = window.record("b.wscope", b"");
    window.opens(&other);
    window.does(Command::Select(new));
    assert_eq!(window.front().selection.moment_nanos, None, "that was another recording's");
    window.does(Command::Show(id));
    assert_eq!(window.front().selection.moment_nanos, Some(2));
}

#[test]
fn a_run_without_symbols_has_none_though_the_command_line_names_some() {
    let mut window = Window::new();
    window.app.give_symbols(Some(window.path("one.symbols")));
    let guest = Guest { bytes: MAPPED.into(), name: "m.wasm".to_owned(), path: String::new() };
    let module = Arc::new(ModuleFacts::read(guest).unwrap());
    for symbols in [None, Some(window.path("two.symbols"))] {
        let expected = symbols.as_ref().map(|_| "0:two\n");
        window.does(Command::Run(Box::new(order(&module, symbols))));
        assert_eq!(map_of(&window.front().profile), expected);
    }
}

#[test]
fn a_flame_graph_is_exported() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    let json = ExportKind::Profile(Format::Json);
    window.does(Command::Picked(Purpose::Export(id, json), window.path("a")));
    let text = std::fs::read(window.path("a.json")).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
    window.does(Command::Picked(Purpose::Export(id, json), window.path("no/such.json")));
    assert!(window.failures().concat().contains("can't be written"));
}

#[test]
fn a_module_is_run_again_with_the_symbols_shown() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.does(Command::UseSymbols(id, window.given("one.symbols")));
    window.does(Command::RunAgain(Again::Asking));
    let dialog = window.app.screen.dialog.as_ref().unwrap();
    assert_eq!(dialog.form.symbols, window.path("one.symbols").display().to_string());
    assert_eq!(&*dialog.module.guest.bytes, MAPPED);
}

#[test]
fn what_a_trial_run_found_is_shown_while_its_dialog_waits_for_it() {
    let mut window = Window::new();
    let path = window.path("m.wasm");
    std::fs::write(&path, MAPPED).unwrap();
    for (unwanted, is_shown) in [(None, true), (Some(Command::Stop), false)] {
        window.app.screen.dialog = None;
        window.does(Command::Open(path.clone()));
        let module = Arc::clone(&window.app.screen.dialog.as_ref().unwrap().module);
        window.begins(Command::FindAllocators(Box::new(order(&module, None))));
        assert!(window.app.state.jobs.trial().is_some());
        if let Some(command) = unwanted {
            window.begins(command);
            assert!(window.app.state.jobs.trial().is_none());
        }
        window.app.apply_all(&window.ctx);
        assert_eq!(window.app.screen.dialog.as_ref().unwrap().trial.is_some(), is_shown);
        assert_eq!(window.failures(), [""; 0]);
    }
}

/// A recording with a sample in each of these call paths.
fn so_far(paths: &[&str], path: &Path, is_first: bool) -> Command {
    let folded: String = paths.iter().map(|path| format!("{path} 1000\n")).collect();
    let profile = Arc::new(ProfileBuilder::new().folded(&folded).build());
    Command::ShowSoFar(Box::new(SoFar { profile, path: path.to_owned(), symbols: None, is_first }))
}

#[test]
fn a_run_is_shown_while_it_goes_on_and_what_is_selected_stays() {
    let mut window = Window::new();
    let to = window.runs();
    window.begins(so_far(&["main;a"], &to, true));
    let id = window.front().id;
    assert!(window.front().is_growing);
    let function = window.front().profile.frames().find("a");
    let selection = Selection { function, ..window.front().selection.clone() };
    window.begins(Command::Select(selection.clone()));
    window.begins(so_far(&["main;a", "main;b"], &to, false));
    assert_eq!((window.front().id, &window.front().selection), (id, &selection));
    assert!(window.front().profile.frames().find("b").is_some());
    // What is not yet whole is not saved.
    window.begins(Command::Picked(Purpose::Save(id, SaveKind::Plain), window.path("b")));
    assert!(window.failures().concat().contains("still being made"));
    window.app.apply_all(&window.ctx);
    assert!(!window.front().is_growing && window.app.state.jobs.running().is_empty());
    assert_eq!((window.front().id, window.app.state.documents.iter().count()), (id, 1));
    assert_eq!(&*window.front().profile.recording().module, MAPPED);
}

#[test]
fn what_is_selected_stays_at_the_end_of_a_run() {
    let mut window = Window::new();
    let to = window.runs();
    window.begins(so_far(&["main;a"], &to, true));
    let function = window.front().profile.frames().find("a");
    let selection = Selection { function, ..window.front().selection.clone() };
    window.begins(Command::Select(selection.clone()));
    let whole = Arc::new(ProfileBuilder::new().folded("main;a 1000\nmain;b 1000\n").build());
    assert!(show_end(&mut window.app, &whole, &to, None, true));
    assert!(!window.front().is_growing && Arc::ptr_eq(&window.front().profile, &whole));
    assert_eq!(window.front().selection, selection);
}

#[test]
fn a_run_that_was_closed_comes_back_when_it_is_over() {
    let mut window = Window::new();
    let to = window.runs();
    window.begins(so_far(&["main;a"], &to, true));
    let id = window.front().id;
    window.begins(Command::Close(id));
    window.begins(so_far(&["main;a", "main;b"], &to, false));
    assert!(window.app.state.documents.is_empty());
    window.app.apply_all(&window.ctx);
    assert!(!window.front().is_growing);
}

#[test]
fn a_module_is_run_again_as_before_or_measuring_more() {
    let mut window = Window::new();
    let path = window.path("m.wasm");
    std::fs::write(&path, MAPPED).unwrap();
    window.does(Command::Open(path));
    let dialog = window.app.screen.dialog.as_mut().unwrap();
    dialog.form.waits_for_end = true;
    let (key, form, first) = (dialog.module.key(), dialog.form.clone(), dialog.answer().unwrap());
    window.app.state.history.ran(key, form);
    window.app.screen.dialog = None;
    window.does(Command::Run(Box::new(first)));
    let measured = |window: &Window| window.front().profile.recording().meta.measures;
    assert!(!measured(&window).has(Measure::Calls));
    let before = measured(&window);
    window.does(Command::RunAgain(Again::Also(Measure::Calls)));
    assert_eq!(measured(&window), before.with(Measure::Calls));
    window.does(Command::RunAgain(Again::AsBefore));
    assert_eq!(measured(&window), before.with(Measure::Calls));
    assert_eq!(window.app.state.documents.iter().count(), 3);
    let first = window.app.state.documents.iter().next().map(|document| document.id).unwrap();
    window.does(Command::Show(first));
    window.does(Command::RunAgain(Again::AsBefore));
    assert_eq!(measured(&window), before, "as that which is in front was run");
    assert!(window.app.screen.dialog.is_none());
}

#[test]
fn a_source_file_that_is_pointed_out_is_found_from_then_on_with_its_neighbours() {
    let mut window = Window::new();
    for name in ["a.c", "b.c"] {
        std::fs::write(window.path(name), name).unwrap();
    }
    let purpose = || Purpose::SourceFile("/build/src/a.c".into());
    let file = window.path("a.c");
    window.does(Command::Picked(purpose(), file.clone()));
    // The same answer again changes nothing.
    window.does(Command::Picked(purpose(), file));
    let places = &window.app.state.settings.source_places;
    let folder = window.folder.path().display();
    assert_eq!(places.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("/build/src={folder}")]);
    let sources = window.app.sources();
    for name in ["a.c", "b.c"] {
        let path = format!("/build/src/{name}");
        let text = crate::analysis::SourceProvider::source(&sources, &path);
        assert_eq!(text.as_deref(), Some(name.as_bytes()));
    }
    let read = |place: &SourcePlace| place.to_string().parse::<SourcePlace>();
    assert!(places.iter().all(|place| read(place).as_ref() == Ok(place)), "as settings keep it");
}

#[test]
fn modules_that_are_dropped_together_are_asked_about_one_by_one() {
    let mut window = Window::new();
    for name in ["a.wasm", "b.wasm"] {
        let path = window.path(name);
        std::fs::write(&path, MAPPED).unwrap();
        window.begins(Command::Open(path));
    }
    window.app.apply_all(&window.ctx);
    let asked =
        |window: &Window| window.app.screen.dialog.as_ref().map(|dialog| dialog.module.guest.name.clone());
    assert_eq!(asked(&window).as_deref(), Some("a.wasm"));
    assert_eq!(window.app.screen.next_dialogs.len(), 1);
    let module = Arc::clone(&window.app.screen.next_dialogs[0].module);
    assert_eq!(module.guest.name, "b.wasm");
    window.does(Command::LookInside(module, None));
    assert_eq!(window.front().profile.recording().outcome, Outcome::NotRun);
    assert_eq!(*window.front().profile.recording().module, *MAPPED);
}
