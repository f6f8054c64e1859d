//! Tables: sorted by a click on a column, filtered as one types, copied and saved as CSV.

mod copy;
mod drawn;
mod keys;

pub use copy::csv_items;
pub use drawn::{Table, column_title};

use crate::ui::needle::Needle;
use std::cmp::Ordering;
use std::sync::Arc;

/// By which column a table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting<C> {
    /// The column.
    pub column: C,
    /// Which end comes first.
    pub direction: SortDirection,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortDirection {
    /// The smallest.
    Rising,
    /// The largest.
    Falling,
}

impl<C: PartialEq> Sorting<C> {
    /// The largest value of `column` first.
    pub const fn falling(column: C) -> Self {
        Sorting { column, direction: SortDirection::Falling }
    }

    /// The ordering of two rows, given that of their values in the column.
    pub fn apply(&self, ordering: Ordering) -> Ordering {
        match self.direction {
            SortDirection::Rising => ordering,
            SortDirection::Falling => ordering.reverse(),
        }
    }

    fn press(&mut self, column: C, kind: CellKind) {
        use SortDirection::{Falling, Rising};
        self.direction = match (self.column == column, self.direction, kind) {
            (true, Falling, _) => Rising,
            (true, Rising, _) => Falling,
            (false, _, CellKind::Number) => Falling,
            (false, _, CellKind::Text) => Rising,
        };
        self.column = column;
    }
}

/// The rows of a view in the order in which they are shown; worked out again when anything of it changes.
pub struct RowOrder<V, C> {
    done: Option<(Arc<V>, Sorting<C>, Needle)>,
    rows: Vec<usize>,
}

impl<V, C> Default for RowOrder<V, C> {
    fn default() -> Self {
        RowOrder { done: None, rows: Vec::new() }
    }
}

impl<V, C: Copy + PartialEq> RowOrder<V, C> {
    /// The rows of `view` that `keep` says belong to the filter, ordered by `compare`.
    pub fn rows(
        &mut self,
        view: &Arc<V>,
        (sorting, filter): (Sorting<C>, &str),
        count: usize,
        keep: impl Fn(&V, usize, &Needle) -> bool,
        compare: impl Fn(&V, C, usize, usize) -> Ordering,
    ) -> &[usize] {
        let needle = Needle::new(filter);
        let is_done = self.done.as_ref().is_some_and(|(done_view, done_sorting, done_filter)| {
            Arc::ptr_eq(done_view, view) && *done_sorting == sorting && *done_filter == needle
        });
        if !is_done {
            self.rows = (0..count).filter(|row| keep(view, *row, &needle)).collect();
            self.rows.sort_by(|a, b| sorting.apply(compare(view, sorting.column, *a, *b)));
            self.done = Some((Arc::clone(view), sorting, needle));
        }
        &self.rows
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Names, from the left.
    Text,
    /// Figures, from the right.
    Number,
}

/// One column.
pub struct ColumnSpec<C> {
    /// Its name in the program.
    pub column: C,
    /// Its name on screen.
    pub title: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its width in points; `None` takes what is left.
    pub width: Option<f32>,
    /// What it holds.
    pub kind: CellKind,
}

/// A column of figures.
pub const fn number<C>(column: C, title: &'static str, about: &'static str, width: f32) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: Some(width), kind: CellKind::Number }
}

/// The column of names, which takes what the others leave.
pub const fn name<C>(column: C, title: &'static str, about: &'static str) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: None, kind: CellKind::Text }
}

/// A column of text of a fixed first width.
pub const fn text<C>(column: C, title: &'static str, about: &'static str, width: f32) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: Some(width), kind: CellKind::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_begin_with_the_largest_and_names_with_the_first() {
        let mut sorting = Sorting::falling('a');
        sorting.press('a', CellKind::Number);
        assert_eq!(sorting, Sorting { column: 'a', direction: SortDirection::Rising });
        sorting.press('b', CellKind::Number);
        assert_eq!(sorting, Sorting::falling('b'));
        sorting.press('c', CellKind::Text);
        assert_eq!(sorting.direction, SortDirection::Rising);
    }
}
