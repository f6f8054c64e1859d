//! The functions of both builds in one space of ids.

use super::matching::{Matching, is_own};
use super::names::comparable;
use super::{Build, Certainty, Pair, Side};
use crate::profile::{FrameId, FrameInfo, FrameKind, Profile};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, Symbols};

/// A row of [`CompareFrames`]: a function of either build, or the same one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompareFrame(pub u32);

impl CompareFrame {
    /// The frame above all others.
    pub const ROOT: CompareFrame = CompareFrame(0);

    /// The id as a position in a slice with one entry a frame.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A function of either build, or the same one of both.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareFrameInfo {
    /// How it is known that it is the same one.
    pub certainty: Certainty,
    /// What each build says of it: one of them at least. Of a function that no recording speaks of, and that is not
    /// inlined anywhere, file and line are left out.
    pub of: Pair<Option<FrameInfo>>,
    /// Is it the same function under another name?
    pub is_renamed: bool,
}

impl CompareFrameInfo {
    /// As the new build has it, or else the old one.
    pub fn shown(&self) -> Option<&FrameInfo> {
        self.of.new.as_ref().or(self.of.old.as_ref())
    }
}

/// The functions of both builds: all that their modules have, imported ones among them, and those that the recordings
/// know as inlined into others. Row 0 is the root.
///
/// What the compiler inlined in one place, or in one build, is the same function as where it did not: its costs stand
/// together.
#[derive(Debug, Default)]
pub struct CompareFrames {
    rows: Vec<CompareFrameInfo>,
    /// By recording, then by its [`FrameId`].
    ids: Pair<Vec<Vec<CompareFrame>>>,
}

impl CompareFrames {
    pub(super) fn of(builds: Pair<&Build>, matching: &Matching) -> CompareFrames {
        let mut gathered = Gathered::of(builds, matching);
        let ids = Pair::of(|side| {
            let profiles = builds.get(side).repeats().iter();
            profiles.map(|profile| gathered.ids(side, profile)).collect()
        });
        CompareFrames { rows: gathered.rows, ids }
    }

    /// The function with this id; the root for an id that is none of this table's.
    pub fn get(&self, id: CompareFrame) -> &CompareFrameInfo {
        self.rows.get(id.index()).unwrap_or(&self.rows[0])
    }

    /// How many there are, the root included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Is there only the root?
    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// All functions, the root first.
    pub fn iter(&self) -> impl Iterator<Item = (CompareFrame, &CompareFrameInfo)> {
        self.rows.iter().enumerate().map(|(at, row)| (CompareFrame(at as u32), row))
    }

    /// What the frames of a recording are, by [`FrameId`]; `repeat` is its place among those of its build.
    pub fn of_profile(&self, side: Side, repeat: usize) -> &[CompareFrame] {
        self.ids.get(side).get(repeat).map_or(&[], Vec::as_slice)
    }

    /// The frames of a recording that a function is: the function itself, and where it was inlined.
    pub fn in_profile(
        &self,
        side: Side,
        repeat: usize,
        frame: CompareFrame,
    ) -> impl Iterator<Item = FrameId> {
        let ids = self.of_profile(side, repeat).iter().enumerate();
        ids.filter(move |(_, id)| **id == frame).map(|(at, _)| FrameId(at as u32))
    }
}

/// Rows while they are gathered.
struct Gathered {
    rows: Vec<CompareFrameInfo>,
    /// The row of each function of the modules.
    functions: Pair<Vec<CompareFrame>>,
    /// Functions with code by their name; `None` where several have it.
    by_name: FxHashMap<String, Option<CompareFrame>>,
    /// Inlined functions by name and file.
    inlined: FxHashMap<(String, String), CompareFrame>,
    engine: Option<CompareFrame>,
}

impl Gathered {
    fn of(builds: Pair<&Build>, matching: &Matching) -> Gathered {
        let root = builds.map(|build| Some(build.first().frames().get(FrameId::ROOT).clone()));
        let symbols = builds.map(|build| build.first().symbols());
        let mut gathered = Gathered {
            rows: vec![CompareFrameInfo { certainty: Certainty::Name, of: root, is_renamed: false }],
            functions: symbols.map(|symbols| vec![CompareFrame::ROOT; symbols.module().functions().len()]),
            by_name: FxHashMap::default(),
            inlined: FxHashMap::default(),
            engine: None,
        };
        for function in symbols.old.module().functions() {
            let counterpart = matching.get(Side::Old, function.index);
            let (new, certainty) = counterpart.map_or((None, Certainty::Gone), |(new, by)| (Some(new), by));
            gathered.function(symbols, Pair { old: Some(function.index), new }, certainty);
        }
        for function in symbols.new.module().functions() {
            if matching.get(Side::New, function.index).is_none() {
                gathered.function(symbols, Pair { old: None, new: Some(function.index) }, Certainty::New);
            }
        }
        gathered
    }

    fn function(
        &mut self,
        symbols: Pair<&Symbols>,
        functions: Pair<Option<FuncIndex>>,
        certainty: Certainty,
    ) {
        let named = Pair::of(|side| functions.get(side).map(|function| named(symbols.get(side), function)));
        let names =
            named.as_ref().map(|named| named.as_ref().filter(|named| named.is_own).map(|named| &*named.name));
        let is_other = matches!(names, Pair { old: Some(old), new: Some(new) } if old != new);
        let is_renamed = is_other && certainty != Certainty::Name;
        let of = named.as_ref().map(|named| Some(named.as_ref()?.info.clone()));
        let row = self.push(CompareFrameInfo { certainty, of, is_renamed });
        for side in Side::BOTH {
            let place = functions
                .get(side)
                .and_then(|function| self.functions.get_mut(side).get_mut(function.index()));
            if let Some(place) = place {
                *place = row;
            }
        }
        for name in
            [named.old, named.new].into_iter().flatten().filter(|named| named.is_told && named.has_code)
        {
            let known = self.by_name.entry(name.name).or_insert(Some(row));
            *known = known.filter(|known| *known == row);
        }
    }

    fn push(&mut self, row: CompareFrameInfo) -> CompareFrame {
        self.rows.push(row);
        CompareFrame(self.rows.len() as u32 - 1)
    }

    /// The rows of the frames of a profile. Makes those that are missing, and fills in what it knows of the others.
    fn ids(&mut self, side: Side, profile: &Arc<Profile>) -> Vec<CompareFrame> {
        profile.frames().iter().map(|(_, info)| self.id(side, info)).collect()
    }

    fn id(&mut self, side: Side, info: &FrameInfo) -> CompareFrame {
        let id = match info.kind {
            FrameKind::Root => return CompareFrame::ROOT,
            FrameKind::Wasm(function) | FrameKind::Host(function) => {
                let known = self.functions.get(side).get(function.index()).copied();
                // A damaged recording speaks of functions that its module does not have.
                known.unwrap_or_else(|| self.inlined(info))
            }
            FrameKind::Inlined => self.inlined(info),
            FrameKind::Engine => self.engine(),
        };
        self.fill(side, id, info);
        id
    }

    fn engine(&mut self) -> CompareFrame {
        if let Some(engine) = self.engine {
            return engine;
        }
        let engine = self.push(nobody_yet());
        *self.engine.insert(engine)
    }

    /// The function that is inlined: one that the modules have, or one that they don't.
    fn inlined(&mut self, info: &FrameInfo) -> CompareFrame {
        let name = comparable(&info.name);
        let known = self.by_name.get(&name).copied().flatten();
        if let Some(known) = known.filter(|known| self.may_be_in(*known, info)) {
            return known;
        }
        let key = (name, file_name(info).unwrap_or_default().to_owned());
        if let Some(known) = self.inlined.get(&key) {
            return *known;
        }
        let row = self.push(nobody_yet());
        self.inlined.insert(key, row);
        row
    }

    /// Is the file of a row the same, as far as both are known?
    fn may_be_in(&self, row: CompareFrame, info: &FrameInfo) -> bool {
        let of = self.rows.get(row.index()).map(|row| [row.of.old.as_ref(), row.of.new.as_ref()]);
        let mut files = of.into_iter().flatten().flatten().filter_map(file_name).peekable();
        let file = file_name(info);
        file.is_none() || files.peek().is_none() || files.any(|known| Some(known) == file)
    }

    /// Notes what a build says of a row. A function with code of its own says more than one that is inlined.
    fn fill(&mut self, side: Side, id: CompareFrame, info: &FrameInfo) {
        let Some(row) = self.rows.get_mut(id.index()) else { return };
        let known = row.of.get_mut(side);
        let is_better = |known: &FrameInfo| info.kind == known.kind && known.file.is_none();
        if known.as_ref().is_none_or(is_better) {
            *known = Some(info.clone());
        }
        // One that its build has no code of its own for, but inlines.
        if row.of.old.is_some() && row.of.new.is_some() && !row.certainty.is_matched() {
            row.certainty = Certainty::Name;
        }
    }
}

/// What has no code of its own is in both builds as far as anybody knows: recordings tell of it only where it was seen.
fn nobody_yet() -> CompareFrameInfo {
    CompareFrameInfo { certainty: Certainty::Name, of: Pair::default(), is_renamed: false }
}

fn file_name(info: &FrameInfo) -> Option<&str> {
    info.file.as_deref()?.rsplit(['/', '\\']).next()
}

/// A function with its name as it is compared.
struct Named {
    info: FrameInfo,
    name: String,
    is_told: bool,
    /// Is it what the program itself calls it, rather than what it is imported or exported as?
    is_own: bool,
    has_code: bool,
}

fn named(symbols: &Symbols, index: FuncIndex) -> Named {
    let has_code = symbols.module().function(index).is_some_and(|function| function.body.is_some());
    let found = symbols.name(index);
    let name = Arc::clone(&found.name);
    let kind = if has_code { FrameKind::Wasm(index) } else { FrameKind::Host(index) };
    let info = FrameInfo {
        kind,
        name: Arc::clone(&name.full),
        short: Arc::clone(&name.short),
        group: name.group.clone(),
        file: None,
        line: None,
    };
    let (is_told, is_own) = (found.source.is_told(), is_own(found.source));
    Named { info, name: comparable(&name.full), is_told, is_own, has_code }
}
