//! The module whose loops are timed.

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// What the module imports: a function that does nothing.
pub const HOST: &str = "host";
/// Its name.
pub const NOTHING: &str = "nothing";

const IMPORT: u32 = 0;
const LEAF: u32 = 1;
const MALLOC: u32 = 2;
const FIRST_LOOP: u32 = 3;

/// Writes what is done in a turn.
type Turn = fn(&mut InstructionSink<'_>);

/// The loops, each with its name.
const LOOPS: [(&str, Turn); 6] = [
    ("turns", |_| {}),
    ("crossings", |body| {
        body.call(IMPORT);
    }),
    ("calls", |body| {
        body.call(LEAF);
    }),
    ("heap", |body| {
        body.i32_const(16).call(MALLOC).drop();
    }),
    ("accesses", |body| {
        body.i32_const(0).i32_load(MemArg { offset: 0, align: 2, memory_index: 0 }).drop();
    }),
    ("growth", |body| {
        body.i32_const(0).memory_grow(0).drop();
    }),
];

/// The module: each loop is an export that takes how often it is to turn.
///
/// ```wat
/// (func (export "crossings") (param $n i32)
///     (loop (call $nothing) (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
/// ```
pub fn bytes() -> Vec<u8> {
    let (mut functions, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    let mut add = |ty: u32, name: Option<&str>, index: u32, write: &dyn Fn(&mut InstructionSink<'_>)| {
        functions.function(ty);
        name.map(|name| exports.export(name, ExportKind::Func, index));
        let mut body = Function::new([]);
        write(&mut body.instructions());
        body.instructions().end();
        code.function(&body);
    };
    add(0, None, LEAF, &|_| {});
    // By its name it is an allocator.
    add(1, Some("malloc"), MALLOC, &|body| {
        body.i32_const(1024);
    });
    for ((name, turn), index) in LOOPS.iter().zip(FIRST_LOOP..) {
        add(2, Some(name), index, &|body| {
            turn(body.loop_(BlockType::Empty));
            body.local_get(0).i32_const(1).i32_sub().local_tee(0).br_if(0).end();
        });
    }
    exports.export("memory", ExportKind::Memory, 0);
    let mut module = Module::new();
    module.section(&types()).section(&imports()).section(&functions).section(&memory());
    module.section(&exports).section(&code);
    module.finish()
}

fn types() -> TypeSection {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    types
}

fn imports() -> ImportSection {
    let mut imports = ImportSection::new();
    imports.import(HOST, NOTHING, EntityType::Function(0));
    imports
}

fn memory() -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}
