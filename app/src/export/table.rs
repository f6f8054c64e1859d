//! Tables of text with columns that line up.

/// The widest a column gets, unless it is the last one.
const MOST_CHARACTERS: usize = 200;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table as it grows.
pub(crate) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Begins with the columns' heads.
    pub fn new(columns: &[(&str, Align)]) -> Table {
        Table {
            align: columns.iter().map(|(_, align)| *align).collect(),
            rows: vec![columns.iter().map(|(head, _)| (*head).to_owned()).collect()],
        }
    }

    /// Appends a row with a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// The same where the number of columns is not known before.
    pub fn cells(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Has it only heads?
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The lines, each ended. Control characters, which names from a module may hold, are replaced, and what would push
    /// other columns out of sight is cut.
    pub fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                let cell = if self.is_open(at) { clean(cell) } else { clean(&cut(cell)) };
                let missing = widths[at].saturating_sub(cell.chars().count());
                match self.align[at] {
                    Align::Left => line.extend([&cell, &" ".repeat(missing), "  "]),
                    Align::Right => line.extend([&" ".repeat(missing), &cell, "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Behind the last column of words there is nothing that it could push away.
    fn is_open(&self, column: usize) -> bool {
        column + 1 == self.align.len() && self.align[column] == Align::Left
    }

    fn widths(&self) -> Vec<usize> {
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().take(MOST_CHARACTERS).count()).max()
        };
        let closed = (0..self.align.len()).map(|at| if self.is_open(at) { None } else { width(at) });
        closed.map(|width| width.unwrap_or(0)).collect()
    }
}

fn cut(cell: &str) -> String {
    match cell.char_indices().nth(MOST_CHARACTERS) {
        Some(_) => cell.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect(),
        None => cell.to_owned(),
    }
}

/// `text` without control characters, and without those that turn the direction of writing: a name must not be able to
/// drive the terminal, nor to look like another.
pub(crate) fn clean(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&[("self", Align::Right), ("function", Align::Left)]);
        table.row(["5 ms".into(), "a".into()]);
        table.row(["1,200 ms".into(), "größe\x1b[2J".into()]);
        assert_eq!(table.text(), "    self  function\n    5 ms  a\n1,200 ms  größe\u{fffd}[2J\n");
    }

    #[test]
    fn a_name_without_end_leaves_the_other_columns_where_they_are() {
        let mut table =
            Table::new(&[("function", Align::Left), ("self", Align::Right), ("text", Align::Left)]);
        table.row(["a".repeat(100_000), "1".into(), "b".repeat(100_000)]);
        (0..1000).for_each(|_| table.row(["a".into(), "1".into(), "c".into()]));
        let text = table.text();
        assert!(text.len() < 100_000 + 1100 * 220, "{}", text.len());
        assert!(text.contains(&format!("{}…", "a".repeat(MOST_CHARACTERS - 1))));
        assert!(text.lines().nth(1).unwrap().ends_with(&"b".repeat(100_000)));
    }
}
