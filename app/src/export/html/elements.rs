//! What pages are made of: text of others, rows and tables.

use crate::export::xml::escaped;
use std::fmt::Write;

/// Longer names are cut: some of C++ are as long as a page, and there can be thousands.
const MOST_LETTERS: usize = 1_000;

/// `words` as text of a page or in quotes, without what means something else to a browser or turns its reader around.
pub(super) fn text(words: &str) -> String {
    escaped(&cut(words))
}

/// `words`, at most so long that a page can hold many of them.
pub(super) fn cut(words: &str) -> String {
    match words.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// Rows of a name and a text, as a list; those without a text are left out.
pub(super) fn rows(rows: &[(impl AsRef<str>, String)]) -> String {
    let told = rows.iter().filter(|(_, words)| !words.is_empty());
    let row = |(name, words): &(_, String)| row(AsRef::as_ref(name), words);
    format!("<dl>{}</dl>\n", told.map(row).collect::<String>())
}

fn row(name: &str, words: &str) -> String {
    format!("<div><dt>{}</dt><dd>{}</dd></div>", text(name), text(words))
}

/// A paragraph.
pub(super) fn paragraph(class: &str, words: &str) -> String {
    format!("<p class=\"{class}\">{}</p>\n", text(words))
}

/// A cell of a table.
pub(super) enum Cell {
    /// Words.
    Words(String),
    /// A number as it is read, and what it is sorted by.
    Number(String, f64),
    /// Nothing is known; sorted below everything.
    Unknown,
}

/// A table that the page's script sorts and filters.
pub(super) struct Table {
    html: String,
    rows: usize,
    left_out: usize,
}

impl Table {
    /// More rows are counted, not written.
    const MOST_ROWS: usize = 1_000;

    /// Begins with the columns' heads: what each says, and what it means where that is not plain.
    pub(super) fn new(title: &str, columns: &[(&str, &str)]) -> Table {
        let mut html = format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"sheet\"><caption>{0}\
             </caption>\n<thead><tr>",
            text(title)
        );
        for (name, about) in columns {
            // Writing to a string can't fail.
            let _ = write!(html, "<th scope=\"col\" title=\"{}\">{}</th>", text(about), text(name));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        Table { html, rows: 0, left_out: 0 }
    }

    /// Appends a row with a cell for each column.
    pub(super) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        if self.rows == Self::MOST_ROWS {
            self.left_out += 1;
            return;
        }
        self.rows += 1;
        self.html.push_str("<tr>");
        for cell in cells {
            // Writing to a string can't fail.
            let _ = match cell {
                Cell::Words(words) => write!(self.html, "<td>{}</td>", text(&words)),
                Cell::Number(words, value) => {
                    write!(self.html, "<td class=\"n\" data-v=\"{value}\">{}</td>", text(&words))
                }
                Cell::Unknown => write!(self.html, "<td class=\"n\" data-v=\"-1\">–</td>"),
            };
        }
        self.html.push_str("</tr>\n");
    }

    /// The table, with a word on what is not in it.
    pub(super) fn html(mut self) -> String {
        self.html.push_str("</tbody></table></div>\n");
        if self.left_out > 0 {
            let rest = crate::units::things(self.left_out as u64, "more row");
            self.html.push_str(&paragraph("note", &format!("{rest}, with less, left out.")));
        }
        self.html
    }
}
