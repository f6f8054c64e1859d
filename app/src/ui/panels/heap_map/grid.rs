//! How the canvas is cut into cells.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// How many cells there are in the canvas, and how large they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Cells in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Width and height of a cell with its gap, in points.
    pub cell: Vec2,
}

/// About the size of a cell with its gap, in points.
const CELL: f32 = 8.0;
/// The gap on the right and below, in points.
pub const GAP: f32 = 1.0;
/// Where each cell is a byte that can be read.
const HEX_CELL: Vec2 = vec2(21.0, 19.0);
/// A character beside the bytes.
const TEXT_WIDTH: f32 = 7.3;

impl Default for Grid {
    /// Something to ask for before the first frame.
    fn default() -> Self {
        Grid { columns: 64, rows: 32, cell: Vec2::splat(CELL) }
    }
}

impl Grid {
    /// How many cells fit.
    pub fn cells(self) -> usize {
        self.columns * self.rows
    }

    /// Sixteens of cells to a row make rows of round sizes; the cells are as large as fills the width.
    pub fn fitting(size: Vec2, pixels: f32) -> Grid {
        let columns = ((size.x / CELL / 16.0).round() as usize * 16).clamp(16, 512);
        let cell = ((size.x / columns as f32) * pixels).floor().max(1.0) / pixels;
        let rows = ((size.y / cell).floor() as usize).clamp(1, 512);
        Grid { columns, rows, cell: Vec2::splat(cell) }
    }

    /// Is each cell a byte that can be read?
    pub fn is_of_bytes(self) -> bool {
        self.cell == HEX_CELL
    }

    /// A byte to a cell, with room for the same bytes as text.
    pub fn of_bytes(size: Vec2) -> Grid {
        let fits = |columns: &usize| *columns as f32 * (HEX_CELL.x + TEXT_WIDTH) + TEXT_WIDTH <= size.x;
        let columns = [64, 32, 16].into_iter().find(fits).unwrap_or(8);
        let rows = ((size.y / HEX_CELL.y).floor() as usize).clamp(1, 256);
        Grid { columns, rows, cell: HEX_CELL }
    }
}

/// Where the cells of a map are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// The grid.
    pub grid: Grid,
    /// The upper left corner.
    pub origin: Pos2,
    /// How many cells the map has; those behind are not there.
    pub cells: usize,
}

impl Shape {
    /// The place of a cell, without its gap.
    pub fn rect(&self, cell: usize) -> Rect {
        let (column, row) = (cell % self.grid.columns, cell / self.grid.columns);
        let min = self.origin + vec2(column as f32, row as f32) * self.grid.cell;
        Rect::from_min_size(min, self.grid.cell - Vec2::splat(GAP))
    }

    /// The cell at a point.
    pub fn cell_at(&self, pointer: Pos2) -> Option<usize> {
        let offset = (pointer - self.origin) / self.grid.cell;
        let (column, row) = (offset.x.floor(), offset.y.floor());
        let inside = column >= 0.0 && row >= 0.0 && (column as usize) < self.grid.columns;
        let cell = row as usize * self.grid.columns + column as usize;
        (inside && cell < self.cells).then_some(cell)
    }

    /// The cell nearest to a point, for what was dragged over the edge.
    pub fn nearest(&self, pointer: Pos2) -> usize {
        let offset = (pointer - self.origin) / self.grid.cell;
        let column = offset.x.floor().clamp(0.0, self.grid.columns as f32 - 1.0) as usize;
        let row = offset.y.floor().max(0.0) as usize;
        (row * self.grid.columns + column).min(self.cells.saturating_sub(1))
    }

    /// The rectangles that the cells from `first` until before `end` fill, at most three.
    pub fn rects(&self, first: usize, end: usize) -> Vec<Rect> {
        let columns = self.grid.columns.max(1);
        let end = end.min(self.cells);
        let mut rects = Vec::new();
        let mut at = first;
        while at < end {
            let (row, column) = (at / columns, at % columns);
            // Whole rows in one piece.
            let whole = if column == 0 { (end / columns).saturating_sub(row) } else { 0 };
            let next = if whole > 0 { (row + whole) * columns } else { end.min((row + 1) * columns) };
            let min = pos2(self.rect(at).left(), self.rect(at).top());
            let max = self.origin
                + vec2(
                    if whole > 0 { columns } else { next - row * columns } as f32,
                    (row + whole.max(1)) as f32,
                ) * self.grid.cell;
            rects.push(Rect::from_min_max(min, max));
            at = next;
        }
        rects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        let grid = Grid { columns: 16, rows: 8, cell: Vec2::splat(10.0) };
        Shape { grid, origin: pos2(100.0, 50.0), cells: 100 }
    }

    #[test]
    fn cells_are_found_where_they_are_drawn() {
        let shape = shape();
        for cell in 0..shape.cells {
            assert_eq!(shape.cell_at(shape.rect(cell).center()), Some(cell));
            assert_eq!(shape.nearest(shape.rect(cell).center()), cell);
        }
        assert_eq!(shape.cell_at(pos2(99.0, 60.0)), None);
        assert_eq!(shape.cell_at(pos2(150.0, 119.0)), None, "behind the last cell");
        assert_eq!((shape.nearest(pos2(0.0, 0.0)), shape.nearest(pos2(999.0, 999.0))), (0, 99));
    }

    #[test]
    fn a_run_of_cells_is_three_rectangles_at_most() {
        let shape = shape();
        let area = |rects: &[Rect]| rects.iter().map(|rect| rect.area() / 100.0).sum::<f32>();
        for (first, end, count) in [(0, 16, 1), (3, 9, 1), (3, 20, 2), (3, 70, 3), (16, 48, 1), (5, 5, 0)] {
            let rects = shape.rects(first, end);
            assert_eq!(
                (rects.len(), area(&rects).round() as usize),
                (count, end - first),
                "{first} to {end}"
            );
        }
        assert_eq!(shape.rects(90, 500).len(), 2);
    }
}
