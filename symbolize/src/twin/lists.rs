//! Many lists of numbers, one behind the other.

#[derive(Default)]
pub(super) struct Lists {
    items: Vec<u32>,
    /// Where each list ends.
    ends: Vec<usize>,
}

impl Lists {
    pub(super) fn push(&mut self, list: &[u32]) {
        self.items.extend(list);
        self.ends.push(self.items.len());
    }

    /// A list by its number; an empty one where there is none.
    pub(super) fn get(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.items.get(start..end).unwrap_or_default()
    }

    /// For each number below that of the lists, the lists that it is in, sorted.
    pub(super) fn inverse(&self) -> Lists {
        let mut ends = vec![0; self.ends.len()];
        for item in &self.items {
            if let Some(count) = ends.get_mut(*item as usize) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            // Until a list is filled its end is where the next item goes.
            sum += std::mem::replace(end, sum);
        }
        let mut items = vec![0; sum];
        for at in 0..self.ends.len() {
            for item in self.get(at) {
                let Some(end) = ends.get_mut(*item as usize) else { continue };
                if let Some(place) = items.get_mut(*end) {
                    *place = at as u32;
                }
                *end += 1;
            }
        }
        Lists { items, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_has_for_each_number_the_lists_with_it() {
        let mut lists = Lists::default();
        for list in [&[1, 3, 9][..], &[], &[1, 2], &[3]] {
            lists.push(list);
        }
        let inverse = lists.inverse();
        let all: Vec<_> = (0..5).map(|at| inverse.get(at).to_vec()).collect();
        assert_eq!(all, [vec![], vec![0, 2], vec![2], vec![0, 3], vec![]]);
        assert_eq!((lists.get(0), lists.get(1), lists.get(4)), (&[1, 3, 9][..], &[][..], &[][..]));
    }
}
