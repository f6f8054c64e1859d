//! Writes a JSON text, parses it again and again with a small parser of its
//! own, and prints a summary of the last tree.

mod parse;
mod value;

use parse::parse;
use value::{Summary, Value, summarize};

const RECORDS: u32 = 1000;
const ROUNDS: u32 = 50;

/// An array of records with nested objects, escapes, numbers of all sorts.
#[inline(never)]
fn write_text(records: u32) -> String {
    let about = "Likes \\\"long\\\" walks,\\tshort tales and caf\\u00e9s. ".repeat(12);
    let mut text = String::from("[");
    for id in 0..records {
        if id > 0 {
            text.push(',');
        }
        let city = ["Basel", "Turku", "Porto", "Graz"][id as usize % 4];
        text += &format!(
            "\n  {{\"id\": {id}, \"name\": \"user \\\"{id}\\\"\", \"score\": {}.{:02}, \
             \"active\": {}, \"address\": {{\"city\": \"{city}\", \"zip\": {}}}, \
             \"tags\": [\"t{}\", null], \"about\": \"{about}\"}}",
            id * 7 % 100,
            id % 100,
            id % 3 == 0,
            10_000 + id,
            id % 10
        );
    }
    text + "\n]\n"
}

fn main() {
    let text = write_text(RECORDS);
    let mut nodes = 0;
    let mut last = Value::Null;
    for _ in 0..ROUNDS {
        last = match parse(&text) {
            Ok(value) => value,
            Err(error) => panic!("at byte {}: {}", error.offset, error.expected),
        };
        nodes += summarize(&last).nodes;
    }
    let Summary { nodes: in_one, depth, string_bytes, total } = summarize(&last);
    println!("{} bytes parsed {ROUNDS} times: {nodes} values", text.len());
    println!("{in_one} in one tree, {depth} deep, {string_bytes} bytes of strings, sum {total:.2}");
}
