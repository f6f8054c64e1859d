//! The text of the help.

/// Sections with their titles; each entry is a name and what is to be said of it. Metrics tell about themselves.
pub const SECTIONS: &[(&str, &[(&str, &str)])] = &[
    ("First steps", FIRST),
    ("What each panel answers", PANELS),
    ("What measures cost", MEASURES),
    ("Words", WORDS),
];

const FIRST: &[(&str, &str)] = &[
    ("Record", "Open a .wasm module or press a sample, look over what is filled in, and press Run."),
    (
        "Look",
        "The flame graph shows where the time goes: the wider a box, the more. Click zooms in, Esc goes back. What is \
         selected in one panel is selected in all.",
    ),
    (
        "Narrow down",
        "Drag along the axis of the timeline to choose a part of the run; all views show that part alone. Right click \
         a box to focus on its function, to merge, drop or collapse it. Ctrl+Z undoes either.",
    ),
    (
        "Keep and pass on",
        "Ctrl+S saves the recording, which holds the module. Export in the File menu writes for other programs. A \
         right click on a row of a table copies or saves it as CSV.",
    ),
];

const PANELS: &[(&str, &str)] = &[
    (
        "Flame graph",
        "Which call paths weigh most? By time, calls, instructions, bytes and others: see the metrics below.",
    ),
    ("Advice", "What is worth a change, what would it gain at most, and where does one see it?"),
    (
        "Timeline",
        "When did what happen? The stack, calls across the boundary, memories and heap over one axis.",
    ),
    (
        "Boundary",
        "Which imports and exports are called how often, how long do they take, how many bytes do they move, and who \
         calls them? The bar above splits the time of the run.",
    ),
    ("Memory growth", "When did each memory grow, by how much, and who asked for it?"),
    (
        "Fragmentation",
        "What is each byte of a memory used for, at any moment? How much is free, in how large pieces, and who keeps \
         otherwise empty pages alive?",
    ),
    ("Module", "What is the file made of, and what of it ran or was read? What does the start take?"),
    ("Summary", "The run on one page, with all warnings."),
    ("Functions", "Which functions weigh most, by themselves and with all that they call?"),
    (
        "Allocation sites",
        "Who allocated what is live, and what was allocated, kept and soon freed between two moments?",
    ),
    ("Source", "What does each line of a source file cost?"),
    (
        "Instructions",
        "What does each instruction of the selected function cost, and which line does it come from?",
    ),
    ("Output", "What did the program print?"),
];

const MEASURES: &[(&str, &str)] = &[
    (
        "time",
        "The stack is looked at 1,000 times a second. The module is not changed for it; a run takes a hundredth longer \
         or less, up to a tenth where a loop does nothing but call a tiny function.",
    ),
    (
        "boundary",
        "The clock is read at each crossing: some 60 ns each. Programs that rarely call the host lose nothing.",
    ),
    ("growth", "A probe at each memory.grow. Too little to be measured."),
    (
        "heap",
        "A probe in the allocator: a tenth on average, up to half for programs that do nothing but allocate.",
    ),
    ("calls", "A counter in each calling context: a tenth on average, a third at most."),
    (
        "instructions",
        "A counter for each stretch of code: a third on average together with calls, half at most.",
    ),
    ("access", "Counters for reads and writes of memory: half on average, more than double at most."),
    ("stack", "A probe wherever the stack in linear memory moves: some hundredths."),
    (
        "The profiler's own cost",
        "The summary tells what measuring took in this run: how often probes were hit, times what a hit takes on this \
         machine, and the work of the sampler and the recorder.",
    ),
];

const WORDS: &[(&str, &str)] = &[
    (
        "Self",
        "What a function's own code weighs, without what it calls. Self = total − the totals of its callees.",
    ),
    ("Total", "What a function weighs with all that it calls. In recursion each path counts once."),
    ("Share", "A value in percent of that of the whole run, or of the part of it that is chosen."),
    (
        "Inlined",
        "A function whose code the compiler put into its caller. It is told by DWARF; it has no calls to count.",
    ),
    (
        "Host, engine",
        "Host is the program's imports, by their names. Engine is Wasmtime's own work: growing memory and the like.",
    ),
    (
        "Crossing",
        "A call from the program to its host, or back. Crossing time = calls × what one crossing takes, which is \
         measured when the run begins and taken off the time of program and imports.",
    ),
    ("P50, P90, P99", "So many percent of the calls that are known one by one took no longer."),
    ("Live", "Allocated and not yet freed at the moment that is shown."),
    (
        "Headers and rounding",
        "Bytes between blocks that the allocator needs for itself: least distance to the next block − size.",
    ),
    (
        "Largest piece",
        "The longest run of free bytes: the most that can be allocated without growing the memory.",
    ),
    ("Fragmentation (the figure)", "1 − largest piece ÷ all free bytes. 0: all free bytes are in one piece."),
    ("Dispersion", "1 − Σ piece² ÷ (all free bytes)². Counts small pieces, too."),
    (
        "Sparse pages",
        "Pages of which less than a sixteenth is live; who has most on them is who keeps them from being empty.",
    ),
    ("Shadow stack", "The stack that compiled code keeps in linear memory, for what can't be in locals."),
    ("High-water mark", "The deepest that the stack in linear memory ever got."),
    ("Transform", "A change of call paths before they are merged into a tree: focus, merge, drop, collapse."),
    ("Churn", "Blocks that are freed within a few milliseconds: work for the allocator alone."),
];
