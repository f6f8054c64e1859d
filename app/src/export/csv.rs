//! The table of functions as comma-separated values (RFC 4180).

use super::json::{index_of, kind_word};
use super::unit_word;
use crate::analysis::FunctionTable;
use std::fmt::Write;

/// One line a function, by falling own weight, after a line with the columns' names. Columns with a weight say its
/// unit: `self_nanos`.
pub(super) fn csv(table: &FunctionTable) -> String {
    let unit = unit_word(table.metric.unit());
    let mut text =
        format!("index,kind,name,group,file,line,self_{unit},total_{unit},self_share,total_share\r\n");
    for row in &table.rows {
        let index = index_of(row.kind).map_or(String::new(), |index| index.to_string());
        let line = row.line.map_or(String::new(), |line| line.to_string());
        let (kind, name) = (kind_word(row.kind), field(&row.name));
        let group = field(row.group.as_ref().map_or("", |group| &group.name));
        let file = field(row.file.as_deref().unwrap_or(""));
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "{index},{kind},{name},{group},{file},{line},{},{},{:.6},{:.6}\r\n",
            row.self_value, row.total_value, row.self_share, row.total_share,
        );
    }
    text
}

/// One line of values, with its end.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(field).collect();
    cells.join(",") + "\r\n"
}

/// As RFC 4180 has it: in quotes where it holds what separates.
pub(super) fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\r', '\n']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, functions};
    use crate::profile::ProfileBuilder;

    #[test]
    fn functions_are_lines() {
        let profile = ProfileBuilder::new().folded("main@a.c:3;text::work 30\nmain@a.c:4 10\n").build();
        let csv = csv(&functions(&profile, &CallTreeQuery::default()));
        let mut lines = csv.lines();
        assert_eq!(
            lines.next(),
            Some("index,kind,name,group,file,line,self_nanos,total_nanos,self_share,total_share")
        );
        assert_eq!(lines.clone().count(), 2);
        let work: Vec<_> = lines.next().unwrap().split(',').collect();
        assert_eq!(work[2..6], ["text::work", "text", "", ""]);
        assert_eq!(work[6..], ["30", "30", "0.750000", "0.750000"]);
        let main: Vec<_> = lines.next().unwrap().split(',').collect();
        assert_eq!(main[2..6], ["main", "a.c", "a.c", "3"]);
    }

    #[test]
    fn what_separates_is_quoted() {
        for (text, expected) in
            [("a", "a"), ("f(a, b)", "\"f(a, b)\""), ("\"q\"", "\"\"\"q\"\"\""), ("a\nb", "\"a\nb\"")]
        {
            assert_eq!(field(text), expected);
        }
        assert_eq!(line(["a", "b,c", ""]), "a,\"b,c\",\r\n");
    }
}
