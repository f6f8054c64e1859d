//! What a program may use up, as it is written on a command line.

use super::values;
use std::time::Duration;
use wasmscope_instrument::Limits;

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct LimitArgs {
    /// Stop the program after this time, such as 500ms, 5s or 2m
    #[arg(long, value_name = "DUR", value_parser = values::duration)]
    timeout: Option<Duration>,
    /// Let no memory of the program grow beyond this, such as 64M or 64MiB [default: 16 GiB]
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    max_memory: Option<u64>,
    /// Let the program's tables have no more entries than this, all together [default: ten million]
    #[arg(long, value_name = "ENTRIES")]
    max_table: Option<u64>,
    /// The stack for the program's calls, 16K to 64M; a program that needs more traps [default: 1M]
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    max_stack: Option<u64>,
    /// Stop the program when it writes more than this to standard output and standard error together
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    max_output: Option<u64>,
    /// Stop the program after so many instructions, those of the probes among them. To count them slows it down; with
    /// `--measure time` they are the program's alone
    #[arg(long, value_name = "INSTRUCTIONS")]
    fuel: Option<u64>,
}

impl LimitArgs {
    pub(super) fn limits(&self) -> Limits {
        let LimitArgs { timeout, max_memory, max_table, max_stack, max_output, fuel } = *self;
        Limits {
            time: timeout,
            memory_bytes: max_memory,
            table_entries: max_table,
            stack_bytes: max_stack,
            output_bytes: max_output,
            fuel,
        }
    }
}
