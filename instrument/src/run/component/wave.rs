//! A call as people write it, in the WebAssembly value encoding: `count("a text", 3)`.

use crate::ComponentExport;
use wasmtime::component::Val;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::wasm_wave::untyped::UntypedFuncCall;

/// A call that was read, but for the types of its arguments.
#[derive(Clone, Debug)]
pub struct Call {
    /// As it was written.
    pub text: String,
    /// The interface that the function is in, as far as it was told: `demo:text/stats`.
    interface: Option<String>,
    /// The function's name.
    pub function: String,
    /// The arguments in their parentheses.
    arguments: String,
}

impl Call {
    /// Reads `interface#function(arguments)`; without arguments the parentheses may be missing, without the interface
    /// any will do.
    pub fn read(text: &str) -> Call {
        let (path, arguments) = text.find('(').map_or((text, "()"), |at| text.split_at(at));
        let (interface, function) = match path.rsplit_once('#') {
            Some((interface, function)) => (Some(interface.to_owned()), function),
            None => (None, path),
        };
        Call {
            text: text.to_owned(),
            interface,
            function: function.to_owned(),
            arguments: arguments.to_owned(),
        }
    }

    /// Is this the function that is called? Its interface may be named without the version.
    pub fn is_of(&self, export: &ComponentExport) -> bool {
        let unversioned = |name: &str| name.split('@').next().map(str::to_owned);
        let interface = match (&self.interface, &export.interface) {
            (None, _) => true,
            (Some(asked), Some(own)) => asked == own || unversioned(own).as_ref() == Some(asked),
            (Some(_), None) => false,
        };
        interface && self.function == export.name
    }

    /// The arguments, as the function's type has them; or why they are none.
    pub fn arguments(&self, function: &ComponentFunc) -> Result<Vec<Val>, String> {
        let types: Vec<_> = function.params().map(|(_, ty)| ty).collect();
        // The name matters to the reader of such text no more than that there is one.
        let expression = format!("x{}", self.arguments);
        let call = UntypedFuncCall::parse(&expression).map_err(|error| error.to_string())?;
        let arguments = call.to_wasm_params::<Val>(&types).map_err(|error| error.to_string())?;
        if arguments.len() == types.len() {
            Ok(arguments)
        } else {
            Err(format!("{} of {} arguments", arguments.len(), types.len()))
        }
    }
}
