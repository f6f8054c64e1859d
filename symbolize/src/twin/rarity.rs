//! How much it tells that two functions have something in common, and who has what is rare.

use super::outline::Outline;
use crate::ids::FuncIndex;

/// Marks that more functions of a build have do not lead to them.
const MOST_HOLDERS: usize = 8;
/// In smaller modules, too, what is rare tells as much as it would among so many functions.
const FEWEST_FUNCTIONS: usize = 256;
/// Below this the bits of a count are kept.
const COMMON: usize = 4096;
/// So many of its rarest marks lead to a function.
const MOST_KEYS: usize = 8;

/// How many functions of both builds have each mark.
pub(super) struct Rarity {
    /// By the lowest bits of the mark. Marks that share a counter seem more common than they are, which does no harm.
    counts: Vec<u32>,
    /// Bits by count, as far as they are asked for often.
    bits: Vec<f32>,
    functions: usize,
}

impl Rarity {
    pub(super) fn of(builds: [&Outline<'_>; 2]) -> Rarity {
        let functions = builds.iter().map(|outline| outline.len()).sum::<usize>().max(FEWEST_FUNCTIONS);
        let size = functions.saturating_mul(32).next_power_of_two().clamp(1 << 10, 1 << 24);
        let bits = (0..COMMON).map(|count| one_of(count, functions)).collect();
        let mut rarity = Rarity { counts: vec![0; size], bits, functions };
        for outline in builds {
            for mark in outline.build.defined().iter().flat_map(|function| outline.marks(function.index)) {
                let place = rarity.place(*mark);
                if let Some(count) = rarity.counts.get_mut(place) {
                    *count = count.saturating_add(1);
                }
            }
        }
        rarity
    }

    fn place(&self, mark: u32) -> usize {
        mark as usize & (self.counts.len() - 1)
    }

    fn count(&self, mark: u32) -> usize {
        self.counts.get(self.place(mark)).map_or(usize::MAX, |count| *count as usize)
    }

    /// How many bits it tells that a function of each build has this mark.
    pub(super) fn bits(&self, mark: u32) -> f32 {
        self.one_of(self.count(mark))
    }

    /// How many bits it tells that functions are among `count`, those of both builds counted.
    pub(super) fn one_of(&self, count: usize) -> f32 {
        self.bits.get(count).copied().unwrap_or_else(|| one_of(count, self.functions))
    }

    /// The rarest marks of a function, by which it is looked for.
    fn keys(&self, marks: &[u32]) -> Vec<u32> {
        let counted = marks.iter().map(|mark| (self.count(*mark), *mark));
        let mut keys: Vec<_> = counted.filter(|(count, _)| *count <= 2 * MOST_HOLDERS).collect();
        keys.sort_unstable();
        keys.truncate(MOST_KEYS);
        keys.into_iter().map(|(_, mark)| mark).collect()
    }
}

fn one_of(count: usize, functions: usize) -> f32 {
    (functions as f32 / count.max(2) as f32).log2().max(0.0)
}

/// Functions of a build by their rare marks: mark and function, sorted.
pub(super) struct Holders(Vec<(u32, u32)>);

impl Holders {
    pub(super) fn of(outline: &Outline<'_>, rarity: &Rarity) -> Holders {
        let mut holders = Vec::new();
        for function in outline.build.defined() {
            let keys = rarity.keys(outline.marks(function.index));
            holders.extend(keys.into_iter().map(|mark| (mark, function.index.0)));
        }
        holders.sort_unstable();
        Holders(holders)
    }

    /// Functions that have one of the rarest of these marks.
    pub(super) fn find(&self, marks: &[u32], rarity: &Rarity) -> impl Iterator<Item = FuncIndex> {
        rarity.keys(marks).into_iter().flat_map(|mark| {
            let start = self.0.partition_point(|(other, _)| *other < mark);
            let from = self.0.get(start..).unwrap_or_default().iter();
            let found = from.take(MOST_HOLDERS).take_while(move |(other, _)| *other == mark);
            found.map(|(_, function)| FuncIndex(*function))
        })
    }
}
