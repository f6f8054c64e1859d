//! A Markdown renderer: generated documents become HTML.

#[path = "../text.rs"]
mod text;

use pulldown_cmark::{Options, Parser, html};
use text::Numbers;

fn paragraph(numbers: &mut Numbers) -> String {
    let mut sentence = || numbers.sentence();
    format!("{} *{}* and **{}**, `{}`.\n\n", sentence(), sentence(), sentence(), sentence())
}

fn list(numbers: &mut Numbers) -> String {
    let items: String =
        (0..5).map(|n| format!("{n}. [{}](#{n})\n   - {}\n", numbers.word(), numbers.sentence())).collect();
    items + "\n"
}

fn table(numbers: &mut Numbers) -> String {
    let rows: String =
        (0..6).map(|n| format!("| {} | {n} | {} |\n", numbers.word(), numbers.sentence())).collect();
    format!("| word | number | text |\n|:-----|:--:|-----:|\n{rows}\n")
}

fn document(numbers: &mut Numbers) -> String {
    let mut out = String::new();
    for chapter in 0..20 {
        out += &format!("# {chapter} {}\n\n{}", numbers.word(), paragraph(numbers));
        out += &list(numbers);
        out += &format!(
            "> {}\n> > {}\n\n```rust\nfn {}() {{}}\n```\n\n",
            numbers.sentence(),
            numbers.sentence(),
            numbers.word()
        );
        out += &table(numbers);
    }
    out
}

fn main() {
    let mut numbers = Numbers::new(11);
    let (mut read, mut written) = (0, 0);
    for _ in 0..300 {
        let document = document(&mut numbers);
        let mut rendered = String::new();
        html::push_html(&mut rendered, Parser::new_ext(&document, Options::all()));
        read += document.len();
        written += rendered.len();
    }
    println!("{read} bytes of Markdown, {written} of HTML");
}
