//! A call as people write it, in the WebAssembly value encoding: `count("a text", 3)`.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::wasm_wave::untyped::UntypedFuncCall;
use wasmtime::component::wasm_wave::wasm::DisplayType;
use wasmtime::component::{Component, Val};

/// A call that was read, but for the types of its arguments.
pub struct Call<'a> {
    /// The interface that the function is in, as far as it was told: `demo:text/stats`.
    pub interface: Option<&'a str>,
    /// The function's name.
    pub function: &'a str,
    /// The text from the function's name on, with parentheses.
    expression: String,
}

impl<'a> Call<'a> {
    /// Reads `interface#function(arguments)`; without arguments the parentheses may be missing, without the interface any
    /// will do.
    pub fn read(text: &'a str) -> Call<'a> {
        let (path, arguments) = match text.find('(') {
            Some(at) => text.split_at(at),
            None => (text, "()"),
        };
        let (interface, function) = match path.rsplit_once('#') {
            Some((interface, function)) => (Some(interface), function),
            None => (None, path),
        };
        Call { interface, function, expression: format!("x{arguments}") }
    }

    /// The arguments, as the function's type has them; or why they are none.
    pub fn arguments(&self, function: &ComponentFunc) -> Result<Vec<Val>, String> {
        let types: Vec<_> = function.params().map(|(_, ty)| ty).collect();
        let call = UntypedFuncCall::parse(&self.expression).map_err(|error| error.to_string())?;
        let arguments = call.to_wasm_params::<Val>(&types).map_err(|error| error.to_string())?;
        if arguments.len() == types.len() {
            Ok(arguments)
        } else {
            Err(format!("{} of {} arguments", arguments.len(), types.len()))
        }
    }
}

/// A function that a component exports.
pub struct Exported {
    /// The interface that it is in.
    pub interface: Option<String>,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: ComponentFunc,
}

impl Exported {
    /// The functions that `component` exports, in the order of the file.
    pub fn all(component: &Component) -> Vec<Exported> {
        let engine = component.engine();
        let mut all = Vec::new();
        for (name, item) in component.component_type().exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(ty) => {
                    all.push(Exported { interface: None, name: name.to_owned(), ty });
                }
                ComponentItem::ComponentInstance(instance) => {
                    let functions = instance.exports(engine).filter_map(|(function, item)| match item.ty {
                        ComponentItem::ComponentFunc(ty) => Some((function.to_owned(), ty)),
                        _ => None,
                    });
                    let interface = Some(name.to_owned());
                    all.extend(functions.map(|(name, ty)| Exported {
                        interface: interface.clone(),
                        name,
                        ty,
                    }));
                }
                _ => {}
            }
        }
        all
    }

    /// Is it the one that `call` names? An interface may be named without its version.
    pub fn is_called_by(&self, call: &Call<'_>) -> bool {
        let unversioned = |name: &str| name.split('@').next().map(str::to_owned);
        let interface = match (call.interface, &self.interface) {
            (None, _) => true,
            (Some(asked), Some(own)) => asked == own || unversioned(own).as_deref() == Some(asked),
            (Some(_), None) => false,
        };
        interface && self.name == call.function
    }
}

/// As an error message would tell it: `demo:text/stats#count(text: string) -> u32`.
impl std::fmt::Display for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(interface) = &self.interface {
            write!(f, "{interface}#")?;
        }
        let params: Vec<_> =
            self.ty.params().map(|(name, ty)| format!("{name}: {}", DisplayType(&ty))).collect();
        write!(f, "{}({})", self.name, params.join(", "))?;
        let results: Vec<_> = self.ty.results().map(|ty| DisplayType(&ty).to_string()).collect();
        if results.is_empty() { Ok(()) } else { write!(f, " -> {}", results.join(", ")) }
    }
}
