//! A script of the suite as commands that can be run more than once: its modules are bytes.

use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// One command, and the line that it stands in.
pub struct Command<'a> {
    pub line: usize,
    pub kind: Kind<'a>,
}

/// What a command does.
pub enum Kind<'a> {
    /// Instantiates a module; the instance becomes the current one.
    Module { name: Option<&'a str>, wasm: Vec<u8> },
    /// Compiles a module for later.
    Definition { name: Option<&'a str>, wasm: Vec<u8> },
    /// Instantiates what was defined.
    Instance { instance: Option<&'a str>, module: Option<&'a str> },
    /// Makes an instance one that can be imported from.
    Register { name: &'a str, instance: Option<&'a str> },
    /// Does something that must succeed.
    Act(Action<'a>),
    /// Does something and looks at what comes of it.
    Assert(Action<'a>, Expected<'a>),
    /// The engine must not take the module.
    Refused { wasm: Vec<u8> },
    /// Nothing that a rewriter could matter to.
    Skipped(&'static str),
}

/// What is done.
pub enum Action<'a> {
    Invoke(WastInvoke<'a>),
    Instantiate(Vec<u8>),
    Get { instance: Option<&'a str>, global: &'a str },
}

/// What must come of it.
pub enum Expected<'a> {
    Values(Vec<WastRet<'a>>),
    Trap(&'a str),
    Exhaustion,
    Exception,
    Unlinkable,
}

/// Reads a script and hands its commands to `run`: they borrow from what was read.
pub fn with_commands<T>(text: &str, run: impl FnOnce(&[Command<'_>]) -> T) -> Result<T, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let script = parser::parse::<Wast<'_>>(&buffer)?;
    let commands: Vec<_> = script.directives.into_iter().map(|directive| command(text, directive)).collect();
    Ok(run(&commands))
}

fn command<'a>(text: &str, directive: WastDirective<'a>) -> Command<'a> {
    let line = directive.span().linecol_in(text).0 + 1;
    let kind = kind(directive).unwrap_or(Kind::Skipped("its text is no module"));
    Command { line, kind }
}

/// `None` where the text of a module can't be encoded.
fn kind(directive: WastDirective<'_>) -> Option<Kind<'_>> {
    use Expected::{Exception, Exhaustion, Trap, Unlinkable, Values};
    Some(match directive {
        WastDirective::Module(mut module) => {
            Kind::Module { name: module.name().map(name), wasm: encode(&mut module)? }
        }
        WastDirective::ModuleDefinition(mut module) => {
            Kind::Definition { name: module.name().map(name), wasm: encode(&mut module)? }
        }
        WastDirective::ModuleInstance { instance, module, .. } => {
            Kind::Instance { instance: instance.map(name), module: module.map(name) }
        }
        WastDirective::Register { name: as_name, module, .. } => {
            Kind::Register { name: as_name, instance: module.map(name) }
        }
        WastDirective::Invoke(invoke) => Kind::Act(Action::Invoke(invoke)),
        WastDirective::AssertReturn { exec, results, .. } => Kind::Assert(action(exec)?, Values(results)),
        WastDirective::AssertTrap { exec, message, .. } => Kind::Assert(action(exec)?, Trap(message)),
        WastDirective::AssertExhaustion { call, .. } => Kind::Assert(Action::Invoke(call), Exhaustion),
        WastDirective::AssertException { exec, .. } => Kind::Assert(action(exec)?, Exception),
        WastDirective::AssertUnlinkable { mut module, .. } => {
            Kind::Assert(Action::Instantiate(module.encode().ok()?), Unlinkable)
        }
        WastDirective::AssertInvalid { mut module, .. }
        | WastDirective::AssertMalformed { mut module, .. } => Kind::Refused { wasm: encode(&mut module)? },
        WastDirective::AssertMalformedCustom { .. } | WastDirective::AssertInvalidCustom { .. } => {
            Kind::Skipped("of custom sections, which the engine does not look into")
        }
        WastDirective::AssertSuspension { .. } => Kind::Skipped("of stack switching, which is not on"),
        WastDirective::Thread(_) | WastDirective::Wait { .. } => {
            Kind::Skipped("of threads of the script's own")
        }
    })
}

fn action(exec: WastExecute<'_>) -> Option<Action<'_>> {
    Some(match exec {
        WastExecute::Invoke(invoke) => Action::Invoke(invoke),
        WastExecute::Wat(mut module) => Action::Instantiate(module.encode().ok()?),
        WastExecute::Get { module, global, .. } => Action::Get { instance: module.map(name), global },
    })
}

fn name(id: Id<'_>) -> &str {
    id.name()
}

fn encode(module: &mut QuoteWat<'_>) -> Option<Vec<u8>> {
    let is_component = matches!(module, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..));
    if is_component { None } else { module.encode().ok() }
}
