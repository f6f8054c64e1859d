//! One function that glue provides: its name, its type, what it does.

use super::call::Call;
use std::pin::Pin;
use wasmscope_symbolize::{FuncType, ValType};
use wasmtime::{Result, Val};

/// What a glue function gives back; `None` is nothing, or 0 where the type wants something.
pub type Answer = Result<Option<Val>>;

/// The answer of a glue function that calls the guest.
pub type Later<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// What a glue function does.
#[derive(Clone, Copy)]
pub enum Act {
    /// It answers at once.
    Direct(Direct),
    /// It calls the guest before it answers.
    CallBack(for<'a> fn(&'a mut Call<'_>) -> Later<'a>),
}

/// What answers at once.
#[derive(Clone, Copy)]
pub enum Direct {
    /// It looks at the call.
    Call(fn(&mut Call<'_>) -> Answer),
    /// A function of numbers.
    Unary(fn(f64) -> f64),
    /// A function of pairs of numbers.
    Binary(fn(f64, f64) -> f64),
}

impl Direct {
    /// Answers.
    pub fn answer(self, call: &mut Call<'_>) -> Answer {
        match self {
            Direct::Call(act) => act(call),
            Direct::Unary(act) => float(act(call.f64(0))),
            Direct::Binary(act) => float(act(call.f64(0), call.f64(1))),
        }
    }
}

/// A line of a table.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The import's name; with a `*` at its end all names that begin so.
    pub name: &'static str,
    /// The import's type, such as `i32 i32 -> f64`. `v` is a value of JavaScript's, by handle or as a reference; a `*`
    /// at the end of a side takes whatever follows.
    pub ty: &'static str,
    /// What it does.
    pub act: Act,
    /// What is not as it would be in a browser, as a sentence for the recording's notes once it was called.
    pub lacks: Option<&'static str>,
}

impl Entry {
    /// An entry that answers at once.
    pub const fn new(name: &'static str, ty: &'static str, act: fn(&mut Call<'_>) -> Answer) -> Entry {
        Entry { name, ty, act: Act::Direct(Direct::Call(act)), lacks: None }
    }

    /// An entry that calls the guest before it answers.
    pub const fn calling(
        name: &'static str,
        ty: &'static str,
        act: for<'a> fn(&'a mut Call<'_>) -> Later<'a>,
    ) -> Entry {
        Entry { name, ty, act: Act::CallBack(act), lacks: None }
    }

    /// The same with a sentence about what it is not.
    pub const fn lacking(self, sentence: &'static str) -> Entry {
        Entry { lacks: Some(sentence), ..self }
    }

    /// Does an import of this name and type get it?
    pub fn fits(&self, name: &str, ty: &FuncType) -> bool {
        let named = match self.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.name,
        };
        named && self.fits_type(ty)
    }

    /// Does an import of this type get it?
    pub fn fits_type(&self, ty: &FuncType) -> bool {
        let Some((params, results)) = self.ty.split_once("->") else { return false };
        fits_side(params, &ty.params) && fits_side(results, &ty.results)
    }
}

fn fits_side(pattern: &str, types: &[ValType]) -> bool {
    let mut types = types.iter();
    for word in pattern.split_whitespace() {
        match (word, types.next()) {
            ("*", _) => return true,
            ("v", Some(ty)) if is_value(ty) => {}
            (word, Some(ty)) if ty.to_string() == word => {}
            _ => return false,
        }
    }
    types.next().is_none()
}

fn is_value(ty: &ValType) -> bool {
    matches!(ty, ValType::I32) || matches!(ty, ValType::Ref(name) if &**name == "externref")
}

/// Nothing.
pub fn nothing() -> Answer {
    Ok(None)
}

/// An `i32`.
pub fn int(value: i32) -> Answer {
    Ok(Some(Val::I32(value)))
}

/// An `f64`.
pub fn float(value: f64) -> Answer {
    Ok(Some(Val::F64(value.to_bits())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_fit_as_a_whole() {
        use ValType::{F64, I32, I64};
        let externref = || ValType::Ref("externref".into());
        for (pattern, params, results, fits) in [
            ("i32 i32 -> f64", vec![I32, I32], vec![F64], true),
            ("i32 i32 -> f64", vec![I32], vec![F64], false),
            ("i32 -> f64", vec![I32, I32], vec![F64], false),
            ("i32 ->", vec![I32], vec![I32], false),
            ("->", vec![], vec![], true),
            ("v -> v", vec![I32], vec![externref()], true),
            ("v ->", vec![I64], vec![], false),
            ("i32 * -> *", vec![I32, I64, F64], vec![I32], true),
            ("i32 * -> *", vec![I32], vec![], true),
            ("i32 * ->", vec![], vec![], false),
        ] {
            let entry = Entry::new("f", pattern, |_| nothing());
            assert_eq!(entry.fits("f", &FuncType { params, results }), fits, "{pattern}");
        }
        assert!(Entry::new("a_*", "->", |_| nothing()).fits("a_b", &FuncType::default()));
        assert!(!Entry::new("a_", "->", |_| nothing()).fits("a_b", &FuncType::default()));
    }
}
