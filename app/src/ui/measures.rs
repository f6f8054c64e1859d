//! Measures in words.

use wasmscope_instrument::Measure;

/// What a measure is called, and what it tells and costs.
pub const fn in_words(measure: Measure) -> (&'static str, &'static str) {
    match measure {
        Measure::Time => ("Time", "Where time goes, by looking at the stack many times a second."),
        Measure::Boundary => {
            ("Boundary", "Each call between the program and its host: how often, how long, from where.")
        }
        Measure::Growth => ("Growth", "Each memory.grow: when, by how much, who asked."),
        Measure::Heap => ("Heap", "Each allocation and release: address, size, who asked."),
        Measure::Calls => ("Calls", "Each call of a function, counted, by call path. Costs a few percent."),
        Measure::Instructions => (
            "Instructions",
            "Each executed instruction, counted, by call path and line. Costs more than the rest.",
        ),
        Measure::Stack => (
            "Stack",
            "How deep the program's own stack gets in linear memory, and by which call path. Costs a few percent.",
        ),
        Measure::Access => {
            ("Access", "Reads and writes of memory, counted by line of 64 bytes. Costs the most.")
        }
    }
}
