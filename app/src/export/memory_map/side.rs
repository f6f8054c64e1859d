//! What stands beside the map: what the colours mean, and the figures.

use super::picture::Picture;
use crate::analysis::{HeapAt, heap_verdict, verdict_remark, verdict_sentences};
use crate::units;

/// The figures of the moment, by the names that the window has for them.
pub(super) fn figures(picture: &Picture<'_>) -> Vec<(&'static str, String)> {
    let heap = picture.heap;
    let mut figures = vec![("Memory", units::bytes(heap.memory_bytes))];
    if let Some(touched) = heap.touched_bytes {
        figures.push(("Touched", units::bytes(touched)));
    }
    if let Some(stack) = heap.stack {
        let (now, most) = (units::bytes(stack.bytes), units::bytes(stack.most_bytes));
        figures.push(("Shadow stack", format!("{now}, at most {most}")));
    }
    if !picture.profile.recording().heap.is_empty() {
        figures.extend(heap_figures(heap));
    }
    figures
}

fn heap_figures(heap: &HeapAt) -> [(&'static str, String); 9] {
    let (free, pages) = (&heap.free, &heap.page_use);
    let live = format!("{} in {}", units::bytes(heap.live_bytes), units::exact(heap.blocks.len() as u64));
    [
        ("Live, blocks", live),
        ("Never freed", units::bytes(heap.leaked_bytes)),
        ("Free, pieces", format!("{} in {}", units::bytes(free.total_bytes), units::exact(free.runs))),
        ("Largest piece", units::bytes(free.largest_bytes)),
        ("Fragmentation", units::percent(free.fragmentation)),
        ("Dispersion", units::percent(free.dispersion)),
        ("Pages of the heap", units::exact(pages.pages)),
        (
            "Empty, sparse",
            format!("{}, {}", units::exact(pages.empty_pages), units::exact(pages.sparse_pages)),
        ),
        ("Pinning bytes", units::bytes(pages.pinning_bytes)),
    ]
}

/// What is wrong with the heap in the whole run; nothing where no heap was measured.
pub(super) fn verdict(picture: &Picture<'_>) -> Vec<String> {
    let Picture { profile, heap, .. } = picture;
    if profile.recording().heap.is_empty() {
        return Vec::new();
    }
    let verdict = heap_verdict(profile, heap.memory);
    let remark = verdict_remark(&verdict).map(str::to_owned);
    verdict_sentences(profile, &verdict).into_iter().chain(remark).collect()
}

/// `text` in lines of at most `letters`, cut between words where there are any.
pub(super) fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let (mut lines, mut line, mut length) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > letters {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable word", 4), ["unbreakable", "word"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
