//! A regex engine: patterns of several kinds are looked for in generated log lines.

#[path = "../text.rs"]
mod text;

use regex_automata::hybrid::regex::Regex;
use text::Numbers;

const PATTERNS: [&str; 6] = [
    r"(?-u)\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b",
    r"(?-u)[a-z.]+@[a-z]+\.(?:com|org|net)",
    r"(?i-u)error|failed|timeout",
    r"(?-u)(?P<key>[a-z]+)=(?P<value>[0-9]+)ms",
    r"(?-u)^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8} \w+",
    r"(?-u)(\w+) (\w+)\.$",
];

fn line(numbers: &mut Numbers) -> String {
    let (day, second, level) =
        (1 + numbers.below(28), numbers.below(60), ["info", "warn", "Error"][numbers.below(3)]);
    let mut part = || numbers.below(256);
    let address = format!("{}.{}.{}.{}", part(), part(), part(), part());
    let user = format!("{}@{}.org", numbers.word(), numbers.word());
    let took = numbers.below(900);
    format!(
        "2026-03-{day:02}T12:07:{second:02} {level} {address} {user} took={took}ms {}",
        numbers.sentence()
    )
}

fn main() {
    let mut numbers = Numbers::new(7);
    let lines: Vec<_> = (0..40_000).map(|_| line(&mut numbers)).collect();
    for pattern in PATTERNS {
        let regex = Regex::new(pattern).unwrap();
        let mut cache = regex.create_cache();
        let (mut matches, mut bytes) = (0, 0);
        for line in &lines {
            for found in regex.find_iter(&mut cache, line) {
                matches += 1;
                bytes += found.len();
            }
        }
        println!("{pattern}: {matches} matches of {bytes} bytes");
    }
}
