//! Folded stacks: `main;parse;next 12`, the outermost function first.

use super::ImportError;
use super::draft::{Draft, Function};
use wasmscope_instrument::recording::StackId;

/// So many lines tell whether a text is of this kind.
const LOOKED_AT: usize = 64;

/// Each line ends with a number, and one at least has a caller: hardly any other text is like that.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let mut lines = lines(bytes).take(LOOKED_AT).map(|(_, line)| line).peekable();
    let mut has_caller = false;
    lines.peek().is_some()
        && lines.all(|line| {
            let stack = std::str::from_utf8(line).ok().and_then(split);
            has_caller |= stack.is_some_and(|(stack, _)| stack.contains(';'));
            stack.is_some()
        })
        && has_caller
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let mut weights_are_whole = true;
    // What is rounded off one line goes to the next, so that errors don't add up.
    let mut rest = 0.0;
    for (number, line) in lines(bytes) {
        let text = std::str::from_utf8(line).ok();
        let Some((stack, weight)) = text.and_then(split) else {
            return Err(draft.damaged(format!("line {number} does not end with a number")));
        };
        weights_are_whole &= weight.fract() == 0.0;
        let stack = path(draft, stack)?;
        let whole = (weight + rest).round().max(0.0);
        rest += weight - whole;
        draft.next_sample(stack, whole as u64)?;
    }
    let rounded = if weights_are_whole { "" } else { ", rounded" };
    draft.warn(format!("{}; {}{rounded}", super::NO_ORDER, super::NO_UNIT));
    Ok(())
}

/// The lines with something in them, and their numbers. What begins with `#` is a comment.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines =
        (1..).zip(bytes.split(|byte| *byte == b'\n')).map(|(number, line)| (number, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

fn split(line: &str) -> Option<(&str, f64)> {
    let (stack, weight) = line.rsplit_once([' ', '\t'])?;
    let is_number = weight.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Some((stack.trim_end(), weight.parse().ok().filter(|_| is_number)?))
}

fn path(draft: &mut Draft, stack: &str) -> Result<Option<StackId>, ImportError> {
    let mut outer = None;
    for name in stack.split(';') {
        // As perf's scripts mark what is inlined into the frame before.
        let (name, is_inlined) = name.strip_suffix("_[i]").map_or((name, false), |name| (name, true));
        let function = draft.function(Function { name, ..Function::default() })?;
        outer = Some(draft.inside(outer, function, 0, is_inlined)?);
    }
    Ok(outer.map(|(stack, _)| stack))
}

/// What it is, where it is read.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_texts_are_folded_stacks() {
        for (text, is) in [
            ("main;parse 12\nmain 3\n", true),
            ("# made by hand\nmain;a b;c 1.5\n", true),
            ("main 3\n", false),
            ("a;b\n", false),
            ("hello", false),
            ("a;b 1\n;b x 3 y\n", false),
            ("", false),
        ] {
            assert_eq!(is_one(text.as_bytes()), is, "{text}");
        }
    }
}
