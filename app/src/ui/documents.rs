//! The recordings that are open.

use super::filters::FilterHistory;
use super::panels::PanelStates;
use crate::analysis::{CallTreeQuery, Metric, Transform};
use crate::profile::{FrameId, PathId, Profile, SourceLine};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_symbolize::MemoryIndex;

/// Names one open recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentId(u64);

/// Names an open recording with certain symbols. With others its functions and lines have other numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileId {
    /// The recording.
    pub document: DocumentId,
    generation: u64,
}

/// What all panels of a recording show as selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What it is selected in.
    pub profile: ProfileId,
    /// What functions, lines and boxes are weighed by.
    pub metric: Metric,
    /// Are inlined functions told apart from those that they were inlined into?
    pub inline_frames: bool,
    /// What is done to call paths before they are weighed.
    pub transforms: Vec<Transform>,
    /// Only this part of the run, in nanoseconds since the recording began.
    pub time_nanos: Option<Range<u64>>,
    /// This function.
    pub function: Option<FrameId>,
    /// This line of the source, and the instructions that come from it. Another function begins without one.
    pub line: Option<SourceLine>,
    /// Blocks that were allocated on this call path.
    pub site: Option<PathId>,
    /// The memory that is shown.
    pub memory: MemoryIndex,
    /// The moment at which the heap is shown, in nanoseconds since the recording began; `None` is the end.
    pub moment_nanos: Option<u64>,
}

impl Selection {
    /// Nothing is selected, and all is weighed by the first metric that `profile` has.
    fn of(profile: &Profile, id: ProfileId) -> Selection {
        let metric = Metric::ALL.into_iter().find(|metric| metric.available_in(profile));
        Selection {
            profile: id,
            metric: metric.unwrap_or_default(),
            inline_frames: true,
            transforms: Vec::new(),
            time_nanos: None,
            function: None,
            line: None,
            site: None,
            memory: profile.main_memory(),
            moment_nanos: None,
        }
    }

    /// The same, of a part of the run alone. What shows one moment shows the end of it.
    #[must_use]
    pub fn within(&self, time_nanos: Option<Range<u64>>, profile: &Profile) -> Selection {
        let moment_nanos = time_nanos.as_ref().map(|time| time.end).or(self.moment_nanos);
        let moment_nanos = moment_nanos.filter(|at| *at < profile.duration_nanos());
        Selection { time_nanos, moment_nanos, ..self.clone() }
    }

    /// The call tree that is weighed so.
    pub fn call_tree(&self) -> CallTreeQuery {
        CallTreeQuery {
            metric: self.metric,
            time: self.time_nanos.clone(),
            inverted: false,
            inline_frames: self.inline_frames,
            transforms: self.transforms.clone(),
        }
    }
}

/// Where a recording's file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Where the user put it.
    Saved(PathBuf),
    /// Among the runs that nobody has saved yet; the oldest of them are deleted in time.
    Unsaved(PathBuf),
}

impl Origin {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Origin::Saved(path) | Origin::Unsaved(path) => path,
        }
    }
}

/// One open recording and what its panels remember of it.
pub struct Document {
    /// Its name among the open ones.
    pub id: DocumentId,
    /// What its tab says.
    pub title: String,
    /// What it is about.
    pub profile: Arc<Profile>,
    /// Its file.
    pub origin: Origin,
    /// The names and lines that were added to those which it has itself.
    pub symbols: Option<PathBuf>,
    /// What it will be with the symbols that were asked for last.
    asked: ProfileId,
    /// Is it still being made?
    pub is_growing: bool,
    /// Was the user told that it has neither names nor lines, and wants to hear no more of it?
    pub hides_stripped: bool,
    /// What is selected in it.
    pub selection: Selection,
    /// What it was filtered by before.
    filters: FilterHistory,
    /// Zoom, sorting and so on of each panel.
    pub panels: PanelStates,
}

impl Document {
    /// A name for what the recording will be with other symbols.
    pub fn ask_symbols(&mut self) -> ProfileId {
        self.asked.generation += 1;
        self.asked
    }

    /// Shows the same recording with names and lines out of `symbols`, unless `id` says that others were asked for
    /// since. Functions and lines are others then, so that only what does not speak of them stays selected. Says
    /// whether it is shown so.
    pub fn use_symbols(&mut self, id: ProfileId, profile: Arc<Profile>, symbols: Option<PathBuf>) -> bool {
        if self.asked != id {
            return false;
        }
        let Selection { metric, inline_frames, time_nanos, memory, moment_nanos, .. } =
            self.selection.clone();
        let new = Selection::of(&profile, id);
        self.selection = Selection { metric, inline_frames, time_nanos, memory, moment_nanos, ..new };
        self.profile = profile;
        self.filters = FilterHistory::default();
        self.panels = PanelStates::default();
        self.symbols = symbols;
        true
    }

    /// Shows what has become of the recording: all that is selected in it keeps its meaning.
    pub fn grow(&mut self, profile: Arc<Profile>) {
        let first = |profile: &Profile| Selection::of(profile, self.asked);
        let (before, now) = (first(&self.profile), first(&profile));
        let selection = &mut self.selection;
        // What nobody chose is what it would be were the recording opened now.
        if selection.metric == before.metric {
            selection.metric = now.metric;
        }
        if selection.memory == before.memory {
            selection.memory = now.memory;
        }
        // The end of the part that is chosen was the end of all, and is no more.
        let end = selection.time_nanos.as_ref().map(|time| time.end);
        let end = end.filter(|end| *end < profile.duration_nanos());
        selection.moment_nanos = selection.moment_nanos.or(end);
        self.profile = profile;
    }

    /// Selects something, unless it was found in what the recording was with other symbols.
    pub fn select(&mut self, selection: Selection) {
        if self.selection.profile == selection.profile {
            self.filters.follow(&self.selection, &selection);
            self.selection = selection;
        }
    }

    /// Takes the last change of transforms or of the part of the run back.
    pub fn undo(&mut self) {
        let before = self.filters.undo(&self.selection, &self.profile);
        self.selection = before.unwrap_or_else(|| self.selection.clone());
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self) {
        let after = self.filters.redo(&self.selection, &self.profile);
        self.selection = after.unwrap_or_else(|| self.selection.clone());
    }

    /// What it was filtered by before.
    pub fn filters(&self) -> &FilterHistory {
        &self.filters
    }
}

/// The open recordings, in the order of their tabs.
#[derive(Default)]
pub struct Documents {
    open: Vec<Document>,
    front: Option<DocumentId>,
    last: u64,
}

impl Documents {
    /// Opens one more and brings it to the front.
    pub fn add(&mut self, title: String, profile: Arc<Profile>, origin: Origin) -> DocumentId {
        self.last += 1;
        let id = DocumentId(self.last);
        let asked = ProfileId { document: id, generation: 0 };
        let (selection, panels) = (Selection::of(&profile, asked), PanelStates::default());
        self.open.push(Document {
            id,
            title,
            profile,
            origin,
            symbols: None,
            asked,
            is_growing: false,
            hides_stripped: false,
            selection,
            filters: FilterHistory::default(),
            panels,
        });
        self.front = Some(id);
        id
    }

    /// The one with this name, if it is open.
    pub fn get_mut(&mut self, id: DocumentId) -> Option<&mut Document> {
        self.open.iter_mut().find(|document| document.id == id)
    }

    /// The one whose file is `path`, if it is open.
    pub fn at_mut(&mut self, path: &Path) -> Option<&mut Document> {
        self.open.iter_mut().find(|document| document.origin.path() == path)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.open.iter()
    }

    /// The one in front; `None` while the welcome screen is.
    pub fn front(&self) -> Option<&Document> {
        self.open.iter().find(|document| Some(document.id) == self.front)
    }

    /// The one in front, to be changed.
    pub fn front_mut(&mut self) -> Option<&mut Document> {
        self.open.iter_mut().find(|document| Some(document.id) == self.front)
    }

    /// Brings `id` to the front; `None` brings the welcome screen.
    pub fn show(&mut self, id: Option<DocumentId>) {
        self.front = id;
    }

    /// Brings the recording whose file is `path` to the front, if it is open. Says whether it is.
    pub fn show_path(&mut self, path: &Path) -> bool {
        let found = self.open.iter().find(|document| document.origin.path() == path);
        self.front = found.map(|document| document.id).or(self.front);
        found.is_some()
    }

    /// Brings the one `places` further to the front, round and round.
    pub fn show_next(&mut self, places: isize) {
        let count = self.open.len() as isize;
        if count == 0 {
            return;
        }
        let at = self.open.iter().position(|document| Some(document.id) == self.front);
        let next = at.map_or(0, |at| (at as isize + places).rem_euclid(count));
        self.front = self.open.get(next as usize).map(|document| document.id);
    }

    /// Closes `id`; its neighbour comes to the front.
    pub fn close(&mut self, id: DocumentId) {
        let Some(at) = self.open.iter().position(|document| document.id == id) else { return };
        self.open.remove(at);
        if self.front == Some(id) {
            let neighbour = self.open.get(at).or_else(|| self.open.last());
            self.front = neighbour.map(|document| document.id);
        }
    }

    /// Are none open?
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}
