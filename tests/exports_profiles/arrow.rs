//! Arrow's files, by Arrow's own library for Python where that is there.

use super::{RECORDED, folded_total, hostile, may_skip, totals, written};
use serde_json::Value;
use std::process::Command;
use wasmscope::analysis::{CallTreeQuery, Metric};
use wasmscope::export::Format;
use wasmscope::profile::Profile;

/// Everything in the table, checked for what Arrow demands, with the sums of its numbers.
const READ: &str = "
import json, sys, pyarrow as pa
table = pa.ipc.open_file(sys.argv[1]).read_all()
table.validate(full=True)
rows = table.to_pylist()
sums = {name: sum(row[name] for row in rows) for name in table.column_names[5:]}
print(json.dumps({'names': table.column_names, 'sums': sums, 'rows': rows}))
";

/// What it reads; `None` where there is none.
fn read(profile: &Profile, query: &CallTreeQuery) -> Option<Value> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.arrow");
    std::fs::write(&path, written(profile, query, Format::Arrow)).unwrap();
    let python = |words: &[&str]| Command::new("python3").args(words).output();
    if !python(&["-c", "import pyarrow"]).is_ok_and(|output| output.status.success()) {
        may_skip("pyarrow");
        return None;
    }
    let output = python(&["-c", READ, path.to_str().unwrap()]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn each_metric_has_the_weight_of_the_folded_stacks() {
    let Some(table) = read(&RECORDED, &CallTreeQuery::default()) else { return };
    let names: Vec<_> =
        table["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names[..6], ["function", "kind", "file", "line", "stack", "time_nanos"]);
    let sums = names[5..].iter().map(|name| table["sums"][*name].as_u64().unwrap());
    assert!(sums.eq(totals(&RECORDED).into_iter().map(|(_, total)| total)));
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["stack"].as_array().unwrap().last() == Some(&row["function"])));
    let inlined = rows.iter().find(|row| row["kind"] == "inlined").unwrap();
    assert!(inlined["file"].is_string() && inlined["line"].is_u64());
}

#[test]
fn names_stay_names() {
    let profile = hostile();
    let Some(table) = read(&profile, &CallTreeQuery::default()) else { return };
    let rows = table["rows"].as_array().unwrap();
    let deepest =
        rows.iter().map(|row| row["stack"].as_array().unwrap()).max_by_key(|stack| stack.len()).unwrap();
    let names = profile.frames().iter().skip(1).map(|(_, info)| &*info.name);
    assert!(deepest.iter().map(|name| name.as_str().unwrap()).eq(names));
    let all = folded_total(&profile, Metric::Time, &CallTreeQuery::default());
    assert_eq!(table["sums"]["time_nanos"], all);
}

#[test]
fn a_table_without_rows_is_one() {
    let none = CallTreeQuery { time: Some(0..0), ..CallTreeQuery::default() };
    let Some(table) = read(&RECORDED, &none) else { return };
    assert_eq!(table["rows"], Value::Array(Vec::new()));
}
