//! Sums over what looks the same on screen: the time of each function at each depth.

use crate::profile::{FrameId, FrameKind, PathId, Profile};
use rustc_hash::FxHashMap;

/// Sums by number, of which few are above 0.
#[derive(Default)]
pub(super) struct Sums {
    by_number: Vec<u64>,
    /// Those that were added to; some may be 0 all the same.
    numbers: Vec<usize>,
}

impl Sums {
    /// Was nothing added?
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Adds to the sum of a number.
    pub(super) fn add(&mut self, number: usize, value: u64) {
        if self.by_number.len() <= number {
            self.by_number.resize(number + 1, 0);
        }
        let sum = &mut self.by_number[number];
        if *sum == 0 {
            self.numbers.push(number);
        }
        *sum = sum.saturating_add(value);
    }

    /// Gives each sum, and begins anew.
    pub(super) fn drain(&mut self, mut take: impl FnMut(usize, u64)) {
        for number in self.numbers.drain(..) {
            take(number, std::mem::take(&mut self.by_number[number]));
        }
    }
}

/// Functions at a depth, by number: paths that look the same on screen have the same.
pub(super) struct Spots<'a> {
    profile: &'a Profile,
    inline_frames: bool,
    /// By path: one more than the number of its innermost frame that is shown; 0 where nobody has asked yet.
    of_path: Vec<u32>,
    /// By number: how many frames there are down to this one, and the function. The first is that of no frame.
    pub(super) list: Vec<(usize, FrameId)>,
    numbers: FxHashMap<(usize, FrameId), u32>,
}

impl<'a> Spots<'a> {
    /// Those of a profile, with inlined functions or without.
    pub(super) fn new(profile: &'a Profile, inline_frames: bool) -> Self {
        let mut of_path = vec![0; profile.paths().len()];
        of_path[PathId::ROOT.index()] = 1;
        let (list, numbers) = (vec![(0, FrameId::ROOT)], FxHashMap::default());
        Spots { profile, inline_frames, of_path, list, numbers }
    }

    /// The number of a path that the profile has.
    pub(super) fn of(&mut self, path: PathId) -> u32 {
        match self.of_path.get(path.index()) {
            Some(0) => self.find(path),
            Some(known) => known - 1,
            None => 0,
        }
    }

    /// From the outermost path that nobody has asked for inwards.
    fn find(&mut self, path: PathId) -> u32 {
        let paths = self.profile.paths();
        let unknown: Vec<PathId> =
            paths.up(path).take_while(|path| self.of_path[path.index()] == 0).collect();
        let above = unknown.last().map_or(PathId::ROOT, |outermost| paths.parent(*outermost));
        unknown.into_iter().rev().fold(self.of_path[above.index()] - 1, |above, path| {
            let number = self.below(above, paths.frame(path));
            self.of_path[path.index()] = number + 1;
            number
        })
    }

    fn below(&mut self, above: u32, frame: FrameId) -> u32 {
        let kind = self.profile.frames().get(frame).kind;
        if kind == FrameKind::Inlined && !self.inline_frames {
            return above;
        }
        let depth = self.list[above as usize].0 + 1;
        let list = &mut self.list;
        *self.numbers.entry((depth, frame)).or_insert_with(|| {
            list.push((depth, frame));
            (list.len() - 1) as u32
        })
    }
}
