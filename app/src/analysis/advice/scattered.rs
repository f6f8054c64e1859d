//! Whether a loop goes to places that its own data tell: vectors can't, and nor can a copy in bulk.

use super::code::{local, operator};
use crate::analysis::WatRow;
use rustc_hash::FxHashMap;

/// Is there an address that came out of memory? The instructions are followed in order, each value with whether it did.
pub(super) fn is_scattered(rows: &[WatRow]) -> bool {
    let mut locals: FxHashMap<&str, bool> = FxHashMap::default();
    let mut stack: Vec<bool> = Vec::new();
    for row in rows {
        let mut pop = || stack.pop().unwrap_or_default();
        let loaded = match operator(row) {
            "local.get" => local(row, &["local.get"]).is_some_and(|local| locals.get(local) == Some(&true)),
            "local.set" | "local.tee" => {
                let value = pop();
                locals.extend(local(row, &["local.set", "local.tee"]).map(|local| (local, value)));
                if operator(row) == "local.set" {
                    continue;
                }
                value
            }
            "select" => [pop(), pop(), pop()].contains(&true),
            "br_if" => {
                pop();
                continue;
            }
            name if name.contains(".load") => {
                if pop() {
                    return true;
                }
                true
            }
            name if name.contains(".store") => {
                let (_value, address) = (pop(), pop());
                if address {
                    return true;
                }
                continue;
            }
            name if name.ends_with(".const") || name == "global.get" => false,
            name if takes_one(name) => pop(),
            _ => [pop(), pop()].contains(&true),
        };
        stack.push(loaded);
    }
    false
}

/// Has the number operator one operand?
fn takes_one(name: &str) -> bool {
    const ONES: [&str; 10] =
        ["eqz", "clz", "ctz", "popcnt", "neg", "abs", "sqrt", "ceil", "floor", "nearest"];
    const CONVERSIONS: [&str; 7] =
        ["wrap_", "extend", "trunc", "convert_", "demote_", "promote_", "reinterpret_"];
    let of = name.split_once('.').map_or("", |(_, of)| of);
    ONES.contains(&of) || CONVERSIONS.iter().any(|conversion| of.starts_with(conversion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn is_scattered(text: &str) -> bool {
        let row = |text: &str| WatRow {
            text: text.trim().to_owned(),
            depth: 0,
            offset: None,
            frames: Arc::new([]),
            self_nanos: 0,
            total_nanos: 0,
            executed: None,
        };
        super::is_scattered(&text.split(';').map(row).collect::<Vec<_>>())
    }

    #[test]
    fn an_address_out_of_memory_is_found_through_locals_and_numbers() {
        let histogram = "local.get 0; i32.load8_u; i32.const 2; i32.shl; local.get 1; i32.add; local.tee 2; \
                         local.get 2; i32.load; i32.const 1; i32.add; i32.store; br_if 0";
        assert!(is_scattered(histogram));
        let table = "local.get 0; local.get 1; i32.load8_u; i32.extend8_s; i32.load8_u 256; i32.store8";
        assert!(is_scattered(table));
    }

    #[test]
    fn what_goes_on_evenly_is_not_scattered() {
        let brighten = "local.get 0; local.get 0; i32.load8_u; i32.const 9; i32.add; i32.eqz; i32.store8; local.get 0; \
                        i32.const 1; i32.add; local.tee 0; local.get 1; i32.ne; br_if 0";
        assert!(!is_scattered(brighten));
    }
}
