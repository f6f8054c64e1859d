//! A set of pages of one memory.

use std::ops::Range;

const BITS: u64 = u64::BITS as u64;

/// One bit a page: 128 KiB for 4 GiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageSet(Vec<u64>);

impl PageSet {
    /// Is the page in the set?
    pub fn has(&self, page: u64) -> bool {
        let word = usize::try_from(page / BITS).ok().and_then(|at| self.0.get(at));
        word.is_some_and(|word| word >> (page % BITS) & 1 == 1)
    }

    /// How many pages it can have.
    pub fn capacity(&self) -> u64 {
        self.0.len() as u64 * BITS
    }

    /// Adds the pages of `seen`, and gives those that are new, in runs.
    pub fn add(&mut self, seen: &PageSet) -> Vec<Range<u64>> {
        self.0.resize(self.0.len().max(seen.0.len()), 0);
        let mut new = PageSet(vec![0; seen.0.len()]);
        for ((own, seen), new) in self.0.iter_mut().zip(&seen.0).zip(&mut new.0) {
            *new = seen & !*own;
            *own |= seen;
        }
        new.runs()
    }

    /// The pages in runs, in the order of their numbers.
    fn runs(&self) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for (at, word) in (0..).zip(&self.0).filter(|(_, word)| **word != 0) {
            for page in (0..BITS).filter(|bit| word >> bit & 1 == 1).map(|bit| at * BITS + bit) {
                match runs.last_mut() {
                    Some(run) if run.end == page => run.end += 1,
                    _ => runs.push(page..page + 1),
                }
            }
        }
        runs
    }
}

/// Of each page, from page 0 on, whether it is in the set.
impl FromIterator<bool> for PageSet {
    fn from_iter<I: IntoIterator<Item = bool>>(pages: I) -> Self {
        let mut words = Vec::new();
        for (page, is_in) in (0..).zip(pages) {
            if page % BITS == 0 {
                words.push(0);
            }
            if let Some(word) = words.last_mut() {
                *word |= u64::from(is_in) << (page % BITS);
            }
        }
        PageSet(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pages: &[u64]) -> PageSet {
        let end = pages.iter().max().map_or(0, |page| page + 1);
        (0..end).map(|page| pages.contains(&page)).collect()
    }

    #[test]
    fn each_page_is_new_once() {
        let mut all = PageSet::default();
        assert_eq!(all.add(&set(&[0, 1, 62, 63, 64, 65, 130])), [0..2, 62..66, 130..131]);
        assert_eq!(all.add(&set(&[1, 2, 64, 200])), [2..3, 200..201]);
        assert_eq!(all.add(&set(&[0, 200])), []);
        assert_eq!(
            [0, 2, 66, 130, 199, 200, u64::MAX].map(|page| all.has(page)),
            [true, true, false, true, false, true, false]
        );
    }
}
