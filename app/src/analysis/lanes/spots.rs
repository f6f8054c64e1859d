//! Sums over what looks the same on screen: the time of each function at each depth.

use crate::profile::{FrameId, FrameKind, PathId, PathTable, Profile};
use rustc_hash::FxHashMap;

/// Sums by number, of which few are above 0.
#[derive(Default)]
pub(super) struct Sums {
    by_number: Vec<u64>,
    /// Those that were added to; some may be 0 all the same.
    numbers: Vec<usize>,
}

impl Sums {
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

/// Sums over call paths with all that lies below them, of which few are touched.
pub(super) struct PathSums<'a> {
    paths: &'a PathTable,
    by_path: Vec<u64>,
    is_touched: Vec<bool>,
    touched: Vec<PathId>,
}

/// Where more than one in so many paths is touched, going over all of them is quicker than to order those.
const FEW: usize = 8;

impl<'a> PathSums<'a> {
    pub(super) fn new(paths: &'a PathTable) -> Self {
        let (by_path, is_touched) = (vec![0; paths.len()], vec![false; paths.len()]);
        PathSums { paths, by_path, is_touched, touched: Vec::new() }
    }

    /// Was nothing added?
    pub(super) fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// Adds to the sum of a path that the table has.
    pub(super) fn add(&mut self, path: PathId, value: u64) {
        self.touch(path);
        if let Some(sum) = self.by_path.get_mut(path.index()) {
            *sum = sum.saturating_add(value);
        }
    }

    fn touch(&mut self, path: PathId) {
        if let Some(is_touched) = self.is_touched.get_mut(path.index())
            && !std::mem::replace(is_touched, true)
        {
            self.touched.push(path);
        }
    }

    /// Gives each path that was added to and all above them, but for the root, with their sums; begins anew. A path that
    /// many others begin with is given once, whatever they are.
    pub(super) fn drain(&mut self, mut take: impl FnMut(PathId, u64)) {
        let mut at = 0;
        while let Some(path) = self.touched.get(at) {
            self.touch(self.paths.parent(*path));
            at += 1;
        }
        // Parents have lower ids: from the last one on each has its whole sum when its turn comes.
        if self.touched.len() * FEW > self.is_touched.len() {
            self.touched.clear();
            let all = self.is_touched.iter().enumerate().rev();
            self.touched.extend(all.filter(|(_, is)| **is).map(|(at, _)| PathId(at as u32)));
        } else {
            self.touched.sort_unstable_by(|a, b| b.cmp(a));
        }
        for path in self.touched.drain(..) {
            self.is_touched[path.index()] = false;
            let sum = std::mem::take(&mut self.by_path[path.index()]);
            if path != PathId::ROOT {
                let above = &mut self.by_path[self.paths.parent(path).index()];
                *above = above.saturating_add(sum);
                take(path, sum);
            }
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
