//! Two builds that are compared: how they are run, where their recordings are, and what is written of them.

use super::*;
use crate::analysis::{Comparison, Pair, Side};
use crate::builds;
use crate::export::CompareFormat;
use crate::ui::command::{CompareOrder, CompareWith};
use wasmscope_instrument::MeasureSet;

const COUNTED: MeasureSet = MeasureSet::NONE.with(Measure::Instructions);

/// Another build of [`MAPPED`], with the same code.
fn other_build() -> Vec<u8> {
    [MAPPED, b"\0\x02\x01x"].concat()
}

fn order(document: DocumentId, with: CompareWith) -> Command {
    Command::Compare(Box::new(CompareOrder { document, mine: Side::Old, with }))
}

impl Window {
    /// Another build of the module, in a file.
    fn other_module(&self) -> PathBuf {
        let path = self.path("other.wasm");
        std::fs::write(&path, other_build()).unwrap();
        path
    }

    /// What runs both builds by turns.
    fn by_turns(&self, document: DocumentId) -> Command {
        order(document, CompareWith::Build { module: self.other_module(), runs: 2 })
    }

    /// Writes a recording of a run with arguments, whose instructions are counted.
    fn counts(&self, name: &str, module: &[u8]) -> PathBuf {
        let guest = Guest { bytes: module.into(), name: "m.wasm".to_owned(), path: String::new() };
        let mut options = RunOptions { measures: COUNTED, rate_hz: 77, ..options() };
        options.program.args = vec!["a b".to_owned()];
        pipeline::record_to(&self.path(name), &guest, &options, Arc::new(Nobody)).unwrap();
        self.path(name)
    }

    fn compared(&self) -> &Comparison {
        self.app.state.comparisons.front().expect("a comparison is in front").comparison()
    }

    /// The folders of recordings by turns.
    fn folders(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.app.state.places.unsaved.join("turns")) else {
            return Vec::new();
        };
        let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders
    }
}

#[test]
fn both_builds_are_run_as_the_recording_was() {
    let mut window = Window::new();
    let counted = window.counts("a.wscope", MAPPED);
    let id = window.opens(&counted);
    window.does(window.by_turns(id));
    assert_eq!(window.failures(), [""; 0]);
    for side in Side::BOTH {
        let build = window.compared().build(side);
        assert_eq!(build.repeats().len(), 2);
        let meta = &build.first().recording().meta;
        assert_eq!((meta.measures, meta.rate_hz, meta.invoked.as_deref()), (COUNTED, 77, Some("run()")));
        assert_eq!(meta.args, ["a b"]);
    }
}

#[test]
fn nothing_else_is_run_while_two_builds_are() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.begins(window.by_turns(id));
    let guest = Guest { bytes: MAPPED.into(), name: "m.wasm".to_owned(), path: String::new() };
    let module = Arc::new(ModuleFacts::read(guest).unwrap());
    let run = || Box::new(super::order(&module, None));
    let before = window.app.state.jobs.running().len();
    for command in [
        Command::Run(run()),
        Command::FindAllocators(run()),
        Command::RunAgain(Again::AsBefore),
        window.by_turns(id),
    ] {
        window.begins(command);
        assert_eq!(window.failures(), ["A module is being run. Stop it first."]);
    }
    assert_eq!(window.app.state.jobs.running().len(), before);
    // What was recorded is compared meanwhile.
    let b = window.record("b.wscope", b"");
    window.begins(order(id, CompareWith::File(b)));
    assert_eq!(window.app.state.jobs.running().len(), before + 1);
    // Of turns that are stopped nothing is kept.
    window.does(Command::Stop);
    assert!(window.app.state.jobs.running().is_empty() && window.app.state.comparisons.front().is_none());
}

#[test]
fn each_comparison_has_recordings_of_its_own() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.does(window.by_turns(id));
    let first = window.folders().remove(0);
    let open = builds::turn_file(&first, (Side::New, 1));
    window.opens(&open);
    for _ in 0..6 {
        // The names of two differ by a millisecond.
        std::thread::sleep(std::time::Duration::from_millis(2));
        window.does(window.by_turns(id));
    }
    assert_eq!(window.failures(), [""; 0]);
    assert_eq!(window.folders().len(), 6, "the last five, and that of which a recording is open");
    assert!(open.exists());
    assert!(matches!(window.app.state.documents.iter().last().unwrap().origin, Origin::Unsaved(_)));
}

#[test]
fn a_build_that_can_not_be_run_so_leaves_no_folder() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    let empty = window.path("empty.wasm");
    std::fs::write(&empty, &MAPPED[..8]).unwrap();
    window.does(order(id, CompareWith::Build { module: empty, runs: 2 }));
    assert_eq!(window.failures(), ["empty.wasm: Call: the module exports no function `run`"]);
    assert!(window.folders().is_empty());
}

#[test]
fn symbols_are_for_all_recordings_of_their_module() {
    let mut window = Window::new();
    let (a, b) = (window.record("a.wscope", b""), window.record("b.wscope", b""));
    let id = window.opens(&a);
    window.does(Command::UseSymbols(id, window.given("one.symbols")));
    let maps = |window: &Window| {
        let Pair { old, new } = Pair::of(|side| window.compared().build(side).first());
        (map_of(old).map(str::to_owned), map_of(new).map(str::to_owned))
    };
    let one = Some("0:one\n".to_owned());
    window.does(window.by_turns(id));
    assert_eq!(maps(&window), (one.clone(), None), "the other build is another module");
    window.does(order(id, CompareWith::File(b)));
    assert_eq!(maps(&window), (one.clone(), one));
    assert_eq!(window.failures(), [""; 0]);
}

#[test]
fn a_folder_with_both_builds_is_compared_with_itself() {
    let mut window = Window::new();
    let a = window.record("a.wscope", b"");
    let id = window.opens(&a);
    window.does(window.by_turns(id));
    let folder = window.folders().remove(0);
    window.does(order(id, CompareWith::Both(folder.clone())));
    assert_eq!(window.failures(), [""; 0]);
    assert_eq!(window.app.state.comparisons.iter().count(), 2);
    let front = window.app.state.comparisons.front().unwrap();
    assert_eq!(Some(&*front.title), folder.file_name().and_then(|name| name.to_str()));
    let modules = Pair::of(|side| window.compared().build(side).first().recording().module.to_vec());
    assert_eq!(modules, Pair { old: MAPPED.to_vec(), new: other_build() });
}

#[test]
fn a_comparison_is_written_for_a_pull_request() {
    let mut window = Window::new();
    let (a, b) = (window.counts("a.wscope", MAPPED), window.counts("b.wscope", &other_build()));
    let (id, with) = (window.opens(&a), window.opens(&b));
    window.does(order(id, CompareWith::Open(with)));
    let front = window.app.state.comparisons.front().unwrap().id;
    let purpose = Purpose::ExportComparison(front, CompareFormat::Markdown);
    window.does(Command::Picked(purpose, window.path("change")));
    assert_eq!(window.failures(), [""; 0]);
    let text = std::fs::read_to_string(window.path("change.md")).unwrap();
    assert!(text.starts_with("**Instructions: "), "{text}");
    assert!(text.contains("no difference, counted exactly"), "{text}");
}
