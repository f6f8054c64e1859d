//! The tree that the parser makes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Hashed with a fixed key, so that each run executes the same instructions.
pub type Fields = HashMap<String, Value, BuildHasherDefault<DefaultHasher>>;

pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    Object(Fields),
}

#[derive(Default)]
pub struct Summary {
    pub nodes: u64,
    pub depth: u32,
    pub string_bytes: usize,
    pub total: f64,
}

impl Summary {
    fn add(&mut self, child: &Summary) {
        self.nodes += child.nodes;
        self.depth = self.depth.max(child.depth + 1);
        self.string_bytes += child.string_bytes;
        self.total += child.total;
    }
}

/// Walks the whole tree; keys count as strings.
#[inline(never)]
pub fn summarize(value: &Value) -> Summary {
    let mut summary = Summary { nodes: 1, depth: 1, ..Summary::default() };
    match value {
        Value::Null => {}
        Value::Bool(on) => summary.total += f64::from(u8::from(*on)),
        Value::Number(number) => summary.total += number,
        Value::String(text) => summary.string_bytes += text.len(),
        Value::Array(items) => items.iter().for_each(|item| summary.add(&summarize(item))),
        Value::Object(fields) => {
            // Sorted, so that the sum does not hang on the order of the map.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| key.as_str());
            for (key, item) in fields {
                summary.string_bytes += key.len();
                summary.add(&summarize(item));
            }
        }
    }
    summary
}
